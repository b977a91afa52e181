"""Sounds made of tones: placeholders for messages that nobody has recorded yet, and something to hold to.

No speech engine is assumed. A placeholder is meant to be noticed: it must never pass for the real message.
"""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
"""Samples per second of all audio here: what a telephone line carries."""

Samples = NDArray[np.float64]
"""Audio between -1 and 1, at RATE_HZ."""

MARK = "placeholder-"
_HALF_NOTE_S = 0.25
_MELODIES: dict[str, tuple[int, ...]] = {
    "abandon": (784, 659, 523, 0, 784, 659, 523, 0, 392, 392),
    "opted_out": (523, 659, 784),
    "sorry": (523, 0, 440, 0, 349, 349),
    "closed": (440, 0, 440, 0, 349, 349),
    "refused": (349, 0, 349, 0, 349),
    "goodbye": (784, 523),
    "menu": (659, 0, 659, 0, 784),
    "position": (587,),
    "offer": (523, 0, 587, 0, 659),
    "clock": (659, 659),
    "noted": (523, 659),
    "passed_on": (523, 659, 0, 523),
    "not_noted": (523, 0, 349),
}
"""Frequencies in Hz, half a second's half each; 0 is a pause."""


def tone(frequency_hz: float, seconds: float, level: float = 0.25) -> Samples:
    """A sine with soft ends, so that it does not click."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    edge = np.minimum(1.0, np.minimum(time_s, seconds - time_s) / 0.01).clip(0.0)
    return np.asarray(level * edge * np.sin(2 * np.pi * frequency_hz * time_s), dtype=np.float64)


def wav(samples: Samples) -> bytes:
    """A WAV file: 16 bits, one channel, RATE_HZ."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def placeholder(name: str, folder: Path) -> str:
    """The sound of that name in `folder`, as a dialplan names it: without the ending."""
    return str(folder / f"{MARK}{name}")


def hold_folder(folder: Path) -> str:
    """Where the sound to hold to is kept, alone in its folder."""
    return str(folder / "hold")


def placeholders(folder: Path) -> dict[Path, bytes]:
    """Every placeholder with its contents, and the sound to hold to."""
    made = {Path(placeholder(name, folder) + ".wav"): wav(_melody(notes)) for name, notes in _MELODIES.items()}
    made[Path(hold_folder(folder)) / f"{MARK}hold.wav"] = wav(_hold_music())
    return made


def _melody(notes: tuple[int, ...]) -> Samples:
    return np.concatenate([tone(note, _HALF_NOTE_S) for note in notes])


def _hold_music() -> Samples:
    """Slow chords, quiet enough to wait with."""
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
    return np.concatenate([np.sum([tone(note, 2.0, 0.06) for note in chord], axis=0) for chord in chords])
