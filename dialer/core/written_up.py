"""What agents say of calls: whether it can be taken, and how it is kept where the wrap-up is over already.

What became of the lead since stands: a call that is written up late decides of the next attempt only where none was
made meanwhile.
"""

from dataclasses import replace

from dialer.core.at_hand import leads_stopped
from dialer.core.calls import CallState
from dialer.core.ids import LeadId
from dialer.core.messages import CallWrittenUp, Refused
from dialer.core.model import Campaign
from dialer.core.restore import call_of
from dialer.core.seats import keep_saying, rest, return_preview, save_lead
from dialer.core.state import State


def refusal_of(state: State, campaign: Campaign, code: str, callback_at: float | None) -> Refused | None:
    """Why this cannot be said of a call of the campaign; None where it can."""
    if code not in {one.code for one in campaign.dispositions}:
        codes = ", ".join(one.code for one in campaign.dispositions)
        return Refused("unknown_disposition", f"{code} is not one of {codes}")
    if callback_at is not None and callback_at <= state.now:
        return Refused("callback_in_the_past", "the time of a callback must lie ahead")
    return None


def written_up(state: State, event: CallWrittenUp) -> None:
    """Keep what is said of a call whose wrap-up is over, with all that follows from it."""
    refusal = _refusal(state, event)
    if refusal is not None:
        state.say(refusal)
        return
    record = event.record
    call = call_of(state, state.campaigns[record.campaign], record, {event.lead.id: event.lead})
    # The attempt and the number's call were counted when the wrap-up ended; they must not be counted again.
    call.lead = replace(
        event.lead,
        attempts=max(0, event.lead.attempts - 1),
        called_before=max(0, event.lead.called_before - 1),
        answered_before=max(0, event.lead.answered_before - 1),
    )
    call.state, call.ended_at, call.outcome = CallState.ENDED, record.ended_at, record.outcome
    keep_saying(state, call, event.agent, event.code, event.notes, unconfirmed=event.unconfirmed)
    if event.last and not _is_called(state, event.lead.id):
        _let_go(state, event.lead.id)
        mine = event.agent if event.callback_mine else None
        save_lead(state, call, event.code, event.callback_at, mine)


def _refusal(state: State, event: CallWrittenUp) -> Refused | None:
    record = event.record
    work = state.campaigns.get(record.campaign)
    if work is None:
        return Refused("unknown_campaign", "the call's campaign is gone")
    if record.agent != event.agent:
        return Refused("not_your_call", "the agent was not on this call")
    if record.id in state.calls or record.id in state.wrapping:
        return Refused("not_in_state", "the call is not over yet")
    if event.callback_at is not None and (not event.last or _is_called(state, event.lead.id)):
        return Refused("called_since", "the person was called again since: what became of that stands")
    return refusal_of(state, work.campaign, event.code, event.callback_at)


def _is_called(state: State, lead: LeadId) -> bool:
    """Whether a call to the lead is on its way or in progress, or is being written up: its own end decides."""
    placed = [call for call in state.calls.values() if call.state is not CallState.RESERVING]
    return any(call.lead is not None and call.lead.id == lead for call in (*placed, *state.wrapping.values()))


def _let_go(state: State, lead: LeadId) -> None:
    """The lead may stand ready to be dialled: it goes back before it is decided anew what becomes of it."""
    for work in state.campaigns.values():
        leads_stopped(state, work, frozenset({lead}))
    for seat in state.seats.values():
        if seat.preview is not None and seat.preview.id == lead:
            return_preview(state, seat)
            rest(state, seat)
