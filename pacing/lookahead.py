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
from pacing.fixed import fixed
from pacing.horizons import COUNT, USUAL, Horizons
from pacing.rows import FloatArray

MOST = 60  # calls at one decision, or one for two agents where that is more: decisions may be seconds apart
COUNTED_MAX = 48  # beyond so many possible answers or releases moments do as well as counts, in half the time
# Numbers of further calls looked at together, the last one again and again: most decisions end with the first.
BLOCKS_BY_COUNTS = (1, 3, 12)
BLOCKS_BY_MOMENTS = (4, 16)  # by moments sixteen cost little more than one
_MORE: FloatArray = np.arange(16, dtype=np.float64)[:, None]
_SIGNS: FloatArray = np.array([-1.0, 1.0, -1.0])[:, None, None]  # releases count against answers
_SIDES, _EACH = np.arange(2)[:, None, None], np.arange(COUNT)[:, None]


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
    chances = _chances(outlook, call)
    saved: list[float] = []  # by number of calls placed before: idle seconds that the next one would save ...
    risked: list[float] = []  # ... and people it would abandon
    blocks, size, worth = iter(chances.blocks), 0, 0
    while worth == len(saved) <= most:
        size = next(blocks, size)
        gained, risks = chances.weigh(_MORE[:size] + len(saved))
        saved += gained.tolist()
        risked += risks.tolist()
        worth = _worth(most, saved, risked, price, worth)
    if dearer is not None:
        worth = _held(worth, saved, risked, dearer)
    return worth, risked[worth] / call.weight


def _held(worth: int, saved: list[float], risked: list[float], dearer: Callable[[int], float]) -> int:
    """The number of calls, held by what it would be after some abandoned calls more."""
    steps, least = 0, 1  # from none, so many steps of a call and a tenth lead to the number in any case
    while worth > least:
        steps, least = steps + 1, a_step_up(least)
    if not steps:
        return worth
    lowest = _worth(worth, saved, risked, dearer(steps))  # after fewer abandoned calls it is no fewer
    for abandoned in range(1, steps + 1):
        if _stepped(lowest, abandoned, worth) >= worth:
            break
        calls = lowest if abandoned == steps else _worth(worth, saved, risked, dearer(abandoned), lowest)
        worth = min(worth, _stepped(calls, abandoned, worth))
    return worth


def _stepped(calls: int, steps: int, enough: int) -> int:
    """So many steps up from that number, as far as they are needed."""
    for _ in range(steps):
        if calls >= enough:
            break
        calls = a_step_up(calls)
    return calls


def _worth(most: int, saved: list[float], risked: list[float], price: float, known: int = 0) -> int:
    """How many calls are worth placing at that price, `most` at most, where the first `known` of them are."""
    for n in range(known, min(most, len(saved))):
        if saved[n] <= price * risked[n]:
            return n
    return min(most, len(saved))


def a_step_up(calls: int) -> int:
    """One call and a tenth more: as far as a small change may move a decision."""
    return calls + 1 + calls // 10


class _ByMoments:
    """What further calls save and risk, by three moments of answers less releases."""

    blocks = BLOCKS_BY_MOMENTS

    def __init__(self, outlook: Outlook, call: NewCall) -> None:
        self._call = call
        self._own = call.moments[:, None, None, :]
        self._answers = outlook.answers[0]
        self._free, self._doubt = outlook.free, outlook.doubt
        net = outlook.answers[:, None, :] + _SIGNS * outlook.releases
        if outlook.sure is not None:
            net[0] -= outlook.sure
        self._net = net[:, :, None, :]

    def weigh(self, more: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Idle seconds that one call saves after `more` further ones, (more, 1), and people it abandons: (more,)."""
        net = self._net + more * self._own
        if self._doubt:
            net[1] += self._doubt * np.square(self._answers + more * self._own[0, 0])
        full = stats.tail(net[0], net[1], net[2], self._free)  # P[no agent left]: (2, more, horizons)
        return (1 - full[0]) @ self._call.gains, full[1] @ self._call.costs + self._call.late


class _ByCounts:
    """The same by count laws.

    So many answers leave no agent with the chance that agents free and released are no more. That depends on the
    releases alone: it is found once, weighed by what it loses at each horizon, and serves all numbers of further calls.
    """

    blocks = BLOCKS_BY_COUNTS

    def __init__(self, outlook: Outlook, call: NewCall, size: int) -> None:
        """`size`: the count that answers and releases hardly ever exceed."""
        self._outlook = outlook
        self._call = call
        mean, variance = self._moments(_MORE[:1])
        means, variances = outlook.releases[0], outlook.releases[1]
        laws = stats.panjer(np.concatenate([means, mean]), np.concatenate([variances, variance]), size)
        self._answered = laws[2:]  # before any further call: (1, horizons, answers)
        self._fewer: FloatArray = np.zeros((2, COUNT, size + 2))  # P[fewer than i releases]: (2, horizons, i)
        np.add.accumulate(laws[:2], axis=2, out=self._fewer[:, :, 1:])
        self._weights = self._weigh_counts(size + 1)

    def _moments(self, more: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the answers after `more` further calls: (more, horizons)."""
        own = self._call.moments
        mean = self._outlook.answers[0] + more * own[0]
        variance = self._outlook.answers[1] + more * own[1]
        if self._outlook.doubt:
            variance = variance + self._outlook.doubt * np.square(mean)
        return mean, variance

    def _weigh_counts(self, width: int) -> FloatArray:
        """What so many answers save, and what they risk: (2, horizons, answers 0 to width - 1)."""
        sure, releases = self._outlook.sure, np.arange(1 - self._outlook.free, width + 1 - self._outlook.free)
        if sure is None:
            weights = self._fewer.take(releases, axis=2, mode="clip")
        else:
            whole = np.floor(sure)
            part = (sure - whole)[:, :, None]  # the share of the interval with one agent more
            index = releases - whole[:, :, None].astype(np.intp)
            last = self._fewer.shape[2] - 1
            weights = (1 - part) * self._fewer[_SIDES, _EACH, np.minimum(np.maximum(index, 0), last)]
            weights += part * self._fewer[_SIDES, _EACH, np.minimum(np.maximum(index - 1, 0), last)]
        np.subtract(1.0, weights[0], out=weights[0])
        weights[0] *= self._call.gains[:, None]
        weights[1] *= self._call.costs[:, None]
        return weights

    def weigh(self, more: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As of `_ByMoments`."""
        law = self._answered
        if more[0, 0]:
            mean, variance = self._moments(more)
            law = stats.panjer(mean, variance, _reach(float(mean[-1, -1]), float(variance[-1, -1])))
        width = law.shape[2]
        if width > self._weights.shape[2]:
            self._weights = self._weigh_counts(width)
        weights = self._weights[:, :, :width].reshape(2, -1)
        gained, risks = weights @ law.reshape(len(law), -1).T
        return gained, risks + self._call.late


def _chances(outlook: Outlook, call: NewCall) -> _ByCounts | _ByMoments:
    own, room = call.moments, BLOCKS_BY_COUNTS[-1]
    answered = _reach(float(outlook.answers[0, -1] + room * own[0, -1]), float(outlook.answers[1, -1] + 1))
    released = _reach(float(outlook.releases[0, 1, -1]), float(outlook.releases[1, 1, -1]))
    size = max(answered, released)
    return _ByCounts(outlook, call, size) if size <= COUNTED_MAX else _ByMoments(outlook, call)


def _reach(mean: float, variance: float) -> int:
    """A number that the count hardly ever exceeds."""
    return min(399, math.ceil(mean + 5 * math.sqrt(max(0.0, variance)) + 2))
