"""An agent's work at the desk, by the API alone."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialer.core.ids import LeadId
from dialer.core.model import Mode
from dialer.web.client import ApiError
from tests.web.world import World, day
from tests.web.world import world as new_world


async def test_a_manual_call_from_sign_in_to_disposition(world: World) -> None:
    agent = await world.agent_at_work()
    desk = await agent.dial(world.campaign, lead=world.leads[0])
    assert desk["state"] == "dialling"
    desk = await world.desk(agent, "talking")
    assert desk["lead"] == world.leads[0]
    assert desk["number"] == "+525512340001"
    lead = await agent.desk_lead()
    assert (lead["person"]["name"], lead["account"]) == ("Person 1", None)  # nobody knows yet who answered
    lead = await agent.right_party(desk["call"])
    assert lead["account"]["balance"] == 1500.5
    await agent.hangup()
    desk = await world.desk(agent, "wrapping")
    promise = {"amount": "500.00", "due_on": day(5)}
    desk = await agent.disposition(desk["call"], "PTP", notes="pays on Friday", promise=promise)
    assert desk["state"] == "ready"


async def test_hold_resume_and_transfer(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, number="+52 (55) 9999-0000")
    await world.desk(agent, "talking")
    await agent.hold()
    await world.desk(agent, "holding")
    await agent.resume()
    await world.desk(agent, "talking")
    await agent.transfer("+525588887777")
    assert (await world.desk(agent, "wrapping"))["call"] is not None


async def test_a_preview_is_skipped_and_the_next_one_accepted(tmp_path: Path) -> None:
    async with new_world(tmp_path, mode=Mode.PREVIEW, agents=1) as world:
        agent = await world.agent_at_work()
        first = await world.desk(agent, "previewing")
        await agent.skip()
        second = await world.desk(agent, "previewing")
        assert second["lead"] not in (None, first["lead"])
        await agent.accept()
        assert (await world.desk(agent, "talking"))["lead"] == second["lead"]


async def test_what_means_nothing_now_is_refused_with_its_reason(world: World) -> None:
    agent = await world.agent()
    with pytest.raises(ApiError) as refused:
        await agent.hold()
    assert refused.value.status == 409
    assert refused.value.code not in ("", "refused")
    assert refused.value.detail


async def test_the_desk_names_what_may_be_asked(world: World) -> None:
    agent = await world.agent()
    assert (await agent.desk())["can"] == ["sign_in"]
    agent = await world.agent_at_work()
    can = (await world.desk(agent, "ready"))["can"]
    assert {"dial", "pause", "sign_out"} <= set(can)
    assert "hold" not in can


async def test_a_callback_is_promised_for_the_time_where_the_person_is(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    with pytest.raises(ApiError) as refused:
        await agent.disposition(call, "CALLBACK", callback_local="2199-13-01T15:30")
    assert refused.value.status == 422
    await agent.disposition(call, "CALLBACK", callback_local="2199-06-01T15:30", callback_mine=True)
    await agent.hangup()
    await world.desk(agent, "ready")
    view = await world.store.leads.view(LeadId(world.leads[0]))
    while view is not None and view.agent is None:  # the writer has it in hand
        view = await world.store.leads.view(LeadId(world.leads[0]))
    assert view is not None
    zone = ZoneInfo(view.phones[0].zones[0])
    assert view.due_at == datetime(2199, 6, 1, 15, 30, tzinfo=zone).timestamp()
