"""One leg's sound as a few figures per frame of 20 ms: what all measures are made from.

Eleven bytes a frame: two megabytes for an hour of a leg, whatever the sample rate. The sound itself is not kept.
Nothing is judged here.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from recordings.resample import Resampler
from recordings.voice import FRAME, RATE_HZ, SpeechDetector

Levels = NDArray[np.float32]
Mask = NDArray[np.bool_]

FLOOR_DBFS = -96.0  # what 16 bits can tell from silence; nothing is lower
CLIPPED = 0.98  # of full scale: u-law's largest value is 0.980, A-law's 0.984

_BINS = 256
_LINE = 2  # bins on either side that belong to a line: the window's main lobe
_BIN_HZ = RATE_HZ / _BINS
_LOWEST_BIN = 2  # hum and offset are no line of speech or tone


@dataclass(frozen=True, slots=True)
class Frames:
    """Columns of equal length, a row for each frame."""

    level: Levels  # dBFS, the mean taken out
    weighted: Levels  # power with the K-weighting of BS.1770-4, not in dB
    voice: Mask  # the detector's word
    line: NDArray[np.uint8]  # the strongest line of the spectrum, in bins
    purity: NDArray[np.uint8]  # share of the energy in that line, 0..255

    def __len__(self) -> int:
        return len(self.level)

    @property
    def line_hz(self) -> Levels:
        """Frequency of the strongest line, to half a bin: 16 Hz."""
        return np.asarray(self.line * np.float32(_BIN_HZ))

    def pure(self, share: float) -> Mask:
        """The frames with at least that share of their energy in one line."""
        return np.asarray(self.purity >= share * 255)


def joined(parts: list[Frames]) -> Frames:
    """The parts one after the other."""
    return Frames(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Frames)))


class LegListener:
    """Takes one leg's samples in blocks of any size and makes frames of them; counts clipped samples on the way."""

    def __init__(self, rate_hz: int, detector: SpeechDetector) -> None:
        self._resampler = Resampler(rate_hz, RATE_HZ)
        self._detector = detector
        self._last: Mask = np.zeros(1, np.bool_)  # was the sample before at the edge,
        self._last_counted = False  # and counted?
        self._held: NDArray[np.float32] = np.zeros(0, np.float32)
        self._parts: list[Frames] = []
        self.clipped = 0

    def feed(self, samples: NDArray[np.float32]) -> None:
        """The next samples of the leg, within -1..1."""
        self._count_clipped(samples)
        self._cut(self._resampler.feed(samples))

    def finish(self) -> Frames:
        """All frames; the last one is filled up with silence."""
        self._cut(self._resampler.finish())
        if self._held.size:
            self._cut(np.zeros(FRAME - self._held.size, np.float32))
        return joined(self._parts)

    def _count_clipped(self, samples: NDArray[np.float32]) -> None:
        """Samples at the edge that have a neighbour there too: a lone one is a loud moment, no clipping."""
        over = np.concatenate([self._last, np.abs(samples) >= CLIPPED])
        pairs = over[1:] & over[:-1]
        among = np.zeros(over.size, np.bool_)
        among[1:] |= pairs
        among[:-1] |= pairs
        self.clipped += int(np.count_nonzero(among)) - int(self._last_counted and among[0])
        self._last, self._last_counted = over[-1:], bool(among[-1:].any())

    def _cut(self, samples: NDArray[np.float32]) -> None:
        held = np.concatenate([self._held, samples])
        whole = held.size // FRAME * FRAME
        self._held = held[whole:].copy()
        if whole:
            self._parts.append(self._described(held[:whole].reshape(-1, FRAME)))

    def _described(self, frames: NDArray[np.float32]) -> Frames:
        voice = self._detector.speech(frames)
        centred = frames - frames.mean(axis=1, keepdims=True)
        power = np.einsum("ij,ij->i", centred, centred) / FRAME
        level = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DBFS / 10)))
        spectra = np.abs(np.fft.rfft(centred * _WINDOW, _BINS)) ** 2
        line = _LOWEST_BIN + np.argmax(spectra[:, _LOWEST_BIN:-_LINE], axis=1)
        whole = spectra.sum(axis=1)
        around = line[:, None] + np.arange(-_LINE, _LINE + 1)
        share = np.take_along_axis(spectra, around, axis=1).sum(axis=1) / np.maximum(whole, 1e-20)
        return Frames(
            level=level.astype(np.float32),
            weighted=np.asarray(spectra @ _K_WEIGHTS, dtype=np.float32),
            voice=voice,
            line=line.astype(np.uint8),
            purity=np.round(share * 255).astype(np.uint8),
        )


def _k_weights() -> NDArray[np.float32]:
    """Weights that make a frame's K-weighted power from its spectrum: BS.1770-4, tables 1 and 2, for 48 kHz."""
    z = np.exp(-2j * np.pi * np.arange(_BINS // 2 + 1) * _BIN_HZ / 48_000)
    powers = np.stack([np.ones_like(z), z, z**2])
    shelf = (np.array([1.53512485958697, -2.69169618940638, 1.19839281085285]) @ powers) / (
        np.array([1.0, -1.69065929318241, 0.73248077421585]) @ powers
    )
    high = (np.array([1.0, -2.0, 1.0]) @ powers) / (np.array([1.0, -1.99004745483398, 0.99007225036621]) @ powers)
    # Parseval: both halves of the spectrum, over the energy of the window.
    sides = np.full(z.size, 2.0)
    sides[0] = sides[-1] = 1.0
    scale = _BINS * float(np.square(_WINDOW).sum())
    return np.asarray(np.abs(shelf * high) ** 2 * sides / scale, dtype=np.float32)


_WINDOW = np.hanning(FRAME + 2)[1:-1].astype(np.float32)
_K_WEIGHTS = _k_weights()
