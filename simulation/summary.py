"""What many simulated days say together: figures with intervals, strategies side by side, and whether they differ.

The sentence comes first: what was found, or that nothing was shown.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from pacing.stats import interval as exact_share
from simulation.intervals import CONFIDENCE, Interval, interval, rate_interval
from simulation.report import Day, Kept
from simulation.scenario import Scenario
from simulation.texts import text_key

Parts = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of days that is worth comparing. `step` is how far a difference must go to matter to anybody.

    `parts` is what a day adds above and below the line: days that belong together are one sum over the other, so that a
    day with few people does not weigh as much as one with many. What is no ratio stands over 1, which makes it a mean
    over days. A day without the figure adds nothing over nothing.

    `exact` gives the exact interval of what is counted (count, of how much, confidence), for where replications that do
    not differ say nothing of chance; None where nothing is counted one by one.
    """

    key: str
    label: str  # the key of its text
    parts: Callable[[Day], Parts]
    factor: float  # for showing
    unit: str
    places: int
    step: float  # as shown
    more_is_better: bool | None
    exact: Callable[[int, float, float], tuple[float, float]] | None = None

    def sums(self, days: Sequence[Day]) -> Parts:
        """What the days come to above and below the line."""
        parts = [self.parts(day) for day in days]
        return math.fsum(above for above, _ in parts), math.fsum(below for _, below in parts)

    def of(self, *days: Day) -> float | None:
        """The figure of these days together; None where none of them has it."""
        above, below = self.sums(days)
        return above / below if below else None


def _alone(value: float | None) -> Parts:
    return (0.0, 0.0) if value is None else (value, 1.0)


def _share_of_people(count: int, people: float, confidence: float) -> tuple[float, float]:
    return exact_share(count, round(people), confidence)


MEASURES = (
    Measure(
        "occupancy", text_key("measure.occupancy"), lambda day: (day.busy_s, day.at_work_s), 100, "%", 1, 0.5, True,
    ),
    Measure(
        "people", text_key("measure.people"), lambda day: (day.connected_people, day.at_work_h), 1, "", 2, 0.1, True,
        rate_interval,
    ),
    Measure(
        "right", text_key("measure.right"), lambda day: (day.right_parties, day.at_work_h), 1, "", 2, 0.1, True,
        rate_interval,
    ),
    Measure(
        "promises", text_key("measure.promises"), lambda day: (day.promises, day.at_work_h), 1, "", 2, 0.1, True,
        rate_interval,
    ),
    Measure(
        "abandoned", text_key("measure.abandoned"), lambda day: (day.missed, day.answered_people), 100, "%", 2, 0.1,
        False, _share_of_people,
    ),
    Measure("wait", text_key("measure.wait"), lambda day: _alone(day.wait_p99_s), 1, "s", 2, 0.1, False),
    Measure("lines", text_key("measure.lines"), lambda day: _alone(day.lines_mean), 1, "", 1, 1.0, None),
    Measure("calls", text_key("measure.calls"), lambda day: _alone(day.placed), 1, "", 0, 1.0, None),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """One strategy over all its days."""

    name: str
    days: tuple[Day, ...]
    figures: Mapping[str, Interval | None]
    replications: int
    by_seed: bool
    cap: float | None  # of the sole campaign; None where nothing dials ahead, and with several: none holds for all
    days_above_cap: int | None  # of any campaign's own; None where nothing dials ahead
    worst: Kept | None = None  # of several campaigns on all days, what used most of its own cap

    def campaigns(self) -> Iterator[tuple[Kept, int | None]]:
        """Each campaign over all days, and on how many it was above its cap."""
        for days in zip(*(day.campaigns for day in self.days), strict=True):
            one = days[0]
            people, missed = sum(day.people for day in days), sum(day.missed for day in days)
            above = None if one.cap is None else sum(day.above for day in days)
            yield Kept(one.campaign, one.cap, people, missed), above

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        figures = {
            key: None if one is None else {"mean": one.mean, "low": one.low, "high": one.high}
            for key, one in self.figures.items()
        }
        return {
            "strategy": self.name,
            "days": len(self.days),
            "replications": self.replications,
            "replicated_by": "seed" if self.by_seed else "day",
            "abandon_cap": self.cap,
            "days_above_cap": self.days_above_cap,
            "worst_campaign": None if self.worst is None else asdict(self.worst),
            "campaigns": [asdict(one) | {"days_above_cap": above} for one, above in self.campaigns()],
            "figures": figures,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One strategy less the `first` one, on the same people.

    `verdict` is better, worse, more or less; none where no difference is shown, unknown where one day is all there is.
    """

    name: str
    measure: Measure
    found: Interval
    confidence: float
    verdict: str
    first: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "strategy": self.name,
            "measure": self.measure.key,
            "difference": self.found.mean,
            "low": self.found.low,
            "high": self.found.high,
            "confidence": self.confidence,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that a report tells."""

    scenario: Scenario
    summaries: tuple[Summary, ...]
    differences: tuple[Difference, ...]
    sentences: tuple[str, ...]
    caution: str
    footer: str


def summary(name: str, days: Sequence[Day]) -> Summary:
    """The strategy's figures; seeds are the replications where there are two of them, else its days."""
    groups, by_seed = _replications(days)
    figures = {measure.key: figure(measure, list(groups.values())) for measure in MEASURES}
    capped = [one for day in days for one in day.campaigns if one.cap is not None]
    above = sum(any(one.above for one in day.campaigns) for day in days) if capped else None
    several = any(len(day.campaigns) > 1 for day in days)
    cap = capped[0].cap if capped and not several else None
    worst = max(capped, key=lambda one: (one.used, one.people)) if capped and several else None
    return Summary(name, tuple(days), figures, len(groups), by_seed, cap, above, worst)


def differences(first: Summary, others: Sequence[Summary]) -> list[Difference]:
    """Each other strategy against the first, in pairs of the same seed and day.

    The confidence of all intervals of one figure together is 95 % (Bonferroni).
    """
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(others))
    return [found for one in others for measure in MEASURES if (found := _difference(first, one, measure, confidence))]


def _difference(first: Summary, other: Summary, measure: Measure, confidence: float) -> Difference | None:
    mine, _ = _replications(other.days)
    base, _ = _replications(first.days)
    found = change(measure, [(mine[key], base[key]) for key in mine if key in base], confidence)
    if found is None:
        return None
    return Difference(other.name, measure, found, confidence, _verdict(found, measure), first.name)


def _verdict(found: Interval, measure: Measure) -> str:
    if found.low is None or found.high is None:
        return "unknown"
    if found.low <= 0 <= found.high:
        return "none"
    if measure.more_is_better is None:
        return "more" if found.mean > 0 else "less"
    return "better" if (found.mean > 0) is measure.more_is_better else "worse"


def _replications(days: Sequence[Day]) -> tuple[dict[tuple[int, int], list[Day]], bool]:
    """Days by what repeats independently: seeds, or where there is one only, the days of it."""
    by_seed = len({day.seed for day in days}) > 1
    groups: dict[tuple[int, int], list[Day]] = {}
    for day in days:
        groups.setdefault((day.seed, 0 if by_seed else day.day), []).append(day)
    return groups, by_seed


def figure(measure: Measure, replications: Sequence[Sequence[Day]], confidence: float = CONFIDENCE) -> Interval | None:
    """The figure's mean over replications, each of some days, with its interval; None where no day has it.

    Student's over the replications. Where they all say the same (nobody abandoned, on any day) it would be of no width:
    then what is counted has its exact interval, of all days together.
    """
    values = [value for days in replications if (value := measure.of(*days)) is not None]
    found = interval(values, confidence)
    bounds = _exact(measure, values, replications, confidence)
    return found if found is None or bounds is None else replace(found, low=bounds[0], high=bounds[1])


def change(
    measure: Measure, pairs: Sequence[tuple[Sequence[Day], Sequence[Day]]], confidence: float = CONFIDENCE
) -> Interval | None:
    """The mean of the figure of one less that of the other in each pair, with its interval; None without any pair.

    Student's over the pairs. Where all of both say the same, the exact intervals of both are put together as those of
    strangers (Newcombe's method 10, Statistics in Medicine 17, 1998): wider than need be, and not of no width.
    """
    both = [(measure.of(*one), measure.of(*other)) for one, other in pairs]
    values = [(one, other) for one, other in both if one is not None and other is not None]
    found = interval([one - other for one, other in values], confidence)
    ours = _exact(measure, [one for one, _ in values], [one for one, _ in pairs], confidence)
    theirs = _exact(measure, [other for _, other in values], [other for _, other in pairs], confidence)
    if found is None or ours is None or theirs is None:
        return found
    one, other = values[0]
    down, up = math.hypot(one - ours[0], theirs[1] - other), math.hypot(ours[1] - one, other - theirs[0])
    return replace(found, low=found.mean - down, high=found.mean + up)


def _exact(
    measure: Measure, values: Sequence[float], replications: Sequence[Sequence[Day]], confidence: float
) -> tuple[float, float] | None:
    """The exact interval of what is counted, where two replications or more all say the same."""
    if measure.exact is None or len(values) < 2 or min(values) < max(values):
        return None
    above, below = measure.sums([day for days in replications for day in days])
    return measure.exact(round(above), below, confidence)
