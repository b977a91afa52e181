"""Each log line about a call has the call's id, from the lead to the recording, wherever the line is written."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from asterisk.agi import AGI

from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.agi_session import AgiRequest
from dialer.core.ids import CallId
from dialer.core.messages import CallReserved
from dialer.core.model import DialFacts
from dialer.log_ids import bind, ids_of
from dialer.scrub import Scrub, ScrubSettings
from tests.asterisk.agi_caller import Caller
from tests.core.floor import NOON, lead
from tests.web.world import World

Lines = list[dict[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged, with what the task carries, as `dialer serve` writes it."""
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as captured:
        yield captured  # type: ignore[misc]  # a list of mutable mappings


def of(lines: Lines, event: str) -> dict[str, Any]:
    [found] = [one for one in lines if one["event"] == event]
    return found


async def test_an_outside_check_that_fails_names_call_and_lead(lines: Lines) -> None:
    scrub = Scrub(ScrubSettings(url="http://127.0.0.1:1/"), lambda: NOON)
    reserved = CallReserved(CallId(7), DialFacts(lead=lead(41)))

    async def asked() -> None:  # as the runtime does, in a task of its own
        bind(reserved)
        bind(reserved.facts)
        await scrub(reserved)

    await asyncio.create_task(asked())
    await scrub.close()
    said = of(lines, "the outside check failed")
    assert (said["call"], said["lead"]) == (7, 41)
    assert lead(41).number not in str(lines)
    structlog.get_logger().info("another")
    assert "call" not in of(lines, "another")


async def test_a_script_that_crashes_names_its_call_in_the_thread_too(lines: Lines) -> None:
    def script(agi: AGI, call: AgiRequest) -> None:
        raise ZeroDivisionError

    async with AgiServer("127.0.0.1", 0, {"mine": script}) as server:
        caller = await Caller.call(server.port, "mine", uniqueid="cadencia-0000000000000042")
        await caller.play()
    assert of(lines, "agi script crashed")["call"] == 42
    assert of(lines, "agi script ended")["call"] == 42


async def test_the_end_of_a_call_leads_from_its_lead_to_its_recording(lines: Lines, world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    await agent.hangup()
    await world.desk(agent, "wrapping")
    said = next(one for one in lines if one["event"] == "call ended")
    [call] = (await world.store.calls.page()).items
    record = call.record
    assert (said["call"], said["lead"], said["campaign"]) == (record.id, world.leads[0], world.campaign)
    assert said["recording"] == record.recording != ""
    assert record.number not in str(said)


def test_only_ids_are_taken_and_a_whole_lead_counts_by_its_number() -> None:
    assert ids_of(DialFacts(lead=lead(5))) == {"lead": 5}
    assert ids_of(object()) == {}
