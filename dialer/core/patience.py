"""What no message ends, time ends. Looked at on every tick."""

from collections.abc import Callable

from dialer.core.agents import RECORDING_PAUSE_MAX_S, AgentState, Seat, Third
from dialer.core.calls import PATIENCE_MIN_S, Call, CallState, SightLost, patience_s
from dialer.core.connecting import abandon, count_talk, hang_up
from dialer.core.desk import skip_preview, wrap_up_over
from dialer.core.ending import finish
from dialer.core.messages import Alarm, DeferLead, MuteRecording
from dialer.core.outcomes import EndedBy
from dialer.core.placing import RETRY_STORE_S, release
from dialer.core.seats import call_leg, drop_leg, drop_third, leg_gone, redial_at, rest, sign_out
from dialer.core.state import State

LEG_ANSWER_S = 45.0  # a phone that has not answered its own agent by then is called again
NOTED_EVERY_S = 55.0  # with the wait for the round, a minute of a time sheet can be lost to a killed process
LEG_FAILURES_MAX = 20  # in a row; with the pauses between, ten minutes and more
THIRD_ANSWER_S = 45.0
STORE_SILENT = "store_silent"
ROUND_EVERY_S = 5.0  # between looks at agents whose state nothing ends: talks, and who waits or is on a break


def look(state: State) -> None:
    """End every state that has lasted longer than its patience."""
    if state.now > state.patient_until:
        _look_at_calls(state)
    if state.now >= state.round_at:
        state.round_at = state.now + ROUND_EVERY_S
        seats = [seat for seat in state.seats.values() if seat.state is not AgentState.SIGNED_OUT]
    else:
        seats = [state.seats[agent] for agent, at in state.passing.items() if state.now >= at]
    for seat in seats:
        _look_at(state, seat)
        if seat.state is AgentState.WRAPPING and seat.leg is not None:  # nothing else ends that, but for the round
            noted_at = seat.noted_at + NOTED_EVERY_S
            state.passing[seat.id] = min(state.wrap_up_ends_at(seat), state.round_at, noted_at)


def _look_at_calls(state: State) -> None:
    """Look at each call, and note until when none can outlast its patience: no state's is shorter than the shortest."""
    now = state.now
    soonest = now + PATIENCE_MIN_S
    for call in list(state.calls.values()):
        ends = call.patient_until
        if call.patient_in is not call.state or now > ends:
            call.patient_in, call.patient_until = call.state, call.since + patience_s(call)
            ends = call.patient_until
        if now <= ends:
            soonest = min(soonest, ends)
        elif state.switch_up or call.state is CallState.RESERVING:
            _lose(state, call)
        else:
            soonest = now
    state.patient_until = soonest


def _lose(state: State, call: Call) -> None:
    """Nothing was heard of the call for too long."""
    former = call.state
    state.advance(call, SightLost(call.id))
    match former:
        case CallState.RESERVING:
            call.state = CallState.RESERVING  # release lets it go, and its line with it
            release(state, state.campaigns[call.campaign.id], call, STORE_SILENT, state.now + RETRY_STORE_S)
            if call.lead is not None:  # whatever the store will still say of the reservation
                state.say(DeferLead(call.lead.id, state.now + RETRY_STORE_S, STORE_SILENT))
        case CallState.WAITING | CallState.SCREENING:
            abandon(state, call)
        case CallState.CONNECTING:
            if call.bridged_at is None:
                call.bridged_at = state.now
                count_talk(state, call)
                state.save(call)
        case CallState.UNKNOWN:
            hang_up(state, call, EndedBy.DIALER)
            finish(state, call, None)
        case _:
            state.say(Alarm("call_out_of_sight", f"call {call.id} was {former} for too long", call.campaign.id))
            hang_up(state, call, EndedBy.DIALER)


def _look_at(state: State, seat: Seat) -> None:
    if state.now - seat.noted_at >= NOTED_EVERY_S:
        state.save_spell(seat, ended=False)
    if (look_at := _LOOKS.get(seat.state)) is not None:
        look_at(state, seat)
    if seat.leg is None:
        legless = seat.state in {AgentState.LEG_LOST, AgentState.WRAPPING}
        if legless and state.switch_up and state.now >= redial_at(seat):
            _redial(state, seat)


def _look_at_lost(state: State, seat: Seat) -> None:
    if seat.call in state.wrapping:  # after a restart: the phone never came back
        _look_at_wrap_up(state, seat)


def _look_at_wrap_up(state: State, seat: Seat) -> None:
    if state.now >= state.wrap_up_ends_at(seat):
        wrap_up_over(state, seat)


def _look_at_preview(state: State, seat: Seat) -> None:
    if state.now - seat.since >= _preview_max_s(state, seat):
        skip_preview(state, seat, "preview_timeout")


def _look_at_talk(state: State, seat: Seat) -> None:
    if seat.call not in state.calls:
        rest(state, seat)
    if seat.third is not None:
        _look_at_third(state, seat, seat.third)
    if seat.muted_at is not None:
        _look_at_recording(state, seat, seat.muted_at)


def _redial(state: State, seat: Seat) -> None:
    """Call the agent's phone again, but not all night."""
    if seat.leg_failures < LEG_FAILURES_MAX or seat.call is not None:
        call_leg(state, seat)
        return
    state.say(
        Alarm("phone_gone", f"agent {seat.id} was signed out: the phone did not answer {seat.leg_failures} times")
    )
    sign_out(state, seat)


def _look_at_connecting(state: State, seat: Seat) -> None:
    called_at = seat.leg_called_at
    if called_at is not None and seat.leg is not None and state.now - called_at > LEG_ANSWER_S:
        drop_leg(state, seat)
        leg_gone(state, seat)
    elif seat.leg is None and state.switch_up and state.now >= redial_at(seat):
        _redial(state, seat)


def _look_at_third(state: State, seat: Seat, third: Third) -> None:
    if not third.answered and state.now - third.called_at > THIRD_ANSWER_S:
        drop_third(state, seat)
        state.changed[seat.id] = None


def _look_at_recording(state: State, seat: Seat, muted_at: float) -> None:
    """A pause of the recording that was forgotten ends by itself."""
    if state.now - muted_at > RECORDING_PAUSE_MAX_S:
        seat.muted_at = None
        state.changed[seat.id] = None
        if seat.call is not None:
            state.say(MuteRecording(seat.call, muted=False))


def _preview_max_s(state: State, seat: Seat) -> float:
    work = state.campaigns.get(seat.preview.campaign) if seat.preview is not None else None
    return work.campaign.preview_max_s if work is not None else 0.0


_LOOKS: dict[AgentState, Callable[[State, Seat], None]] = {  # the others need no look of their own
    AgentState.CONNECTING: _look_at_connecting,
    AgentState.LEG_LOST: _look_at_lost,
    AgentState.WRAPPING: _look_at_wrap_up,
    AgentState.PREVIEWING: _look_at_preview,
    AgentState.DIALLING: _look_at_talk,
    AgentState.TALKING: _look_at_talk,
    AgentState.HOLDING: _look_at_talk,
}
