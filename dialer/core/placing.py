"""How calls come to be placed: pace, choose leads, reserve, check again, place. Never twice for one call."""

from collections import deque
from dataclasses import replace
from math import ceil

from dialer.core import callbacks, closing
from dialer.core.agents import AgentState
from dialer.core.callers import expected as expected_callers
from dialer.core.calls import Call, CallState
from dialer.core.campaigns import CLAIM_PATIENCE_S, SeenOpen, Work, keep_caps
from dialer.core.ids import AgentId, CallId, LeadId
from dialer.core.lawful import lawful, unread
from dialer.core.likelihood import mean_answer, scored
from dialer.core.messages import (
    CallReserved,
    ClaimLeads,
    DeferLead,
    LeadsClaimed,
    ListChanged,
    PlaceCall,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    RestPhone,
    ReturnLeads,
    SaveDecision,
)
from dialer.core.model import DecisionRecord, DialFacts, Lead, Mode
from dialer.core.receipts import save_receipt
from dialer.core.rivals import promised, rivals
from dialer.core.routing import deal, in_turn
from dialer.core.rules import DAY_S, Allowed, Forbidden, Verdict
from dialer.core.screening import screening_of
from dialer.core.seats import free_agent
from dialer.core.selection import capped
from dialer.core.state import State
from dialer.core.trunks import Trunk
from pacing import Decision, Limits

LEADS_MIN = 20  # kept at hand for a campaign that dials
LEADS_PER_AGENT = 4
RECHECK_EMPTY_S = 30.0
UNSERVED_S = 60.0  # after this without an agent the leads at hand go back, for others to take
RETRY_BUSY_PERSON_S = 300.0
RETRY_STORE_S = 60.0
MENDED_SOON_S = 900.0  # after a refusal that an administrator can mend at any moment
NO_WAY_S = 1800.0  # trunks have hours, and their configuration changes
OTHER_NUMBER_S = 60.0  # after a number was forbidden, another of the person may be tried


# ---------------------------------------------------------------- whose turn


def pace(state: State) -> None:
    """Let the campaigns for which something came free place what their mode calls for.

    They take turns to be first at shared agents and lines.
    """
    works = [work for work in state.campaigns.values() if work.campaign.id in state.awake]
    state.awake.clear()
    if works:
        state.turn = (state.turn + 1) % len(works)
        for work in works[state.turn :] + works[: state.turn]:
            pace_one(state, work)


def pace_one(state: State, work: Work) -> None:
    work.blocked = blocked(state, work)
    if work.blocked:
        return
    if state.present(work):
        work.served_at = state.now
    elif work.leads and state.now - work.served_at > UNSERVED_S:
        return_leads(state, work)
    refill(state, work)
    callbacks.ask(state, work)
    callbacks.show(state, work)
    if work.automatic:
        _place_ahead(state, work)
    elif work.campaign.mode is Mode.PREVIEW:
        _show_previews(state, work)


def blocked(state: State, work: Work) -> str:
    """Why the campaign may place nothing at all; empty where it may."""
    no_trunk = not any(name in state.trunks for name in work.campaign.trunks)
    if state.may_place and work.running and not no_trunk:
        return ""
    behind_s, names = state.clock_behind_s, ", ".join(work.campaign.trunks)
    reasons = (
        (state.stopped_by, f"all dialling was stopped by {state.stopped_by}"),
        (state.draining, "the dialer is shutting down"),
        (behind_s, f"the clock was set back by {behind_s:.0f} s; nothing is dialled until it has caught up"),
        (not work.running, "the campaign is paused"),
        (not state.switch_up, "the switch is not connected"),
        (no_trunk, f"none of its trunks exists ({names or 'it names none'})"),
    )
    return next((text for holds, text in reasons if holds), "")


def _place_ahead(state: State, work: Work) -> None:
    _drop_undialable(state, work)
    closing.drain(state, work)
    lines = min(work.lines_free, room(state, work))
    shared, waiting = rivals(state, work)
    coming, callers_waiting = expected_callers(state, work)
    first = work.leads[0] if work.leads else None
    limits = Limits(
        lines_free=lines,
        calls_max=len(work.leads),
        agents_shared=shared + coming,
        waiting_elsewhere=waiting + callers_waiting,
        p_answer=mean_answer(work.leads),
        segment=first.segment if first else "",
    )
    decision = work.pacer.decide(state.now, limits)
    number = _keep(state, work, decision)
    for _ in range(decision.calls):
        reserve(state, work, lead=work.leads.popleft(), decision=number)


def _keep(state: State, work: Work, decision: Decision) -> int | None:
    """Keep a decision that places calls, or that is bound by something else than the one before."""
    former, work.decision = work.decision, decision
    if decision.calls == 0:
        work.blocked = _why_none(work, decision) if decision.why.in_flight == 0 else ""
        if former is not None and former.why.binding is decision.why.binding:
            return None
    number = state.next_decision
    state.next_decision += 1
    why = decision.why
    inputs = (
        ("agents", why.agents),
        ("free", why.free),
        ("waiting", why.waiting),
        ("in_flight", why.in_flight),
        ("frees", why.frees),
        ("answers", why.answers),
        ("risk", why.risk),
        ("price", why.price),
        ("answered", why.answered),
        ("abandoned", why.abandoned),
        ("cap", why.cap),
        ("wanted", why.wanted),
        ("resets", why.resets),
    )
    record = DecisionRecord(
        id=number,
        campaign=work.campaign.id,
        at=state.now,
        calls=decision.calls,
        reason=decision.reason,
        binding=str(why.binding),
        inputs=tuple((name, float(value)) for name, value in inputs),
    )
    state.say(SaveDecision(record))
    return number


def _why_none(work: Work, decision: Decision) -> str:
    if not work.leads and work.exhausted:
        return "no lead is due" if work.due_at is None else "no lead is due yet"
    return decision.reason


# ---------------------------------------------------------------- leads at hand


def refill(state: State, work: Work) -> None:
    """Ask for leads before those at hand run out; one question at a time."""
    asked = work.claim_asked_at
    if asked is not None and state.now - asked < CLAIM_PATIENCE_S:
        return
    if work.exhausted and (work.due_at is None or work.due_at > state.now):
        return
    wanted = max(LEADS_MIN, LEADS_PER_AGENT * state.present(work))
    if work.campaign.mode is Mode.MANUAL or state.present(work) == 0 or len(work.leads) > wanted // 2:
        return
    work.claim_asked_at, work.claim_count = state.now, wanted - len(work.leads)
    state.say(ClaimLeads(work.campaign.id, work.claim_count))


def leads_claimed(state: State, event: LeadsClaimed) -> None:
    work = state.campaigns.get(event.campaign)
    useless = work is not None and work.campaign.mode is Mode.MANUAL  # since the question was asked
    if work is None or not work.running or useless or state.draining or state.stopped_by:
        if event.leads:
            state.say(ReturnLeads(tuple(lead.id for lead in event.leads)))
        return
    work.claim_asked_at = None
    work.exhausted = len(event.leads) < work.claim_count
    # Leads come in by import and come back from calls, so an empty list is looked at again.
    again = state.now + RECHECK_EMPTY_S
    work.due_at = min(again, max(state.now + 1.0, event.due_at)) if event.due_at is not None else again
    work.leads.extend(scored(state.models.get(work.campaign.id), event.leads, state.now))
    if new := {lead.country for lead in event.leads} - work.countries:
        keep_caps(work, state.law, state.now, new)
    work.served_at = state.now
    state.awake[work.campaign.id] = None


def leads_stopped(state: State, work: Work, leads: frozenset[LeadId]) -> None:
    """Let go of leads at hand that may not be called any more."""
    callbacks.give_back(state, work, leads)
    for call in map(state.calls.__getitem__, work.calls):
        if call.state is CallState.RESERVING:
            call.stopped |= leads
    gone = [lead for lead in work.leads if lead.id in leads]
    if gone:
        state.say(ReturnLeads(tuple(lead.id for lead in gone)))
        work.leads = deque(lead for lead in work.leads if lead.id not in leads)


def return_leads(state: State, work: Work) -> None:
    """Give back all leads at hand."""
    callbacks.give_back(state, work)
    if work.leads:
        state.say(ReturnLeads(tuple(lead.id for lead in work.leads)))
        work.leads.clear()
    work.claim_asked_at, work.exhausted, work.due_at = None, False, None


def list_changed(state: State, event: ListChanged) -> None:
    work = state.campaigns.get(event.campaign)
    if work is None:
        state.ignore(event)
        return
    return_leads(state, work)
    state.awake[work.campaign.id] = None


def _drop_undialable(state: State, work: Work) -> None:
    """Put back the leads in front whose hours have closed since they were claimed."""
    # Hours begin and end on minutes: the lead in front is looked at once in each of them.
    while work.leads and not work.seen_open.holds(work.leads[0], work.campaign, state.law, state.now):
        verdict = _hours(state, work, work.leads[0])
        if verdict is None:
            work.seen_open = SeenOpen(work.leads[0], work.campaign, state.law, int(state.now // 60.0))
            return
        work.refused[verdict.rule] += 1
        save_receipt(state, work.campaign, unread(work.leads[0], state.now), verdict)
        _defer(state, work.leads.popleft(), verdict)


def _hours(state: State, work: Work, lead: Lead) -> Forbidden | None:
    verdict = lawful(unread(lead, state.now), work.campaign, state.law, state.now)
    return verdict if isinstance(verdict, Forbidden) else None


def _defer(state: State, lead: Lead, verdict: Forbidden) -> None:
    due_at = verdict.until if verdict.until is not None else state.now + DAY_S
    state.say(DeferLead(lead.id, due_at, verdict.rule))


# ---------------------------------------------------------------- reserve, check again, place


def room(state: State, work: Work) -> int:
    """Calls that the campaign's trunks take now, less those being reserved on them."""
    names = [name for name in work.campaign.trunks if name in state.trunks]
    rooms = sum(state.trunks[name].room(state.now) for name in names)
    reserving = sum(other.reserving for other in state.campaigns.values() if set(names) & set(other.campaign.trunks))
    return max(0, rooms - reserving)


def reserve(
    state: State,
    work: Work,
    *,
    lead: Lead | None = None,
    lead_id: LeadId | None = None,
    number: str | None = None,
    agent: AgentId | None = None,
    mode: Mode | None = None,
    decision: int | None = None,
) -> CallId:
    """Begin a call: ask the store for person and number. `mode` is the call's own where it is not the campaign's."""
    call_id = CallId(state.next_call)
    state.next_call += 1
    call = Call(
        id=call_id,
        campaign=work.campaign,
        reserved_at=state.now,
        mode=mode or work.campaign.mode,
        lead=lead,
        agent=agent,
        since=state.now,
        decision=decision,
    )
    state.calls[call_id] = call
    work.calls[call_id] = None
    work.reserving += 1
    if agent is None:
        call.paced = True
        p_answer, segment = (lead.p_answer, lead.segment) if lead else (None, "")
        work.pacer.call_placed(state.now, call_id, segment=segment, p_answer=p_answer)
    state.say(
        ReserveCall(call=call_id, campaign=work.campaign.id, lead=lead, lead_id=lead_id, number=number, agent=agent)
    )
    return call_id


def reserved(state: State, event: CallReserved) -> None:
    """The reservation is durable: check the rules with the facts it read, and place the call or release it."""
    call = state.calls.get(event.call)
    if call is None or call.state is not CallState.RESERVING:
        state.ignore(event)
        state.say(ReleaseCall(event.call, "too late", state.now + RETRY_STORE_S))
        return
    work = state.campaigns[call.campaign.id]
    call.lead = event.facts.lead
    verdict = _verdict(state, work, call, event.facts)
    if isinstance(verdict, Forbidden):
        save_receipt(state, work.campaign, event.facts, verdict, call.id)
    refusal, retry_at = _refusal(state, work, call, verdict)
    trunk = _trunk(state, work, call.lead)
    if isinstance(verdict, Forbidden) or refusal or trunk is None:
        if not refusal:
            refusal, retry_at = _no_way(state, work, call.lead)
        release(state, work, call, refusal, retry_at)
        return
    work.reserving -= 1
    state.advance(call, event)
    call.rule = verdict.rule
    call.trunk = trunk.config.name
    call.placed_at = state.now
    call.screening = screening_of(state, work, call, event.facts)
    work.placed += 1
    trunk.placed(state.now, call.id)
    state.save(call)
    save_receipt(state, work.campaign, event.facts, verdict, call.id)
    state.say(
        PlaceCall(
            call=call.id,
            trunk=trunk.config.name,
            dial=trunk.dial_string(call.lead.number),
            caller_id=work.campaign.caller_id,
            ring_timeout_s=max(work.campaign.ring_timeout_s, state.law.ring_min_s(event.facts, work.campaign.purpose)),
            wait_max_s=work.campaign.wait_max_s,
            message=work.campaign.message,
            lead=call.lead.id,
            campaign=work.campaign.id,
            screening=call.screening,
        )
    )


def _verdict(state: State, work: Work, call: Call, facts: DialFacts) -> Verdict:
    """What house, law and the campaign's own caps say at the instant of dialling."""
    if facts.lead.id in call.stopped:  # since the facts were read; an outside check may have taken its time
        facts = replace(facts, lead_open=False)
    verdict = lawful(facts, work.campaign, state.law, state.now)
    if isinstance(verdict, Allowed):
        return capped(work.campaign.selection.caps, facts.dials, state.now) or verdict
    return verdict


def _refusal(state: State, work: Work, call: Call, verdict: Verdict) -> tuple[str, float | None]:
    """Why the call must not be placed now, and when its lead may be tried again; empty where it may be placed."""
    if not state.may_place:
        return "dialling is stopped", state.now
    if call.agent is None and not work.running:
        return "the campaign was paused", state.now
    if isinstance(verdict, Forbidden):
        work.refused[verdict.rule] += 1
        until = verdict.until
        if until is None:
            until = state.now + (MENDED_SOON_S if verdict.mends else DAY_S)
        if not verdict.of_number or call.lead is None:
            return verdict.rule, until
        state.say(RestPhone(call.lead.phone, until))
        return verdict.rule, min(until, state.now + OTHER_NUMBER_S)
    if call.agent is not None and not _awaits(state, call):
        return "the agent is no longer there", state.now
    return "", state.now


def _awaits(state: State, call: Call) -> bool:
    seat = state.seat_of(call)
    return seat is not None and seat.state is AgentState.DIALLING and seat.leg_up


def _trunk(state: State, work: Work, lead: Lead) -> Trunk | None:
    """The trunk that this call goes out by, of those that carry the number now and have room."""
    ways = [
        (name, state.trunks[name].config)
        for name in work.campaign.trunks
        if name in state.trunks
        and state.trunks[name].config.carries(lead.number, lead.country, lead.phone_type, state.now)
    ]
    for name in in_turn(ways, work.dealt, lead.number, least_cost=work.campaign.least_cost):
        if state.trunks[name].room(state.now) > 0:
            deal(ways, work.dealt, name)
            return state.trunks[name]
    return None


def _no_way(state: State, work: Work, lead: Lead) -> tuple[str, float]:
    """Why no trunk takes the call, and when it may be tried again."""
    trunks = [state.trunks[name].config for name in work.campaign.trunks if name in state.trunks]
    if any(one.carries(lead.number, lead.country, lead.phone_type, state.now) for one in trunks):
        return "no trunk has room", state.now
    return "no trunk carries the number", state.now + NO_WAY_S


def refused(state: State, event: ReservationRefused) -> None:
    call = state.calls.get(event.call)
    if call is None or call.state is not CallState.RESERVING:
        state.ignore(event)
        return
    work = state.campaigns[call.campaign.id]
    if call.lead is not None:
        state.say(DeferLead(call.lead.id, state.now + RETRY_BUSY_PERSON_S, "person_busy"))
    drop(state, work, call, event.reason)


def release(state: State, work: Work, call: Call, reason: str, retry_at: float | None) -> None:
    """Undo a reservation."""
    state.say(ReleaseCall(call.id, reason, retry_at))
    drop(state, work, call, reason)


def drop(state: State, work: Work, call: Call, reason: str) -> None:
    """Forget a call of which nothing left the machine; an agent who waited for it is told and free."""
    if call.state is CallState.RESERVING:
        work.reserving -= 1
    call.state = CallState.ENDED
    state.calls.pop(call.id, None)
    work.calls.pop(call.id, None)
    if call.paced:
        work.pacer.call_ended(state.now, call.id, "cancelled")
    free_agent(state, call, reason)


# ---------------------------------------------------------------- preview


def _show_previews(state: State, work: Work) -> None:
    """Show a lead to each ready agent of the campaign whom no other campaign's call counts on."""
    seats = [state.seats[agent] for agent in state.ready if work.campaign.id in state.seats[agent].agent.campaigns]
    answers, waiting = rivals(state, work)
    left = max(0, len(seats) - ceil(answers) - waiting)
    for seat in seats:
        if left == 0:
            return
        if promised(state, work, seat):
            continue
        _drop_undialable(state, work)
        if not work.leads:
            return
        seat.preview = work.leads.popleft()
        seat.campaign = work.campaign.id
        state.put(seat, AgentState.PREVIEWING)
        left -= 1
