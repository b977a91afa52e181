"""What pacing hears of agents' time beforehand: the limit of a wrap-up, the end of a shift, a planned break."""

from collections.abc import Hashable
from math import inf
from typing import Any

import pytest

from dialer.core.agents import WRAP_UP_MORE_S
from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    CallDispositioned,
    LeavesPlanned,
    ReserveCall,
    WrapUpExtended,
)
from dialer.core.model import Mode
from pacing import Pacer, Settings
from pacing.agents import STAYED_S
from tests.core.floor import NOON, Floor, begun, floor, hangup, those

ONE = AgentId(1)


class Listening(Pacer):
    """A pacer that keeps what it hears of the ends of wrap-ups and of leaves, besides going by it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.limits: list[float] = []
        self.leaves: list[float] = []

    def agent_free_by(self, t: float, agent: Hashable, at: float) -> None:
        super().agent_free_by(t, agent, at)
        self.limits.append(at - NOON)

    def agent_leaves_at(self, t: float, agent: Hashable, at: float) -> None:
        super().agent_leaves_at(t, agent, at)
        self.leaves.append(at - NOON)


def listened_floor(**changes: Any) -> tuple[Floor, Listening]:
    """A floor with one agent at work, and its pacer."""
    pacers: list[Listening] = []

    def make(settings: Settings) -> Pacer:
        pacers.append(Listening(settings))
        return pacers[-1]

    return begun(Floor(Engine(make_pacer=make)), **changes), pacers[0]


def reserved(made: Floor) -> int:
    return len(those(made.give_leads(10), ReserveCall))


def test_pacing_hears_the_limit_of_a_wrap_up_and_what_the_agent_asks_for_beyond() -> None:
    made, pacer = listened_floor(wrap_up_max_s=20.0)
    call = made.talk()
    ignored = pacer.ignored
    made.tell(hangup(call))
    began = made.now - NOON
    made.tell(WrapUpExtended(ONE), after_s=12.0)
    assert pacer.limits == [began + 20.0, began + 20.0 + WRAP_UP_MORE_S]
    made.tell(CallDispositioned(ONE, call, "RPC"), after_s=20.0)
    assert pacer.ignored == ignored


def test_a_planned_leave_is_told_while_free_and_in_a_talk_and_taken_back() -> None:
    made, pacer = listened_floor()
    pacer.leaves.clear()
    made.tell(LeavesPlanned(((ONE, NOON + 600.0),)))
    assert pacer.leaves == [600.0]
    made.talk()
    assert pacer.leaves[-1] == 600.0  # in a talk too
    made.tell(LeavesPlanned(()))
    assert pacer.leaves[-1] == inf
    told = len(pacer.leaves)
    made.tell(LeavesPlanned(((AgentId(99), NOON + 600.0),)))  # somebody unknown
    assert len(pacer.leaves) == told


def test_a_break_asked_for_in_a_talk_goes_before_the_plan() -> None:
    made, pacer = listened_floor()
    made.tell(LeavesPlanned(((ONE, NOON + 600.0),)))
    made.talk()
    made.tell(AgentPaused(ONE, "lunch"))
    assert pacer.leaves[-1] == made.now - NOON
    made.tell(AgentReady(ONE))  # after all
    assert pacer.leaves[-1] == 600.0


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.PREDICTIVE])
def test_nobody_is_rung_for_an_agent_whose_shift_ends_before_the_answer(mode: Mode) -> None:
    made = floor(agents=3, mode=mode)
    made.tell(LeavesPlanned(tuple((AgentId(number), made.now + 10.0) for number in (1, 2))))
    assert reserved(made) == 1


def test_who_stays_beyond_the_shift_is_called_for_again() -> None:
    made = floor(agents=3)
    made.tell(LeavesPlanned(tuple((AgentId(number), made.now + 10.0) for number in (1, 2, 3))))
    made.tick(12.0)
    assert reserved(made) == 0
    assert len(those(made.tick(STAYED_S), ReserveCall)) == 3
