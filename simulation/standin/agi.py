"""Asterisk's side of FastAGI: connects to a script, tells it the channel, and carries its commands out.

A script that cannot be reached, or goes away, ends as on Asterisk: the dialplan goes on.
"""

import asyncio
import contextlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulation.standin.channels import Channel, State
from simulation.standin.world import World

CONNECT_S = 2.0  # Asterisk's own fixed limit
LINE_BYTES_MAX = 4096
TYPING_S = 0.2

Answer = tuple[int | str, str]  # result, data in brackets


@dataclass(slots=True)
class Script:
    """One run of one script for one channel."""

    world: World
    channel: Channel
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def run(self, name: str, arguments: Sequence[str], port: int) -> None:
        self.writer.write(header(self.channel, name, arguments, port))
        while line := await self.reader.readline():
            if self.channel.gone:
                self.writer.write(b"HANGUP\n")
                return
            self.writer.write(await self._carry_out(line.decode("utf-8", "replace").strip()))

    async def _carry_out(self, line: str) -> bytes:
        try:
            words = shlex.split(line)
        except ValueError:
            words = []
        if not words:
            return b"510 Invalid or unknown command\n"
        command = " ".join(words[:3]).upper()
        for name, deed in COMMANDS.items():
            if command.startswith(name):
                result, data = await deed(self, words[len(name.split()) :])
                if self.channel.gone:
                    return b"HANGUP\n200 result=-1\n"
                return f"200 result={result}{f' ({data})' if data else ''}\n".encode()
        return b"510 Invalid or unknown command\n"

    async def ok(self, arguments: list[str]) -> Answer:
        return 0, ""

    async def stream(self, arguments: list[str]) -> Answer:
        """STREAM FILE name escape-digits: a key among them stops it and is the result."""
        escapes = arguments[1] if len(arguments) > 1 else ""
        await self.world.sleep(self.world.timing.prompt_s)
        key = self._key() if self.channel.keys and self.channel.keys[0] in escapes else ""
        return (ord(key), "endpos=8000") if key else (0, "endpos=8000")

    async def wait_for_digit(self, arguments: list[str]) -> Answer:
        if key := self._key():
            await self.world.sleep(TYPING_S)
            return ord(key), ""
        await self.world.sleep(float(arguments[0]) / 1000)
        return 0, ""

    async def get_data(self, arguments: list[str]) -> Answer:
        """GET DATA file timeout max-digits: `#` ends the typing, and is not part of it."""
        digits_max = int(arguments[2]) if len(arguments) > 2 else 1024
        typed = ""
        while len(typed) < digits_max and (key := self._key()):
            if key == "#":
                return await self._typed(typed, "")
            typed += key
        if len(typed) == digits_max:
            return await self._typed(typed, "")
        await self.world.sleep(float(arguments[1]) / 1000)
        return await self._typed(typed, "timeout")

    async def _typed(self, typed: str, data: str) -> Answer:
        await self.world.sleep(TYPING_S)
        return typed, data

    async def set_variable(self, arguments: list[str]) -> Answer:
        name, value = arguments[0], arguments[1] if len(arguments) > 1 else ""
        self.channel.variables[name] = value
        return 1, ""

    async def get_variable(self, arguments: list[str]) -> Answer:
        value = self.channel.variables.get(arguments[0])
        return (0, "") if value is None else (1, value)

    def _key(self) -> str:
        return self.channel.keys.pop(0) if self.channel.keys else ""


COMMANDS = {
    "ANSWER": Script.ok,
    "NOOP": Script.ok,
    "VERBOSE": Script.ok,
    "STREAM FILE": Script.stream,
    "WAIT FOR DIGIT": Script.wait_for_digit,
    "GET DATA": Script.get_data,
    "SET VARIABLE": Script.set_variable,
    "GET VARIABLE": Script.get_variable,
}


def header(channel: Channel, name: str, arguments: Sequence[str], port: int) -> bytes:
    number, caller = channel.caller
    fields = {
        "network": "yes",
        "network_script": name,
        "request": f"agi://127.0.0.1:{port}/{name}",
        "channel": channel.name,
        "language": "en",
        "type": "PJSIP",
        "uniqueid": channel.uniqueid,
        "version": "standin",
        "callerid": number or "unknown",
        "calleridname": caller or "unknown",
        "dnid": channel.exten,
        "rdnis": "unknown",
        "context": channel.context,
        "extension": channel.exten,
        "priority": str(channel.priority),
        "enhanced": "0.0",
        "accountcode": channel.account,
        "threadid": "1",
        **{f"arg_{place}": value for place, value in enumerate(arguments, start=1)},
    }
    return ("".join(f"agi_{key}: {value}\n" for key, value in fields.items()) + "\n").encode()


class Scripts:
    """Runs scripts, each in a task of its own that `close` ends."""

    def __init__(self, world: World, port: int | None) -> None:
        self._world = world
        self._port = port
        self._running: set[asyncio.Task[None]] = set()

    def run(self, channel: Channel, name: str, arguments: Sequence[str], then: Callable[[], None]) -> None:
        """AGI(): at once `then` where no server is known, else when the script has ended."""
        if self._port is None or channel.state != State.UP:
            then()
            return
        running = self._run(channel, name, arguments, self._port, then)
        task = asyncio.get_running_loop().create_task(running, name=f"agi {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(
        self, channel: Channel, name: str, arguments: Sequence[str], port: int, then: Callable[[], None]
    ) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            await self._speak(channel, name, arguments, port)
        if not channel.gone:
            then()

    async def _speak(self, channel: Channel, name: str, arguments: Sequence[str], port: int) -> None:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LINE_BYTES_MAX)
        try:
            await Script(self._world, channel, reader, writer).run(name, arguments, port)
        finally:
            writer.close()
