"""How late the event loop is: measured ten times a second, kept for a minute."""

import asyncio
from collections import deque

EVERY_S = 0.1
_KEPT = 600


class LoopLag:
    """`run` measures until cancelled."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self._late.append(max(0.0, loop.time() - due))

    def percentile(self, share: float) -> float | None:
        """By the nearest rank; None before anything was measured."""
        if not self._late:
            return None
        ranked = sorted(self._late)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
