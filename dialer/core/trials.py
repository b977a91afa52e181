"""The verdict on a trial of two strategies: what was, slot by slot, and whether a difference is shown at all. Pure.

Slots come in pairs, one of each strategy side by side, so that the hour of the day and the list count for both alike.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev

from dialer.core.turns import tried
from pacing.stats import interval


class Judgement(StrEnum):
    """What a trial says of the strategy on trial, beside the usual one."""

    TOO_FEW = "too_few"
    NO_DIFFERENCE = "no_difference"
    BETTER = "better"
    WORSE = "worse"


PAIRS_MIN = 6  # fewer tell nothing that could be relied on
# Student's t for 95 %, two-sided, by degrees of freedom from 1; beyond, the normal law's.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_NORMAL = 1.96


@dataclass(frozen=True, slots=True)
class Slot:
    """What came of one slot. `work_s`: agents' time ready, on calls and writing up."""

    connected: int = 0
    answered: int = 0
    abandoned: int = 0
    work_s: float = 0.0

    @property
    def talks_an_hour(self) -> float:
        """Talks for each agent's hour."""
        return self.connected / self.work_s * 3600.0


@dataclass(frozen=True, slots=True)
class Arm:
    """All slots of one strategy."""

    slots: int
    connected: int
    answered: int
    abandoned: int
    talks_an_hour: float | None
    abandon_ratio: float | None
    abandon_interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strategy on trial beside the usual one.

    `difference` of talks for each agent's hour, with the interval in which it lies with 95 %.
    """

    outcome: Judgement
    pairs: int
    usual: Arm
    tried: Arm
    difference: float | None
    low: float | None
    high: float | None


def verdict(seed: int, slots: Mapping[int, Slot]) -> Verdict:
    """Judge by the whole pairs of slots in which agents were at work."""
    pairs = []
    for one in range(0, max(slots, default=-1) + 1, 2):
        first, second = slots.get(one), slots.get(one + 1)
        if first is not None and second is not None and first.work_s > 0 and second.work_s > 0:
            pairs.append((second, first) if tried(seed, one) else (first, second))
    usual, on_trial = _arm([one for one, _ in pairs]), _arm([one for _, one in pairs])
    found = [b.talks_an_hour - a.talks_an_hour for a, b in pairs]
    if len(found) < PAIRS_MIN:
        return Verdict(Judgement.TOO_FEW, len(found), usual, on_trial, fmean(found) if found else None, None, None)
    middle = fmean(found)
    half = (_T[len(found) - 2] if len(found) - 2 < len(_T) else _NORMAL) * stdev(found) / math.sqrt(len(found))
    low, high = middle - half, middle + half
    outcome = Judgement.BETTER if low > 0 else Judgement.WORSE if high < 0 else Judgement.NO_DIFFERENCE
    return Verdict(outcome, len(found), usual, on_trial, middle, low, high)


def _arm(slots: list[Slot]) -> Arm:
    connected, answered = sum(one.connected for one in slots), sum(one.answered for one in slots)
    abandoned, work_s = sum(one.abandoned for one in slots), math.fsum(one.work_s for one in slots)
    return Arm(
        slots=len(slots),
        connected=connected,
        answered=answered,
        abandoned=abandoned,
        talks_an_hour=connected / work_s * 3600.0 if work_s else None,
        abandon_ratio=abandoned / answered if answered else None,
        abandon_interval=interval(abandoned, answered) if answered else None,
    )
