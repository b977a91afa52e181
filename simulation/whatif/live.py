"""What the console asks for forecasts: each is made in a process of its own, so that the dialer is never held up.

To start one takes seconds where the machine has much to do. So it can be started while somebody still thinks of a
change; one that nobody asks ends after a while.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping

from dialer.core.ids import CampaignId
from dialer.errors import DialerError
from simulation.extras import require

BUDGET_S = 8.0  # the page has it within ten seconds, also where the machine has other work
GRACE_S = 20.0  # beyond its budget, for starting up and for a busy machine
UNASKED_MAX_S = 600.0  # that a process waits to be asked


class ForecastError(DialerError):
    """There is no forecast; the text says why."""


class Forecaster:
    """Forecasts for the campaigns of one database, one at a time."""

    def __init__(self, database: str, now: Callable[[], float] = time.time, *, budget_s: float = BUDGET_S) -> None:
        self._database, self._now, self._budget_s = database, now, budget_s
        self._turn, self._starting = asyncio.Lock(), asyncio.Lock()
        self._waiting: asyncio.subprocess.Process | None = None
        self._tired: asyncio.TimerHandle | None = None

    async def ready(self) -> None:
        """Start what the next forecast will be made in; nothing where it stands ready."""
        async with self._starting:  # of two who think of a change at once, neither starts one that nobody knows of
            if self._waiting is None or self._waiting.returncode is not None:
                self.close()
                self._waiting = await _started()
                self._tired = asyncio.get_running_loop().call_later(UNASKED_MAX_S, self.close)

    def close(self) -> None:
        """Let go of a process that was not asked."""
        process = self._taken()
        if process is not None and process.returncode is None:
            process.kill()

    def _taken(self) -> asyncio.subprocess.Process | None:
        process, self._waiting = self._waiting, None
        if self._tired is not None:
            self._tired.cancel()
        return process

    async def forecast(
        self, campaign: CampaignId, change: Mapping[str, object], minutes: float
    ) -> Mapping[str, object]:
        """What the change would bring. Raises ForecastError, also where another forecast is being made."""
        require("tuning", "scipy")
        if self._turn.locked():
            raise ForecastError("another forecast is being made; ask again in some seconds")
        async with self._turn:
            return await self._asked(
                {
                    "database": self._database,
                    "campaign": campaign,
                    "change": dict(change),
                    "minutes": minutes,
                    "at": self._now(),
                    "budget_s": self._budget_s,
                    "asked_at": time.time(),
                }
            )

    async def _asked(self, asked: Mapping[str, object]) -> Mapping[str, object]:
        process = self._taken()
        if process is None or process.returncode is not None:
            process = await _started()
        try:
            async with asyncio.timeout(self._budget_s + GRACE_S):
                out, err = await process.communicate(json.dumps(asked).encode())
        except TimeoutError:
            raise ForecastError("the forecast did not end in time") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            told: dict[str, Mapping[str, object]] = json.loads(out)
        except ValueError:
            last = err.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise ForecastError(f"the forecast broke off: {last[0]}") from None
        if "error" in told:
            raise ForecastError(str(told["error"]))
        return told["forecast"]


async def _started() -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulation.whatif"), stdin=pipe, stdout=pipe, stderr=pipe
    )
