"""The live view: one look at the floor and one serialisation for all clients, the newest of each topic for each client.

A client that reads slowly misses what was overtaken; nothing here waits for a client.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from dialer.core.alarms import Raised
from dialer.core.ids import AgentId, CampaignId
from dialer.core.view import AgentView, FloorView
from dialer.errors import DialerError
from dialer.ports import Floor
from dialer.web.floor_feed import TOPIC as CHANGES
from dialer.web.floor_feed import Feed
from dialer.web.scope import narrowed
from dialer.web.views import agent_view, desk_now, floor_now, lead_key

T = TypeVar("T")

FLOOR_EVERY_S = 1.0
AT_ONCE = 20  # clients told in one turn of the loop: some hundred at once would hold the engine up for 10 ms
TURN_GAP_S = 0.005
DESK_GAP_S = 0.02  # at least this between two rounds of desks: what changes meanwhile goes out once

LeadOf = Callable[[AgentView], AsyncIterator[BaseModel]]
Mine = frozenset[CampaignId] | None  # the campaigns that a client may see; None = all

FLOOR = "floor"
DESK = "desk"
MESSAGE = "message"
PHONE = "phone"
LEAD = "lead"
WRAP_UP = "wrap_up"
ON_REQUEST = frozenset({LEAD, WRAP_UP})  # beside a desk, for who asked for them by name
ALIVE = "alive"
ALIVE_EVERY_S = 3.0  # to desks, which hear nothing while nothing changes: a dead link looks the same


class Mailbox:
    """What one client has not been sent yet: the newest message of each topic."""

    def __init__(self, asked: Iterable[str] = ()) -> None:
        """`asked`: what it has beside a desk."""
        self.asked = ON_REQUEST.intersection(asked)
        self._waiting: dict[str, str] = {}
        self._filled = asyncio.Event()

    def put(self, topic: str, text: str) -> None:
        self._waiting[topic] = text
        self._filled.set()

    def waits(self, topic: str) -> bool:
        """Whether a message of the topic was not taken yet."""
        return topic in self._waiting

    async def take(self) -> list[str]:
        """All that waits; at least one message."""
        await self._filled.wait()
        self._filled.clear()
        taken, self._waiting = self._waiting, {}
        return list(taken.values())


def message(topic: str, data: BaseModel) -> str:
    return f'{{"topic":"{topic}","data":{data.model_dump_json()}}}'


async def _in_turns(clients: Iterable[T]) -> AsyncIterator[T]:
    """Those who are there now, some in each turn of the loop."""
    for n, one in enumerate(list(clients), start=1):
        yield one
        if n % AT_ONCE == 0:
            await asyncio.sleep(TURN_GAP_S)


class PhoneTaken(BaseModel):
    """Which page has an agent's phone, by the name that it gave itself, and since when (seconds since 1970)."""

    page: str
    at: float


class Hub:
    """Feeds the mailboxes. `run` must be running for anything but the first view to come."""

    def __init__(self, floor: Floor, *, alarms: Callable[[], Iterable[Raised]] = tuple) -> None:
        self._floor = floor
        self._alarms = alarms
        self._feeds: dict[Mine, tuple[Feed, set[Mailbox]]] = {}  # by the campaigns that they show
        self._floors: dict[Mailbox, Mine] = {}
        self._desks: dict[AgentId, set[Mailbox]] = {}
        self._phones: dict[AgentId, PhoneTaken] = {}
        self._leads: dict[AgentId, str] = {}  # which lead, and which state of it, each desk was last told
        self._pushing: set[asyncio.Task[None]] = set()
        self._changed: set[AgentId] = set()
        self._woken = asyncio.Event()

    @property
    def tells_leads(self) -> bool:
        """Whether any desk is told of its lead unasked."""
        return any(LEAD in box.asked for boxes in self._desks.values() for box in boxes)

    @property
    def clients(self) -> int:
        feeds = sum(len(boxes) for _, boxes in self._feeds.values())
        return len(self._floors) + feeds + sum(len(boxes) for boxes in self._desks.values())

    @contextmanager
    def floor_to(self, box: Mailbox, mine: Mine = None) -> Iterator[None]:
        """Let the box have the floor, now and once a second: all of it, or of these campaigns alone."""
        box.put(FLOOR, self._floor_text(mine))
        self._floors[box] = mine
        try:
            yield
        finally:
            self._floors.pop(box, None)

    @contextmanager
    def changes_to(self, box: Mailbox, mine: Mine = None) -> Iterator[None]:
        """Let the box have the changes of the floor: the whole first, and where it missed some."""
        feed, boxes = self._feeds.setdefault(mine, (Feed(), set()))
        if not boxes:
            feed.take(*self._seen_by(mine, self._floor.view()))
        box.put(CHANGES, feed.whole())
        boxes.add(box)
        try:
            yield
        finally:
            boxes.discard(box)
            if not boxes:
                self._feeds.pop(mine, None)

    def tell_desks(self, agents: Iterable[AgentId], text: str, topic: str = MESSAGE) -> None:
        """Let everybody at these agents' desks have a message of that topic."""
        for agent in agents:
            for box in self._desks.get(agent, ()):
                if topic not in ON_REQUEST or topic in box.asked:
                    box.put(topic, text)

    def take_phone(self, agent: AgentId, page: str, now: float) -> PhoneTaken:
        """From now on that page has the agent's phone; every other one is told, and lets go of it."""
        before = self._phones.get(agent)
        taken = PhoneTaken(page=page, at=now if before is None else max(now, before.at + 0.001))
        self._phones[agent] = taken
        self.tell_desks([agent], message(PHONE, taken), PHONE)
        return taken

    def phone_of(self, agent: AgentId) -> str | None:
        """The page that has the agent's phone; None where none said so since the server began."""
        taken = self._phones.get(agent)
        return taken.page if taken is not None else None

    @contextmanager
    def desk_to(self, box: Mailbox, agent: AgentId) -> Iterator[None]:
        """Let the box have the agent's desk, now and after each change."""
        self._desks.setdefault(agent, set()).add(box)
        self._leads.pop(agent, None)  # a page that begins has none yet
        self._tell_changed(frozenset({agent}))
        if (taken := self._phones.get(agent)) is not None:
            box.put(PHONE, message(PHONE, taken))
        try:
            yield
        finally:
            self._desks[agent].discard(box)
            if not self._desks[agent]:
                del self._desks[agent]

    async def run(self, lead_of: LeadOf | None = None) -> None:
        """Feed the mailboxes until cancelled. `lead_of` reads the lead before an agent, which goes to the desk unasked:
        a page that asks for it is some steps later."""
        unsubscribe = self._floor.subscribe(self._tell_changed)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._feed_floors(), name="live floor")
                tasks.create_task(self._feed_desks(partial(self._tell_lead, lead_of)), name="live desks")
                tasks.create_task(self._say_alive(), name="live signs")
        finally:
            unsubscribe()
            for task in self._pushing:
                task.cancel()

    def _tell_changed(self, agents: frozenset[AgentId]) -> None:
        mine = agents & self._desks.keys()
        if mine:
            self._changed |= mine
            self._woken.set()

    async def _feed_floors(self) -> None:
        seen = (True, "")
        while True:
            await asyncio.sleep(FLOOR_EVERY_S)
            if self._floors:
                texts = {mine: self._floor_text(mine) for mine in set(self._floors.values())}
                async for box, mine in _in_turns(self._floors.items()):
                    box.put(FLOOR, texts[mine])
            if self._feeds:
                await self._feed_changes()
            if self._desks:
                view = self._floor.view()
                if seen != (seen := (view.switch_up, view.stopped_by)):  # every desk shows these
                    self._tell_changed(frozenset(self._desks))

    async def _say_alive(self) -> None:
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            async for box in _in_turns(box for boxes in self._desks.values() for box in boxes):
                box.put(ALIVE, f'{{"topic":"{ALIVE}","data":null}}')

    async def _feed_changes(self) -> None:
        view = self._floor.view()
        for mine, (feed, boxes) in list(self._feeds.items()):
            text, whole = feed.take(*self._seen_by(mine, view)), ""
            async for box in _in_turns(boxes):  # who comes meanwhile begins with the whole, which has this in it
                if box.waits(CHANGES):  # it reads slowly: what it misses would never come again
                    whole = whole or feed.whole()
                    box.put(CHANGES, whole)
                else:
                    box.put(CHANGES, text)

    def _seen_by(self, mine: Mine, view: FloorView) -> tuple[FloorView, list[Raised]]:
        alarms = [one for one in self._alarms() if mine is None or one.finding.campaign in mine]
        return (view if mine is None else narrowed(view, mine)), alarms

    def _tell_lead(self, lead_of: LeadOf | None, seat: AgentView) -> None:
        key = lead_key(seat)
        if lead_of is None or self._leads.get(seat.id, "") == key:
            return
        self._leads[seat.id] = key
        if key:
            task = asyncio.create_task(self._push_lead(lead_of, seat), name="live lead")
            self._pushing.add(task)
            task.add_done_callback(self._pushing.discard)

    async def _push_lead(self, lead_of: LeadOf, seat: AgentView) -> None:
        try:
            async for told in lead_of(seat):
                self.tell_desks([seat.id], message(LEAD, told), LEAD)
        except DialerError:  # the page asks, and is told why
            return

    async def _feed_desks(self, tell_lead: Callable[[AgentView], None]) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            changed, self._changed = self._changed, set()
            view = self._floor.view()
            for agent in changed & self._desks.keys():
                seat = agent_view(view, agent)
                if seat is not None:
                    tell_lead(seat)
                    text = message(DESK, desk_now(view, seat))
                    for box in self._desks[agent]:
                        box.put(DESK, text)
            await asyncio.sleep(DESK_GAP_S)

    def _floor_text(self, mine: Mine) -> str:
        view = self._floor.view()
        return message(FLOOR, floor_now(view if mine is None else narrowed(view, mine)))
