"""How many of a list's leads could be dialled at this moment, and why the others could not.

Asks the rules as a call would. What is the same for many leads is asked once.
"""

from collections import Counter
from collections.abc import Sequence

from dialer.core.ids import LeadId, PersonId, PhoneId
from dialer.core.lawful import lawful
from dialer.core.model import Campaign, DialFacts, Lead
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import Forbidden
from dialer.store import Store
from dialer.store.loading import NewLead, NewPhone

INVALID_NUMBER = "invalid_number"
DO_NOT_CALL = "do_not_call"
NO_CONSENT = "consent_refused"


class Dialable:
    """Counts leads as they come in. Of a lead's usable numbers the first is looked at."""

    def __init__(self, store: Store, campaign: Campaign, law: Lawbook, now: float) -> None:
        self._store, self._campaign, self._law, self._now = store, campaign, law, now
        self._verdicts: dict[tuple[tuple[str, ...], str, str], str] = {}

    async def count(self, leads: Sequence[NewLead]) -> Counter[str]:
        """Leads by what stands in their way; empty where nothing does."""
        forbidden = await self._store.do_not_call.among([phone.number for lead in leads for phone in lead.phones])
        return Counter([self._reason(lead, forbidden) for lead in leads])

    def _reason(self, lead: NewLead, forbidden: frozenset[str]) -> str:
        first = lead.phones[0]
        if first.valid and first.consent != "refused" and not forbidden:
            return self._of(first, lead.country)
        valid = [phone for phone in lead.phones if phone.valid]
        if not valid:
            return INVALID_NUMBER
        willing = [phone for phone in valid if phone.consent != "refused"]
        if not willing:
            return NO_CONSENT
        usable = [phone for phone in willing if phone.number not in forbidden]
        return self._of(usable[0], lead.country) if usable else DO_NOT_CALL

    def _of(self, phone: NewPhone, residence: str) -> str:
        key = (phone.zones, phone.country, residence)
        reason = self._verdicts.get(key)
        if reason is None:
            reason = self._verdicts[key] = self._verdict(phone, residence)
        return reason

    def _verdict(self, phone: NewPhone, residence: str) -> str:
        facts = DialFacts(lead=_unsaved(phone, self._campaign), residence=residence)
        verdict = lawful(facts, self._campaign, self._law, self._now)
        return verdict.rule if isinstance(verdict, Forbidden) else ""


def _unsaved(phone: NewPhone, campaign: Campaign) -> Lead:
    return Lead(
        id=LeadId(0),
        campaign=campaign.id,
        person=PersonId(0),
        phone=PhoneId(0),
        number=phone.number,
        country=phone.country,
        zones=phone.zones,
    )
