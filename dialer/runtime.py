"""The live shell around the engine: one inbox, one consumer.

It decides nothing. Each event is handed to the engine with the time; commands to the switch go out at once, commands to
the store and the journal go to one writer, in order, in groups. Only a call's placing waits for its commit, since the
store's answer to the reservation is the event that lets the engine place it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, get_args

import structlog

from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import (
    AgentSet,
    AgentSignedOut,
    Alarm,
    CallReserved,
    CampaignSet,
    ClaimLeads,
    ClockDoubted,
    Command,
    CommandFailed,
    Event,
    Refused,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    Restored,
    RulesSet,
    SaveCall,
    ShutdownBegun,
    StoreCommand,
    SwitchCommand,
    Ticked,
    TrunkSet,
)
from dialer.core.model import Agent, CallRecord, Campaign, Trunk
from dialer.core.packs.schema import Rulebook
from dialer.core.view import FloorView
from dialer.errors import ActionRefusedError, StoreError, SwitchUnavailableError
from dialer.log_ids import bind, ids_of
from dialer.ports import Switch
from dialer.store.codec import encode
from dialer.store.rows import JournalEntry

log = structlog.get_logger()

TICK_S = 0.5
DOUBT_S = 60.0  # a wall clock further behind ours than this: ours may be past the legal hour, or before it
RETRY_S = 0.5
RETRY_MAX_S = 5.0
TRIES = 5  # of a batch, before its commands are tried one by one
ALARMS_KEPT = 200
SWITCH_COMMANDS = get_args(SwitchCommand)
STORE_COMMANDS = get_args(StoreCommand)

OVER = Refused("shutting_down", "the dialer is shutting down")

Scrubber = Callable[[CallReserved], Awaitable[CallReserved]]
Listener = Callable[[frozenset[AgentId]], None]


class Writer(Protocol):
    """What the runtime needs of the store."""

    async def apply(
        self, commands: Sequence[StoreCommand], journal: Sequence[JournalEntry], now: float
    ) -> list[Event]: ...


@dataclass(slots=True)
class Batch:
    """What the writer takes in one transaction."""

    commands: list[StoreCommand] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.commands or self.journal)


class Runtime:
    """One cell at work. `run` ends when it is cancelled or a part of it fails for good."""

    def __init__(
        self,
        engine: Engine,
        store: Writer,
        clock: Callable[[], float],
        behind: Callable[[], float] = lambda: 0.0,
        *,
        scrub: Scrubber | None = None,
    ) -> None:
        """`behind` tells how many seconds the wall clock stands behind `clock`; `scrub` asks outside of the house."""
        self._engine = engine
        self._store = store
        self._clock = clock
        self._behind = behind
        self._scrub = scrub
        self._doubted = False
        self._switch: Switch | None = None
        self._inbox: deque[tuple[Event, asyncio.Future[Refused | None] | None]] = deque()
        self._arrived = asyncio.Event()
        self._over = False
        self._carrying: set[asyncio.Task[None]] = set()
        self._scrubbing: set[asyncio.Task[None]] = set()
        self._batch = Batch()
        self._to_write = asyncio.Event()
        self._durable = 0  # how many of the events handled are kept, with what came of them
        self._written = asyncio.Event()  # of the batch at hand or to come; the next one has one of its own
        self._listeners: list[Listener] = []
        self._on_ended: list[Callable[[CallRecord], None]] = []
        self._on_placed: list[Callable[[CallRecord], None]] = []
        self.alarms: deque[tuple[float, Alarm]] = deque(maxlen=ALARMS_KEPT)
        self.lag_s = 0.0  # how late the last tick came
        self.handled = 0

    # ------------------------------------------------------------ doors

    def tell(self, event: Event) -> None:
        """Put an event into the inbox. On the event loop's thread only; never blocks."""
        self._inbox.append((event, None))
        self._arrived.set()

    async def ask(self, event: Event) -> Refused | None:
        """Put a console's event to the engine; None when it was taken, else why not."""
        if self._over:
            return OVER
        answer: asyncio.Future[Refused | None] = asyncio.get_running_loop().create_future()
        self._inbox.append((event, answer))
        self._arrived.set()
        return await answer

    def view(self) -> FloorView:
        return self._engine.view(self._clock())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after each batch of events with the agents whose view changed; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def stopped_by(self) -> str:
        """Who stopped all dialling; empty while nobody did."""
        return self._engine.stopped_by

    def on_call_ended(self, listener: Callable[[CallRecord], None]) -> None:
        """Call `listener` with the record of each call that is over."""
        self._on_ended.append(listener)

    def on_call_placed(self, listener: Callable[[CallRecord], None]) -> None:
        """Call `listener` with the record of each call that goes out."""
        self._on_placed.append(listener)

    # ------------------------------------------------------------ the run

    def begin(
        self,
        trunks: Sequence[Trunk],
        campaigns: Sequence[Campaign],
        agents: Sequence[Agent],
        restored: Restored,
        *,
        book: Rulebook | None = None,
    ) -> None:
        """The first events of a run: what is configured, then what the last run left."""
        if book is not None:
            self.tell(RulesSet(book))
        for trunk in trunks:
            self.tell(TrunkSet(trunk))
        for campaign in campaigns:
            self.tell(CampaignSet(campaign))
        for agent in agents:
            self.tell(AgentSet(agent))
        self.tell(restored)

    async def run(self, switch: Switch) -> None:
        """Run until cancelled; a part that fails takes the others down with it."""
        self._switch = switch
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._decide(tasks), name="decide")
                tasks.create_task(self._write(), name="write")
                tasks.create_task(self._tick(), name="tick")
                tasks.create_task(switch.run(), name="switch")
        finally:
            self._over = True
            for _, answer in self._inbox:
                if answer is not None and not answer.done():
                    answer.set_result(OVER)

    async def drain(self, patience_s: float) -> bool:
        """Place nothing more and wait for talks and wrap-ups to end; False where some had not after `patience_s`."""
        await self.ask(ShutdownBegun())
        try:
            async with asyncio.timeout(patience_s):
                while not self._engine.at_rest:
                    await self._next_batch()
        except TimeoutError:
            return False
        return True

    async def send_home(self) -> None:
        """Sign every agent out and hang up their phones."""
        for agent in self.view().agents:
            if agent.state != "signed_out":
                await self.ask(AgentSignedOut(agent.id))
        await asyncio.gather(*self._carrying)

    async def flush(self) -> None:
        """Return when all that was told by now is decided and durable. What is told meanwhile is not waited for."""
        told = self.handled + len(self._inbox)
        while self._durable < told:
            await self._written.wait()

    async def _next_batch(self) -> None:
        arrived = asyncio.Event()
        end = self.subscribe(lambda _: arrived.set())
        try:
            await arrived.wait()
        finally:
            end()

    # ------------------------------------------------------------ decide

    async def _decide(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._inbox:
                event, answer = self._inbox.popleft()
                self._handle(event, answer, tasks)
            changed = self._engine.take_changed()
            for listener in list(self._listeners):
                listener(changed)

    def _handle(self, event: Event, answer: asyncio.Future[Refused | None] | None, tasks: asyncio.TaskGroup) -> None:
        now = self._clock()
        commands = self._engine.handle(event, now)
        self.handled += 1
        self._batch.journal.append(JournalEntry(now, "event", encode(event)))
        refused: Refused | None = None
        for command in commands:
            self._batch.journal.append(JournalEntry(now, "command", encode(command)))
            if isinstance(command, Refused):
                refused = command
            else:
                self._dispatch(command, now, tasks)
        if answer is not None and not answer.done():
            answer.set_result(refused)
        self._to_write.set()

    def _dispatch(self, command: Command, now: float, tasks: asyncio.TaskGroup) -> None:
        if isinstance(command, SWITCH_COMMANDS):
            task = tasks.create_task(self._carry_out(command))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        elif isinstance(command, STORE_COMMANDS):
            if not (isinstance(command, ClaimLeads) and self._asked_already(command)):
                self._batch.commands.append(command)
            if isinstance(command, SaveCall):
                self._tell_of_call(command.record)
        elif isinstance(command, Alarm):
            self.alarms.append((now, command))
            log.warning("alarm", code=command.code, campaign=command.campaign, text=command.text)

    def _tell_of_call(self, record: CallRecord) -> None:
        if record.ended_at is not None:
            _note_end(record)
            for listener in self._on_ended:
                listener(record)
        elif record.answered_at is None and record.placed_at is not None:
            for listener in self._on_placed:
                listener(record)

    def _asked_already(self, claim: ClaimLeads) -> bool:
        """The store is slow: one question for leads waits, and one is enough."""
        return any(isinstance(one, ClaimLeads) and one.campaign == claim.campaign for one in self._batch.commands)

    async def _carry_out(self, command: SwitchCommand) -> None:
        assert self._switch is not None
        bind(command)  # a task of its own: the lines of this command alone carry it
        try:
            await self._switch.execute(command)
        except ActionRefusedError as error:
            self.tell(CommandFailed(command, str(error), lost=False))
        except SwitchUnavailableError as error:
            self.tell(CommandFailed(command, str(error), lost=True))

    # ------------------------------------------------------------ write

    async def _write(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            while self._batch:
                batch, self._batch = self._batch, Batch()
                handled = self.handled
                await self._apply(batch)
                self._durable = handled
                written, self._written = self._written, asyncio.Event()
                written.set()

    async def _apply(self, batch: Batch) -> None:
        """Make one batch durable, however long that takes. Reservations are given up at once: nobody dials on hope."""
        attempt = 0
        while attempt < TRIES or not await self._writes(batch):
            try:
                answers = await self._store.apply(batch.commands, batch.journal, self._clock())
            except StoreError as error:
                log.warning("store refused", error=str(error), attempt=attempt, commands=len(batch.commands))
                self._give_up_reservations(batch, str(error))
                await asyncio.sleep(min(RETRY_MAX_S, RETRY_S * 2 ** min(attempt, 10)))
                attempt += 1
            else:
                for answer in answers:
                    self._answer(answer)
                return
        await self._one_by_one(batch)

    def _answer(self, answer: Event) -> None:
        """Tell the engine what the store answered; of a reservation only once the outside check has spoken."""
        if self._scrub is None or not isinstance(answer, CallReserved):
            self.tell(answer)
            return
        task = asyncio.create_task(self._scrubbed(self._scrub, answer))
        self._scrubbing.add(task)
        task.add_done_callback(self._scrubbing.discard)

    async def _scrubbed(self, scrub: Scrubber, answer: CallReserved) -> None:
        bind(answer)
        bind(answer.facts)
        self.tell(await scrub(answer))

    async def _writes(self, batch: Batch) -> bool:
        """Whether the database takes anything at all, as the journal: then it is a command that it cannot take."""
        try:
            await self._store.apply([], batch.journal, self._clock())
        except StoreError:
            return False
        batch.journal.clear()
        return True

    def _give_up_reservations(self, batch: Batch, reason: str) -> None:
        """The commit may have come about all the same: then the release, in its place, undoes it."""
        for place, command in enumerate(batch.commands):
            if isinstance(command, ReserveCall):
                self.tell(ReservationRefused(command.call, reason))
                batch.commands[place] = ReleaseCall(command.call, "store refused", self._clock())

    async def _one_by_one(self, batch: Batch) -> None:
        """Find out which command the store cannot take; leave that one out, and say so."""
        for command in batch.commands:
            try:
                answers = await self._store.apply([command], [], self._clock())
            except StoreError as error:
                name = type(command).__name__
                self.alarms.append((self._clock(), Alarm("store_refused", f"{name} was not kept: {error}")))
                log.critical("store refused for good", command=name, error=str(error))
            else:
                for answer in answers:
                    self._answer(answer)

    # ------------------------------------------------------------ time

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += TICK_S
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.lag_s = max(0.0, loop.time() - due)
            if self.lag_s > TICK_S:
                due = loop.time()  # after a standstill, do not tick to make up for it
            self._look_at_the_clock()
            self.tell(Ticked())

    def _look_at_the_clock(self) -> None:
        behind_s = self._behind()
        doubted = behind_s > DOUBT_S
        if doubted or self._doubted:
            self.tell(ClockDoubted(behind_s if doubted else 0.0))
        self._doubted = doubted


def _note_end(record: CallRecord) -> None:
    """One line for each call that is over, from its lead to its recording; again when its disposition is known."""
    said = {"outcome": record.outcome, "disposition": record.disposition, "recording": record.recording}
    log.info("call ended", call=record.id, **ids_of(record), **said)
