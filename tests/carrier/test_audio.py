"""The far ends' sounds are the same each time, never stop, and carry the tones that tests look for."""

import numpy as np

from asterisk_config.sounds import RATE_HZ, Samples
from simulation.carrier.audio import files

FRAME = RATE_HZ // 50


def loudness(samples: Samples) -> Samples:
    """Root mean square of each 20 ms."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def test_the_same_sounds_each_time() -> None:
    first, second = files(), files()
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_no_sound_is_ever_clipped_or_quite_silent() -> None:
    for name, samples in files().items():
        assert np.abs(samples).max() < 1.0, name
        assert loudness(samples).min() > 0.0005, name


def test_speech_comes_in_bursts_and_pauses() -> None:
    for name, samples in files().items():
        if name.startswith("talk"):
            speaking = float((loudness(samples) > 0.02).mean())
            assert 0.4 < speaking < 0.95, f"{name}: {speaking:.2f}"
            assert samples.size > 20 * RATE_HZ


def test_a_greeting_is_short_and_a_machine_talks_on() -> None:
    made = files()
    spoken_s = {name: float((loudness(samples) > 0.02).sum()) / 50 for name, samples in made.items()}
    assert all(0.2 < spoken_s[f"hello{voice}"] < 1.6 for voice in range(1, 5))
    assert all(spoken_s[f"machine{voice}"] > 3.0 for voice in range(1, 5))


def test_each_tone_is_at_its_frequency() -> None:
    for name, frequency_hz in (("tone", 1004), ("phonetone", 700)):
        spectrum = np.abs(np.fft.rfft(files()[name][:RATE_HZ]))
        assert int(spectrum.argmax()) == frequency_hz
