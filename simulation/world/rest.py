"""What must hold after healing, a while of calm dialling, and a pause as long as the longest patience.

The engine and the world agree, everything is over exactly once, and nothing is held back.
"""

from collections.abc import Iterator

from dialer.core.agents import AgentState
from dialer.core.detection import Verdict
from dialer.core.ids import CampaignId
from dialer.core.model import CampaignStatus, Mode
from dialer.core.outcomes import Outcome
from simulation.world.bridges import SimCall
from simulation.world.checks import Checks, Violation
from simulation.world.people import Kind

Finding = tuple[str, str]  # check, text

# What may become of a call that nobody answered, by what the person would have done; a carrier may refuse any.
UNANSWERED = {
    Kind.BUSY: Outcome.BUSY,
    Kind.REJECTS: Outcome.REJECTED,
    Kind.OFF: Outcome.UNREACHABLE,
    Kind.INVALID: Outcome.INVALID,
}
ANY_TIME = frozenset({Outcome.NO_ANSWER, Outcome.CANCELLED, Outcome.CONGESTION})


def dialling(checks: Checks) -> None:
    """At the end of the calm: a campaign that does not dial says why. Lets a second pass, for what is in between."""
    silent = _silent(checks)
    checks.world.run(1.0)
    for campaign, (tried, text) in _silent(checks).items():
        if campaign in silent and silent[campaign][0] == tried:
            raise Violation("rest.silent", text)


def _silent(checks: Checks) -> dict[CampaignId, tuple[int, str]]:
    """How many leads each campaign that seems silent has tried until now, placed or refused, and what is wrong."""
    found = {}
    for view in checks.world.shell.engine.view(checks.world.time()).campaigns:
        ready = dict(view.agents_by_state).get(AgentState.READY, 0)
        automatic = view.mode in {Mode.PREDICTIVE, Mode.PROGRESSIVE} and view.status is CampaignStatus.RUNNING
        at_work = view.calls_by_state or view.pace_calls > 0 or view.not_dialling
        if automatic and ready and not at_work:
            tried = view.placed + sum(count for _, count in view.refused)
            found[view.id] = (tried, f"campaign {view.id} does not dial for {ready} ready agents, nor say why")
    return found


def at_rest(checks: Checks) -> None:
    """At the end of the pause. Raises Violation for the first law that does not hold."""
    for findings in (_calls, _records, _truth, _agents, _said, _leads):
        for check, text in findings(checks):
            raise Violation(check, text)


def _calls(checks: Checks) -> Iterator[Finding]:
    world = checks.world
    floor = world.shell.engine.view(world.time())
    for call in world.switch.calls.values():
        yield "rest.switch", f"call {call.id} is still on the switch, in {call.place or 'dialling'}"
    for held in world.store.open.values():
        yield "rest.locks", f"call {held.call} still holds {held.lead.number}"
    for view in floor.campaigns:
        if view.calls_by_state or view.lines:
            yield "rest.calls", f"campaign {view.id} still has {view.calls_by_state}, {view.lines} lines"
        outcomes = sum(count for _, count in view.outcomes)
        callers = sum(one.inbound and one.campaign == view.id for one in world.store.ended.values())
        if world.shell.life == 0 and view.placed + callers != outcomes:
            text = f"campaign {view.id}: {view.placed} placed, {callers} callers, {outcomes} outcomes"
            yield "rest.outcomes", text
    for trunk in floor.trunks:
        if trunk.lines:
            yield "rest.lines", f"trunk {trunk.name} still has {trunk.lines} lines in use"


def _records(checks: Checks) -> Iterator[Finding]:
    for call_id in checks.dialled:
        record = checks.world.store.ended.get(call_id)
        if record is None or record.outcome is None:
            yield "rest.outcomes", f"call {call_id} was dialled and has no outcome"
        elif record.placed_at is None:
            yield "rest.counted", f"call {call_id} was dialled and does not count"


def _truth(checks: Checks) -> Iterator[Finding]:
    """Where all messages arrive the records say what really happened."""
    if not checks.world.scenario.faults.messages_arrive:
        return
    for call_id, call in checks.truth.items():
        if call.inbound and call_id not in checks.world.store.ended:
            continue  # gone before it was known who called
        record = checks.world.store.ended[call_id]
        if record.outcome not in _possible(call):
            yield "rest.truth", f"call {call_id} is {record.outcome}; it was {call.fate.kind}, {_history(call)}"


def _possible(call: SimCall) -> frozenset[Outcome]:
    if call.joined_at is not None:
        return frozenset({Outcome.CONNECTED})
    if call.inbound:
        return frozenset({Outcome.CALLER_LEFT, Outcome.CALLER_SERVED})
    if call.message_at is not None:
        return frozenset({Outcome.ABANDONED})
    if call.verdict is Verdict.MACHINE and call.place not in {"park", "abandon"}:
        return frozenset({Outcome.MACHINE})
    unserved = frozenset({Outcome.EARLY_HANGUP, Outcome.ABANDONED, Outcome.CANCELLED})
    if call.answered_at is not None:
        return unserved
    mute: frozenset[Outcome] = frozenset() if call.signs else frozenset({Outcome.FAILED})
    return ANY_TIME | mute | {UNANSWERED.get(call.fate.kind, Outcome.NO_ANSWER)}


def _history(call: SimCall) -> str:
    return f"answered {call.answered_at}, message {call.message_at}, joined {call.joined_at}"


def _agents(checks: Checks) -> Iterator[Finding]:
    world = checks.world
    for view in world.shell.engine.view(world.time()).agents:
        if view.state != AgentState.READY:
            yield "rest.agents", f"agent {view.id} is {view.state} ({view.reason or 'no reason'}), call {view.call}"
        legs = [leg for leg in world.switch.legs.values() if leg.agent == view.id]
        if len(legs) != 1 or not legs[0].up:
            yield "rest.legs", f"agent {view.id} has {len(legs)} legs on the switch"
    for leg in world.switch.legs.values():
        if leg.agent is None:
            yield "rest.legs", f"third party's leg {leg.id} is still up"


def _said(checks: Checks) -> Iterator[Finding]:
    """What people and agents said is kept, where no process died before it could be."""
    store = checks.world.store
    if checks.world.shell.life > 0:
        return
    for number in checks.opted_out:
        if number not in store.do_not_call:
            yield "rest.said", f"{number} opted out and is not on the list"
    for call_id, code in checks.said.items():
        if store.dispositions.get(call_id) != code:
            yield "rest.said", f"call {call_id}: the agent said {code}, kept is {store.dispositions.get(call_id)}"
        if code == "DNC" and store.ended[call_id].number not in store.do_not_call:
            yield "rest.said", f"call {call_id}: the agent said {code}, and the number is not on the list"


def _leads(checks: Checks) -> Iterator[Finding]:
    for lead_id, stored in checks.world.store.leads.items():
        if stored.claimed:
            yield "rest.leads", f"lead {lead_id} is still claimed ({stored.result or 'never tried'})"
