"""The end of the calling hours, told to pacing beforehand: it drains, so that nobody is rung who could answer too late.

The hours are those of the lead in front. Where others at hand may be called for longer, they come first: the last
minute of one time zone holds nobody up.
"""

from collections import deque

from dialer.core.campaigns import Work
from dialer.core.lawful import lawful, open_until, unread
from dialer.core.model import Lead
from dialer.core.rules import Allowed
from dialer.core.state import State
from dialer.core.ways_out import as_shown

AHEAD_S = 120.0  # a close further away than this changes nothing yet


def drain(state: State, work: Work) -> None:
    """Tell pacing when the hours of the leads at hand end, where that is soon."""
    at = None
    if work.leads:
        at = _closes_at(state, work, work.leads[0])
        if at - state.now < work.campaign.ring_timeout_s:
            at = _longest_first(state, work)
    at = at if at is not None and at - state.now < AHEAD_S else None
    if at != work.closings.told:
        work.closings.told = at
        work.pacer.closes_at(state.now, at)


def _longest_first(state: State, work: Work) -> float:
    """Put the leads first that may be called for longer than a call rings; when those in front close."""
    soon = state.now + work.campaign.ring_timeout_s
    longer = [lead for lead in work.leads if _closes_at(state, work, lead) >= soon]
    if longer:
        work.leads = deque([*longer, *(lead for lead in work.leads if _closes_at(state, work, lead) < soon)])
    return _closes_at(state, work, work.leads[0])


def _closes_at(state: State, work: Work, lead: Lead) -> float:
    known, minute = work.closings, int(state.now // 60.0)
    if known.minute != minute or known.campaign is not work.campaign or known.law is not state.law:
        known.minute, known.campaign, known.law = minute, work.campaign, state.law
        known.until.clear()
    key = lead.zones, lead.country
    until = known.until.get(key)
    if until is None:
        until = known.until[key] = _until(state, work, lead)
    return until


def _until(state: State, work: Work, lead: Lead) -> float:
    """When the stretch ends in which the lead may be called; hours that go on at midnight do not end there."""
    facts = unread(lead, state.now)
    campaign = as_shown(state, work.campaign, facts) or work.campaign
    until = open_until(facts, campaign, state.law, state.now)
    if until - state.now < AHEAD_S and isinstance(lawful(facts, campaign, state.law, until), Allowed):
        return open_until(facts, campaign, state.law, until)
    return until
