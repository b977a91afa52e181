"""Each known fault of panoramisk, and what our link makes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from dialer.asterisk.link import Link
from dialer.asterisk.protocol import BLOCK_SIZE_MAX, Message
from dialer.asterisk.settings import AmiSettings
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError
from tests.asterisk.ami_server import AmiServer, Replies, block, error, log_in, silence, success

SETTINGS = AmiSettings(username="dialer", secret="any", ping_every_s=60)
HASTY = replace(SETTINGS, action_timeout_s=0.5)
WANTED = ("Hangup", "OriginateResponse", "CoreShowChannel")


@asynccontextmanager
async def linked(
    replies: Replies | None = None, settings: AmiSettings = SETTINGS
) -> AsyncIterator[tuple[AmiServer, Link, "asyncio.Queue[Message]"]]:
    """A server and a link that is logged in to it, and the events that come."""
    events: asyncio.Queue[Message] = asyncio.Queue()
    async with AmiServer(replies) as server:
        link = Link(replace(settings, port=server.port), WANTED, events.put_nowait)
        try:
            await link.open()
            yield server, link, events
        finally:
            link.close()


async def ask(link: Link, **fields: str) -> str:
    """The message of the answer to an action."""
    [future] = link.send(fields)
    answer = await link.answer(future)
    return str(answer.message)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("PlayDTMF", "DTMF successfully queued"),
        ("QueueAdd", "Added interface to queue"),
        ("Originate", "Originate successfully queued"),
        ("CoreShowChannels", "Channels will follow"),
        ("Command", "Command output follows"),
    ],
)
async def test_one_answer_ends_an_action_whatever_its_english_says(action: str, message: str) -> None:
    async with linked({action: lambda asked: success(asked, Message=message)}) as (_, link, _):
        assert await ask(link, Action=action) == message
        assert await ask(link, Action="Ping") == ""
        assert link.health()["actions_in_flight"] == 0


async def test_originate_response_is_an_event_though_it_has_our_action_id() -> None:
    def queued(asked: dict[str, str]) -> str:
        told = block(Event="OriginateResponse", ActionID=asked["ActionID"], Response="Failure", Uniqueid="x")
        return told + success(asked, Message="Originate successfully queued") + told

    async with linked({"Originate": queued}) as (_, link, events):
        assert await ask(link, Action="Originate") == "Originate successfully queued"
        assert [events.get_nowait()["Response"] for _ in range(2)] == ["Failure", "Failure"]


async def test_a_lost_link_fails_what_waits_and_sends_nothing_again() -> None:
    async with linked({"Originate": silence}) as (server, link, _):
        waiting = [asyncio.ensure_future(ask(link, Action="Originate", ChannelId=str(n))) for n in range(3)]
        await server.until("Originate", 3)
        server.cut()
        for ended in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(ended, SwitchUnavailableError)
        assert await link.lost
        with pytest.raises(SwitchUnavailableError, match="nothing was sent"):
            link.send({"Action": "Originate"})
        assert link.health()["actions_in_flight"] == 0


async def test_an_action_without_an_answer_ends_and_its_late_answer_does_no_harm() -> None:
    async with linked({"Bridge": silence}, HASTY) as (server, link, _):
        with pytest.raises(SwitchUnavailableError, match="not known"):
            await ask(link, Action="Bridge")
        assert link.health()["actions_in_flight"] == 0
        server.say(success(server.of("Bridge")[0]))
        assert await ask(link, Action="Ping") == ""


async def test_a_refused_action_says_why() -> None:
    async with linked({"Redirect": lambda asked: error(asked, "Channel does not exist: x")}) as (_, link, _):
        with pytest.raises(ActionRefusedError, match="Channel does not exist: x"):
            await ask(link, Action="Redirect")


async def test_a_refused_log_in_is_an_error_that_names_the_mend() -> None:
    async with AmiServer({"Login": lambda asked: error(asked, "Authentication failed")}) as server:
        link = Link(replace(SETTINGS, port=server.port), WANTED, lambda _: None)
        with pytest.raises(ConfigError, match=r"'dialer'.*Authentication failed.*manager\.conf"):
            await link.open()
        link.close()


async def test_a_log_in_without_an_answer_ends() -> None:
    async with AmiServer({"Login": silence}) as server:
        link = Link(replace(HASTY, port=server.port), WANTED, lambda _: None)
        with pytest.raises(SwitchUnavailableError, match="did not answer"):
            await link.open()
        link.close()


@pytest.mark.parametrize("banner", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n\r\n"])
async def test_another_service_on_the_port_is_named(banner: bytes) -> None:
    async with AmiServer(banner=banner) as server:
        link = Link(replace(SETTINGS, port=server.port), WANTED, lambda _: None)
        with pytest.raises(SwitchUnavailableError, match="AMI port"):
            await link.open()
        link.close()


async def test_nobody_at_the_port_is_an_os_error() -> None:
    async with AmiServer() as server:
        port = server.port
    link = Link(replace(SETTINGS, port=port), WANTED, lambda _: None)
    with pytest.raises(OSError, match="Connect call failed"):
        await link.open()
    link.close()


async def test_line_breaks_never_reach_the_wire() -> None:
    async with linked() as (server, link, _):
        with pytest.raises(ActionRefusedError, match="nothing was sent"):
            link.send({"Action": "Setvar", "Value": "1"}, {"Action": "Setvar", "Value": "1\r\nAction: Logoff"})
        assert await ask(link, Action="Ping") == ""
        assert [action["Action"] for action in server.received] == ["Login", "Ping"]


async def test_several_actions_go_out_in_one_piece_and_in_order() -> None:
    async with linked() as (server, link, _):
        futures = link.send(*({"Action": "Setvar", "Value": str(n)} for n in range(50)))
        await asyncio.gather(*map(link.answer, futures))
        assert [action["Value"] for action in server.of("Setvar")] == [str(n) for n in range(50)]


async def test_an_unanswered_ping_ends_the_link() -> None:
    async with linked({"Ping": silence}, replace(SETTINGS, ping_every_s=1)) as (server, link, _):
        async with asyncio.timeout(5):
            assert "ping" in await link.lost
        assert len(server.of("Ping")) == 1


async def test_an_answered_ping_keeps_the_link_and_is_timed() -> None:
    async with linked(settings=replace(SETTINGS, ping_every_s=1)) as (server, link, _):
        await server.until("Ping", 2)
        assert not link.lost.done()
        assert link.health()["ping_ms"] != 0


async def test_a_message_without_end_ends_the_link() -> None:
    async with linked() as (server, link, _):
        server.say("Event: Hangup\r\n" + "x" * BLOCK_SIZE_MAX)
        async with asyncio.timeout(5):
            assert "bytes" in await link.lost


async def test_events_become_no_tasks_and_keep_their_order() -> None:
    async with linked() as (server, link, events):
        tasks = len(asyncio.all_tasks())
        server.say("".join(block(Event="Hangup", Uniqueid=n) + block(Event="VarSet", Value=n) for n in range(2000)))
        assert [(await events.get())["Uniqueid"] for _ in range(2000)] == [str(n) for n in range(2000)]
        assert len(asyncio.all_tasks()) <= tasks + 1
        assert int(link.health()["events_skipped"]) >= 1999


async def test_an_asterisk_that_does_not_read_holds_us_up_and_then_is_unavailable() -> None:
    async with linked(settings=HASTY) as (server, link, _):
        server.transports[0].pause_reading()
        link.send(*({"Action": "Setvar", "Value": "x" * 60_000} for _ in range(400)))
        with pytest.raises(SwitchUnavailableError, match="nothing was sent"):
            await link.ready()


async def test_a_link_may_be_closed_twice_and_before_it_was_opened() -> None:
    link = Link(SETTINGS, WANTED, lambda _: None)
    link.close()
    link.close()
    assert link.lost.done()


async def test_an_answer_that_comes_with_the_end_of_the_log_in_is_not_lost() -> None:
    """Events in the very piece that accepts the log-in, before panoramisk knows of the connection."""
    told = block(Event="Hangup", Uniqueid="early")
    async with linked({"Login": lambda asked: log_in(asked) + told}) as (_, _, events):
        assert (await events.get())["Uniqueid"] == "early"
