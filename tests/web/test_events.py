"""The stream of what happens: whole, in order, resumed where it broke off, and for those alone who may see it."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from dialer.web.client import ApiError, Client, Json
from tests.web.world import World


async def a_call(world: World, agent: Client, lead: int) -> None:
    await agent.dial(world.campaign, lead=world.leads[lead])
    await world.desk(agent, "talking")
    await agent.hangup()
    await world.desk(agent, "wrapping")
    await world.runtime.flush()


async def page(client: Client, cursor: str | None = None, **query: object) -> Json:
    found = await client.request("GET", "/events", None, {"cursor": cursor, **query})
    assert isinstance(found, dict)
    return found


async def test_a_reader_that_comes_back_has_missed_nothing(world: World) -> None:
    sofia, agent = await world.supervisor(), await world.agent_at_work()
    await world.runtime.flush()
    begin = (await page(sofia))["next"]
    await a_call(world, agent, 0)
    found = await page(sofia, begin, kinds="call.placed,call.connected,call.ended")
    kinds = [one["kind"] for one in found["items"]]
    assert kinds[0] == "call.placed"
    assert kinds[-1] == "call.ended"
    assert (await page(sofia, found["next"]))["items"] == []
    again = await page(sofia, begin, kinds="call.placed,call.connected,call.ended")
    assert again["items"] == found["items"]


async def test_the_socket_goes_on_from_any_cursor_it_gave(world: World) -> None:
    sofia, agent = await world.supervisor(), await world.agent_at_work()
    await world.runtime.flush()
    begin = (await page(sofia))["next"]
    await a_call(world, agent, 0)
    wanted = [one["id"] for one in (await page(sofia, begin))["items"]]
    first = await _read(world, sofia, begin, 2)
    rest = await _read(world, sofia, first[-1]["cursor"], len(wanted) - 2)
    assert [one["event"]["id"] for one in first + rest] == wanted


async def _read(world: World, client: Client, cursor: str, count: int) -> list[dict[str, Any]]:
    address = f"ws{world.url.removeprefix('http')}/api/v1/events/stream?cursor={cursor}"
    async with (
        asyncio.timeout(20),
        connect(address, additional_headers={"Authorization": f"Bearer {client.token}"}, proxy=None) as socket,
    ):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def test_one_token_reads_so_many_streams_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.web.event_routes.STREAMS_MAX", 1)
    sofia, ana = await world.supervisor(), await world.administrator()
    address = f"ws{world.url.removeprefix('http')}/api/v1/events/stream"

    def stream(client: Client) -> connect:
        return connect(address, additional_headers={"Authorization": f"Bearer {client.token}"}, proxy=None)

    async with asyncio.timeout(20), stream(sofia):
        with pytest.raises(InvalidStatus):
            await stream(sofia)
        async with stream(ana):
            pass
    async with asyncio.timeout(20):
        while world.app.state.console.streams:  # the server sees the end a moment after the client
            await sofia.who_am_i()


async def test_another_client_hears_nothing_and_numbers_are_masked(world: World) -> None:
    agent, bank, rival = await world.agent_at_work(), await world.signed_in("bank"), await world.signed_in("rival_bank")
    await world.runtime.flush()
    begin = (await page(bank))["next"]
    await a_call(world, agent, 0)
    mine = [one for one in (await page(bank, begin))["items"] if one["kind"].startswith("call.")]
    assert mine
    assert all(one["data"].get("number", "•").startswith("•") for one in mine)
    assert (await page(rival, begin))["items"] == []


@pytest.mark.parametrize("query", [{"cursor": "nonsense"}, {"kinds": "nonsense"}, {"cursor": "1-1.1"}])
async def test_what_cannot_be_read(world: World, query: Json) -> None:
    with pytest.raises(ApiError, match="invalid"):
        await (await world.supervisor()).request("GET", "/events", None, query)
