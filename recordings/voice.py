"""Who tells speech from other sound, frame by frame: a port, and WebRTC's detector behind it.

Any other detector that answers the same question fits in its place. No thresholds of ours stand here.
"""

from typing import Protocol

import numpy as np
import webrtcvad  # type: ignore[import-untyped]
from numpy.typing import NDArray

RATE_HZ = 8_000
FRAME = 160  # samples: 20 ms
FRAME_S = FRAME / RATE_HZ

_LEVEL = 0.1  # loud speech is brought here (-20 dBFS): the detector's models are made for such levels
_GAIN_MAX = 100.0


class SpeechDetector(Protocol):
    """One leg's detector; fed in order, it may remember."""

    def speech(self, frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        """For each frame of shape (n, FRAME), at RATE_HZ and within -1..1: could this be speech?"""
        ...


class WebRtcDetector:
    """WebRTC's Gaussian mixtures over six bands. It takes noise, music and tones for speech too."""

    def __init__(self, mode: int) -> None:
        self._detector = webrtcvad.Vad(mode)
        self._loudest = 0.0

    def speech(self, frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        if len(frames):
            # The detector is deaf to faint speech, so it hears every call at the same level.
            self._loudest = max(self._loudest, float(np.percentile(_effective(frames), 95)))
        gain = min(_GAIN_MAX, _LEVEL / self._loudest) if self._loudest > 0 else 1.0
        scaled = np.clip(frames * np.float32(gain * 32767), -32768, 32767).astype("<i2")
        data, size = scaled.tobytes(), 2 * FRAME
        ask = self._detector.is_speech
        answers = (ask(data[at : at + size], RATE_HZ) for at in range(0, len(data), size))
        return np.fromiter(answers, np.bool_, len(frames))


def _effective(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square of each frame."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", frames, frames) / FRAME), dtype=np.float32)
