"""What an agent says of a call stands, whatever is sent twice, by somebody else or about a time that is none."""

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialer.core.ids import LeadId
from dialer.core.model import Category, Demand, Disposition
from dialer.web.client import ApiError, Client
from tests.web.world import World, day
from tests.web.world import world as new_world


async def talking(world: World) -> tuple[Client, int]:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    return agent, (await world.desk(agent, "talking"))["call"]


async def promised(world: World) -> list[tuple[str, str]]:
    rows = await world.store.promises.of_lead(LeadId(world.leads[0]))
    return [(str(row.promise.amount), row.state.value) for row in rows]


async def test_a_disposition_that_is_sent_again_leaves_the_promise_as_it_was_made(world: World) -> None:
    agent, call = await talking(world)
    await agent.hangup()
    await world.desk(agent, "wrapping")
    made = {"amount": "500.00", "due_on": day(5)}
    await agent.disposition(call, "PTP", promise=made)
    for again in (made, made | {"amount": "1.00"}, None):
        with pytest.raises(ApiError, match="not on this call"):
            await agent.disposition(call, "PTP" if again else "REFUSED", promise=again)
        assert await promised(world) == [("500.00", "open")]


async def test_what_the_engine_does_not_take_changes_no_promise(world: World) -> None:
    agent, call = await talking(world)
    for before in ([], [("500.00", "open")]):
        with pytest.raises(ApiError, match="lie ahead"):
            await agent.disposition(call, "PTP", promise={"amount": "7.00", "due_on": day(3)}, callback_at=1.0)
        assert await promised(world) == before
        await agent.disposition(call, "PTP", promise={"amount": "500.00", "due_on": day(5)})


async def test_no_other_agent_can_say_what_was_promised(world: World) -> None:
    agent, call = await talking(world)
    await agent.disposition(call, "PTP", promise={"amount": "500.00", "due_on": day(5)})
    other = await world.agent_at_work(2)
    await other.dial(world.campaign, lead=world.leads[1])
    await world.desk(other, "talking")
    for promise in ({"amount": "1.00", "due_on": day(5)}, None):
        with pytest.raises(ApiError, match="not on this call"):
            await other.disposition(call, "PTP" if promise else "REFUSED", promise=promise)
    assert await promised(world) == [("500.00", "open")]


async def test_a_callback_at_a_time_that_no_clock_shows_is_refused(world: World) -> None:
    async with world.store._database.writing() as session:
        await session.run("UPDATE people SET zone = 'America/Tijuana' WHERE id = 1")
    agent, call = await talking(world)
    assert (await agent.desk_lead())["zone"] == "America/Tijuana"
    with pytest.raises(ApiError) as refused:
        await agent.disposition(call, "CALLBACK", callback_local="2027-03-14T02:30")  # put forward from 2 to 3
    assert refused.value.code == "callback_no_such_time"
    await agent.disposition(call, "CALLBACK", callback_local="2027-11-07T01:30")  # shown twice: the first one
    await agent.hangup()
    await world.desk(agent, "ready")
    await world.runtime.flush()
    view = await world.store.leads.view(LeadId(world.leads[0]))
    assert view is not None
    assert view.due_at == datetime(2027, 11, 7, 1, 30, tzinfo=ZoneInfo("America/Tijuana")).timestamp()


async def test_a_campaign_without_the_check_takes_what_demands_the_right_party(tmp_path: Path) -> None:
    demanding = (Disposition("RPC", "Titular", Category.OTHER, "", (Demand.RIGHT_PARTY,)),)
    async with new_world(tmp_path, agents=1, dispositions=demanding) as world:
        agent, call = await talking(world)
        with pytest.raises(ApiError) as refused:
            await agent.disposition(call, "RPC")
        assert refused.value.code == "needs_right_party"
        await (await world.administrator()).change_campaign(world.campaign, right_party_check=False)
        await agent.disposition(call, "RPC")


async def test_who_was_moved_in_mid_call_still_has_the_dispositions_of_the_call(world: World) -> None:
    agent, call = await talking(world)
    login = await world.store.agents.get(world.agents[0])
    assert login is not None
    await world.store.agents.save(replace(login, agent=replace(login.agent, campaigns=())))
    [campaign] = await agent.desk_campaigns()
    assert campaign["id"] == world.campaign
    await agent.disposition(call, "RPC")


async def test_the_last_notes_of_a_call_are_the_ones_that_the_next_agent_reads(world: World) -> None:
    agent, call = await talking(world)
    await agent.hangup()
    await world.desk(agent, "wrapping")
    await agent.disposition(call, "RPC", notes="llama el lunes")
    await world.desk(agent, "ready")
    await world.runtime.flush()
    await agent.request("POST", "/desk/notes", {"call": call, "notes": "llama el lunes o el martes"})
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    lead = await agent.right_party(call)
    assert [one["notes"] for one in lead["calls"] if one["notes"]] == ["llama el lunes o el martes"]


async def test_a_promise_that_is_quicker_than_the_writer_waits_for_its_call_and_is_kept(world: World) -> None:
    agent, call = await talking(world)
    await world.runtime.flush()
    async with world.store._database.writing() as session:
        await session.run("DELETE FROM calls WHERE id = $1", call)
    said = asyncio.create_task(agent.disposition(call, "PTP", promise={"amount": "500.00", "due_on": day(5)}))
    await agent.hangup()  # now the writer comes to it
    await said
    assert await promised(world) == [("500.00", "open")]
