"""Disk and index held against each other, both ways: what is missing, what is not what it was, what belongs to nothing.

Mends only what it can be certain of: a recording whose file stands where its call's must, with the checksum that the
index has. Nothing is ever deleted or matched by guess.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError
from recordings.making import legs_of
from recordings.states import Step, after
from recordings.tree import digest_of, files_of, inside, regular
from recordings.vault import Keys

CHUNK = 500
WITH_FILE = (State.INDEXED, State.STORED)


@dataclass(slots=True)
class Scan:
    """What was found. Names are those of files below the tree, numbers those of calls."""

    recordings: int = 0
    files: int = 0
    verified: int = 0
    gone: list[int] = field(default_factory=list)  # the index has it, the disk has not
    changed: list[int] = field(default_factory=list)  # its checksum is another now
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)  # missing or damaged before, its raw files are there: made again
    strangers: list[str] = field(default_factory=list)  # files that no recording names
    links: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.gone or self.changed or self.unreadable or self.strangers or self.links)


async def scan(
    store: Store,
    spool: Path,
    settings: ArchiveSettings,
    *,
    verify: bool = True,
    mend: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Look at every recording and every file. With `mend`, the index is told what became of those that are gone or
    there again; without it nothing is changed. Raises StoreError, LockedRecordingError where keys are lacking.
    """
    keys = Keys.read(settings.keys) if settings.keys is not None else None
    found = Scan(states=await store.recordings.counts())
    total = sum(found.states.values())
    named: set[str] = set()
    last = 0
    while chunk := await store.recordings.after(last, limit=CHUNK):
        for one in chunk:
            found.recordings += 1
            if one.file and one.local:
                named.add(one.file)
            step = _looked_at(one, spool, settings.folder, keys, found, verify=verify)
            if mend and step is not None:
                await _tell(store, one, step)
        last = chunk[-1].call
        if progress is not None:
            progress(found.recordings, total)
    _strangers(settings.folder, named, found)
    return found


def _looked_at(one: Recording, spool: Path, tree: Path, keys: Keys | None, found: Scan, *, verify: bool) -> Step | None:
    """What became of one; None where all is as the index says."""
    if one.state in WITH_FILE:
        if not one.local:
            return None  # at the target alone
        return _file(one, tree, keys, found, verify=verify)
    if one.state in (State.MISSING, State.DAMAGED) and one.base:
        there = [path for path in legs_of(spool, one.base) if path.is_file() and not path.is_symlink()]
        if len(there) == 2 or (one.state is State.MISSING and there):
            found.waiting.append(one.call)
            return Step.FOUND
    return None


def _file(one: Recording, tree: Path, keys: Keys | None, found: Scan, *, verify: bool) -> Step | None:
    try:
        path = inside(tree, one.file)
        if not path.exists() and not path.is_symlink():
            found.gone.append(one.call)
            return Step.LOST
        if not verify:
            with regular(path):
                return None
        if digest_of(tree, one.file, keys) != one.sha256:
            found.changed.append(one.call)
        else:
            found.verified += 1
    except (RecordingError, OSError) as error:
        found.unreadable.append((one.call, str(error)))
    return None


async def _tell(store: Store, one: Recording, step: Step) -> None:
    state = after(one.state, step)
    assert state is not None, (one.state, step)
    problem = "its file is gone from the tree" if step is Step.LOST else ""
    await store.recordings.change(one.call, one.state, state=state, problem=problem, tries=0, due_at=None, legs=True)


def _strangers(tree: Path, named: set[str], found: Scan) -> None:
    if not tree.is_dir():
        return
    for name in files_of(tree):
        if name == ".lock":
            continue
        found.files += 1
        if (tree / name).is_symlink():
            found.links.append(name)
        elif name not in named:
            found.strangers.append(name)
