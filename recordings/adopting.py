"""A foreign archive taken into the index: each file that is named as its system names them is copied, never moved.

Links are not followed, nothing outside the folder is opened, and what cannot be heard is told and left out. The same
archive again brings only what is new.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from types import MappingProxyType

import soundfile  # type: ignore[import-untyped]

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId
from dialer.store import IndexEntry, Recording, Store
from dialer.store import RecordingState as State
from recordings.analysis import analyze
from recordings.archive import ArchiveSettings
from recordings.audio import Source
from recordings.containers import missing
from recordings.entries import measures_of, words_of
from recordings.errors import (
    EmptyRecordingError,
    RecordingError,
    RecordingTooLongError,
    TruncatedRecordingError,
    WrongFormatError,
)
from recordings.foreign import ForeignName, compiled, is_side, read_name, stem_of, with_log
from recordings.making import workshop
from recordings.measures import CallAudio
from recordings.settings import Settings
from recordings.tree import ADOPTING, held, name_of, put, regular
from recordings.vault import Keys
from recordings.waveform import Waveform
from recordings.words import fold

BATCH = 50
GSM = "GSM610"
GSM_FRAME, GSM_SIGN = 33, 0xD  # bytes of 20 ms, and what each of them begins with
BARE = MappingProxyType({".gsm": GSM, ".ulaw": "ULAW", ".alaw": "ALAW"})  # sound of one side without a header
BARE_HZ = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What to adopt. `origin` names it in the index; campaign and client are whose the recordings become."""

    folder: Path
    kind: str
    origin: str
    pattern: str = ""
    zone: tzinfo | None = None
    campaign: CampaignId | None = None
    client: ClientId | None = None
    log: Mapping[str, ForeignName] = field(default_factory=dict)  # what its own index tells, by `stem_of` the file


@dataclass(slots=True)
class Adopted:
    """What came of it."""

    seen: int = 0
    adopted: int = 0
    known: int = 0  # adopted before
    measured: int = 0
    sides: int = 0  # single sides beside a mixed file
    without_file: int = 0  # in the archive's log, and not in its folder
    not_named_so: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # name and reason


async def adopt(
    store: Store,
    archive: Archive,
    settings: ArchiveSettings,
    now: float,
    *,
    write: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Adopted:
    """Take the archive in; with `write` False only look.

    Raises FormError for a pattern, RecordingError where another process adopts at this moment, StoreError.
    """
    with held(settings.folder, ADOPTING) if write else nullcontext():  # two at once would give the same numbers
        return await _adopted(store, archive, settings, now, write=write, progress=progress)


async def _adopted(
    store: Store,
    archive: Archive,
    settings: ArchiveSettings,
    now: float,
    *,
    write: bool,
    progress: Callable[[int, int], None] | None,
) -> Adopted:
    patterns = compiled(archive.kind, archive.pattern)
    keys = Keys.read(settings.keys) if settings.keys is not None else None
    names_of_agents = await store.recording_search.names("agents")
    into = _Into(archive, settings.folder, keys, {fold(name): AgentId(n) for n, name in names_of_agents.items()}, now)
    result = Adopted()
    whole = sum(1 for _ in _names(archive.folder)) if progress is not None else 0
    if archive.log:
        result.without_file = len(archive.log.keys() - {stem_of(name) for name in _names(archive.folder)})
    async for names in _new(store, archive, result):
        entries: list[IndexEntry] = []
        for name in names:
            told = with_log(name, read_name(Path(name).name, patterns, archive.zone), archive.log)
            if told is None:
                result.not_named_so.append(name)
            elif is_side(name):
                result.sides += 1
            elif not write:
                result.adopted += 1
            else:
                call = CallId(await store.recordings.next_foreign() + len(entries))
                try:
                    entries.append(_taken(into, name, told, call))
                except (RecordingError, OSError) as error:
                    result.refused.append((name, str(error)))
        await store.recordings.index(entries)
        result.adopted += len(entries)
        result.measured += sum(one.measures is not None for one in entries)
        if progress is not None:
            progress(result.seen, whole)
    return result


async def _new(store: Store, archive: Archive, result: Adopted) -> AsyncIterator[list[str]]:
    """The names that the index does not have yet, some at a time."""
    names: list[str] = []
    for name in _names(archive.folder):
        names.append(name)
        if len(names) == BATCH:
            yield await _unknown(store, archive, names, result)
            names = []
    if names:
        yield await _unknown(store, archive, names, result)


async def _unknown(store: Store, archive: Archive, names: list[str], result: Adopted) -> list[str]:
    known = await store.recordings.adopted(archive.origin, names)
    result.seen += len(names)
    result.known += len(known)
    return [name for name in names if name not in known]


def _names(folder: Path) -> Iterator[str]:
    """Everything in the folder that is no folder, by name; links are named too, to be refused aloud."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        yield from (str((Path(root) / one).relative_to(folder)) for one in sorted(files))


@dataclass(frozen=True, slots=True)
class _Into:
    archive: Archive
    tree: Path
    keys: Keys | None
    agents: dict[str, AgentId]
    now: float


def _taken(into: _Into, name: str, told: ForeignName, call: CallId) -> IndexEntry:
    """The file copied to its place and described. Raises RecordingError, OSError."""
    archive, keys = into.archive, into.keys
    path = archive.folder / name
    with regular(path) as (file, size):
        if not size:
            raise EmptyRecordingError(f"{path}: an empty file")
        if lacking := missing(file.fileno(), size):
            raise TruncatedRecordingError(f"{path}: cut off: {lacking}")
        written_at = os.fstat(file.fileno()).st_mtime
    at = told.at if told.at is not None else written_at
    with ExitStack() as stack:
        suffix = told.suffix
        if suffix in BARE:
            path, suffix = _with_header(path, BARE[suffix], stack.enter_context(workshop(into.tree))), ".wav"
        seconds, audio, lanes = _heard(path)
        place = name_of(call, at, suffix, locked=keys is not None)
        sha256, size = put(path, into.tree, place, keys)
    one = Recording(
        call=call, campaign=archive.campaign or CampaignId(0),
        agent=into.agents.get(fold(told.agent)), base="", at=at, seconds=seconds,
        state=State.INDEXED, client=archive.client, number=told.number, origin=archive.origin, foreign_name=name,
        foreign_words=f"{told.agent} {told.campaign} {told.uniqueid} {told.lead}",
        file=place, bytes=size, sha256=sha256, legs=False, indexed_at=into.now,
        flags=" ".join(audio.flags) if audio is not None else "",
    )  # fmt: skip
    measures = measures_of(audio, 0.0, lanes) if audio is not None else None
    body, facets = words_of(one, measures, None, "")
    return IndexEntry(recording=replace(one), measures=measures, body=body, facets=facets)


def _with_header(path: Path, kind: str, folder: Path) -> Path:
    """Bare sound as a WAV file that anything plays; GSM's frames are decoded. Raises RecordingError, OSError."""
    with regular(path) as (file, size):
        if kind == GSM and file.read(1)[0] >> 4 != GSM_SIGN:
            raise WrongFormatError(f"{path}: is named as bare GSM and holds none")
        if kind == GSM and size % GSM_FRAME:
            raise TruncatedRecordingError(f"{path}: cut off: it ends within a frame")
    made = folder / "with_header.wav"
    try:
        with (
            soundfile.SoundFile(path, samplerate=BARE_HZ, channels=1, subtype=kind, format="RAW") as bare,
            soundfile.SoundFile(made, "w", BARE_HZ, 1, "PCM_16" if kind == GSM else kind, format="WAV") as whole,
        ):
            while len(block := bare.read(BARE_HZ * 60, dtype="int16")):
                whole.write(block)
    except soundfile.LibsndfileError as error:
        raise WrongFormatError(f"{path}: no sound file that can be read ({error.error_string})") from error
    return made


def _heard(path: Path) -> tuple[float, CallAudio | None, tuple[str, str]]:
    """How long it is, and its measures where it has two sides."""
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        raise WrongFormatError(f"{path}: no sound file that can be read ({error.error_string})") from error
    if not info.frames:
        raise EmptyRecordingError(f"{path}: no sound in it")
    if info.duration > Settings().hours_max * 3600:
        raise RecordingTooLongError(f"{path}: longer than {Settings().hours_max:g} h")
    if info.channels != 2:
        return info.duration, None, ("", "")
    shape: list[Waveform] = []

    def taker(rate_hz: int) -> Callable[..., None]:
        shape.append(Waveform(rate_hz))
        return shape[0].feed

    audio = analyze(Source((path,)), also=taker)
    return audio.duration_s, audio, shape[0].lanes()
