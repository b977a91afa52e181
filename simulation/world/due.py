"""What has become of each lead, and which are due: by the time they became so. Of a lead nothing is kept before it is
asked for; of leads that were tried before the first day, one of those alike is at hand at a time.
"""

import heapq
from collections import defaultdict

from dialer.core.ids import CampaignId, LeadId
from simulation.world.keeping import StoredLead
from simulation.world.lists import Lists

Entry = tuple[float, int, LeadId]  # when it is due, its number among all, the lead


class DueLeads(dict[LeadId, StoredLead]):
    """The leads that were ever asked for, by id."""

    def __init__(self, lists: Lists, opens_at: float) -> None:
        super().__init__()
        self._lists, self._opens_at = lists, opens_at
        self._heaps: defaultdict[CampaignId, list[Entry]] = defaultdict(list)
        self._order = 0
        self._followed: dict[LeadId, int] = {}  # those due of which others are alike, and how many come after each
        for campaign, first, tried in lists.tried():
            self._call_up(campaign, first, tried.leads)

    def attempts(self, lead: LeadId) -> int:
        """How often the lead was tried by now."""
        stored = self.get(lead)
        return self.tried_before(lead) if stored is None else stored.attempts

    def tried_before(self, lead: LeadId) -> int:
        """How often the lead was tried before the first day."""
        tried = self._lists.tried_as(lead)
        return 0 if tried is None else tried.attempts

    def known(self, lead: LeadId, campaign: CampaignId) -> StoredLead:
        """What has become of the lead, begun where nobody has asked for it before."""
        stored = self.get(lead)
        if stored is None:
            stored = self[lead] = StoredLead(campaign)
            if (tried := self._lists.tried_as(lead)) is not None:
                stored.attempts, stored.due_at = tried.attempts, self._opens_at + tried.due_in_s
        return stored

    def push(self, lead: LeadId, due_at: float) -> None:
        """The lead is due at the time, whatever was said of it before."""
        stored = self[lead]
        stored.due_at, stored.claimed = due_at, False
        self._order += 1
        heapq.heappush(self._heaps[stored.campaign], (due_at, self._order, lead))

    def take(self, campaign: CampaignId, now: float) -> LeadId | None:
        """The lead that has been due for longest, taken out; None where none is due."""
        first_at = self.first_at(campaign)
        return self._pop(self._heaps[campaign]) if first_at is not None and first_at <= now else None

    def first_at(self, campaign: CampaignId) -> float | None:
        """When the first lead is due, or was; entries in front that a later one has made void are dropped."""
        heap = self._heaps[campaign]
        while heap:
            due_at, _, lead = heap[0]
            if not self[lead].claimed and self[lead].due_at == due_at:
                return due_at
            self._pop(heap)
        return None

    def _pop(self, heap: list[Entry]) -> LeadId:
        lead = heapq.heappop(heap)[2]
        if (left := self._followed.pop(lead, 0)) > 0:
            self._call_up(self[lead].campaign, LeadId(lead + 1), left)
        return lead

    def _call_up(self, campaign: CampaignId, lead: LeadId, count: int) -> None:
        """The first of so many leads alike is at hand; the others follow, each when the one before is taken."""
        for at in range(count):
            if (one := LeadId(lead + at)) not in self:  # an agent may have picked it before its turn
                self.push(one, self.known(one, campaign).due_at or 0.0)
                self._followed[one] = count - at - 1
                return
