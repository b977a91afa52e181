"""People who call, on each switch: told, taken by one cell alone, guided, connected, and heard by key."""

import asyncio
import itertools

import pytest

from dialer.core.ids import CELL_SHIFT, CallId
from dialer.core.inbound import Place
from dialer.core.messages import (
    AdoptCaller,
    CallbackAsked,
    CallEnded,
    CallerArrived,
    CallerQueued,
    CallJoined,
    Connect,
    Guide,
    HangUp,
    OptedOut,
)
from dialer.core.outcomes import EndedBy
from tests.asterisk.stage import Stage, fresh_call

CALLED = "56220000000"
_callers = itertools.count(56_900_000_001)


# Asterisk 16 is called by the tests of the whole shell alone.
@pytest.fixture(
    scope="module", params=[pytest.param("asterisk22", marks=pytest.mark.asterisk), "standin22", "standin16"]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def adopted(stage: Stage, *, keys: str = "", talk_s: int = 20) -> CallId:
    """A call that came in and is ours now."""
    caller, call = str(next(_callers)), fresh_call()
    stage.place.calls_in(CALLED, caller=caller, keys=keys, talk_s=talk_s)
    arrived = await stage.until(CallerArrived, caller=caller)
    assert arrived.number == CALLED
    stage.calls.append(call)
    await stage.do(AdoptCaller(call, arrived.channel))
    return call


async def test_a_caller_is_told_to_one_cell_alone_waits_and_is_connected(stage: Stage) -> None:
    async with Stage(stage.place, cell=1) as other:
        leg, call = await asyncio.gather(stage.agent(), adopted(stage))
        await stage.do(Guide(call=call, place=Place.QUEUE, queue_s=60))
        await stage.until(CallerQueued, call=call)
        await stage.do(Connect(call, leg, 1))
        await stage.until(CallJoined, call=call, leg=leg)
        rows = [row for row in (await stage.listing()).rows if row.call == call]
        assert [(row.place, row.talking_with) for row in rows] == [("queue", leg)]
        await other.listing()
        assert not [one for one in other.told if isinstance(one, CallerArrived)]
        await stage.do(HangUp(call))
        assert (await stage.until(CallEnded, call=call)).ending.by is EndedBy.DIALER


async def test_keys_opt_out_and_ask_for_a_call_and_the_queue_has_an_end(stage: Stage) -> None:
    leaver, asker, patient, gone = [
        await adopted(stage, keys=keys, talk_s=talk_s)
        for keys, talk_s in (("w9", 20), ("w2wwwww0715", 20), ("", 20), ("", 2))
    ]
    await stage.do(
        Guide(call=leaver, place=Place.MENU),
        Guide(call=asker, place=Place.CLOSED),
        Guide(call=patient, place=Place.QUEUE, queue_s=1),
        Guide(call=gone, place=Place.QUEUE, queue_s=60),
    )
    await stage.until(OptedOut, call=leaver)
    assert (await stage.until(CallbackAsked, call=asker)).clock == "0715"
    ends = {call: await stage.until(CallEnded, call=call) for call in (leaver, asker, patient, gone)}
    assert [ends[call].ending.by for call in (leaver, asker, patient)] == [EndedBy.DIALPLAN] * 3
    assert ends[gone].ending.by is EndedBy.PERSON
    assert not [one for one in stage.of(patient) if isinstance(one, OptedOut | CallbackAsked)]


async def test_an_opt_out_that_came_while_the_dialer_was_dead_is_taken_when_it_is_back(stage: Stage) -> None:
    async with Stage(stage.place) as former:
        call = await adopted(former, keys="w9")
        await former.do(Guide(call=call, place=Place.MENU))
        await former.until(OptedOut, call=call)
        await former.until(CallEnded, call=call)
    async with Stage(stage.place) as later:
        await later.until(OptedOut, call=call)
        await later.listing()
    async with Stage(stage.place) as last:
        await last.listing()
        assert not [one for one in last.told if isinstance(one, OptedOut)]


def test_the_calls_of_these_tests_are_the_first_cells() -> None:
    assert fresh_call() >> CELL_SHIFT == 0
