"""Why the leads of a campaign are not dialled: the first reason of each, totals by reason, what would free them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dialer.core.caller_ids import Shown
from dialer.core.ids import LeadId
from dialer.core.lawful import NO_LAW
from dialer.core.model import Campaign, CampaignStatus
from dialer.core.packs.lawbook import Lawbook
from dialer.leads.why import Asking, Why, frees
from dialer.store import Store

EXAMPLES = 3


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
    campaign: str
    paused: bool
    totals: tuple[Total, ...]  # the most leads first

    def as_dict(self) -> dict[str, object]:
        """The same as plain values, for JSON."""
        totals = [
            {"reason": o.reason, "leads": o.leads, "until": o.until, "frees": o.frees, "examples": list(o.examples)}
            for o in self.totals
        ]
        return {"campaign": self.campaign, "paused": self.paused, "totals": totals}


async def why_all(
    store: Store,
    campaign: Campaign,
    now: float,
    law: Lawbook = NO_LAW,
    shown: Shown | None = None,
    *,
    each: Callable[[Why], None] | None = None,
) -> WhyAll:
    """Ask for every lead of the campaign; `each` hears of one after the other. Raises StoreError."""
    asking = Asking(store, campaign, law, now, shown)
    totals: dict[str, Total] = {}
    after = 0
    while True:
        views, past = await store.leads.some(campaign.id, after, now=now)
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
        after = views[-1].id
    ordered = sorted(totals.values(), key=lambda total: (-total.leads, total.reason))
    return WhyAll(campaign.name, campaign.status is CampaignStatus.PAUSED, tuple(ordered))
