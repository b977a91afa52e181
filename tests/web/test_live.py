"""The live view: what comes, how soon it is overtaken, and that nobody can hold it up."""

import asyncio
import json
import socket
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from dialer.core.model import Mode
from dialer.web import hub, live
from dialer.web.access import COOKIE
from dialer.web.client import ApiError, Client
from dialer.web.hub import Hub, Mailbox
from dialer.web.settings import WebSettings
from tests.web.world import World
from tests.web.world import world as new_world


async def test_the_floor_comes_at_once_and_again(world: World) -> None:
    client = await world.supervisor()
    async with aclosing(client.live("floor")) as stream:
        first, second = await anext(stream), await anext(stream)
    assert first[0] == second[0] == "floor"
    assert [one["name"] for one in second[1]["agents"]] == ["Agent 1", "Agent 2"]
    assert second[1]["at"] > first[1]["at"]


async def test_each_change_of_a_desk_comes_and_the_last_one_is_true(world: World) -> None:
    client = await world.agent()
    async with aclosing(client.live("desk")) as stream, asyncio.timeout(10):
        assert (await anext(stream))[1]["state"] == "signed_out"
        await client.desk_sign_in()
        await client.ready()
        while (await anext(stream))[1]["state"] != "ready":
            pass
    assert (await client.desk())["state"] == "ready"


async def test_a_desk_where_nothing_changes_still_hears_that_the_link_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page takes silence for a lost network; what programs read is the desk alone."""
    monkeypatch.setattr(hub, "ALIVE_EVERY_S", 0.02)
    async with new_world(tmp_path) as world:
        client = await world.agent()
        async with asyncio.timeout(10), await _open(world, client._headers, "desk") as link:
            heard = [json.loads(await link.recv())["topic"] for _ in range(4)]
        assert heard == ["desk", "alive", "alive", "alive"]
        async with aclosing(client.live("desk")) as stream, asyncio.timeout(10):
            await anext(stream)
            await client.desk_sign_in()
            assert (await anext(stream))[0] == "desk"


async def test_an_agent_sees_no_desk_but_their_own(world: World) -> None:
    mine, other = await world.agent(1), await world.agent(2)
    async with aclosing(mine.live("desk")) as stream, asyncio.timeout(10):
        await anext(stream)
        await other.desk_sign_in()
        await mine.desk_sign_in()
        _, desk = await anext(stream)
    assert (desk["agent"], desk["state"] == "signed_out") == (world.agents[0], False)  # nothing came of the other's


async def test_a_change_wakes_those_alone_whose_desk_it_is(world: World) -> None:
    feeding, box = _hub(world), Mailbox()
    with feeding.desk_to(box, world.agents[0]):
        await box.take()
        feeding._tell_changed(frozenset({world.agents[1]}))
        assert feeding._changed == set()
        feeding._tell_changed(frozenset(world.agents))
        assert feeding._changed == {world.agents[0]}


async def test_a_stop_reaches_every_desk(world: World) -> None:
    agent, supervisor = await world.agent(), await world.supervisor()
    await supervisor.stop_dialling()
    async with aclosing(agent.live("desk")) as stream, asyncio.timeout(10):
        while not (await anext(stream))[1]["stopped"]:
            pass


@pytest.mark.parametrize(
    ("login", "topics"),
    [("agent1", "floor"), ("sofia", "desk"), ("quique", "floor"), ("sofia", "nonsense"), ("", "floor")],
)
async def test_topics_are_for_those_who_may_have_them(world: World, login: str, topics: str) -> None:
    client = world.client()
    if login:
        await client.sign_in(login, "a long enough password")
    with pytest.raises(ApiError):
        await anext(client.live(topics))


async def test_a_foreign_page_cannot_listen_by_the_cookie(world: World) -> None:
    client = await world.supervisor()
    for origin, allowed in ((world.url, True), ("https://elsewhere.example", False), (None, False)):
        headers = {"Cookie": f"{COOKIE}={client.token}"} | ({"Origin": origin} if origin else {})
        if allowed:
            async with await _open(world, headers) as link:
                assert json.loads(await link.recv())["topic"] == "floor"
        else:
            with pytest.raises(InvalidStatus):
                await _open(world, headers)


async def test_who_talks_back_is_closed(world: World) -> None:
    client = await world.supervisor()
    async with await _open(world, {"Authorization": f"Bearer {client.token}"}) as link:
        await link.recv()
        await link.send("anything")
        async with asyncio.timeout(10):
            await link.wait_closed()
        assert link.close_code == 1008


async def test_a_client_that_reads_nothing_is_dropped_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEND_MAX_S", 0.2)
    monkeypatch.setattr("dialer.web.hub.FLOOR_EVERY_S", 0.01)
    async with new_world(tmp_path, mode=Mode.PREVIEW, agents=60) as world:
        client = await world.supervisor()
        async with aclosing(client.live("floor")) as reading, asyncio.timeout(20):
            await anext(reading)
            with _deaf_client(world, client):
                hub = _hub(world)
                while hub.clients < 2:
                    await anext(reading)
                while hub.clients == 2:
                    await anext(reading)
            await anext(reading)


async def test_a_session_that_ends_ends_its_live_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SPREAD_S", 0.0)
    async with new_world(tmp_path) as world:
        client = await world.supervisor()
        async with aclosing(client.live("floor")) as stream, asyncio.timeout(10):
            await anext(stream)
            await client.request("DELETE", "/session")
            assert [topic async for topic, _ in stream] in ([], ["floor"])


async def test_a_live_view_ends_when_its_owner_may_see_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SPREAD_S", 0.0)
    async with new_world(tmp_path) as world:
        client, ana = await world.supervisor(), await world.administrator()
        sofia = await world.store.users.by_login("sofia")
        [rival] = [one.id for one in await world.store.clients.list() if one.name == "Rival"]
        assert sofia is not None
        async with aclosing(client.live("floor")) as stream, asyncio.timeout(10):
            await anext(stream)
            await ana.request("PATCH", f"/users/{sofia.id}", {"client": rival})
            assert len([topic async for topic, _ in stream]) <= 1


async def test_a_mailbox_keeps_the_newest_of_each_topic() -> None:
    box = Mailbox()
    for topic, text in (("desk", "old"), ("floor", "one"), ("desk", "new")):
        box.put(topic, text)
    assert sorted(await box.take()) == ["new", "one"]
    box.put("floor", "two")
    assert await box.take() == ["two"]


async def test_an_open_floor_is_seen_without_sign_in_and_no_desk_is(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, open_floor=True)) as world:
        async with aclosing(world.client().live("floor")) as stream:
            assert (await anext(stream))[0] == "floor"
        with pytest.raises(ApiError):
            await anext(world.client().live("desk"))


def _hub(world: World) -> Hub:
    found = world.app.state.console.hub
    assert isinstance(found, Hub)
    return found


async def _open(world: World, headers: dict[str, str], topic: str = "floor") -> ClientConnection:
    address = f"ws{world.url.removeprefix('http')}/api/v1/live?topics={topic}"
    return await connect(address, additional_headers=headers, proxy=None)


def _deaf_client(world: World, client: Client) -> socket.socket:
    """A WebSocket that is opened and then never read from."""
    address = urlsplit(world.url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((address.hostname, address.port))
    deaf.sendall(
        f"GET /api/v1/live?topics=floor HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {client.token}\r\n\r\n".encode()
    )
    return deaf
