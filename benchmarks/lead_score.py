"""How many more right parties an order by score brings than one by chance, on a made centre whose truth is known.

    python -m benchmarks lead_score [--calls N] [--leads N] [--days N]

People differ in when they answer, how willingly, and on which kind of line; none of it is told to the model but by the
calls of the past. Then days are dialled from one list, in three orders: by chance, by score, and by the truth itself,
which no model can beat. Each call takes the next place of the day; a lead is tried once a day at most.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.tables import table
from dialer.core.score import Asked, Attempt, Model, learn, merit

MONDAY = 1_699_844_400.0
DAY = 86_400.0
ZONE = "America/Santiago"
OPENS, CLOSES = 8, 20
BY_HOUR = (0.16, 0.20, 0.22, 0.21, 0.19, 0.17, 0.16, 0.17, 0.20, 0.24, 0.26, 0.25)  # 8 to 20 h, a weekday's


@dataclass
class Person:
    """Somebody on the list; `willing` is what nobody knows."""

    willing: float
    evening: bool
    asked: Asked

    def p(self, at: float) -> float:
        hour = int((at - MONDAY) % DAY // 3600)
        base = BY_HOUR[min(len(BY_HOUR) - 1, max(0, hour - OPENS))]
        shift = (1.6 if hour >= 17 else 0.6) if self.evening else (0.7 if hour >= 17 else 1.1)
        kind = 1.2 if self.asked.type == "mobile" else 0.6
        return min(0.95, 0.35 * base * shift * kind * self.willing)

    def call(self, at: float, chance: random.Random) -> Attempt:
        right = chance.random() < self.p(at)
        answered = right or chance.random() < 0.1
        made = Attempt(at, self.asked, answered, right)
        self.asked = replace(
            self.asked,
            attempts=self.asked.attempts + 1,
            calls=self.asked.calls + 1,
            answers=self.asked.answers + answered,
        )
        return made


def people(count: int, chance: random.Random) -> list[Person]:
    made = []
    for _ in range(count):
        kind, segment = chance.choice(["mobile", "mobile", "fixed"]), chance.choice(["early", "middle", "late"])
        factor = {"early": 1.5, "middle": 1.0, "late": 0.5}[segment]
        asked = Asked(type=kind, segment=segment, zone=ZONE)
        made.append(Person(factor * chance.lognormvariate(0, 0.8), chance.random() < 0.4, asked))
    return made


def slots(day: int, count: int) -> list[float]:
    """The instants of one day's calls."""
    first = MONDAY + day * DAY + OPENS * 3600
    return [first + n * (CLOSES - OPENS) * 3600 / count for n in range(count)]


Worth = Callable[[Person, float], float]


def dialled(whom: Sequence[Person], days: range, a_day: int, worth: Worth, chance: random.Random) -> list[Attempt]:
    """Days of calls, at each the person worth most among those not yet tried today; looked at anew each hour."""
    made: list[Attempt] = []
    for day in days:
        remaining = list(whom)
        hour, queue = -1, list[Person]()
        for at in slots(day, a_day):
            if int(at // 3600) != hour:
                hour = int(at // 3600)
                remaining.sort(key=lambda one, at=at: worth(one, at))  # type: ignore[misc]
                queue = remaining
            if not queue:
                break
            made.append(queue.pop().call(at, chance))
    return made


def by_chance(chance: random.Random) -> Worth:
    return lambda _one, _at: chance.random()


def by_score(model: Model) -> Worth:
    return lambda one, at: model.right_party(one.asked, at)


def by_truth() -> Worth:
    return lambda one, at: one.p(at)


def main(arguments: Sequence[str] = ()) -> None:
    """Run it and print the lift on calls held out, and in simulated days."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lead_score")
    parser.add_argument("--leads", type=int, default=4_000)
    parser.add_argument("--a-day", type=int, default=1_200)
    parser.add_argument("--days", type=int, default=10, help="of the past that is learned from, and then of each order")
    chosen = parser.parse_args(arguments)
    rows = []
    for seed in (1, 2, 3):
        chance = random.Random(seed)
        whom = people(chosen.leads, chance)
        past = dialled(whom, range(chosen.days), chosen.a_day, by_chance(chance), chance)
        model, tried = learn(past), merit(past)
        assert model is not None
        assert tried is not None
        counts = []
        for worth in (by_chance(chance), by_score(model), by_truth()):
            again = [Person(one.willing, one.evening, one.asked) for one in whom]
            days = range(chosen.days, 2 * chosen.days)
            calls = dialled(again, days, chosen.a_day, worth, random.Random(seed + 100))
            counts.append(sum(call.right_party for call in calls))
        rows.append(
            (
                seed, len(past), f"{tried.lift_tenth:.2f}", f"{tried.lift_half:.2f}", f"{tried.off:.4f}", *counts,
                f"{counts[1] / counts[0]:.2f}", f"{counts[2] / counts[0]:.2f}",
            )
        )  # fmt: skip
    head = ("seed", "calls learned from", "held out: lift of the first tenth", "first half", "off")
    print(table((*head, "right parties: by chance", "by score", "by the truth", "lift", "lift of the truth"), rows))


if __name__ == "__main__":
    main(sys.argv[1:])
