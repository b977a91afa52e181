"""Whether a sound file holds all that its header promises. Reads headers and ends only, never the sound.

libsndfile opens a file that was cut off and takes what is left for the whole; a call whose end is missing must not be
measured as if it had ended there.
"""

import os
from collections.abc import Iterator

_CHUNKS_MAX = 200
_SIZE_UNKNOWN = 0xFFFFFFFF  # of a WAV file that was written into a pipe
_OGG_PAGE_MAX = 65_307
_OGG_LAST = 0x04


def missing(descriptor: int, size: int) -> str | None:
    """What the open file of `size` bytes lacks, in words; None where nothing is seen to be missing."""
    head = os.pread(descriptor, 12, 0)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _missing_of_wave(descriptor, size)
    if head[:4] == b"OggS":
        return _missing_of_ogg(descriptor, size)
    return None


def _missing_of_wave(descriptor: int, size: int) -> str | None:
    for name, start, length in _chunks(descriptor, size):
        if name != b"data":
            continue
        if length == 0 and size > start:
            return f"its header was never completed (the recorder was stopped), {size - start} bytes of sound follow it"
        if length != _SIZE_UNKNOWN and start + length > size:
            return f"its header promises {length} bytes of sound, {size - start} are there"
        return None
    return "it ends before its sound begins"


def _chunks(descriptor: int, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of the chunks of a WAV file."""
    at = 12
    for _ in range(_CHUNKS_MAX):
        head = os.pread(descriptor, 8, at)
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little")
        yield head[:4], at + 8, length
        at += 8 + length + length % 2
        if at >= size:
            return


def _missing_of_ogg(descriptor: int, size: int) -> str | None:
    tail = os.pread(descriptor, 2 * _OGG_PAGE_MAX, max(0, size - 2 * _OGG_PAGE_MAX))
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27 or not tail[page + 5] & _OGG_LAST:
        return "its last page is missing"
    segments = tail[page + 26]
    body = sum(tail[page + 27 : page + 27 + segments])
    return None if len(tail) >= page + 27 + segments + body else "its last page is cut off"
