"""WebRTC's detector behind its port: it hears faint speech like loud, and silence as silence."""

import numpy as np
import pytest

from recordings.voice import FRAME, SileroDetector, WebRtcDetector
from tests.recordings.calls import Sound, at_level, noise, silence, speech, tone


def heard(sound: Sound) -> float:
    """Share of the frames that the detector takes for speech."""
    frames = sound[: sound.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float32)
    return float(WebRtcDetector(1).speech(frames).mean())


def test_a_faint_even_voice_is_heard() -> None:
    voice = sum((tone(10, 120 * harmonic) / harmonic for harmonic in range(1, 20)), silence(10))
    assert heard(at_level(voice, -54) + noise(10, -110)) > 0.95


@pytest.mark.parametrize("dbfs", [-10, -30, -50, -58])
def test_speech_is_heard_however_faint(dbfs: float) -> None:
    assert heard(speech(10, dbfs) + noise(10, dbfs - 40)) > 0.95


def test_pauses_are_no_speech() -> None:
    assert heard(np.concatenate([silence(9), speech(1), silence(10)])) < 0.1
    assert heard(silence(10)) == 0


def test_another_detector_takes_neither_noise_nor_tones_for_speech_and_goes_on_over_blocks() -> None:
    sound = np.concatenate([noise(3, -40), tone(3, 440), silence(2)])
    frames = sound[: sound.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float32)
    whole = SileroDetector().speech(frames)
    assert whole.mean() < 0.05
    assert heard(noise(3, -40)) > 0.5  # the other one does
    parts = SileroDetector()
    pieces = np.concatenate([parts.speech(piece) for piece in np.array_split(frames, 7)])
    assert (pieces != whole).mean() < 0.02
