"""Signing in and out by phone, and opting out: the real scripts on the real server, a caller who types."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from structlog.testing import capture_logs

from dialer.asterisk.agi_scripts import AgentScripts, OptOutScript, Verify, routes
from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.names import call_channel, call_of
from dialer.core.ids import AgentId, CallId, LegId, first_call
from dialer.core.messages import AgentDialledIn, AgentSignedOut, Event, OptedOut
from tests.asterisk.agi_caller import Caller

HASHER = PasswordHasher(time_cost=1, memory_cost=1024)
PINS = {"7": HASHER.hash("4711"), "8": HASHER.hash("9999")}
CALL = CallId(first_call(0) + 41)


def verify(code: str, pin: str) -> AgentId | None:
    try:
        HASHER.verify(PINS.get(code, PINS["7"]), pin)
    except VerifyMismatchError:
        return None
    return AgentId(int(code)) if code in PINS else None


async def verify_later(code: str, pin: str) -> AgentId | None:
    return await asyncio.to_thread(verify, code, pin)


@dataclass
class Desk:
    """A server with the dialer's scripts, what the engine heard, and a clock to be set."""

    port: int = 0
    told: list[Event] = field(default_factory=list)
    now: float = 1000.0

    async def sign_in(self, *typed: str, phone: str = "1001") -> Caller:
        caller = await Caller.call(self.port, "sign-in", uniqueid="1700.5", channel=f"PJSIP/{phone}-0000000a")
        return await caller.play(typed)


@asynccontextmanager
async def desk(check: Verify = verify) -> AsyncIterator[Desk]:
    made = Desk()
    agents = AgentScripts(verify=check, tell=made.told.append, clock=lambda: made.now)
    opt_out = OptOutScript(call_of=lambda uniqueid: call_of(uniqueid, cell=0), tell=made.told.append)
    async with AgiServer("127.0.0.1", 0, routes(agents, opt_out)) as server:
        made.port = server.port
        yield made


@pytest.mark.parametrize("check", [verify, verify_later], ids=["plain", "async"])
async def test_code_and_pin_sign_an_agent_in(check: Verify) -> None:
    async with desk(check) as floor:
        caller = await floor.sign_in("7", "4711")
    assert caller.variables == {"DIALER_AGENT": "7"}
    assert floor.told == [AgentDialledIn(AgentId(7), LegId("1700.5"))]
    assert any("agent-loginok" in command for command in caller.commands)


async def test_the_third_try_still_counts() -> None:
    async with desk() as floor:
        caller = await floor.sign_in("7", "1", "7", "2", "7", "4711")
    assert caller.variables == {"DIALER_AGENT": "7"}
    assert sum("agent-incorrect" in command for command in caller.commands) == 2


@pytest.mark.parametrize(
    "typed",
    [("7", "1", "7", "2", "7", "3", "7", "4711"), ("5", "4711") * 4, (), ("7",), ("7", "9999", "8", "4711")],
    ids=["wrong", "nobody", "silence", "no pin", "another's pin"],
)
async def test_after_three_tries_nobody_is_in(typed: tuple[str, ...]) -> None:
    async with desk() as floor:
        caller = await floor.sign_in(*typed)
    assert caller.variables == {}
    assert floor.told == []


async def test_a_locked_code_is_locked_for_the_right_pin_too_until_its_time_is_over() -> None:
    async with desk() as floor:
        await floor.sign_in("7", "1", "7", "2", "7", "3")
        for phone in ("1001", "1002"):
            assert (await floor.sign_in("7", "4711", phone=phone)).variables == {}
        floor.now += 29.0
        assert (await floor.sign_in("7", "4711", phone="1003")).variables == {}
        floor.now += 2.0
        assert (await floor.sign_in("7", "4711", phone="1003")).variables == {"DIALER_AGENT": "7"}


async def test_a_locked_phone_tries_no_other_code_and_a_colleague_elsewhere_is_not_held_up() -> None:
    async with desk() as floor:
        await floor.sign_in("1", "1", "2", "2", "3", "3")
        assert (await floor.sign_in("8", "9999")).variables == {}
        assert (await floor.sign_in("8", "9999", phone="1002")).variables == {"DIALER_AGENT": "8"}


async def test_many_phones_at_once_have_three_tries_at_one_code() -> None:
    tried: list[str] = []

    def counted(code: str, pin: str) -> AgentId | None:
        tried.append(pin)
        return None

    async with desk(counted) as floor, asyncio.TaskGroup() as tasks:
        for phone in range(12):
            tasks.create_task(floor.sign_in(*("7", f"{phone}1", "7", f"{phone}2"), phone=str(phone)))
    assert len(tried) == 3


async def test_who_hangs_up_is_not_in() -> None:
    async with desk() as floor:
        caller = await Caller.call(floor.port, "sign-in")
        await caller.command()
        caller.answer("200 result=7")
        await caller.command()
        caller.answer("HANGUP")
        assert await caller.ended()
        caller.hang_up()
    assert floor.told == []


async def test_signing_out_takes_the_pin_as_well() -> None:
    async with desk() as floor:
        wrong = await (await Caller.call(floor.port, "sign-out")).play(["7", "1"])
        assert floor.told == []
        right = await (await Caller.call(floor.port, "sign-out")).play(["7", "4711"])
    assert floor.told == [AgentSignedOut(AgentId(7))]
    assert wrong.variables == {}
    assert right.variables == {"DIALER_SIGNED_OUT": "yes"}


async def test_an_opt_out_is_told_and_then_confirmed() -> None:
    async with desk() as floor:
        caller = await (await Caller.call(floor.port, "opt-out", uniqueid=call_channel(CALL))).play()
    assert floor.told == [OptedOut(CALL)]
    assert caller.variables == {"DIALER_OPTED_OUT": "yes"}


@pytest.mark.parametrize("uniqueid", ["1700000000.7", "", "cadencia-a7-1", call_channel(first_call(3))])
async def test_an_opt_out_of_a_call_that_is_not_ours_is_not_confirmed(uniqueid: str) -> None:
    async with desk() as floor:
        caller = await (await Caller.call(floor.port, "opt-out", uniqueid=uniqueid)).play()
    assert floor.told == []
    assert caller.variables == {}


async def test_an_opt_out_that_the_engine_cannot_take_is_not_confirmed() -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("the engine is gone")

    script = OptOutScript(call_of=lambda _: CALL, tell=broken)
    async with AgiServer("127.0.0.1", 0, {"opt-out": script.opt_out}) as server:
        caller = await (await Caller.call(server.port, "opt-out")).play()
    assert caller.variables == {}


async def test_nothing_that_was_typed_or_dialled_is_logged() -> None:
    with capture_logs() as logs:
        async with desk() as floor:
            await floor.sign_in("8", "4711", "7", "4711")
    assert [entry["action"] for entry in logs] == ["agi_ended"]
    assert "4711" not in str(logs)
    assert "5215555550100" not in str(logs)
