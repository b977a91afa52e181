"""The shape of a call's sound for the eye: the loudest sample of each stretch, a lane for each side. Pure."""

import base64

import numpy as np
from numpy.typing import NDArray

STEPS_A_SECOND = 10
STEPS_SHOWN_MAX = 4_000  # longer calls are drawn more coarsely


class Waveform:
    """Fed with blocks in order; keeps one byte for each side and tenth of a second."""

    def __init__(self, rate_hz: int) -> None:
        self._step = max(1, rate_hz // STEPS_A_SECOND)
        self._held: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._peaks: list[NDArray[np.uint8]] = []

    def feed(self, block: NDArray[np.float32]) -> None:
        """The next samples, shape (frames, 2)."""
        held = np.concatenate([self._held, block])
        whole = len(held) // self._step * self._step
        self._held = held[whole:].copy()
        self._keep(held[:whole])

    def _keep(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            loudest = np.abs(samples.reshape(-1, self._step, 2)).max(axis=1)
            self._peaks.append(np.round(np.sqrt(np.minimum(loudest, 1.0)) * 255).astype(np.uint8))

    def lanes(self) -> tuple[str, str]:
        """Agent and customer: the square root of the peaks in 255ths, as base64."""
        if len(self._held):
            filled = np.zeros((self._step, 2), np.float32)
            filled[: len(self._held)] = self._held
            self._keep(filled)
            self._held = self._held[:0]
        peaks = np.concatenate(self._peaks) if self._peaks else np.zeros((0, 2), np.uint8)
        together = -(-max(1, len(peaks)) // STEPS_SHOWN_MAX)
        if together > 1:
            padded = np.pad(peaks, ((0, -len(peaks) % together), (0, 0)))
            peaks = padded.reshape(-1, together, 2).max(axis=1)
        agent, customer = (base64.b64encode(np.ascontiguousarray(peaks[:, side]).tobytes()).decode() for side in (0, 1))
        return agent, customer
