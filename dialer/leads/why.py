"""Why a lead is not dialled at this moment: the first thing that stands in the way, and until when.

Asks the same questions as claim and reservation do, in their order, and changes nothing.
"""

from dataclasses import dataclass

from dialer.core.ids import LeadId, PersonId
from dialer.core.lawful import NO_LAW, lawful
from dialer.core.model import CampaignStatus, DialFacts, Lead
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import DAY_S, Forbidden
from dialer.store import CallFilter, LeadState, LeadView, NotFoundError, Phone, PhoneState, Store
from dialer.store.restrictions import told_of_number, with_zone


@dataclass(frozen=True, slots=True)
class Why:
    """`reason` names what stands in the way; empty = nothing does. `until` is when it may be gone; None = unknown."""

    lead: LeadId
    reason: str
    text: str
    until: float | None = None


async def why(store: Store, lead: LeadId, now: float, law: Lawbook = NO_LAW) -> Why:
    """`law` is what the engine holds calls against. Raises NotFoundError."""
    view = await store.leads.view(lead, now=now)
    campaign = await store.campaigns.get(view.campaign) if view is not None else None
    if view is None or campaign is None:
        raise NotFoundError(f"there is no lead {lead}")
    if campaign.status is CampaignStatus.PAUSED:
        return Why(lead, "campaign_paused", f"the campaign {campaign.name!r} is paused")
    standing = _standing(view, now)
    if standing is not None:
        return standing
    valid = [phone for phone in view.phones if phone.state is PhoneState.VALID]
    phone = next_phone(view)
    if phone is None:
        reason, text = _unusable(view.phones, valid)
        return Why(lead, reason, text)
    verdict = lawful(await facts_of(store, view, phone, now), campaign, law, now)
    if isinstance(verdict, Forbidden):
        return Why(lead, verdict.rule, verdict.reason, verdict.until)
    return Why(lead, "", f"nothing stands in the way: {phone.number} is dialled when its turn and a line come")


def next_phone(view: LeadView) -> Phone | None:
    """The number that is tried next; None where none may be."""
    usable = [phone for phone in view.phones if phone.state is PhoneState.VALID and not phone.do_not_call]
    return usable[view.attempts % len(usable)] if usable else None


def _standing(view: LeadView, now: float) -> Why | None:
    if view.state is LeadState.CLAIMED:
        return Why(view.id, "claimed", "an engine holds it: it is at hand, on a call, or in its wrap-up")
    if view.state is not LeadState.OPEN:
        return Why(view.id, view.state, f"it is {view.state}" + (f", by {view.result}" if view.result else ""))
    if view.due_at is not None and view.due_at > now:
        after = f" after {view.result}" if view.result else ""
        return Why(view.id, "not_due", f"it is tried again{after} at its time", view.due_at)
    return None


def _unusable(phones: tuple[Phone, ...], valid: list[Phone]) -> tuple[str, str]:
    if valid:
        lists = sorted({name for phone in valid for name in phone.do_not_call})
        return "do_not_call", f"every valid number is on a do-not-call list: {', '.join(lists)}"
    return "invalid_number", f"none of its {len(phones)} numbers is valid"


async def facts_of(store: Store, view: LeadView, phone: Phone, now: float) -> DialFacts:
    """The facts that a reservation would read."""
    person: PersonId = view.person.id
    of_person = [row.record async for row in store.calls.stream(CallFilter(person=person, placed=True))]
    of_number = [row.record async for row in store.calls.stream(CallFilter(number=phone.number, placed=True))]
    placed = [call.placed_at for call in of_person if call.placed_at is not None]
    dialled = [call.placed_at for call in of_number if call.placed_at is not None]
    said = told_of_number(await store.restrictions.said_of(view.id, phone.number, now), phone.consent, phone.consent_at)
    talks = [call.bridged_at for call in of_person if call.bridged_at is not None and call.outcome == "connected"]
    return DialFacts(
        lead=Lead(
            id=view.id,
            campaign=view.campaign,
            person=person,
            phone=phone.id,
            number=phone.number,
            country=phone.country,
            zones=with_zone(phone.zones, view.person.zone),
            attempts=view.attempts,
        ),
        dials_of_number_24h=sum(at > now - DAY_S for at in dialled),
        dials_of_person_24h=sum(at > now - DAY_S for at in placed),
        dials_of_person_7d=sum(at > now - 7 * DAY_S for at in placed),
        number_dialled_at=max(dialled, default=None),
        person_contacted_at=max(talks, default=None),
        residence=view.person.country,
        region=view.person.region,
        dials=await store.leads.dials(view.id, phone.number, now),
        stops=said.stops,
        third_party=said.third_party,
        consent=said.consent,
        consent_at=said.consent_at,
        channels=said.channels,
        inconvenient=said.inconvenient,
    )
