"""The sound of one call, read safely and block by block: agent and customer side by side.

Opens regular files only, by a descriptor that follows no link, and never writes. Nothing is measured here.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray

from recordings.containers import missing
from recordings.errors import (
    EmptyRecordingError,
    RecordingNotFoundError,
    RecordingPathError,
    RecordingTooLongError,
    TruncatedRecordingError,
    WrongFormatError,
)
from recordings.legs import Leg
from recordings.tree import regular

Samples = NDArray[np.float32]

SUFFIXES = (".wav", ".WAV", ".flac", ".opus", ".ogg", ".mp3")
FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "AU", "AIFF", "FLAC", "OGG", "MP3", "MPEG"})
RATE_MIN_HZ, RATE_MAX_HZ = 4_000, 192_000
BLOCK_S = 20
_FRAMES_UNKNOWN = 2**62


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call's sound is: one stereo file (agent left), or the agent's and the customer's file."""

    paths: tuple[Path, ...]

    def __post_init__(self) -> None:
        assert len(self.paths) in (1, 2)


def locate(name: str | Path, *, folder: Path | None = None) -> Source:
    """The call's file of that name, or its two legs `<name>-agent.wav` and `<name>-customer.wav`.

    With a folder, the name is one below it, and nothing outside it is ever opened. Raises RecordingPathError,
    RecordingNotFoundError.
    """
    path = _checked(name, folder)
    if os.path.lexists(path):
        return Source((path,))
    for suffix in SUFFIXES:
        legs = tuple(path.with_name(f"{path.name}-{leg}{suffix}") for leg in Leg)
        there = [os.path.lexists(leg) for leg in legs]
        if all(there):
            return Source(legs)
        if any(there):
            lost = legs[there.index(False)]
            raise RecordingNotFoundError(f"{lost}: this leg is missing, the other is there; a call is measured by both")
    raise RecordingNotFoundError(f"{path}: no such file, nor its legs {path.name}-agent.wav and -customer.wav")


def _checked(name: str | Path, folder: Path | None) -> Path:
    path = Path(name)
    if "\0" in str(path) or ".." in path.parts or not path.name:
        raise RecordingPathError(f"{str(path)!r}: give the path of a file, without '..' in it")
    if folder is None:
        return path
    if path.is_absolute():
        raise RecordingPathError(f"{path}: give a name within the folder of recordings, not a full path")
    root = folder.resolve()
    whole = root / path
    if not whole.parent.resolve().is_relative_to(root):
        raise RecordingPathError(f"{path}: leads out of the folder of recordings by a link")
    return whole


class Audio:
    """An open call: what its files say of themselves, and its sound, once through."""

    def __init__(self, files: list[tuple[Path, soundfile.SoundFile]], hours_max: float) -> None:
        first = files[0][1]
        self._files = files
        self._hours_max = hours_max
        self.rate_hz: int = first.samplerate
        self.format = f"{first.format} {first.subtype}"
        known = [sound.frames for _, sound in files if sound.frames < _FRAMES_UNKNOWN]
        self.frames_expected = max(known, default=0)  # 0 where no header tells
        self.frames = 0  # read so far
        self._read = [0] * len(files)

    @property
    def legs_differ_s(self) -> float:
        """By how much one leg's file is shorter than the other's; what is missing was taken for silence."""
        return (max(self._read) - min(self._read)) / self.rate_hz

    def blocks(self) -> Iterator[Samples]:
        """The sound in blocks of BLOCK_S seconds, shape (frames, 2), agent first, within -1..1.

        Raises WrongFormatError, TruncatedRecordingError, RecordingTooLongError, EmptyRecordingError.
        """
        wanted = self.rate_hz * BLOCK_S
        while True:
            parts = [self._next(index, wanted) for index in range(len(self._files))]
            count = max(len(part) for part in parts)
            if not count:
                break
            self.frames += count
            if self.frames > self._hours_max * 3600 * self.rate_hz:
                raise too_long(self._files[0][0], self._hours_max)
            yield parts[0] if len(parts) == 1 else _side_by_side(parts, count)
        if not self.frames:
            raise EmptyRecordingError(f"{self._files[0][0]}: no sound in it")

    def _next(self, index: int, wanted: int) -> Samples:
        path, sound = self._files[index]
        try:
            block: Samples = sound.read(wanted, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise TruncatedRecordingError(f"{path}: damaged after {self._read[index] / self.rate_hz:.1f} s") from error
        self._read[index] += len(block)
        if len(block) < wanted and sound.frames < _FRAMES_UNKNOWN and self._read[index] < sound.frames:
            ends, promised = self._read[index] / self.rate_hz, sound.frames / self.rate_hz
            raise TruncatedRecordingError(f"{path}: ends after {ends:.1f} s of {promised:.1f} s; copy it again")
        if not np.isfinite(block).all():
            raise WrongFormatError(f"{path}: holds values that are no numbers")
        return np.clip(block, -1.0, 1.0, out=block)


def _side_by_side(parts: list[Samples], count: int) -> Samples:
    both = np.zeros((count, 2), np.float32)
    for side, part in enumerate(parts):
        both[: len(part), side] = part[:, 0]
    return both


def too_long(path: Path, hours_max: float) -> RecordingTooLongError:
    """The error for a file above the limit."""
    return RecordingTooLongError(f"{path}: longer than {hours_max:g} h; raise the limit if that is right")


@contextmanager
def opened(source: Source, *, hours_max: float) -> Iterator[Audio]:
    """The call's sound, open while the block lasts. Raises any RecordingError."""
    with ExitStack() as stack:
        files = [(path, _open(path, stack)) for path in source.paths]
        channels = 2 if len(files) == 1 else 1
        for path, sound in files:
            _check(path, sound, channels, hours_max)
        rates = {sound.samplerate for _, sound in files}
        if len(rates) > 1:
            raise WrongFormatError(f"{source.paths[0]}: its legs have different sample rates, {sorted(rates)}")
        if all(sound.frames == 0 for _, sound in files):
            raise EmptyRecordingError(f"{source.paths[0]}: no sound in it")
        yield Audio(files, hours_max)


def rate_of(path: Path) -> int:
    """The sample rate of one file, in Hz. Raises a RecordingError."""
    with ExitStack() as stack:
        return int(_open(path, stack).samplerate)


def _open(path: Path, stack: ExitStack) -> soundfile.SoundFile:
    file, size = stack.enter_context(regular(path))
    if size == 0:
        raise EmptyRecordingError(f"{path}: an empty file")
    descriptor = file.fileno()
    lacking = missing(descriptor, size)
    if lacking is not None:
        raise TruncatedRecordingError(f"{path}: cut off: {lacking}; copy it again, or leave it out")
    try:
        return stack.enter_context(soundfile.SoundFile(descriptor, closefd=False))
    except soundfile.LibsndfileError as error:
        raise WrongFormatError(f"{path}: no sound file that can be read ({error.error_string})") from error


def _check(path: Path, sound: soundfile.SoundFile, channels: int, hours_max: float) -> None:
    if sound.format not in FORMATS:
        raise WrongFormatError(f"{path}: {sound.format_info} is not read here; convert it to WAV or FLAC")
    if not RATE_MIN_HZ <= sound.samplerate <= RATE_MAX_HZ:
        raise WrongFormatError(f"{path}: {sound.samplerate} Hz is not between {RATE_MIN_HZ} and {RATE_MAX_HZ}")
    if sound.channels != channels:
        wanted = "two, agent left and customer right (or two files of one)" if channels == 2 else "one"
        raise WrongFormatError(f"{path}: {sound.channels} channels; it needs {wanted}")
    if _FRAMES_UNKNOWN > sound.frames > hours_max * 3600 * sound.samplerate:
        raise too_long(path, hours_max)
