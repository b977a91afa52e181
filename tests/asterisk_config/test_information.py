"""The tones before a network's announcement: told from ringing, music, voices and other tones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_config.scripts.information import Information
from asterisk_config.scripts.tones import FRAME
from asterisk_config.sounds import RATE_HZ, Samples, tone
from simulation.carrier import audio

VOICE = audio.files()["talk1"][: 5 * RATE_HZ]


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ))


def heard(*parts: Samples, noise: float = 0.002) -> bool:
    sound = np.concatenate((*parts, silence(0.5)))
    sound = sound + np.random.default_rng(1).normal(0.0, noise, sound.size)
    samples = (sound.clip(-1, 1) * 32767).astype(int).tolist()
    ear = Information()
    return any(ear.hears(samples[at : at + FRAME]) for at in range(0, len(samples) - FRAME, FRAME))


@settings(max_examples=15)
@given(
    off=st.floats(-50, 50),
    seconds=st.floats(0.28, 0.38),
    gap=st.floats(0.0, 0.03),
    level=st.floats(0.1, 0.6),
    offset=st.floats(0.0, 0.02),
)
def test_the_three_tones_are_heard_as_the_recommendation_lets_them_vary(
    off: float, seconds: float, gap: float, level: float, offset: float
) -> None:
    parts = [part for hz in (950, 1400, 1800) for part in (tone(hz + off, seconds, level), silence(gap))]
    assert heard(silence(0.3 + offset), *parts)
    assert heard(*parts[1:])  # the first was missed


@pytest.mark.parametrize(
    "sound",
    [
        np.concatenate([np.concatenate((tone(425, 1.0), silence(3.0))) for _ in range(2)]),
        VOICE,
        np.concatenate([tone(hz, 0.33) for hz in (1800, 1400, 950)]),
        np.concatenate([tone(hz, 0.33) for hz in (950, 1400)]),
        np.concatenate([np.concatenate((tone(hz, 0.33), silence(0.5))) for hz in (950, 1400, 1800)]),
        np.concatenate([tone(hz, 0.1) for hz in (950, 1400, 1800)]),
        np.concatenate([tone(hz, 0.33) for hz in (523, 659, 784)]),
    ],
    ids=["ringing", "voice", "falling", "two of them", "far apart", "short", "a melody"],
)
def test_what_else_sounds_before_an_answer_is_none(sound: Samples) -> None:
    assert not heard(sound)
