"""Do evaluators mean the same? Krippendorff's alpha, for each item and for the score. Pure.

After K. Krippendorff, Content Analysis (4th ed., 2018), chapter 12: alpha = 1 - observed over expected disagreement,
from the coincidences of values within units; units with fewer than two values say nothing. 1: full agreement, 0: as by
chance, below 0: systematic disagreement.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import permutations


class Scale(StrEnum):
    NOMINAL = "nominal"  # yes, no, na
    ORDINAL = "ordinal"  # points
    INTERVAL = "interval"  # scores


Value = str | float


def alpha(units: Sequence[Sequence[Value | None]], scale: Scale) -> float | None:
    """Alpha of the values that raters gave to each unit; None is a value that was not given.

    None where it is not defined: fewer than two values in every unit, or one value everywhere.
    """
    coincidences: dict[tuple[Value, Value], float] = defaultdict(float)
    for unit in units:
        given = [value for value in unit if value is not None]
        if len(given) > 1:
            for one, other in permutations(given, 2):
                coincidences[one, other] += 1 / (len(given) - 1)
    totals: dict[Value, float] = defaultdict(float)
    for (one, _), count in coincidences.items():
        totals[one] += count
    number = sum(totals.values())
    if number < 2 or len(totals) < 2:
        return None
    distance = _distance(scale, totals)
    observed = sum(count * distance(one, other) for (one, other), count in coincidences.items()) / number
    expected = sum(
        totals[one] * totals[other] * distance(one, other) for one in totals for other in totals if one != other
    ) / (number * (number - 1))
    return 1 - observed / expected if expected else None


def _distance(scale: Scale, totals: Mapping[Value, float]) -> Callable[[Value, Value], float]:
    """Squared difference of two values by the scale."""
    if scale is Scale.NOMINAL:
        return lambda one, other: float(one != other)
    if scale is Scale.INTERVAL:
        return lambda one, other: (float(one) - float(other)) ** 2
    order = sorted(totals, key=float)
    before: dict[Value, float] = {}
    running = 0.0
    for value in order:
        before[value] = running + totals[value] / 2  # the middle rank of the value
        running += totals[value]
    return lambda one, other: (before[one] - before[other]) ** 2
