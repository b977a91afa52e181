"""What the far ends say: sounds with the rhythm and the formants of speech, made at render time.

Not words: enough for an answering machine detector, an energy meter and a person at a desk to take it for talk.
The floor of noise never stops, so that the other side gets audio all the time. The same seed, the same sound.
"""

import numpy as np

from asterisk_config.sounds import RATE_HZ, Samples, tone

VOICES = 4
_VOWELS_HZ = ((730, 1090), (270, 2290), (530, 1840), (570, 840), (300, 870))
_PITCHES_HZ = (118.0, 205.0, 132.0, 188.0)
PIP_S = 0.3
PIP_LOW_HZ = tuple(range(400, 1400, 100))
PIP_HIGH_HZ = tuple(range(1500, 3500, 200))
"""A pip's two tones, by the first and the second of its digits."""
_PIP_REST_S = 0.6  # then silence until the next second
_FLOOR = 0.0015
_SPEECH = 0.30


def files() -> dict[str, Samples]:
    """Every sound by its name, without the ending."""
    made: dict[str, Samples] = {}
    for voice in range(VOICES):
        chance = np.random.default_rng(1000 + voice)
        made[f"hello{voice + 1}"] = _floored(_hello(chance, _PITCHES_HZ[voice]), chance)
        made[f"talk{voice + 1}"] = _floored(_talk(chance, _PITCHES_HZ[voice], 24.0), chance)
        made[f"machine{voice + 1}"] = _floored(_machine(chance, _PITCHES_HZ[voice]), chance)
    made["quiet"] = _floored(_pause(20.0), np.random.default_rng(1))
    made["fax"] = _floored(_fax(), np.random.default_rng(2))
    made["information"] = _floored(_information(), np.random.default_rng(3))
    made["tone"] = tone(1004, 20.0)
    made["phonetone"] = tone(700, 20.0)
    made["lowtone"] = tone(440, 20.0)
    for first, low_hz in enumerate(PIP_LOW_HZ):
        for second, high_hz in enumerate(PIP_HIGH_HZ):
            made[f"pip{first}{second}"] = _floored(_pip(low_hz, high_hz), np.random.default_rng(2))
    return made


def _fax() -> Samples:
    """The tone by which fax machines and modems answer (ITU-T V.25)."""
    return np.concatenate((_pause(0.8), tone(2100, 3.3), _pause(0.5)))


def _information() -> Samples:
    """The special information tones before an announcement (ITU-T E.180)."""
    return np.concatenate([_pause(0.3), *(tone(hz, 0.33) for hz in (950, 1400, 1800)), _pause(0.2)])


def _pip(low_hz: float, high_hz: float) -> Samples:
    return np.concatenate([tone(low_hz, PIP_S) + tone(high_hz, PIP_S), _pause(_PIP_REST_S)])


def _pause(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ))


def _floored(samples: Samples, chance: np.random.Generator) -> Samples:
    return np.asarray(samples + chance.normal(0.0, _FLOOR, samples.size), dtype=np.float64)


def _syllable(chance: np.random.Generator, pitch_hz: float) -> Samples:
    """A voiced vowel: harmonics of the pitch, loudest near two formants, with soft ends."""
    seconds = chance.uniform(0.14, 0.24)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = pitch_hz * chance.uniform(0.92, 1.08)
    low, high = _VOWELS_HZ[chance.integers(len(_VOWELS_HZ))]
    harmonics = np.arange(pitch, 3400.0, pitch)
    weights = np.exp(-(((harmonics - low) / 180.0) ** 2)) + 0.6 * np.exp(-(((harmonics - high) / 260.0) ** 2)) + 0.02
    waves = weights[:, None] * np.sin(2 * np.pi * harmonics[:, None] * time_s[None, :])
    envelope = np.sin(np.pi * time_s / seconds) ** 0.5
    voiced = waves.sum(axis=0) * envelope
    return np.asarray(_SPEECH * voiced / max(float(np.abs(voiced).max()), 1e-9), dtype=np.float64)


def _words(chance: np.random.Generator, pitch_hz: float, count: int) -> Samples:
    parts: list[Samples] = []
    for _ in range(count):
        parts += [_syllable(chance, pitch_hz) for _ in range(int(chance.integers(1, 4)))]
        parts.append(_pause(chance.uniform(0.06, 0.14)))
    return np.concatenate(parts)


def _hello(chance: np.random.Generator, pitch_hz: float) -> Samples:
    """A person's greeting: a word or two, then waiting for an answer."""
    return np.concatenate([_pause(0.3), _words(chance, pitch_hz, 2), _pause(1.6)])


def _talk(chance: np.random.Generator, pitch_hz: float, seconds: float) -> Samples:
    """Sentences with pauses between them, as in a conversation."""
    parts: list[Samples] = []
    while sum(part.size for part in parts) < seconds * RATE_HZ:
        parts += [_words(chance, pitch_hz, int(chance.integers(3, 9))), _pause(chance.uniform(0.5, 1.6))]
    return np.concatenate(parts)


def _machine(chance: np.random.Generator, pitch_hz: float) -> Samples:
    """An announcement without a pause to speak of, then the beep."""
    return np.concatenate([_pause(0.3), _words(chance, pitch_hz, 14), _pause(0.4), tone(1000, 0.6)])
