"""Person or machine: what the program that listens for Asterisk makes of words, silence, and a tone before them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_config.scripts.answer import HUMAN, MACHINE, UNSURE, Answer, Thresholds, thresholds
from asterisk_config.scripts.tones import FRAME, FRAME_MS
from asterisk_config.sounds import RATE_HZ, Samples, tone
from dialer.core.detection import Tuning
from simulation.carrier import audio

SOUNDS = audio.files()
LIMITS = thresholds(Tuning().arguments(3800).replace(",", "/"))


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ))


def word(seconds: float) -> Samples:
    """A voice's sound without a pause in it: no tone, and never quiet."""
    made = np.random.default_rng(3).normal(0.0, 0.1, round(seconds * RATE_HZ))
    return np.asarray(made + 0.1 * np.sin(2 * np.pi * 180 * np.arange(made.size) / RATE_HZ), dtype=np.float64)


def told(*parts: Samples, limits: Thresholds = LIMITS) -> tuple[str, str, float]:
    """Verdict, reason and after how many seconds, of parts with quiet behind them."""
    sound = np.concatenate((*parts, silence(3.9)))
    samples = (sound.clip(-1, 1) * 32767).astype(int).tolist()
    ear = Answer(limits)
    for at in range(0, len(samples) - FRAME, FRAME):
        if said := ear.hears(samples[at : at + FRAME]):
            return *said, (at + FRAME) / RATE_HZ
    raise AssertionError("it never comes to a verdict")


def test_amds_rules_hold() -> None:
    assert told(silence(0.4), word(0.6))[:2] == (HUMAN, "HUMAN-500-500")
    assert told(silence(0.4), word(2.0))[:2] == (MACHINE, "LONGGREETING-1400-1400")
    assert told(silence(3.0))[:2] == (MACHINE, "INITIALSILENCE-2500-2500")
    words = [part for _ in range(6) for part in (word(0.16), silence(0.2))]
    assert told(silence(0.4), *words)[:2] == (MACHINE, "MAXWORDS-4-4")
    assert told(silence(0.4), word(0.06), silence(0.4), word(0.5))[0] == HUMAN  # a click is no word
    slow = thresholds(Tuning(greeting_ms=9000, words_max=50).arguments(3800).replace(",", "/"))
    assert told(silence(0.4), word(5.0), limits=slow)[:2] == (MACHINE, "MAXWORDLENGTH-3000")
    assert told(silence(2.3), word(1.3), silence(0.3), word(1.0))[0] == UNSURE


@settings(max_examples=8)
@given(hz=st.integers(350, 1900), seconds=st.floats(0.15, 0.7), gap=st.floats(0.02, 0.9), level=st.floats(0.1, 0.8))
def test_a_tone_before_the_greeting_makes_nobody_a_person_nor_a_machine(
    hz: int, seconds: float, gap: float, level: float
) -> None:
    before = (silence(0.3), tone(hz, seconds, level), silence(gap))
    verdict, reason, took_s = told(*before, word(0.5))
    assert verdict == HUMAN
    heard_s = sum(part.size for part in before) / RATE_HZ + 0.5
    assert took_s <= heard_s + 0.5 + 3 * FRAME_MS / 1000  # as soon as without the tone
    assert "-TONE-" in reason
    assert told(*before, word(3.0))[0] == MACHINE
    assert told(*before)[0] == UNSURE  # a person may wait to be spoken to


def test_two_tones_and_a_melody_before_the_greeting_are_none_either() -> None:
    melody = [part for hz in (440, 660, 880) for part in (tone(hz, 0.2), silence(0.05))]
    assert told(silence(0.2), *melody, silence(0.6), word(2.0))[0] == MACHINE


def test_a_tone_behind_words_is_no_tone_before_them() -> None:
    verdict, reason, _ = told(silence(0.3), word(0.4), silence(0.1), tone(1000, 0.5))
    assert (verdict, "TONE" in reason) == (HUMAN, False)


@pytest.mark.parametrize("name", [f"{kind}{voice}" for kind in ("hello", "talk", "machine") for voice in (1, 2, 3, 4)])
def test_a_voice_is_never_taken_for_a_tone(name: str) -> None:
    assert "TONE" not in told(SOUNDS[name][: 4 * RATE_HZ])[1]
