"""The FastAGI scripts with a real Asterisk and real phones: keys are pressed, prompts are played."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from dialer.asterisk.agi_scripts import AgentScripts, OptOutScript, routes
from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.names import call_channel, call_of
from dialer.core.ids import AgentId, first_call
from dialer.core.messages import AgentDialledIn, AgentSignedOut, Event, OptedOut
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor

pytestmark = pytest.mark.asterisk

SIGN_IN, SIGN_OUT = "*10", "*11"
PATIENCE_S = 30.0


class Ear:
    """What the engine would hear, to be waited for."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Event] = asyncio.Queue()
        self.tell: Callable[[Event], None] = self._heard.put_nowait

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE_S):
            return await self._heard.get()

    def silent(self) -> bool:
        return self._heard.empty()


@asynccontextmanager
async def scripts(floor: Floor, ear: Ear, asked: asyncio.Event | None = None) -> AsyncIterator[AgiServer]:
    async def verify(code: str, pin: str) -> AgentId | None:
        if asked is not None:
            asked.set()
        return AgentId(7) if (code, pin) == ("7", "4711") else None

    agents = AgentScripts(verify=verify, tell=ear.tell, clock=asyncio.get_running_loop().time)
    opt_out = OptOutScript(call_of=lambda uniqueid: call_of(uniqueid, cell=0), tell=ear.tell)
    host, port = floor.agi
    async with AgiServer(host, port, routes(agents, opt_out)) as server:
        yield server


async def channels(floor: Floor) -> list[list[str]]:
    text = await asyncio.to_thread(floor.dialer.cli, "core show channels concise")
    return [line.split("!") for line in text.splitlines() if line.count("!") > 5]


async def originate(floor: Floor, dial: str, uniqueid: str) -> None:
    """Place one call as the dialer does."""
    reader, writer = await asyncio.open_connection(*floor.ami)
    user, secret = floor.user
    login = f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"
    action = (
        f"Action: Originate\r\nChannel: {dial}\r\nContext: dialer-customer\r\nExten: park\r\nPriority: 1\r\n"
        f"ChannelId: {uniqueid}\r\nAsync: true\r\nVariable: DIALER_WAIT=1\r\nVariable: DIALER_LEAD=5\r\n\r\n"
    )
    writer.write((login + action + "Action: Logoff\r\n\r\n").encode())
    async with asyncio.timeout(PATIENCE_S):
        answers = await reader.read()
        while b"Goodbye" not in answers and (more := await reader.read()):
            answers += more
    writer.close()
    assert b"successfully queued" in answers, answers


async def test_an_agent_signs_in_from_a_phone_and_waits_for_calls(floor: Floor) -> None:
    ear = Ear()
    async with scripts(floor, ear) as server:
        await asyncio.to_thread(floor.carrier.phone_dials, "1001", SIGN_IN, "wwwwww7#wwww4711#")
        event = await ear.next()
        assert isinstance(event, AgentDialledIn)
        assert event.agent == 7
        async with asyncio.timeout(PATIENCE_S):
            while not (waiting := [row for row in await channels(floor) if "BridgeWait" in row]):
                pass
        assert waiting[0][1:3] == ["dialer-agent", "idle"]
        assert event.leg in waiting[0]
        assert server.health() == {"open": 0, "done": 1}
    await asyncio.to_thread(floor.dialer.cli, "channel request hangup all")


async def test_a_wrong_pin_leads_nowhere(floor: Floor) -> None:
    ear, asked = Ear(), asyncio.Event()
    async with scripts(floor, ear, asked):
        await asyncio.to_thread(floor.carrier.phone_dials, "1002", SIGN_IN, "wwwwww7#wwww4712#")
        async with asyncio.timeout(PATIENCE_S):
            await asked.wait()
        await asyncio.to_thread(floor.dialer.cli, "channel request hangup all")
    assert ear.silent()


async def test_an_agent_signs_out_from_a_phone(floor: Floor) -> None:
    ear = Ear()
    async with scripts(floor, ear):
        await asyncio.to_thread(floor.carrier.phone_dials, "1003", SIGN_OUT, "wwwwww7#wwww4711#")
        assert await ear.next() == AgentSignedOut(AgentId(7))
    await asyncio.to_thread(floor.dialer.cli, "channel request hangup all")


async def test_a_person_who_met_no_agent_opts_out_by_key(floor: Floor) -> None:
    ear, call = Ear(), first_call(0)
    async with scripts(floor, ear):
        await originate(floor, floor.dial(number("5215", Behaviour.PERSON_OPTS_OUT)), call_channel(call))
        assert await ear.next() == OptedOut(call)
    await asyncio.to_thread(floor.dialer.cli, "channel request hangup all")
