"""Changes of leads that come one by one from many requests, made together: one transaction for all that wait."""

import asyncio
from collections.abc import Callable, Sequence

from dialer.core.messages import LeadsChanged
from dialer.errors import StoreError
from dialer.ports import Floor
from dialer.store import AuditEntry, LeadState, Store
from dialer.store.lead_changes import Known, LeadChange

AT_ONCE_MAX = 500
_Waiting = tuple[Known, LeadChange, AuditEntry, asyncio.Future[None]]


class Gatherer:
    """Gives each change back when it is durable. While one transaction runs, what comes waits for the next."""

    def __init__(self, store: Store, floor: Floor, now: Callable[[], float]) -> None:
        self._store, self._floor, self._now = store, floor, now
        self._waiting: list[_Waiting] = []
        self._at_work: asyncio.Task[None] | None = None

    async def change(self, known: Known, change: LeadChange, entry: AuditEntry) -> None:
        """Make one change, with its entry in the trail. Raises StoreError: it was not made."""
        made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((known, change, entry, made))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._work(), name="gather changes of leads")
        await made

    async def change_all(self, changes: list[tuple[Known, LeadChange]], trail: Sequence[AuditEntry] = ()) -> None:
        """Make all, together with the entries. Raises StoreError: none was made."""
        now = self._now()
        await self._store.lead_changes.apply(changes, now, trail)
        await self._tell(changes)

    async def _work(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:AT_ONCE_MAX], self._waiting[AT_ONCE_MAX:]
                try:
                    changes = [(known, change) for known, change, _, _ in some]
                    await self.change_all(changes, [entry for _, _, entry, _ in some])
                except StoreError as error:
                    for _, _, _, made in some:
                        if not made.done():
                            made.set_exception(error)
                else:
                    for _, _, _, made in some:
                        if not made.done():
                            made.set_result(None)
        finally:
            self._at_work = None

    async def _tell(self, changes: list[tuple[Known, LeadChange]]) -> None:
        """Tell the engine of those that it holds; it reads the others when it claims them."""
        held = [(known, change) for known, change in changes if known.state is LeadState.CLAIMED]
        stopped = tuple(known.id for known, change in held if change.state == LeadState.WITHDRAWN)
        others = tuple(known.id for known, change in held if change.state != LeadState.WITHDRAWN)
        if stopped:
            await self._floor.ask(LeadsChanged(stopped, stopped=True))
        if others:
            await self._floor.ask(LeadsChanged(others))
