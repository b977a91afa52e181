"""Which number of ours a person is shown: the first of the pools' that every calling rule of their country allows.

Asked by the engine before a call, and by those who want to know what it would say.
"""

from dataclasses import replace

from dialer.core.caller_ids import Shown
from dialer.core.lawful import lawful
from dialer.core.messages import CallerIdsTold
from dialer.core.model import Campaign, DialFacts
from dialer.core.nature import never_connects
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import Forbidden, Verdict
from dialer.core.selection import capped

NO_NUMBER_S = 1800.0  # numbers come back at the end of the day or of their rest
NOTHING_SHOWN = "no_number_shown"  # what stands in the way where none may be


def as_shown(shown: Shown, campaign: Campaign, facts: DialFacts, law: Lawbook, now: float) -> Campaign | None:
    """The campaign with the number that this person is to be shown; None where none may be shown now.

    Of the pools' numbers the first that every calling rule of the person's country allows, else the campaign's own;
    without pools for the campaign its own, which the rules are then held against as ever. A number of a pool is never
    shown while it rests, nor beyond its day.
    """
    is_own_free = shown.is_own_free(campaign, now)
    if not shown.serves(campaign):
        return campaign if is_own_free else None
    lead = facts.lead
    before = tuple(dial.caller_id for dial in reversed(facts.dials) if dial.person and dial.caller_id)
    numbers = shown.candidates(campaign, lead.country, lead.number, lead.person, now, before=before)
    if campaign.caller_id and is_own_free:
        numbers.append(campaign.caller_id)
    allowed = next((one for one in numbers if law.may_show(facts, campaign.purpose, one, now)), None)
    return None if allowed is None else replace(campaign, caller_id=allowed)


def lawful_showing(facts: DialFacts, campaign: Campaign, showing: Campaign | None, law: Lawbook, now: float) -> Verdict:
    """What the rules say of the campaign's call with the number that `as_shown` chose; without one, it is not made."""
    verdict = lawful(facts, showing or campaign, law, now)
    if showing is None and not (isinstance(verdict, Forbidden) and not verdict.rule.endswith(".caller_id")):
        return Forbidden(NOTHING_SHOWN, "no number may be shown", now + NO_NUMBER_S, mends=True)
    return verdict


def lawful_as_shown(facts: DialFacts, campaign: Campaign, law: Lawbook, shown: Shown, now: float) -> Verdict:
    """What the rules say of the call as the engine would make it."""
    return lawful_showing(facts, campaign, as_shown(shown, campaign, facts, law, now), law, now)


def verdict_on(facts: DialFacts, campaign: Campaign, showing: Campaign | None, law: Lawbook, now: float) -> Verdict:
    """All that is held against a call at the instant of dialling: house and law, the campaign's own caps, and what the
    number's calls taught. Asked of every number that leads outwards, whoever dials it and for whatever."""
    verdict = lawful_showing(facts, campaign, showing, law, now)
    if isinstance(verdict, Forbidden):
        return verdict
    return capped(campaign.selection.caps, facts.dials, now) or never_connects(facts.dials, now) or verdict


def learn_use(shown: Shown, told: CallerIdsTold, now: float) -> None:
    """Take what the store knows of the numbers' use and rests."""
    for known in told.numbers:
        if (one := shown.numbers.get(known.number)) is not None:
            one.turn(now)
            one.days_used, one.today = known.days_used, known.today
            if known.rests_until > now:
                one.rests_until, one.reason = known.rests_until, known.reason
                one.against, one.by = known.against, known.by
