"""Agents' legs and third parties' legs, as the switch tells of them."""

from dialer.core.agents import ON_CALL, AgentState, Seat
from dialer.core.calls import CallState
from dialer.core.connecting import hang_up, rejoin
from dialer.core.messages import AgentDialledIn, ConnectLegs, LegEnded, LegUp, ThirdAnswered
from dialer.core.outcomes import EndedBy
from dialer.core.seats import connect, drop_leg, leg_gone, rest
from dialer.core.state import State


def dialled_in(state: State, event: AgentDialledIn) -> None:
    """An agent signed in from a phone: this leg is the agent's from now on, and ready is what the agent wants to be."""
    seat = state.seats.get(event.agent)
    if seat is None:
        state.ignore(event)
        return
    if seat.leg != event.leg:
        drop_leg(state, seat)
    seat.leg, seat.leg_called_at, seat.endpoint = event.leg, state.now, ""
    state.legs[event.leg] = seat.id
    seat.out_wanted = False
    if seat.state is AgentState.SIGNED_OUT:
        seat.pause_wanted = None
        state.put(seat, AgentState.CONNECTING)
    elif seat.state in ON_CALL:  # the former phone is gone, whether the switch has noticed or not
        state.put(seat, AgentState.LEG_LOST)


def leg_up(state: State, event: LegUp) -> None:
    """The leg stands in its waiting place. Where the agent was without one, work goes on."""
    agent = state.legs.get(event.leg)
    if agent is None:
        state.ignore(event)
        return
    seat = state.seats[agent]
    seat.leg_up, seat.leg_idle, seat.leg_failures, seat.missed = True, True, 0, 0
    state.changed[agent] = None
    if seat.state is AgentState.TALKING and (call := state.call_on(seat)) is not None:
        rejoin(state, call)
    if seat.state is AgentState.READY:
        state.tell_pacers(seat)
        state.awake.update(dict.fromkeys(seat.agent.campaigns))
    go_on(state, seat)


def go_on(state: State, seat: Seat) -> None:
    """Let an agent whose leg has come (back) do what he or she was at."""
    if seat.state not in {AgentState.CONNECTING, AgentState.LEG_LOST} or not seat.leg_idle:
        return
    call = state.call_on(seat)
    if seat.call in state.wrapping:
        state.put(seat, AgentState.WRAPPING)
    elif call is None:
        rest(state, seat)
    elif call.state is CallState.HOLDING:
        state.put(seat, AgentState.HOLDING)
        if seat.third is not None and seat.third.answered and seat.leg is not None:
            state.say(ConnectLegs(seat.leg, seat.third.leg))
    elif call.state in {CallState.ALONE, CallState.TALKING, CallState.CONNECTING}:
        connect(state, seat, call)
    elif call.answered_at is None or call.state is CallState.WAITING:
        state.put(seat, AgentState.DIALLING)  # a call of the agent's own is on its way


def leg_ended(state: State, event: LegEnded) -> None:
    if state.watches.pop(event.leg, None) is not None:
        return
    if (owner := state.thirds.pop(event.leg, None)) is not None:
        _third_gone(state, state.seats[owner])
        return
    agent = state.legs.get(event.leg)
    if agent is None:
        state.ignore(event)
        return
    seat = state.seats[agent]
    _own_call_ends(state, seat)
    leg_gone(state, seat)


def _third_gone(state: State, seat: Seat) -> None:
    if seat.third is not None:
        state.free_line(seat.third.line)
        seat.third = None
        state.changed[seat.id] = None


def _own_call_ends(state: State, seat: Seat) -> None:
    """A call on its way for this agent alone makes no sense without the agent."""
    call = state.call_on(seat)
    if seat.state is AgentState.DIALLING and call is not None and call.state is not CallState.RESERVING:
        hang_up(state, call, EndedBy.DIALER)


def third_answered(state: State, event: ThirdAnswered) -> None:
    owner = state.thirds.get(event.leg)
    seat = state.seats[owner] if owner is not None else None
    if seat is None or seat.third is None or seat.third.answered or seat.leg is None:
        state.ignore(event)
        return
    seat.third.answered = True
    state.line_taken(seat.third.line, state.now)
    state.changed[seat.id] = None
    state.say(ConnectLegs(seat.leg, event.leg))
