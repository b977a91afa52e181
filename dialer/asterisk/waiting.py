"""Order and patience on the event loop: commands that take turns, and waits for what the switch is about to say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """Lets commands that touch the same parties run one after the other, in the order in which they were asked."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, *parties: str) -> AsyncIterator[None]:
        """Wait for everything asked before for any of the parties. The place in the queue is taken at once."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before = {self._last[party] for party in parties if party in self._last}
        self._last.update(dict.fromkeys(parties, mine))
        try:
            if before:
                await asyncio.wait(before)
            yield
        finally:
            self._pass_on(mine, parties, before)

    def _pass_on(self, mine: asyncio.Future[None], parties: tuple[str, ...], before: set[asyncio.Future[None]]) -> None:
        """Let the next one on: at once, or, where this one gave up waiting, when its own turn would have come."""
        waiting = next((one for one in before if not one.done()), None)
        if waiting is not None:
            waiting.add_done_callback(lambda _: self._pass_on(mine, parties, before))
            return
        mine.set_result(None)
        for party in parties:
            if self._last.get(party) is mine:
                del self._last[party]


class Waits:
    """Conditions that some coroutine waits for, looked at whenever something happened."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], Callable[[], bool]] = {}

    async def until(self, condition: Callable[[], bool], *, patience_s: float) -> bool:
        """Wait until it holds; False where it did not within the patience."""
        if condition():
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[done] = condition
        try:
            async with asyncio.timeout(patience_s):
                await done
        except TimeoutError:
            return False
        finally:
            del self._waiting[done]
        return condition()

    def look(self) -> None:
        """Something happened."""
        for done, condition in self._waiting.items():
            if not done.done() and condition():
                done.set_result(None)

    def end(self) -> None:
        """Nothing will happen any more: end all waits."""
        for done in self._waiting:
            if not done.done():
                done.set_result(None)
