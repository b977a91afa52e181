"""When to speak to a machine: what the program that listens for Asterisk makes of beeps, voices and silence."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asterisk_config.program import program
from asterisk_config.scripts.listen import Beep
from asterisk_config.scripts.tones import FRAME, tone_in
from asterisk_config.settings import Host, Manager, Settings
from asterisk_config.sounds import RATE_HZ, Samples, tone
from simulation.carrier import audio

QUIET_MS = 1600
VOICE = audio.files()["talk1"][: 5 * RATE_HZ]
VOICE = VOICE[: np.abs(VOICE).argmax()]  # it ends in mid-word


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ))


def told(*parts: Samples, noise: float = 0.002, before: float = 0.0) -> tuple[str, float]:
    """What is said of this sound, and when, in seconds from the end of the parts; 5 s of quiet follow them."""
    sound = np.concatenate((*parts, silence(5.0)))
    sound = sound + np.random.default_rng(1).normal(0.0, noise, sound.size)
    samples = (sound.clip(-1, 1) * 32767).astype(int).tolist()
    ear = Beep(QUIET_MS)
    for at in range(round(before * RATE_HZ), len(samples) - FRAME, FRAME):
        if said := ear.hears(samples[at : at + FRAME]):
            return said, (at + FRAME - sum(part.size for part in parts)) / RATE_HZ
    return "", 0.0


@settings(max_examples=15)
@given(
    hz=st.integers(350, 1400),
    seconds=st.floats(0.15, 0.8),
    level=st.floats(0.1, 0.8),
    noise=st.floats(0.0, 0.004),
    offset=st.floats(0.0, 0.02),
)
def test_a_single_tone_of_the_regions_machines_is_heard_and_waited_for(
    hz: int, seconds: float, level: float, noise: float, offset: float
) -> None:
    said, after_s = told(silence(0.3 + offset), tone(hz, seconds, level), noise=noise)
    assert said == "BEEP"
    assert 0.2 <= after_s <= 0.4


def test_of_two_in_a_row_the_last_one_counts() -> None:
    said, after_s = told(tone(850, 0.2), silence(0.15), tone(850, 0.2))
    assert (said, 0.2 < after_s < 0.4) == ("BEEP", True)


@pytest.mark.parametrize(
    "sound",
    [
        VOICE,
        np.concatenate((tone(1000, 0.3), VOICE)),  # a signal before the greeting
        tone(440, 0.5, 0.2) + tone(850, 0.5, 0.2),
        tone(1000, 0.08),
        tone(1000, 7.0),
        np.random.default_rng(2).normal(0.0, 0.1, 2 * RATE_HZ),
    ],
    ids=["voice", "tone before a voice", "two tones", "too short", "too long", "noise"],
)
def test_anything_else_is_no_beep_and_its_silence_says_when(sound: Samples) -> None:
    said, after_s = told(sound)
    assert said == "QUIET"
    assert after_s >= (QUIET_MS - 40) / 1000


def test_a_tones_frequency_is_told_to_some_hertz() -> None:
    for hz in (350, 440, 850, 1400, 1990):
        frame = (tone(hz, 0.1)[200 : 200 + FRAME] * 32767).astype(int).tolist()
        assert abs(tone_in(frame) - hz) < 3


def test_the_program_is_one_file_that_python_runs_alone_and_always_the_same(tmp_path: Path) -> None:
    host = Host(python=Path(sys.executable).resolve())
    given_settings = Settings(Manager(secret="manager-secret"), host=host)
    path = tmp_path / "listen"
    path.write_bytes(program(given_settings))
    path.chmod(0o755)
    assert path.read_bytes() == program(given_settings)
    spoken = "agi_arg_1: nothing that it knows\n\n"
    done = subprocess.run([path], input=spoken, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
