"""Made-up calls of which everything is known: who speaks when, over what noise. The same seed, the same sound."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray

RATE_HZ = 8_000
Sound = NDArray[np.float64]
Spans = list[tuple[float, float]]  # from, to, in seconds

_VOWELS_HZ = ((730, 1090), (270, 2290), (530, 1840), (570, 840), (300, 870))


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Sound:
    return np.zeros(round(seconds * rate_hz))


def noise(seconds: float, dbfs: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Sound:
    """White noise at that level."""
    return np.random.default_rng(seed).normal(0.0, 10 ** (dbfs / 20), round(seconds * rate_hz))


def tone(seconds: float, hz: float, dbfs: float = -20.0, rate_hz: int = RATE_HZ) -> Sound:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(np.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * time_s))


def at_level(sound: Sound, dbfs: float) -> Sound:
    """The sound with that root mean square."""
    return np.asarray(sound * 10 ** (dbfs / 20) / np.sqrt(np.mean(sound**2)))


def speech(seconds: float, dbfs: float = -22.0, seed: int = 0, rate_hz: int = RATE_HZ) -> Sound:
    """Syllables in the rhythm and with the formants of speech, without a pause of a quarter second."""
    chance = np.random.default_rng(seed)
    pitch_hz = chance.uniform(95, 220)
    made: list[Sound] = []
    size = round(seconds * rate_hz)
    while sum(part.size for part in made) < size:
        made.append(_syllable(chance, pitch_hz, rate_hz))
        if chance.random() < 0.4:
            made.append(silence(chance.uniform(0.04, 0.14), rate_hz))
    whole = np.concatenate(made)[:size]
    return at_level(whole, dbfs)


def _syllable(chance: np.random.Generator, pitch_hz: float, rate_hz: int) -> Sound:
    """A vowel with gliding pitch, or now and then a hiss before it."""
    seconds = chance.uniform(0.12, 0.26)
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    glide = pitch_hz * chance.uniform(0.9, 1.1) * (1 + chance.uniform(-0.15, 0.15) * time_s / seconds)
    phase = 2 * np.pi * np.cumsum(glide) / rate_hz
    low, high = _VOWELS_HZ[chance.integers(len(_VOWELS_HZ))]
    voiced = np.zeros(time_s.size)
    for harmonic in range(1, int(3400 / pitch_hz)):
        hz = harmonic * pitch_hz
        weight = np.exp(-(((hz - low) / 200) ** 2)) + 0.5 * np.exp(-(((hz - high) / 300) ** 2)) + 0.02
        voiced += weight * np.sin(harmonic * phase)
    if chance.random() < 0.3:
        edge = time_s.size // 3
        voiced[:edge] = chance.normal(0, 0.4, edge)
    return np.asarray(voiced * np.sin(np.pi * time_s / seconds) ** 0.6)


def music(seconds: float, dbfs: float = -22.0, seed: int = 0, rate_hz: int = RATE_HZ) -> Sound:
    """Chords that fade a little, two a second: music as it is played on hold."""
    chance = np.random.default_rng(seed)
    beat = round(0.5 * rate_hz)
    notes_hz = 220.0 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    time_s = np.arange(beat) / rate_hz
    beats: list[Sound] = []
    for _ in range(int(np.ceil(seconds * rate_hz / beat))):
        chord = chance.choice(notes_hz, 3, replace=False)
        waves = sum(np.sin(2 * np.pi * hz * time_s) + 0.4 * np.sin(4 * np.pi * hz * time_s) for hz in chord)
        beats.append(np.asarray(waves * np.exp(-2 * time_s)))
    whole = np.concatenate(beats)[: round(seconds * rate_hz)]
    return at_level(whole, dbfs)


def spoken(
    seconds: float,
    spans: Spans,
    *,
    dbfs: float = -22.0,
    noise_dbfs: float = -65.0,
    seed: int = 0,
    rate_hz: int = RATE_HZ,
) -> Sound:
    """A leg with speech at those spans over steady noise."""
    leg = noise(seconds, noise_dbfs, seed + 100, rate_hz)
    for number, (start, end) in enumerate(spans):
        put(leg, start, speech(end - start, dbfs, seed * 1000 + number, rate_hz), rate_hz)
    return leg


def put(leg: Sound, at_s: float, sound: Sound, rate_hz: int = RATE_HZ) -> None:
    """Lay the sound over the leg."""
    at = round(at_s * rate_hz)
    leg[at : at + sound.size] += sound[: leg.size - at]


def conversation(seconds: float, seed: int, *, over: float = 0.15) -> tuple[Spans, Spans]:
    """Who speaks when: turns of some seconds, pauses between most, and one beginning before the other ends in some."""
    chance = np.random.default_rng(seed)
    spans: tuple[Spans, Spans] = ([], [])
    at, side = chance.uniform(0.4, 1.2), 0
    while at < seconds - 3:
        end = min(at + chance.uniform(1.2, 6.0), seconds - 0.5)
        spans[side].append((round(at, 2), round(end, 2)))
        at = end - chance.uniform(0.3, 0.8) if chance.random() < over else end + chance.uniform(0.4, 1.5)
        side = 1 - side
    return spans


def share(spans: Iterable[Spans], seconds: float, *, speaking: int) -> float:
    """Share of the call in which exactly that many sides speak."""
    time_s = np.arange(0, seconds, 0.01)
    count = np.zeros(time_s.size)
    for side in spans:
        for start, end in side:
            count[(time_s >= start) & (time_s < end)] += 1
    return float(np.mean(count == speaking))


def write(path: Path, agent: Sound, customer: Sound, *, rate_hz: int = RATE_HZ, subtype: str = "PCM_16") -> Path:
    """A stereo file; what is beyond full scale is cut."""
    kind = "OGG" if path.suffix == ".opus" else None
    soundfile.write(path, np.clip(np.column_stack([agent, customer]), -1, 1), rate_hz, subtype=subtype, format=kind)
    return path


def write_legs(base: Path, agent: Sound, customer: Sound, *, subtype: str = "PCM_16") -> Path:
    """Two files, as Asterisk's MixMonitor leaves them."""
    for name, leg in (("agent", agent), ("customer", customer)):
        soundfile.write(base.with_name(f"{base.name}-{name}.wav"), np.clip(leg, -1, 1), RATE_HZ, subtype=subtype)
    return base
