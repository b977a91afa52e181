"""A stretch of time in figures: calls, answers, waits, agents. The one summary for command line, page and demo.

Counts and percentiles of what was kept; decides nothing. The definitions are those of docs/glossary.md.
"""

import math
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from typing import NamedTuple

from dialer.core.agents import AT_WORK, BUSY
from dialer.core.ids import CampaignId
from dialer.core.model import Category
from dialer.core.outcomes import Outcome
from dialer.store.rows import Tally
from dialer.store.store import Store
from pacing.stats import interval

LIVE = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP})  # a person answered, or so it seemed
IN_PROGRESS = "in_progress"
Code = tuple[CampaignId, str]  # a disposition of a campaign


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure was spread; percentiles by the nearest rank."""

    n: int
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """A stretch of time in figures. Ratios are shares from 0 to 1, None where nothing was counted."""

    since: float
    until: float
    campaign: CampaignId | None
    calls_placed: int
    outcomes: dict[str, int]
    answered_live: int  # a person answered: connected, abandoned or hung up before either; less `machines_found`
    connected: int
    machines_found: int  # connected, and the agent said that it was a machine
    abandoned: int
    abandon_ratio: float | None  # abandoned over answered live
    abandon_interval: tuple[float, float] | None  # the exact one of 95 % of that ratio
    occupancy: float | None  # dialer.core.agents.BUSY over AT_WORK
    talk_s: float
    answer_to_bridge_ms: Spread | None  # from the later of answer and agent ready to the bridge
    wait_ms: Spread | None  # from answer to bridge, the whole wait
    dispositions: dict[str, int]
    recordings: int

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour (or what `step_s` says) of calls, by the time they were placed."""

    since: float
    placed: int = 0
    answered: int = 0  # by people, as the day's `answered_live`
    connected: int = 0
    abandoned: int = 0
    talk_s: float = 0.0


async def day_report(store: Store, since: float, until: float, campaign: CampaignId | None = None) -> DayReport:
    """The figures of the calls placed with since <= t < until, of one campaign or of all. Raises StoreError."""
    tallies = await store.calls.tallies(since, until, campaign)
    dispositions = _counted(tallies, "disposition")
    dispositions.pop("", None)
    calls = _calls(tallies, await _machine_codes(store))
    waits = await store.calls.waits(since, until, campaign)
    return DayReport(
        since=since,
        until=until,
        campaign=campaign,
        calls_placed=calls.placed,
        outcomes=dict(sorted(calls.outcomes.items())),
        answered_live=calls.live,
        connected=calls.connected,
        machines_found=calls.machines,
        abandoned=calls.abandoned,
        abandon_ratio=calls.abandoned / calls.live if calls.live else None,
        abandon_interval=interval(calls.abandoned, calls.live) if calls.live else None,
        occupancy=await _occupancy(store, since, until, campaign),
        talk_s=sum(one.talk_s for one in tallies),
        answer_to_bridge_ms=spread([1000 * (b - max(a, a if r is None else r)) for a, r, b in waits]),
        wait_ms=spread([1000 * (bridged - answered) for answered, _, bridged in waits]),
        dispositions=dict(sorted(dispositions.items())),
        recordings=sum(one.recordings for one in tallies),
    )


async def hourly(
    store: Store, since: float, until: float, campaign: CampaignId | None = None, *, step_s: float = 3600.0
) -> tuple[Hour, ...]:
    """The same stretch in steps counted from `since`, those without calls too."""
    tallies = await store.calls.tallies(since, until, campaign, step_s=step_s)
    codes = await _machine_codes(store)
    steps = range(math.ceil((until - since) / step_s))
    return tuple(_hour(since + n * step_s, [one for one in tallies if one.step == n], codes) for n in steps)


def _hour(since: float, tallies: Sequence[Tally], codes: Set[Code]) -> Hour:
    calls = _calls(tallies, codes)
    return Hour(
        since=since,
        placed=calls.placed,
        answered=calls.live,
        connected=calls.connected,
        abandoned=calls.abandoned,
        talk_s=sum(one.talk_s for one in tallies),
    )


class _Calls(NamedTuple):
    placed: int
    outcomes: dict[str, int]
    live: int
    connected: int
    machines: int
    abandoned: int


def _calls(tallies: Sequence[Tally], codes: Set[Code]) -> _Calls:
    """Calls by how they ended, for a day and for each of its hours: which of them a person answered is decided here."""
    outcomes = {outcome or IN_PROGRESS: count for outcome, count in _counted(tallies, "outcome").items()}
    connected = [one for one in tallies if one.outcome == Outcome.CONNECTED]
    machines = sum(one.calls for one in connected if (one.campaign, one.disposition) in codes)
    return _Calls(
        placed=sum(outcomes.values()),
        outcomes=outcomes,
        live=sum(outcomes.get(one, 0) for one in LIVE) - machines,
        connected=outcomes.get(Outcome.CONNECTED, 0),
        machines=machines,
        abandoned=outcomes.get(Outcome.ABANDONED, 0),
    )


def _counted(tallies: Sequence[Tally], name: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in tallies:
        counts[getattr(one, name)] += one.calls
    return dict(counts)


def spread(values: list[float]) -> Spread | None:
    """How the values are spread; None of none."""
    if not values:
        return None
    values = sorted(values)
    p50, p95, p99 = (_percentile(values, share) for share in (50, 95, 99))
    return Spread(n=len(values), p50=p50, p95=p95, p99=p99, max=round(values[-1], 3))


def _percentile(values: list[float], share: int) -> float:
    rank = -(-share * len(values) // 100)  # the smallest rank that `share` per cent do not exceed
    return round(values[max(rank, 1) - 1], 3)


async def _machine_codes(store: Store) -> frozenset[Code]:
    """By which dispositions agents of each campaign say that a machine had answered."""
    return frozenset(
        (campaign.id, one.code)
        for campaign in await store.campaigns.list()
        for one in campaign.dispositions
        if one.category is Category.MACHINE
    )


async def _occupancy(store: Store, since: float, until: float, campaign: CampaignId | None) -> float | None:
    busy = at_work = 0.0
    for agent in await store.spells.sheet(since, until, campaign=campaign):
        for state, seconds in agent.seconds:
            busy += seconds if state in BUSY else 0.0
            at_work += seconds if state in AT_WORK else 0.0
    return busy / at_work if at_work else None
