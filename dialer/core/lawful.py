"""Whether a call may be placed, by the house's own rules and by every calling rule that holds.

Asked when a lead is chosen, at the instant of dialling, and by those who want to know why.
"""

from dialer.core.leads import GUARANTEED
from dialer.core.model import Campaign, DialFacts
from dialer.core.packs.lawbook import Lawbook, Terms
from dialer.core.packs.schema import Rulebook
from dialer.core.rules import Allowed, Forbidden, Verdict, may_dial, opens_at

NO_LAW = Lawbook(Rulebook())  # the house's own rules alone
_ROUNDS_MAX = 32


def terms_of(campaign: Campaign) -> Terms:
    return Terms(campaign.purpose, campaign.caller_id, guaranteed=campaign.mode in GUARANTEED)


def lawful(facts: DialFacts, campaign: Campaign, book: Lawbook, now: float) -> Verdict:
    """The verdict on dialling this lead's number at `now`. The house's own rules are named first.

    `until` is when both may allow it: the house's counts are those of `now`, so its caps may free a little earlier.
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
        opens = opens_at(facts.lead.zones, campaign.rules, until)
        later = law.until if isinstance(law, Forbidden) else opens
        if later == until:
            break
        until = later
    return Forbidden(first.rule, first.reason, until)
