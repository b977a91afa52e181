"""A short sound for tests."""

import math
import struct
import wave
from pathlib import Path

RATE = 8000


def tone(path: Path, *, seconds: float = 1.0, hertz: float = 440.0, beats_hz: float = 0.0) -> None:
    """Write a sine as 16-bit mono; with beats, what suppresses noise takes it for a voice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    loudness = [8000 * (1 + math.sin(2 * math.pi * beats_hz * n / RATE)) for n in range(int(RATE * seconds))]
    samples = [round(loud * math.sin(2 * math.pi * hertz * n / RATE)) for n, loud in enumerate(loudness)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
