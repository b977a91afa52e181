"""Commands that the switch refused. Where nobody knows, only its list can tell, and nothing is sent again."""

from collections.abc import Callable
from typing import Any

from dialer.core.agents import AgentState
from dialer.core.calls import WITH_AGENT, Call, CallState
from dialer.core.connecting import connect_failed, hang_up, joined
from dialer.core.ending import finish
from dialer.core.ids import LegId
from dialer.core.legs import leg_ended, leg_up
from dialer.core.messages import (
    AdoptCaller,
    Alarm,
    CallAgent,
    CallJoined,
    CallThird,
    CommandFailed,
    Connect,
    ConnectLegs,
    DropLeg,
    HangUp,
    Hold,
    JoinThree,
    LegEnded,
    LegUp,
    Monitor,
    MonitorOther,
    MuteRecording,
    PlaceCall,
    Transfer,
)
from dialer.core.outcomes import EndedBy, Ending
from dialer.core.state import State


def command_failed(state: State, event: CommandFailed) -> None:
    """A command did not happen (`lost` False), or may have."""
    if event.lost:
        return
    command = event.command
    if not isinstance(command, HangUp | DropLeg | AdoptCaller):  # both sides hang up at once every day
        state.say(Alarm("command_refused", f"{type(command).__name__}: {event.reason}"))
    if isinstance(command, PlaceCall | Connect | Hold | Transfer | JoinThree):
        call = state.calls.get(command.call)
        if isinstance(command, Connect) and (watch := state.watches.get(command.leg)) is not None:
            watch.taken = None  # the supervisor hears the agent as before
            if call is not None:
                _not_transferred(state, call, event.reason)
        elif isinstance(command, Connect) and (call is None or call.state is CallState.ABANDONING):
            _still_waits(state, command.leg)
        elif call is not None:
            OF_CALL[type(command)](state, call, event.reason)
    elif isinstance(command, AdoptCaller):
        _not_adopted(state, command)
    elif isinstance(command, MuteRecording):
        _not_muted(state, command)
    elif isinstance(command, Monitor | MonitorOther):
        leg_ended(state, LegEnded(command.leg, 0))
    elif isinstance(command, CallAgent | CallThird | ConnectLegs):
        OF_LEG[type(command)](state, command)


def _still_waits(state: State, leg: LegId) -> None:
    """The person had gone already, or heard the message: the agent's leg never left its place."""
    owner = state.legs.get(leg)
    seat = state.seats[owner] if owner is not None else None
    if seat is not None and seat.call is None:
        seat.not_before = 0.0
        leg_up(state, LegUp(leg))


def _not_adopted(state: State, command: AdoptCaller) -> None:
    """The caller was gone before the call was ours: nothing more will be heard of it."""
    state.arrivals.pop(command.call, None)
    call = state.calls.get(command.call)
    if call is not None:
        finish(state, call, None)


def _not_placed(state: State, call: Call, _: str) -> None:
    """Nothing left the machine: no attempt to count."""
    if call.state is CallState.PLACING:
        call.placed_at = None
        finish(state, call, Ending(cause=0))


def _not_held(state: State, call: Call, _: str) -> None:
    seat = state.seat_of(call)
    if seat is not None and seat.state is AgentState.HOLDING and call.state is CallState.TALKING:
        state.put(seat, AgentState.TALKING)


def _not_muted(state: State, command: MuteRecording) -> None:
    """The agent must not read out a card number in the belief that nothing hears it."""
    call = state.calls.get(command.call)
    seat = state.seat_of(call) if call is not None and call.state in WITH_AGENT else None
    if seat is not None:
        seat.muted_at = None if command.muted else state.now
        state.changed[seat.id] = None


def _not_transferred(state: State, call: Call, _: str) -> None:
    """The person is with the agent still, or with nobody: then it is over."""
    state.free_line(call.line_out)
    call.line_out = None
    if call.leg is not None and call.leg in state.legs:
        joined(state, CallJoined(call.id, call.leg))
    if call.state is CallState.TRANSFERRED:
        hang_up(state, call, EndedBy.DIALER)


def _not_three(state: State, call: Call, _: str) -> None:
    """The three did not come together: the person holds still."""
    seat = state.seat_of(call)
    if seat is not None and seat.third is not None and seat.third.joined:
        seat.third.joined = False
        state.put(seat, AgentState.HOLDING)


def _no_leg(state: State, command: CallAgent | CallThird) -> None:
    leg_ended(state, LegEnded(command.leg, 0))


def _not_consulting(state: State, command: ConnectLegs) -> None:
    owner = state.thirds.get(command.third)
    third = state.seats[owner].third if owner is not None else None
    if third is not None:
        third.answered = False


OF_CALL: dict[type, Callable[[State, Call, str], None]] = {
    PlaceCall: _not_placed,
    Connect: connect_failed,
    Hold: _not_held,
    Transfer: _not_transferred,
    JoinThree: _not_three,
}
OF_LEG: dict[type, Callable[[State, Any], None]] = {
    CallAgent: _no_leg,
    CallThird: _no_leg,
    ConnectLegs: _not_consulting,
}
