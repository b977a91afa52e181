"""A list that was worked on: what is told of a past instant is what was told then, and futures begin with it."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import CampaignId
from dialer.core.messages import ClaimLeads, LeadsClaimed, SaveLead
from dialer.core.model import Lead
from dialer.core.outcomes import Outcome
from dialer.store import Store
from dialer.store.loading import NO_NUMBER
from simulation.calibrate.history import history
from simulation.calibrate.standing import ListThen
from simulation.configured import lists_of
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario
from simulation.validate.past_day import Held, PastDay, judge, past_day
from simulation.whatif.present import present
from simulation.world.chance import Chance
from simulation.world.lists import TriedPlan
from simulation.world.people import People
from simulation.world.store import Store as SimStore
from simulation.world.world import World

ONE = CampaignId(1)
WORN = Scenario(
    agents=6,
    hours=0.5,
    people=People(repeat_factor=0.4),  # whoever did not answer at first hardly ever does
    campaigns=(CampaignPlan(leads=250, lines_max=30, attempts_max=4),),
)
DAY_S = 86_400.0
SECOND = WORN.start() + DAY_S


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("standing")


@pytest.fixture(scope="module")
def databases(folder: Path) -> dict[int, str]:
    """The first day alone, and the same with a second."""

    async def keep(days: int) -> str:
        url = f"sqlite:///{folder / f'{days}.db'}"
        async with await Store.open(url) as store:
            await record(WORN, store, 5, days=days)
        return url

    return {days: asyncio.run(keep(days)) for days in (1, 2)}


def told(url: str, at: float) -> ListThen:
    async def read() -> ListThen:
        async with await Store.open(url) as store:
            [campaign] = await store.campaigns.list()
            found = (await present(store, campaign, at, empty=True)).list_
            assert found is not None
            return found

    return asyncio.run(read())


def numberless(url: str) -> int:
    async def read() -> int:
        async with await Store.open(url) as store:
            return dict((await store.leads.counts(ONE, SECOND)).results).get(NO_NUMBER, 0)

    return asyncio.run(read())


def by_attempts(list_: ListThen) -> dict[int, int]:
    counts = Counter({0: list_.fresh})
    for one in list_.tried:
        counts[one.attempts] += one.leads
    return dict(counts)


def test_a_past_instant_is_told_as_it_was_told_then(databases: dict[int, str]) -> None:
    then, looked_back_on = (told(databases[days], SECOND - 60.0) for days in (1, 2))
    assert then.leads < 245
    assert len(by_attempts(then)) > 1
    # Leads whose numbers were found to be dead meanwhile are told as finished: nobody could have dialled them.
    dead = numberless(databases[2]) - numberless(databases[1])
    assert by_attempts(then)[0] == by_attempts(looked_back_on)[0]
    assert then.leads - dead <= looked_back_on.leads <= then.leads
    due = [sum(one.leads for one in each.tried if one.due_in_s == 0.0) for each in (then, looked_back_on)]
    slack = 0.02 * then.leads  # a callback's own time is in no call's record
    assert due[0] - dead - slack <= due[1] <= due[0] + slack


def test_a_day_on_a_worn_list_is_forecast_as_one(databases: dict[int, str]) -> None:
    async def read() -> PastDay:
        async with await Store.open(databases[2]) as store:
            [campaign] = await store.campaigns.list()
            return await past_day(store, campaign, (SECOND - 3600, SECOND + 3600), None)

    def connected(day: PastDay) -> Held:
        return next(one for one in judge(day, simulations=8, jobs=1).day if one.measure == "connected")

    day = asyncio.run(read())
    [plan] = day.scenario.campaigns
    assert plan.leads + sum(one.leads for one in plan.tried) < 245
    # The first day holds few second attempts: how leads wear is not to be learned from it, and given here.
    worn = replace(day, scenario=replace(day.scenario, people=WORN.people))
    fresh = replace(plan, leads=250, tried=())
    as_it_stood, as_if_fresh = (
        connected(worn),
        connected(replace(worn, scenario=replace(worn.scenario, campaigns=(fresh,)))),
    )
    assert as_it_stood.inside
    assert as_it_stood.forecast.mean < 0.85 * as_if_fresh.forecast.mean


def test_a_list_that_was_worked_on_is_recorded_as_such(tmp_path: Path) -> None:
    tried = (TriedPlan(attempts=3, due_in_s=3600.0, leads=40),)
    scenario = replace(WORN, campaigns=(CampaignPlan(leads=100, tried=tried),))

    async def read() -> ListThen | None:
        async with await Store.open(f"sqlite:///{tmp_path / 'worn.db'}") as store:
            await record(scenario, store, 1, days=0)
            [campaign] = await store.campaigns.list()
            return (await present(store, campaign, scenario.start() + 1.0, empty=True)).list_

    found = asyncio.run(read())
    assert found is not None
    assert by_attempts(found) == {0: 100, 3: 40}
    assert [round(one.due_in_s, -3) for one in found.tried] == [3000.0]


def test_attempts_are_counted_on_from_what_came_before_a_history(databases: dict[int, str]) -> None:
    async def read(since: float) -> dict[int, int]:
        """Each lead's first attempt in a history that begins then."""
        async with await Store.open(databases[2]) as store:
            [campaign] = await store.campaigns.list()
            found = await history(store, campaign, since, SECOND + 3600)
            return {one.lead: one.try_ for one in reversed(found.attempts)}

    whole, second = asyncio.run(read(0.0)), asyncio.run(read(SECOND - 3600))
    assert set(whole.values()) == {1}
    assert sum(one == 2 for one in second.values()) > 150
    assert max(second.values()) <= 3


def test_leads_alike_come_one_after_the_other_and_none_twice() -> None:
    tried = (TriedPlan(attempts=2, leads=40), TriedPlan(attempts=1, due_in_s=600.0, leads=30))
    scenario = Scenario(campaigns=(CampaignPlan(leads=20, tried=tried),))
    store = SimStore(lists_of(scenario, Chance(1)))
    at_once = claimed(store, 100, now=10.0)
    assert [one.attempts for one in at_once] == [0] * 20 + [2] * 40
    store.execute(SaveLead(at_once[25].id, 3, 500.0, "busy"), 20.0)
    later = claimed(store, 100, now=700.0)
    assert [one.attempts for one in later] == [3] + [1] * 30
    assert len({one.id for one in (*at_once, *later)}) == 90
    assert len(store.leads) == 90


def test_a_lead_more_or_fewer_leaves_the_others_the_people_they_were() -> None:
    """Both futures of a pair meet the same people, whatever is added or taken away."""
    tried = (TriedPlan(attempts=1, leads=40), TriedPlan(attempts=2, due_in_s=60.0, leads=30))
    then = ListThen(fresh=20, tried=tried)

    def people(list_: ListThen) -> dict[int, set[str]]:
        plan = CampaignPlan(leads=list_.fresh, tried=list_.tried)
        store = SimStore(lists_of(Scenario(campaigns=(plan,)), Chance(1)))
        numbers: dict[int, set[str]] = {}
        for one in claimed(store, 500, now=100.0):
            numbers.setdefault(one.attempts, set()).add(one.number.removeprefix("+")[:-1])
        return numbers

    as_it_is, more, fewer = people(then), people(then.with_leads(7)), people(then.with_leads(-30))
    assert {attempts: len(one) for attempts, one in more.items()} == {0: 27, 1: 40, 2: 30}
    assert sum(len(one) for one in fewer.values()) == 60
    for attempts, here in as_it_is.items():
        assert here <= more[attempts]
        assert fewer[attempts] <= here


def test_few_of_a_million_leads_alike_are_at_hand() -> None:
    tried = (TriedPlan(attempts=2, leads=1_000_000),)
    store = SimStore(lists_of(Scenario(campaigns=(CampaignPlan(leads=0, tried=tried),)), Chance(1)))
    assert len(claimed(store, 50, now=1.0)) == 50
    assert len(store.leads) == 51


def claimed(store: SimStore, count: int, now: float) -> tuple[Lead, ...]:
    answer = store.execute(ClaimLeads(ONE, count), now)
    assert isinstance(answer, LeadsClaimed)
    return answer.leads


def test_who_was_tried_before_answers_as_one_who_was() -> None:
    """The world counts a lead's attempts on from there: with such wear, hardly anybody answers."""

    def connected(*, attempts: int) -> int:
        tried = (TriedPlan(attempts=attempts, leads=2000),)
        world = World(
            Engine, replace(WORN, campaigns=(replace(WORN.campaigns[0], leads=0, attempts_max=9, tried=tried),)), 1
        )
        world.begin()
        world.run(900.0)
        return sum(call.answered_at is not None for call in world.switch.finished)

    assert connected(attempts=0) > 1.3 * connected(attempts=3) > 0


def test_of_numbers_tried_twice_none_is_invalid() -> None:
    def invalid(*, attempts: int) -> int:
        tried = (TriedPlan(attempts=attempts, leads=2000),)
        world = World(Engine, replace(WORN, campaigns=(replace(WORN.campaigns[0], leads=0, tried=tried),)), 1)
        world.begin()
        world.run(600.0)
        return sum(one.outcome is Outcome.INVALID for one in world.store.ended.values())

    assert invalid(attempts=1) > 0
    assert invalid(attempts=2) == 0
