"""A past day forecast as if it were to come: laws from the days before it, its own agents and settings, its own hours.

The forecast is held against what was recorded, for the whole day and hour by hour. Nothing of the day itself goes into
the laws, unless nothing was recorded before it: then that is said.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from random import Random

from dialer.core.ids import AgentId
from dialer.core.messages import CampaignSet, PaceSet
from dialer.core.model import CallRecord, Campaign, Spell
from dialer.store import CallFilter, Store
from dialer.store.codec import decode
from pacing.stats import interval
from simulation.calibrate.fit import fit
from simulation.calibrate.history import History, history, own_spells
from simulation.calibrate.standing import ListThen
from simulation.calibrate.write import scenario_of
from simulation.figures import Book, Figures, figures
from simulation.intervals import Interval
from simulation.past import PastError
from simulation.pools import pool
from simulation.scenario import Scenario
from simulation.whatif.clear import measured
from simulation.whatif.ongoing import ONE, OngoingWorld
from simulation.whatif.present import Present, present
from simulation.whatif.shared import chosen, shares_of
from simulation.whatif.unsure import Unsure, one_of_many, unsure_of
from simulation.world.chance import Chance
from simulation.world.shifts import BreakPlan, ShiftPlan, clock_of

PROMISED = 0.9  # the share of what comes that a forecast's interval is to hold
MEASURES = ("occupancy", "connected", "abandoned", "talk_min")
HOUR_S = 3600.0
SETTLED_S = 60.0  # by then a day's settings are in force
SETTING = ('{"type":"CampaignSet"', '{"type":"PaceSet"')
TAIL_S = 900.0  # a day's last piece shorter than this belongs to the hour before
SHORTEST_S = 600.0  # an agent who was there for less was not
AWAY_S = 900.0  # signed out for less: called a phone again, or changed places


class Trained(StrEnum):
    """Which time the laws are of."""

    BEFORE = "before"
    ITSELF = "itself"  # the day, since nothing was recorded before it
    OVERLAPPING = "overlapping"  # some of the day is in it, as was asked for
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDay:
    """What a forecast of a past day starts from, and the fact."""

    campaign: Campaign
    scenario: Scenario
    before: Present  # what was known when the day began
    since: float
    until: float
    trained_on: int  # calls
    unsure: Unsure
    trained: Trained
    calls: tuple[CallRecord, ...]
    spells: tuple[Spell, ...]
    shares: Mapping[AgentId, float]  # the campaign's part of each one's conversations on the day

    @property
    def in_sample(self) -> bool:
        """Whether the laws know of the day what a forecast of it could not have known."""
        return self.trained in {Trained.ITSELF, Trained.OVERLAPPING}

    def edges(self) -> list[float]:
        """Hour by hour, from its beginning to its end."""
        count = max(1, math.ceil((self.until - self.since - TAIL_S) / HOUR_S))
        return [self.since + at * HOUR_S for at in range(count)] + [self.until]

    def fact(self, since: float, until: float) -> Figures:
        return figures(self.calls, self.spells, self.campaign, since, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One figure: what was forecast (9 of 10 futures), and what came."""

    measure: str
    since: float
    until: float
    forecast: Interval
    fact: float

    @property
    def inside(self) -> bool:
        low, high = self.forecast.low, self.forecast.high
        return low is not None and high is not None and low <= self.fact <= high


@dataclass(frozen=True, slots=True)
class Covered:
    """One figure's forecast intervals, hour by hour, and how many of them held what came."""

    measure: str
    hours: tuple[Held, ...]

    @property
    def inside(self) -> int:
        return sum(one.inside for one in self.hours)

    @property
    def doubtful(self) -> bool:
        """Whether so few held by chance less than once in twenty, had each the 0.9 that it promises."""
        return interval(self.inside, len(self.hours), 0.9)[1] < PROMISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The whole day, and its hours."""

    day: tuple[Held, ...]
    hours: tuple[Held, ...]

    @property
    def coverage(self) -> float:
        """The share of hourly figures that lie within their intervals, which promise 0.9."""
        return sum(one.inside for one in self.hours) / len(self.hours) if self.hours else 0.0

    @property
    def covered(self) -> tuple[Covered, ...]:
        """The same for each figure: of its hours, how many intervals held what came."""
        return tuple(Covered(one, tuple(each for each in self.hours if each.measure == one)) for one in MEASURES)


async def past_day(
    store: Store, campaign: Campaign, day: tuple[float, float], training: tuple[float, float] | None
) -> PastDay:
    """Read a day, and fit the laws to `training` (None: everything in the two weeks before it; else the day itself).

    Raises PastError where nothing was dialled on the day, StoreError.
    """
    there = await history(store, campaign, *day)
    campaign = await in_force(store, campaign, there.since + SETTLED_S)
    past, trained = await _training(store, campaign, day, training, there)
    fitted = fit(past)
    laws = scenario_of(fitted)
    where = CallFilter(campaign=campaign.id, since=day[0], until=day[1], placed=True)
    calls = tuple([row.record async for row in store.calls.stream(where)])
    own = tuple(one for one in await own_spells(store, campaign, *day, calls) if one.state != "signed_out")
    if not own:
        raise PastError(f"nobody was signed in for campaign {campaign.name!r} on that day")
    since, until = min(one.since for one in own), max(one.until for one in own)
    before = await present(store, campaign, since, empty=True, until=until)
    talks = await store.spells.talks(since, until)
    return PastDay(
        campaign=campaign,
        scenario=_of_day(_of_list(laws, before.list_, there), there, own, since, until),
        before=before,
        since=since,
        until=until,
        trained_on=len(past.attempts),
        unsure=unsure_of(fitted),
        trained=trained,
        calls=calls,
        spells=own,
        shares=shares_of(
            campaign.id, {one.agent: {campaign.id, *talks.get(one.agent, ())} for one in own}, talks, talks
        ),
    )


async def in_force(store: Store, campaign: Campaign, at: float) -> Campaign:
    """The campaign as it was configured at the instant, by the journal; as it is now where that tells nothing."""
    runs = [run for run in await store.journal.runs() if run.begun_at <= at]
    found, after = campaign, 0
    while runs and (rows := await store.journal.events(runs[-1].id, after)):
        for row in rows:
            if row.at > at:
                return found
            if row.kind == "event" and row.body.startswith(SETTING):
                event = decode(row.body)
                if isinstance(event, CampaignSet) and event.campaign.id == campaign.id:
                    found = event.campaign
                elif isinstance(event, PaceSet) and event.campaign == campaign.id:
                    found = replace(found, pacing=event.settings)
        after = rows[-1].seq
    return found


async def _training(
    store: Store, campaign: Campaign, day: tuple[float, float], wanted: tuple[float, float] | None, there: History
) -> tuple[History, Trained]:
    if wanted is not None:
        return await history(store, campaign, *wanted), _trained(wanted, day)
    try:
        return await history(store, campaign, day[0] - 14 * 86_400.0, day[0]), Trained.BEFORE
    except PastError:
        return there, Trained.ITSELF


def _trained(wanted: tuple[float, float], day: tuple[float, float]) -> Trained:
    if wanted[1] <= day[0]:
        return Trained.BEFORE
    return Trained.AFTER if wanted[0] >= day[1] else Trained.OVERLAPPING


def _of_list(laws: Scenario, list_: ListThen | None, there: History) -> Scenario:
    """The laws with the list as it stood; where nothing is known of it, with a fresh one."""
    [plan, *_] = laws.campaigns
    if list_ is None:
        return replace(laws, campaigns=(replace(plan, leads=max(plan.leads, len({o.lead for o in there.attempts}))),))
    return replace(laws, campaigns=(replace(plan, leads=list_.fresh, tried=list_.tried),))


def _of_day(laws: Scenario, there: History, spells: Sequence[Spell], since: float, until: float) -> Scenario:
    """The laws with the day's own people at their own hours."""
    local = there.local(since).replace(tzinfo=None)
    midnight = since - (local.hour * 3600.0 + local.minute * 60.0 + local.second)  # as the world's day counts its hours
    people = [[one for one in spells if one.agent == agent] for agent in dict.fromkeys(one.agent for one in spells)]
    shifts = [shift for own in people if (shift := _shift(own, midnight)) is not None]
    habits = replace(laws.habits, arrive_within_s=60.0, late_share=0.0)
    return replace(
        laws,
        starts=local.isoformat(timespec="seconds"),
        hours=(until - since) / 3600.0,
        shifts=tuple(shifts),
        habits=habits,
    )


def _name(agent: AgentId) -> str:
    return f"agent {agent}"


def _shift(own: Sequence[Spell], midnight: float) -> ShiftPlan | None:
    """One agent's hours: from the first spell to the last, and whenever nobody was signed in, a break. So one who works
    into the morning and comes again in the evening has one shift that day. None for one who was hardly there.
    """
    spans = list[tuple[float, float]]()
    for one in sorted(own, key=lambda one: one.since):
        if spans and one.since - spans[-1][1] < AWAY_S:
            spans[-1] = spans[-1][0], max(spans[-1][1], one.until)
        else:
            spans.append((one.since, one.until))
    if math.fsum(ends - starts for starts, ends in spans) < SHORTEST_S:
        return None
    gone = [(ends, begins) for (_, ends), (begins, _) in pairwise(spans)]
    return ShiftPlan(
        name=_name(own[0].agent),
        starts=clock_of(spans[0][0] - midnight),
        ends=clock_of(spans[-1][1] - midnight),
        agents=1,
        breaks=tuple(
            BreakPlan(at=clock_of(ends - midnight), minutes=(begins - ends) / 60.0, spread_minutes=0.0)
            for ends, begins in gone
        ),
    )


def _with_own(scenario: Scenario, shares: Mapping[AgentId, float], draw: Random) -> Scenario:
    """Of agents whom several campaigns share, as many as the campaign has of them."""
    by_name = {_name(agent): share for agent, share in shares.items()}
    here = chosen([by_name.get(one.name, 1.0) for one in scenario.shifts], draw)
    shifts = tuple(one for one, is_here in zip(scenario.shifts, here, strict=True) if is_here)
    return replace(scenario, shifts=shifts or scenario.shifts[:1])


def lived(day: PastDay, seed: int) -> list[Figures]:
    """The day once more in simulation: its hours, then the whole."""
    before = replace(day.before, spells=(), in_progress=(), unwrapped=())
    scenario = _with_own(one_of_many(day.scenario, day.unsure, seed), day.shares, Chance(seed).fresh("shared"))
    world, book = OngoingWorld(scenario, before, seed), Book()
    world.watch(book)
    world.begin()
    world.run(day.until - day.since)
    campaign = replace(world.campaigns[ONE], dispositions=day.campaign.dispositions)
    spans = [*pairwise(day.edges()), (day.since, day.until)]
    return [book.figures(campaign, since, until) for since, until in spans]


def judge(day: PastDay, *, simulations: int, jobs: int, progress: Callable[[], None] = lambda: None) -> Verdict:
    """Live through the day so many times, and hold each figure against what came."""
    with pool(jobs, method="fork") as executor:
        running = [executor.submit(lived, day, seed) for seed in range(1, simulations + 1)]
        for _ in as_completed(running):
            progress()
        found = [one.result() for one in running]
    spans = [*pairwise(day.edges()), (day.since, day.until)]
    held = [one for at, span in enumerate(spans) for one in _held(day, span, [each[at] for each in found])]
    return Verdict(day=tuple(held[-len(MEASURES) :]), hours=tuple(held[: -len(MEASURES)]))


def _held(day: PastDay, span: tuple[float, float], found: Sequence[Figures]) -> list[Held]:
    forecast, fact = measured(found), day.fact(*span)
    return [
        Held(measure=one, since=span[0], until=span[1], forecast=forecast[one], fact=getattr(fact, one))
        for one in MEASURES
    ]
