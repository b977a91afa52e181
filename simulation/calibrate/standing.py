"""How a list stood at an instant that is past, from how it stands and from the calls that came since. Pure.

What a call made of a lead is the engine's to say (`dialer.core.leads`): a lead that was called later is taken back to
what its attempts were, then through its calls up to the instant.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.leads import next_attempt
from dialer.core.messages import SaveLead
from dialer.core.model import Campaign, Lead
from dialer.store.standing import STEP_S, CalledLead, OpenLeads, PastCall
from simulation.world.lists import TriedPlan

SOON_S, HOUR_S = 4 * 3600.0, 3600.0  # what is due later than that is counted by the hour


@dataclass(frozen=True, slots=True, kw_only=True)
class ListThen:
    """`fresh` leads that were never tried and are due, and those of `tried`, tried or not due yet."""

    fresh: int
    tried: tuple[TriedPlan, ...]

    @property
    def leads(self) -> int:
        """All that were open, those on the line at the instant left out."""
        return self.fresh + sum(one.leads for one in self.tried)

    def with_leads(self, added: int) -> "ListThen":
        """The list with so many fresh leads more; below 0, with so many fewer, of each kind alike."""
        if added >= 0:
            return replace(self, fresh=self.fresh + added)
        left = max(0.0, 1.0 + added / self.leads) if self.leads else 0.0
        kept = [round(one.leads * left) for one in self.tried]
        return ListThen(
            fresh=round(self.fresh * left),
            tried=tuple(
                replace(one, leads=stay, gone=one.leads - stay) for one, stay in zip(self.tried, kept, strict=True)
            ),
        )


def list_then(campaign: Campaign, open_: Iterable[OpenLeads], called: Iterable[CalledLead], at: float) -> ListThen:
    """The list at the instant. `open_` has stood so since, `called` were called later or were on the line."""
    counts = Counter[tuple[int, float]]()
    for one in open_:
        counts[one.attempts, _near(one.due_in_s)] += one.leads
    for lead in called:
        if not any(call.reserved_at < at and not _over(call, at) for call in lead.calls):
            attempts, due_at = _stood(campaign, lead, at)
            counts[attempts, _near(max(0.0, due_at - at))] += 1
    fresh = counts.pop((0, 0.0), 0)
    tried = tuple(
        TriedPlan(attempts=attempts, due_in_s=due_in_s, leads=leads)
        for (attempts, due_in_s), leads in sorted(counts.items(), key=lambda one: (one[0][1], one[0][0]))
    )
    return ListThen(fresh=fresh, tried=tried)


def attempts_before(campaign: Campaign, lead: CalledLead, at: float) -> int:
    """How often the lead had been tried before its first call from `at` on, as attempts are counted."""
    since = sum(_counted(campaign, call) for call in lead.calls if call.reserved_at >= at)
    return max(0, lead.attempts - since)


def _near(due_in_s: float) -> float:
    """The middle of the stretch in which leads are due that are counted together."""
    step_s = STEP_S if due_in_s < SOON_S else HOUR_S
    return (int(due_in_s / step_s) + 0.5) * step_s if due_in_s > 0 else 0.0


def _over(call: PastCall, at: float) -> bool:
    return call.ended_at is not None and call.ended_at < at


def _stood(campaign: Campaign, called: CalledLead, at: float) -> tuple[int, float]:
    """(attempts, when the lead was due). It was called later, so it was not finished, whatever its calls would say."""
    lead = _lead(max(0, called.attempts - sum(_counted(campaign, call) for call in called.calls)))
    due_at = called.listed_at
    for call in called.calls:
        if not _over(call, at):
            break
        assert call.ended_at is not None
        saved = _saved(campaign, lead, call, call.wrapped_at or call.ended_at)
        lead = _lead(saved.attempts, saved.result, saved.streak)
        due_at = called.listed_at if saved.due_at is None else saved.due_at
    return lead.attempts, due_at


def _counted(campaign: Campaign, call: PastCall) -> int:
    """Whether the call is an attempt: 1 or 0. One that goes on was not counted yet."""
    return 0 if call.ended_at is None else _saved(campaign, _lead(0), call, 0.0).attempts


def _saved(campaign: Campaign, lead: Lead, call: PastCall, now: float) -> SaveLead:
    return next_attempt(campaign, lead, call.disposition or str(call.outcome), now)


def _lead(attempts: int, result: str = "", streak: int = 0) -> Lead:
    return Lead(
        id=LeadId(0), campaign=CampaignId(0), person=PersonId(0), phone=PhoneId(0), number="", country="", zones=(),
        attempts=attempts, result=result, streak=streak,
    )  # fmt: skip
