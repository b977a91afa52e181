"""Campaigns that share agents: what the others' calls will ask of them. Looks alone."""

from math import ceil

from dialer.core.agents import AT_WORK, Seat
from dialer.core.calls import UNANSWERED, CallState
from dialer.core.campaigns import Work
from dialer.core.model import Mode
from dialer.core.state import State

_COMING = UNANSWERED | {CallState.SCREENING}


def rivals(state: State, work: Work) -> tuple[float, int]:
    """Answers to be expected, and callers waiting, in other campaigns that share agents with this one.

    Counted by the part of the other's agents who serve here too. A progressive campaign's call has an agent promised to
    it, whether it is answered or not.
    """
    answers, waiting = 0.0, 0.0
    for other_id in state.sharing.get(work.campaign.id, ()):
        other = state.campaigns.get(other_id)
        if other is not None and other.calls:
            both, there = _serving(state, work, other)
            share = 1.0 if other.campaign.mode is Mode.PROGRESSIVE else other.pacer.answer_share
            flying = in_flight(state, other)
            part = both / there if there else 0.0
            answers += min(float(both), part * share * flying)
            waiting += min(float(both), part * len(other.waiting))
    return answers, ceil(waiting)


def in_flight(state: State, work: Work) -> int:
    """The campaign's own calls that nobody has answered yet, or of which it is not known yet whether a person did."""
    return sum(state.calls[call].paced and state.calls[call].state in _COMING for call in work.calls)


def _serving(state: State, work: Work, other: Work) -> tuple[int, int]:
    """Agents at work who serve both campaigns, and those who serve the other."""
    there = [
        seat.agent.campaigns
        for seat in state.seats.values()
        if seat.state in AT_WORK and other.campaign.id in seat.agent.campaigns
    ]
    return sum(work.campaign.id in campaigns for campaigns in there), len(there)


def promised(state: State, work: Work, seat: Seat) -> bool:
    """Whether a progressive campaign needs this very agent: it may have no more calls in flight than agents ready."""
    for other in state.works_of(seat):
        if other is not work and other.campaign.mode is Mode.PROGRESSIVE and other.calls:
            ready = sum(other.campaign.id in state.seats[agent].agent.campaigns for agent in state.ready)
            if ready <= in_flight(state, other) + len(other.waiting):
                return True
    return False
