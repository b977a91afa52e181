"""How calls come to be placed: pace, choose leads, reserve, check again, place. Never twice for one call."""

from dataclasses import replace
from math import ceil
from operator import attrgetter

from dialer.core import at_hand, callbacks, closing
from dialer.core.agents import AgentState
from dialer.core.callers import expected as expected_callers
from dialer.core.calls import Call, CallState
from dialer.core.campaigns import Work, put_off
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.likelihood import mean_answer
from dialer.core.messages import (
    CallReserved,
    DeferLead,
    PlaceCall,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    RestPhone,
    SaveDecision,
)
from dialer.core.model import Campaign, DecisionRecord, DialFacts, Lead, Mode
from dialer.core.receipts import save_receipt
from dialer.core.rivals import in_flight, promised, rivals
from dialer.core.rules import DAY_S, Forbidden, Verdict
from dialer.core.screening import screening_of
from dialer.core.seats import free_agent
from dialer.core.showing import verdict_on
from dialer.core.state import State
from dialer.core.trunks import Trunk
from dialer.core.ways_out import as_shown, no_trunk, outwards, room, trunk_for
from pacing import Decision, Limits

UNSERVED_S = 60.0  # after this without an agent the leads at hand go back, for others to take
RETRY_BUSY_PERSON_S = 300.0
RETRY_STORE_S = 60.0
MENDED_SOON_S = 900.0  # after a refusal that an administrator can mend at any moment
OTHER_NUMBER_S = 60.0  # after a number was forbidden, another of the person may be tried
# What a decision was made of, as it is kept.
INPUTS = (
    "agents", "free", "waiting", "in_flight", "frees", "answers", "within_s", "risk", "price", "answered", "abandoned",
    "cap", "wanted", "resets", "failures",
)  # fmt: skip
_inputs = attrgetter(*INPUTS)


# ---------------------------------------------------------------- whose turn


def pace(state: State) -> None:
    """Let the campaigns for which something came free place what their mode calls for.

    They take turns to be first at shared agents and lines.
    """
    works = [work for work in state.campaigns.values() if work.campaign.id in state.awake]
    state.awake.clear()
    if works:
        state.turn = (state.turn + 1) % len(works)
        for work in works if len(works) == 1 else works[state.turn :] + works[: state.turn]:
            pace_one(state, work)


def pace_one(state: State, work: Work) -> None:
    work.blocked = blocked(state, work)
    if work.blocked:
        return
    if state.present(work):
        work.served_at = state.now
    elif work.leads and state.now - work.served_at > UNSERVED_S:
        at_hand.return_leads(state, work)
    at_hand.refill(state, work)
    callbacks.ask(state, work)
    callbacks.show(state, work)
    if work.automatic:
        _place_ahead(state, work)
    elif work.campaign.mode is Mode.PREVIEW:
        _show_previews(state, work)


def blocked(state: State, work: Work) -> str:
    """Why the campaign may place nothing at all; empty where it may."""
    none_there = not outwards(state, work.campaign)
    if state.may_place and work.running and not none_there:
        return ""
    behind_s, names = state.clock_behind_s, ", ".join(work.campaign.trunks)
    reasons = (
        (state.stopped_by, f"all dialling was stopped by {state.stopped_by}"),
        (state.draining, "the dialer is shutting down"),
        (behind_s, f"the clock was set back by {behind_s:.0f} s; nothing is dialled until it has caught up"),
        (not work.running, "the campaign is paused"),
        (not state.switch_up, "the switch is not connected"),
        (none_there, f"none of its trunks exists ({names or 'it names none'})"),
    )
    return next((text for holds, text in reasons if holds), "")


def _place_ahead(state: State, work: Work) -> None:
    at_hand.drop_undialable(state, work)
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
    state.say(SaveDecision(kept(decision, number=number, campaign=work.campaign.id, at=state.now)))
    return number


def kept(decision: Decision, *, number: int, campaign: CampaignId, at: float) -> DecisionRecord:
    """The decision as it is kept, with all the figures that its reason is made of."""
    why = decision.why
    return DecisionRecord(
        id=number,
        campaign=campaign,
        at=at,
        calls=decision.calls,
        reason=decision.reason,
        binding=str(why.binding),
        inputs=tuple(zip(INPUTS, map(float, _inputs(why)), strict=True)),
    )


def _why_none(work: Work, decision: Decision) -> str:
    if not work.leads and work.exhausted:
        return "no lead is due" if work.due_at is None else "no lead is due yet"
    return decision.reason


# ---------------------------------------------------------------- reserve, check again, place


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
    showing = as_shown(state, work.campaign, event.facts)
    verdict = _verdict(state, work.campaign, showing, call, event.facts)
    if isinstance(verdict, Forbidden):
        save_receipt(state, work.campaign, event.facts, verdict, call.id)
    refusal, retry_at = _refusal(state, work, call, verdict)
    rule = refusal
    towards = (call.lead.number, call.lead.country, call.lead.phone_type)
    trunk = trunk_for(state, work, *towards) if not refusal else None
    if isinstance(verdict, Forbidden) or showing is None or trunk is None:
        if not refusal:
            rule, refusal, retry_at = no_trunk(state, work, *towards)
        if retry_at is not None and retry_at > state.now:
            put_off(work, rule, retry_at, state.now)
        release(state, work, call, refusal, retry_at, told=rule)
        return
    call.rule, call.caller_id = verdict.rule, showing.caller_id
    save_receipt(state, work.campaign, event.facts, verdict, call.id)
    _leave(state, work, call, trunk, event)


def _leave(state: State, work: Work, call: Call, trunk: Trunk, event: CallReserved) -> None:
    """Place the call."""
    assert call.lead is not None
    work.reserving -= 1
    work.put_off = None
    state.advance(call, event)
    call.trunk = trunk.config.name
    call.placed_at = state.now
    call.screening = screening_of(state, work, call, event.facts)
    call.audit = call.screening.audit if call.screening is not None else ""
    work.placed += 1
    trunk.placed(state.now, call.id)
    state.shown.placed(call.caller_id, call.lead.person, state.now)
    state.save(call)
    state.say(
        PlaceCall(
            call=call.id,
            trunk=trunk.config.name,
            dial=trunk.dial_string(call.lead.number),
            caller_id=call.caller_id,
            ring_timeout_s=max(work.campaign.ring_timeout_s, state.law.ring_min_s(event.facts, work.campaign.purpose)),
            wait_max_s=work.campaign.wait_max_s,
            message=work.campaign.message,
            lead=call.lead.id,
            campaign=work.campaign.id,
            screening=call.screening,
            early_media=work.campaign.detection.early_media,
        )
    )


def _verdict(state: State, campaign: Campaign, showing: Campaign | None, call: Call, facts: DialFacts) -> Verdict:
    """What house, law and the campaign's own caps say at the instant of dialling."""
    if facts.lead.id in call.stopped:  # since the facts were read; an outside check may have taken its time
        facts = replace(facts, lead_open=False)
    return verdict_on(facts, campaign, showing, state.law, state.now)


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


def refused(state: State, event: ReservationRefused) -> None:
    call = state.calls.get(event.call)
    if call is None or call.state is not CallState.RESERVING:
        state.ignore(event)
        return
    work = state.campaigns[call.campaign.id]
    if call.lead is not None:
        state.say(DeferLead(call.lead.id, state.now + RETRY_BUSY_PERSON_S, "person_busy"))
    drop(state, work, call, event.reason)


def release(state: State, work: Work, call: Call, reason: str, retry_at: float | None, *, told: str = "") -> None:
    """Undo a reservation. `told`: the reason as consoles know it, for an agent who waited; empty: as it is."""
    state.say(ReleaseCall(call.id, reason, retry_at))
    drop(state, work, call, told or reason)


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
    own = in_flight(state, work) + len(work.waiting)  # of the mode before: each of these finds its agent
    left = max(0, len(seats) - ceil(answers) - waiting - own)
    for seat in seats:
        if left == 0:
            return
        if promised(state, work, seat):
            continue
        at_hand.drop_undialable(state, work)
        if not work.leads:
            return
        seat.preview = work.leads.popleft()
        seat.campaign = work.campaign.id
        state.put(seat, AgentState.PREVIEWING)
        left -= 1
