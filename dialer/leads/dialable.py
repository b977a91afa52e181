"""How many of a list's leads could be dialled at this moment, and why the others could not.

Asks the rules as a call would. What is the same for many leads is asked once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from dialer.core.caller_ids import Shown
from dialer.core.ids import LeadId, PersonId, PhoneId
from dialer.core.model import Campaign, DialFacts, Lead
from dialer.core.nature import never_connects
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import DAY_S, Allowed, Forbidden, Verdict
from dialer.core.selection import capped
from dialer.core.showing import lawful_as_shown
from dialer.store import LeadState, Store
from dialer.store.known import Past
from dialer.store.loading import Known, NewLead, NewPhone
from dialer.store.restrictions import told_of_number, with_zone

INVALID_NUMBER = "invalid_number"
DO_NOT_CALL = "do_not_call"
NO_CONSENT = "consent_refused"
NOT_DUE = "not_due"


class Dialable:
    """Counts leads as they come in. Of a lead's usable numbers the first is looked at."""

    def __init__(self, store: Store, campaign: Campaign, law: Lawbook, now: float, shown: Shown | None = None) -> None:
        self._shown = shown or Shown()
        self._store, self._campaign, self._law, self._now = store, campaign, law, now
        self._verdicts: dict[tuple[object, ...], str] = {}
        self._pasts: Mapping[int, Past] = {}
        self._lists: tuple[tuple[str, float], ...] | None = None

    async def count(self, leads: Sequence[NewLead], known: Mapping[str, Known]) -> Counter[str]:
        """Leads by what stands in their way; empty where nothing does. `known`: who was there before, and how."""
        lists = self._store.do_not_call
        forbidden = frozenset[str]()
        if self._lists is None:
            self._lists = await lists.loaded(self._campaign.id, self._now)
        if await lists.any():
            numbers = [phone.number for lead in leads for phone in lead.phones]
            forbidden = await lists.among(numbers, campaign=self._campaign.id, now=self._now)
        people = {one.person for one in known.values()}
        self._pasts = await self._store.imports.pasts(self._campaign, people, self._now)
        if not known:
            return Counter([self._reason(lead, forbidden) for lead in leads])
        return Counter([self._reason(lead, forbidden, known.get(lead.external_id)) for lead in leads])

    def _reason(self, lead: NewLead, forbidden: frozenset[str], known: Known | None = None) -> str:
        if known is not None and known.state:
            if known.state not in {LeadState.OPEN, LeadState.CLAIMED}:
                return known.state
            if known.due_at is not None and known.due_at > self._now:
                return NOT_DUE
        first = lead.phones[0]
        if first.valid and first.consent != "refused" and not forbidden:
            return self._of(first, lead, known)
        valid = [phone for phone in lead.phones if phone.valid]
        if not valid:
            return INVALID_NUMBER
        willing = [phone for phone in valid if phone.consent != "refused"]
        if not willing:
            return NO_CONSENT
        usable = [phone for phone in willing if phone.number not in forbidden]
        return self._of(usable[0], lead, known) if usable else DO_NOT_CALL

    def _of(self, phone: NewPhone, lead: NewLead, known: Known | None) -> str:
        past = self._pasts.get(known.person) if known is not None else None
        if past is not None:
            return _rule(self._verdict(phone, lead, past, known.account if known is not None else None))
        # Rules of regions go by how a number begins.
        key = (
            phone.zones,
            phone.country,
            lead.country,
            lead.zone,
            lead.region,
            phone.consent,
            phone.consent_at,
            phone.number[:6],
        )
        reason = self._verdicts.get(key)
        if reason is None:
            reason = self._verdicts[key] = _rule(self._verdict(phone, lead, Past(), None))
        return reason

    def _verdict(self, phone: NewPhone, lead: NewLead, past: Past, account: int | None) -> Verdict:
        said = told_of_number(past.said_of(account, phone.number), phone.consent, _consent_at(phone, self._now))
        dials = past.before(phone.number)
        of_number = [dial.at for dial in dials if dial.number]
        of_person = [dial.at for dial in dials if dial.person]
        facts = DialFacts(
            lead=_unsaved(phone, (lead.zone, said.zone), self._campaign),
            lists=self._lists,
            residence=lead.country,
            region=lead.region,
            dials=dials,
            dials_of_number_24h=sum(at > self._now - DAY_S for at in of_number),
            dials_of_person_24h=sum(at > self._now - DAY_S for at in of_person),
            dials_of_person_7d=sum(at > self._now - 7 * DAY_S for at in of_person),
            number_dialled_at=max(of_number, default=None),
            person_contacted_at=past.talked_at,
            stops=said.stops,
            third_party=said.third_party,
            consent=said.consent,
            consent_at=said.consent_at,
            channels=said.channels,
            inconvenient=said.inconvenient,
        )
        verdict = lawful_as_shown(facts, self._campaign, self._law, self._shown, self._now)
        if isinstance(verdict, Allowed):
            own = capped(self._campaign.selection.caps, dials, self._now)
            return own or never_connects(dials, self._now) or verdict
        return verdict


def _consent_at(phone: NewPhone, now: float) -> float | None:
    """As the load would keep it."""
    if not phone.consent:
        return None
    return now if phone.consent_at is None else min(phone.consent_at, now)


def _rule(verdict: Verdict) -> str:
    return verdict.rule if isinstance(verdict, Forbidden) else ""


def _unsaved(phone: NewPhone, told: tuple[str, str], campaign: Campaign) -> Lead:
    zones = phone.zones
    for zone in told:
        zones = with_zone(zones, zone)
    return unsaved(campaign, phone.number, phone.country, zones)


def unsaved(campaign: Campaign, number: str, country: str, zones: tuple[str, ...]) -> Lead:
    """A number as a lead of the campaign that stands in no database, to ask the rules about."""
    return Lead(
        id=LeadId(0),
        campaign=campaign.id,
        person=PersonId(0),
        phone=PhoneId(0),
        number=number,
        country=country,
        zones=zones,
    )
