"""One campaign's leads in the order and mix of its selection: the dialer's own rules, over a list that is drawn."""

import heapq
from array import array
from collections import defaultdict
from collections.abc import Callable

from dialer.core.expressions import Value
from dialer.core.ids import CampaignId, LeadId
from dialer.core.selection import FILTERED_OUT, Selection, part_of, portions, sort_key
from simulation.world.lists import Lists

Entry = tuple[float, LeadId, float]  # its place among the due, the lead, when it became due


class Shelf:
    """The leads that are due, part by part. Those never tried stand in arrays, made once; the others in heaps."""

    def __init__(self, selection: Selection, lists: Lists, campaign: CampaignId) -> None:
        self._selection = selection
        self._lists = lists
        self._tried: defaultdict[int, list[Entry]] = defaultdict(list)
        found: defaultdict[int, list[tuple[float, LeadId]]] = defaultdict(list)
        for place in range(lists.fresh(campaign)):
            lead = lists.nth(campaign, place)
            part, key = self._place(lead, lists.facts(lead))
            if part != FILTERED_OUT:
                found[part].append((float(place) if key is None else key, lead))
        self._fresh: dict[int, tuple[array[float], array[int]]] = {}
        for part, leads in found.items():
            leads.sort()
            self._fresh[part] = array("d", [key for key, _ in leads]), array("q", [lead for _, lead in leads])
        self._next = dict.fromkeys(self._fresh, 0)

    def put(self, lead: LeadId, due_at: float, *, attempts: int, result: str, streak: int) -> None:
        """A lead that was tried before is due again."""
        part, key = self._place(lead, self._lists.facts(lead, attempts=attempts, result=result, streak=streak))
        if part != FILTERED_OUT:
            heapq.heappush(self._tried[part], (due_at if key is None else key, lead, due_at))

    def take(self, count: int, turn: float, is_due: Callable[[LeadId, float | None], bool]) -> list[LeadId]:
        """The next leads: each part's portion of so many, then from whichever has more.

        `is_due` tells whether a lead may be taken: one never tried (None), or that became due at the time and still is.
        """
        parts = range(len(self._selection.parts) + 1)
        asked = portions(self._selection, count, turn)
        asked += [(part, count) for part in parts] if self._selection.parts else []
        taken: list[LeadId] = []
        for part, portion in asked:
            for _ in range(min(portion, count - len(taken))):
                if (lead := self._pop(part, is_due)) is None:
                    break
                taken.append(lead)
        return taken

    def _pop(self, part: int, is_due: Callable[[LeadId, float | None], bool]) -> LeadId | None:
        """The first of a part; by their time alone, those never tried have been due for longest."""
        keys, leads = self._fresh.get(part, _NOBODY)
        tried = self._tried[part]
        while True:
            at = self._next.get(part, 0)
            fresh = at < len(leads)
            if not fresh and not tried:
                return None
            if fresh and (not tried or not self._selection.sorts or (keys[at], leads[at]) <= tried[0][:2]):
                self._next[part] = at + 1
                lead, due_at = LeadId(leads[at]), None
            else:
                _, lead, due_at = heapq.heappop(tried)
            if is_due(lead, due_at):
                return lead

    def _place(self, lead: LeadId, facts: dict[str, Value]) -> tuple[int, float | None]:
        return part_of(self._selection, facts), sort_key(self._selection, facts, lead)


_NOBODY: tuple["array[float]", "array[int]"] = array("d"), array("q")
