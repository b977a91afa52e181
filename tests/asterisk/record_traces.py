"""Record traces anew from real Asterisks: `python -m tests.asterisk.record_traces [NAME...]`, some 30 s a version.

Writes tests/asterisk/traces/VERSION/lab_NAME.txt with what it means to the translator: read that before you keep it.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from asterisk_config.lab import Lab
from dialer.asterisk.actions import parties
from dialer.asterisk.link import Link
from dialer.asterisk.protocol import Message
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.translate import Translator
from dialer.core.messages import (
    CallAgent,
    CallEnded,
    CallHeld,
    CallJoined,
    CallLeftAlone,
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
    PlaceCall,
    SwitchCommand,
    ThirdAnswered,
    Transfer,
)
from dialer.errors import DialerError
from simulation.carrier.numbers import Behaviour, number
from tests.asterisk.stage import Place, Stage, fresh_third
from tests.asterisk.tracing import SETTINGS, TRACES, meaning, read
from tests.lab_fixtures import start_floor

HEADERS = (
    "Event", "Channel", "Newname", "ChannelState", "Context", "Exten", "Uniqueid", "DestUniqueid", "DialStatus",
    "Response", "Reason", "Cause", "TechCause", "BridgeUniqueid", "BridgeTechnology", "UserEvent",
)  # fmt: skip
SUITES = {"22": "forky", "16": "bullseye"}


@dataclass(slots=True)
class TapedStage(Stage):
    """A stage whose deeds and whose Asterisk's words go on a tape."""

    tape: list[str] = field(default_factory=list)

    async def do(self, *commands: SwitchCommand) -> None:
        for command in commands:
            self._note(command)
            await self.switch.execute(command)

    async def try_to(self, command: SwitchCommand) -> DialerError | None:
        self._note(command)
        return await super(TapedStage, self).try_to(command)

    def hear(self, message: Message) -> None:
        """One event of Asterisk's."""
        self.tape.append("\n".join(f"{key}: {message[key]}" for key in HEADERS if key in message))

    def _note(self, command: SwitchCommand) -> None:
        if isinstance(command, PlaceCall | CallAgent | CallThird):
            self.tape.append(f"> Originate {parties(command)[0]}")
        elif isinstance(command, HangUp | DropLeg):
            self.tape.append(f"> Hangup {parties(command)[0]}")


def one_attempt(behaviour: Behaviour, *, talk_s: int = 0) -> Callable[[Stage], Awaitable[None]]:
    async def scene(stage: Stage) -> None:
        attempt = stage.attempt(behaviour, ring_s=1, talk_s=talk_s, ring_timeout_s=2.0, wait_max_s=2.0)
        await stage.do(attempt)
        await stage.until(CallEnded, call=attempt.call)

    return scene


async def hold(stage: Stage) -> None:
    leg, call = await stage.agent(), await stage.answered()
    await stage.do(Connect(call, leg, 1))
    await stage.until(CallJoined)
    await stage.do(Hold(call))
    await stage.until(CallHeld)
    back = stage.now
    await stage.do(Connect(call, leg, 2))
    await stage.until(CallJoined, since=back)
    await stage.do(HangUp(call))
    await stage.until(LegUp, since=back)


def transfer(behaviour: Behaviour) -> Callable[[Stage], Awaitable[None]]:
    async def scene(stage: Stage) -> None:
        leg, call = await stage.agent(), await stage.answered()
        await stage.do(Connect(call, leg, 1))
        await stage.until(CallJoined)
        joined = stage.now
        await stage.do(Transfer(call, stage.place.dial(number("52155", behaviour, talk_s=1)), "5215555550000"))
        transferred = await stage.until(CallTransferred)
        await stage.until(LegUp, since=joined)
        await stage.until(CallEnded if transferred.answered else CallHeld, since=joined)

    return scene


async def consult(stage: Stage) -> tuple[Connect, JoinThree]:
    """A consultation; how it can go on: the two joined, or all three."""
    leg, call = await stage.agent(), await stage.answered()
    await stage.do(Connect(call, leg, 1))
    third = fresh_third()
    stage.legs.append(third)
    await stage.do(Hold(call), CallThird(third, stage.place.dial(number("52155", Behaviour.TONE)), "5215555550000"))
    await stage.until(ThirdAnswered)
    await stage.do(ConnectLegs(leg, third))
    return Connect(call, third, 2), JoinThree(call, leg)


async def attended_transfer(stage: Stage) -> None:
    complete, _ = await consult(stage)
    consulted = stage.now
    await stage.do(complete)
    await stage.until(LegUp, since=consulted)


async def three_party(stage: Stage) -> None:
    leave, join = await consult(stage)
    await stage.do(join)
    await stage.until(CallJoined, leg=leave.leg)
    three = stage.now
    await stage.do(leave)
    await stage.until(LegUp, since=three)


async def lost_leg(stage: Stage) -> None:
    leg, call = await stage.agent(), await stage.answered()
    await stage.do(Connect(call, leg, 1), DropLeg(leg))
    await stage.until(CallLeftAlone)


SCENES: dict[str, tuple[str, Callable[[Stage], Awaitable[None]]]] = {
    "183_timeout": ("183, then our time-out", one_attempt(Behaviour.PROGRESS_ONLY)),
    "183_480": ("183, then 480", one_attempt(Behaviour.PROGRESS_UNAVAILABLE)),
    "480": ("bare 480", one_attempt(Behaviour.UNAVAILABLE)),
    "408": ("408", one_attempt(Behaviour.REQUEST_TIMEOUT)),
    "484": ("484", one_attempt(Behaviour.INCOMPLETE)),
    "603": ("603", one_attempt(Behaviour.DECLINED)),
    "302": ("302, not followed", one_attempt(Behaviour.REDIRECT)),
    "answer_without_ringing": ("answered without ringing", one_attempt(Behaviour.PERSON_WITHOUT_RINGING, talk_s=1)),
    "abandoned": ("nobody comes: the message", one_attempt(Behaviour.TONE)),
    "hold": ("hold and back, then we hang up", hold),
    "blind_transfer": ("blind transfer, answered", transfer(Behaviour.TONE)),
    "blind_transfer_busy": ("blind transfer to a busy number: back on hold", transfer(Behaviour.BUSY)),
    "attended_transfer": ("attended transfer", attended_transfer),
    "three_party": ("three-party, then the agent leaves the two", three_party),
    "lost_leg": ("the agent's leg is lost in mid-talk", lost_leg),
}


async def wind_up(stage: Stage) -> None:
    """End what the scene left."""
    for call in stage.calls:
        if CallEnded not in map(type, stage.of(call)):
            await stage.try_to(HangUp(call))
            await stage.until(CallEnded, call=call)
    for leg in stage.legs:
        await stage.try_to(DropLeg(leg))
        await stage.until(LegEnded, leg=leg)
    stage.calls.clear()
    stage.legs.clear()


def tidy(tape: list[str]) -> str:
    """The tape with short ids, as the other traces have them."""
    text = "\n\n".join(tape)
    for n, uniqueid in enumerate(dict.fromkeys(re.findall(r"cadencia-(?:\d{16}|a\d+-\d+|t\d+)", text)), start=1):
        short = f"{100 + n:016d}" if uniqueid[9].isdigit() else f"{uniqueid[9]}7-{n}" if uniqueid[9] == "a" else f"t{n}"
        text = text.replace(uniqueid, f"cadencia-{short}")
    for n, bridge in enumerate(dict.fromkeys(re.findall(r"BridgeUniqueid: (\S+)", text)), start=1):
        text = text.replace(bridge, f"bridge-{n}")
    return re.sub(r"PJSIP/\d+@", "PJSIP/N@", text)


async def record(place: Place, version: str, name: str) -> None:
    title, scene = SCENES[name]
    stage = TapedStage(place)
    link = Link(place.settings, Translator(SETTINGS, cell=0).wanted, stage.hear)
    await link.open()
    async with stage:
        await scene(stage)
        await wind_up(stage)
    for _ in range(2):  # what Asterisk said before an answer is on the tape by then
        await link.answer(link.send({"Action": "Ping"})[0])
    link.close()
    path = TRACES / version / f"lab_{name}.txt"
    path.write_text(f"# {title}\n\n{tidy(stage.tape)}\n")
    told = meaning(read(path).steps)
    path.write_text(
        "\n".join([f"# Asterisk {version}: {title}", *(f"= {line}" for line in told), "", tidy(stage.tape), ""])
    )
    sys.stdout.write(f"{version}/{name}: {'; '.join(told)}\n")


def main() -> None:
    names = sys.argv[1:] or list(SCENES)
    for version, suite in SUITES.items():
        with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
            floor = start_floor(Path(folder), Lab.of(None, suite), held)
            settings = AmiSettings(username=floor.user[0], secret=floor.user[1], port=floor.ami[1])
            place = Place(settings, floor.dial, floor.phone, int(version), floor.recordings, talks=True)
            for name in names:
                asyncio.run(record(place, version, name))


if __name__ == "__main__":
    main()
