"""Why a lead is not dialled at this moment: the first thing that stands in the way, and until when.

Asks the same questions as claim and reservation do, in their order, and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialer.core.caller_ids import Shown
from dialer.core.ids import ANYBODY, CampaignId, LeadId, PersonId, PhoneId
from dialer.core.lawful import NO_LAW
from dialer.core.model import Campaign, CampaignStatus, DialFacts, Lead
from dialer.core.nature import never_connects
from dialer.core.packs.lawbook import Lawbook
from dialer.core.quality import DEAD
from dialer.core.rules import DAY_S, Forbidden, Verdict
from dialer.core.selection import capped
from dialer.core.showing import NOTHING_SHOWN, lawful_as_shown
from dialer.leads.numbers import read_number
from dialer.store import CallFilter, LeadState, LeadView, NotFoundError, Person, Phone, PhoneState, Store
from dialer.store.compliance import Refused
from dialer.store.lines_out import latest
from dialer.store.loading import NO_NUMBER
from dialer.store.restrictions import NOTHING, told_of_number, with_zone


@dataclass(frozen=True, slots=True)
class Why:
    """`reason` names what stands in the way; empty = nothing does. `until` is when it may be gone; None = unknown."""

    lead: LeadId
    reason: str
    text: str
    until: float | None = None


SCRUB = "scrub"
# What frees a lead of each reason; of a rule's own name, the time.
FREES = {
    "campaign_paused": "start the campaign",
    "claimed": "nothing: an engine is at it",
    "finished": "`dial now`",
    "withdrawn": "the stop being lifted; where its import was undone, a new one",
    "expired": "a later day in the list's column of expiry",
    "filtered_out": "another filter of the campaign",
    "promised": "its time, and where an agent promised it, the agent being ready",
    "not_due": "its time",
    "quota": "calls of its part of the mix growing a day old, or a higher quota",
    "number_not_due": "its time",
    "no_number": "a list with a number of the person",
    "invalid_number": "a list with a number of the person",
    "do_not_call": "the number being taken off the list: where the person asked for it, their own wish alone",
    SCRUB: "a yes of the outside check, which is asked again at its time",
    NOTHING_SHOWN: "numbers of the pools that are used up, or rest, being free again",
    "consent_refused": "the person's consent",
    "number_dead": "a list with another number of the person",
    "": "its turn: a line, and an agent",
}
LISTS = "the list that the rule asks for: `dialer dnc import`, or `dialer dnc waive`"
BY_TIME = "its time: a rule's hours or caps"


def frees(reason: str) -> str:
    """What would let leads that wait for this reason be dialled."""
    return LISTS if reason.endswith(".lists") else FREES.get(reason, BY_TIME)


async def why(store: Store, lead: LeadId, now: float, law: Lawbook = NO_LAW, shown: Shown | None = None) -> Why:
    """`law` is what the engine holds calls against, `shown` the numbers that it shows. Raises NotFoundError."""
    view = await store.leads.view(lead, now=now)
    campaign = await store.campaigns.get(view.campaign) if view is not None else None
    if view is None or campaign is None:
        raise NotFoundError(f"there is no lead {lead}")
    if campaign.status is CampaignStatus.PAUSED:
        return Why(lead, "campaign_paused", f"the campaign {campaign.name!r} is paused")
    refused = await store.compliance.last_refusals([view.person.id])
    return await Asking(store, campaign, law, now, shown).why(view, past=True, refused=refused.get(view.person.id))


class Asking:
    """Asks for leads of one campaign. What is the same for many is asked once."""

    def __init__(self, store: Store, campaign: Campaign, law: Lawbook, now: float, shown: Shown | None = None) -> None:
        self._store, self._campaign, self._law, self._now = store, campaign, law, now
        self._shown = shown or Shown()
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._lists: tuple[tuple[str, float], ...] | None = None
        self._quotas: Mapping[int, int] | None = None

    async def why(self, view: LeadView, *, past: bool, refused: Refused | None = None) -> Why:
        """`past`: whether the person or a number of theirs was ever called; `refused`: the last call that was."""
        now = self._now
        standing = _standing(view, now) or _unusable(view, now)
        if standing is not None:
            return _with_refusal(standing, view, refused)
        if await self._used_up(view.part):
            name = self._campaign.selection.parts[view.part].name
            return Why(view.id, "quota", f"the quota of {name!r}, its part of the mix, is used up for these 24 hours")
        phone = next_phone(view, now)
        assert phone is not None
        verdict = await self._verdict(view, phone, past=past)
        if isinstance(verdict, Forbidden):
            return Why(view.id, verdict.rule, verdict.reason, verdict.until)
        return Why(view.id, "", f"nothing stands in the way: {phone.number} is dialled when its turn and a line come")

    async def _used_up(self, part: int) -> bool:
        """Whether a claim would pass over the part."""
        if self._quotas is None:
            selection = self._campaign.selection
            self._quotas = await self._store.leads.quotas_left(self._campaign.id, selection, self._now)
        return self._quotas.get(part) == 0

    async def _verdict(self, view: LeadView, phone: Phone, *, past: bool) -> Verdict:
        if past:
            facts = await facts_of(self._store, view, phone, self._now)
            verdict = lawful_as_shown(facts, self._campaign, self._law, self._shown, self._now)
            if isinstance(verdict, Forbidden):
                return verdict
            own = capped(self._campaign.selection.caps, facts.dials, self._now)
            return own or never_connects(facts.dials, self._now) or verdict
        lead, person = _lead(view, phone), view.person
        # Rules of regions go by how a number begins.
        key = (lead.zones, phone.country, person.country, person.region, phone.consent, phone.number[:6])
        if self._lists is None:
            self._lists = await self._store.do_not_call.loaded(self._campaign.id, self._now)
        if key not in self._verdicts:
            said = told_of_number(NOTHING, phone.consent, phone.consent_at)
            facts = DialFacts(
                lead=lead,
                lists=self._lists,
                residence=person.country,
                region=person.region,
                consent=said.consent,
                consent_at=said.consent_at,
            )
            self._verdicts[key] = lawful_as_shown(facts, self._campaign, self._law, self._shown, self._now)
        return self._verdicts[key]


def next_phone(view: LeadView, now: float) -> Phone | None:
    """The number that is tried next, as the claim chooses it: the one asked for, else they take turns.

    None where none may be.
    """
    usable = [phone for phone in view.phones if _hindrance(phone, now) is None]
    if not usable:
        return None
    return next((phone for phone in usable if phone.id == view.phone), usable[view.attempts % len(usable)])


def _hindrance(phone: Phone, now: float) -> str | None:
    """Why the number is not dialled at all, or not yet."""
    reasons = (
        (phone.state is not PhoneState.VALID, "invalid_number"),
        (bool(phone.do_not_call), "do_not_call"),
        (phone.consent == "refused", "consent_refused"),
        (phone.quality in DEAD, "number_dead"),
        (phone.due_at is not None and phone.due_at > now, "number_not_due"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _standing(view: LeadView, now: float) -> Why | None:
    return _closed(view, now) or _waiting(view, now)


def _closed(view: LeadView, now: float) -> Why | None:
    if view.state is LeadState.CLAIMED:
        return Why(view.id, "claimed", "an engine holds it: it is at hand, on a call, or in its wrap-up")
    if view.state is LeadState.FINISHED and view.result == NO_NUMBER:
        wants = _unusable(view, now)
        if wants is not None and wants.until is None:
            return wants
    if view.state is not LeadState.OPEN:
        return Why(view.id, view.state, f"it is {view.state}" + (f", by {view.result}" if view.result else ""))
    if view.expires_at is not None and view.expires_at <= now:
        return Why(view.id, "expired", "the day until which it was to be dialled is over")
    if view.part < 0:
        return Why(view.id, "filtered_out", "the campaign's filter leaves it out")
    return None


def _waiting(view: LeadView, now: float) -> Why | None:
    if view.due_at is not None and view.due_at > now:
        after = f" after {view.result}" if view.result else ""
        reason = "promised" if view.agent is not None else "not_due"
        return Why(view.id, reason, f"it is tried again{after} at its time", view.due_at)
    if view.agent is not None and view.agent != ANYBODY:
        return Why(view.id, "promised", f"agent {view.agent} promised to call back and has not been ready since")
    return None


def _with_refusal(standing: Why, view: LeadView, refused: Refused | None) -> Why:
    """A wait that began with a refusal at the instant of dialling tells which one it was."""
    if standing.reason not in {"not_due", "number_not_due"} or refused is None:
        return standing
    if refused.at < max((phone.tried_at or 0.0 for phone in view.phones), default=0.0):
        return standing
    reason = SCRUB if refused.rule == SCRUB else standing.reason
    return replace(standing, reason=reason, text=f"{standing.text}; last refused by {refused.rule}: {refused.body}")


_UNUSABLE = {
    "invalid_number": "none of its {n} numbers is valid",
    "do_not_call": "every valid number is on a do-not-call list: {lists}",
    "consent_refused": "the person refused to be called at the numbers that are left",
    "number_dead": "the numbers that are left are disconnected or somebody else's",
    "number_not_due": "the numbers that are left are not due yet",
}


def _unusable(view: LeadView, now: float) -> Why | None:
    """Why none of its numbers can be dialled: the reason of the one that came furthest."""
    hindrances = [_hindrance(phone, now) for phone in view.phones]
    if None in hindrances:
        return None
    ranks = list(_UNUSABLE)
    reason = max((one for one in hindrances if one is not None), key=ranks.index, default="invalid_number")
    lists = sorted({name for phone in view.phones for name in phone.do_not_call})
    times = [phone.due_at for phone in view.phones if _hindrance(phone, now) == "number_not_due"]
    until = min((at for at in times if at is not None), default=None)
    text = _UNUSABLE[reason].format(n=len(view.phones), lists=", ".join(lists))
    return Why(view.id, reason, text, until if reason == "number_not_due" else None)


def stranger(campaign: CampaignId, number: str) -> LeadView:
    """Somebody of whom the number (E.164) is all that is known, as a lead that the store does not have."""
    read = read_number(number, None)
    phone = Phone(id=PhoneId(0), number=number, rank=0, country=read.country, zones=read.zones, state=PhoneState.VALID)
    return LeadView(
        id=LeadId(0),
        campaign=campaign,
        state=LeadState.FINISHED,
        priority=0,
        due_at=None,
        attempts=0,
        result="",
        segment="",
        person=Person(id=PersonId(0), name="", country=read.country, national_id=None),
        account=None,
        phones=(phone,),
        calls=(),
        dispositions=(),
    )


async def facts_of(store: Store, view: LeadView, phone: Phone, now: float) -> DialFacts:
    """The facts that a reservation would read."""
    person: PersonId = view.person.id
    of_person = [row.record async for row in store.calls.stream(CallFilter(person=person, placed=True))]
    of_number = [row.record async for row in store.calls.stream(CallFilter(number=phone.number, placed=True))]
    placed = [call.placed_at for call in of_person if call.placed_at is not None]
    dialled = [call.placed_at for call in of_number if call.placed_at is not None]
    beside = await store.calls.lines_towards(phone.number, person)
    said = told_of_number(await store.restrictions.said_of(view.id, phone.number, now), phone.consent, phone.consent_at)
    talks = [call.bridged_at for call in of_person if call.bridged_at is not None and call.outcome == "connected"]
    lead = _lead(view, phone)
    return DialFacts(
        lead=replace(lead, zones=with_zone(lead.zones, said.zone)),
        lists=await store.do_not_call.loaded(view.campaign, now),
        dials_of_number_24h=sum(at > now - DAY_S for at in dialled) + beside.of_number(now - DAY_S),
        dials_of_person_24h=sum(at > now - DAY_S for at in placed) + beside.of_person(now - DAY_S),
        dials_of_person_7d=sum(at > now - 7 * DAY_S for at in placed) + beside.of_person(now - 7 * DAY_S),
        number_dialled_at=latest(*dialled, beside.number_dialled_at),
        person_contacted_at=latest(*talks, beside.person_contacted_at),
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


def _lead(view: LeadView, phone: Phone) -> Lead:
    return Lead(
        id=view.id,
        campaign=view.campaign,
        person=view.person.id,
        phone=phone.id,
        number=phone.number,
        country=phone.country,
        zones=with_zone(phone.zones, view.person.zone),
        attempts=view.attempts,
        segment=view.segment,
    )
