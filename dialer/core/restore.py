"""The first events of a run: what a former one left. Talks go on; nothing is dialled again."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from dialer.core.agents import AgentState
from dialer.core.calls import Call, CallState
from dialer.core.campaigns import AUTOMATIC, Work
from dialer.core.detection import OnMachine, Verdict
from dialer.core.ending import PACING_OUTCOMES
from dialer.core.ids import AgentId, CampaignId, LeadId
from dialer.core.lines_out import LineOut
from dialer.core.messages import Alarm, Restored
from dialer.core.model import CallRecord, Category, Lead
from dialer.core.outcomes import EndedBy, Ending, Outcome
from dialer.core.receipts import save_found
from dialer.core.seats import end_wrap_up
from dialer.core.state import State

HOUR_S = 3600.0


def restored(state: State, event: Restored) -> None:
    state.next_call, state.next_decision = event.next_call, event.next_decision
    _fill_ledgers(state, event)
    _warm(state, event.finished)
    state.shown.replay(event.finished)
    leads = {lead.id: lead for lead in event.leads}
    for record in event.open_calls:
        _reopen(state, record, leads)
    for record in event.unwrapped:
        if (work := state.campaigns.get(record.campaign)) is not None:
            call = call_of(state, work, record, leads)
            assert call.lead is not None
            # The attempt was counted when the call ended; its disposition must not count it again.
            call.lead = replace(call.lead, attempts=max(0, call.lead.attempts - 1))
            call.state, call.ended_at, call.outcome = CallState.ENDED, record.ended_at, record.outcome
            state.wrapping[call.id] = call
    for line in event.lines_out:
        _take_line_again(state, line)
    for agent, was, reason in event.signed_in:
        _seat_again(state, agent, was, reason)
    for call in list(state.wrapping.values()):
        if state.seat_of(call) is None:  # whoever wrote it up is not here any more
            end_wrap_up(state, call, None)


def _fill_ledgers(state: State, event: Restored) -> None:
    """Give each ledger the answers and abandons that are not told anew with the finished calls."""
    told: Counter[tuple[CampaignId, float, bool]] = Counter()
    for record in event.finished:
        work = state.campaigns.get(record.campaign)
        if record.answered_at is not None and work is not None and not _was_machine(work, record):
            hour = record.answered_at // HOUR_S * HOUR_S
            told[record.campaign, hour, False] += 1
            told[record.campaign, hour, True] += record.outcome is Outcome.ABANDONED
    for step in event.ledger:
        work = state.campaigns.get(step.campaign)
        if work is not None:
            hour = step.since // HOUR_S * HOUR_S
            answered = max(0, step.answered - told[step.campaign, hour, False])
            abandoned = max(0, step.abandoned - told[step.campaign, hour, True])
            work.pacer.ledger.add(step.since, answered=answered, abandoned=abandoned)


def _warm(state: State, finished: tuple[CallRecord, ...]) -> None:
    """Let pacing live through the calls of before, in the order of their facts."""
    facts: list[tuple[float, int, Callable[[], None]]] = []
    for record in finished:
        work = state.campaigns.get(record.campaign)
        if work is not None and record.placed_at is not None and work.automatic:
            facts += [(at, len(facts) + n, tell) for n, (at, tell) in enumerate(_facts(work, record))]
    for _, _, tell in sorted(facts, key=lambda fact: fact[:2]):
        tell()


def _facts(work: Work, record: CallRecord) -> list[tuple[float, Callable[[], None]]]:
    pacer, call = work.pacer, record.id
    assert record.placed_at is not None
    placed, ended = record.placed_at, record.ended_at or record.placed_at
    facts: list[tuple[float, Callable[[], None]]] = [(placed, lambda: pacer.call_placed(placed, call))]
    if (rang := record.ringing_at) is not None:
        facts.append((rang, lambda: pacer.call_ringing(rang, call)))
    if (answered := record.answered_at) is not None and not _detected(work, record):
        facts.append((answered, lambda: pacer.call_answered(answered, call)))
    if (bridged := record.bridged_at) is None:
        outcome = Outcome.MACHINE if _detected(work, record) else record.outcome or Outcome.UNKNOWN
        name = PACING_OUTCOMES.get(outcome, "failed")
        return [*facts, (ended, lambda: pacer.call_ended(ended, call, name))]
    agent = f"of call {call}"  # a passer-by for each: so it is learned how long one talk and one wrap-up last
    wrapped = max(ended, record.wrapped_at or ended)
    found = "machine" if _was_machine(work, record) else "completed"
    return [
        *facts,
        (bridged, lambda: pacer.call_connected(bridged, call, agent)),
        (ended, lambda: pacer.agent_wrapping(ended, agent)),
        (wrapped, lambda: pacer.call_ended(wrapped, call, found)),
        (wrapped, lambda: pacer.agent_ready(wrapped, agent)),
        (wrapped, lambda: pacer.agent_left(wrapped, agent)),
    ]


def _was_machine(work: Work, record: CallRecord) -> bool:
    """Whether the detector or the agent found a machine: it does not count among the people who answered."""
    if _detected(work, record):
        return True
    said = (one.category for one in work.campaign.dispositions if one.code == record.disposition)
    return next(said, None) is Category.MACHINE


def _detected(work: Work, record: CallRecord) -> bool:
    """Whether the detector kept the call from agents, as a machine's."""
    if record.outcome is not None:
        return record.outcome is Outcome.MACHINE
    if record.verdict is Verdict.NOBODY:
        return True
    kept = work.campaign.detection.on_machine is not OnMachine.AGENT and record.bridged_at is None
    return kept and record.verdict is Verdict.MACHINE


def _reopen(state: State, record: CallRecord, leads: dict[LeadId, Lead]) -> None:
    """A call that was in progress: unknown until the switch's list tells."""
    work = state.campaigns.get(record.campaign)
    if work is None:
        state.say(Alarm("campaign_gone", f"call {record.id} was in progress for campaign {record.campaign}"))
        return
    call = call_of(state, work, record, leads)
    state.calls[call.id] = call
    work.calls[call.id] = None
    if call.inbound:
        work.inbound[call.id] = None
    if not record.rule and call.lead is not None and not record.inbound:
        save_found(state, work.campaign, call.lead, call.id)
    if record.agent is None and record.mode in AUTOMATIC:
        call.paced = True
        facts = _facts(work, replace(record, placed_at=call.placed_at, bridged_at=None))
        for _, tell in facts if call.told_machine else facts[:-1]:
            tell()
    if (trunk := state.trunks.get(call.trunk)) is not None:
        trunk.placed(state.now, call.id, watched=False)  # its signs may have come before


def _take_line_again(state: State, line: LineOut) -> None:
    """A line beside a call goes on as long as the call does; of a third party's no more is known."""
    call, work = state.calls.get(line.call), state.campaigns.get(line.campaign)
    if call is None or work is None:
        state.end_line(line)
        return
    state.free_line(call.line_out)
    state.take_line(work, line)
    call.line_out = line.id


def call_of(state: State, work: Work, record: CallRecord, leads: dict[LeadId, Lead]) -> Call:
    """A call as kept, of which nothing is known yet but its record; its lead where it is among these."""
    lead = leads.get(record.lead) or Lead(
        id=record.lead,
        campaign=record.campaign,
        person=record.person,
        phone=record.phone,
        number=record.number,
        country="",
        zones=(),
    )
    return Call(
        id=record.id,
        campaign=work.campaign,
        reserved_at=record.reserved_at,
        mode=record.mode,
        lead=lead,
        agent=record.agent,
        state=CallState.UNKNOWN,
        since=state.now,
        decision=record.decision,
        rule=record.rule,
        trunk=record.trunk or ("" if record.inbound else next(iter(work.campaign.trunks), "")),
        inbound=record.inbound,
        placed_at=record.placed_at
        or (None if record.inbound else record.reserved_at),  # it may have left: then it counts
        progress_at=record.progress_at,
        ringing_at=record.ringing_at,
        answered_at=record.answered_at,
        agent_ready_at=record.agent_ready_at,
        bridged_at=record.bridged_at,
        joined=record.bridged_at is not None,
        recording=record.recording,
        wrapped_at=record.wrapped_at,
        disposition=record.disposition,
        caller_id=record.caller_id,
        verdict=record.verdict,
        verdict_reason=record.verdict_reason,
        detection_s=record.detection_s,
        message_at=record.message_at,
        after_beep=record.after_beep,
        audit=record.audit,
        told_machine=_detected(work, record),
        cost=record.cost,
        currency=record.currency,
        ending=Ending(cause=record.cause, tech_cause=record.tech_cause, by=record.ended_by or EndedBy.SWITCH)
        if record.cause is not None
        else None,
        talks=1 if record.bridged_at is not None else 0,
    )


def _seat_again(state: State, agent: AgentId, was: str, reason: str) -> None:
    """An agent who was at work: the leg is looked for on the switch, and the agent is where he or she was."""
    seat = state.seats.get(agent)
    if seat is None or seat.state is not AgentState.SIGNED_OUT:
        return
    seat.endpoint = seat.agent.endpoint
    on_break = was in {AgentState.BREAK, AgentState.CONNECTING, AgentState.LEG_LOST} and reason
    seat.pause_wanted = reason if on_break else None
    known = [*state.calls.values(), *state.wrapping.values()]
    theirs = [call for call in known if call.agent == agent and call.wrapped_at is None]
    if theirs:
        own = max(theirs, key=lambda call: (call.bridged_at or call.reserved_at, call.id))
        seat.call, seat.campaign = own.id, own.campaign.id
    state.put(seat, AgentState.CONNECTING)
