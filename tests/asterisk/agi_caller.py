"""Asterisk's side of an AGI session, for tests: sends the header, answers the commands."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

PATIENCE_S = 10.0


def header(script: str, **fields: str) -> bytes:
    """What Asterisk sends first. `fields` go without their agi_."""
    given = {
        "network": "yes",
        "request": f"agi://127.0.0.1/{script}",
        "channel": "PJSIP/1001-00000001",
        "uniqueid": "1700000000.1",
        "callerid": "5215555550100",
        **fields,
    }
    return ("".join(f"agi_{key}: {value}\n" for key, value in given.items()) + "\n").encode()


@dataclass(slots=True)
class Caller:
    """One call that is in a script."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    commands: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def connect(cls, port: int, *, source: str = "127.0.0.1") -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)))

    @classmethod
    async def call(cls, port: int, script: str, **fields: str) -> Self:
        caller = await cls.connect(port)
        caller.writer.write(header(script, **fields))
        return caller

    async def command(self) -> str:
        """The script's next command, empty when it has ended."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = (await self.reader.readline()).decode().strip()
        except ConnectionError:
            return ""
        if line:
            self.commands.append(line)
        return line

    async def ended(self) -> bool:
        """Wait until the server closes; True where it said nothing before."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    def answer(self, text: str | bytes) -> None:
        self.writer.write((text if isinstance(text, bytes) else text.encode()) + b"\n")

    async def play(self, typed: Sequence[str] = ()) -> Self:
        """Answer everything, typing one of `typed` for each GET DATA, until the script ends."""
        digits = list(typed)
        while line := await self.command():
            words = shlex.split(line)
            match words[:2]:
                case ["GET", "DATA"]:
                    self.answer(f"200 result={digits.pop(0)}" if digits else "200 result= (timeout)")
                case ["SET", "VARIABLE"]:
                    self.variables[words[2]] = words[3]
                    self.answer("200 result=1")
                case _:
                    self.answer("200 result=0")
        self.hang_up()
        return self

    def hang_up(self) -> None:
        self.writer.close()
