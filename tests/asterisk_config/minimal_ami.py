"""A bare client of the manager interface, so that Asterisk is tested without the dialer's own client."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

Message = dict[str, str]


class Manager:
    """Keeps every event; answers are matched by ActionID. A field that comes several times is joined by commas."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Message] = []
        self._reader, self._writer = reader, writer
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._ids = itertools.count(1)
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                block = await self._reader.readuntil(b"\r\n\r\n")
                lines = block.decode(errors="replace").strip().split("\r\n")
                message: Message = {}
                for key, _, value in (line.partition(": ") for line in lines):
                    message[key] = f"{message[key]},{value}" if key in message else value
                await self._take(message)

    async def _take(self, message: Message) -> None:
        async with self._news:
            if "Event" in message:
                self.events.append(message)
            elif future := self._answers.pop(message.get("ActionID", ""), None):
                future.set_result(message)
            self._news.notify_all()

    async def act(self, action: str, **fields: object) -> Message:
        """Send an action and return its answer."""
        action_id = f"t{next(self._ids)}"
        future = self._answers[action_id] = asyncio.get_running_loop().create_future()
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in fields.items())]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        return await asyncio.wait_for(future, 10)

    async def until(self, wanted: Callable[[Message], bool], within_s: float = 15) -> Message:
        """The first event, past or to come, that is wanted."""

        def found() -> Message | None:
            return next((event for event in self.events if wanted(event)), None)

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), within_s)
        event = found()
        assert event is not None
        return event

    async def place(self, call: str, channel: str, **fields: object) -> None:
        """Originate a call of that id to where answered customers wait, unless `fields` say otherwise."""
        usual = {"Context": "dialer-customer", "Exten": "park", "Priority": 1, "Async": "true", "Timeout": 20000}
        answer = await self.act("Originate", Channel=channel, ChannelId=call, **{**usual, **fields})
        assert answer["Response"] == "Success", answer

    async def ended(self, call: str, within_s: float = 20) -> Message:
        """The call's Hangup."""
        return await self.until(lambda event: event["Event"] == "Hangup" and event["Uniqueid"] == call, within_s)

    def of(self, call: str, event: str, key: str) -> list[str]:
        """That field of the call's events of one kind, in order."""
        ids = ("Uniqueid", "DestUniqueid", "Attempt")
        return [one[key] for one in self.events if one["Event"] == event and call in [one.get(name) for name in ids]]


@asynccontextmanager
async def logged_in(address: tuple[str, int], user: tuple[str, str]) -> AsyncIterator[Manager]:
    """A session, closed at the end."""
    reader, writer = await asyncio.open_connection(*address)
    await reader.readline()
    manager = Manager(reader, writer)
    listener = asyncio.create_task(manager.listen())
    try:
        answer = await manager.act("Login", Username=user[0], Secret=user[1])
        assert answer["Response"] == "Success", answer
        yield manager
    finally:
        writer.close()
        await listener
