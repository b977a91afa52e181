"""A wrap-up that runs out: what was complete is kept and marked, the rest waits for its agent; nothing is invented."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from dialer.core.ids import CallId, LeadId
from dialer.web import ran_out
from dialer.web.client import ApiError, Client, Json
from tests.web.world import World, day
from tests.web.world import world as new_world

PROMISE = {"amount": "500.00", "due_on": day(5)}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ran_out, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(ran_out, "SETTLE_S", 0.0)


@pytest.fixture
async def world(_soon: None, tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path, hours=(8, 20)) as made:
        yield made


async def wrapping(world: World) -> tuple[Client, int]:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    await agent.hangup()
    await world.desk(agent, "wrapping")
    return agent, call


async def left(agent: Client, call: int, **typed: object) -> str:
    """The agent types that, and the wrap-up runs out; what became of it."""
    await agent.keep_draft(call, '{"typed":1}', waits=True, **typed)
    async with asyncio.timeout(10), aclosing(agent.live("desk", "wrap_up")) as heard:
        async for topic, told in heard:
            if topic == "desk" and told["state"] == "wrapping":
                await agent.ready()
            if topic == "wrap_up":
                assert told["call"] == call
                return str(told["standing"])
    raise AssertionError("the live view ended")


def said(call: int, code: str, **more: object) -> Json:
    return {"call": call, "code": code, **more}


async def promised(world: World) -> list[tuple[str, str, bool]]:
    rows = await world.store.promises.of_lead(LeadId(world.leads[0]))
    return [(str(row.promise.amount), row.state.value, row.unconfirmed) for row in rows]


async def kept(world: World, call: int) -> list[tuple[str, str, bool]]:
    await world.runtime.flush()
    return [(one.code, one.notes, one.unconfirmed) for one in await world.store.calls.dispositions(CallId(call))]


async def seen(world: World, call: int) -> tuple[str, str]:
    """What a supervisor sees of the call: its disposition, and how its wrap-up stands."""
    shown = await (await world.supervisor()).request("GET", f"/calls/{call}")
    assert isinstance(shown, dict)
    return shown["disposition"], shown["wrap_up"]


async def test_a_whole_promise_is_kept_as_one_marked_until_the_agent_says_that_it_is_right(world: World) -> None:
    agent, call = await wrapping(world)
    whole = said(call, "PTP", notes="pays on Friday", promise=PROMISE)
    assert await left(agent, call, code="PTP", disposition=whole) == "unconfirmed"
    assert await promised(world) == [("500.00", "open", True)]
    assert await kept(world, call) == [("PTP", "pays on Friday", True)]
    assert await seen(world, call) == ("PTP", "unconfirmed")
    view = await world.store.leads.view(LeadId(world.leads[0]))
    assert view is not None
    assert (view.state, view.result, view.attempts) == ("finished", "PTP", 1)
    [draft] = await agent.drafts()
    assert (draft["standing"], draft["talked"], draft["campaign"]) == ("unconfirmed", True, world.campaign)
    await agent.request("POST", "/desk/disposition", draft["disposition"])
    assert await promised(world) == [("500.00", "open", False)]
    assert (await kept(world, call))[-1] == ("PTP", "pays on Friday", False)
    assert await seen(world, call) == ("PTP", "")
    assert await agent.drafts() == []
    with pytest.raises(ApiError, match="not on this call"):
        await agent.disposition(call, "REFUSED")


async def test_half_a_promise_is_none_and_waits_to_be_finished_for_all_to_see(world: World) -> None:
    agent, call = await wrapping(world)
    assert await left(agent, call, code="PTP") == "open"
    assert await promised(world) == []
    assert await kept(world, call) == []
    assert await seen(world, call) == ("", "open")
    supervisor = await world.supervisor()
    [one] = await supervisor.open_wrap_ups()
    assert (one["agent_name"], one["call"], one["code"], one["standing"]) == ("Agent 1", call, "PTP", "open")
    assert await (await world.signed_in("rival_sofia")).open_wrap_ups() == []
    await agent.pause("lunch")
    with pytest.raises(ApiError, match="promise"):
        await agent.disposition(call, "PTP")
    await agent.disposition(call, "PTP", promise=PROMISE)
    assert await promised(world) == [("500.00", "open", False)]
    assert await kept(world, call) == [("PTP", "", False)]
    assert await seen(world, call) == ("PTP", "")
    assert await supervisor.open_wrap_ups() == []
    assert (await agent.desk())["state"] == "break"


async def test_a_wish_to_be_called_no_more_holds_though_nobody_saved_it(world: World) -> None:
    agent, call = await wrapping(world)
    assert await left(agent, call, code="DNC", disposition=said(call, "DNC")) == "unconfirmed"
    await world.runtime.flush()
    told = await agent.may_dial(world.campaign, number="+525512340001")
    assert (told["allowed"], told["rule"]) == (False, "do_not_call")


async def test_what_was_saved_in_the_talk_is_not_replaced_by_what_was_not(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    await agent.disposition(call, "REFUSED")
    await agent.keep_draft(call, "{}", waits=True, code="PTP", disposition=said(call, "PTP", promise=PROMISE))
    async with asyncio.timeout(10), aclosing(agent.live("desk", "wrap_up")) as heard:
        async for topic, told in heard:
            if topic == "desk" and told["state"] == "talking":
                await agent.hangup()
            if topic == "wrap_up":
                assert told["standing"] == "open"
                break
    assert await promised(world) == []
    assert await kept(world, call) == [("REFUSED", "", False)]


@pytest.mark.parametrize(
    "more",
    [
        {"code": "PTP", "promise": {"amount": "1500.51", "due_on": day(5)}},  # than is owed
        {"code": "CALLBACK", "callback_local": f"{day(2)}T23:30"},  # out of hours
        {"code": "NONSENSE"},
    ],
)
async def test_what_is_refused_waits_for_its_agent(world: World, more: Json) -> None:
    agent, call = await wrapping(world)
    assert await left(agent, call, code=more["code"], disposition={"call": call, **more}) == "open"
    assert await promised(world) == []
    assert await kept(world, call) == []
    assert [one["standing"] for one in await agent.drafts()] == ["open"]


async def test_notes_alone_wait_and_may_be_kept_as_a_note_or_let_go(world: World) -> None:
    agent, call = await wrapping(world)
    assert await left(agent, call) == "open"
    await agent.request("POST", "/desk/notes", {"call": call, "notes": "asks for a plan"})
    assert await kept(world, call) == [("", "asks for a plan", False)]
    assert await seen(world, call) == ("", "")


async def test_no_draft_says_anything_of_another_call(world: World) -> None:
    agent, call = await wrapping(world)
    with pytest.raises(ApiError, match="another call"):
        await agent.keep_draft(call, "{}", waits=True, disposition=said(call + 1, "DNC"))
