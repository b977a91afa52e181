"""A TCP proxy that cuts connections at random bytes, for whatever must survive that. Seeded.

async with FaultyProxy("127.0.0.1", port, random.Random(7), bytes_mean=2000) as proxy:
    ...connect to proxy.port...
"""

import asyncio
import random
from typing import Self


class FaultyProxy:
    """Passes bytes on until it cuts the connection: after a number of bytes that is drawn for each direction.

    `bytes_mean` None: no cuts but those asked for with `cut`. `healed` set: no more cuts. What was cut in the middle is
    delivered up to the very byte, to the side that it was on its way to.
    """

    def __init__(self, host: str, port: int, chance: random.Random, *, bytes_mean: float | None = None) -> None:
        self.cuts = 0
        self.healed = False
        self.refusing = False
        self.passed_on = bytearray()  # to the target, over all connections
        self.cut_after: bytes | None = None  # once the target was sent these, what it answers is lost with the link
        self._target = (host, port)
        self._chance = chance
        self.bytes_mean = bytes_mean
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        if self._serving:
            await asyncio.wait(self._serving)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Drop all connections now."""
        for pair in self._pairs:
            self._drop(pair)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        if self.refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pass_on(reader, far_writer, pair), self._pass_on(far_reader, writer, pair))
        finally:
            self._drop(pair)
            self._pairs.discard(pair)

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        left = self._chance.expovariate(1 / self.bytes_mean) if self.bytes_mean else float("inf")
        try:
            while data := await reader.read(65536):
                whole = self.healed or len(data) <= left
                passed = data if whole else data[: int(left)]
                if writer is pair[1]:
                    self.passed_on += passed
                elif self.cut_after is not None and self.cut_after in self.passed_on:
                    self.cut_after = None
                    self.cuts += 1
                    break
                writer.write(passed)
                await writer.drain()
                left -= len(data)
                if not whole:
                    self.cuts += 1
                    break
        except OSError:
            pass  # the other direction ended it
        self._drop(pair, but_flush=writer)

    @staticmethod
    def _drop(
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter], but_flush: asyncio.StreamWriter | None = None
    ) -> None:
        for writer in pair:
            if writer is but_flush:
                writer.close()
            else:
                writer.transport.abort()
