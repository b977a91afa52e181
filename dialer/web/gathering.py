"""Changes of leads that come one by one from many requests: read and made together, for all that wait at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from dialer.core.messages import LeadsChanged
from dialer.ports import Floor
from dialer.store import AuditEntry, LeadState, Store
from dialer.store.lead_changes import Known, LeadChange

AT_ONCE_MAX = 500
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Answers what is asked one by one by work done for many at once: while it runs, what comes waits for the next.

    `work` answers each of those it is given, in their order; an error of it is everybody's.
    """

    def __init__(self, work: Callable[[list[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._at_work: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        """The answer to this one. Raises what the work raises, as StoreError."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answered))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._answer(), name="gather changes of leads")
        return await answered

    async def _answer(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:AT_ONCE_MAX], self._waiting[AT_ONCE_MAX:]
                try:
                    answers = await self._work([asked for asked, _ in some])
                except Exception as error:  # noqa: BLE001 - whatever it is, nobody is left waiting
                    tell = [partial(one.set_exception, error) for _, one in some]
                else:
                    tell = [partial(one.set_result, answer) for (_, one), answer in zip(some, answers, strict=True)]
                for (_, answered), telling in zip(some, tell, strict=True):
                    if not answered.done():  # else whoever asked is gone
                        telling()
        finally:
            self._at_work = None


class Gatherer:
    """What the store knows of the lead of a change, and the change made: given back when it is durable."""

    def __init__(self, store: Store, floor: Floor, now: Callable[[], float]) -> None:
        self._store, self._floor, self._now = store, floor, now
        self.known: Together[LeadChange, Known | None] = Together(store.lead_changes.known)
        self._made: Together[tuple[Known, LeadChange, AuditEntry], None] = Together(self._make)

    async def change(self, known: Known, change: LeadChange, entry: AuditEntry) -> None:
        """Make one change, with its entry in the trail. Raises StoreError: it was not made."""
        await self._made((known, change, entry))

    async def change_all(self, changes: list[tuple[Known, LeadChange]], trail: Sequence[AuditEntry] = ()) -> None:
        """Make all, together with the entries. Raises StoreError: none was made."""
        now = self._now()
        await self._store.lead_changes.apply(changes, now, trail)
        await self._tell(changes)

    async def _make(self, some: list[tuple[Known, LeadChange, AuditEntry]]) -> Sequence[None]:
        await self.change_all([(known, change) for known, change, _ in some], [entry for _, _, entry in some])
        return [None] * len(some)

    async def _tell(self, changes: list[tuple[Known, LeadChange]]) -> None:
        """Tell the engine of those that it holds; it reads the others when it claims them."""
        held = [(known, change) for known, change in changes if known.state is LeadState.CLAIMED]
        stopped = tuple(known.id for known, change in held if change.state == LeadState.WITHDRAWN)
        others = tuple(known.id for known, change in held if change.state != LeadState.WITHDRAWN)
        if stopped:
            await self._floor.ask(LeadsChanged(stopped, stopped=True))
        if others:
            await self._floor.ask(LeadsChanged(others))
