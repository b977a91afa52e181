"""Where the figures of futures lie, and when pairs of them have said enough.

Who looks at more and more pairs until something seems sure finds it in the end by chance alone. So looks are few, each
at twice as many pairs as the one before, and each may be wrong for a part of the 5 % alone; the end has the rest. What
is told of a difference holds with 95 % however the futures ended.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from simulation.figures import Figures
from simulation.intervals import CONFIDENCE, Interval, interval, prediction

MEASURES = ("occupancy", "connected", "abandoned", "abandon_ratio", "talk_min")
SHARES = ("occupancy", "abandon_ratio")  # of which nothing lies above 1
CLEAR_BY = ("connected", "abandoned", "occupancy")
SMALL = {"connected": 1.0, "abandoned": 25.0, "occupancy": 0.5}  # a share of which does not matter in any case
CLEAR_SHARE = 0.02  # a difference known to so small a share of what it differs from is clear, too
LOOKS = (4, 8, 16, 32, 64, 128, 256)  # pairs
A_LOOK = (1.0 - CONFIDENCE) / (len(LOOKS) + 1)  # by which each may be wrong
NEXT_WRONG = 0.05  # a future lies above its interval of 90 %

Pair = tuple[Figures, Figures | None]


class Looks:
    """Looks at pairs as they become more. `confidence`: of intervals of differences, should the futures end now."""

    def __init__(self) -> None:
        self.confidence = CONFIDENCE
        self._reached = 0

    def enough(self, pairs: Sequence[Pair]) -> bool:
        """Whether more futures would tell nothing that matters: each measure's difference is sure, or surely small.

        Never between two looks. Without a change, whether each figure's mean is known.
        """
        reached = bisect_right(LOOKS, len(pairs))
        if reached == self._reached:
            return False
        self._reached = reached
        if _clear(pairs, 1.0 - A_LOOK):
            self.confidence = 1.0 - A_LOOK
            return True
        self.confidence += A_LOOK
        return False


def _clear(pairs: Sequence[Pair], confidence: float) -> bool:
    now, changed = [one for one, _ in pairs], [one for _, one in pairs if one is not None]
    found = differences(now, changed, confidence) if changed else differences([Figures()] * len(now), now, confidence)
    for measure in CLEAR_BY:
        known, size = found[measure], max(abs(fmean(getattr(one, measure) for one in now)), SMALL[measure])
        if known.low is None or known.high is None or known.half is None:
            return False
        if not (changed and (known.low > 0 or known.high < 0)) and known.half > CLEAR_SHARE * size:
            return False
    return True


def differences(now: Sequence[Figures], changed: Sequence[Figures], confidence: float) -> dict[str, Interval]:
    """By measure: the mean difference of pairs, and where it lies with the confidence."""
    found = {
        name: _mean_of([getattr(b, name) - getattr(a, name) for a, b in zip(now, changed, strict=True)], confidence)
        for name in MEASURES
    }
    most = none_seen(len(now), (1.0 - confidence) / 2)
    for name, size in _abandoned_in([*now, *changed]):
        if found[name].low == found[name].high == 0.0:
            found[name] = replace(found[name], low=-most * size, high=most * size)
    return found


def measured(figures: Sequence[Figures]) -> dict[str, Interval]:
    """By measure: the mean, and where the next future lies with 90 %."""
    found = {
        name: day_of([getattr(one, name) for one in figures], 1.0 if name in SHARES else math.inf) for name in MEASURES
    }
    for name, size in _abandoned_in(figures):
        if found[name].high == 0.0:
            found[name] = replace(found[name], high=next_most(len(figures)) * size)
    return found


def _abandoned_in(figures: Sequence[Figures]) -> tuple[tuple[str, float], ...]:
    """The measures of a rare thing, and what one such call is in each."""
    return ("abandoned", 1.0), ("abandon_ratio", 1.0 / max(1.0, fmean(one.answered for one in figures)))


def none_seen(futures: int, wrong: float) -> float:
    """The largest mean of a count of which so many futures had none, but for a chance `wrong` (Poisson)."""
    return -math.log(wrong) / futures


def next_most(futures: int) -> float:
    """What one more future has at most (95 %) of what none of so many had.

    It has k or more with (futures + 1)^-k (Poisson, every mean as likely as any other before). From 19 futures on that
    is none; the largest mean is told then: nothing seen is not nothing.
    """
    most = math.ceil(math.log(NEXT_WRONG) / -math.log(futures + 1)) - 1
    return max(float(most), none_seen(futures, NEXT_WRONG))


def _mean_of(values: Sequence[float], confidence: float) -> Interval:
    found = interval(values, confidence)
    assert found is not None
    return found


def day_of(values: Sequence[float], most: float = math.inf) -> Interval:
    """The mean, and where the next value lies with 90 %; nothing of the kind lies below 0, or above `most`."""
    found = prediction(values)
    assert found is not None
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(0.0, found.low), high=min(most, found.high))
