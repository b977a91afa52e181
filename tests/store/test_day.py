"""Laws of the day's figures: the arithmetic beside each."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.agents import AgentState, occupancy
from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.core.messages import SaveCall, SaveSpell
from dialer.core.model import Agent, CallRecord, Spell
from dialer.core.outcomes import Outcome
from dialer.store import AgentLogin, Store
from dialer.store.day import day_report, hourly, spread
from tests.store.world import HOUR, NOW, World


async def _day(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()

    def call(n: int, at: float, outcome: Outcome | None) -> CallRecord:
        return replace(world.record(CallId(n), lead, at=at), outcome=outcome)

    def talk(n: int, at: float, ready_at: float) -> CallRecord:
        return replace(
            call(n, at, Outcome.CONNECTED),
            answered_at=NOW + 10,
            agent_ready_at=ready_at,
            bridged_at=NOW + 10.5,
            ended_at=NOW + 70.5,
        )

    calls = [
        replace(talk(1, NOW, NOW + 10.25), disposition="PTP", recording="r1"),
        # The agent had been free before the answer: the whole wait is the bridging.
        talk(2, NOW + 1, NOW + 1),
        replace(talk(3, NOW + 2, NOW + 10.25), disposition="MACHINE"),
        replace(call(4, NOW + HOUR, Outcome.ABANDONED), answered_at=NOW + HOUR + 5, ended_at=NOW + HOUR + 8),
        call(5, NOW + HOUR, Outcome.NO_ANSWER),
        call(6, NOW + HOUR, None),
        replace(call(7, NOW, Outcome.CANCELLED), placed_at=None),  # nothing left the machine
        call(8, NOW - 1, Outcome.BUSY),  # the day before
    ]
    await world.tell(*(SaveCall(one) for one in calls))


async def test_the_day_in_figures(world: World) -> None:
    await _day(world)
    day = await day_report(world.store, NOW, NOW + 2 * HOUR, world.campaign.id)
    assert day.calls_placed == 6
    assert day.outcomes == {"abandoned": 1, "connected": 3, "in_progress": 1, "no_answer": 1}
    assert (day.answered_live, day.connected, day.abandoned, day.machines_found) == (3, 3, 1, 1)
    assert day.abandon_ratio == pytest.approx(1 / 3)
    assert day.abandon_interval is not None
    assert day.abandon_interval[0] < 1 / 3 < day.abandon_interval[1]
    assert day.talk_s == 180.0
    assert day.dispositions == {"MACHINE": 1, "PTP": 1}
    assert day.recordings == 1
    assert day.wait_ms is not None
    assert (day.wait_ms.n, day.wait_ms.p50, day.wait_ms.max) == (3, 500.0, 500.0)
    assert day.answer_to_bridge_ms is not None
    assert (day.answer_to_bridge_ms.p50, day.answer_to_bridge_ms.max) == (250.0, 500.0)
    assert day.occupancy is None


async def test_another_campaigns_day_is_empty(world: World) -> None:
    await _day(world)
    day = await day_report(world.store, NOW, NOW + HOUR, CampaignId(99))
    assert (day.calls_placed, day.abandon_ratio, day.abandon_interval, day.wait_ms) == (0, None, None, None)
    assert day.as_dict()["outcomes"] == {}


async def test_hour_by_hour(world: World) -> None:
    await _day(world)
    hours = await hourly(world.store, NOW, NOW + 2.5 * HOUR)
    assert [(hour.since, hour.placed, hour.answered, hour.connected, hour.abandoned) for hour in hours] == [
        (NOW, 3, 2, 3, 0),  # one of the connected was a machine
        (NOW + HOUR, 3, 1, 0, 1),
        (NOW + 2 * HOUR, 0, 0, 0, 0),
    ]
    assert hours[0].talk_s == 180.0


async def test_the_hours_add_up_to_the_day(world: World) -> None:
    await _day(world)
    since, until = NOW, NOW + 3 * HOUR
    for campaign in (None, world.campaign.id):
        day = await day_report(world.store, since, until, campaign)
        for step_s in (HOUR, 600.0):
            hours = await hourly(world.store, since, until, campaign, step_s=step_s)
            names = ("placed", "answered", "connected", "abandoned", "talk_s")
            sums = [sum(getattr(one, name) for one in hours) for name in names]
            assert sums == [day.calls_placed, day.answered_live, day.connected, day.abandoned, day.talk_s]


async def _agent(store: Store, name: str, *spells: tuple[str, float, float], campaigns: tuple[CampaignId, ...]) -> None:
    agent = Agent(id=AgentId(0), name=name, campaigns=campaigns)
    saved = (await store.agents.save(AgentLogin(agent=agent, login=name))).agent
    told = [Spell(agent=saved.id, state=state, since=NOW + begins, until=NOW + ends) for state, begins, ends in spells]
    await store.apply([SaveSpell(spell) for spell in told], [], NOW)


async def test_the_time_sheet_cuts_spells_at_its_edges(world: World) -> None:
    spells = [("ready", -100.0, 20.0), ("talking", 20.0, 50.0), ("ready", 50.0, 60.0), ("break", 60.0, 500.0)]
    await _agent(world.store, "Ana", *spells, campaigns=(world.campaign.id,))
    await _agent(world.store, "Bea", ("ready", -50.0, 0.0), campaigns=(world.campaign.id,))
    await _agent(world.store, "Cora", ("ready", 0.0, 9.0), campaigns=())
    ana, cora = await world.store.spells.sheet(NOW, NOW + 100)
    assert (ana.name, dict(ana.seconds)) == ("Ana", {"ready": 30.0, "talking": 30.0, "break": 40.0})
    assert (cora.name, cora.calls) == ("Cora", 0)
    assert [one.name for one in await world.store.spells.sheet(NOW, NOW + 100, campaign=world.campaign.id)] == ["Ana"]


async def test_occupancy_is_work_over_time_at_work_without_breaks(world: World) -> None:
    spells = [("ready", 0.0, 25.0), ("talking", 25.0, 80.0), ("wrapping", 80.0, 100.0), ("break", 100.0, 300.0)]
    await _agent(world.store, "Ana", *spells, campaigns=(world.campaign.id,))
    day = await day_report(world.store, NOW, NOW + HOUR)
    assert day.occupancy == pytest.approx(75 / 100)


async def test_occupancy_is_counted_as_the_engine_counts_it_live(world: World) -> None:
    spent = {state: float(seconds) for seconds, state in enumerate(AgentState, 1)}
    at = 0.0
    spells = [(str(state), at, at := at + seconds) for state, seconds in spent.items()]
    await _agent(world.store, "Ana", *spells, campaigns=(world.campaign.id,))
    day = await day_report(world.store, NOW, NOW + HOUR)
    assert day.occupancy == pytest.approx(occupancy(spent))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_percentiles_are_values_and_rise(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    assert found.n == len(values)
    rounded = {round(value, 3) for value in values}
    assert {found.p50, found.p95, found.p99, found.max} <= rounded
    assert found.p50 <= found.p95 <= found.p99 <= found.max
    assert sum(value <= found.p50 + 0.001 for value in values) >= len(values) / 2


def test_percentiles_by_the_nearest_rank() -> None:
    found = spread([float(n) for n in range(1, 101)])
    assert found is not None
    assert (found.p50, found.p95, found.p99, found.max) == (50.0, 95.0, 99.0, 100.0)
