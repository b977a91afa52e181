"""Pairs of simulated futures from the present on, with a change and without, until the answer is clear or time is up.

Both of a pair meet the same people and the same chance; from pair to pair, people differ by as much as the laws may be
off. Everything runs in processes of the lowest priority: a live dialer beside it is not slowed.
"""

import math
import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dialer.core.control import next_number
from dialer.core.ids import LeadId
from dialer.core.model import Change
from dialer.errors import DialerError
from simulation.calibrate.standing import ListThen
from simulation.calibrate.write import FROM_CAMPAIGN
from simulation.figures import Book, Figures
from simulation.intervals import Interval
from simulation.pools import pool
from simulation.replications import cores
from simulation.scenario import Scenario, besides
from simulation.whatif.clear import Looks, Pair, differences, measured
from simulation.whatif.list_end import DiallingHours, list_end
from simulation.whatif.ongoing import ONE, STRANGERS, OngoingWorld
from simulation.whatif.present import Present
from simulation.whatif.shared import attending
from simulation.whatif.unsure import CERTAIN, Unsure, one_of_many
from simulation.world.chance import Chance

BUDGET_S = 10.0
PAIRS_MIN = 4  # before anything is called clear, and as far ahead as so many saw is told
PAIRS_MAX = 400
NICE = 19
COMING_S = 60.0  # until agents who are to come are there
STEP_S = 60.0  # of simulated time between two looks at the clock


class TooSlowError(DialerError):
    """No future was ready in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed: a live change, and agents and leads that are added, or taken away below 0."""

    change: Change | None = None
    agents: int = 0
    leads: int = 0

    @property
    def nothing(self) -> bool:
        return self == Proposal()


def proposed(*, agents: int = 0, leads: int = 0, **settings: object) -> Proposal:
    """A proposal of these settings of a live change. Raises TypeError for what a change cannot set."""
    given = {name: value for name, value in settings.items() if value is not None}
    change = Change(number=0, by="forecast", at=0.0, **given) if given else None  # type: ignore[arg-type]  # by name
    return Proposal(change=change, agents=agents, leads=leads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the futures came to; `futures` counts single ones.

    Intervals of figures are where the future will lie (90 %), intervals of differences where the mean lies (95 %, each
    by itself, however early the futures ended). `list_ends_in_s`: until each lead that is left, with those proposed,
    was dialled once more; None: it lasts beyond a week, or nothing is known of it. `calls` of the campaign taught its
    laws; `thin`: so few that what is usual elsewhere weighs in them.
    """

    at: float
    minutes: float
    asked_minutes: float
    futures: int
    seconds: float
    clear: bool  # stopped because the answer was
    present: dict[str, Interval]
    changed: dict[str, Interval] | None
    differences: dict[str, Interval] | None
    list_ends_in_s: Interval | None
    calls: int = 0
    thin: bool = False


def scenario_of(base: Scenario, present: Present, proposal: Proposal) -> Scenario:
    """The calibrated scenario with the present's campaign as configured, agents and list, and what is proposed."""
    campaign, [plan, *_] = present.campaign, base.campaigns
    list_ = (present.list_ or ListThen(fresh=plan.leads, tried=())).with_leads(proposal.leads)
    changed = replace(
        plan,
        **{name: getattr(campaign, name) for name in FROM_CAMPAIGN},
        policy=campaign.pacing.policy,
        abandon_cap=campaign.pacing.abandon_cap,
        leads=list_.fresh,
        tried=list_.tried,
        agents=0,
        pacing=besides(campaign.pacing),
    )
    zone = ZoneInfo(base.zone)
    starts = datetime.fromtimestamp(present.at, UTC).astimezone(zone).replace(tzinfo=None).isoformat()
    trunks = tuple(
        replace(base.trunks[0], name=one.name, lines_max=one.lines_max, calls_per_second=one.calls_per_second)
        for one in present.trunks
    )
    return replace(
        base, starts=starts, agents=len(present.spells) + max(0, proposal.agents), shifts=(), campaigns=(changed,),
        trunks=trunks, habits=replace(base.habits, late_share=0.0, arrive_within_s=COMING_S, dial_in_share=0.0),
    )  # fmt: skip


def with_proposal(present: Present, proposal: Proposal) -> Present:
    """The present with the proposed change made, over those that stand: these end when they are to."""
    if proposal.change is None:
        return present
    change = replace(proposal.change, number=next_number(present.campaign))
    return replace(present, campaign=replace(present.campaign, changes=(*present.campaign.changes, change)))


@dataclass(frozen=True, slots=True)
class Job:
    """What is simulated: the calibrated scenario, the floor, the proposal, for how long, and how unlike the scenario's
    laws those of each pair may be."""

    base: Scenario
    present: Present
    proposal: Proposal
    seconds: float
    unsure: Unsure = CERTAIN


class Future:
    """One future, lived as far as it is asked for."""

    def __init__(self, job: Job, proposal: Proposal, seed: int) -> None:
        floor = job.present
        spells = attending(floor.spells, floor.shares, floor.campaign.id, Chance(seed).fresh("shared"))
        present = with_proposal(replace(floor, spells=spells), proposal)
        scenario = scenario_of(one_of_many(job.base, job.unsure, seed), present, proposal)
        self._world = OngoingWorld(scenario, present, seed, leaving=max(0, -proposal.agents))
        self._book, self._present = Book(), job.present
        self._world.watch(self._book)
        self._world.begin()

    def run(self, seconds: float) -> None:
        self._world.run(seconds)

    def figures(self, seconds: float) -> Figures:
        """Of its first seconds."""
        campaign = replace(self._world.campaigns[ONE], dispositions=self._present.campaign.dispositions)
        found = self._book.figures(campaign, self._present.at, self._present.at + seconds)
        return replace(found, list_out_s=self._list_out_s(seconds))

    def _list_out_s(self, seconds: float) -> float | None:
        """When the last lead of the list was dialled, in its first seconds; None while some are left."""
        first: dict[LeadId, float] = {}
        for one in self._book.records.values():
            at = one.placed_at - self._present.at if one.placed_at is not None else math.inf
            if one.lead < STRANGERS and at < seconds:
                first[one.lead] = min(at, first.get(one.lead, math.inf))
        return max(first.values()) if first and len(first) >= self._world.lists.count(ONE) else None


def pair(job: Job, seed: int, deadline: float) -> list[Pair]:
    """Two futures with the same chance, side by side: their figures up to each step of `STEP_S` seconds.

    It ends at the deadline (`time.monotonic`), or after the job's seconds.
    """
    proposals = (Proposal(), job.proposal)[: 1 if job.proposal.nothing else 2]
    futures = [Future(job, proposal, seed) for proposal in proposals]
    steps = math.ceil(job.seconds / STEP_S)
    reached = 0
    while reached < steps and time.monotonic() < deadline:
        for one in futures:
            one.run(STEP_S)
        reached += 1
    found = []
    for step in range(1, reached + 1):
        now, *changed = (one.figures(min(step * STEP_S, job.seconds)) for one in futures)
        found.append((now, changed[0] if changed else None))
    return found


def forecast(
    base: Scenario,
    present: Present,
    proposal: Proposal,
    unsure: Unsure = CERTAIN,
    *,
    minutes: float,
    budget_s: float = BUDGET_S,
    jobs: int | None = None,
) -> Forecast:
    """Simulate for `budget_s` seconds of real time at most, in `jobs` processes (None: one for each core).

    Where the machine is too slow for so many minutes, the futures end sooner: the answer's `minutes` says when. Raises
    TooSlowError where nothing at all came about in time.
    """
    began = time.monotonic()
    deadline, jobs = began + budget_s, jobs or cores()
    job = Job(base, present, proposal, minutes * 60.0, unsure)
    looks = Looks()
    pairs, clear = _lived(job, looks, deadline, jobs)
    return _summed(pairs, job, looks.confidence, clear=clear, spent_s=time.monotonic() - began)


def _lived(job: Job, looks: Looks, deadline: float, jobs: int) -> tuple[list[list[Pair]], bool]:
    """As many pairs as fit, in the order of their seeds, and whether they were enough before time was up.

    Futures of one round share the time that is left with those to come, so that there are a few of them in any case.
    """
    done: dict[int, list[Pair]] = {}
    steps, seed = math.ceil(job.seconds / STEP_S), 0
    rounds = math.ceil(PAIRS_MIN / jobs)
    with pool(jobs, method="fork", nice=NICE) as executor:
        while time.monotonic() < deadline and len(done) < PAIRS_MAX:
            now = time.monotonic()
            until = now + (deadline - now) / max(1, rounds)
            rounds -= 1
            running = {executor.submit(pair, job, seed + at, until): seed + at for at in range(1, jobs + 1)}
            seed += jobs
            done |= {running[one]: one.result() for one in wait(running).done}
            whole = [one for one in done.values() if len(one) >= steps]
            if len(whole) == len(done) and looks.enough([one[-1] for one in whole]):
                return [done[at] for at in sorted(done)], True
    return [done[at] for at in sorted(done)], False


def _summed(found: Sequence[list[Pair]], job: Job, confidence: float, *, clear: bool, spent_s: float) -> Forecast:
    """The pairs up to the step that enough of them reached."""
    reached = sorted((len(one) for one in found), reverse=True)
    step = reached[min(PAIRS_MIN, len(reached)) - 1] if reached else 0
    if step == 0:
        raise TooSlowError(
            "no simulated future came about in time: give it more seconds, or look when less is going on"
        )
    pairs = [one[step - 1] for one in found if len(one) >= step]
    seconds = min(step * STEP_S, job.seconds)
    now, changed = [one for one, _ in pairs], [one for _, one in pairs if one is not None]
    return Forecast(
        at=job.present.at,
        minutes=seconds / 60.0,
        asked_minutes=job.seconds / 60.0,
        futures=len(now) + len(changed),
        seconds=spent_s,
        clear=clear,
        present=measured(now),
        changed=measured(changed) if changed else None,
        differences=differences(now, changed, confidence) if changed else None,
        list_ends_in_s=_list_end(changed or now, job, seconds),
    )  # fmt: skip


def _list_end(figures: Sequence[Figures], job: Job, seconds: float) -> Interval | None:
    """Of the list with what is proposed; None where no list is known."""
    if job.present.list_ is None:
        return None
    hours = DiallingHours(job.present.campaign.rules, job.base.zone, job.present.at)
    return list_end(figures, hours, job.present.list_.with_leads(job.proposal.leads).leads, seconds)
