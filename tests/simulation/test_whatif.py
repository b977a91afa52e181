"""A future begins on the floor as it is, and what is said of it is what futures came to."""

import asyncio
import math
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import SaveSpell
from dialer.core.model import Agent, Campaign, Change, Mode, Spell
from dialer.core.selection import Cap, Scope, Selection
from dialer.errors import ConfigError
from dialer.store import AgentLogin, CallFilter, Store
from dialer.store.loading import NewLead, NewPhone
from simulation.calibrate.history import History, history
from simulation.calibrate.standing import ListThen
from simulation.figures import Figures, figures
from simulation.past import PastError
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario
from simulation.whatif.ask import as_plain, ask, floor_and_laws, proposal_of
from simulation.whatif.forecast import (
    Forecast,
    Future,
    Job,
    Proposal,
    TooSlowError,
    forecast,
    pair,
    proposed,
    scenario_of,
)
from simulation.whatif.ongoing import OngoingWorld
from simulation.whatif.present import Present

DAY = Scenario(agents=12, hours=1.2, campaigns=(CampaignPlan(leads=3000, lines_max=60),))
AT = DAY.start() + 2400.0
ONE = CampaignId(1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whatif") / "day.db"

    async def keep() -> None:
        async with await Store.open(f"sqlite:///{path}") as store:
            await record(DAY, store, 3)

    asyncio.run(keep())
    return path


@pytest.fixture(scope="module")
def floor(database: Path) -> tuple[Present, Scenario]:
    async def read() -> tuple[Present, Scenario]:
        async with await Store.open(f"sqlite:///{database}") as store:
            floor, laws, *_ = await floor_and_laws(store, ONE, AT)
            return floor, laws

    return asyncio.run(read())


def fact(database: Path, minutes: float) -> Figures:
    async def read() -> Figures:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            calls = [
                row.record async for row in store.calls.stream(CallFilter(since=AT - 3600, until=AT + 60 * minutes))
            ]
            return figures(calls, await store.spells.list(AT, AT + 60 * minutes), campaign, AT, AT + 60 * minutes)

    return asyncio.run(read())


def test_it_begins_with_the_agents_and_calls_of_the_present(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    world = OngoingWorld(scenario_of(base, present, Proposal()), present, 1)
    world.begin()
    world.run(1.1)  # the dialer has seen the switch; nobody has done anything yet
    states = Counter(str(view.state) for view in world.shell.engine.view(world.time()).agents)
    was = Counter(one.state for one in present.spells)
    assert sum(states.values()) == sum(was.values()) == 12
    connected = sum(call.answered_at is not None and call.answered_at >= 0.0 for call in world.switch.calls.values())
    for state, more in (("talking", connected), ("wrapping", 0), ("break", 0)):
        assert -1 <= states[state] - was[state] - more <= 1, (states, was, connected)
    assert world.shell.alarms == {}
    known = {one.id for one in present.in_progress}
    assert known <= set(world.switch.calls) | {call.id for call in world.switch.finished}


def test_the_ledger_goes_on_from_the_present(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    world = OngoingWorld(scenario_of(base, present, Proposal()), present, 1)
    world.begin()
    told = sum(one.answered for one in present.ledger)
    assert told > 50
    ledger = world.shell.engine._state.campaigns[ONE].pacer.ledger  # type: ignore[attr-defined]
    assert abs(ledger.answered - told) <= 3


def test_what_really_came_lies_where_futures_lie(database: Path, floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    found = [pair(Job(base, present, Proposal(), 900.0), seed, math.inf)[-1][0] for seed in range(1, 13)]
    came = fact(database, 15)
    for name, slack in (("occupancy", 0.05), ("connected", 12.0), ("talk_min", 18.0), ("abandoned", 3.0)):
        values = [getattr(one, name) for one in found]
        assert min(values) - slack <= getattr(came, name) <= max(values) + slack, (name, values, came)


def test_both_of_a_pair_meet_the_same_chance(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    nothing_new = proposed(abandon_cap=present.campaign.pacing.abandon_cap)  # a change that is none
    [*_, (now, changed)] = pair(Job(base, present, nothing_new, 120.0), 5, math.inf)
    assert changed == now


def test_a_progressive_campaign_abandons_less_and_says_so(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    found = forecast(base, present, proposed(mode=Mode.PROGRESSIVE), minutes=10, budget_s=40, jobs=1)
    assert found.differences is not None
    assert found.changed is not None
    assert (found.differences["occupancy"].high or 0.0) < 0
    assert found.changed["abandoned"].mean <= found.present["abandoned"].mean
    assert found.futures >= 8


def test_agents_who_leave_and_come_are_reckoned_with(floor: tuple[Present, Scenario]) -> None:
    present, base = floor

    def at_work(change: Proposal) -> float:
        future = Future(Job(base, present, change, 600.0), change, 2)
        future.run(600.0)
        return future.figures(600.0).at_work_s

    as_it_is, fewer, more = at_work(Proposal()), at_work(proposed(agents=-4)), at_work(proposed(agents=4))
    assert fewer < as_it_is - 2 * 400  # they end first what they are at
    assert more > as_it_is + 2 * 400


def test_of_a_large_floor_a_sample_of_leads_is_enough(database: Path) -> None:
    async def read() -> tuple[History, History]:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            whole = await history(store, campaign, 0.0, AT)
            return whole, await history(store, campaign, 0.0, AT, calls_max=len(whole.attempts) // 3)

    whole, sample = asyncio.run(read())
    leads = {one.lead for one in sample.attempts}
    assert sample.attempts == tuple(one for one in whole.attempts if one.lead in leads)
    assert 0.2 < len(sample.attempts) / len(whole.attempts) < 0.4
    assert sample.spells == whole.spells


def test_a_list_that_is_through_stays_so(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    through = ListThen(fresh=0, tried=())
    ended = replace(present, list_=through, in_progress=(), unwrapped=())

    def dialled(change: Proposal) -> int:
        future = Future(Job(base, ended, change, 300.0), change, 2)
        future.run(300.0)
        return future.figures(300.0).leads

    assert dialled(Proposal()) == dialled(proposed(leads=-5000)) == 0
    assert dialled(proposed(leads=40)) > 10


def test_time_is_kept_and_too_little_of_it_is_said(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    began = time.monotonic()
    found = forecast(base, present, proposed(agents=2), minutes=600, budget_s=8.0, jobs=1)
    assert time.monotonic() - began < 20.0  # one step may be under way on a busy machine
    assert found.minutes < found.asked_minutes
    with pytest.raises(TooSlowError, match="seconds"):
        forecast(base, present, Proposal(), minutes=10, budget_s=0.0, jobs=1)


def test_an_answer_that_is_clear_ends_it(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    same = proposed(abandon_cap=present.campaign.pacing.abandon_cap)  # no difference at all
    found = forecast(base, present, same, minutes=1, budget_s=60.0, jobs=1)
    assert found.clear
    assert found.futures == 2 * 16  # four pairs without a difference say little of so rare a thing as abandonment
    assert found.seconds < 50


def test_the_answer_is_json_and_holds_the_list(database: Path) -> None:
    async def asked() -> Forecast:
        async with await Store.open(f"sqlite:///{database}") as store:
            return await ask(
                store, ONE, proposal_of({"mode": "progressive", "agents": 1}), minutes=2, at=AT, budget_s=20.0
            )

    plain = as_plain(asyncio.run(asked()))
    assert plain["minutes"] == 2
    assert isinstance(plain["differences"], dict)


def test_a_change_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ConfigError, match="abandon_cap"):
        proposal_of({"cap": 0.01})
    with pytest.raises(ConfigError, match="mode"):
        proposal_of({"mode": "loud"})


def test_an_empty_floor_is_said_to_be_empty(database: Path) -> None:
    async def at_night() -> None:
        async with await Store.open(f"sqlite:///{database}") as store:
            await ask(store, ONE, Proposal(), minutes=10, at=AT - 86_400, budget_s=5.0)

    with pytest.raises(PastError, match="nobody is at work"):
        asyncio.run(at_night())


def test_a_change_that_ends_ends_in_the_forecast_too(floor: tuple[Present, Scenario]) -> None:
    """Lines for nobody, until a minute from now."""
    present, base = floor
    change = Change(number=1, by="ana", at=present.at - 60.0, ends_at=present.at + 60.0, lines_max=0)
    shut = replace(present, campaign=replace(present.campaign, changes=(change,)), in_progress=())
    future = Future(Job(base, shut, Proposal(), 240.0), Proposal(), 2)
    future.run(55.0)
    assert future.figures(55.0).leads == 0
    future.run(185.0)
    assert future.figures(240.0).leads > 10


def test_the_campaigns_own_selection_holds_in_the_forecast(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    selection = Selection(caps=(Cap(Scope.PERSON, 1, 604_800.0),))
    chosen = replace(present, campaign=replace(present.campaign, selection=selection))
    world = OngoingWorld(scenario_of(base, chosen, Proposal()), chosen, 1)
    assert world.campaigns[ONE].selection == selection


def test_outside_the_campaigns_own_hours_no_future_dials(floor: tuple[Present, Scenario]) -> None:
    present, base = floor
    shut = replace(present.campaign, rules=replace(present.campaign.rules, windows=()))
    future = Future(Job(base, replace(present, campaign=shut, in_progress=()), Proposal(), 120.0), Proposal(), 2)
    future.run(120.0)
    assert future.figures(120.0).leads == 0


async def test_before_its_first_call_a_campaign_dials_by_the_clock_of_its_own_people(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
        client = await store.clients.add("lender")
        new = Campaign(id=CampaignId(0), client=client.id, name="Madrid", mode=Mode.PREDICTIVE, wait_max_s=5.0)
        campaign = await store.campaigns.save(new)
        number = await store.imports.begin(campaign.id, "list.csv", AT)
        phone = NewPhone("+34911234567", valid=True, country="ES", zones=("Europe/Madrid",))
        await store.imports.add(number, campaign, [NewLead("A1", None, "ES", (phone,))], AT)
        agent = Agent(id=AgentId(0), name="Ana", campaigns=(campaign.id,))
        ana = (await store.agents.save(AgentLogin(agent=agent, login="ana"))).agent
        await store.apply([SaveSpell(Spell(agent=ana.id, state="ready", since=AT, until=AT, ended=False))], [], AT)
        floor, base, _, calls = await floor_and_laws(store, campaign.id, AT + 60.0)
    assert calls == 0
    [plan] = scenario_of(base, floor, Proposal()).campaigns
    assert (base.zone, plan.zones, plan.wait_max_s) == ("Europe/Madrid", ("Europe/Madrid",), 5.0)
