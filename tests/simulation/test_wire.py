"""The link: what it carries, what it loses, and what is known of it at the near end."""

import random
from dataclasses import replace
from typing import cast

import pytest
import simpy

from dialer.core.ids import CallId
from dialer.core.messages import (
    CallRang,
    CommandFailed,
    Event,
    HangUp,
    Hold,
    MuteRecording,
    SwitchCommand,
    SwitchLost,
    SwitchSeen,
)
from dialer.core.model import ChannelRow
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.switch import Switch
from simulation.world.wire import ANSWER_MAX_S, Wire

COUNT = 400


class FarEnd:
    """A switch that carries out everything but for holding, which it refuses."""

    def __init__(self) -> None:
        self.done: list[SwitchCommand] = []

    def execute(self, command: SwitchCommand) -> str:
        self.done.append(command)
        return "no such call" if isinstance(command, Hold) else ""

    def rows(self) -> tuple[ChannelRow, ...]:
        return ()


class Link:
    def __init__(self, faults: Faults = NO_FAULTS) -> None:
        self.env = simpy.Environment()
        self.heard: list[tuple[float, Event]] = []
        self.far = FarEnd()
        self.wire = Wire(
            self.env, random.Random(1), faults, event_s=0.1, command_s=0.1,
            deliver=lambda event: self.heard.append((round(self.env.now, 6), event)),
        )  # fmt: skip
        self.wire.switch = cast("Switch", self.far)

    def ring(self, count: int = COUNT) -> list[CallId]:
        """Tell so many events, one a second; the calls that were heard of, in order."""
        for number in range(count):
            self.wire.event(CallRang(CallId(number)))
            self.env.run(until=number + 1)
        self.env.run(until=count + 1000)
        return [event.call for _, event in self.heard if isinstance(event, CallRang)]

    def failures(self) -> list[tuple[float, bool]]:
        return [(at, event.lost) for at, event in self.heard if isinstance(event, CommandFailed)]


def test_a_good_link_carries_everything_once_in_order_after_its_latency() -> None:
    link = Link()
    assert link.ring() == [CallId(number) for number in range(COUNT)]
    assert link.heard[0][0] == 0.1


@pytest.mark.parametrize(
    ("faults", "fewest", "most"),
    [
        (Faults(event_lost_share=0.2), COUNT * 0.7, COUNT * 0.9),
        (Faults(event_repeated_share=0.2), COUNT * 1.1, COUNT * 1.3),
        (Faults(event_late_share=0.5, event_late_s=5.0), COUNT, COUNT),
    ],
)
def test_events_are_lost_repeated_and_overtaken(faults: Faults, fewest: float, most: float) -> None:
    heard = Link(faults).ring()
    assert fewest <= len(heard) <= most
    late = faults.event_late_share > 0 or faults.event_repeated_share > 0
    assert (heard != sorted(heard)) == late


def test_a_refusal_by_the_switch_comes_back_as_certain() -> None:
    link = Link()
    link.wire.command(Hold(CallId(1)))
    link.wire.command(HangUp(CallId(1)))
    link.env.run(until=10)
    assert link.failures() == [(0.2, False)]


def test_refused_commands_never_happen_and_unsure_ones_sometimes_do() -> None:
    refusing = Link(Faults(command_refused_share=1.0))
    unsure = Link(Faults(command_unsure_share=1.0))
    silent = Link(Faults(command_lost_share=1.0))
    for link in (refusing, unsure, silent):
        for number in range(100):
            link.wire.command(HangUp(CallId(number)))
        link.env.run(until=60)
    assert refusing.far.done == []
    assert [lost for _, lost in refusing.failures()] == [False] * 100
    assert 30 < len(unsure.far.done) < 70
    assert [lost for _, lost in unsure.failures()] == [True] * 100
    assert (silent.far.done, silent.failures()) == ([], [])


def test_slow_commands_for_one_call_keep_their_order() -> None:
    link = Link(Faults(command_slow_share=0.5, command_slow_s=3.0))
    orders = [MuteRecording(CallId(number % 5), muted=bool(number % 2)) for number in range(100)]
    for order in orders:
        link.wire.command(order)
    link.env.run(until=100)
    assert link.far.done != orders
    for call in range(5):
        mine = [order for order in link.far.done if isinstance(order, MuteRecording) and order.call == call]
        assert mine == [order for order in orders if order.call == call]


def test_while_the_link_is_down_events_are_missed_and_commands_fail() -> None:
    link = Link()
    link.wire.up = False
    link.wire.event(CallRang(CallId(1)))
    link.wire.command(HangUp(CallId(1)))  # nobody knows yet
    link.env.run(until=1.0)
    link.wire.lose_sight()
    link.wire.command(HangUp(CallId(2)))
    link.env.run(until=20.0)
    assert [event for _, event in link.heard if isinstance(event, CallRang)] == []
    assert link.failures() == [(1.1, False), (0.1 + ANSWER_MAX_S, True)]
    assert sum(isinstance(event, SwitchLost) for _, event in link.heard) == 1
    link.wire.up = True
    link.wire.see(lambda: 7.0, reconnected=True)
    link.env.run(until=30.0)
    assert link.heard[-1][1] == SwitchSeen((), 7.0, reconnected=True)


def test_what_was_on_its_way_outlives_the_process_but_its_answer_does_not() -> None:
    link = Link()
    link.wire.command(Hold(CallId(1)))
    link.wire.event(CallRang(CallId(1)))
    link.wire.life += 1
    link.env.run(until=10.0)
    assert link.far.done == [Hold(CallId(1))]
    assert link.heard == []


def test_healing_ends_every_fault() -> None:
    link = Link(replace(NO_FAULTS, event_lost_share=1.0))
    link.wire.heal()
    assert len(link.ring()) == COUNT
