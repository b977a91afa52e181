"""Where do the points below the exact optimum go? Each decision of a policy, weighed against the exact one.

    python -m benchmarks.pacing_gap --floors "10/0.1 1%,30/0.25 1%" --seeds 2

On the memoryless floor every state (busy agents, calls in flight) has a value. What a policy earns less than the
optimum is then the mean of what its steps give away: `waiting` while more calls were worth placing, and `crowding`,
calls that were not. Both are sums over many steps, so a day or two shows what the noise of occupancy hides. `unspent`
is what the abandoned calls are worth that the cap would have allowed. The policy is taken apart: with the true laws in
place of the learned ones, at the fixed price that meets the cap, and with the optimum's own levels every half second.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

import numpy as np

from benchmarks.pacing_budget import HANDLE_S, PRICES, RING_S, Frontier, moments
from benchmarks.pacing_floors import Agent, Call, World, memoryless
from benchmarks.tables import machine, table
from pacing import Limits, Settings, bounds
from pacing.answers import LEVELS
from pacing.decision import Binding
from pacing.floor import Floor
from pacing.horizons import HORIZONS_S
from pacing.ledger import Ledger
from pacing.price import Scene
from pacing.rows import FloatArray
from pacing.settings import Rule
from pacing.wish import Wish

FIRST_S = 3600.0  # not counted
VARIANTS = ("present", "true laws", "fixed price", "true laws, fixed price", "exact levels")


@dataclass(frozen=True, slots=True)
class Truth:
    """The memoryless floor solved at one cap: values are agent-seconds, by (busy agents, calls in flight)."""

    best: bounds.Optimum
    value: FloatArray
    waiting: FloatArray  # given away a second by not placing the calls that are worth it

    @property
    def levels(self) -> tuple[int, ...]:
        """Calls to keep in flight, by busy agents."""
        return self.best.in_flight[::-1]


@cache
def truth(agents: int, share: float, cap: float) -> Truth:
    """Solve it: the value of each state under the best policy, and what waiting in it loses."""
    best = bounds.optimum(agents=agents, answer_share=share, ring_s=RING_S, handle_s=HANDLE_S, cap=cap)
    dialer = bounds._Dialer(agents, share, 1 / RING_S, 1 / HANDLE_S)  # noqa: SLF001
    levels = best.in_flight[::-1]
    earned, busy, lost = dialer._evaluate(np.array(levels))  # noqa: SLF001
    at_level, gain = busy - best.price * lost, earned.busy - best.price * earned.lost
    value, waiting = np.zeros((2, agents + 1, dialer.most + 1))
    for k in range(dialer.most + 1):
        up, away = k / RING_S * share, k / RING_S * (1 - share)
        for x in range(agents + 1):
            down = x / HANDLE_S
            flow = x - gain - best.price * up * (x == agents)
            flow += up * value[min(x + 1, agents), k - 1] + away * value[x, k - 1] if k else 0.0
            flow += down * value[x - 1, k] if x else 0.0
            total = up + away + down
            value[x, k] = at_level[x] if k <= levels[x] else flow / total
            waiting[x, k] = total * value[x, k] - flow
    return Truth(best, value, waiting)


@dataclass(frozen=True, slots=True)
class Gap:
    """Points of occupancy below the optimum, and where they went; abandoned in per cent of people who answered."""

    occupancy: float
    abandoned: float
    waiting: float
    crowding: float
    unspent: float

    @property
    def points(self) -> float:
        """Below the optimum, but for chance."""
        return self.waiting + self.crowding + self.unspent


class WeighedWorld(World):
    """The memoryless floor, on which each step is weighed."""

    def __init__(self, agents: int, share: float, cap: float, seed: int, *, hours: float, step_s: float) -> None:
        settings = Settings(abandon_cap=cap, connect_within_s=0.0)
        super().__init__(memoryless(agents, share, hours), settings, seed, step_s=step_s, count_from_s=FIRST_S)
        self._truth = truth(agents, share, cap)
        self._flying = 0
        self._seen_at = FIRST_S
        self._waited = self._crowded = 0.0

    def variant(self, name: str) -> None:
        """Put the truth in the place of what is learned, of the price, or of the whole policy."""
        floor, spec = self.pacer._floor, self.spec  # noqa: SLF001 - an experiment on its inside
        if "true laws" in name:
            _know(floor, spec.people)
        if "fixed price" in name:
            scene = Scene(spec.agents, spec.people, RING_S, HANDLE_S)
            floor.ledger = _FixedPrice(self.pacer.settings, _meeting(scene, self.pacer.settings.abandon_cap))
            floor.calls._ledger = floor.ledger  # noqa: SLF001
        if name == "exact levels":
            self.pacer._policy = _Levels(self._truth.levels)  # noqa: SLF001

    def _see(self) -> None:
        """Weigh the time since the last change."""
        if self.t > self._seen_at:
            busy, most = self.spec.agents - len(self._idle), self._truth.value.shape[1] - 1
            self._waited += (self.t - self._seen_at) * self._truth.waiting[busy, min(most, self._flying)]
            self._seen_at = self.t

    def _decide(self) -> None:
        self._see()
        before = self._flying
        super()._decide()
        if self.t >= FIRST_S and self._flying > before:
            value = self._truth.value[self.spec.agents - len(self._idle)]
            most = len(value) - 1
            self._crowded += value[min(most, before)] - value[min(most, self._flying)]

    def _place(self) -> None:
        super()._place()
        self._flying += 1

    def _fail(self, call: Call) -> None:
        self._see()
        super()._fail(call)

    def _answer(self, call: Call) -> None:
        self._see()
        super()._answer(call)

    def _landed(self, call: Call) -> None:
        super()._landed(call)
        self._flying -= 1

    def _hang_up(self, call: Call, agent: Agent) -> None:
        self._see()
        super()._hang_up(call, agent)

    def gap(self) -> Gap:
        """Live the day."""
        day, best = self.run(), self._truth.best
        allowed = best.abandon / (1 - best.abandon) * best.occupancy / HANDLE_S  # a second, for each agent
        unspent = best.price * (allowed - day.abandoned / day.signed_in_s)
        waited, crowded = (100 * each / day.signed_in_s for each in (self._waited, self._crowded))
        return Gap(100 * day.occupancy, 100 * day.abandon, waited, crowded, 100 * unspent)


def _know(floor: Floor, share: float) -> None:
    """The true laws of answers and of busy agents in all tables."""
    law, busy = floor.answers, floor.busy
    answers = share * -np.expm1(-HORIZONS_S / RING_S)
    freed = -np.expm1(-np.concatenate([HORIZONS_S, HORIZONS_S]) / HANDLE_S)
    law.calls = 1_000_000
    law.table[:] = moments(answers).ravel()
    law.new_answers = law.new_people = np.tile(answers, (LEVELS, 1))
    law.answer_share, law.answer_s = share, RING_S
    busy.table[1:] = moments(freed).ravel()
    busy.handle_s = HANDLE_S
    law.rebuild = lambda in_flight: None  # type: ignore[method-assign]
    busy.rebuild = lambda talking, wrapping: None  # type: ignore[method-assign]


@cache
def _meeting(scene: Scene, cap: float) -> float:
    """The price at which the look-ahead meets the cap."""
    abandoned = Frontier(scene).abandoned
    order = np.argsort(abandoned, kind="stable")
    return math.exp(float(np.interp(cap, abandoned[order], np.log(PRICES)[order])))


class _FixedPrice(Ledger):
    """A ledger that counts, and whose price never moves."""

    def __init__(self, settings: Settings, price: float) -> None:
        super().__init__(settings)
        self._fixed = price

    def price(self, scene: Scene) -> tuple[float, float, Rule]:
        del scene
        return self._fixed, self._fixed, self._rules[0]

    def dearer(self, scene: Scene) -> Callable[[int], float]:
        del scene
        return lambda _more: self._fixed


class _Levels:
    """The optimum's own levels."""

    def __init__(self, levels: Sequence[int]) -> None:
        self._levels = levels

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """Calls up to the level."""
        del limits
        busy = len(floor.agents) - floor.agents.free(t)
        return Wish(max(0, self._levels[busy] - floor.calls.in_flight), Binding.RISK)


def row(name: str, gaps: Sequence[Gap], best: float) -> list[str]:
    """One variant: means over the days, the gap with its standard error."""
    points = [gap.points for gap in gaps]
    error = f" ± {stdev(points) / math.sqrt(len(points)):.2f}" if len(points) > 1 else ""
    means = [fmean(getattr(gap, part) for gap in gaps)
             for part in ("occupancy", "abandoned", "waiting", "crowding", "unspent")]  # fmt: skip
    return [name, f"{100 * best:.2f}", *(f"{mean:.2f}" for mean in means), f"{fmean(points):.2f}{error}"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--floors", default="10/0.1 1%,30/0.25 1%", help="agents/share of people who answer, cap")
    parser.add_argument("--variants", default="", help=f"some of: {'; '.join(VARIANTS)}")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--hours", type=float, default=9.0, help="length of a day, the first hour included")
    parser.add_argument("--step", type=float, default=0.5, help="seconds between decisions")
    options = parser.parse_args(arguments)
    head = ("floor, policy", "exact", "occupancy", "abandoned", "waiting", "crowding", "unspent", "points below")
    print(machine(), table(head, []), sep="\n\n", flush=True)
    for floor in options.floors.split(","):
        shape, cap = floor.split()
        agents, share = shape.split("/")
        given = int(agents), float(share), float(cap.rstrip("%")) / 100
        for name in options.variants.split("; ") if options.variants else VARIANTS:
            gaps = []
            for seed in range(301, 301 + options.seeds):
                world = WeighedWorld(*given, seed, hours=options.hours, step_s=options.step)
                world.variant(name)
                gaps.append(world.gap())
            print(f"| {' | '.join(row(f'{floor}, {name}', gaps, truth(*given).best.occupancy))} |", flush=True)


if __name__ == "__main__":
    main()
