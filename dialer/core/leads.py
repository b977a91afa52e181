"""What becomes of a lead after a call: when it is tried again, or that it is finished.

A table of delays by outcome and by what the agent said; a campaign's own table goes before it. Whether a call may be
made at that time is decided by the rules, not here.
"""

from dataclasses import dataclass

from dialer.core.ids import ANYBODY, AgentId, CampaignId
from dialer.core.messages import SaveLead
from dialer.core.model import Campaign, Category, Lead, Mode
from dialer.core.outcomes import OUTCOMES, Outcome

_MINUTE_S = 60.0
_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S

ABANDONED_S = 72 * _HOUR_S
ABANDONED_GUARANTEED_S = 4 * _HOUR_S
_DOUBLINGS_MAX = 20  # by then every delay has come to its most
GUARANTEED = frozenset({Mode.MANUAL, Mode.PREVIEW})  # an agent stands ready before the number is dialled


@dataclass(frozen=True, slots=True)
class Again:
    """Tried again after `delay_s`, or finished (None). Not counted: the lead's person was never in reach of it."""

    delay_s: float | None
    counted: bool = True
    factor: float = 1.0  # of the delay, each further time in a row
    delay_max_s: float = 7 * _DAY_S
    same_number: bool = False
    campaign: CampaignId | None = None  # goes over to this one


BY_OUTCOME: dict[Outcome, Again] = {
    Outcome.CONNECTED: Again(_DAY_S),  # a conversation of which nothing was said
    Outcome.ABANDONED: Again(ABANDONED_S),
    Outcome.EARLY_HANGUP: Again(4 * _HOUR_S),
    Outcome.MACHINE: Again(4 * _HOUR_S),
    Outcome.NO_ANSWER: Again(2 * _HOUR_S),
    Outcome.BUSY: Again(15 * _MINUTE_S),
    Outcome.REJECTED: Again(4 * _HOUR_S),
    Outcome.UNREACHABLE: Again(3 * _HOUR_S),
    Outcome.INVALID: Again(15 * _MINUTE_S),  # another number's turn; one without is finished when it is claimed
    Outcome.CONGESTION: Again(10 * _MINUTE_S, counted=False),
    Outcome.FAILED: Again(10 * _MINUTE_S, counted=False),
    Outcome.CANCELLED: Again(15 * _MINUTE_S, counted=False),
    Outcome.UNKNOWN: Again(_HOUR_S),  # it may have rung: counted
    Outcome.CALLER_LEFT: Again(15 * _MINUTE_S, counted=False),  # they called, and are reachable now
    Outcome.CALLER_SERVED: Again(_DAY_S, counted=False),
}

BY_CATEGORY: dict[Category, Again] = {
    Category.RIGHT_PARTY: Again(None),
    Category.PROMISE: Again(None),
    Category.THIRD_PARTY: Again(_DAY_S),
    Category.WRONG_PERSON: Again(15 * _MINUTE_S),  # another number's turn: this one is nobody's to call
    Category.CALLBACK: Again(_DAY_S),  # where no time was given
    Category.REFUSED: Again(None),
    Category.DO_NOT_CALL: Again(None),
    Category.MACHINE: BY_OUTCOME[Outcome.MACHINE],
    Category.DECEASED: Again(None),
    Category.DISPUTE: Again(None),
    Category.CEASE: Again(None),
    Category.OTHER: BY_OUTCOME[Outcome.CONNECTED],
}


def next_attempt(
    campaign: Campaign,
    lead: Lead,
    code: str,
    now: float,
    *,
    callback_at: float | None = None,
    callback_by: AgentId | None = None,
) -> SaveLead:
    """What to keep of the lead after `code`, an outcome or a disposition of the campaign.

    A time that was asked for (`callback_at`) goes before every delay, and before `attempts_max` too: it was
    promised to somebody. Otherwise `attempts_max` ends a lead whatever happened.
    """
    again = _again(campaign, code)
    attempts = lead.attempts + again.counted
    streak = lead.streak + 1 if lead.result == code else 1
    if callback_at is not None:
        by = ANYBODY if callback_by is None else callback_by
        return SaveLead(lead.id, attempts, max(now, callback_at), code, streak, agent=by)
    if attempts >= campaign.attempts_max:
        return SaveLead(lead.id, attempts, None, code, streak)
    if again.delay_s is None:
        return SaveLead(lead.id, attempts, None, code, streak, campaign=again.campaign)
    delay_s = min(again.delay_max_s, again.delay_s * again.factor ** min(streak - 1, _DOUBLINGS_MAX))
    phone = lead.phone if again.same_number else None
    return SaveLead(lead.id, attempts, now + delay_s, code, streak, phone=phone, campaign=again.campaign)


def _again(campaign: Campaign, code: str) -> Again:
    standard = _standard(campaign, code)
    for own, to in campaign.recycling:
        if own == code:
            return Again(to.delay_s, standard.counted, to.factor, to.delay_max_s, to.same_number, to.campaign)
    return standard


def _standard(campaign: Campaign, code: str) -> Again:
    for disposition in campaign.dispositions:
        if disposition.code == code:
            return BY_CATEGORY[disposition.category]
    outcome = OUTCOMES.get(code)
    if outcome is None:  # a disposition that was taken from the campaign meanwhile
        return BY_CATEGORY[Category.OTHER]
    if outcome is Outcome.ABANDONED and campaign.mode in GUARANTEED:
        return Again(ABANDONED_GUARANTEED_S)
    return BY_OUTCOME[outcome]
