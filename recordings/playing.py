"""A recording as it is heard: any part of it as WAV, one side or both, with what was silenced for privacy left out.

Whatever the file's own format and lock, the listener gets plain PCM whose every byte can be asked for by its place.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray

from recordings.errors import WrongFormatError
from recordings.silenced import parts_of
from recordings.tree import opened
from recordings.vault import CHUNK, Keys, Opened

TRACKS = {"both": None, "agent": 0, "person": 1}
HEADER = 44
_FRAMES = 1 << 15  # read at once


class _Seekable(io.RawIOBase):
    """What libsndfile reads from: the recording's bytes, decrypted piece by piece."""

    def __init__(self, source: Opened) -> None:
        self._source, self._at = source, 0
        self._held: tuple[int, bytes] = (0, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # what io hands over is a buffer
        start, piece = self._held
        if not start <= self._at < start + len(piece):
            start = self._at // CHUNK * CHUNK
            piece = b"".join(self._source.read(start, start + CHUNK))
            self._held = (start, piece)
        part = piece[self._at - start : self._at - start + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)


class Playable:
    """An open recording, or a part of one. `size` is that of the whole of it as WAV, in bytes."""

    def __init__(
        self,
        sound: soundfile.SoundFile,
        track: str,
        muted: Sequence[tuple[float, float]],
        part: tuple[float, float] | None = None,
    ) -> None:
        self._sound = sound
        begins, ends = (round(at * sound.samplerate) for at in part) if part is not None else (0, sound.frames)
        self._first = min(begins, sound.frames)
        self._last = max(self._first, min(ends, sound.frames))
        self._side = TRACKS[track] if sound.channels > 1 else None
        self._channels = 1 if self._side is not None else sound.channels
        self._muted = [(round(start * sound.samplerate), round(end * sound.samplerate)) for start, end in muted]
        self.size = HEADER + (self._last - self._first) * 2 * self._channels

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The WAV's bytes from `start` until before `end`."""
        if start < HEADER:
            yield self._header()[start:end]
        width = 2 * self._channels
        at, last = max(0, start - HEADER), end - HEADER
        while at < last:
            frame = at // width
            self._sound.seek(self._first + frame)
            block = self._sound.read(min(_FRAMES, -(-(last - frame * width) // width)), dtype="int16", always_2d=True)
            if not len(block):
                return
            data = self._heard(block, self._first + frame).tobytes()[at - frame * width : last - frame * width]
            yield data
            at += len(data)

    def _heard(self, block: NDArray[np.int16], frame: int) -> NDArray[np.int16]:
        for start, end in self._muted:
            block[max(0, start - frame) : max(0, end - frame)] = 0
        side = block if self._side is None else block[:, self._side : self._side + 1]
        return np.ascontiguousarray(side)

    def _header(self) -> bytes:
        rate, body, width = self._sound.samplerate, self.size - HEADER, 2 * self._channels
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, self._channels, rate, rate * width, width, 16)
        return struct.pack("<4sI4s", b"RIFF", self.size - 8, b"WAVE") + form + struct.pack("<4sI", b"data", body)


@contextmanager
def playable(
    folder: Path,
    name: str,
    keys: Keys | None,
    *,
    track: str = "both",
    muted: str = "[]",
    part: tuple[float, float] | None = None,
) -> Iterator[Playable]:
    """Open a recording of the tree to be heard, or a `part` of it from and to a second. `muted` as the index keeps it.

    Raises a RecordingError.
    """
    with ExitStack() as stack:
        source = stack.enter_context(opened(folder, name, keys))
        try:
            sound = stack.enter_context(soundfile.SoundFile(io.BufferedReader(_Seekable(source), CHUNK)))
        except soundfile.LibsndfileError as error:
            raise WrongFormatError(f"{name}: no sound file that can be read ({error.error_string})") from error
        yield Playable(sound, track, parts_of(muted), part)
