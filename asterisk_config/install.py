"""Rendered files onto disk, without harming what somebody else wrote.

Each file of ours begins with a line that carries a digest of the rest: it tells ours from others', and untouched
from edited. Must not render, nor know what the files say.
"""

import difflib
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from asterisk_config import program
from asterisk_config.render import filled_sounds, render
from asterisk_config.settings import Settings
from asterisk_config.sounds import placeholders

_MARK = "; Written by `dialer asterisk render`, which will not overwrite it once it is edited. Digest: "
_SECRET = re.compile(r"^(\s*(?:secret|password)\s*=>?\s*)\S.*$", re.MULTILINE)
_CONF_MODE = 0o640
_SOUND_MODE = 0o644
_PROGRAM_MODE = 0o755


class InstallError(Exception):
    """Files that may not be overwritten; the message names them and says what can be done."""


class State(StrEnum):
    """How a file on disk relates to the one that was rendered."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    EDITED = "edited by hand since it was written"
    FOREIGN = "not written by this program"


PROTECTED = frozenset({State.EDITED, State.FOREIGN})


@dataclass(frozen=True, slots=True)
class Change:
    """One file: what is there (None: nothing) and what would be written."""

    path: Path
    state: State
    before: str | None
    after: str

    def diff(self) -> str:
        """A unified diff, passwords hidden; empty when nothing changes."""
        lines = difflib.unified_diff(
            _shown(self.before or ""),
            _shown(self.after),
            str(self.path) if self.before is not None else "/dev/null",
            str(self.path),
        )
        return "".join(lines)


def signed(text: str) -> str:
    """The text with our first line, which carries its digest."""
    return f"{_MARK}{_digest(text)}\n{text}"


def plan(files: Mapping[str, str], folder: Path) -> list[Change]:
    """What writing `files` (name -> text) into `folder` would do; nothing is written."""
    return [_change(folder / name, signed(text)) for name, text in sorted(files.items())]


def write(changes: list[Change], *, force: bool = False) -> list[Path]:
    """Write what is new or changed and return those paths; each file is replaced at once or not at all.

    Raises InstallError, having written nothing, when a file is edited or somebody else's, unless `force`.
    """
    refused = [change for change in changes if change.state in PROTECTED]
    if refused and not force:
        named = "\n".join(f"  {change.path}: {change.state}" for change in refused)
        raise InstallError(f"these files would be overwritten (move them away, or use --force):\n{named}")
    wanted = [change for change in changes if change.state is not State.SAME]
    for change in wanted:
        _replace(change.path, change.after.encode(), mode=_CONF_MODE)
    return [change.path for change in wanted]


def write_sounds(settings: Settings) -> list[Path]:
    """Make the recordings' folder, and the placeholders that the settings leave to us where there is no file yet.

    Returns the sounds made.
    """
    _make_folder(settings.host.recordings)
    used = filled_sounds(settings.sounds)
    needed = {getattr(used, one.name) for one in fields(used) if one.name not in {"folder", "hold_folder"}}
    made = []
    for path, contents in placeholders(settings.sounds.folder).items():
        is_used = str(path.with_suffix("")) in needed or str(path.parent) == used.hold_folder
        if is_used and not path.exists():
            _replace(path, contents, mode=_SOUND_MODE)
            made.append(path)
    return made


def write_program(settings: Settings) -> list[Path]:
    """Put what listens beside the dialplan where Asterisk finds it. Returns it where it was not there as it is."""
    path, contents = program.folder(settings) / program.NAME, program.program(settings)
    if path.is_file() and path.read_bytes() == contents:
        return []
    _replace(path, contents, mode=_PROGRAM_MODE)
    return [path]


def write_all(settings: Settings, *, force: bool = False) -> list[Path]:
    """Render into the folder that the settings name; make what stands beside it. Raises InstallError."""
    written = write(plan(render(settings), settings.directories.etc), force=force)
    return [*written, *write_program(settings), *write_sounds(settings)]


def _change(path: Path, after: str) -> Change:
    try:
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return Change(path, State.NEW, None, after)
    return Change(path, _state(before, after), before, after)


def _state(before: str, after: str) -> State:
    if before == after:
        return State.SAME
    first, _, rest = before.partition("\n")
    if not first.startswith(_MARK):
        return State.FOREIGN
    return State.CHANGED if first.removeprefix(_MARK) == _digest(rest) else State.EDITED


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _shown(text: str) -> list[str]:
    """Lines for a person's eyes: without our first line, passwords hidden."""
    lines = _SECRET.sub(r"\1********", text).splitlines(keepends=True)
    return lines[1:] if text.startswith(_MARK) else lines


def _replace(path: Path, contents: bytes, *, mode: int) -> None:
    """Write beside the file, then rename: a reader sees the old or the new one, never a part.

    A file that was there keeps its owner and permissions; a new one gets its folder's owner and `mode`.
    """
    _make_folder(path.parent)
    model = path if path.exists() else path.parent
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
        _give(fresh, model)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    """Make the folder and those above it, each owned as the one it stands in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _give(folder, folder.parent)


def _give(path: Path, model: Path) -> None:
    """Asterisk seldom runs as root, and must be able to use what root makes for it."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
