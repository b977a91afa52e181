"""The link between dialer and switch, with everything that can happen to a message on it.

It decides the fate of messages by chance alone and never looks at what they mean, but for knowing which belong
together: commands for one call or leg keep their order.
"""

import random
from collections.abc import Callable
from functools import partial

import simpy

from dialer.core.ids import CallId, LegId
from dialer.core.messages import (
    CallAgent,
    CallThird,
    CommandFailed,
    Connect,
    ConnectLegs,
    DropLeg,
    Event,
    Monitor,
    MonitorOther,
    SetMonitorMode,
    SwitchCommand,
    SwitchLost,
    SwitchSeen,
)
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.planned import Planned
from simulation.world.switch import Switch
from simulation.world.watching import Watcher

ANSWER_MAX_S = 5.0  # how long the shell waits for the answer to a command before it calls it lost
SLOW_MAX_S = ANSWER_MAX_S - 0.5  # what takes longer is not slow but unsure


class Wire:
    """Carries commands to the switch and its events to `deliver`."""

    def __init__(
        self,
        env: simpy.Environment,
        draw: random.Random,
        faults: Faults,
        *,
        event_s: float,
        command_s: float,
        deliver: Callable[[Event], None],
    ) -> None:
        self.env = env
        self.faults = faults
        self.up = True  # the link
        self.listening = True  # the process at the near end lives
        self.lost_told = False
        self.life = 0  # how often the near end was started anew
        self._draw = draw
        self._event_s, self._command_s = event_s, command_s
        self._deliver = deliver
        self._clear_at: dict[CallId | LegId, float] = {}
        self.watchers: list[Watcher] = []
        self.switch: Switch

    def heal(self) -> None:
        """From now on every message arrives, once and in order."""
        self.faults = NO_FAULTS

    # ------------------------------------------------------------ from the switch

    def event(self, event: Event) -> None:
        """The switch tells something."""
        if not (self.up and self.listening):
            return
        faults, draw = self.faults, self._draw
        if faults is NO_FAULTS:
            Planned(self.env, self._event_s, partial(self._arrive_in, self.life, event))
            return
        if draw.random() < faults.event_lost_share:
            return
        delay_s = self._event_s
        if draw.random() < faults.event_late_share:
            delay_s += draw.expovariate(1 / faults.event_late_s)
        self._later(delay_s, self._arrive, event)
        if draw.random() < faults.event_repeated_share:
            self._later(delay_s + draw.expovariate(1 / faults.event_late_s), self._arrive, event)

    def see(self, clock: Callable[[], float], *, reconnected: bool) -> None:
        """Ask the switch for everything that exists, and tell it."""
        if self.up and self.listening:
            seen = SwitchSeen(self.switch.rows(), clock(), reconnected=reconnected)
            self.lost_told = False
            self._later(self._event_s, self._arrive, seen)

    def lose_sight(self) -> None:
        """The near end notices that the link is gone, unless it has come back meanwhile."""
        if self.listening and not self.up and not self.lost_told:
            self.lost_told = True
            self._later(0.0, self._arrive, SwitchLost())

    def _arrive_in(self, life: int, event: Event, _: simpy.Event) -> None:
        """Arrive, unless the near end was started anew meanwhile."""
        if life == self.life and self.listening:
            self._deliver(event)

    def _arrive(self, event: Event) -> None:
        if self.listening:
            self._deliver(event)

    # ------------------------------------------------------------ to the switch

    def command(self, command: SwitchCommand, after_s: float = 0.0) -> None:
        """Send a command; with a fault on its way, or not. It is on its way once this returns."""
        faults, draw = self.faults, self._draw
        delay_s = after_s + self._command_s
        if faults is not NO_FAULTS:
            if draw.random() < faults.command_lost_share:
                return
            if draw.random() < faults.command_refused_share:
                self._later(delay_s, self._fail, command, "refused by the switch", False)
                return
            if draw.random() < faults.command_unsure_share:
                self._later(delay_s + ANSWER_MAX_S, self._fail, command, "no answer", True)
                if draw.random() < 0.5:
                    return
            if draw.random() < faults.command_slow_share:
                delay_s += min(draw.expovariate(1 / faults.command_slow_s), SLOW_MAX_S)
            delay_s = self._in_turn(command, delay_s)
        life = self.life  # what is on its way arrives even if the near end dies meanwhile
        Planned(self.env, delay_s, partial(self._execute, command, life))

    def _in_turn(self, command: SwitchCommand, delay_s: float) -> float:
        at = self.env.now + delay_s
        for party in _parties(command):
            at = max(at, self._clear_at.get(party, 0.0))
        for party in _parties(command):
            self._clear_at[party] = at
        return at - self.env.now

    def _execute(self, command: SwitchCommand, life: int, _: simpy.Event) -> None:
        if not self.up:
            if life == self.life:
                unknown = not self.lost_told
                self._later(ANSWER_MAX_S if unknown else 0.0, self._fail, command, "no link", unknown)
            return
        for watcher in self.watchers:
            watcher.executing(command)
        reason = self.switch.execute(command)
        if reason and life == self.life:
            self._later(self._event_s, self._fail, command, reason, False)

    def _fail(self, command: SwitchCommand, reason: str, lost: bool) -> None:
        self._arrive(CommandFailed(command, reason, lost))

    def _later(self, delay_s: float, act: Callable[..., None], *args: object) -> None:
        """Plan something for this life of the near end."""
        life = self.life
        Planned(self.env, delay_s, lambda _: act(*args) if life == self.life else None)


def _parties(command: SwitchCommand) -> tuple[CallId | LegId, ...]:
    match command:
        case (
            CallAgent(leg=leg) | CallThird(leg=leg) | DropLeg(leg=leg)
            | Monitor(leg=leg) | MonitorOther(leg=leg) | SetMonitorMode(leg=leg)
        ):  # fmt: skip
            return (leg,)
        case ConnectLegs(leg, third):
            return (leg, third)
        case Connect(call, leg):
            return (call, leg)
        case _:
            return (command.call,)
