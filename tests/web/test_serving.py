"""The server inside a loop that is not its own."""

import asyncio
import re
import signal
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from dialer.errors import ConfigError
from dialer.web.serving import listen
from dialer.web.settings import WebSettings
from tests.web.world import world as new_world


def test_a_taken_port_is_named() -> None:
    with listen(WebSettings(port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"web.port {port}"):
            listen(WebSettings(port=port))


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ConfigError, match=r"web\.host"):
        listen(WebSettings(host="192.0.2.1", port=0))


async def test_signals_are_left_to_the_loop_and_cancelling_ends_all(tmp_path: Path) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    async with new_world(tmp_path) as world:
        client = await world.supervisor()
        stream = client.live("floor")
        await anext(stream)
        assert {number: signal.getsignal(number) for number in before} == before
    async with asyncio.timeout(5):
        assert [topic async for topic, _ in stream] in ([], ["floor"])


async def test_what_fails_in_the_live_view_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.web.hub.FLOOR_EVERY_S", 0.0)

    def broken(_: object, __: object) -> str:
        raise ArithmeticError("as a fault of ours would")

    async def broken_live_view() -> None:
        async with new_world(tmp_path) as world:
            client = await world.supervisor()
            async with aclosing(client.live("floor")) as stream, asyncio.timeout(10):
                await anext(stream)
                monkeypatch.setattr("dialer.web.hub.Hub._floor_text", broken)
                await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as group:
        await broken_live_view()
    assert group.group_contains(ArithmeticError)


async def test_who_asks_lets_go_of_an_idle_connection_before_the_server_does(tmp_path: Path) -> None:
    """Else a request may cross the server's end of it, and is lost."""
    kept_s = httpx.Limits().keepalive_expiry
    assert kept_s is not None
    async with new_world(tmp_path) as world:
        url = httpx.URL(world.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: " + url.netloc + b"\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in answer.splitlines()[0]
        [length] = re.findall(rb"content-length: (\d+)", answer)
        await reader.readexactly(int(length))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), kept_s + 1.0)
        writer.close()
