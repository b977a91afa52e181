"""From the answer to the talk: who is connected with whom, and who met nobody in time."""

from dialer.core.agents import AgentState, Seat
from dialer.core.calls import TRANSITIONS, Call, CallState, ConnectFailed
from dialer.core.campaigns import Work
from dialer.core.messages import (
    AbandonmentPlayed,
    AddDoNotCall,
    Alarm,
    CallAnswered,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallTransferred,
    HangUp,
    OnwardAnswered,
    OptedOut,
)
from dialer.core.opting_out import forbidding
from dialer.core.outcomes import EndedBy
from dialer.core.seats import connect, rest, return_preview
from dialer.core.state import State
from dialer.core.trunks import Sign

BRIDGE_MARGIN_S = 0.02  # a bridging sent later than this before the limit would meet the abandonment message
LEG_BACK_S = 1.0  # a leg falls back into waiting within this after its call
HANG_UP_LOST_S = 1.0  # a call that goes on for so long never heard that it was to end
UNTOLD_S = 5.0  # what was sent so long ago and never heard of does not happen any more
SUSPECT_S = 1.0  # after a failed bridging the switch tells within this which of the two is gone


# ---------------------------------------------------------------- on the way to an answer


def heard(state: State, event: CallQueued | CallProgressed | CallRang) -> None:
    """A sign of the call before its answer."""
    call = state.call_of(event)
    if call is None or not state.advance(call, event):
        return
    work, trunk = state.campaigns[call.campaign.id], state.trunks.get(call.trunk)
    match event:
        case CallProgressed():
            if call.paced:
                work.pacer.call_progress(state.now, call.id)
            if trunk is not None:
                trunk.told(state.now, call.id, Sign.PROGRESS)
        case CallRang():
            if call.paced:
                work.pacer.call_ringing(state.now, call.id)
            if trunk is not None:
                trunk.told(state.now, call.id, Sign.RING)
        case CallQueued():
            pass


def answered(state: State, event: CallAnswered) -> None:
    call = state.call_of(event)
    if call is None or call.inbound or not state.advance(call, event):
        return
    person_waits(state, call)


def person_waits(state: State, call: Call) -> None:
    """Somebody is there: counted as an answer, and given an agent as soon as one is free."""
    work = state.campaigns[call.campaign.id]
    count_answer(state, work, call)
    if call.hung_up is None or (call.paced and call.hung_up is EndedBy.DIALER):
        work.waiting[call.id] = None
        serve_call(state, call)
    state.save(call)


def count_answer(state: State, work: Work, call: Call) -> None:
    work.answered += 1
    if call.paced:
        work.pacer.call_answered(state.now, call.id)
    trunk = state.trunks.get(call.trunk)
    if trunk is not None:
        trunk.told(state.now, call.id, Sign.ANSWER)


# ---------------------------------------------------------------- who talks with whom


def serve(state: State) -> None:
    """Connect those who wait with the agents who are ready: the longest waiting with the longest ready."""
    waiting = [state.calls[call] for work in state.campaigns.values() if work.waiting for call in work.waiting]
    if not waiting:
        return
    for call in sorted(waiting, key=lambda call: (call.answered_at or 0.0, call.id)):
        serve_call(state, call)


def serve_call(state: State, call: Call) -> None:
    """Connect a waiting call, if somebody may take it and it is not too late."""
    assert call.answered_at is not None
    if state.now - call.answered_at > call.campaign.wait_max_s - BRIDGE_MARGIN_S or not state.switch_up:
        return
    if call.hung_up is not None:
        if state.now - call.hung_up_at <= HANG_UP_LOST_S:
            return
        call.hung_up = None  # a person is better served than asked again to go
    seat = _own_agent(state, call) if call.agent is not None else ready_agent(state, call)
    if seat is not None:
        connect(state, seat, call)


def _own_agent(state: State, call: Call) -> Seat | None:
    seat = state.seat_of(call)
    return seat if seat is not None and seat.state is AgentState.DIALLING and seat.leg_idle else None


def ready_agent(state: State, call: Call) -> Seat | None:
    """The longest ready; else one whose leg must be back by now, although the switch's word of it never came."""
    back = None
    for agent in state.ready:
        seat = state.seats[agent]
        if call.campaign.id not in seat.agent.campaigns or seat.not_before > state.now:
            continue
        if seat.leg_idle:
            return seat
        if back is None and seat.leg_up and state.now - seat.since >= LEG_BACK_S:
            theirs = (one for one in state.calls.values() if one.agent == seat.id)
            back = seat if all(one.state is CallState.ABANDONING for one in theirs) else None
    return back


def joined(state: State, event: CallJoined) -> None:
    """Person and leg hear each other."""
    call = state.calls.get(event.call)
    agent = state.legs.get(event.leg)
    if call is None or agent is None:
        state.ignore(event)
        return
    seat = state.seats[agent]
    means = CallJoined in TRANSITIONS[call.state] and (seat.call == call.id or adopt(state, seat, call))
    if not means:
        state.ignore(event)
        return
    first = call.bridged_at is None
    state.advance(call, event)
    work = state.campaigns[call.campaign.id]
    work.waiting.pop(call.id, None)
    state.wrapping.pop(call.id, None)  # it was let go of, but never left
    seat.leg_idle = False
    if seat.state is not AgentState.TALKING:
        state.put(seat, AgentState.TALKING)
    if first:
        count_talk(state, call)
        state.save(call)


def count_talk(state: State, call: Call) -> None:
    """Count a talk once the switch confirms it: a bridging may be refused, and pacing takes nothing back."""
    work = state.campaigns[call.campaign.id]
    if call.inbound:
        work.callers_taken += 1
        return
    work.connected += 1
    if call.paced and call.agent is not None:
        work.pacer.call_connected(state.now, call.id, call.agent)


def adopt(state: State, seat: Seat, call: Call) -> bool:
    """Take over a talk that goes on between them although we did not know it: after a restart."""
    if seat.call is not None or call.agent not in {None, seat.id}:
        return False
    return_preview(state, seat)
    call.agent, call.leg, call.wrapped_at = seat.id, seat.leg, None  # a talk that goes on is written up anew
    call.talks = max(1, call.talks)
    seat.call, seat.campaign = call.id, call.campaign.id
    return True


# ---------------------------------------------------------------- out of the talk


def held(state: State, event: CallHeld) -> None:
    call = state.call_of(event)
    if call is not None:
        state.advance(call, event)


def left_alone(state: State, event: CallLeftAlone) -> None:
    """The person came out of a talk: back to the agent as soon as there is a leg, or good-bye where nobody comes."""
    call = state.call_of(event)
    if call is None or not state.advance(call, event):
        return
    seat = state.seat_of(call)
    if seat is None or seat.state is AgentState.WRAPPING:
        hang_up(state, call, EndedBy.DIALER)
    elif seat.third is None:
        rejoin(state, call)


def onward_answered(state: State, event: OnwardAnswered) -> None:
    """Whoever the person was handed on to has answered."""
    call = state.call_of(event)
    if call is not None:
        state.line_taken(call.line_out, state.now)


def transferred(state: State, event: CallTransferred) -> None:
    """The person's way to another number is over, or nobody took it there."""
    call = state.call_of(event)
    if call is not None and event.answered:
        state.line_taken(call.line_out)
    if call is None or event.answered or not state.advance(call, event):  # where answered, the hang-up follows
        return
    state.free_line(call.line_out)
    call.line_out = None
    seat = state.seat_of(call)
    if seat is not None and seat.state is AgentState.WRAPPING and seat.leg_up:
        state.wrapping.pop(call.id, None)
        connect(state, seat, call, record_again=True)
    else:
        hang_up(state, call, EndedBy.DIALER)


def abandonment_told(state: State, event: AbandonmentPlayed) -> None:
    """The dialplan says that nobody came in time. Behind the word of a talk that is late: only a list can deny one."""
    call = state.calls.get(event.call)
    if call is not None and call.state is CallState.TALKING and call.joined:
        state.ignore(event)
    else:
        abandonment_played(state, event)


def abandonment_played(state: State, event: AbandonmentPlayed) -> None:
    """Nobody came in time, and the person hears the message."""
    call = state.call_of(event)
    if call is None:
        return
    unanswered = call.answered_at is None or call.state is CallState.SCREENING
    under_way = call.state is CallState.CONNECTING  # a bridging of which nothing is known yet; one refused never comes
    if not state.advance(call, event):
        return
    work = state.campaigns[call.campaign.id]
    if unanswered:
        count_answer(state, work, call)
    if not call.joined:
        call.bridged_at = None
    abandon(state, call)
    seat = state.seat_of(call)
    if seat is not None and seat.state is not AgentState.DIALLING:  # the bridging crossed with the message
        if under_way and not call.joined:  # and may still come: the leg would be taken from whoever had it by then
            seat.not_before = seat.since + UNTOLD_S  # it was sent as the talk was to begin
        rest(state, seat)


def abandon(state: State, call: Call) -> None:
    """Count the call as abandoned, once, as soon as it is certain."""
    work = state.campaigns[call.campaign.id]
    work.waiting.pop(call.id, None)
    if call.counted_abandoned or call.bridged_at is not None:
        return
    call.counted_abandoned = True
    work.abandoned += 1
    if call.paced:
        work.pacer.call_ended(state.now, call.id, "abandoned")
    state.save(call)


def hang_up(state: State, call: Call, by: EndedBy) -> None:
    """Ask the switch to end the call. What ends it is the switch's word."""
    call.hung_up, call.hung_up_at = call.hung_up or by, state.now
    state.say(HangUp(call.id))


def connect_failed(state: State, call: Call, reason: str) -> None:
    """The switch refused a bridging: the person or the agent's leg is gone, and it will say which."""
    seat = state.seat_of(call)
    if call.bridged_at is not None:
        state.say(Alarm("bridging_refused", f"call {call.id}: {reason}", call.campaign.id))
        _back(state, call, seat)
        return
    if call.state is not CallState.CONNECTING or seat is None:
        return
    state.advance(call, ConnectFailed(call.id))
    call.recording = ""  # what ran into that name holds nobody
    if call.inbound:
        call.state, call.agent = CallState.QUEUED, None  # where the caller still stands
    else:
        state.campaigns[call.campaign.id].waiting[call.id] = None
    seat.not_before, seat.leg_idle = state.now + SUSPECT_S, True
    if call.paced or call.inbound:
        call.agent = None
        rest(state, seat)


def _back(state: State, call: Call, seat: Seat | None) -> None:
    """A talk that was to go on did not: the person is where he or she was before."""
    if call.state is CallState.CONNECTING and call.connected_from is CallState.ALONE:
        state.advance(call, CallLeftAlone(call.id))
        return  # tried again when the leg is seen to wait
    state.wrapping.pop(call.id, None)
    state.free_line(call.line_out)
    call.line_out = None
    if seat is None:
        hang_up(state, call, EndedBy.DIALER)
    elif state.advance(call, CallHeld(call.id)):
        state.put(seat, AgentState.HOLDING if seat.leg_up else AgentState.LEG_LOST)


def rejoin(state: State, call: Call) -> None:
    """Bring the agent back to a person who was left alone, as soon as a leg waits."""
    seat = state.seat_of(call)
    if call.state is CallState.ALONE and seat is not None and seat.leg_idle and seat.state is not AgentState.WRAPPING:
        connect(state, seat, call)


def opted_out(state: State, event: OptedOut) -> None:
    """The person does not want to be called. The last key is pressed at the very end: the call may be over already."""
    call = state.calls.get(event.call) or state.wrapping.get(event.call)
    if call is None or call.lead is None:
        state.say(AddDoNotCall(None, "opt_out", event.call))  # of which campaign it was is not known: for everybody
    else:
        state.say(forbidding(call, "opt_out"))
