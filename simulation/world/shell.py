"""The dialer's process in the simulated world: brings events to the engine and carries its commands out.

It does what the live shell does: commands to the switch go out at once, writes to the store in order. A killed process
starts again from what the store holds.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, get_args

import simpy

from dialer.core.ids import AgentId
from dialer.core.messages import (
    Alarm,
    ClaimLeads,
    Command,
    Event,
    Refused,
    ReservationRefused,
    ReserveCall,
    StoreCommand,
    SwitchCommand,
)
from dialer.core.view import AgentView, FloorView
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.planned import Planned
from simulation.world.store import Store
from simulation.world.watching import Trace, Watcher
from simulation.world.wire import Wire

LISTS_AFTER_S = 1.0  # from the start of a process to its first list of the switch


class Decider(Protocol):
    """What the world needs of an engine."""

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take in an event and answer with commands."""

    def view(self, now: float) -> FloorView:
        """The floor as it is."""

    def agent_views(self, agents: Iterable[AgentId] | None = None) -> list[AgentView]:
        """These agents as they are, or all of them."""

    def take_changed(self) -> frozenset[AgentId]:
        """Agents whose view changed since this was last asked."""


class Shell:
    """One process after the other around the one store and the one switch."""

    def __init__(
        self,
        env: simpy.Environment,
        make_engine: Callable[[], Decider],
        store: Store,
        wire: Wire,
        *,
        clock: Callable[[], float],
        draw: random.Random,
        store_s: float,
        configuration: Callable[[], Iterable[Event]],
    ) -> None:
        self.env = env
        self.store = store
        self.wire = wire
        self.clock = clock
        self.faults: Faults = NO_FAULTS
        self.watchers: list[Watcher] = []
        self.trace: Trace | None = None
        self.alive = False
        self.life = 0
        self.handled = 0  # events, in all lives
        self.refusals = 0
        self.alarms: dict[str, int] = {}
        self.engine: Decider
        self._make_engine = make_engine
        self._configuration = configuration
        self._draw = draw
        self._store_s = store_s
        self._durable_at = 0.0  # when everything written so far is durable
        self._unwritten: deque[tuple[float, StoreCommand]] = deque()  # and when each will be durable; in order
        self._writing = False
        self._commands_left: int | None = None  # then the process dies

    # ------------------------------------------------------------ life and death

    def begin(self) -> None:
        """Start a process."""
        self.alive, self.wire.listening = True, True
        self.wire.lost_told = True  # no link until the first list
        self.engine = self._make_engine()
        for watcher in self.watchers:
            watcher.restarted()
        for event in self._configuration():
            self.tell(event)
        self.tell(self.store.begin_run(self.clock()))
        self._later(LISTS_AFTER_S, lambda: self.wire.see(self.clock, reconnected=True))

    def kill_within(self, commands: int) -> None:
        """Let the process die before it carries out its so-manieth command from now."""
        if self.alive and self._commands_left is None:
            self._commands_left = commands

    def _die(self) -> None:
        self.alive, self.wire.listening = False, False
        self.life += 1
        self.wire.life = self.life
        self._commands_left = None
        self._durable_at = self.env.now
        self._unwritten.clear()
        self._writing = False
        Planned(self.env, self._draw.uniform(1.0, 20.0), lambda _: self.begin())

    # ------------------------------------------------------------ one inbox, commands out

    def tell(self, event: Event) -> None:
        """Put an event to the engine, and carry out what it answers."""
        if not self.alive:
            return
        now = self.clock()
        commands = self.engine.handle(event, now)
        self.handled += 1
        if self.trace is not None:
            self.trace.add(now, "<", event)
            for command in commands:
                self.trace.add(now, ">", command)
        for watcher in self.watchers:
            watcher.handled(event, commands, now)
        left = self._commands_left
        for command in commands if left is None else commands[:left]:
            _CARRIES_OUT[type(command)](self, command)
        if left is not None:
            self._commands_left = left - len(commands)
            if self._commands_left < 0:
                self._die()

    def _send(self, command: SwitchCommand) -> None:
        self.wire.command(command)

    def _count_alarm(self, alarm: Alarm) -> None:
        self.alarms[alarm.code] = self.alarms.get(alarm.code, 0) + 1

    def _count_refusal(self, _: Refused) -> None:
        self.refusals += 1

    def _write(self, command: StoreCommand) -> None:
        delay_s, faults = self._store_s, self.faults
        if faults is not NO_FAULTS and self._draw.random() < faults.store_slow_share:
            delay_s += self._draw.expovariate(1 / faults.store_slow_s)
        self._durable_at = max(self._durable_at, self.env.now + delay_s)  # one writer: the order is kept
        self._unwritten.append((self._durable_at, command))
        if not self._writing:
            self._writing = True
            self._later(delay_s, self._write_on)

    def _write_on(self) -> None:
        """Everything durable by now has been written; what is not is written when it is."""
        unwritten, life, now, clock = self._unwritten, self.life, self.env.now, self.clock()
        execute, faulty = self.store.execute, self.faults is not NO_FAULTS
        while unwritten and unwritten[0][0] <= now:
            command = unwritten.popleft()[1]
            if faulty:
                self._written(command, clock)
            elif (answer := execute(command, clock)) is not None:
                self.tell(answer)
            if life != self.life:  # the process died of what it was answered
                return
        if unwritten:
            self._later(unwritten[0][0] - now, self._write_on)
        else:
            self._writing = False

    def _written(self, command: StoreCommand, clock: float) -> None:
        faults = self.faults
        reserves = isinstance(command, ReserveCall)
        if (reserves or isinstance(command, ClaimLeads)) and self._draw.random() < faults.store_refuses_share:
            if isinstance(command, ReserveCall):
                self.tell(ReservationRefused(command.call, "the store failed"))
            return
        answer = self.store.execute(command, clock)
        if answer is not None and not (reserves and self._draw.random() < faults.store_silent_share):
            self.tell(answer)

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Plan something that dies with this process."""
        life = self.life
        Planned(self.env, delay_s, lambda _: act() if life == self.life and self.alive else None)


_CARRIES_OUT: dict[type, Callable[[Shell, Any], None]] = {
    **dict.fromkeys(get_args(StoreCommand), Shell._write),  # noqa: SLF001 - a table of the class's own methods
    **dict.fromkeys(get_args(SwitchCommand), Shell._send),  # noqa: SLF001
    Alarm: Shell._count_alarm,  # noqa: SLF001
    Refused: Shell._count_refusal,  # noqa: SLF001
}
