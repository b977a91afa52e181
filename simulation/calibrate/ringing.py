"""How long calls were left to ring, and what each one seen stands for. Pure: attempts in, cuts and weights out.

A ring ends unanswered by our time-out, by the network's, or because we hung up. The time-outs are known for each
attempt, so laws are cut where it was cut. Who hangs up does so by chance: an attempt that went on stands for those that
were given up by then (the product-limit estimate of Kaplan and Meier, inverted).
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate.history import Attempt

OFF_MAX_S = 15.0  # ringing that the network ends sooner is a phone that is off; later, it is a time-out of its own
CUT_MIN_S = 2.0  # nobody is reached by ringing for less
CUT_STEP_S = 0.25
BEYOND_S = 1.0  # a call may outlast its time-out by so much: messages take their time
KEPT_MIN = 0.1  # of calls: where we gave up more, what would have come is anybody's guess
GRID_S = 0.1


def tells(one: Attempt) -> bool:
    """Whether it says anything of the person: not where nobody saw the end, or nothing could carry the call."""
    if one.outcome is Outcome.FAILED:
        return one.ended_by == EndedBy.TIMEOUT
    return one.outcome is not Outcome.UNKNOWN


def timed_out(one: Attempt) -> bool:
    """Whether it went unanswered until a time-out, ours or the network's."""
    if one.ended_by == EndedBy.TIMEOUT:
        return one.outcome in {Outcome.NO_ANSWER, Outcome.FAILED}
    return one.outcome is Outcome.NO_ANSWER and one.lasted_s - (one.sign_s or 0.0) >= OFF_MAX_S


def ended_as(one: Attempt) -> Outcome:
    """The outcome; ringing that the network soon ended is a phone that is off."""
    off = one.outcome is Outcome.NO_ANSWER and not timed_out(one)
    return Outcome.UNREACHABLE if off else one.outcome


def answered(one: Attempt) -> bool:
    return one.answer_s is not None


class Watched(NamedTuple):
    """An attempt; when it would have been cut, in seconds from the first sign; and for how many attempts it stands
    where it ended by itself.
    """

    attempt: Attempt
    cut_s: float
    weight: float


class Rings:
    """The attempts of a history, as long as they were watched. Times in seconds, from the first sign unless said."""

    def __init__(self, attempts: Sequence[Attempt], timeout_s: float, delay_s: float) -> None:
        """`timeout_s` holds where no attempt tells; `delay_s`, from placing to the first sign, where none was heard."""
        self._delay_s = delay_s
        self._timeout_s = timeout_s
        rung = sorted((one.at, one.lasted_s) for one in attempts if timed_out(one))
        self._at, self._rung = [at for at, _ in rung], [lasted_s for _, lasted_s in rung]
        over = np.sort([_over_s(one) for one in attempts])
        self._given_up = np.sort([one.lasted_s for one in attempts if one.outcome is Outcome.CANCELLED])
        alike = np.arange(len(self._given_up)) - np.searchsorted(self._given_up, self._given_up, "left")
        at_risk = len(attempts) - np.searchsorted(over, self._given_up, "left") - alike
        self._kept = np.concatenate(([1.0], np.cumprod(1 - 1 / np.maximum(at_risk, 1))))
        few = np.flatnonzero(self._kept < KEPT_MIN)
        self._watched_s = float(self._given_up[few[0] - 1]) if len(few) else math.inf  # later too few were left
        self.all = [Watched(one, self._cut_s(one), self._weight(one)) for one in attempts]
        self.cuts = Counter(one.cut_s for one in self.all)

    def rang_s(self, one: Attempt) -> float:
        """Until the answer."""
        assert one.answer_s is not None
        return max(0.05, one.answer_s - self._sign_s(one))

    def law(self, below: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Callable[[float], float]:
        """A law of ringing (shares below so many seconds) as it is seen: cut where calls were, given up as often."""
        cuts = np.sort(np.repeat(list(self.cuts), list(self.cuts.values())))
        grid = np.arange(0.0, (cuts[-1] if len(cuts) else CUT_MIN_S) + GRID_S, GRID_S)
        middle = grid[:-1] + GRID_S / 2
        ringing = len(cuts) - np.searchsorted(cuts, middle, "left")
        seen = np.cumsum(np.diff(below(grid)) * ringing * self._kept_at(middle + self._delay_s))
        shares = np.concatenate(([0.0], seen / max(1e-12, float(seen[-1]))))
        return lambda seconds: float(np.interp(seconds, grid, shares))

    def _kept_at(self, placed_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The shares of calls that we would not have given up, had they rung so long since they were placed."""
        return self._kept[np.searchsorted(self._given_up, placed_s, "left")]

    def _weight(self, one: Attempt) -> float:
        """The inverse of the share that was left to ring so long; 0 where those were too few."""
        kept = float(self._kept[bisect_left(self._given_up, _over_s(one))])
        return 1 / kept if kept >= KEPT_MIN else 0.0

    def _cut_s(self, one: Attempt) -> float:
        """In steps of `CUT_STEP_S`."""
        placed_s = min(self._in_force_s(one), self._watched_s)
        return max(CUT_MIN_S, round((placed_s - self._sign_s(one)) / CUT_STEP_S) * CUT_STEP_S)

    def _in_force_s(self, one: Attempt) -> float:
        """The time-out, from placing on: its own, or that of the nearest call which it did not outlast."""
        if timed_out(one):
            return one.lasted_s
        at, over_s = bisect_left(self._at, one.at), _over_s(one)
        near = list(range(max(0, at - 1), min(len(self._at), at + 1)))
        if len(near) > 1 and self._at[at] - one.at < one.at - self._at[at - 1]:
            near.reverse()
        known = (self._rung[place] for place in near if self._rung[place] >= over_s - BEYOND_S)
        return next(known, max(over_s, self._timeout_s if not near else 0.0))

    def _sign_s(self, one: Attempt) -> float:
        heard = one.sign_s is not None and one.sign_s < _over_s(one)
        return one.sign_s if heard and one.sign_s is not None else self._delay_s


def _over_s(one: Attempt) -> float:
    """From placing to the answer, or to the end without any."""
    return one.answer_s if one.answer_s is not None else one.lasted_s


def gamma_below(mean_s: float, shape: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The shares of a gamma law below so many seconds."""
    return lambda seconds: special.gammainc(shape, shape * seconds / mean_s)
