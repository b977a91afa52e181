"""The leads that a campaign has at hand: asked for before they run out, given back when they may not be called."""

from collections import deque

from dialer.core import callbacks
from dialer.core.calls import CallState
from dialer.core.campaigns import CLAIM_PATIENCE_S, SeenOpen, Work, keep_caps, put_off
from dialer.core.ids import LeadId
from dialer.core.lawful import lawful, unread
from dialer.core.likelihood import scored
from dialer.core.messages import ClaimLeads, DeferLead, LeadsClaimed, ListChanged, ReturnLeads
from dialer.core.model import Lead, Mode
from dialer.core.receipts import save_receipt
from dialer.core.rules import DAY_S, Forbidden
from dialer.core.state import State
from dialer.core.ways_out import as_shown

LEADS_MIN = 20  # kept at hand for a campaign that dials
LEADS_PER_AGENT = 4
RECHECK_EMPTY_S = 30.0


def refill(state: State, work: Work) -> None:
    """Ask for leads before those at hand run out; one question at a time."""
    asked = work.claim_asked_at
    if asked is not None and state.now - asked < CLAIM_PATIENCE_S:
        return
    if work.exhausted and (work.due_at is None or work.due_at > state.now):
        return
    agents = state.present(work)
    wanted = max(LEADS_MIN, LEADS_PER_AGENT * agents)
    if work.campaign.mode is Mode.MANUAL or agents == 0 or len(work.leads) > wanted // 2:
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
    work.told_due_at = event.due_at
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
    work.claim_asked_at, work.exhausted, work.due_at, work.put_off = None, False, None, None


def list_changed(state: State, event: ListChanged) -> None:
    work = state.campaigns.get(event.campaign)
    if work is None:
        state.ignore(event)
        return
    return_leads(state, work)
    state.awake[work.campaign.id] = None


def drop_undialable(state: State, work: Work) -> None:
    """Put back the leads in front whose hours have closed since they were claimed."""
    # Hours begin and end on minutes: those of the lead in front are looked at once in each of them.
    while work.leads:
        lead, seen = work.leads[0], work.seen_open
        fresh = seen.is_fresh(work.campaign, state.law, state.now)
        if fresh and seen.lead is lead:
            return
        kind = _kind(state, work, lead)
        verdict = None if fresh and seen.kind == kind else hours(state, work, lead)
        if verdict is None:
            work.seen_open = SeenOpen(kind, work.campaign, state.law, int(state.now // 60.0), lead)
            return
        work.refused[verdict.rule] += 1
        save_receipt(state, work.campaign, unread(lead, state.now), verdict)
        put_off(work, verdict.rule, defer(state, work.leads.popleft(), verdict), state.now)


def _kind(state: State, work: Work, lead: Lead) -> tuple[object, ...]:
    """All that `hours` goes by. Which number is shown, and with it what a rule says of that, is each person's own."""
    place = lead.zones, lead.country, state.law.regions_of(lead.number)
    return (*place, lead.id) if state.shown.serves(work.campaign) else place


def hours(state: State, work: Work, lead: Lead) -> Forbidden | None:
    facts = unread(lead, state.now)
    campaign = as_shown(state, work.campaign, facts) or work.campaign
    verdict = lawful(facts, campaign, state.law, state.now)
    return verdict if isinstance(verdict, Forbidden) else None


def defer(state: State, lead: Lead, verdict: Forbidden) -> float:
    """Put the lead back until it may be called; when that is."""
    due_at = verdict.until if verdict.until is not None else state.now + DAY_S
    state.say(DeferLead(lead.id, due_at, verdict.rule))
    return due_at
