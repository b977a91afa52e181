"""What a day's small budget of abandoned calls costs a law of the price, exactly, without a simulated call.

    python -m benchmarks.pacing_budget                             floors of 5, 10 and 30 agents
    python -m benchmarks.pacing_budget --floors "5/0.1 1%,10/0.25 3%" --hours 9

At a fixed price the look-ahead is a policy on the memoryless floor with a level of calls in flight for each number of
busy agents; its occupancy and its abandons follow from the Markov chain. The price moves with answers and abandoned
calls, minutes to hours apart, while the chain settles within a minute or two. So a day is a walk over (answered,
abandoned) whose steps have the chain's rates at the price of the moment. On it stands any law of the price, and the
best one by dynamic programming: with the day's end known from the start, and with an end anywhere between 2 and 14
hours. Both may end above the cap as often as the present law does, so what they reach is what is left to gain.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.tables import machine, table
from pacing import bounds
from pacing.answers import IntArray
from pacing.horizons import HORIZONS_S
from pacing.lookahead import NewCall, Outlook, calls_worth
from pacing.price import Scene, base_price, factor, slack_of
from pacing.rows import FloatArray

RING_S, HANDLE_S = 12.0, 200.0
PRICES: FloatArray = np.exp(np.arange(math.log(25.0), math.log(120_000.0), 0.08))
ENDS_H = (2.0, 14.0)  # where a day may end that does not say so
FIRST_H = 1.0  # not counted
FLOORS = "5/0.1 1%,10/0.1 1%,30/0.1 1%,30/0.25 1%,5/0.1 3%,10/0.1 3%"

Law = Callable[[int], FloatArray]  # people answered -> logarithms of the price by people abandoned


def moments(chances: FloatArray) -> FloatArray:
    """Mean, variance and third central moment of one of these chances."""
    spread = chances * (1 - chances)
    return np.array([chances, spread, spread * (1 - 2 * chances)])


def levels_of(scene: Scene, price: float) -> IntArray:
    """Calls that the look-ahead keeps in flight at a fixed price, by busy agents, on the memoryless floor."""
    answers = scene.answer_share * -np.expm1(-HORIZONS_S / scene.answer_s)
    freed = -np.expm1(-HORIZONS_S / scene.handle_s)
    new, agents = NewCall(answers, answers), round(scene.agents)
    levels = []
    for busy in range(agents + 1):
        released = busy * np.stack([moments(freed)] * 2, axis=1)
        flying, more = 0, 1
        while more:
            more, _ = calls_worth(Outlook(agents - busy, flying * moments(answers), released), new, price)
            flying += more
        levels.append(flying)
    return np.maximum(np.minimum.accumulate(np.array(levels)), [1] + [0] * agents)


def rates_of(scene: Scene, levels: IntArray) -> tuple[float, float]:
    """Busy agents, and abandoned calls a second, in the long run of that policy."""
    agents = round(scene.agents)
    chain = bounds._Dialer(agents, scene.answer_share, 1 / scene.answer_s, 1 / scene.handle_s)  # noqa: SLF001
    value, *_ = chain._evaluate(levels)  # noqa: SLF001
    return value.busy, value.lost


class Frontier:
    """The look-ahead at each of PRICES: share abandoned, and agent-seconds, all and busy ones, for each answer."""

    def __init__(self, scene: Scene) -> None:
        busy, lost = np.empty(len(PRICES)), np.empty(len(PRICES))
        known: IntArray | None = None
        for number, price in enumerate(PRICES.tolist()):
            levels = levels_of(scene, price)
            if known is None or not np.array_equal(levels, known):
                known, found = levels, rates_of(scene, levels)
            busy[number], lost[number] = found
        answers = busy / scene.handle_s + lost
        self.abandoned: FloatArray = lost / answers
        self.agent_s: FloatArray = scene.agents / answers
        self.busy_s: FloatArray = busy / answers
        self.occupancy: FloatArray = busy / scene.agents

    def at(self, cap: float) -> float:
        """The occupancy where the cap is met, two prices in turn."""
        order = np.argsort(self.abandoned, kind="stable")
        return float(np.interp(cap, self.abandoned[order], self.occupancy[order]))


@dataclass(frozen=True, slots=True)
class Lived:
    """A law's day, after the first hour: shares of 1. `above` is the chance to stand above the cap, by answers."""

    occupancy: float
    abandoned: float
    above: FloatArray


class Budget:
    """Days of one floor at one cap. `hours` includes the first one."""

    def __init__(self, agents: int, share: float, cap: float, hours: float = 9.0) -> None:
        self.cap = cap
        self.scene = Scene(agents, share, RING_S, HANDLE_S)
        self.frontier = Frontier(self.scene)
        self.reached = self.frontier.at(cap)
        self._an_hour = 3600 * agents * self.reached / HANDLE_S / (1 - cap)
        self.first, self.last = self.answers_by(FIRST_H), self.answers_by(hours)
        self.most = self.answers_by(ENDS_H[1])
        self.counts: FloatArray = np.arange(int(1.6 * cap * self.most) + 14.0)
        self._logs: FloatArray = np.log(PRICES)

    def answers_by(self, hours: float) -> int:
        """People who have answered after so many hours, about."""
        return round(self._an_hour * hours)

    def present(self) -> Law:
        """The law of pacing.price."""
        slack, base = slack_of(self.scene.agents), math.log(base_price(self.cap, self.scene))
        return lambda answered: np.array(
            [base + math.log(factor(answered, each, self.cap, slack)) for each in self.counts.tolist()]
        )

    def lived(self, law: Law, until: int) -> Lived:
        """The days of that law, which end after so many answers."""
        chance: FloatArray = np.zeros(len(self.counts))
        chance[0] = 1.0
        spent = np.zeros(3)  # agent-seconds, busy ones, abandoned calls
        above = np.zeros(until)
        each = np.stack([self.frontier.agent_s, self.frontier.busy_s, self.frontier.abandoned])
        for answered in range(until):
            here = np.stack([np.interp(law(answered), self._logs, rates) for rates in each])
            if answered >= self.first:
                spent += here @ chance
            moved = chance * here[2]
            chance -= moved
            chance[1:] += moved[:-1]
            chance[-1] += moved[-1]
            above[answered] = chance[self.counts > self.cap * (answered + 1)].sum()
        return Lived(float(spent[1] / spent[0]), float(spent[2] / (until - self.first)), above)

    def best(self, penalty: float, ends: FloatArray) -> Law:
        """The law that earns most where a day that ends above the cap costs `penalty` agent-seconds.

        `ends`: the chance that the day ends with each answer.
        """
        front = self.frontier
        earned = front.busy_s - self.reached * front.agent_s  # against the cap's own occupancy, for each price
        value: FloatArray = np.zeros(len(self.counts))
        chosen = np.zeros((len(ends), len(self.counts)), dtype=np.intp)
        for answered in range(len(ends) - 1, -1, -1):
            after = value - penalty * ends[answered] * (self.counts > self.cap * (answered + 1))
            more = np.append(after[1:], after[-1] - penalty)
            worth = earned[:, None] + after + front.abandoned[:, None] * (more - after)
            chosen[answered] = worth.argmax(axis=0)
            value = worth.max(axis=0)
        return lambda answered: self._logs[chosen[answered]]

    def best_as_safe(self, ends: FloatArray, than: Lived, until: int) -> Lived:
        """The best law that ends above the cap no more often than another, over those ends; its days until then."""
        low, high = 1e2, 1e8
        allowed = float(ends @ than.above)
        for _ in range(10):
            middle = math.sqrt(low * high)
            if float(ends @ self.lived(self.best(middle, ends), len(ends)).above) > allowed:
                low = middle
            else:
                high = middle
        return self.lived(self.best(high, ends), until)

    def ends_at(self, answers: int) -> FloatArray:
        """A day that ends after so many answers for certain."""
        ends = np.zeros(answers)
        ends[-1] = 1.0
        return ends

    def ends_anywhere(self) -> FloatArray:
        """A day that may end with any answer within ENDS_H."""
        ends = np.zeros(self.most)
        ends[self.answers_by(ENDS_H[0]) :] = 1.0
        return np.asarray(ends / ends.sum())


def row(agents: int, share: float, cap: float, hours: float) -> list[object]:
    """One floor: what the cap allows, and what laws make of it, in per cent."""
    budget = Budget(agents, share, cap, hours)
    exact = bounds.optimum(agents=agents, answer_share=share, ring_s=RING_S, handle_s=HANDLE_S, cap=cap)
    anywhere, known = budget.ends_anywhere(), budget.ends_at(budget.last)
    days = budget.lived(budget.present(), budget.most)
    present = budget.lived(budget.present(), budget.last)
    unknown = budget.best_as_safe(anywhere, days, budget.last)
    told = budget.best_as_safe(known, present, budget.last)
    return [
        f"{agents}/{share:g} {cap:.0%}", round(cap * budget.last, 1), _share(exact.occupancy), _share(budget.reached),
        *(f"{_share(each.occupancy)} @ {_share(each.abandoned)}" for each in (present, unknown, told)),
        f"{100 * present.above[-1]:.1f}",
    ]  # fmt: skip


def _share(value: float) -> str:
    return f"{100 * value:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--floors", default=FLOORS, help="agents/share of people who answer, cap; comma-separated")
    parser.add_argument("--hours", type=float, default=9.0, help="length of a day, the first hour included")
    options = parser.parse_args(arguments)
    laws = ("exact", "fixed price", "ledger's law", "best, end unknown", "best, end known")
    rows = []
    for name in options.floors.split(","):
        floor, cap = name.split()
        agents, share = floor.split("/")
        rows.append(row(int(agents), float(share), float(cap.rstrip("%")) / 100, options.hours))
    print(machine(), table(("floor", "allowed", *laws, "above %"), rows), sep="\n\n")


if __name__ == "__main__":
    main()
