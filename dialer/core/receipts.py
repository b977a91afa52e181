"""What is kept for good of each verdict: the rules that were held against a call, and what they were held against.

A receipt says nothing that tells who the person is: counts, times and zones alone.
"""

from datetime import UTC, datetime
from functools import lru_cache

from dialer.core.ids import CallId
from dialer.core.messages import SaveReceipt
from dialer.core.model import Campaign, DialFacts, Lead, Receipt
from dialer.core.packs.hours import zone_of
from dialer.core.rules import Allowed, Rules, Verdict
from dialer.core.state import State

RESTART = "restart"  # the rule of a call that was found open, its receipt lost with the process
FOUND = "found open at a restart: it may have left the machine"


def save_receipt(
    state: State, campaign: Campaign, facts: DialFacts, verdict: Verdict, call: CallId | None = None
) -> None:
    """Keep the verdict. `call` is None where a lead was passed over before anything was reserved."""
    allowed = isinstance(verdict, Allowed)
    why = why_allowed(facts, campaign.rules, state.now) if isinstance(verdict, Allowed) else verdict.reason
    state.say(SaveReceipt(_receipt(state, campaign, facts.lead, verdict.rule, why=why, call=call, allowed=allowed)))


def save_found(state: State, campaign: Campaign, lead: Lead, call: CallId) -> None:
    """A reservation of which nothing was saved was found at a restart: it counts as a call, and its receipt says so."""
    state.say(SaveReceipt(_receipt(state, campaign, lead, RESTART, why=FOUND, call=call, allowed=True)))


def _receipt(
    state: State, campaign: Campaign, lead: Lead, rule: str, *, why: str, call: CallId | None, allowed: bool
) -> Receipt:
    return Receipt(
        at=state.now,
        campaign=campaign.id,
        lead=lead.id,
        person=lead.person,
        number=lead.number,
        allowed=allowed,
        rule=rule,
        why=why,
        call=call,
    )


def why_allowed(facts: DialFacts, rules: Rules, now: float) -> str:
    """What the rules were held against, in words: local times, what was counted, what the person agreed to."""
    told = [_local_time(now // 60.0 * 60.0, name) for name in facts.lead.zones]
    counts = (
        ("number, 24 h", facts.dials_of_number_24h, rules.number_dials_24h_max),
        ("person, 24 h", facts.dials_of_person_24h, rules.person_dials_24h_max),
        ("person, 7 d", facts.dials_of_person_7d, rules.person_dials_7d_max),
    )
    told += [f"{count} of {limit} dials ({what})" for what, count, limit in counts if limit is not None]
    if facts.dials:
        told.append(f"{len(facts.dials)} dials counted by calling rules")
    if facts.person_contacted_at is not None:
        told.append(f"last talk {_day(facts.person_contacted_at)}")
    if facts.consent:
        told.append("agreed" + (f" {_day(facts.consent_at)}" if facts.consent_at is not None else ""))
    if facts.inconvenient:
        told.append("outside the hours told to be inconvenient")
    return "; ".join(told)


@lru_cache(maxsize=256)  # every call of a minute says the same
def _local_time(minute: float, zone: str) -> str:
    return f"{datetime.fromtimestamp(minute, zone_of(zone)):%a %H:%M} in {zone}"


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
