"""What a call teaches of the number that it went to: a table of states and signs. Pure.

A number that is disconnected, or somebody else's, is never dialled again for that person; one that was reported not to
exist once is given a day, since carriers err.
"""

from enum import StrEnum

from dialer.core.messages import SavePhone
from dialer.core.model import Campaign, Category, Lead
from dialer.core.outcomes import OUTCOMES, Outcome
from pacing.fixed import fixed

MACHINES_MAX = 5  # in a row, then nobody is expected there
SUSPECT_S = 86_400.0


class Quality(StrEnum):
    UNKNOWN = ""
    GOOD = "good"  # the right party was spoken with
    MACHINE_ONLY = "machine_only"
    SUSPECT = "suspect"  # reported once not to exist
    DISCONNECTED = "disconnected"
    WRONG_PERSON = "wrong_person"  # somebody else's, as they said


class Sign(StrEnum):
    """What of a call tells of the number."""

    RIGHT_PARTY = "right party"
    SOMEBODY = "somebody"
    MACHINE = "machine"
    NO_SUCH = "no such number"
    WRONG_PERSON = "wrong person"
    RINGS = "rings"


ANSWERED = frozenset({Sign.RIGHT_PARTY, Sign.SOMEBODY, Sign.WRONG_PERSON})
DEAD = frozenset({Quality.DISCONNECTED, Quality.WRONG_PERSON})

_BY_OUTCOME = {
    Outcome.INVALID: Sign.NO_SUCH,
    Outcome.MACHINE: Sign.MACHINE,
    Outcome.NO_ANSWER: Sign.RINGS,
    Outcome.BUSY: Sign.RINGS,
    Outcome.CONNECTED: Sign.SOMEBODY,
    Outcome.ABANDONED: Sign.SOMEBODY,
    Outcome.EARLY_HANGUP: Sign.SOMEBODY,
}
_BY_CATEGORY = {
    Category.RIGHT_PARTY: Sign.RIGHT_PARTY,
    Category.PROMISE: Sign.RIGHT_PARTY,
    Category.CALLBACK: Sign.SOMEBODY,
    Category.REFUSED: Sign.SOMEBODY,
    Category.THIRD_PARTY: Sign.SOMEBODY,
    Category.WRONG_PERSON: Sign.WRONG_PERSON,
    Category.MACHINE: Sign.MACHINE,
}
# What each sign makes of a number; what is not here stays as it is.
NEXT: dict[Sign, dict[Quality, Quality]] = {
    Sign.RIGHT_PARTY: dict.fromkeys(Quality, Quality.GOOD),
    Sign.SOMEBODY: {Quality.SUSPECT: Quality.UNKNOWN, Quality.MACHINE_ONLY: Quality.UNKNOWN},
    Sign.RINGS: {Quality.SUSPECT: Quality.UNKNOWN},
    Sign.MACHINE: {Quality.SUSPECT: Quality.UNKNOWN},
    Sign.NO_SUCH: {
        Quality.UNKNOWN: Quality.SUSPECT,
        Quality.GOOD: Quality.SUSPECT,
        Quality.MACHINE_ONLY: Quality.SUSPECT,
        Quality.SUSPECT: Quality.DISCONNECTED,
    },
    Sign.WRONG_PERSON: dict.fromkeys(Quality, Quality.WRONG_PERSON),
}


@fixed
class Learned:
    quality: Quality
    machines: int  # in a row


def learned(quality: Quality, machines: int, sign: Sign) -> Learned:
    """The number's standing after a sign."""
    after = NEXT[sign].get(quality, quality)
    if sign is not Sign.MACHINE:
        return Learned(after, machines if sign in {Sign.RINGS, Sign.NO_SUCH} else 0)
    machines += 1
    return Learned(Quality.MACHINE_ONLY if machines >= MACHINES_MAX and after not in DEAD else after, machines)


def sign_of(campaign: Campaign, code: str) -> Sign | None:
    """What an outcome or a disposition of the campaign tells of the number; None: nothing."""
    for disposition in campaign.dispositions:
        if disposition.code == code:
            return _BY_CATEGORY.get(disposition.category)
    outcome = OUTCOMES.get(code)
    return _BY_OUTCOME.get(outcome) if outcome is not None else None


def number_after(campaign: Campaign, lead: Lead, code: str, now: float) -> SavePhone | None:
    """What to keep of the lead's number after `code`; None where it tells nothing of the number."""
    sign = sign_of(campaign, code)
    if sign is None:
        return None
    found = learned(Quality(lead.quality), lead.machines, sign)
    return SavePhone(
        lead.phone,
        found.quality,
        found.machines,
        calls=lead.called_before + 1,
        answers=lead.answered_before + (sign in ANSWERED),
        tried_at=now,
        due_at=now + SUSPECT_S if found.quality is Quality.SUSPECT else None,
    )
