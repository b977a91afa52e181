"""How often a person answers, by hour, weekday, number and attempt: effects told apart. Pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from simulation.calibrate import laws
from simulation.calibrate.history import Attempt
from simulation.calibrate.laws import Estimate

GROUPS = {"hour": 24, "weekday": 7, "place": 3}
TURNS = 12


class Trial(NamedTuple):
    """An attempt: the share of answers that come before it is cut, whether a person's came (where nobody found out, how
    likely it was one), and how many attempts that answer stands for.
    """

    attempt: Attempt
    seen: float
    hit: float
    weight: float


class _Cell(NamedTuple):
    """What the chance of an answer depends on."""

    hour: int
    weekday: int
    place: int
    attempt: int


class _Tally(NamedTuple):
    n: int = 0
    trials: float = 0.0  # attempts, each as far as it was watched
    hits: float = 0.0

    def with_one(self, one: Trial) -> "_Tally":
        return _Tally(self.n + 1, self.trials + one.seen, self.hits + one.weight * one.hit)


class Answers:
    """How often a person answers: by attempt, hour, weekday and number, in turns until they agree.

    Wear comes first in each turn, the others are drawn towards 1: what both could explain (fresh leads in the
    morning, worn ones in the evening) is put down to wear.
    """

    def __init__(self, made: Sequence[Trial]) -> None:
        self._made = made
        self._cells: dict[_Cell, _Tally] = {}
        for one in made:
            cell = _cell(one.attempt)
            self._cells[cell] = self._cells.get(cell, _Tally()).with_one(one)
        trials, hits = (math.fsum(getattr(one, name) for one in self._cells.values()) for name in ("trials", "hits"))
        self.seen = trials / len(made) if made else 1.0
        self.base = hits / trials if trials else 0.0
        self.worn = Estimate(1.0, 1.0, 1.0, 0)
        self.rows = {name: [Estimate(1.0, 1.0, 1.0, 0)] * size for name, size in GROUPS.items()}
        for _ in range(TURNS):
            self.worn = laws.wear(self._by_attempt())
            self._level(hits)  # or the factors would make up for what is worn off
            for name in GROUPS:
                self.rows[name] = self._by(name)
            self._level(hits)

    def _level(self, hits: float) -> None:
        """Let as many answers be awaited in all as came."""
        awaited = math.fsum(one.trials * self._share(cell) for cell, one in self._cells.items())
        self.base *= hits / awaited if awaited else 1.0

    def swings(self, bin_of: Callable[[Attempt], int], free: float = 1.0) -> Estimate:
        """How far answering swings beyond what hour, weekday and wear explain, from one bin of time to the next."""
        seen: defaultdict[int, float] = defaultdict(float)
        awaited: defaultdict[int, float] = defaultdict(float)
        hits = math.fsum(one.hit for one in self._made)
        weighed = math.fsum(one.hit * one.weight for one in self._made)
        kept = hits / weighed if weighed else 1.0  # counts swing by chance as counts do, weights would by more
        shares = {cell: self._share(cell) for cell in self._cells}
        for one in self._made:
            at = bin_of(one.attempt)
            seen[at] += one.hit
            awaited[at] += kept * one.seen * shares[_cell(one.attempt)]
        return laws.swings([(seen[at], awaited[at]) for at in seen], self.base, free)

    def _share(self, cell: _Cell, *, without: str = "") -> float:
        """How often a person answers in the cell; `without` one of its effects."""
        share = self.base * (1.0 if without == "attempt" else laws.worn(self.worn.value, cell.attempt))
        for name, row in self.rows.items():
            if name != without:
                share *= row[min(getattr(cell, name), len(row) - 1)].value
        return share

    def _by(self, name: str) -> list[Estimate]:
        size = GROUPS[name]
        seen, awaited, n = [0.0] * size, [0.0] * size, [0] * size
        for cell, one in self._cells.items():
            at = min(getattr(cell, name), size - 1)
            seen[at] += one.hits
            awaited[at] += one.trials * self._share(cell, without=name)
            n[at] += one.n
        # In terms of trials at the common share: as many as would make what is awaited.
        trials = [(hits, round(mean / self.base) if self.base else 0) for hits, mean in zip(seen, awaited, strict=True)]
        found = laws.factors(trials, self.base)
        return [Estimate(one.value, one.low, one.high, n[at]) for at, one in enumerate(found)]

    def _by_attempt(self) -> list[tuple[int, float, float]]:
        seen: defaultdict[int, float] = defaultdict(float)
        awaited: defaultdict[int, float] = defaultdict(float)
        for cell, one in self._cells.items():
            seen[cell.attempt] += one.hits
            awaited[cell.attempt] += one.trials * self._share(cell, without="attempt")
        return [(attempt, seen[attempt], awaited[attempt]) for attempt in sorted(seen)]


def _cell(one: Attempt) -> _Cell:
    return _Cell(one.hour, one.weekday, min(one.place, GROUPS["place"] - 1), one.try_)
