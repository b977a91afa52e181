"""Leads read while their phones ring, to be at hand when somebody answers: reading takes longer than bridging.

No more than some a second are read, the newest first: on a large floor most calls are answered by nobody, and a lead
that was not read ahead is read when it is needed.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dialer.core.ids import LeadId
from dialer.core.model import CallRecord, Campaign
from dialer.errors import DialerError
from dialer.web.leads import LeadShown

Read = tuple[LeadShown, Campaign | None]
GAP_S = 0.2  # between two readings
WAITING_MAX = 8
KEPT_MAX = 64
KEPT_S = 60.0  # no phone rings for longer


class Ahead:
    """`run` reads until cancelled."""

    def __init__(self, read: Callable[[LeadId], Awaitable[Read]], now: Callable[[], float]) -> None:
        self._read, self._now = read, now
        self._waiting: deque[LeadId] = deque(maxlen=WAITING_MAX)
        self._woken = asyncio.Event()
        self._kept: OrderedDict[LeadId, tuple[float, Read]] = OrderedDict()

    def placed(self, record: CallRecord) -> None:
        """A call to the lead is on its way."""
        if record.lead not in self._kept:
            self._waiting.append(record.lead)
            self._woken.set()

    async def keep(self, lead: LeadId) -> None:
        """Read the lead now. Raises ProblemError, StoreError."""
        self._kept[lead] = self._now(), await self._read(lead)
        self._kept.move_to_end(lead)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def take(self, lead: LeadId) -> Read | None:
        """The lead as it was read ahead; None where it was not."""
        at, read = self._kept.pop(lead, (0.0, None))
        return read if self._now() - at <= KEPT_S else None

    async def run(self) -> None:
        """Read one after the other."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                with suppress(DialerError):  # it is read when it is needed, and told then
                    await self.keep(self._waiting.pop())
                await asyncio.sleep(GAP_S)
