"""Why the leads of a campaign are not dialled: the first reason of each, totals by reason, what would free them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

from dialer.core.caller_ids import Shown
from dialer.core.ids import LeadId
from dialer.core.lawful import NO_LAW
from dialer.core.model import Campaign, CampaignStatus
from dialer.core.packs.lawbook import Lawbook
from dialer.leads.why import Asking, Why, frees
from dialer.store import Store

EXAMPLES = 3
_AT_ONCE = 500
_AT_A_PLACE = 100  # of a list that is too long to be asked for whole


@dataclass(slots=True)
class Total:
    """The leads that one thing holds up. `until` is when the first of them may be free; None = not of itself."""

    reason: str
    leads: int = 0
    until: float | None = None
    examples: list[LeadId] = field(default_factory=list)

    @property
    def frees(self) -> str:
        return frees(self.reason)


@dataclass(frozen=True, slots=True)
class WhyAll:
    """`looked_at` of the campaign's `leads` were asked for; the totals are of those."""

    campaign: str
    paused: bool
    leads: int
    looked_at: int
    totals: tuple[Total, ...]  # the most leads first

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        totals = [
            {"reason": o.reason, "leads": o.leads, "until": o.until, "frees": o.frees, "examples": list(o.examples)}
            for o in self.totals
        ]
        return {
            "campaign": self.campaign,
            "paused": self.paused,
            "leads": self.leads,
            "looked_at": self.looked_at,
            "totals": totals,
        }


async def why_all(
    store: Store,
    campaign: Campaign,
    now: float,
    law: Lawbook = NO_LAW,
    shown: Shown | None = None,
    *,
    each: Callable[[Why], None] | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WhyAll:
    """Ask for every lead of the campaign, or, of more than `most`, for about so many from all over its list.

    `each` hears of one after the other, `progress` of how many of how many. Raises StoreError.
    """
    asking = Asking(store, campaign, law, now, shown)
    leads = (await store.leads.counts(campaign.id, now)).total
    totals: dict[str, Total] = {}
    after = looked_at = 0
    places: Iterator[int] = repeat(0)
    at_once = _AT_ONCE
    if most is not None and leads > most:
        places, at_once = iter(await store.leads.spread(campaign.id, most // _AT_A_PLACE)), _AT_A_PLACE
    for place in places:
        after = max(after, place)  # the leads of one place may reach beyond the next: none is asked for twice
        views, past = await store.leads.some(campaign.id, after, now=now, most=at_once)
        refused = await store.compliance.last_refusals([view.person.id for view in views])
        for view in views:
            found = await asking.why(view, past=view.person.id in past, refused=refused.get(view.person.id))
            total = totals.setdefault(found.reason, Total(found.reason))
            total.leads += 1
            if found.until is not None:
                total.until = found.until if total.until is None else min(total.until, found.until)
            if len(total.examples) < EXAMPLES:
                total.examples.append(found.lead)
            if each is not None:
                each(found)
        if not views:
            break
        after, looked_at = views[-1].id, looked_at + len(views)
        if progress is not None:
            progress(min(looked_at, leads), leads if most is None else min(leads, most))
    ordered = sorted(totals.values(), key=lambda total: (-total.leads, total.reason))
    return WhyAll(campaign.name, campaign.status is CampaignStatus.PAUSED, leads, looked_at, tuple(ordered))
