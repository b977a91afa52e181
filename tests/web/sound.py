"""A short sound for tests."""

import math
import struct
import wave
from pathlib import Path

RATE = 8000


def tone(path: Path, *, seconds: float = 1.0, hertz: float = 440.0) -> None:
    """Write a sine as 16-bit mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [round(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(RATE * seconds))]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
