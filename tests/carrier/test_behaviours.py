"""The carrier does what its numbers say, seen from our Asterisk, 22 and 16."""

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asterisk_config.sounds import RATE_HZ
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk_config.minimal_ami import Manager, Message, logged_in
from tests.lab_fixtures import Floor, FloorMaker

pytestmark = pytest.mark.asterisk

RING_TIMEOUT_S = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What the manager's events say of one call. `tech` is told by Asterisk 22 alone."""

    states: list[str]
    progress: list[str]
    dial_end: list[str]
    response: str
    cause: str
    tech: str
    far_end_ended_it: bool


UNANSWERED: dict[Behaviour, tuple[list[str], list[str], list[str], str, str]] = {
    Behaviour.BUSY: (["Ringing"], ["RINGING"], ["BUSY"], "17", "486"),
    Behaviour.UNAVAILABLE: ([], [], ["NOANSWER"], "19", "480"),
    Behaviour.REQUEST_TIMEOUT: ([], [], ["NOANSWER"], "18", "408"),
    Behaviour.DECLINED: ([], [], ["NOANSWER"], "21", "603"),
    Behaviour.FORBIDDEN: ([], [], ["NOANSWER"], "21", "403"),
    Behaviour.INCOMPLETE: ([], [], ["NOANSWER"], "28", "484"),
    Behaviour.INVALID: ([], [], ["NOANSWER"], "1", "404"),
    Behaviour.CONGESTION: ([], [], ["CONGESTION"], "34", "503"),
    Behaviour.PROGRESS_UNAVAILABLE: ([], ["PROGRESS"], ["NOANSWER"], "19", "480"),
    Behaviour.PROGRESS_BUSY: ([], ["PROGRESS"], ["BUSY"], "17", "486"),
}
ANSWERED = {
    Behaviour.PERSON: ["Ringing", "Up"],
    Behaviour.PERSON_HANGS_UP: ["Ringing", "Up"],
    Behaviour.PERSON_HANGS_UP_SOON: ["Ringing", "Up"],
    Behaviour.PERSON_WITHOUT_RINGING: ["Up"],
    Behaviour.TONE: ["Ringing", "Up"],
    Behaviour.PIPS: ["Ringing", "Up"],
}
FOR_EVER = {Behaviour.NO_ANSWER: "RINGING", Behaviour.PROGRESS_ONLY: "PROGRESS"}


@pytest.fixture(scope="module", params=["lab", "lab16"])
def pair(request: pytest.FixtureRequest, make_floor: FloorMaker) -> Floor:
    """A pair of each version."""
    return make_floor(request.getfixturevalue(request.param))


@pytest.fixture
async def ami(pair: Floor) -> AsyncIterator[Manager]:
    async with logged_in(pair.ami, pair.user) as manager:
        yield manager


async def call(pair: Floor, ami: Manager, behaviour: Behaviour) -> Seen:
    """Call a number of that behaviour (rings 1 s, talks 1 s) and tell what was seen."""
    call_id = f"{behaviour.value}-{behaviour.name}"
    dialled = number("5255", behaviour, ring_s=1, talk_s=1)
    await ami.place(call_id, pair.dial(dialled), Timeout=RING_TIMEOUT_S * 1000, Variable="DIALER_WAIT=20")
    ended = await ami.ended(call_id)
    await ami.until(lambda event: event["Event"] == "OriginateResponse" and event["Uniqueid"] == call_id)
    return Seen(
        states=ami.of(call_id, "Newstate", "ChannelStateDesc"),
        progress=ami.of(call_id, "DialState", "DialStatus"),
        dial_end=ami.of(call_id, "DialEnd", "DialStatus"),
        response=ami.of(call_id, "OriginateResponse", "Response")[0],
        cause=ended["Cause"],
        tech=ended.get("TechCause", ""),
        far_end_ended_it=bool(ami.of(call_id, "HangupRequest", "Channel")),
    )


async def test_each_refusal_shows_its_own_cause(pair: Floor, ami: Manager) -> None:
    seen = await asyncio.gather(*(call(pair, ami, behaviour) for behaviour in UNANSWERED))
    for (behaviour, (states, progress, dial_end, cause, tech)), one in zip(UNANSWERED.items(), seen, strict=True):
        told = tech if pair.lab.suite == "forky" else ""
        expected = Seen(states, progress, dial_end, "Failure", cause, told, far_end_ended_it=True)
        assert one == expected, behaviour.name


async def test_those_who_answer_are_up_and_hang_up_themselves(pair: Floor, ami: Manager) -> None:
    seen = await asyncio.gather(*(call(pair, ami, behaviour) for behaviour in ANSWERED))
    for (behaviour, states), one in zip(ANSWERED.items(), seen, strict=True):
        assert (one.states, one.dial_end, one.response) == (states, ["ANSWER"], "Success"), behaviour.name
        assert one.far_end_ended_it, behaviour.name
        assert one.cause in {"0", "16"}, behaviour.name


async def test_those_who_never_answer_are_given_up_by_our_own_time_out(pair: Floor, ami: Manager) -> None:
    seen = await asyncio.gather(*(call(pair, ami, behaviour) for behaviour in FOR_EVER))
    for (behaviour, progress), one in zip(FOR_EVER.items(), seen, strict=True):
        assert (one.progress, one.dial_end, one.response) == ([progress], [], "Failure"), behaviour.name
        assert not one.far_end_ended_it, behaviour.name
        assert one.cause == ("19" if pair.lab.suite == "forky" else "0"), behaviour.name


async def test_a_number_without_a_meaning_does_not_exist(pair: Floor, ami: Manager) -> None:
    await ami.place("nonsense", pair.dial("5255990000"))
    assert (await ami.ended("nonsense"))["Cause"] == "1"


@pytest.mark.parametrize(("behaviour", "verdict"), [(Behaviour.PERSON, "HUMAN"), (Behaviour.MACHINE, "MACHINE")])
async def test_people_and_machines_can_be_told_apart(
    pair: Floor, ami: Manager, behaviour: Behaviour, verdict: str
) -> None:
    calls = [f"amd-{verdict}-{index}" for index in range(6)]
    for one in calls:
        await ami.place(one, pair.dial(number("52", behaviour, talk_s=20)), Exten="screen", Variable="DIALER_WAIT=8")
    for one in calls:
        heard = await ami.until(verdict_of(one))
        assert heard["Verdict"] == verdict, heard
        await ami.act("Hangup", Channel=heard["Channel"], Cause=16)


def verdict_of(call_id: str) -> Callable[[Message], bool]:
    return lambda event: event.get("UserEvent") == "DialerVerdict" and event["Attempt"] == call_id


async def test_both_legs_of_a_talk_are_recorded_each_with_its_own_tone(pair: Floor, ami: Manager) -> None:
    await ami.place("tones-agent", pair.phone("7001"), Context="dialer-agent", Exten="idle")
    await ami.until(lambda event: event["Event"] == "BridgeEnter" and event["Uniqueid"] == "tones-agent")
    await ami.place("tones-customer", pair.dial(number("52", Behaviour.TONE)))
    await ami.until(lambda event: event["Event"] == "OriginateResponse" and event["Uniqueid"] == "tones-customer")
    customer, agent = (ami.of(f"tones-{who}", "Newchannel", "Channel")[0] for who in ("customer", "agent"))
    base = pair.recordings / "tones"
    answer = await ami.act(
        "MixMonitor", Channel=customer, File=f"{base}.wav", Options=f"r({base}-r.wav)t({base}-t.wav)S"
    )
    assert answer["Response"] == "Success", answer
    await ami.act("Bridge", Channel1=customer, Channel2=agent)
    # Another call serves as the clock: it ends after two seconds of tone.
    clock = number("52", Behaviour.TONE, talk_s=2)
    await ami.place("tones-clock", pair.dial(clock), Variable="DIALER_WAIT=20")
    await ami.ended("tones-clock")
    await ami.act("StopMixMonitor", Channel=customer)
    await ami.until(lambda event: event["Event"] == "MixMonitorStop")
    await ami.act("Hangup", Channel=customer, Cause=16)
    await ami.act("Hangup", Channel=agent, Cause=16)
    assert strongest_hz(Path(f"{base}-r.wav")) == pytest.approx(1004, abs=4)
    assert strongest_hz(Path(f"{base}-t.wav")) == pytest.approx(700, abs=4)


def strongest_hz(path: Path) -> float:
    """The frequency that carries most of a recording's energy."""
    with wave.open(str(path), "rb") as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2").astype(np.float64)
    assert samples.size > RATE_HZ
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE_HZ / samples.size)
