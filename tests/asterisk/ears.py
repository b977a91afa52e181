"""What the far ends of a real floor hear: each keeps its sound, and tones tell who is heard where.

The person sends 1004 Hz, the agent's phone 700, the supervisor's 440.
"""

import time
import wave
from pathlib import Path

import numpy as np

from tests.lab_fixtures import Floor

PERSON, AGENT, SUPERVISOR = 1004.0, 700.0, 440.0
STEP_S = 0.25
HEARD, UNHEARD = 1000.0, 60.0  # amplitudes; a tone arrives with some 5,000


def amplitude(samples: np.ndarray, hertz: float) -> float:
    turn = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / 8000)
    return float(2 * abs(np.dot(samples, turn)) / max(1, len(samples)))


def sound(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).astype(float)


class Ears:
    """What every far end that exists now hears from now on."""

    def __init__(self, floor: Floor, folder: Path) -> None:
        self._folder, self._floor = folder, floor
        folder.mkdir()
        channels = floor.carrier.instance.cli("core show channels concise").splitlines()
        self._names = [line.split("!")[0] for line in channels if "!" in line]
        for n, name in enumerate(self._names):
            files = f"{folder}/{n}.wav,r({folder}/{n}r.wav)t({folder}/{n}t.wav)"
            floor.carrier.instance.cli(f"mixmonitor start {name} {files}")
        self.since = time.monotonic()

    def stop(self) -> dict[float, np.ndarray]:
        """By the tone that a far end sends, what it heard since `since`.

        Counted back from the end: a recording begins some time after it was asked for, but ends at once.
        """
        heard = {}
        for n, name in enumerate(self._names):
            lasted_s = time.monotonic() - self.since
            self._floor.carrier.instance.cli(f"mixmonitor stop {name}", check=False)
            sent, got = sound(self._folder / f"{n}t.wav"), sound(self._folder / f"{n}r.wav")
            tone = max((PERSON, AGENT, SUPERVISOR), key=lambda hertz: amplitude(sent, hertz))
            size = round(8000 * lasted_s)
            heard[tone] = np.concatenate([np.full(max(0, size - len(got)), np.nan), got[-size:]])
        return heard


def loudest_and_faintest(samples: np.ndarray, hertz: float, since_s: float, until_s: float) -> tuple[float, float]:
    size = int(8000 * STEP_S)
    steps = [
        amplitude(samples[at : at + size], hertz) for at in range(int(since_s * 8000), int(until_s * 8000) - size, size)
    ]
    assert steps, f"nothing was kept from {since_s:.1f} to {until_s:.1f} s of {len(samples) / 8000:.1f} s"
    return max(steps), min(steps)
