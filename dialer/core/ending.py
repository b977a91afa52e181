"""The end of a call: its one outcome, and what follows for lead, agent, trunk and pacing."""

from collections.abc import Iterable
from dataclasses import replace

from dialer.core.callers import left
from dialer.core.calls import Call, CallState
from dialer.core.connecting import abandon, hang_up
from dialer.core.detection import Verdict
from dialer.core.ids import CallId
from dialer.core.messages import CallEnded
from dialer.core.nature import is_fake_answer, taught
from dialer.core.outcomes import EndedBy, Ending, Outcome, classify
from dialer.core.seats import begin_wrap_up, free_agent, save_lead
from dialer.core.state import State
from dialer.core.trunks import Trunk
from dialer.core.ways_out import learn_number

# What pacing calls it; a talk is told when its wrap-up is over, since the agent may find that it was a machine.
PACING_OUTCOMES = {
    Outcome.NO_ANSWER: "no_answer",
    Outcome.UNREACHABLE: "no_answer",
    Outcome.BUSY: "busy",
    Outcome.REJECTED: "busy",
    Outcome.MACHINE: "machine",
    Outcome.CANCELLED: "cancelled",
    Outcome.EARLY_HANGUP: "completed",
    Outcome.ABANDONED: "abandoned",
}


def ended(state: State, event: CallEnded) -> None:
    call = state.calls.get(event.call)
    if call is None or call.state is CallState.RESERVING:
        state.arrivals.pop(event.call, None)  # a caller who could not wait until the store had told who it is
        state.ignore(event)
        return
    if state.advance(call, event):
        finish(state, call, event.ending)


def finish(state: State, call: Call, ending: Ending | None) -> None:
    """Give the call its outcome and let go of it. `ending` is None where nobody saw the end."""
    work = state.campaigns[call.campaign.id]
    if ending is not None and ending.by is EndedBy.DIALER and call.hung_up is not None:
        ending = replace(ending, by=call.hung_up)
    seat = state.seat_of(call)
    if call.talks and call.bridged_at is None and seat is not None and seat.code:
        call.bridged_at = call.answered_at  # only the word of the bridging was lost: the agent told what was said
    call.state, call.ended_at, call.ending = CallState.ENDED, state.now, ending
    call.outcome = outcome_of(call, ending)
    del state.calls[call.id]
    work.calls.pop(call.id, None)
    work.inbound.pop(call.id, None)
    work.waiting.pop(call.id, None)
    state.free_line(call.line_out)
    work.outcomes[call.outcome] += 1
    state.last_calls.appendleft(call)
    state.awake[work.campaign.id] = None
    if (trunk := state.trunks.get(call.trunk)) is not None:
        trunk.ended(state.now, call.id, call.outcome, ending)
        _bill(call, trunk)
    if call.outcome is Outcome.ABANDONED:
        abandon(state, call)
    elif call.paced and call.bridged_at is None and not call.told_machine:
        work.pacer.call_ended(state.now, call.id, PACING_OUTCOMES.get(call.outcome, "failed"))
    if call.lead is not None and state.shown.pools:
        learn_number(state, call.record())
    if not call.inbound or call.bridged_at is not None:
        state.save(call)
    if call.inbound and call.bridged_at is None:
        left(state, call)
        state.save(call)  # after what becomes of the lead: an ended record frees the person
    elif call.wrapped_at is None:
        fake = call.verdict is Verdict.NOBODY or is_fake_answer(
            answered_at=call.answered_at, ended_at=call.ended_at, ending=ending
        )
        save_lead(state, call, taught(call.outcome, fake=fake))  # of a talk, the disposition says it anew
    if call.bridged_at is None:
        free_agent(state, call, call.outcome)
    elif call.id not in state.wrapping and call.wrapped_at is None:
        begin_wrap_up(state, call)


def _bill(call: Call, trunk: Trunk) -> None:
    """What the carrier asks for the call, by the trunk's tariff."""
    if call.lead is not None and call.placed_at is not None:
        call.cost, call.currency = trunk.config.bill(call.lead.number, _billed_s(call))


def _billed_s(call: Call) -> float | None:
    if call.answered_at is None or call.ended_at is None:
        return None
    return call.ended_at - call.answered_at


def outcome_of(call: Call, ending: Ending | None) -> Outcome:
    """The one outcome of a call that is over."""
    if call.bridged_at is not None:
        return Outcome.CONNECTED
    if call.inbound:
        return _caller(call, ending)
    if call.answered_at is not None:
        return _unserved(call, ending)
    if ending is None:
        return Outcome.UNKNOWN
    if call.hung_up is not None and ending.by in {EndedBy.DIALER, EndedBy.AGENT}:
        return Outcome.CANCELLED
    return classify(
        rang=call.ringing_at is not None,
        progressed=call.progress_at is not None,
        answered=False,
        ending=ending,
    )


def _caller(call: Call, ending: Ending | None) -> Outcome:
    """Somebody called us and met no agent: they left, or a message or the menu served them."""
    served = call.callback_at is not None or (ending is not None and ending.by is EndedBy.DIALPLAN)
    return Outcome.CALLER_SERVED if served else Outcome.CALLER_LEFT


def _unserved(call: Call, ending: Ending | None) -> Outcome:
    """A person answered and met no agent: abandoned, unless they hung up within the limit."""
    assert call.answered_at is not None
    assert call.ended_at is not None
    if call.state is CallState.MACHINE or call.told_machine:
        return Outcome.MACHINE
    if call.counted_abandoned or ending is None or ending.by is not EndedBy.PERSON:
        return Outcome.ABANDONED
    within = call.ended_at - call.answered_at < call.campaign.wait_max_s
    return Outcome.EARLY_HANGUP if within else Outcome.ABANDONED


def stop_all(state: State) -> None:
    """Hang up every call that nobody has answered; talks go on."""
    stop(state, state.calls)


def stop(state: State, calls: Iterable[CallId]) -> None:
    """Hang up those of these calls that nobody has answered."""
    for call in [state.calls[one] for one in calls]:
        if call.answered_at is None and call.state is not CallState.RESERVING and call.hung_up is None:
            hang_up(state, call, EndedBy.DIALER)
