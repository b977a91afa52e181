"""The priced look-ahead: place one call more while the idle time it saves is worth the abandons it risks.

    gain(n) = sum over u of du * q(u) * P[fewer than `free` answers net of releases by u]      idle agent-seconds saved
    cost(n) = sum over u of dq(u) * P[at least `free` answers net of releases by u + grace]    extra abandoned people
    place n = 1, 2, ... while gain(n) > price * cost(n)

One abandoned call more makes the price dearer, and on a large floor a slightly dearer price is many calls fewer. So a
decision never exceeds by more than a call and a tenth what it would be after one further abandoned call, nor by twice
that what it would be after two, and so on: a crowd is placed in a few steps, the nearer to the cap the more of them.

Answers and releases are sums of unlike chances. On floors of usual size both get the count law of Panjer's class with
their mean and variance, so that "no answer in flight" means no risk; on very large ones their difference is taken by
three moments (Edgeworth). Pure functions.
"""

import math
from collections.abc import Callable

import numpy as np

from pacing import stats
from pacing.answers import IntArray
from pacing.fixed import fixed
from pacing.horizons import COUNT, USUAL, Horizons
from pacing.rows import FloatArray

MOST = 60  # calls at one decision, or one for two agents where that is more: decisions may be seconds apart
COUNTED_MAX = 48  # beyond so many possible answers or releases moments do as well as counts, in half the time
_FIRST, _NEXT, _LATER = 1, 3, 12  # numbers of further calls looked at together: most decisions end with the first
_MORE: FloatArray = np.arange(_LATER, dtype=np.float64)[:, None]
_SIGNS: FloatArray = np.array([-1.0, 1.0, -1.0])[:, None, None]  # releases count against answers
_EACH = np.arange(COUNT)[:, None, None]


class NewCall:
    """What one further call would bring: chances of an answer, and of one that would count, at the horizons."""

    __slots__ = ("costs", "gains", "late", "moments", "weight")

    def __init__(
        self, answers: FloatArray, people: FloatArray, horizons: Horizons = USUAL, *, open_s: float = math.inf
    ) -> None:
        """`open_s`: seconds until dialling closes. An answer after that saves nothing, and meets nobody."""
        spread = answers * (1 - answers)
        self.moments: FloatArray = np.array([answers, spread, spread * (1 - 2 * answers)])  # central: (3, horizons)
        widths_s = horizons.widths_s
        opened = np.clip(open_s - horizons.ends_s + widths_s, 0.0, widths_s)  # seconds of each interval
        self.gains: FloatArray = opened * answers  # weights of idle seconds saved, by horizon
        weights = np.diff(people, prepend=0.0)
        self.costs: FloatArray = weights * opened / widths_s  # weights of people who may be abandoned
        self.late = float(weights.sum() - self.costs.sum())  # people after the close
        self.weight = max(1e-12, float(weights.sum()))


@fixed
class Outlook:
    """What is under way. Moments are mean, variance and third central moment."""

    free: int  # free agents, less the callers who wait
    answers: FloatArray  # moments of the answers to come within each horizon: (3, horizons)
    releases: FloatArray  # moments of the agents to come free within each horizon and horizon plus grace: (3, 2, h)
    sure: FloatArray | None = None  # known releases less known leavers: (2, horizons)
    doubt: float = 0.0  # squared relative error of the answer rate while little is known of it


def most_for(agents: float) -> int:
    """The most calls at one decision."""
    return max(MOST, int(agents / 2))


def calls_worth(
    outlook: Outlook, call: NewCall, price: float, dearer: Callable[[int], float] | None = None, *, most: int = MOST
) -> tuple[int, float]:
    """How many calls are worth placing, and the chance that an answer to the one after them would meet no agent.

    `price` in agent-seconds for an abandoned call; `dearer` tells what it would be after 1, 2, ... of them more;
    `most` calls at one decision.
    """
    gains, costs, weight, own = call.gains, call.costs, call.weight, call.moments
    counted = _counted(outlook, own)
    saved: list[float] = []  # by number of calls placed before: idle seconds that the next one would save ...
    risked: list[float] = []  # ... and people it would abandon
    worth = most
    while len(saved) <= most:
        more = _MORE[: _FIRST if not saved else _NEXT if len(saved) == _FIRST else _LATER] + len(saved)
        full = counted.full(more) if counted else _full_by_moments(outlook, own, more)
        risks = full[1] @ costs + call.late
        gained = (1 - full[0]) @ gains
        saved += gained.tolist()
        risked += risks.tolist()
        stop = gained <= price * risks
        first = int(stop.argmax())
        if stop[first]:
            worth = min(most, len(saved) - len(more) + first)
            break
    if dearer is not None:
        worth = _held(worth, saved, risked, dearer)
    return worth, risked[worth] / weight


def _held(worth: int, saved: list[float], risked: list[float], dearer: Callable[[int], float]) -> int:
    """The number of calls, held by what it would be after some abandoned calls more."""
    steps, least = 0, 1  # from none, so many steps of a call and a tenth lead to the number in any case
    while worth > least:
        steps, least = steps + 1, a_step_up(least)
    if not steps or _worth(worth, saved, risked, dearer(steps)) == worth:
        return worth
    for abandoned in range(1, steps + 1):
        calls = _worth(worth, saved, risked, dearer(abandoned))
        for _ in range(abandoned):
            if calls >= worth:
                break
            calls = a_step_up(calls)
        worth = min(worth, calls)
    return worth


def _worth(most: int, saved: list[float], risked: list[float], price: float) -> int:
    """How many calls are worth placing at that price, `most` at most."""
    return next((n for n in range(most) if saved[n] <= price * risked[n]), most)


def a_step_up(calls: int) -> int:
    """One call and a tenth more: as far as a small change may move a decision."""
    return calls + 1 + calls // 10


def _full_by_moments(outlook: Outlook, own: FloatArray, more: FloatArray) -> FloatArray:
    """P[no agent left] at each horizon and horizon plus grace after `more` further calls: (2, more, horizons)."""
    net = outlook.answers[:, None, :] + _SIGNS * outlook.releases
    if outlook.sure is not None:
        net[0] -= outlook.sure
    net = net[:, :, None, :] + more * own[:, None, None, :]
    if outlook.doubt:
        net[1] += outlook.doubt * np.square(outlook.answers[0] + more * own[0])
    return stats.tail(net[0], net[1], net[2], outlook.free)


class _Counted:
    """The same chances by count laws. Those of the releases are made once for all numbers of further calls."""

    def __init__(self, outlook: Outlook, own: FloatArray, size: int) -> None:
        """`size`: the count that none of them exceeds."""
        self._outlook = outlook
        self._own = own
        mean, variance = self._moments(_MORE[:_FIRST])
        means, variances = outlook.releases[0], outlook.releases[1]
        laws = stats.panjer(np.concatenate([means, mean]), np.concatenate([variances, variance]), size)
        self._released = laws[:2].transpose(1, 0, 2)[:, :, None]  # (horizons, 2, 1, releases)
        self._answered = laws[2:]  # before any further call: (1, horizons, answers)
        # An answer meets no agent when at least so many others came: by number of releases, (horizons, 2, releases).
        needed = outlook.free + np.arange(size + 1)
        self._part: FloatArray | None = None
        if outlook.sure is not None:
            whole = np.floor(outlook.sure)
            part = outlook.sure - whole
            needed = needed + whole.T[:, :, None].astype(np.intp)
            if part.any():
                self._part = part.T[:, :, None]  # the share of the interval with one agent more
                self._needed_with_one = np.maximum(0, needed + 1)
        self._needed = np.maximum(0, needed)

    def _moments(self, more: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the answers after `more` further calls: (more, horizons)."""
        mean = self._outlook.answers[0] + more * self._own[0]
        variance = self._outlook.answers[1] + more * self._own[1]
        if self._outlook.doubt:
            variance = variance + self._outlook.doubt * np.square(mean)
        return mean, variance

    def full(self, more: FloatArray) -> FloatArray:
        """P[no agent left] as `_full_by_moments` gives it."""
        law = self._answered
        if more[0, 0]:
            mean, variance = self._moments(more)
            law = stats.panjer(mean, variance, _reach(float(mean[-1, -1]), float(variance[-1, -1])))
        top = law.shape[2] - 1
        least = np.zeros((law.shape[1], top + 2, len(more)))  # P[at least top + 1 - i answers]: (horizons, i, more)
        np.add.accumulate(law[:, :, ::-1].transpose(1, 2, 0), axis=1, out=least[:, 1:])
        found = self._met(least, self._needed)
        if self._part is not None:
            found = (1 - self._part) * found + self._part * self._met(least, self._needed_with_one)
        return found.transpose(1, 2, 0)

    def _met(self, least: FloatArray, needed: IntArray) -> FloatArray:
        """P[as many answers as needed]: (horizons, 2, more)."""
        top = least.shape[1] - 1
        found: FloatArray = np.matmul(self._released, least[_EACH, top - np.minimum(needed, top)])
        return found[:, :, 0]


def _counted(outlook: Outlook, own: FloatArray) -> _Counted | None:
    answered = _reach(float(outlook.answers[0, -1] + _LATER * own[0, -1]), float(outlook.answers[1, -1] + 1))
    released = _reach(float(outlook.releases[0, 1, -1]), float(outlook.releases[1, 1, -1]))
    size = max(answered, released)
    return _Counted(outlook, own, size) if size <= COUNTED_MAX else None


def _reach(mean: float, variance: float) -> int:
    """A number that the count hardly ever exceeds."""
    return min(399, math.ceil(mean + 5 * math.sqrt(max(0.0, variance)) + 2))
