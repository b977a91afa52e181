"""Where the laws of the Switch port are tried: a switch that runs, and what it has told."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self, TypeVar

from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId
from dialer.core.messages import (
    CallAgent,
    CallAnswered,
    CallEnded,
    DropLeg,
    Event,
    HangUp,
    LegUp,
    PlaceCall,
    SwitchCommand,
    SwitchSeen,
)
from dialer.errors import DialerError
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor

E = TypeVar("E")
PATIENCE_S = 15.0

_numbers = itertools.count(1)


@dataclass(slots=True)
class Place:
    """A switch that exists: how to reach it, and how those behind it are dialled."""

    settings: AmiSettings
    dial: Callable[[str], str]  # a number behind the carrier
    phone: Callable[[str], str]  # an agent's phone
    version: int
    recordings: Path
    talks: bool  # recordings hold real sound
    calls_in: Callable[..., object] = lambda *_, **__: None  # (number, caller=, keys=, talk_s=): somebody calls us
    floor: Floor | None = None  # of a real switch


@dataclass(slots=True)
class Stage:
    """The port's own side: an AsteriskSwitch on a place, used as `async with Stage(place) as stage`."""

    place: Place
    port: int | None = None  # another than the place's, to come through a proxy
    cell: int = 0
    told: list[Event] = field(default_factory=list)
    calls: list[CallId] = field(default_factory=list)
    legs: list[LegId] = field(default_factory=list)
    switch: AsteriskSwitch = field(init=False)
    running: asyncio.Task[None] = field(init=False)
    _news: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        settings = self.place.settings
        if self.port is not None:
            settings = replace(settings, port=self.port)
        self.switch = AsteriskSwitch(settings, self._tell, cell=self.cell, now=time.time, chance=random.Random(1))
        self.running = asyncio.create_task(self.switch.run())
        await self.until(SwitchSeen)
        return self

    async def __aexit__(self, *_: object) -> None:
        ended = {event.call for event in self.told if isinstance(event, CallEnded)}
        for call in self.calls:
            if call not in ended:
                await self.try_to(HangUp(call))
        for leg in self.legs:
            await self.try_to(DropLeg(leg))
        self.running.cancel()
        await asyncio.wait({self.running})

    def _tell(self, event: Event) -> None:
        self.told.append(event)
        self._news.set()

    async def until(self, kind: type[E], since: int = 0, **like: object) -> E:
        """The first event of a kind, told after the first `since`, whose fields are `like` this; waits for it."""
        at = since
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in itertools.islice(self.told, at, None):
                    at += 1
                    if isinstance(event, kind) and all(getattr(event, key) == value for key, value in like.items()):
                        return event
                self._news.clear()
                await self._news.wait()

    async def listing(self) -> SwitchSeen:
        """A listing that is asked for from now on."""
        asked_after, at = time.time(), self.now
        while (seen := await self.until(SwitchSeen, since=at)).asked_at <= asked_after:
            at = self.told.index(seen, at) + 1
        return seen

    @property
    def now(self) -> int:
        """A mark in what was told, for `since`."""
        return len(self.told)

    def of(self, call: CallId) -> list[Event]:
        """What was told of a call."""
        return [event for event in self.told if getattr(event, "call", None) == call]

    async def do(self, *commands: SwitchCommand) -> None:
        """Carry commands out, one after the other."""
        for command in commands:
            await self.switch.execute(command)

    async def at_once(self, *commands: SwitchCommand) -> None:
        """Ask for commands without waiting in between."""
        await asyncio.gather(*(self.switch.execute(command) for command in commands))

    async def try_to(self, command: SwitchCommand) -> DialerError | None:
        """Carry a command out; the error where it fails."""
        try:
            await self.switch.execute(command)
        except DialerError as error:
            return error
        return None

    def attempt(
        self,
        behaviour: Behaviour,
        *,
        ring_s: int = 0,
        talk_s: int = 0,
        ring_timeout_s: float = 10.0,
        wait_max_s: float = 20.0,
        dial: str | None = None,
    ) -> PlaceCall:
        """An attempt on a number that behaves so."""
        call = fresh_call()
        self.calls.append(call)
        return PlaceCall(
            call=call,
            trunk="carrier",
            dial=self.place.dial(number("52155", behaviour, ring_s=ring_s, talk_s=talk_s)) if dial is None else dial,
            caller_id="5215555550000",
            ring_timeout_s=ring_timeout_s,
            wait_max_s=wait_max_s,
            message="",
            lead=LeadId(1),
            campaign=CampaignId(1),
        )

    async def answered(
        self, behaviour: Behaviour = Behaviour.TONE, *, talk_s: int = 0, wait_max_s: float = 20.0
    ) -> CallId:
        """A call that was answered and waits."""
        attempt = self.attempt(behaviour, talk_s=talk_s, wait_max_s=wait_max_s)
        await self.do(attempt)
        await self.until(CallAnswered, call=attempt.call)
        return attempt.call

    async def agent(self, name: str = "7001") -> LegId:
        """An agent's leg that stands in its place."""
        agent = AgentId(next(_numbers))
        leg = LegId(f"cadencia-a{agent}-{_run}")
        self.legs.append(leg)
        await self.do(CallAgent(agent, leg, self.place.phone(name)))
        await self.until(LegUp, leg=leg)
        return leg


_run = round(time.time() * 1000)


def fresh_call() -> CallId:
    """An id that no call of this or an earlier run has had."""
    return CallId((_run % 10**6) * 1000 + next(_numbers))


def fresh_monitor() -> LegId:
    return LegId(f"cadencia-s{_run}{next(_numbers):06d}")


def fresh_third() -> LegId:
    return LegId(f"cadencia-t{_run}{next(_numbers):06d}")
