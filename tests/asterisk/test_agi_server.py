"""The FastAGI server, real pyst2 scripts on it, and peers that mean it no good. Real sockets throughout."""

import asyncio
import resource
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

import pytest
from asterisk.agi import AGI, AGIError, AGIHangup
from structlog.testing import capture_logs

from dialer.asterisk.agi_server import AgiLimits, AgiServer
from dialer.asterisk.agi_session import AgiRequest, Script
from tests.asterisk.agi_caller import Caller, header

QUICK = AgiLimits(header_s=0.2, command_s=0.3, script_s=0.6, wait_s=0.3)


def ask(agi: AGI, call: AgiRequest) -> None:
    """A script of one question."""
    agi.set_variable("HEARD", agi.get_variable("WORD"))


async def served(port: int) -> bool:
    """Whether an honest call gets its script."""
    caller = await Caller.call(port, "ask")
    await caller.command()
    caller.answer("200 result=1 (hello)")
    await caller.play()
    return caller.variables == {"HEARD": "hello"}


def server(script: Script = ask, limits: AgiLimits = QUICK) -> AgiServer:
    return AgiServer("127.0.0.1", 0, {"ask": ask, "mine": script}, limits=limits)


async def result(script: Script, deed: Callable[[Caller], object]) -> dict[str, int]:
    """What becomes of a script whose first command is met with a deed. An honest call must still be served after it."""
    over = asyncio.Event()

    def watched(agi: AGI, call: AgiRequest) -> None:
        try:
            script(agi, call)
        finally:
            call.in_loop(over.set)

    async with server(watched) as agi:
        caller = await Caller.call(agi.port, "mine")
        await caller.command()
        deed(caller)
        async with asyncio.timeout(10):
            await over.wait()
        caller.hang_up()
        assert await served(agi.port)
    return agi.health()


# ---------------------------------------------------------------- scripts


async def test_a_script_is_a_plain_function_in_a_thread_of_its_own() -> None:
    seen: list[object] = []

    def script(agi: AGI, call: AgiRequest) -> None:
        seen.extend([threading.current_thread() is threading.main_thread(), call.uniqueid, dict(call.arguments)])
        seen.extend([agi.env["agi_channel"], call.channel, call.script])

    async with server(script) as agi:
        await (await Caller.call(agi.port, "mine?list=7&say=a%20b", uniqueid="u-1")).play()
    assert seen == [False, "u-1", {"list": "7", "say": "a b"}, "PJSIP/1001-00000001", "PJSIP/1001-00000001", "mine"]


async def test_what_a_script_hands_over_happens_on_the_loop() -> None:
    happened: list[object] = []

    async def later(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    def script(agi: AGI, call: AgiRequest) -> None:
        happened.append(call.in_loop(threading.current_thread))
        happened.append(call.wait_for(later(1)))
        with suppress(ZeroDivisionError):
            call.in_loop(divmod, 1, 0)
        happened.append("raised there, caught here")

    async with server(script) as agi:
        await (await Caller.call(agi.port, "mine")).play()
    assert happened == [threading.main_thread(), 2, "raised there, caught here"]


async def test_pyst2_says_nothing_of_its_own_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    async with server() as agi:
        assert await served(agi.port)
    printed = capfd.readouterr()
    assert "hello" not in printed.out + printed.err
    assert "WORD" not in printed.out + printed.err


@pytest.mark.parametrize("value", ['say "hi"', "back\\slash", "plain", "José Ñandú"])
async def test_a_value_arrives_as_it_was_given(value: str) -> None:
    async with server(lambda agi, _: agi.set_variable("V", value)) as agi:
        caller = await (await Caller.call(agi.port, "mine")).play()
    assert caller.variables == {"V": value}


@pytest.mark.parametrize("value", ["a\nHANGUP", "a\r\nHANGUP", "a\0"])
async def test_no_value_makes_a_second_command(value: str) -> None:
    async with server(lambda agi, _: agi.set_variable("V", value)) as agi:
        caller = await (await Caller.call(agi.port, "mine")).play()
        assert agi.health()["crashed"] == 1
    assert caller.commands == []


async def test_a_crash_is_logged_with_its_place_and_without_what_was_typed() -> None:
    def script(agi: AGI, call: AgiRequest) -> None:
        raise RuntimeError(f"PIN {agi.get_data('agent-pass')}")

    with capture_logs() as logs:
        async with server(script) as agi:
            await (await Caller.call(agi.port, "mine")).play(["4711"])
            assert await served(agi.port)
    crash = next(entry for entry in logs if entry["action"] == "agi_crashed")
    assert crash["error"] == "RuntimeError"
    assert "test_agi_server.py:" in crash["place"]
    assert "4711" not in str(logs)
    assert "5215555550100" not in str(logs)


async def test_a_script_that_nobody_knows_ends_cleanly() -> None:
    async with server() as agi:
        caller = await Caller.call(agi.port, "nothing")
        assert await caller.ended()
        assert agi.health()["unknown_script"] == 1
        assert await served(agi.port)
        caller.hang_up()


# ---------------------------------------------------------------- the end of a call, in mid-command


@pytest.mark.parametrize(
    ("deed", "name"),
    [
        (lambda caller: caller.writer.close(), "hung_up"),
        (lambda caller: caller.writer.transport.abort(), "hung_up"),
        (lambda caller: caller.writer.write_eof(), "hung_up"),
        (lambda caller: caller.answer("HANGUP"), "hung_up"),
        (lambda caller: caller.answer("200 result=-1"), "hung_up"),
        (lambda caller: caller.answer("511 Command Not Permitted on a dead channel"), "failed"),
        (lambda caller: caller.answer("520-Invalid command syntax.  Proper usage follows:"), "hung_up"),
        (lambda caller: caller.answer("no code at all"), "failed"),
        (lambda caller: caller.answer(""), "failed"),
        (lambda caller: caller.answer(b"2\xff\xfe0"), "failed"),
        (lambda caller: caller.answer(b"2" * 5000), "hung_up"),
        (lambda caller: None, "hung_up"),  # silence
    ],
    ids=["bye", "abort", "eof", "hangup", "minus one", "dead", "usage", "no code", "empty", "bytes", "long", "silence"],
)
async def test_whatever_ends_a_command_ends_the_script_alone(deed: Callable[[Caller], object], name: str) -> None:
    assert (await result(ask, deed))[name] == 1


async def test_bytes_that_are_no_text_reach_the_script_as_replacements() -> None:
    heard: list[str] = []
    async with server(lambda agi, _: heard.append(agi.get_variable("WORD"))) as agi:
        caller = await Caller.connect(agi.port)
        caller.writer.write(header("mine").replace(b"1001", b"10\xff1"))
        await caller.command()
        caller.answer(b"200 result=1 (Jos\xe9)")
        await caller.ended()
        caller.hang_up()
    assert heard == ["Jos\ufffd"]


async def test_a_script_may_clean_up_after_a_hang_up_but_not_go_on() -> None:
    tried: list[str] = []

    def stubborn(agi: AGI, call: AgiRequest) -> None:
        for _ in range(3):
            try:
                agi.stream_file("demo-congrats")
            except AGIHangup:
                tried.append("hung up")

    assert (await result(stubborn, lambda caller: caller.hang_up()))["done"] == 2  # and the honest call
    assert tried == ["hung up"] * 3


async def test_an_error_of_one_command_can_be_caught() -> None:
    def script(agi: AGI, call: AgiRequest) -> None:
        with suppress(AGIError):
            agi.execute("NONSENSE")
        agi.set_variable("WENT", "on")

    async with server(script) as agi:
        caller = await Caller.call(agi.port, "mine")
        await caller.command()
        caller.answer("510 Invalid or unknown command")
        await caller.play()
    assert caller.variables == {"WENT": "on"}


async def test_a_script_has_only_so_much_time() -> None:
    def endless(agi: AGI, call: AgiRequest) -> None:
        while True:
            agi.noop()

    async with server(endless) as agi:
        caller = await (await Caller.call(agi.port, "mine")).play()
        assert caller.commands
        assert agi.health()["too_long"] == 1
        assert await served(agi.port)


async def test_a_call_that_finds_no_thread_ends_and_the_others_go_on() -> None:
    async with server(limits=AgiLimits(scripts_max=1, wait_s=0.1)) as agi:
        first = await Caller.call(agi.port, "ask")
        assert await first.command()
        second = await Caller.call(agi.port, "ask")
        assert await second.ended()
        assert agi.health()["no_thread"] == 1
        first.answer("200 result=0")
        await first.play()
        assert await served(agi.port)
        second.hang_up()


async def test_the_end_of_the_server_ends_its_scripts() -> None:
    ended = threading.Event()

    def waiting(agi: AGI, call: AgiRequest) -> None:
        try:
            agi.wait_for_digit(60_000)
        finally:
            ended.set()

    async with AsyncExitStack() as stack:
        agi = await stack.enter_async_context(server(waiting, AgiLimits()))
        caller = await Caller.call(agi.port, "mine")
        await caller.command()
    assert ended.is_set()
    caller.hang_up()


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"agi_request: agi://127.0.0.1/ask\n",
        b"agi_network: yes\n" * 200 + b"\n",
        b"agi_x: " + b"x" * 100_000,
        b"".join(b"agi_%d: %s\n" % (line, b"y" * 3000) for line in range(90)) + b"\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(range(256)) * 40,
    ],
    ids=["silence", "half", "lines", "line", "bytes", "http", "noise"],
)
async def test_a_header_that_is_none_costs_its_sender_the_connection(sent: bytes) -> None:
    async with server() as agi:
        caller = await Caller.connect(agi.port)
        caller.writer.write(sent)
        assert await served(agi.port)
        assert await caller.ended()
        assert await served(agi.port)
        caller.hang_up()


async def test_a_header_sent_byte_by_byte_is_not_waited_for() -> None:
    async with server() as agi:
        caller = await Caller.connect(agi.port)

        ended = asyncio.ensure_future(caller.ended())
        for byte in header("ask") * 10:
            if not ended.done():
                caller.writer.write(bytes([byte]))
                await asyncio.wait({ended}, timeout=0.02)
        assert await ended
        assert agi.health()["bad_header"] == 1
        caller.hang_up()


async def test_the_end_of_the_stream_inside_a_header_does_not_spin() -> None:
    async with server() as agi:
        for sent in (b"", b"agi_network: yes\n", b"agi_net"):
            caller = await Caller.connect(agi.port)
            caller.writer.write(sent)
            caller.writer.write_eof()
            assert await caller.ended()
            caller.hang_up()
        assert agi.health()["bad_header"] == 3
        assert await served(agi.port)


async def test_two_thousand_connections_of_one_peer_do_not_shut_out_another() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    flood: list[Caller] = []
    try:
        # No header's time runs out before the last connection: a slot that it frees would be one refusal less.
        async with server(limits=AgiLimits(connections_per_peer_max=50, header_s=600.0)) as agi:
            for _ in range(40):
                wave = (Caller.connect(agi.port, source="127.0.0.2") for _ in range(50))
                flood += [one for one in await asyncio.gather(*wave, return_exceptions=True) if isinstance(one, Caller)]
            assert len(flood) > 1900
            assert await served(agi.port)
            assert agi.health()["open"] <= 50
            assert agi.health()["refused"] >= len(flood) - 50
    finally:
        for caller in flood:
            caller.writer.transport.abort()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
