"""The index's own folder of recordings: where each file stands, how it is put there, how it is read. Never guesses.

A file is written beside its place and renamed into it, so that what has a recording's name is whole.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from recordings.errors import RecordingError, RecordingNotFoundError, RecordingPathError
from recordings.vault import Keys, Opened, seal

WORK = ".work"  # below the tree: what is being made; emptied at each start
LOCKED = ".locked"
PART = ".part"  # what is not whole yet
INDEXING, ADOPTING = ".lock", ".adopting.lock"  # files of the tree that are held by who does so
_PIECE = 1 << 20


def name_of(call: int, at: float, suffix: str, *, locked: bool) -> str:
    """Where a call's file stands, below the tree. Of nothing but the call and its time, so a second try finds it."""
    day = datetime.fromtimestamp(at, UTC).strftime("%Y/%m/%d")
    return f"{day}/{call}{suffix}{LOCKED if locked else ''}"


def inside(folder: Path, name: str) -> Path:
    """The path of a name below the folder. Raises RecordingPathError for one that leads elsewhere."""
    path = Path(name)
    if not name or "\0" in name or path.is_absolute() or ".." in path.parts:
        raise RecordingPathError(f"{name!r}: no name below {folder}")
    whole = folder / path
    if not whole.parent.resolve().is_relative_to(folder.resolve()):
        raise RecordingPathError(f"{name}: leads out of {folder} by a link")
    return whole


@contextmanager
def regular(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """An ordinary file, open for reading, and its size; links are not followed.

    Raises RecordingNotFoundError, RecordingPathError.
    """
    with ExitStack() as stack:
        try:
            # Without O_NONBLOCK a pipe would be waited for.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if path.is_symlink():
                raise RecordingPathError(f"{path}: is a link; give the file itself") from error
            raise RecordingNotFoundError(f"{path}: cannot be read ({error.strerror})") from error
        stack.callback(os.close, descriptor)
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or not os.path.samestat(facts, os.lstat(path)):
            raise RecordingPathError(f"{path}: is no ordinary file")
        yield stack.enter_context(os.fdopen(descriptor, "rb", closefd=False)), facts.st_size


@contextmanager
def opened(folder: Path, name: str, keys: Keys | None) -> Iterator[Opened]:
    """A recording of the tree, decrypted as it is read. Raises a RecordingError."""
    with regular(inside(folder, name)) as (file, size):
        yield Opened(file, size, keys, name)


def digest_of(folder: Path, name: str, keys: Keys | None) -> str:
    """SHA-256 of the sound file, in hexadecimal. Raises a RecordingError."""
    summed = sha256()
    with opened(folder, name, keys) as file:
        for piece in file.read():
            summed.update(piece)
    return summed.hexdigest()


def put(made: Path, folder: Path, name: str, keys: Keys | None) -> tuple[str, int]:
    """Bring a finished sound file to its place, locked where there are keys; its SHA-256 and size as a sound file.

    What stood there is replaced. The made file stays. Raises OSError where there is no room.
    """
    place = inside(folder, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    summed, size = sha256(), 0
    with made.open("rb") as file:
        while piece := file.read(_PIECE):
            summed.update(piece)
            size += len(piece)
        file.seek(0)
        with written_whole(place, place.with_name(place.name + PART)) as out:
            if keys is not None:
                seal(file, out, keys)
            else:
                while piece := file.read(_PIECE):
                    out.write(piece)
    return summed.hexdigest(), size


@contextmanager
def written_whole(place: Path, part: Path) -> Iterator[BinaryIO]:
    """What is written here stands at `place`, durably, once all of it is; nothing does where it cannot be.

    `part` lies in the same folder; where there was no room, it gives back what it took.
    """
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(place.parent)


@contextmanager
def held(tree: Path, lock: str) -> Iterator[None]:
    """Hold the tree for what that file of it stands for. Raises RecordingError where another process does."""
    tree.mkdir(parents=True, exist_ok=True)
    with (tree / lock).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            doing = "indexes" if lock == INDEXING else "adopts"
            raise RecordingError(f"{tree}: another process {doing} recordings there; let it") from error
        yield


def remove(path: Path) -> bool:
    """Delete a file, durably; whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make renames and deletions within it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_of(folder: Path) -> Iterator[str]:
    """The names of all recordings in the tree, in order; what is being made is left out."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if one != WORK)
        for file in sorted(files):
            yield str((Path(root) / file).relative_to(folder))
