"""Whether days keep the constraints, for sure or surely not, and which results no other beats. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from pacing.stats import interval as exact
from simulation.report import Day
from simulation.summary import figure
from simulation.tune.space import Constraint


class Judged(NamedTuple):
    """How far a constraint is broken (0 or below: kept with the confidence asked for), and whether surely."""

    broken_by: float
    surely_broken: bool


def judged(constraint: Constraint, days: Sequence[Day]) -> Judged:
    """Abandoned calls by the exact bound of their share of all the people who answered; other figures by Student's."""
    low, high = _bounds(constraint, days)
    if constraint.above:
        return Judged(constraint.bound - low, high < constraint.bound)
    return Judged(high - constraint.bound, low > constraint.bound)


def _bounds(constraint: Constraint, days: Sequence[Day]) -> tuple[float, float]:
    """Where the mean lies: each end alone holds with the constraint's confidence."""
    both = 2 * constraint.confidence - 1
    measure = constraint.measure
    if measure.key == "abandoned":
        missed, answered = measure.sums(days)
        return exact(round(missed), round(answered), both)
    found = figure(measure, [[day] for day in days], both)
    if found is None or found.low is None or found.high is None:
        return float("-inf"), float("inf")
    return found.low, found.high


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """The places of those (reached, abandoned) that no other beats in both, by what they abandon."""
    best, kept = float("-inf"), []
    for place in sorted(range(len(points)), key=lambda one: (points[one][1], -points[one][0])):
        if points[place][0] > best:
            best = points[place][0]
            kept.append(place)
    return kept
