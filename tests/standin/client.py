"""A plain AMI client and a handful of telephone verbs, for tests of the stand-in."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from simulation.standin import StandInSwitch

PATIENCE_S = 200.0  # of the loop's clock, which may be virtual; pytest ends what hangs
Message = dict[str, str]


@dataclass
class Client:
    """One AMI session. Every event stays in `events`, in the order of the wire."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    events: list[Message] = field(default_factory=list)
    responses: dict[str, Message] = field(default_factory=dict)
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    closed: bool = False

    async def listen(self) -> None:
        await self.reader.readline()
        while not self.reader.at_eof():
            try:
                block = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            self._take(dict(line.split(": ", 1) for line in block.decode().split("\r\n") if ": " in line))
            async with self.news:
                self.news.notify_all()
        self.closed = True
        async with self.news:
            self.news.notify_all()

    async def act(self, name: str, **headers: str | list[str]) -> Message:
        """Send an action and wait for its response."""
        action_id = f"t{next(self.ids)}"
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        for key, value in headers.items():
            lines += [f"{key}: {one}" for one in (value if isinstance(value, list) else [value])]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        await self.until(lambda: action_id in self.responses)
        return self.responses[action_id]

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so; it is looked at after each message."""
        async with asyncio.timeout(PATIENCE_S), self.news:
            await self.news.wait_for(reached)

    async def event(self, name: str, *, since: int = 0, **wanted: str) -> Message:
        """The first event like that, from the `since`th on."""
        found: list[Message] = []

        def look() -> bool:
            found[:] = [one for one in self.events[since:] if one["Event"] == name and wanted.items() <= one.items()]
            return bool(found)

        await self.until(look)
        return found[0]

    def _take(self, message: Message) -> None:
        if "Event" in message:
            self.events.append(message)
        else:
            self.responses[message.get("ActionID", "")] = message


@asynccontextmanager
async def session(switch: StandInSwitch, *, secret: str = "secret") -> AsyncIterator[Client]:
    """A client that has sent its log-in."""
    client = Client(*await asyncio.open_connection("127.0.0.1", switch.port))
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(client.listen())
        await client.act("Login", Username="dialer", Secret=secret)
        yield client
        listening.cancel()
    client.writer.close()


@dataclass
class Floor:
    """Telephone verbs over a session."""

    switch: StandInSwitch
    ami: Client

    async def originate(self, dial: str, uniqueid: str, where: str, *, timeout_s: float = 15) -> None:
        context, exten = where.split(",")
        answer = await self.ami.act(
            "Originate",
            Channel=dial,
            ChannelId=uniqueid,
            Context=context,
            Exten=exten,
            Priority="1",
            Async="true",
            Timeout=str(round(timeout_s * 1000)),
            Account="any",
        )
        assert answer["Response"] == "Success", answer

    async def agent(self, uniqueid: str = "cadencia-a7-1") -> str:
        """An agent's leg that stands in idle; its channel's name."""
        await self.originate("PJSIP/a1", uniqueid, "dialer-agent,idle")
        return (await self.ami.event("BridgeEnter", Uniqueid=uniqueid))["Channel"]

    async def person(self, uniqueid: str, where: str = "dialer-customer,park") -> str:
        """Somebody who answers at once and waits; the channel's name."""
        await self.originate("PJSIP/5215555110000@trunk", uniqueid, where)
        await self.ami.event("OriginateResponse", Uniqueid=uniqueid)
        return (await self.ami.event("BridgeEnter", Uniqueid=uniqueid))["Channel"]

    async def connect(self, first: str, second: str, talk: int = 1) -> Message:
        since = len(self.ami.events)
        await self.ami.act("Setvar", Channel=first, Variable="DIALER_TALK", Value=str(talk))
        answer = await self.ami.act("Bridge", Channel1=first, Channel2=second, Tone="no")
        if answer["Response"] == "Success":
            await self.ami.event("BridgeEnter", since=since, Channel=second)
        return answer

    async def send(self, channel: str, exten: str, context: str = "dialer-customer") -> None:
        """Redirect, and wait until the channel stands there."""
        since = len(self.ami.events)
        await self.ami.act("Redirect", Channel=channel, Context=context, Exten=exten, Priority="1")
        await self.ami.event("BridgeEnter", since=since, Channel=channel)

    async def bye(self, channel: str) -> None:
        """The far end hangs up."""
        since = len(self.ami.events)
        self.switch.hang_up(next(one for one in self.switch.channels if one.name == channel))
        await self.ami.event("Hangup", since=since, Channel=channel)

    async def hang_up(self, channel: str, **headers: str) -> None:
        """We hang up."""
        since = len(self.ami.events)
        await self.ami.act("Hangup", Channel=channel, **headers)
        await self.ami.event("Hangup", since=since, Channel=channel)


@asynccontextmanager
async def floor(**settings: object) -> AsyncIterator[Floor]:
    async with StandInSwitch(**settings) as switch, session(switch) as ami:  # type: ignore[arg-type]
        yield Floor(switch, ami)
