"""Another sample rate, block by block: a polyphase filter with a windowed sinc. Knows nothing of calls."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Mono = NDArray[np.float32]

_CROSSINGS = 12  # zero crossings of the sinc on either side: at 8 kHz, 4.5 kHz is 70 dB down
_PASS = 0.93  # of the band, so that the filter has room to fall
_BETA = 7.0


class Resampler:
    """Turns one channel at `from_hz` into one at `to_hz`; the delay of the filter is taken out."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        ratio = Fraction(to_hz, from_hz)
        self._up, self._down = ratio.numerator, ratio.denominator
        scale = min(1.0, to_hz / from_hz) * _PASS
        self._half = int(np.ceil(_CROSSINGS / scale))
        self._taps = _bank(self._up, self._half, scale)
        self._held: Mono = np.zeros(self._half, np.float32)  # input from sample `_first` on
        self._first = -self._half
        self._made = 0

    def feed(self, samples: Mono) -> Mono:
        """The output that the input so far allows."""
        if self._up == self._down:
            return samples
        self._held = np.concatenate([self._held, samples])
        return self._make(self._first + self._held.size - self._half)

    def finish(self) -> Mono:
        """The rest, as if silence followed."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        end = self._first + self._held.size
        self._held = np.concatenate([self._held, np.zeros(self._half, np.float32)])
        return self._make(end)

    def _make(self, end: int) -> Mono:
        """Every output whose place in the input lies before sample `end`."""
        count = max(0, -(-end * self._up // self._down) - self._made)
        out = np.empty(count, np.float32)
        if not count:
            return out
        windows = np.lib.stride_tricks.sliding_window_view(self._held, 2 * self._half)
        for skip in range(min(self._up, count)):
            whole, phase = divmod((self._made + skip) * self._down, self._up)
            start = whole - self._half + 1 - self._first
            rows = windows[start :: self._down][: -(-(count - skip) // self._up)]
            out[skip :: self._up] = rows @ self._taps[phase]
        self._made += count
        keep = self._made * self._down // self._up - self._half + 1
        self._held = self._held[keep - self._first :].copy()
        self._first = keep
        return out


def _bank(up: int, half: int, scale: float) -> Mono:
    """The filter for each of the `up` places between two input samples, shape (up, 2 * half)."""
    offsets = np.arange(1 - half, half + 1)[None, :] - (np.arange(up) / up)[:, None]
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (offsets / half) ** 2, 0, None))) / np.i0(_BETA)
    taps = scale * np.sinc(scale * offsets) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), dtype=np.float32)
