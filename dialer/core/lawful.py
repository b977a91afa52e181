"""Whether a call may be placed, by the house's own rules and by every calling rule that holds.

Asked when a lead is chosen, at the instant of dialling, and by those who want to know why.
"""

from dataclasses import dataclass, replace

from dialer.core.leads import GUARANTEED
from dialer.core.model import Campaign, DialFacts, Lead
from dialer.core.packs.hours import local_day, open_spans, spans_around, zone_of
from dialer.core.packs.lawbook import Lawbook, Terms
from dialer.core.packs.schema import Hours, Rulebook
from dialer.core.rules import DAY_S, WEEK_S, Allowed, Forbidden, Verdict, allows_from, may_dial

NO_LAW = Lawbook(Rulebook())  # the house's own rules alone
_ROUNDS_MAX = 32


def terms_of(campaign: Campaign) -> Terms:
    return Terms(campaign.purpose, campaign.caller_id, guaranteed=campaign.mode in GUARANTEED)


def unread(lead: Lead, now: float) -> DialFacts:
    """What is asked when a lead is chosen: of the person nothing is read yet, and nothing is held against a call.

    The reservation reads it, and the rules are asked again.
    """
    return DialFacts(lead=lead, consent=True, consent_at=now)


def lawful(facts: DialFacts, campaign: Campaign, book: Lawbook, now: float) -> Verdict:
    """The verdict on dialling this lead's number at `now`. The house's own rules are named first.

    `until` is when the hours of both and the caps of the law allow it; the house's own counts are asked again then.
    """
    house = may_dial(facts, campaign.rules, now)
    law = book.verdict(facts, terms_of(campaign), now)
    if isinstance(house, Allowed):
        return (
            Allowed(f"{house.rule} {law.rule}".rstrip())
            if isinstance(law, Allowed)
            else _both(facts, campaign, book, law)
        )
    return _both(facts, campaign, book, house)


def _both(facts: DialFacts, campaign: Campaign, book: Lawbook, first: Forbidden) -> Forbidden:
    """The same refusal, until the hours of the house and all of the law allow it."""
    until = first.until
    for _ in range(_ROUNDS_MAX):
        if until is None:
            break
        law = book.verdict(facts, terms_of(campaign), until)
        later = law.until if isinstance(law, Forbidden) else allows_from(facts, campaign.rules, until)
        if later == until:
            break
        until = later
    return replace(first, until=until)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a lead may be called, or the rule that forbids it."""

    since: float
    until: float
    shut: Forbidden | None


def stretches(facts: DialFacts, campaign: Campaign, book: Lawbook, *, since: float, until: float) -> list[Stretch]:
    """When the lead may be called between two instants, should no call be made meanwhile; one after the other.

    `facts` must have been read at `since` or before.
    """
    found: list[Stretch] = []
    now = since
    while now < until:
        verdict = lawful(_at(facts, now), campaign, book, now)
        shut = verdict if isinstance(verdict, Forbidden) else None
        ends = open_until(facts, campaign, book, now) if shut is None else shut.until
        end = until if ends is None else min(ends, until)
        last = found[-1] if found else None
        if last is not None and (last.shut.rule if last.shut else "") == (shut.rule if shut else ""):
            found[-1] = replace(last, until=end)
        else:
            found.append(Stretch(now, end, shut))
        now = end
    return found


def _at(facts: DialFacts, now: float) -> DialFacts:
    """The same facts, counted at a later time."""
    numbers = [dial.at for dial in facts.dials if dial.number]
    people = [dial.at for dial in facts.dials if dial.person]
    return replace(
        facts,
        dials_of_number_24h=sum(at > now - DAY_S for at in numbers),
        dials_of_person_24h=sum(at > now - DAY_S for at in people),
        dials_of_person_7d=sum(at > now - WEEK_S for at in people),
    )


def open_until(facts: DialFacts, campaign: Campaign, book: Lawbook, now: float) -> float:
    """Until when at most the hours of house and law stay open."""
    ends = [book.open_until(facts, terms_of(campaign), now)]
    windows = tuple(Hours(one.days, one.opens_min, one.closes_min) for one in campaign.rules.windows)
    for name in facts.lead.zones:
        zone = zone_of(name)
        ends += [end for begin, end in open_spans(zone, local_day(zone, now), windows) if begin <= now < end]
        ends += [begin for begin, _ in spans_around(name, facts.inconvenient, now) if begin > now]
    return min(ends)
