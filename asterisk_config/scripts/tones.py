"""Frames of a call's sound, and whether a single tone makes one up: for the programs that Asterisk runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

RATE_HZ = 8000
FRAME = 160  # samples: 20 ms
FRAME_MS = 20

BEEP_HZ = (330.0, 2000.0)  # the region's machines sound 350 to 1400
BEEP_MIN_MS = 120  # of whole frames: a beep of 150 ms has no fewer, wherever it begins
PURE = 0.8  # of a frame's power at one frequency
ROOT_MAX = 6  # samples that the lowest of these takes for a quarter of a turn
STEADY_HZ = 20.0  # between neighbouring frames
TONE_RMS = 300.0  # of 32,767: some -41 dBFS
TAIL_MS = 60  # the frame in which a beep ends is half a beep, and lines echo


def tone_in(frame: Sequence[int]) -> float:
    """The frequency in Hz of the single tone that makes up the frame; 0 where it is anything else.

    A sinusoid obeys x[n] + x[n-2k] = 2 cos(kw) x[n-k]. Least squares give w for k = 1, and once more for that k which
    brings kw near a right angle, where noise moves it least; the power at w says how much of the frame it is.
    """
    power = sum(x * x for x in frame[1:-1])
    if power < TONE_RMS**2 * (len(frame) - 2):
        return 0.0
    turn = _turn(frame, 1)
    if not turn:
        return 0.0
    turn = _turn(frame, min(ROOT_MAX, max(1, round(math.pi / 2.0 / turn))))
    hz = turn * RATE_HZ / (2.0 * math.pi)
    if not BEEP_HZ[0] <= hz <= BEEP_HZ[1]:
        return 0.0
    cosine = math.cos(turn)
    before = last = 0.0
    for x in frame:
        before, last = last, x + 2.0 * cosine * last - before
    at_tone = (last * last + before * before - 2.0 * cosine * last * before) * 2.0 / len(frame)
    return hz if at_tone >= PURE * sum(x * x for x in frame) else 0.0


def _turn(frame: Sequence[int], k: int) -> float:
    """Radians a sample of the frame's sinusoid by its samples `k` apart; 0 where it is none."""
    middle = frame[k:-k]
    power = sum(x * x for x in middle)
    both = sum((a + c) * b for a, b, c in zip(frame, middle, frame[2 * k :]))  # noqa: B905 - Python 3.8
    cosine = both / (2.0 * power) if power else 1.0
    return math.acos(cosine) / k if -1.0 < cosine < 1.0 else 0.0
