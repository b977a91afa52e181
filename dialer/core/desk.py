"""What agents ask for at their desks. A request that means nothing in the agent's state is answered with Refused."""

from collections.abc import Callable
from typing import Any

from dialer.core import thirds
from dialer.core.agents import REQUESTS, WRAP_UP_MORE_MAX, AgentState, Seat
from dialer.core.calls import CallState
from dialer.core.connecting import hang_up
from dialer.core.ids import LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    DeferLead,
    DropLeg,
    HangupRequested,
    Hold,
    HoldRequested,
    MuteRecording,
    NumberDialled,
    OfCall,
    OfPreview,
    PhoneBack,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    Refused,
    Request,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import Mode
from dialer.core.outcomes import EndedBy
from dialer.core.placing import reserve
from dialer.core.seats import (
    call_leg,
    connect,
    drop_leg,
    end_wrap_up,
    leg_gone,
    rest,
    return_preview,
    sign_out,
)
from dialer.core.state import State
from dialer.core.thirds import NOT_NOW, has_line
from dialer.core.written_up import refusal_of

SIGNED_IN = "signed_in"  # the break that a working day begins with
SKIPPED_TOO_OFTEN = "previews_skipped"
NO_PHONE = Refused("no_phone", "the agent's phone is not connected")
ANOTHER_CALL = Refused("another_call", "the call that was meant is over; nothing was done to the one that is there")
ANOTHER_LEAD = Refused("another_lead", "another lead is shown by now; nothing was done")
SKIPPED_S = 600.0  # a skipped lead is shown again after this


def request(state: State, event: Request) -> None:
    """Take a console's request, or say why not."""
    seat = state.seats.get(event.agent)
    if seat is None:
        state.say(Refused("unknown_agent", f"there is no agent {event.agent}"))
    elif seat.state not in REQUESTS[type(event)]:
        state.say(Refused("not_in_state", f"not possible while {seat.state.replace('_', ' ')}"))
    elif isinstance(event, OfCall) and event.call not in {None, seat.call}:
        state.say(ANOTHER_CALL)  # it ended while the request was on its way: nobody else is hung up or handed on
    elif isinstance(event, OfPreview) and event.lead is not None and event.lead != _previewed(seat):
        state.say(ANOTHER_LEAD)
    else:
        HANDLERS[type(event)](state, seat, event)


def _previewed(seat: Seat) -> LeadId | None:
    return seat.preview.id if seat.preview is not None else None


# ---------------------------------------------------------------- coming and going


def _sign_in(state: State, seat: Seat, event: AgentSignedIn) -> None:
    if seat.state is not AgentState.LEG_LOST:
        seat.pause_wanted = seat.reason if seat.state is AgentState.BREAK else SIGNED_IN
    seat.out_wanted, seat.leg_failures = False, 0
    seat.endpoint = event.endpoint if event.endpoint is not None else seat.agent.endpoint
    drop_leg(state, seat)
    if seat.state is not AgentState.LEG_LOST or seat.call is None:
        state.put(seat, AgentState.CONNECTING)
    if seat.endpoint:
        call_leg(state, seat)


def _sign_out(state: State, seat: Seat, _: AgentSignedOut) -> None:
    if seat.state is AgentState.WRAPPING or seat.call in state.wrapping:  # at it, or without a leg since a restart
        seat.out_wanted = True
        wrap_up_over(state, seat)
    elif seat.call is not None:
        seat.out_wanted = True
        state.tell_pacers(seat)
        state.changed[seat.id] = None
    else:
        sign_out(state, seat)


def _ready(state: State, seat: Seat, _: AgentReady) -> None:
    seat.pause_wanted, seat.out_wanted, seat.skips = None, False, 0
    state.changed[seat.id] = None
    if seat.state is AgentState.BREAK:
        rest(state, seat)
    elif seat.state is AgentState.WRAPPING:
        wrap_up_over(state, seat)
    else:
        state.tell_pacers(seat)


def _pause(state: State, seat: Seat, event: AgentPaused) -> None:
    if seat.state in {AgentState.READY, AgentState.BREAK, AgentState.PREVIEWING}:
        return_preview(state, seat)
        state.put(seat, AgentState.BREAK, event.reason)
        return
    seat.pause_wanted = event.reason
    state.tell_pacers(seat)
    state.changed[seat.id] = None


def _phone_back(state: State, seat: Seat, event: PhoneBack) -> None:
    """Make the agent's leg anew at once; a person in mid-talk hears the tone until it is there."""
    if event.endpoint is not None:
        seat.endpoint = event.endpoint
    if not seat.endpoint:
        state.say(Refused("dials_in", "this phone dials in by itself"))
        return
    own = state.call_on(seat)
    if seat.state is AgentState.DIALLING and own is not None and own.state is not CallState.RESERVING:
        hang_up(state, own, EndedBy.DIALER)  # a call on its way for this agent alone
    if seat.leg is not None:
        state.say(DropLeg(seat.leg))
    leg_gone(state, seat)
    if seat.state is not AgentState.SIGNED_OUT:  # out_wanted: the shift ended with the phone
        seat.leg_failures = 0
        call_leg(state, seat)


# ---------------------------------------------------------------- preview and manual


def _accept(state: State, seat: Seat, _: PreviewAccepted) -> None:
    lead = seat.preview
    work = state.campaigns.get(lead.campaign) if lead is not None else None
    if lead is None or work is None or not work.running or not has_line(state, work):
        state.say(NOT_NOW)
        return
    seat.preview, seat.skips = None, 0
    seat.campaign = work.campaign.id
    seat.call = reserve(state, work, lead=lead, agent=seat.id, mode=Mode.PREVIEW)
    state.put(seat, AgentState.DIALLING)


def _skip(state: State, seat: Seat, _: PreviewSkipped) -> None:
    skip_preview(state, seat, "skipped")


def skip_preview(state: State, seat: Seat, result: str) -> None:
    """Put the shown lead back; an agent who skips too many in a row is put on a break."""
    lead, seat.preview = seat.preview, None
    if lead is None:
        rest(state, seat)
        return
    state.say(DeferLead(lead.id, state.now + SKIPPED_S, result))
    seat.skips += 1
    work = state.campaigns.get(lead.campaign)
    if work is not None and seat.skips > work.campaign.preview_skips_max:
        seat.skips = 0
        state.put(seat, AgentState.BREAK, SKIPPED_TOO_OFTEN)
    else:
        rest(state, seat)


def withdraw_preview(state: State, seat: Seat) -> None:
    """Take the shown lead back; the agent is free again."""
    if seat.state is AgentState.PREVIEWING:
        return_preview(state, seat)
        rest(state, seat)


def _dial(state: State, seat: Seat, event: NumberDialled) -> None:
    work = state.campaigns.get(event.campaign)
    if work is None or event.campaign not in seat.agent.campaigns:
        state.say(Refused("not_your_campaign", "the agent does not work for this campaign"))
    elif (event.number is None) == (event.lead is None):
        state.say(Refused("number_or_lead", "give a number or a lead, one of the two"))
    elif not seat.leg_up:
        state.say(NO_PHONE)
    elif not has_line(state, work):
        state.say(NOT_NOW)
    else:
        if seat.state is AgentState.BREAK:
            seat.pause_wanted = seat.reason
        seat.campaign = event.campaign
        seat.call = reserve(state, work, lead_id=event.lead, number=event.number, agent=seat.id, mode=Mode.MANUAL)
        state.put(seat, AgentState.DIALLING)


# ---------------------------------------------------------------- in the call


def _hang_up(state: State, seat: Seat, _: HangupRequested) -> None:
    call = state.call_on(seat)
    if call is None:
        state.say(Refused("no_call", "there is no call to hang up"))
    elif call.state is CallState.RESERVING:
        state.say(Refused("not_yet", "the call has not been placed yet"))
    else:
        hang_up(state, call, EndedBy.AGENT)


def _hold(state: State, seat: Seat, _: HoldRequested) -> None:
    call = state.call_on(seat)
    if call is None or call.state not in {CallState.TALKING, CallState.CONNECTING}:
        state.say(Refused("no_talk", "there is nobody to hold"))
        return
    if seat.third is not None:
        seat.third.joined = False  # the agent is with the third party alone again, and may join the three once more
    state.say(Hold(call.id))
    state.put(seat, AgentState.HOLDING)


def _resume(state: State, seat: Seat, _: ResumeRequested) -> None:
    call = state.call_on(seat)
    if call is None or call.state not in {CallState.HOLDING, CallState.ALONE}:
        state.say(Refused("no_call", "nobody is on hold"))
    elif seat.third is not None:
        state.say(Refused("consulting", "end the consultation first"))
    elif not seat.leg_up:
        state.say(NO_PHONE)
    else:
        connect(state, seat, call)


def _pause_recording(state: State, seat: Seat, event: RecordingPaused) -> None:
    call = state.call_on(seat)
    if call is None or not call.recording:
        state.say(Refused("not_recorded", "this call is not recorded"))
        return
    seat.muted_at = state.now if event.paused else None
    state.say(MuteRecording(call.id, muted=event.paused))
    state.changed[seat.id] = None


# ---------------------------------------------------------------- after the call


def _extend(state: State, seat: Seat, _: WrapUpExtended) -> None:
    if seat.extensions >= WRAP_UP_MORE_MAX:
        state.say(Refused("extended_enough", f"wrap-up was extended {seat.extensions} times already"))
        return
    seat.extensions += 1
    state.tell_pacers(seat)
    state.changed[seat.id] = None


def _disposition(state: State, seat: Seat, event: CallDispositioned) -> None:
    call = state.wrapping.get(event.call) or state.calls.get(event.call)
    if call is None or seat.call != event.call:
        state.say(Refused("not_your_call", "the agent is not on this call"))
    elif (refusal := refusal_of(state, call.campaign, event.code, event.callback_at)) is not None:
        state.say(refusal)
    else:
        seat.code, seat.callback_at, seat.notes = event.code, event.callback_at, event.notes
        seat.callback_mine = event.callback_mine
        if seat.state is AgentState.WRAPPING:
            wrap_up_over(state, seat)


def wrap_up_over(state: State, seat: Seat) -> None:
    """After-call work is done, or its time is up."""
    call = state.wrapping.get(seat.call) if seat.call is not None else None
    if call is None:
        rest(state, seat)
    else:
        end_wrap_up(state, call, seat)


HANDLERS: dict[type, Callable[[State, Seat, Any], None]] = {
    AgentSignedIn: _sign_in,
    AgentSignedOut: _sign_out,
    AgentReady: _ready,
    AgentPaused: _pause,
    PreviewAccepted: _accept,
    PreviewSkipped: _skip,
    NumberDialled: _dial,
    HangupRequested: _hang_up,
    HoldRequested: _hold,
    ResumeRequested: _resume,
    TransferRequested: thirds.transfer,
    ConsultRequested: thirds.consult,
    ConsultCompleted: thirds.complete,
    ConsultCancelled: thirds.cancel,
    ConferenceRequested: thirds.conference,
    CallDispositioned: _disposition,
    PhoneBack: _phone_back,
    RecordingPaused: _pause_recording,
    WrapUpExtended: _extend,
}
assert HANDLERS.keys() == REQUESTS.keys()
