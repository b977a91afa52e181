"""When a lead may be called in the coming week, and which rule forbids it between."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.caller_ids import Pool
from dialer.core.ids import LeadId
from dialer.core.lawful import Stretch, stretches
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import WEEK_S
from dialer.core.showing import as_shown
from dialer.leads.shown import all_of
from dialer.leads.why import facts_of, next_phone
from dialer.store import NotFoundError, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One stretch after the other, of the number that is tried next; `zone` is the first that the person may be in."""

    number: str
    zone: str
    stretches: tuple[Stretch, ...]


async def week_of(store: Store, lead: LeadId, law: Lawbook, now: float, pools: Sequence[Pool] = ()) -> Week:
    """The week from `now` on, should no call be made meanwhile, and with any number of the pools.

    Raises NotFoundError: no such lead, or no number.
    """
    view = await store.leads.view(lead, now=now)
    campaign = await store.campaigns.get(view.campaign) if view is not None else None
    if view is None or campaign is None:
        raise NotFoundError(f"there is no lead {lead}")
    phone = next_phone(view, now)
    if phone is None:
        raise NotFoundError(f"lead {lead} has no number that may be dialled: ask `dialer leads why {lead}`")
    facts = await facts_of(store, view, phone, now)
    showing = as_shown(all_of(pools), campaign, facts, law, now) or campaign
    found = stretches(facts, showing, law, since=now, until=now + WEEK_S)
    return Week(number=phone.number, zone=(*phone.zones, "UTC")[0], stretches=tuple(found))
