"""The laws of the Switch port, on every switch there is: real Asterisk 22 and 16, and the stand-in as either.

What they share is told by the port alone: commands go in, events come out.
"""

import asyncio
import random
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import CallId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallThird,
    CallTransferred,
    Connect,
    ConnectLegs,
    DropLeg,
    HangUp,
    Hold,
    JoinThree,
    LegEnded,
    LegUp,
    Monitor,
    MonitorMode,
    MonitorOther,
    MonitorUp,
    MuteRecording,
    OnwardAnswered,
    SetMonitorMode,
    SwitchLost,
    SwitchSeen,
    ThirdAnswered,
    Transfer,
)
from dialer.core.outcomes import EndedBy, Outcome, classify
from dialer.errors import ActionRefusedError
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk.battering import batter
from tests.asterisk.stage import Place, Stage, fresh_monitor, fresh_third
from tests.faulty_proxy import FaultyProxy


def outcome(stage: Stage, call: CallId) -> Outcome:
    told = stage.of(call)
    [ended] = [event for event in told if isinstance(event, CallEnded)]
    kinds = {type(event) for event in told}
    return classify(
        rang=CallRang in kinds, progressed=CallProgressed in kinds, answered=CallAnswered in kinds, ending=ended.ending
    )


async def talk(stage: Stage, *, recording: str = "", talk_s: int = 0) -> tuple[CallId, LegId]:
    """A person and an agent who hear each other."""
    leg, call = await asyncio.gather(stage.agent(), stage.answered(talk_s=talk_s))
    await stage.do(Connect(call, leg, 1, recording))
    await stage.until(CallJoined, call=call, leg=leg)
    return call, leg


# ---------------------------------------------------------------- attempts

ATTEMPTS = [
    (Behaviour.BUSY, Outcome.BUSY),
    (Behaviour.NO_ANSWER, Outcome.NO_ANSWER),
    (Behaviour.UNAVAILABLE, Outcome.UNREACHABLE),
    (Behaviour.REQUEST_TIMEOUT, Outcome.UNREACHABLE),
    (Behaviour.DECLINED, Outcome.REJECTED),
    (Behaviour.FORBIDDEN, Outcome.REJECTED),
    (Behaviour.INCOMPLETE, Outcome.INVALID),
    (Behaviour.INVALID, Outcome.INVALID),
    (Behaviour.CONGESTION, Outcome.CONGESTION),
    (Behaviour.PROGRESS_ONLY, Outcome.NO_ANSWER),
    (Behaviour.PROGRESS_UNAVAILABLE, Outcome.UNREACHABLE),
    (Behaviour.PROGRESS_BUSY, Outcome.BUSY),
    (Behaviour.PERSON_HANGS_UP_SOON, Outcome.EARLY_HANGUP),
    (Behaviour.REDIRECT, Outcome.FAILED),
]


async def test_every_attempt_ends_once_with_the_outcome_of_what_it_met(stage: Stage) -> None:
    attempts = [stage.attempt(behaviour, ring_timeout_s=2.0) for behaviour, _ in ATTEMPTS]
    nowhere = stage.attempt(Behaviour.BUSY, dial="PJSIP/1@no-such-endpoint")
    await stage.at_once(*attempts, nowhere)
    for attempt in (*attempts, nowhere):
        await stage.until(CallEnded, call=attempt.call)
    named = {
        behaviour: outcome(stage, attempt.call) for (behaviour, _), attempt in zip(ATTEMPTS, attempts, strict=True)
    }
    assert named == dict(ATTEMPTS)
    assert outcome(stage, nowhere.call) is Outcome.FAILED
    for attempt in (*attempts, nowhere):
        told = [type(event) for event in stage.of(attempt.call)]
        assert told[0] is CallQueued
        assert told[-1] is CallEnded
        assert len(told) == len(set(told))


async def test_ringing_and_an_answer_are_told_in_their_order(stage: Stage) -> None:
    call = await stage.answered(Behaviour.TONE)
    silent = await stage.answered(Behaviour.PERSON_WITHOUT_RINGING)
    assert [type(event) for event in stage.of(call)] == [CallQueued, CallRang, CallAnswered]
    assert [type(event) for event in stage.of(silent)] == [CallQueued, CallAnswered]


async def test_our_hang_up_of_a_ringing_call_is_ours_however_early_it_comes(stage: Stage) -> None:
    early, ringing = (stage.attempt(Behaviour.NO_ANSWER) for _ in range(2))
    await stage.at_once(early, HangUp(early.call), ringing)
    await stage.until(CallRang, call=ringing.call)
    await stage.do(HangUp(ringing.call))
    for attempt in (early, ringing):
        ended = await stage.until(CallEnded, call=attempt.call)
        assert (ended.ending.by, ended.ending.cause) == (EndedBy.DIALER, 16)


async def test_an_id_in_use_is_not_dialled_again(stage: Stage) -> None:
    first = stage.attempt(Behaviour.TONE, talk_s=2)
    await stage.do(first)
    await stage.until(CallAnswered, call=first.call)
    await stage.do(first)
    ended = await stage.until(CallEnded, call=first.call)
    assert ended.ending.by is EndedBy.PERSON
    assert sum(isinstance(event, CallAnswered) for event in stage.of(first.call)) == 1


# ---------------------------------------------------------------- waiting and talking


async def test_who_meets_no_agent_hears_the_message_and_is_not_bridged_any_more(stage: Stage) -> None:
    leg = await stage.agent()
    call = await stage.answered(wait_max_s=1.0)
    await stage.until(AbandonmentPlayed, call=call)
    assert isinstance(await stage.try_to(Connect(call, leg, 1)), ActionRefusedError)
    ended = await stage.until(CallEnded, call=call)
    assert ended.ending.by is EndedBy.DIALPLAN
    assert CallJoined not in map(type, stage.told)


async def test_a_talk_ends_with_the_person_and_the_agent_stands_ready_again(stage: Stage) -> None:
    call, leg = await talk(stage, talk_s=2)
    joined = stage.now
    ended = await stage.until(CallEnded, call=call)
    assert ended.ending.by is EndedBy.PERSON
    assert ended.ending.cause in (0, 16)
    await stage.until(LegUp, since=joined, leg=leg)


async def test_a_talk_that_we_end_leaves_the_agent_ready(stage: Stage) -> None:
    call, leg = await talk(stage)
    joined = stage.now
    await stage.do(HangUp(call))
    assert (await stage.until(CallEnded, call=call)).ending.by is EndedBy.DIALER
    await stage.until(LegUp, since=joined, leg=leg)
    assert isinstance(await stage.try_to(Connect(call, leg, 2)), ActionRefusedError)
    assert isinstance(await stage.try_to(HangUp(call)), ActionRefusedError)


async def test_connecting_twice_changes_nothing(stage: Stage) -> None:
    call, leg = await talk(stage)
    joined = stage.now
    await stage.do(Connect(call, leg, 2))
    await stage.until(CallJoined, since=joined, call=call, leg=leg)
    assert {type(event) for event in stage.told[joined:]} <= {CallJoined, SwitchSeen}


async def test_an_agent_in_a_talk_is_not_taken_out_of_it(stage: Stage) -> None:
    (_, leg), other = await asyncio.gather(talk(stage), stage.answered(wait_max_s=60.0))
    joined = stage.now
    assert isinstance(await stage.try_to(Connect(other, leg, 1)), ActionRefusedError)
    assert {type(event) for event in stage.told[joined:]} <= {SwitchSeen}


async def test_hold_and_back_without_waiting_in_between(stage: Stage) -> None:
    call, leg = await talk(stage)
    joined = stage.now
    await stage.at_once(Hold(call), Connect(call, leg, 2), Hold(call), Connect(call, leg, 3), Hold(call))
    told = [type(event) for event in stage.told[joined:] if not isinstance(event, LegUp | SwitchSeen)]
    assert told == [CallHeld, CallJoined, CallHeld, CallJoined, CallHeld]
    assert sum(isinstance(event, LegUp) for event in stage.told[joined:]) == 3


async def test_a_lost_leg_leaves_the_person_alone_until_the_next_one(stage: Stage) -> None:
    call, leg = await talk(stage)
    await stage.do(DropLeg(leg))
    await asyncio.gather(stage.until(CallLeftAlone, call=call), stage.until(LegEnded, leg=leg))
    other = await stage.agent("7002")
    await stage.do(Connect(call, other, 2))
    await stage.until(CallJoined, call=call, leg=other)
    assert CallEnded not in map(type, stage.of(call))


async def test_an_agents_phone_that_cannot_be_called_ends_the_leg(stage: Stage) -> None:
    third = fresh_third()
    busy = stage.place.dial(number("52155", Behaviour.BUSY))
    await stage.do(CallThird(third, busy, "5215555550000"))
    assert (await stage.until(LegEnded, leg=third)).cause == 17


# ---------------------------------------------------------------- transfers and three


@pytest.mark.parametrize(("behaviour", "answered"), [(Behaviour.TONE, True), (Behaviour.BUSY, False)])
async def test_a_transfer_frees_the_agent_and_ends_or_comes_back(
    stage: Stage, behaviour: Behaviour, answered: bool
) -> None:
    base = f"2026/11/{fresh_third()}"
    call, leg = await talk(stage, recording=base)
    # A pause of the recording does not go with the person.
    await stage.do(MuteRecording(call, muted=True), MuteRecording(call, muted=False))
    joined = stage.now
    await stage.do(Transfer(call, stage.place.dial(number("52155", behaviour, talk_s=1)), "5215555550000"))
    await stage.until(LegUp, since=joined, leg=leg)
    assert (await stage.until(CallTransferred, call=call)).answered is answered
    if answered:
        await stage.until(OnwardAnswered, since=joined, call=call)
        assert (await stage.until(CallEnded, call=call)).ending.by is EndedBy.DIALPLAN
    else:
        await stage.until(CallHeld, since=joined, call=call)
        assert not any(row.muted for row in (await stage.listing()).rows)
        files = [stage.place.recordings / f"{base}{end}.wav" for end in ("", "-customer", "-agent")]
        before = [length_s(file) for file in files]
        await stage.do(Connect(call, leg, 2, base))
        await stage.until(CallJoined, since=joined, call=call, leg=leg)
        await stage.do(Hold(call), MuteRecording(call, muted=True), HangUp(call))  # it is being recorded again
        await stage.until(CallEnded, call=call)
        await stage.listing()
        after = [length_s(file) for file in files]
        assert all(length >= former for length, former in zip(after, before, strict=True))  # what was there stays
        assert max(after) - min(after) <= 0.2


async def consultation(stage: Stage) -> tuple[CallId, LegId, LegId]:
    """A person on hold, the agent with a third party."""
    call, leg = await talk(stage)
    third = fresh_third()
    stage.legs.append(third)
    await stage.do(Hold(call), CallThird(third, stage.place.dial(number("52155", Behaviour.TONE)), "5215555550000"))
    await stage.until(ThirdAnswered, leg=third)
    await stage.do(ConnectLegs(leg, third))
    return call, leg, third


async def test_an_attended_transfer_joins_the_two_and_frees_the_agent(stage: Stage) -> None:
    call, leg, third = await consultation(stage)
    consulted = stage.now
    await stage.do(Connect(call, third, 2))
    await stage.until(CallJoined, since=consulted, call=call, leg=third)
    await stage.until(LegUp, since=consulted, leg=leg)
    assert CallJoined(call, leg) not in stage.told[consulted:]


async def test_a_consultation_called_off_ends_the_third(stage: Stage) -> None:
    call, leg, third = await consultation(stage)
    consulted = stage.now
    await stage.do(Connect(call, leg, 2))
    await stage.try_to(DropLeg(third))  # which the dialplan does by itself, sooner or later than we
    await stage.until(CallJoined, since=consulted, call=call, leg=leg)
    await stage.until(LegEnded, since=consulted, leg=third)
    assert CallLeftAlone not in map(type, stage.told)


async def test_three_talk_and_the_agent_leaves_the_two(stage: Stage) -> None:
    call, leg, third = await consultation(stage)
    consulted = stage.now
    await stage.do(JoinThree(call, leg))
    await stage.until(CallJoined, since=consulted, call=call, leg=leg)
    await stage.until(CallJoined, since=consulted, call=call, leg=third)
    three = stage.now
    await stage.do(Connect(call, third, 2))
    await stage.until(LegUp, since=three, leg=leg)
    await stage.until(CallJoined, since=three, call=call, leg=third)
    ours = [one for one in stage.told if isinstance(one, CallEnded | CallLeftAlone) and one.call == call]
    legs = [one for one in stage.told if isinstance(one, LegEnded) and one.leg in {leg, third}]
    assert (ours, legs) == ([], [])  # those of calls made before may end now


# ---------------------------------------------------------------- supervisors


async def test_one_who_listens_changes_mode_and_agent_takes_the_call_over_and_ends_with_it(stage: Stage) -> None:
    (call, leg), other = await asyncio.gather(talk(stage), stage.agent("7002"))
    spy = fresh_monitor()
    stage.legs.append(spy)
    await stage.do(Monitor(spy, other, stage.place.phone("7101")))
    await stage.until(MonitorUp, leg=spy)
    await stage.do(*(SetMonitorMode(spy, mode) for mode in MonitorMode))
    moved = stage.now
    await stage.do(MonitorOther(spy, leg))
    await stage.until(MonitorUp, since=moved, leg=spy)
    assert any(row.leg == spy and row.up for row in (await stage.listing()).rows)
    taken = stage.now
    await stage.do(Connect(call, spy, 2))
    await stage.until(CallJoined, since=taken, call=call, leg=spy)
    await stage.until(LegUp, since=taken, leg=leg)
    assert any(row.call == call and row.talking_with == spy for row in (await stage.listing()).rows)
    await stage.do(HangUp(call))
    await stage.until(LegEnded, since=taken, leg=spy)


async def test_one_who_listens_is_let_go_with_the_agents_phone(stage: Stage) -> None:
    leg, spy = await stage.agent(), fresh_monitor()
    stage.legs.append(spy)
    await stage.do(Monitor(spy, leg, stage.place.phone("7101")))
    await stage.until(MonitorUp, leg=spy)
    await stage.do(DropLeg(leg))
    await stage.until(LegEnded, leg=spy)


# ---------------------------------------------------------------- recordings


async def test_a_talk_is_recorded_whole_and_in_step_through_hold_and_mute(stage: Stage) -> None:
    base = f"2026/11/{fresh_third()}"
    call, leg = await talk(stage, recording=base)
    await stage.do(MuteRecording(call, muted=True), Hold(call), Connect(call, leg, 2))
    rows = (await stage.listing()).rows
    assert any(row.call == call and row.talking_with == leg and row.talks == 2 and row.muted for row in rows)
    await stage.do(MuteRecording(call, muted=False))
    assert not any(row.muted for row in (await stage.listing()).rows)
    await stage.do(HangUp(call))
    await stage.until(CallEnded, call=call)
    files = [stage.place.recordings / f"{base}{end}.wav" for end in ("", "-customer", "-agent")]
    await stage.listing()  # Asterisk finishes the files some moments after the call
    lengths = [length_s(file) for file in files]
    assert max(lengths) - min(lengths) <= 0.1
    if stage.place.talks:
        assert min(lengths) > 0.2
    assert stage.switch.health()["recordings_failed"] == 0


def length_s(file: Path) -> float:
    with wave.open(str(file)) as sound:
        frames, rate = sound.getnframes(), sound.getframerate()
    return float(frames / rate)


# ---------------------------------------------------------------- what exists


async def test_what_exists_is_told_first_and_again_and_again(stage: Stage) -> None:
    first = stage.told[0]
    assert isinstance(first, SwitchSeen)
    assert first.reconnected
    (call, leg), waiting = await asyncio.gather(talk(stage), stage.answered(wait_max_s=60.0))
    ringing = stage.attempt(Behaviour.NO_ANSWER, ring_timeout_s=60.0)
    await stage.do(ringing)
    await stage.until(CallRang, call=ringing.call)
    seen = await stage.listing()
    calls = {row.call: (row.place, row.up, row.talking_with, row.talks) for row in seen.rows if row.call is not None}
    assert calls == {
        call: ("park", True, leg, 1),
        waiting: ("park", True, None, 0),
        ringing.call: ("", False, None, 0),
    }
    assert [(row.place, row.up) for row in seen.rows if row.leg == leg] == [("idle", True)]
    assert not seen.reconnected


async def test_no_cut_makes_an_attempt_leave_twice_or_a_command_hang(place: Place) -> None:
    often = replace(place.settings, list_every_s=0.3, reconnect_min_s=0.02, reconnect_max_s=0.1, action_timeout_s=2.0)
    await batter(replace(place, settings=often), seed=1)


async def test_calls_outlive_a_lost_link_and_can_be_handled_after_it(place: Place) -> None:
    settings = place.settings
    async with (
        FaultyProxy(settings.host, settings.port, random.Random(1)) as proxy,
        Stage(place, port=proxy.port) as stage,
    ):
        (call, leg), waiting = await asyncio.gather(talk(stage), stage.answered(wait_max_s=60.0))
        lost = stage.now
        proxy.cut()
        await stage.until(SwitchLost, since=lost)
        seen = await stage.until(SwitchSeen, since=lost)
        assert seen.reconnected
        assert {row.call: row.talking_with for row in seen.rows if row.call} == {call: leg, waiting: None}
        await stage.do(Hold(call), HangUp(waiting), Connect(call, leg, 2))
        await stage.until(CallEnded, call=waiting)
        await stage.until(CallJoined, since=lost, call=call, leg=leg)
