"""People who call, on each switch: told, taken by one cell alone, guided and connected; what keys and words ask for."""

import asyncio
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_config.settings import Words
from dialer.asterisk.actions import plan
from dialer.asterisk.settings import AmiSettings
from dialer.core.ids import CELL_SHIFT, CallId
from dialer.core.inbound import Place, Wish
from dialer.core.messages import (
    AdoptCaller,
    CallbackAsked,
    CallEnded,
    CallerArrived,
    CallerQueued,
    CallJoined,
    CallTransferred,
    Connect,
    Guide,
    HangUp,
    OptedOut,
    Transfer,
)
from dialer.core.outcomes import EndedBy
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk.stage import Stage, fresh_call
from tests.lab_fixtures import Change

# It is given a WAV file and the language, as any recogniser is: the whistle of a fax machine stands for the words.
RECOGNISER = """#!{python}
import sys, wave
with wave.open(sys.stdin.buffer) as file:
    raw = file.readframes(file.getnframes())
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
samples = memoryview(raw).cast("h")
turns = sum((a < 0) != (b < 0) for a, b in zip(samples, samples[1:]))
hz = turns / 2 / (len(samples) / 8000)
assert sys.argv[1] == "es"
print("Por favor, no me llamen más" if 1900 < hz < 2300 else "¿Aló, quién habla?")
"""

CALLED = "56220000000"
_callers = itertools.count(56_900_000_001)


# Asterisk 16 is called by the tests of the whole shell alone.
@pytest.fixture(
    scope="module", params=[pytest.param("asterisk22", marks=pytest.mark.asterisk), "standin22", "standin16"]
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def host_change(tmp_path_factory: pytest.TempPathFactory) -> Change:
    """A host with a recogniser."""
    path = tmp_path_factory.mktemp("recogniser") / "hear"
    path.write_text(RECOGNISER.format(python=Path(sys.executable).resolve()))
    path.chmod(0o755)
    return lambda settings: replace(
        settings,
        words=Words(str(path)),
        host=replace(settings.host, language="es"),
        dialplan=replace(settings.dialplan, key_wait_s=4),
    )


@pytest.fixture
def speed() -> float:
    return 8.0


async def adopted(
    stage: Stage, place: Place, *, queue_s: int = 60, keys: str = "", talk_s: int = 20, wish: Wish = Wish.NONE
) -> CallId:
    """A call that came in, is ours now, and was sent to this place."""
    caller, call = str(next(_callers)), fresh_call()
    stage.place.calls_in(CALLED, caller=caller, keys=keys, talk_s=talk_s)
    arrived = await stage.until(CallerArrived, caller=caller)
    assert arrived.number == CALLED
    stage.calls.append(call)
    await stage.do(AdoptCaller(call, arrived.channel), Guide(call=call, place=place, queue_s=queue_s, wish=wish))
    return call


async def test_a_caller_is_told_to_one_cell_alone_waits_and_is_connected(stage: Stage) -> None:
    async with Stage(stage.place, cell=1) as other:
        leg, call = await asyncio.gather(stage.agent(), adopted(stage, Place.QUEUE))
        await stage.until(CallerQueued, call=call)
        await stage.do(Connect(call, leg, 1))
        await stage.until(CallJoined, call=call, leg=leg)
        rows = [row for row in (await stage.listing()).rows if row.call == call]
        assert [(row.place, row.talking_with) for row in rows] == [("queue", leg)]
        await other.listing()
        assert not [one for one in other.told if isinstance(one, CallerArrived)]
        await stage.do(HangUp(call))
        assert (await stage.until(CallEnded, call=call)).ending.by is EndedBy.DIALER


async def test_whoever_a_caller_is_handed_on_to_sees_our_number(stage: Stage) -> None:
    leg, call = await asyncio.gather(stage.agent(), adopted(stage, Place.QUEUE))
    await stage.until(CallerQueued, call=call)
    await stage.do(Connect(call, leg, 1))
    await stage.until(CallJoined, call=call, leg=leg)
    ours, further = "56227777777", "56228888888"
    if stage.place.floor is None:
        await stage.do(Transfer(call, stage.place.dial(number("52155", Behaviour.TONE, talk_s=1)), ours))
        assert (await stage.until(CallTransferred, call=call)).answered
    else:  # handed on to ourselves, which tells what is shown
        await stage.do(Transfer(call, f"Local/{further}@from-trunk", ours))
        assert (await stage.until(CallerArrived, number=further)).caller == ours
        await stage.do(HangUp(call))


async def test_keys_and_words_opt_out_and_ask_for_a_call_and_the_queue_has_an_end(stage: Stage) -> None:
    called = [
        stage.attempt(behaviour, wait_max_s=1.0, talk_s=12)
        for behaviour in (Behaviour.PERSON_OPTS_OUT, Behaviour.PERSON, Behaviour.FAX)
    ]
    await stage.at_once(*called)
    async with Stage(stage.place) as former:
        leaver = await adopted(former, Place.MENU, keys="wwww9")
        asker = await adopted(former, Place.CLOSED, keys="wwww2wwww0715", wish=Wish.NOTED)
        listed = await adopted(former, Place.CLOSED, keys="wwww2wwww0715", wish=Wish.PASSED_ON)  # asked for no time
        patient = await adopted(former, Place.QUEUE, queue_s=1)
        gone = await adopted(former, Place.QUEUE, talk_s=4)
        await former.until(OptedOut, call=leaver)
        assert (await former.until(CallbackAsked, call=asker)).clock == "0715"
        assert (await former.until(CallbackAsked, call=listed)).clock == ""
        ends = {call: await former.until(CallEnded, call=call) for call in (leaver, asker, listed, patient, gone)}
        assert [ends[call].ending.by for call in (leaver, asker, listed, patient)] == [EndedBy.DIALPLAN] * 4
        assert ends[gone].ending.by is EndedBy.PERSON
        assert not [one for one in former.of(patient) if isinstance(one, OptedOut | CallbackAsked)]
    presses, talks, asks = (one.call for one in called)
    await stage.until(OptedOut, call=presses)
    if stage.place.talks:
        await stage.until(OptedOut, call=asks)
    for call in (presses, talks, asks):
        await stage.until(CallEnded, call=call)
    assert not [one for one in stage.of(talks) if isinstance(one, OptedOut)]
    # No dialer took these wishes from the dialplan's hand: the switch keeps them until one looks.
    async with Stage(stage.place) as later:
        for call in (leaver, presses):
            await later.until(OptedOut, call=call)
        await later.listing()
    async with Stage(stage.place) as last:
        await last.listing()
        assert not [one for one in last.told if isinstance(one, OptedOut)]


def test_a_caller_hears_the_campaigns_language_else_the_switchs_own() -> None:
    settings = AmiSettings(username="dialer", secret="any")
    for language in ("pt", ""):
        guide = Guide(call=CallId(7), place=Place.MENU, language=language)
        before = plan(guide, settings, lambda _: "PJSIP/carrier-1").before
        said = [one["Value"] for one in before if one["Variable"] == "CHANNEL(language)"]
        assert said == [one for one in (language,) if one]


def test_the_calls_of_these_tests_are_the_first_cells() -> None:
    assert fresh_call() >> CELL_SHIFT == 0
