"""One recording made: from the switch's legs to one measured stereo file in its place. Files only, no database.

Runs in a process of its own beside the dialer, and may be killed at any point: the same job done again gives the same
file in the same place, and the legs stay until the database knows the result.
"""

import errno
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import soundfile  # type: ignore[import-untyped]

from recordings.analysis import analyze
from recordings.audio import Samples, Source, rate_of
from recordings.errors import EmptyRecordingError, NoRoomError, RecordingNotFoundError, TruncatedRecordingError
from recordings.legs import Leg
from recordings.measures import CallAudio
from recordings.problems import CUT_OFF, MISSING, Lacking
from recordings.settings import Settings
from recordings.tree import PART, WORK, name_of, put, remove
from recordings.vault import Keys
from recordings.waveform import Waveform

FORMATS = {"flac": (".flac", "FLAC", "PCM_16"), "opus": (".opus", "OGG", "OPUS"), "wav": (".wav", "WAV", "PCM_16")}
HEADER = 44  # bytes of the WAV header that MixMonitor writes


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be made. `spool` is the switch's folder, `tree` the index's."""

    call: int
    at: float
    base: str
    spool: Path
    tree: Path
    format: str = "flac"
    keys: Keys | None = None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Made:
    """What was made. `problems`: what was mended or is lacking."""

    file: str
    sha256: str
    bytes: int
    seconds: float
    audio: CallAudio
    waveform: tuple[str, str]
    problems: tuple[Lacking, ...] = ()


def legs_of(spool: Path, base: str) -> tuple[Path, ...]:
    """The files of the agent's and the customer's leg."""
    return tuple(spool / f"{base}-{leg}.wav" for leg in Leg)


def raw_files(spool: Path, base: str) -> tuple[Path, ...]:
    """All files that the switch writes for one recording."""
    return (*legs_of(spool, base), spool / f"{base}.wav")


def finished(path: Path) -> bool | None:
    """Whether the switch has closed a WAV file, as its header says; None where there is no file."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    if len(head) < HEADER or head[36:40] != b"data":
        return len(head) == HEADER  # of another making: its own reader will tell
    (length,) = struct.unpack("<I", head[40:44])
    return bool(length) and HEADER + length <= size


def make(job: Job) -> Made:
    """Make one file of the legs, measure it on the way, put it in its place.

    A leg whose header was never completed is read as far as it goes; a leg that is missing counts as silence; both are
    told in `problems`. Raises a RecordingError: RecordingNotFoundError where neither leg is there, NoRoomError where
    the disk is full; OSError where the file cannot be written for another reason.
    """
    try:
        with workshop(job.tree) as folder:
            return _make(job, folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise NoRoomError(f"{job.tree}: no room ({error.strerror})") from error
        raise
    except soundfile.LibsndfileError as error:  # it tells a full disk as an error of its own
        if shutil.disk_usage(job.tree).free < 1 << 20:
            raise NoRoomError(f"{job.tree}: no room ({error.error_string})") from error
        raise OSError(f"{job.tree}: cannot be written ({error.error_string})") from error


def _make(job: Job, folder: Path) -> Made:
    source, problems = _whole_legs(job, folder)
    suffix, kind, subtype = FORMATS[job.format]
    work = folder / f"made{suffix}"
    taker = _Taker(work, kind, subtype)
    try:
        audio = analyze(source, job.settings, also=taker.begin)
    finally:
        taker.close()
    name = name_of(job.call, job.at, suffix, locked=job.keys is not None)
    sha256, size = put(work, job.tree, name, job.keys)
    assert taker.waveform is not None
    lanes = taker.waveform.lanes()
    return Made(name, sha256, size, audio.duration_s, audio, lanes, tuple(problems))


class _Taker:
    """Takes the sound as it is measured: into the stereo file, and into the waveform."""

    def __init__(self, path: Path, kind: str, subtype: str) -> None:
        self._path, self._kind, self._subtype = path, kind, subtype
        self._file: soundfile.SoundFile | None = None
        self.waveform: Waveform | None = None

    def begin(self, rate_hz: int) -> "_Taker":
        kind, subtype = self._kind, self._subtype
        self._file = soundfile.SoundFile(self._path, "w", rate_hz, 2, subtype=subtype, format=kind)
        self.waveform = Waveform(rate_hz)
        return self

    def __call__(self, block: Samples) -> None:
        assert self._file is not None
        assert self.waveform is not None
        self._file.write(block)
        self.waveform.feed(block)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _whole_legs(job: Job, folder: Path) -> tuple[Source, list[Lacking]]:
    """The legs as files that can be read, mended copies where needed, and what was wrong with them."""
    problems: list[Lacking] = []
    paths: list[Path | None] = []
    for leg, path in zip(Leg, legs_of(job.spool, job.base), strict=True):
        if not os.path.lexists(path):
            problems.append(Lacking(MISSING[leg]))
            paths.append(None)
        elif not path.is_symlink() and path.is_file() and finished(path) is False:
            paths.append(_mended(path, folder / f"{leg}.wav"))
            problems.append(Lacking(CUT_OFF[leg]))
        else:
            paths.append(path)
    there = [path for path in paths if path is not None]
    if not there:
        raise RecordingNotFoundError(f"{job.spool / job.base}: neither leg is there")
    whole = tuple(path or _silence_like(there[0], folder / "silence.wav") for path in paths)
    return Source(whole), problems


def _mended(path: Path, copy: Path) -> Path:
    """A copy with a header that tells what is there. Raises EmptyRecordingError, TruncatedRecordingError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = bytearray(file.read(HEADER))
        if not head:
            raise EmptyRecordingError(f"{path}: an empty file")
        if len(head) < HEADER or head[36:40] != b"data":
            raise TruncatedRecordingError(f"{path}: it ends before its sound begins")
        align = max(1, struct.unpack_from("<H", head, 32)[0])
        length = (size - HEADER) // align * align
        if not length:
            raise EmptyRecordingError(f"{path}: no sound in it")
        struct.pack_into("<I", head, 4, HEADER - 8 + length)
        struct.pack_into("<I", head, 40, length)
        with copy.open("wb") as out:
            out.write(head)
            left = length
            while left and (piece := file.read(min(left, 1 << 20))):
                out.write(piece)
                left -= len(piece)
    return copy


def _silence_like(leg: Path, path: Path) -> Path:
    """A leg without sound, at the other's rate; one sample, for the rest is filled up."""
    soundfile.write(path, np.zeros(1, np.float32), rate_of(leg), subtype="PCM_16")
    return path


@contextmanager
def workshop(tree: Path) -> Iterator[Path]:
    """A folder of the tree for what is being made; what a kill leaves there the next start removes."""
    work = tree / WORK
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=work))
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


def sweep(tree: Path) -> None:
    """Remove what a killed process left half made. Nobody else may be at work in the tree."""
    shutil.rmtree(tree / WORK, ignore_errors=True)
    if tree.is_dir():
        for part in sorted(tree.rglob(f"*{PART}")):
            part.unlink(missing_ok=True)


def remove_raw(spool: Path, base: str) -> None:
    """Delete the switch's files of a recording that stands in the index."""
    for path in raw_files(spool, base):
        if os.path.lexists(path) and not path.is_symlink():
            remove(path)
