"""Agents who are planned to leave their places: pacing hears of it beforehand, so that nobody is rung for nobody."""

from collections.abc import Iterable
from math import inf

from dialer.core.agents import AT_WORK
from dialer.core.ids import AgentId
from dialer.core.messages import LeavesPlanned
from dialer.core.state import State

AHEAD_S = 120.0  # a leave further away than this changes nothing yet, and need not be told
LATE_S = 900.0  # who is still on a call when the shift ends is expected to leave after it


def end_of(stretches: Iterable[tuple[float, float]], now: float) -> float | None:
    """When the stretch of work (its beginning and end) is over in which `now` lies, or which has just ended."""
    begun = [(starts, ends) for starts, ends in stretches if starts <= now < ends + LATE_S]
    return max(begun)[1] if begun else None


def soon(leaves: Iterable[tuple[AgentId, float | None]], now: float) -> LeavesPlanned:
    """Of the times at which agents leave those that pacing should hear of by now."""
    return LeavesPlanned(tuple((agent, at) for agent, at in leaves if at is not None and at < now + AHEAD_S))


def planned(state: State, event: LeavesPlanned) -> None:
    """Take in who leaves when."""
    at = dict(event.at)
    for seat in state.seats.values():
        leaves_at = at.get(seat.id, inf)
        if leaves_at != seat.leaves_at:
            seat.leaves_at = leaves_at
            if seat.state in AT_WORK:
                state.tell_pacers(seat)
