"""The quotas of a campaign's parts: how much of each the last 24 hours have used up.

To count the calls of a day takes as long as there are many, and claims come often: between two counts, what was handed
out since is taken for called, so that no quota is passed by the counting being old.
"""

import time
from collections import Counter
from dataclasses import dataclass, field

from dialer.core.ids import CampaignId
from dialer.core.rules import DAY_S
from dialer.core.selection import Selection
from dialer.store.database import Session

COUNTED_S = 10.0  # a count is good for so long at least
COST_MAX = 0.01  # and so long that counting takes no more than this share of the time

# A lead at hand is as good as called; one that is on a call counts twice, until the call is over.
_COUNT = """SELECT part, sum(calls), sum(contacts) FROM (SELECT l.part, count(*) AS calls,
        sum(CASE WHEN c.bridged_at IS NOT NULL THEN 1 ELSE 0 END) AS contacts
    FROM calls c JOIN leads l ON l.id = c.lead
    WHERE c.reserved_at > $2 AND c.campaign = $1 AND c.placed_at IS NOT NULL GROUP BY l.part
    UNION ALL SELECT part, count(*), 0 FROM leads WHERE state = 'claimed' AND claimed_by IS NOT NULL AND campaign = $1
    GROUP BY part) AS used GROUP BY part"""


@dataclass(slots=True)
class _Count:
    at: float
    good_s: float
    used: dict[int, tuple[int, int]]  # calls and contacts by part
    handed: Counter[int] = field(default_factory=Counter)


class Quotas:
    """What one store knows of its campaigns' quotas."""

    def __init__(self) -> None:
        self._counts: dict[CampaignId, _Count] = {}

    async def left(self, session: Session, campaign: CampaignId, selection: Selection, now: float) -> dict[int, int]:
        """How many leads each part that has a quota may still give; 0 for one that is used up."""
        if not any(part.limited for part in selection.parts):
            return {}
        count = self._counts.get(campaign)
        if count is None or not count.at <= now < count.at + count.good_s:
            begun = time.perf_counter()
            rows = await session.all(_COUNT, campaign, now - DAY_S)
            good_s = max(COUNTED_S, (time.perf_counter() - begun) / COST_MAX)
            used = {part: (int(calls), int(contacts or 0)) for part, calls, contacts in rows}
            count = self._counts[campaign] = _Count(now, good_s, used)
        left: dict[int, int] = {}
        for n, part in enumerate(selection.parts):
            calls, contacts = count.used.get(n, (0, 0))
            if part.contacts_24h_max is not None and contacts >= part.contacts_24h_max:
                left[n] = 0
            elif part.calls_24h_max is not None:
                left[n] = max(0, part.calls_24h_max - calls - count.handed[n])
        return left

    def handed(self, campaign: CampaignId, part: int, leads: int) -> None:
        """So many leads of the part were handed out."""
        if (count := self._counts.get(campaign)) is not None:
            count.handed[part] += leads
