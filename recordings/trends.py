"""What scores come to over time: means with intervals, by agent, campaign and item; which items fail most. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dialer.store import Evaluation
from pacing.stats import interval
from recordings.forms import Form, score

# Two-sided 95 % points of Student's t by degrees of freedom; the normal's beyond.
_T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval; without one below two values."""

    count: int
    mean: float
    low: float | None
    high: float | None


def mean_of(values: Sequence[float]) -> Mean:
    """By Student's t, cut to 0..1, where scores live."""
    count = len(values)
    middle = sum(values) / count
    if count < 2:
        return Mean(count, middle, None, None)
    spread = math.sqrt(sum((one - middle) ** 2 for one in values) / (count - 1) / count)
    reach = spread * (_T95[count - 2] if count - 2 < len(_T95) else 1.96)
    return Mean(count, middle, max(0.0, middle - reach), min(1.0, middle + reach))


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its exact 95 % interval (Clopper and Pearson)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


def share_of(count: int, of: int) -> Share:
    low, high = interval(count, of)
    return Share(count, of, low, high)


@dataclass(frozen=True, slots=True)
class Trend:
    """One group of evaluations. `label`: of an item, whose group is its key."""

    group: Hashable
    score: Mean | None
    passed: Share
    critical: Share
    label: str = ""


def trends(evaluations: Iterable[Evaluation], group: Callable[[Evaluation], Hashable]) -> tuple[Trend, ...]:
    """The evaluations that stand, by group."""
    groups: dict[Hashable, list[Evaluation]] = defaultdict(list)
    for one in standing(evaluations):
        groups[group(one)].append(one)
    return tuple(
        Trend(
            key,
            mean_of(scores) if (scores := [one.score for one in ones if one.score is not None]) else None,
            share_of(sum(one.passed for one in ones), len(ones)),
            share_of(sum(bool(one.critical) for one in ones), len(ones)),
        )
        for key, ones in sorted(groups.items(), key=lambda pair: str(pair[0]))
    )


def item_trends(evaluations: Iterable[Evaluation], forms: Mapping[int, Form]) -> tuple[Trend, ...]:
    """The same for each item, by its key and label: its points from 0 to 1, how often it had all of them, and how often
    it was a critical error."""
    points: dict[tuple[str, str], list[float]] = defaultdict(list)
    errors: Counter[tuple[str, str]] = Counter()
    for one in standing(evaluations):
        form = forms[one.form]
        reached = score(form, one.answers).points
        for item in form.items:
            if item.key in reached:
                points[item.key, item.label].append(reached[item.key])
                errors[item.key, item.label] += item.critical is not None and reached[item.key] == 0
    return tuple(
        Trend(
            key[0], mean_of(values), share_of(sum(value == 1 for value in values), len(values)),
            share_of(errors[key], len(values)), key[1],
        )
        for key, values in sorted(points.items())
    )  # fmt: skip


def standing(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """Those that were neither replaced nor part of a calibration."""
    return [one for one in evaluations if one.state != "replaced" and not one.blind]


@dataclass(frozen=True, slots=True)
class Failing:
    """An item by what it cost: `lost` is the score that its answers took away, `share` its part of all lost."""

    item: str
    label: str
    asked: int
    failed: Share
    lost: float
    share: float
    cumulative: float


def pareto(evaluations: Iterable[Evaluation], forms: Mapping[int, Form]) -> tuple[Failing, ...]:
    """The items that cost most, the worst first, with the running share of all that was lost."""
    asked: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    lost: dict[tuple[str, str], float] = defaultdict(float)
    for one in standing(evaluations):
        form = forms[one.form]
        points = score(form, one.answers).points
        whole = sum(item.weight for item in form.items if item.critical is None) or 1.0
        for item in form.items:
            if item.key in points:
                key = (item.key, item.label)
                asked[key] += 1
                failed[key] += points[item.key] < 1
                lost[key] += (1 - points[item.key]) * (1.0 if item.critical is not None else item.weight / whole)
    total = sum(lost.values()) or 1.0
    rows, running = [], 0.0
    for key in sorted(asked, key=lambda key: (-lost[key], key)):
        running += lost[key]
        failing = share_of(failed[key], asked[key])
        rows.append(Failing(*key, asked[key], failing, lost[key], lost[key] / total, running / total))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Link:
    """How two figures go together over the same hours or calls: Spearman's rank correlation with its 95 % interval."""

    pairs: int
    rho: float | None
    low: float | None
    high: float | None


def link(pairs: Sequence[tuple[float, float]]) -> Link:
    """Fisher's interval with Bonett and Wright's variance (2000); nothing is said below five pairs."""
    if len(pairs) < 5:
        return Link(len(pairs), None, None, None)
    first, second = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    middle = (len(pairs) + 1) / 2
    both = sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True))
    spread = math.sqrt(sum((a - middle) ** 2 for a in first) * sum((b - middle) ** 2 for b in second))
    if not spread:
        return Link(len(pairs), None, None, None)
    rho = both / spread
    reach = 1.96 * math.sqrt((1 + rho**2 / 2) / (len(pairs) - 3))
    at = math.atanh(max(-0.999999, min(0.999999, rho)))
    return Link(len(pairs), rho, math.tanh(at - reach), math.tanh(at + reach))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a figure of a talk goes with what came of it. `least`, `most`: the share of the third of talks with the least
    and with the most of the figure."""

    link: Link
    least: Share
    most: Share


def outcome_link(pairs: Sequence[tuple[float, bool]]) -> Outcome:
    """Of each talk its figure, and whether it came to what is asked for."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    third = len(ordered) // 3
    least, most = ordered[:third], ordered[len(ordered) - third :]
    return Outcome(
        link([(figure, float(came)) for figure, came in pairs]),
        share_of(sum(came for _, came in least), third),
        share_of(sum(came for _, came in most), third),
    )


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, equal values sharing theirs."""
    count = Counter(values)
    first, before = {}, 0
    for value in sorted(count):
        first[value], before = before, before + count[value]
    return [first[value] + (count[value] + 1) / 2 for value in values]
