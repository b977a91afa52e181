"""Trial calls: one number dialled by one trunk, to see what its carrier makes of it. No lead, no agent, no ledger."""

from dataclasses import dataclass, replace
from typing import Any

from dialer.core.ids import CallId, CampaignId, LeadId
from dialer.core.messages import (
    CallAnswered,
    CallEnded,
    CallProgressed,
    CallRang,
    CommandFailed,
    HangUp,
    PlaceCall,
    Refused,
    TrunkTestAsked,
)
from dialer.core.outcomes import EndedBy, classify
from dialer.core.state import State
from dialer.core.view import TrunkTestView

RING_S = 30.0
PATIENCE_S = 50.0
KEPT_MAX = 20
WAIT_S = 10.0  # it is hung up on at once; the dialplan's limit only stands behind that


@dataclass(slots=True)
class TrunkTest:
    """One trial call, under way or over."""

    call: CallId
    view: TrunkTestView


def asked(state: State, event: TrunkTestAsked) -> None:
    """Dial, if the trunk takes a call now; a resting trunk is tried all the same."""
    trunk = state.trunks.get(event.trunk)
    if trunk is None:
        state.say(Refused("unknown_trunk", f"there is no trunk {event.trunk!r}; there are {', '.join(state.trunks)}"))
        return
    if not state.switch_up or state.draining:
        state.say(Refused("no_switch", "the switch is not connected"))
        return
    if state.stopped_by:
        state.say(Refused("stopped", f"all dialling was stopped by {state.stopped_by}"))
        return
    if trunk.lines >= trunk.config.lines_max:
        state.say(Refused("no_line", f"all {trunk.config.lines_max} lines of {event.trunk} are in use"))
        return
    call = CallId(state.next_call)
    state.next_call += 1
    dial = trunk.dial_string(event.number)
    while len(state.trunk_tests) >= KEPT_MAX:
        del state.trunk_tests[next(iter(state.trunk_tests))]
    state.trunk_tests[call] = TrunkTest(
        call, TrunkTestView(key=event.key, trunk=event.trunk, dial=dial, placed_at=state.now)
    )
    state.say(
        PlaceCall(
            call=call,
            trunk=event.trunk,
            dial=dial,
            caller_id=event.caller_id,
            ring_timeout_s=RING_S,
            wait_max_s=WAIT_S,
            message="",
            lead=LeadId(0),
            campaign=CampaignId(0),
        )
    )


def stop(state: State) -> None:
    """All dialling was stopped: what rings is hung up."""
    for trial in state.trunk_tests.values():
        if trial.view.ended_at is None:
            state.say(HangUp(trial.call))


def heard(state: State, event: Any) -> bool:  # noqa: ANN401 - any event about a call
    """Take an event of a trial call; False where it is about none."""
    of_place = isinstance(event, CommandFailed) and isinstance(event.command, PlaceCall)
    call: CallId | None = event.command.call if of_place else getattr(event, "call", None)
    trial = state.trunk_tests.get(call) if call is not None else None
    if trial is None or trial.view.ended_at is not None:
        return trial is not None
    view = trial.view
    match event:
        case CallProgressed():
            view = replace(view, progress_at=view.progress_at or state.now)
        case CallRang():
            view = replace(view, ringing_at=view.ringing_at or state.now)
        case CallAnswered():
            view = replace(view, answered_at=view.answered_at or state.now)
            state.say(HangUp(trial.call))
        case CallEnded():
            view = _over(state, view, event)
        case CommandFailed() if not event.lost:
            view = replace(view, ended_at=state.now, outcome="failed", reason=event.reason)
        case _:
            pass
    trial.view = view
    return True


def _over(state: State, view: TrunkTestView, event: CallEnded) -> TrunkTestView:
    ending = event.ending
    answered = view.answered_at is not None
    named = classify(
        rang=view.ringing_at is not None, progressed=view.progress_at is not None, answered=False, ending=ending
    )
    outcome = "answered" if answered else str(named)
    ours = ending.by is EndedBy.DIALER
    return replace(
        view,
        ended_at=state.now,
        outcome=outcome,
        cause=ending.cause,
        tech_cause=ending.tech_cause,
        reason="hung up by us, as trial calls are" if answered and ours else "",
    )


def look(state: State) -> None:
    """End those of which nothing is heard any more."""
    for trial in state.trunk_tests.values():
        if trial.view.ended_at is None and state.now - trial.view.placed_at > PATIENCE_S:
            trial.view = replace(trial.view, ended_at=state.now, outcome="unknown", reason="nothing was heard of it")
            state.say(HangUp(trial.call))
