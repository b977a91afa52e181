"""A manager interface whose every word a test writes itself, for what no Asterisk would say on demand."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Self, TypeAlias

Action: TypeAlias = dict[str, str]
Replies: TypeAlias = Mapping[str, Callable[[Action], str | None]]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


OF_CHANNEL = (
    *("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName"),
    *("ConnectedLineNum", "ConnectedLineName"),
)


def block(**headers: object) -> str:
    """One message; an underscore in a name stands for a hyphen. An event of a channel begins as Asterisk's do."""
    if "Uniqueid" in headers and headers["Event"] not in {"OriginateResponse", "Rename"}:
        known = {"ChannelState": 6, "ChannelStateDesc": "Up", **headers}
        first: dict[str, object] = {name: headers[name] for name in ("Event", "ActionID") if name in headers}
        headers = {**first, **{name: known.get(name, "<unknown>") for name in OF_CHANNEL}, **headers}
    return "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in headers.items()) + "\r\n"


def success(action: Action, **more: object) -> str:
    return block(Response="Success", ActionID=action["ActionID"], **more)


def error(action: Action, message: str) -> str:
    return block(Response="Error", ActionID=action["ActionID"], Message=message)


def log_in(action: Action) -> str:
    return success(action, Message="Authentication accepted") + block(Event="FullyBooted", Status="Fully Booted")


def no_channels(action: Action) -> str:
    return success(action, EventList="start") + list_end(action)


def list_end(action: Action) -> str:
    return block(Event="CoreShowChannelsComplete", ActionID=action["ActionID"], EventList="Complete", ListItems=0)


def silence(_: Action) -> None:
    """No answer."""


USUAL: Replies = {"Login": log_in, "CoreShowChannels": no_channels, "Ping": success}


class AmiServer:
    """Answers each action by `replies`, the rest with success; remembers all that it was told."""

    def __init__(self, replies: Replies | None = None, *, banner: bytes = BANNER) -> None:
        self.replies = {**USUAL, **(replies or {})}
        self.received: list[Action] = []
        self.connections = 0
        self.heard = asyncio.Condition()
        self.transports: list[asyncio.Transport] = []
        self._banner = banner

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Session(self), "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def of(self, name: str) -> list[Action]:
        """The actions of a name that came, in their order."""
        return [action for action in self.received if action["Action"] == name]

    async def until(self, name: str, count: int = 1) -> Action:
        """Wait until so many actions of the name have come; the last of them."""
        async with asyncio.timeout(10):
            while len(self.of(name)) < count:
                await self._changed()
        return self.of(name)[count - 1]

    async def until_connected(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.connections < count:
                await self._changed()

    def say(self, text: str) -> None:
        """To everybody."""
        for transport in self.transports:
            transport.write(text.encode())

    def cut(self) -> None:
        """Drop all connections."""
        for transport in self.transports:
            transport.abort()
        self.transports.clear()

    async def _changed(self) -> None:
        async with self.heard:
            await self.heard.wait()

    async def _tell(self) -> None:
        async with self.heard:
            self.heard.notify_all()


class _Session(asyncio.Protocol):
    def __init__(self, server: AmiServer) -> None:
        self._server = server
        self._unread = b""
        self._telling: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.transports.append(transport)
        self._server.connections += 1
        transport.write(self._server._banner)
        self._tell()

    def data_received(self, data: bytes) -> None:
        *blocks, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for one in blocks:
            action = dict(line.split(": ", 1) for line in one.decode().split("\r\n"))
            self._server.received.append(action)
            reply = self._server.replies.get(action["Action"], success)(action)
            if reply is not None:
                self._transport.write(reply.encode())
        self._tell()

    def _tell(self) -> None:
        task = asyncio.get_running_loop().create_task(self._server._tell())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
