"""Disk and index held against each other, both ways: what is missing, what is not what it was, what belongs to nothing.

Mends only what it can be certain of: a recording whose file stands where its call's must, with the checksum that the
index has. Nothing is ever deleted or matched by guess.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dialer.core.ids import CallId
from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError, TamperedRecordingError
from recordings.making import legs_of
from recordings.problems import Lacking, Problem, packed
from recordings.renewal import renew_words
from recordings.states import Step, after
from recordings.tree import ADOPTING, INDEXING, PART, digest_of, files_of, inside, name_of, regular
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
    far: list[int] = field(default_factory=list)  # not, or not as it was, in the tree; the target has it
    changed: list[int] = field(default_factory=list)  # its checksum is another now
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)  # missing or damaged before, its raw files are there: made again
    restored: list[int] = field(default_factory=list)  # missing before, its file is there again as it was
    strangers: list[str] = field(default_factory=list)  # files that no recording names
    links: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        wrong = (self.gone, self.far, self.changed, self.unreadable, self.strangers, self.links)
        return not (any(wrong) or self.waiting or self.restored)


@dataclass(frozen=True, slots=True)
class _Disk:
    """Where is looked, and how."""

    spool: Path
    tree: Path
    keys: Keys | None
    verify: bool


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

    A dialer may work on: what moves while it is looked at is looked at again.
    """
    disk = _Disk(spool, settings.folder, Keys.read(settings.keys) if settings.keys is not None else None, verify)
    found = Scan(states=await store.recordings.counts())
    total = sum(found.states.values())
    named: set[str] = set()
    last = 0
    while chunk := await store.recordings.after(last, limit=CHUNK):
        for one in chunk:
            found.recordings += 1
            looked, seen = await _looked_at(store, one, disk)
            if looked.file and looked.local:
                named.add(looked.file)
            _note(found, looked, seen)
            if mend:
                await _tell(store, looked, seen.fate)
        last = chunk[-1].call
        if progress is not None:
            progress(found.recordings, total)
    await _strangers(store, settings.folder, named, found)
    return found


class _Fate(StrEnum):
    """What one look at a recording's file says."""

    FINE = "fine"
    VERIFIED = "verified"
    GONE = "gone"
    FAR = "far"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    WAITING = "waiting"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class _Seen:
    fate: _Fate
    why: str = ""


_MENDS = {_Fate.GONE: Step.LOST, _Fate.WAITING: Step.FOUND, _Fate.RESTORED: Step.RESTORED}


async def _looked_at(store: Store, one: Recording, disk: _Disk) -> tuple[Recording, _Seen]:
    """The recording as it is, and what is to be said of it. Only what holds still is told of."""
    seen = _fate(one, disk)
    while seen.fate not in (_Fate.FINE, _Fate.VERIFIED):
        now = await store.recordings.by_call(one.call)
        if now is None or now == one:
            break
        one, seen = now, _fate(now, disk)
    return one, seen


def _fate(one: Recording, disk: _Disk) -> _Seen:
    if one.state in WITH_FILE:
        if not one.local:
            return _Seen(_Fate.FINE)  # at the target alone
        return _of_file(one, disk)
    if one.state is State.MISSING and one.file and one.local and _of_file(one, disk).fate is _Fate.VERIFIED:
        return _Seen(_Fate.RESTORED)
    if one.state in (State.MISSING, State.DAMAGED) and one.base:
        there = [path for path in legs_of(disk.spool, one.base) if path.is_file() and not path.is_symlink()]
        if len(there) == 2 or (one.state is State.MISSING and there):
            return _Seen(_Fate.WAITING)
    return _Seen(_Fate.FINE)


def _of_file(one: Recording, disk: _Disk) -> _Seen:
    """How the file of the tree stands to what the index says of it. What the target has can be had from there."""
    far = one.state is State.STORED
    try:
        path = inside(disk.tree, one.file)
        if not path.exists() and not path.is_symlink():
            return _Seen(_Fate.FAR if far else _Fate.GONE)
        if not disk.verify and one.state in WITH_FILE:
            with regular(path):
                return _Seen(_Fate.FINE)
        if digest_of(disk.tree, one.file, disk.keys) == one.sha256:
            return _Seen(_Fate.VERIFIED)
        return _Seen(_Fate.FAR if far else _Fate.CHANGED)
    except TamperedRecordingError as error:
        return _Seen(_Fate.FAR) if far else _Seen(_Fate.UNREADABLE, str(error))
    except (RecordingError, OSError) as error:
        return _Seen(_Fate.UNREADABLE, str(error))


def _note(found: Scan, one: Recording, seen: _Seen) -> None:
    if seen.fate is _Fate.VERIFIED:
        found.verified += 1
    elif seen.fate is _Fate.UNREADABLE:
        found.unreadable.append((one.call, seen.why))
    elif seen.fate is not _Fate.FINE:
        calls: list[int] = getattr(found, seen.fate.value)
        calls.append(one.call)


async def _tell(store: Store, one: Recording, fate: _Fate) -> None:
    if fate is _Fate.FAR:  # it is fetched when somebody listens
        await store.recordings.change(one.call, one.state, local=False)
    step = _MENDS.get(fate)
    if step is None:
        return
    state = after(one.state, step)
    assert state is not None, (one.state, step)
    problem = packed(Lacking(Problem.GONE)) if step is Step.LOST else ""
    await store.recordings.change(one.call, one.state, state=state, problem=problem, tries=0, due_at=None, legs=True)
    await renew_words(store, [one.call])


async def _strangers(store: Store, tree: Path, named: set[str], found: Scan) -> None:
    """Files that no recording names, nor one that is being made, fetched or removed at this moment."""
    unknown: list[str] = []
    for name in files_of(tree):  # none where the folder is not there
        if name in (INDEXING, ADOPTING) or name.endswith(PART):
            continue
        found.files += 1
        if (tree / name).is_symlink():
            found.links.append(name)
        elif name not in named:
            unknown.append(name)
    for start in range(0, len(unknown), CHUNK):
        names = unknown[start : start + CHUNK]
        calls = {name: CallId(int(stem)) for name in names if (stem := Path(name).name.split(".")[0]).isdecimal()}
        known = await store.recordings.by_calls([call for call in calls.values() if call < 1 << 63])
        found.strangers += [
            name
            for name in names
            if not _of_now(known.get(calls.get(name, CallId(0))), name) and (tree / name).exists()
        ]


def _of_now(one: Recording | None, name: str) -> bool:
    """Whether the file is what this recording's is, or is about to be."""
    if one is None:
        return False
    if one.state in (State.EXPECTED, State.RAW):
        return name_of(one.call, one.at, "", locked=False) == name.split(".", maxsplit=1)[0]
    return one.file == name and one.local
