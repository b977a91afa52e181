"""Two campaigns on one floor, of which one is calibrated: its own agents, their wrap-ups and breaks, and its list."""

import asyncio
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import AgentId
from dialer.core.messages import SaveLead
from dialer.core.model import Category, Mode, Spell
from dialer.core.outcomes import EndedBy, Outcome
from dialer.store import Store
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import Attempt, History, history, numbers_seen
from simulation.calibrate.laws import by_chance, distance
from simulation.calibrate.write import scenario_of
from simulation.configured import campaigns_of
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario
from simulation.world.habits import Habits
from simulation.world.lists import NUMBERS_MAX
from simulation.world.people import People
from tests.store.world import DAY, HOUR, NOW, World

WRAP_UP_S, LIMIT_S = 25.0, 30.0
OTHERS = CampaignPlan(name="others", leads=2000, lines_max=15, agents=5)
OWN = CampaignPlan(
    name="own", mode=Mode.PREDICTIVE, leads=1500, lines_max=12, agents=3, wrap_up_max_s=LIMIT_S, numbers=(0.4, 0.6)
)
FLOOR = Scenario(
    agents=8,
    hours=1.6,
    people=People(answer_share=0.35, machine_share=0.1, talk_s=20.0, short_talk_s=15.0, by_hour=False),
    habits=Habits(wrap_up_s=WRAP_UP_S, wrap_up_sigma=0.7, break_every_s=1800.0, break_s=240.0),
    campaigns=(OTHERS, OWN),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("floor") / "day.db"

    async def keep() -> None:
        async with await Store.open(f"sqlite:///{path}") as store:
            await record(FLOOR, store, 11)

    asyncio.run(keep())
    return path


def looked_at(database: Path, since: float, until: float) -> tuple[History, set[AgentId]]:
    """The history of the campaign, and who serves it."""

    async def read() -> tuple[History, set[AgentId]]:
        async with await Store.open(f"sqlite:///{database}") as store:
            campaign = await store.campaigns.find("own")
            logins = await store.agents.list()
            serving = {one.agent.id for one in logins if campaign.id in one.agent.campaigns}
            return await history(store, campaign, since, until), serving

    return asyncio.run(read())


@pytest.fixture(scope="module")
def found(database: Path) -> Fit:
    return fit(looked_at(database, 0.0, 4e9)[0])


def test_only_the_campaigns_own_agents_are_looked_at(database: Path, found: Fit) -> None:
    _, serving = looked_at(database, 0.0, 4e9)
    assert len(serving) == 3
    assert {one.agent for one in found.history.spells} == serving
    assert scenario_of(found).agents == 3


def test_who_served_it_and_serves_others_now_is_looked_at(database: Path) -> None:
    async def moved() -> tuple[History, AgentId]:
        async with await Store.open(f"sqlite:///{database}") as store:
            own, others = await store.campaigns.find("own"), await store.campaigns.find("others")
            logins = await store.agents.list()
            [first, *_] = [one for one in logins if own.id in one.agent.campaigns]
            await store.agents.save(replace(first, agent=replace(first.agent, campaigns=(others.id,))))
            there = await history(store, own, 0.0, 4e9)
            await store.agents.save(first)
            return there, first.agent.id

    there, agent = asyncio.run(moved())
    assert agent in {one.agent for one in there.spells}
    assert len({one.agent for one in there.spells}) == 3


def test_spells_are_cut_at_the_edges_of_the_stretch(database: Path, found: Fit) -> None:
    took = [one for one in found.history.spells if one.state == "break" and one.reason == "rest" and one.ended]
    pause = max(took, key=lambda one: one.until - one.since)
    middle = (pause.since + pause.until) / 2
    for since, until in ((FLOOR.start(), middle), (middle, 4e9)):
        there, _ = looked_at(database, since, until)
        assert all(since <= one.since <= one.until <= until for one in there.spells)
        cut = [one for one in there.spells if one.agent == pause.agent and one.state == "break"]
        half = cut[-1] if until == middle else cut[0]
        assert half.ended == (since == middle)


def test_a_break_that_was_cut_tells_how_long_it_lasted_and_not_that_it_ended_or_began_there() -> None:
    def rest(since: float, until: float, *, ended: bool = True) -> Spell:
        return Spell(agent=AgentId(1), state="break", since=since, until=until, ended=ended, reason="rest")

    work = Spell(agent=AgentId(1), state="ready", since=1000.0, until=8000.0)
    whole = [rest(8000.0 + at, 8000.0 + at + 300.0) for at in range(0, 9000, 300)]
    there = History(
        campaign=campaigns_of(FLOOR)[1],
        zone="UTC",
        since=0.0,
        until=99_000.0,
        attempts=(),
        spells=(work, *whole),
        leads=1,
    )
    plain = fit(there)
    late = fit(replace(there, spells=(*there.spells, rest(98_000.0, 99_000.0, ended=False))))
    early = fit(replace(there, spells=(rest(0.0, 100.0), *there.spells)))
    assert late.one["habits.break_s"].n == plain.one["habits.break_s"].n == 30
    assert late.value("habits.break_s") > plain.value("habits.break_s")
    assert early.value("habits.break_every_s") == plain.value("habits.break_every_s")


def test_wrap_ups_that_ran_out_would_have_lasted_longer(found: Fit) -> None:
    lasted = [one.wrap_s for one in found.history.attempts if one.wrap_s is not None]
    assert sum(LIMIT_S <= one < LIMIT_S + 1.0 for one in lasted) > 0.1 * len(lasted)
    assert max(lasted) < LIMIT_S + 1.0
    assert found.value("habits.wrap_up_s") == pytest.approx(WRAP_UP_S, abs=6.0)  # less than a hundred were seen


def test_wrap_ups_are_found_again_though_some_ran_out_and_some_were_extended(found: Fit) -> None:
    draw, mu = random.Random(4), math.log(WRAP_UP_S) - 0.7**2 / 2
    [talk, *_] = [one for one in found.history.attempts if one.bridged and one.category is Category.RIGHT_PARTY]
    calls = []
    for lead in range(1500):
        wanted_s, limit_s = draw.lognormvariate(mu, 0.7), LIMIT_S + 30.0 * (draw.random() < 0.2)
        lasted_s = wanted_s if wanted_s < limit_s else limit_s + draw.uniform(0.0, 0.5)
        calls.append(replace(talk, lead=lead, number=f"+52{lead}", wrap_s=lasted_s))
    again = fit(replace(found.history, attempts=tuple(calls)))
    assert again.value("habits.wrap_up_s") == pytest.approx(WRAP_UP_S, rel=0.05)
    assert again.value("habits.wrap_up_sigma") == pytest.approx(0.7, abs=0.04)
    within = again.samples["wrap up"]
    assert len(within) > 900
    assert distance(within, again.laws["wrap up"]) < by_chance(len(within))


# ---------------------------------------------------------------- numbers


def turns(shares: tuple[float, ...], leads: int, draw: random.Random) -> list[Attempt]:
    """Leads with one number, two, ..., each called a few times; congested calls go to the same number again, and
    invalid numbers are called no more.
    """
    made = list[Attempt]()
    for lead in range(leads):
        count = draw.choices(range(1, len(shares) + 1), shares)[0]
        turn, invalid = 0, set[int]()
        for _ in range(draw.randint(1, 5)):
            while turn % count in invalid:
                turn += 1
            outcome = draw.choices([Outcome.NO_ANSWER, Outcome.CONGESTION, Outcome.INVALID], (7, 2, 1))[0]
            made.append(
                Attempt(
                    at=0.0, hour=9, weekday=0, day=1, lead=lead, number=f"{lead}/{turn % count}", try_=1,
                    place=turn % count, outcome=outcome, lasted_s=28.0,
                    sign_s=3.0, progress_only=False, answer_s=None, wait_s=None, talk_s=None, wrap_s=None, agent=None,
                    bridged=False, ended_by=EndedBy.TIMEOUT, category=None,
                )
            )  # fmt: skip
            if outcome is Outcome.INVALID:
                invalid.add(turn % count)
            if len(invalid) == count:
                break
            turn += outcome is not Outcome.CONGESTION
    return made


def test_how_many_numbers_leads_have_is_seen_by_their_turns() -> None:
    truth = (0.5, 0.3, 0.2)
    attempts = turns(truth, 4000, random.Random(3))
    found = numbers_seen(attempts)
    assert found == pytest.approx(truth, abs=0.04)
    assert sum(found) == pytest.approx(1.0)
    counted = [len({one.number for one in attempts if one.lead == lead}) for lead in range(4000)]
    assert counted.count(1) / 4000 > truth[0] + 0.1  # what counting would make of it
    assert numbers_seen([]) == numbers_seen(attempts[:1]) == (1.0,)


async def test_numbers_dialled_before_the_history_keep_their_place(tmp_path: Path) -> None:
    first, second = "+525511110001", "+525511110002"
    async with await Store.open(f"sqlite:///{tmp_path}/list.db") as store:
        world = await World.made(store)
        await world.add_lead(first, second)
        for day, number in enumerate((first, second, first, second)):
            lead = await world.claim_one(now=NOW + day * DAY)
            await world.dial(replace(lead, number=number), Outcome.NO_ANSWER, at=NOW + day * DAY)
            await world.tell(SaveLead(lead.id, day + 1, NOW + day * DAY + HOUR, "no_answer"))
        whole = await history(store, world.campaign, NOW, NOW + 9 * DAY)
        later = await history(store, world.campaign, NOW + DAY, NOW + 9 * DAY)
    assert [(one.try_, one.place) for one in whole.attempts] == [(1, 0), (2, 1), (3, 0), (4, 1)]
    assert later.attempts == whole.attempts[1:]


def test_how_many_numbers_leads_have_does_not_depend_on_which_was_dialled_first() -> None:
    attempts = turns((0.0, 1.0), 400, random.Random(3))
    seconds = [replace(one, place=1 - one.place) for one in attempts]
    assert numbers_seen(seconds) == numbers_seen(attempts)


async def test_the_list_tells_how_many_numbers_its_leads_have(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/list.db") as store:
        world = await World.made(store)
        for lead in range(6):
            await world.add_lead(*(f"+5255{lead:04d}{n:04d}" for n in range((1, 1, 1, 2, 2, 14)[lead])))
        there = await history(store, world.campaign, 0.0, NOW, empty=True)
    assert there.numbers == pytest.approx((1 / 2, 1 / 3, *(0.0,) * 7, 1 / 6))
    assert len(there.numbers) == NUMBERS_MAX


def test_the_scenario_has_leads_of_as_many_numbers(found: Fit) -> None:
    [plan] = scenario_of(replace(found, history=replace(found.history, numbers=(1 / 3, 1 / 3, 1 / 3)))).campaigns
    assert plan.numbers == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=2e-4)
    [alone] = scenario_of(replace(found, history=replace(found.history, numbers=(1.0,)))).campaigns
    assert alone.numbers == (1.0,)
