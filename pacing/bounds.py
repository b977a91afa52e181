"""How good pacing can get: Erlang's formulas, the strict-zero value, and the exact optimum of the memoryless dialer.

The memoryless dialer: every call in flight ends after an exponential time of mean T, with chance p by an answer; an
answer that finds no free agent is abandoned at once; handling is exponential of mean S. States are (busy agents, calls
in flight); calls may be added at any instant. Only T/S matters. Pure functions; no settings of a campaign enter.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pacing.rows import FloatArray
from pacing.settings import require, require_range

_ROUNDS_MAX = 60


def erlang_b(agents: int, load: float) -> float:
    """The share lost by `agents` servers without a queue under an offered load in Erlangs (Erlang 1917)."""
    if load <= 0:
        return 0.0
    inverse = 1.0
    for n in range(1, agents + 1):
        inverse = 1 + inverse * n / load
    return 1 / inverse


def erlang_c(agents: int, load: float) -> float:
    """The share that must wait in an endless queue before `agents` servers; 1 where they cannot keep up."""
    if load >= agents:
        return 1.0
    lost = erlang_b(agents, load)
    return lost / (1 - load / agents * (1 - lost))


@lru_cache(maxsize=1024)
def erlang_b_load(agents: int, loss: float) -> float:
    """The offered load in Erlangs at which the share `loss` is lost."""
    low, high = 0.0, 10.0 + 2.0 * agents
    for _ in range(60):
        middle = 0.5 * (low + high)
        if erlang_b(agents, middle) < loss:
            low = middle
        else:
            high = middle
    return low


def blind_occupancy(agents: int, cap: float) -> float:
    """The occupancy that a constant calling rate reaches at the cap: what any feedback must beat."""
    return erlang_b_load(agents, cap) * (1 - cap) / agents


def strict_zero_occupancy(answer_share: float, ring_s: float, handle_s: float) -> float:
    """The occupancy of one call for each free agent: nobody is ever abandoned, whatever the number of agents."""
    return handle_s / (handle_s + ring_s / answer_share)


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best that a memoryless dialer can do: shares of 1, and calls kept in flight by the number of free agents."""

    occupancy: float
    abandon: float
    price: float  # agent-seconds for an abandoned call at which it is the best
    in_flight: tuple[int, ...]


def optimum(*, agents: int, answer_share: float, ring_s: float, handle_s: float, cap: float) -> Optimum:
    """The highest occupancy with at most `cap` of the answers abandoned: a constrained Markov decision process.

    The cap enters by its price; the two best policies on either side of the cap are mixed in time so as to meet it
    exactly (Altman 1999). Raises PacingError for senseless figures.
    """
    require(agents >= 1, f"agents is {agents}; it must be 1 or more")
    require_range("answer_share", answer_share, 0.001, 1.0)
    require_range("cap", cap, 0.0001, 0.5)
    require(ring_s > 0 and handle_s > 0, "ring_s and handle_s must be above 0")
    dialer = _Dialer(agents, answer_share, 1 / ring_s, 1 / handle_s)
    cheap, dear = 1e-3 * handle_s, 1e3 * handle_s
    levels = np.array([min(dialer.most, round((agents - x) / answer_share)) for x in range(agents + 1)])
    bold, shy = dialer.best(cheap, levels), dialer.best(dear, levels)
    while dear / cheap > 1.01:
        middle = float(np.sqrt(cheap * dear))
        found = dialer.best(middle, shy.levels)
        if found.abandon > cap:
            cheap, bold = middle, found
        else:
            dear, shy = middle, found
    return _mix(bold, shy, cap, dear, 1 / handle_s)


@dataclass(frozen=True, slots=True)
class _Value:
    """What one policy earns: busy agents and abandoned calls a second, in the long run."""

    levels: np.ndarray  # calls in flight to keep, by busy agents
    busy: float
    lost: float
    completion: float  # completions a second of a busy agent

    @property
    def abandon(self) -> float:
        return self.lost / max(1e-12, self.busy * self.completion + self.lost)


def _mix(bold: _Value, shy: _Value, cap: float, price: float, completion: float) -> Optimum:
    """Both policies in turn, in such shares of time that exactly the cap is abandoned."""
    over = bold.lost - cap * (bold.busy * completion + bold.lost)
    under = shy.lost - cap * (shy.busy * completion + shy.lost)
    share = min(1.0, max(0.0, -under / (over - under))) if over > under else 0.0
    busy = share * bold.busy + (1 - share) * shy.busy
    lost = share * bold.lost + (1 - share) * shy.lost
    agents = len(shy.levels) - 1
    return Optimum(busy / agents, lost / (busy * completion + lost), price, tuple(int(k) for k in shy.levels[::-1]))


class _Dialer:
    """Policy iteration over policies of the form "with x agents busy keep at least levels[x] calls in flight".

    `levels` falls as x rises. A state's value is an affine function of the values at the levels and of the gain, found
    by going through calls in flight upwards; the levels' own equations then make a small linear system.
    """

    def __init__(self, agents: int, share: float, ring: float, completion: float) -> None:
        self.agents = agents
        self._share = share
        self._ring = ring
        self._completion = completion
        self.most = round((1.6 * agents + 6) / share)

    def best(self, price: float, levels: np.ndarray) -> _Value:
        """The policy that earns most when an abandoned call costs `price` agent-seconds."""
        value = self._evaluate(levels)
        for _ in range(_ROUNDS_MAX):
            better = self._improve(value[1] - price * value[2], levels, value[0].busy - price * value[0].lost, price)
            if np.array_equal(better, levels):
                break
            levels = better
            value = self._evaluate(levels)
        return value[0]

    def _evaluate(self, levels: np.ndarray) -> tuple[_Value, FloatArray, FloatArray]:
        """The policy's gains, and the values at its levels for busy agents and for lost calls."""
        n = self.agents
        # Columns: values at the levels of 0..n, the gain, then the constants of both rewards.
        unit = np.eye(n + 4)
        system, right = np.zeros((n + 1, n + 2)), np.zeros((n + 1, 2))
        below: dict[int, FloatArray] = {}  # states with one call in flight less, by busy agents
        for k in range(int(levels[0]) + 1):
            here: dict[int, FloatArray] = {}
            for x in range(n + 1):
                if k < levels[x]:
                    continue
                row = self._equation(x, k, here, below, unit)
                if k == levels[x]:
                    left = unit[x] - row
                    system[x], right[x] = left[: n + 2], -left[n + 2 :]
                    here[x] = unit[x]
                else:
                    here[x] = row
            below = here
        solved = np.linalg.solve(np.delete(system, n, axis=1), right)  # the last value is 0
        values = np.insert(solved[:n], n, 0.0, axis=0)
        gain = solved[n]
        return _Value(levels, float(gain[0]), float(gain[1]), self._completion), values[:, 0], values[:, 1]

    def _equation(
        self, x: int, k: int, here: dict[int, FloatArray], below: dict[int, FloatArray], unit: FloatArray
    ) -> FloatArray:
        """The value of (x busy, k in flight) by its neighbours: one step of the embedded chain."""
        n, up, down = self.agents, k * self._ring * self._share, x * self._completion
        away = k * self._ring * (1 - self._share)
        row = x * unit[n + 2] - unit[n + 1]
        if x == n:
            row = row + up * unit[n + 3]
        if up:
            after = min(x + 1, n)
            row = row + up * below.get(after, unit[after])
        if away:
            row = row + away * below.get(x, unit[x])
        if down:
            row = row + down * here.get(x - 1, unit[x - 1])
        total = up + away + down
        return np.asarray(row / total) if total else np.asarray(unit[x] + row)

    def _improve(self, at_levels: FloatArray, levels: np.ndarray, gain: float, price: float) -> np.ndarray:
        """The level with the highest value for each number of busy agents, by the present policy's values."""
        n, most = self.agents, self.most
        value = np.full((n + 1, most + 1), -np.inf)
        kept = np.empty((n + 1, most + 1))  # the value once the policy has filled up to its level
        busy = np.arange(n + 1)
        for k in range(most + 1):
            up, away = k * self._ring * self._share, k * self._ring * (1 - self._share)
            reward = busy - gain - price * up * (busy == n)
            for x in range(n + 1):
                total = up + away + x * self._completion
                if total == 0:
                    kept[x, k] = at_levels[x]
                    continue
                worth = reward[x]
                if k:
                    worth += up * kept[min(x + 1, n), k - 1] + away * kept[x, k - 1]
                if x:
                    worth += x * self._completion * kept[x - 1, k]
                value[x, k] = worth / total
                kept[x, k] = at_levels[x] if k <= levels[x] else value[x, k]
        found = value.argmax(axis=1)
        return np.minimum.accumulate(np.maximum(found, [1] + [0] * n))
