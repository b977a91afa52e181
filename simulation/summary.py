"""What many simulated days say together: figures with intervals, strategies side by side, and whether they differ.

The sentence comes first: what was found, or that nothing was shown.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from simulation.intervals import CONFIDENCE, Interval, interval
from simulation.report import Day, Kept
from simulation.scenario import Scenario
from simulation.texts import text_key


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a day that is worth comparing. `step` is how far a difference must go to matter to anybody."""

    key: str
    label: str  # the key of its text
    of: Callable[[Day], float | None]
    factor: float  # for showing
    unit: str
    places: int
    step: float  # as shown
    more_is_better: bool | None


MEASURES = (
    Measure("occupancy", text_key("measure.occupancy"), lambda day: day.occupancy, 100, "%", 1, 0.5, True),
    Measure("people", text_key("measure.people"), lambda day: day.people_per_agent_hour, 1, "", 2, 0.1, True),
    Measure("right", text_key("measure.right"), lambda day: day.right_parties_per_agent_hour, 1, "", 2, 0.1, True),
    Measure("promises", text_key("measure.promises"), lambda day: day.promises_per_agent_hour, 1, "", 2, 0.1, True),
    Measure("abandoned", text_key("measure.abandoned"), lambda day: day.abandon_ratio, 100, "%", 2, 0.1, False),
    Measure("wait", text_key("measure.wait"), lambda day: day.wait_p99_s, 1, "s", 2, 0.1, False),
    Measure("lines", text_key("measure.lines"), lambda day: day.lines_mean, 1, "", 1, 1.0, None),
    Measure("calls", text_key("measure.calls"), lambda day: float(day.placed), 1, "", 0, 1.0, None),
)
PRESENT = MEASURES[0]


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
    """One strategy less the `first` one, on the same people: `verdict` is better, worse, more, less or none."""

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
    figures = {measure.key: interval(_values(measure, list(groups.values()))) for measure in MEASURES}
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
    pairs = [
        (_values(measure, [mine[key]]), _values(measure, [base[key]])) for key in mine if key in base
    ]  # fmt: skip
    found = interval([one[0] - two[0] for one, two in pairs if one and two], confidence)
    if found is None:
        return None
    return Difference(other.name, measure, found, confidence, _verdict(found, measure), first.name)


def _verdict(found: Interval, measure: Measure) -> str:
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
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


def _values(measure: Measure, groups: Sequence[Sequence[Day]]) -> list[float]:
    """The mean of the figure in each group, where it has one."""
    found = []
    for days in groups:
        values = [value for day in days if (value := measure.of(day)) is not None]
        if values:
            found.append(math.fsum(values) / len(values))
    return found
