"""The live part: the floor on the terminal until time is up or somebody ends it, then the end in peace.

It looks and signals; what happens on the floor is the dialer's and the robots' business.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from dialer.web.client import ApiError, Client, Json, ServerUnreachableError
from simulation.demo.children import Child, ChildError
from simulation.demo.view import Heading, clock, plain, screen

DRAW_S = 0.5
PLAIN_S = 5.0  # between two lines where nobody looks on
AGAIN_S = 0.5
END_MAX_S = 240.0  # serve's own patience with the last talks is shorter


class Watch:
    """One stay before the floor."""

    def __init__(self, heading: Heading, serve: Child, client: Client, console: Console) -> None:
        self._heading = heading
        self._serve = serve
        self._client = client
        self._console = console
        self._floor: Json | None = None
        self._stop = asyncio.Event()
        self._told_at = float("-inf")

    async def run(self, seconds: float | None) -> None:
        """Show the floor for so long (None: until Ctrl-C), let the dialer end in peace and return when it has.

        Raises ChildError where the dialer ends by itself, or badly.
        """
        async with self._client:
            following = asyncio.create_task(self._follow(), name="follow the floor")
            try:
                with self._interrupts(), self._screen() as live:
                    await self._until_over(live, seconds)
                    self._serve.signal(signal.SIGINT)
                    await self._until_ended(live)
            finally:
                following.cancel()

    async def _follow(self) -> None:
        while True:
            try:
                async for _, floor in self._client.live("floor"):
                    self._floor = floor
            except (ApiError, ServerUnreachableError):
                pass  # the dialer's own end is noticed by its process
            await asyncio.sleep(AGAIN_S)

    @contextmanager
    def _interrupts(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        caught = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
        for number in caught:
            loop.add_signal_handler(number, self._stop.set)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)

    @contextmanager
    def _screen(self) -> Iterator[Live | None]:
        if not self._console.is_terminal:
            yield None
            return
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            yield live

    async def _until_over(self, live: Live | None, seconds: float | None) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._stop.is_set():
            passed = loop.time() - began
            if seconds is not None and passed >= seconds:
                return
            self._draw(live, f"{clock(seconds - passed)} left" if seconds is not None else f"{clock(passed)} so far")
            if not self._serve.running:
                raise ChildError(f"dialer serve ended by itself, code {self._serve.code}:\n{self._serve.last_words()}")
            await self._pause()

    async def _until_ended(self, live: Live | None) -> None:
        """Draw until the dialer has ended; a second Ctrl-C ends it at once."""
        self._stop.clear()
        loop = asyncio.get_running_loop()
        ends = loop.time() + END_MAX_S
        while self._serve.running:
            if self._stop.is_set() or loop.time() > ends:
                raise ChildError("ended before the last talks were over")
            self._draw(live, "ending (Ctrl-C: at once)")
            await self._pause()
        if self._serve.code:
            raise ChildError(f"dialer serve ended with code {self._serve.code}:\n{self._serve.last_words()}")

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(DRAW_S):
                await self._stop.wait()
        except TimeoutError:
            pass

    def _draw(self, live: Live | None, status: str) -> None:
        if live is not None:
            live.update(screen(self._heading, self._floor, status), refresh=True)
        elif self._floor and self._floor["campaigns"] and self._floor["at"] >= self._told_at + PLAIN_S:
            self._told_at = self._floor["at"]
            self._console.print(plain(self._floor, status), highlight=False, soft_wrap=True)
