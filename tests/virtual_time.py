"""An event loop whose clock leaps: when every task waits, time jumps to the next timer. No thread may be waited for."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START_S = 1000.0


class _LeapingSelector(selectors.DefaultSelector):
    """Never sleeps: moves the clock on by what it was asked to wait, unless a socket has something at once."""

    now = START_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            # Loopback traffic may still be on its way; a short real wait tells it from a deadlock.
            ready = super().select(2.0)
            if not ready:
                raise RuntimeError("deadlock: every task waits and no timer is set")
            return ready
        if timeout > 0:
            ready = super().select(0.0005)
            if not ready:
                self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`asyncio.Runner(loop_factory=VirtualTimeLoop)`; its `time()` is virtual."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
