"""The stand-in beside recorded traces of Asterisk 16 and 22: the same events, with the same fields, in the same order.

Compared channel by channel: between channels, and of OriginateResponse and DialState, Asterisk keeps no order either.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from simulation.carrier.numbers import Behaviour, number
from simulation.standin import FarEnd, Timing
from tests.asterisk.tracing import TRACES, read
from tests.standin.client import Floor, floor

CALL = "cadencia-0000000000000101"
PERSON = "cadencia-0000000000000102"
THIRD = "cadencia-t3"
QUICK = Timing(park_s=0.2, lost_s=0.3, hold_s=30, message_s=0.2, opt_out_s=0.1)
SEEDS = (1, 2, 3)
VERSIONS = (16, 22)

Steps = Callable[[Floor], Awaitable[None]]


class Sketch:
    """What is compared of a stretch of wire: by channel, the lines in order, and those whose order is free."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}
        self.free: set[str] = set()

    def add(self, message: dict[str, str]) -> None:
        match message:
            case {"Event": "OriginateResponse", "Uniqueid": uniqueid}:
                dialled = message["Channel"].rpartition("-")[0] or "dialled"
                said = f"{uniqueid} {message['Response']} {message['Reason']} {dialled}"
                self.free.add(f"OriginateResponse {said}")
            case {"Event": "DialState", "DestUniqueid": uniqueid} if uniqueid.startswith("cadencia"):
                if not _is_agent(uniqueid):
                    self.free.add(f"DialState {uniqueid} {message['DialStatus']}")
            case {"Event": event, "Uniqueid": uniqueid} if uniqueid.startswith("cadencia"):
                line = _line(event, message)
                if line and not (_is_agent(uniqueid) and line == "Newstate 5"):
                    self.lines.setdefault(uniqueid, []).append(line)


def _is_agent(uniqueid: str) -> bool:
    return uniqueid.startswith("cadencia-a")


def _line(event: str, message: dict[str, str]) -> str:
    exten = "out" if message.get("Exten", "").startswith("out-") else message.get("Exten", "")
    kind = "room" if message.get("BridgeTechnology") == "holding_bridge" else "talk"
    match event:
        case "Newchannel" | "Newstate":
            return f"{event} {message['ChannelState']}"
        case "HangupRequest":
            return f"HangupRequest {message.get('TechCause', '-')}"
        case "Hangup":
            return f"Hangup {message['ChannelState']} {message['Cause']} {message.get('TechCause', '-')}"
        case "BridgeEnter" | "BridgeLeave":
            return f"{event} {kind} {message['Context']},{exten}"
        case "UserEvent":
            return f"UserEvent {message['UserEvent']} {message.get('DialStatus', '')}"
        case _:
            return ""


def sketch(messages: list[dict[str, str]]) -> Sketch:
    made = Sketch()
    for message in messages:
        made.add(message)
    return made


def trace(path: Path) -> Sketch:
    return sketch([step for step in read(path).steps if isinstance(step, dict)])


# ---------------------------------------------------------------- calls that are placed and end


def dial(behaviour: Behaviour, **timing: int) -> Steps:
    return number_dialled(number("5215", behaviour, **timing))


def number_dialled(dialled: str, *, timeout_s: float = 15.0) -> Steps:
    async def steps(at: Floor) -> None:
        await at.originate(f"PJSIP/{dialled}@trunk", CALL, "dialer-customer,park", timeout_s=timeout_s)
        await at.ami.event("OriginateResponse", Uniqueid=CALL)
        await at.ami.event("Hangup", Uniqueid=CALL)

    return steps


async def cancelled(at: Floor) -> None:
    await at.originate(f"PJSIP/{number('5215', Behaviour.NO_ANSWER)}@trunk", CALL, "dialer-customer,park")
    ringing = await at.ami.event("Newstate", ChannelState="5")
    await at.hang_up(ringing["Channel"])
    await at.ami.event("OriginateResponse", Uniqueid=CALL)


def refused(sip: int) -> tuple[Steps, dict[str, object]]:
    return number_dialled("1"), {"people": lambda _: FarEnd(refusal=sip)}


def timed_out(behaviour: Behaviour) -> Steps:
    return number_dialled(number("5215", behaviour), timeout_s=0.1)


PLAIN: dict[str, object] = {}
ENDS: dict[str, tuple[Steps, dict[str, object]]] = {
    "busy_486": (dial(Behaviour.BUSY), PLAIN),
    "noanswer_timeout": (timed_out(Behaviour.NO_ANSWER), PLAIN),
    "invalid_404": (dial(Behaviour.INVALID), PLAIN),
    "congestion_503": (dial(Behaviour.CONGESTION), PLAIN),
    "outcome_183_then_480": (dial(Behaviour.PROGRESS_UNAVAILABLE), PLAIN),
    "outcome_183_then_486": (dial(Behaviour.PROGRESS_BUSY), PLAIN),
    "outcome_183_then_timeout": (timed_out(Behaviour.PROGRESS_ONLY), PLAIN),
    "outcome_403": (dial(Behaviour.FORBIDDEN), PLAIN),
    "outcome_408": (dial(Behaviour.REQUEST_TIMEOUT), PLAIN),
    "outcome_480": (dial(Behaviour.UNAVAILABLE), PLAIN),
    "outcome_484": (dial(Behaviour.INCOMPLETE), PLAIN),
    "outcome_603": (dial(Behaviour.DECLINED), PLAIN),
    "outcome_410": refused(410),
    "outcome_500": refused(500),
    "outcome_502": refused(502),
    "outcome_607": refused(607),
    "outcome_608": refused(608),
    "outcome_302_default_user": (dial(Behaviour.REDIRECT), PLAIN),
    "outcome_cancel_by_us": (cancelled, PLAIN),
    "outcome_answered_and_hung_up_after_300ms": (dial(Behaviour.PERSON_HANGS_UP_SOON), {"timing": Timing()}),
    "outcome_answered_and_hung_up_at_ACK": (
        number_dialled("1"),
        {"people": lambda _: FarEnd(talk_s=0.05)},
    ),
}


async def same_id_twice(at: Floor) -> None:
    await at.person(CALL, "dialer-customer,hold")
    await at.originate("PJSIP/5215555110000@trunk", CALL, "dialer-customer,hold")
    await at.ami.event("OriginateResponse", Response="Failure")


async def no_such_endpoint(at: Floor) -> None:
    await at.originate("PJSIP/1001@nowhere", CALL, "dialer-customer,park")
    await at.ami.event("OriginateResponse", Response="Failure")


# ---------------------------------------------------------------- talks


async def lost_for_good(at: Floor) -> None:
    agent, person = await at.agent(), await at.person(PERSON)
    await at.connect(person, agent)
    await at.hang_up(agent)
    await at.ami.event("Hangup", Uniqueid=PERSON)


async def late_bridge(at: Floor) -> None:
    agent, person = await at.agent(), await at.person(PERSON)
    await at.ami.event("UserEvent", UserEvent="DialerAbandon")
    await at.connect(person, agent)
    await at.bye(agent)
    await at.ami.event("Hangup", Uniqueid=PERSON)


async def on_hold(at: Floor) -> tuple[str, str]:
    agent, person = await at.agent(), await at.person(PERSON)
    await at.connect(person, agent)
    since = len(at.ami.events)
    await at.send(person, "hold")
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")
    return agent, person


async def hold_and_back(at: Floor) -> None:
    agent, person = await on_hold(at)
    await at.connect(person, agent, 2)
    since = len(at.ami.events)
    await at.bye(person)
    await at.ami.event("BridgeEnter", since=since, Channel=agent)


async def hold_customer_leaves(at: Floor) -> None:
    agent, person = await on_hold(at)
    await at.bye(person)
    assert (await at.connect(person, agent, 2))["Message"] == f"Channel1 does not exist: {person}"


async def consulting(at: Floor) -> tuple[str, str, str]:
    agent, person = await on_hold(at)
    third = await at.person(THIRD, "dialer-third,wait")
    await at.connect(third, agent)
    return agent, person, third


async def attended_complete(at: Floor) -> None:
    agent, person, third = await consulting(at)
    since = len(at.ami.events)
    await at.connect(person, third, 2)
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")
    await at.bye(third)
    await at.ami.event("BridgeEnter", Channel=person, Exten="lost")
    await at.hang_up(person)


async def attended_third_leaves(at: Floor) -> None:
    agent, person, third = await consulting(at)
    since = len(at.ami.events)
    await at.bye(third)
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")
    await at.connect(person, agent, 2)


async def attended_customer_leaves(at: Floor) -> None:
    agent, person, third = await consulting(at)
    await at.bye(person)
    since = len(at.ami.events)
    await at.hang_up(third)
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")


async def three(at: Floor) -> tuple[str, str, str]:
    agent, person, third = await consulting(at)
    await at.ami.act("Setvar", Channel=person, Variable="DIALER_WITH", Value=agent)
    await at.send(person, "add")
    return agent, person, third


async def join_customer_leaves(at: Floor) -> None:
    agent, person, third = await three(at)
    await at.bye(person)
    since = len(at.ami.events)
    await at.hang_up(third)
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")


async def join_third_leaves(at: Floor) -> None:
    agent, person, third = await three(at)
    await at.bye(third)
    since = len(at.ami.events)
    await at.hang_up(person)
    await at.ami.event("BridgeEnter", since=since, Channel=agent, Exten="idle")


async def join_agent_leaves(at: Floor) -> None:
    agent, person, third = await three(at)
    await at.bye(agent)
    await at.bye(third)
    await at.ami.event("BridgeEnter", Channel=person, Exten="lost")
    await at.hang_up(person)


async def transferred(at: Floor, behaviour: Behaviour) -> tuple[str, str]:
    agent, person = await at.agent(), await at.person(PERSON)
    await at.connect(person, agent)
    dialled = f"PJSIP/{number('5215', behaviour)}@trunk"
    await at.ami.act("Setvar", Channel=person, Variable="DIALER_DIAL", Value=dialled)
    await at.send(person, "out")
    await at.ami.event("BridgeEnter", since=len(at.ami.events) - 20, Channel=agent, Exten="idle")
    return agent, person


async def blind_transfer(at: Floor) -> None:
    _, person = await transferred(at, Behaviour.PERSON)
    await at.bye(next(one.name for one in at.switch.channels if one.uniqueid.startswith("standin")))
    await at.ami.event("Hangup", Channel=person)


async def blind_transfer_busy(at: Floor) -> None:
    agent, person = await transferred(at, Behaviour.BUSY)
    await at.ami.event("BridgeEnter", Channel=person, Exten="hold")
    await at.connect(person, agent, 2)


TALKS: dict[str, tuple[Steps, dict[str, object]]] = {
    "agent_lost_for_good": (lost_for_good, {"timing": QUICK}),
    "late_bridge_during_message": (late_bridge, {"timing": Timing(park_s=0.1, message_s=5)}),
    "hold_mute_pause": (hold_and_back, PLAIN),
    "hold_customer_leaves": (hold_customer_leaves, PLAIN),
    "attended_complete": (attended_complete, PLAIN),
    "attended_third_leaves": (attended_third_leaves, PLAIN),
    "attended_customer_leaves": (attended_customer_leaves, PLAIN),
    "join_bridgeadd_customer": (join_customer_leaves, PLAIN),
    "join_bridgeadd_third": (join_third_leaves, PLAIN),
    "join_bridgeadd_agent": (join_agent_leaves, PLAIN),
    "blind_transfer": (blind_transfer, PLAIN),
    "blind_transfer_busy": (blind_transfer_busy, PLAIN),
    "originate_same_channelid_twice": (same_id_twice, PLAIN),
    "no_such_endpoint": (no_such_endpoint, {"endpoints": {"trunk"}}),
}


RACES = {("outcome_answered_and_hung_up_at_ACK", 16)}  # there the BYE overtook the place
RECORDED = [
    (name, version)
    for name in [*ENDS, *TALKS]
    for version in VERSIONS
    if (TRACES / str(version) / f"{name}.txt").exists() and (name, version) not in RACES
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "version"), RECORDED)
async def test_the_wire_is_as_recorded(name: str, version: int, seed: int) -> None:
    steps, settings = {**ENDS, **TALKS}[name]
    async with floor(seed=seed, version=version, **settings) as at:
        await steps(at)
        here = sketch(at.ami.events)
    there = trace(TRACES / str(version) / f"{name}.txt")
    assert here.lines == there.lines
    assert here.free == there.free
