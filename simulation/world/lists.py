"""The lists of leads: up to a million of them, each made when somebody asks for it, and the same every time.

A lead has one number or more; which of them is tried is told by its attempt. People who are on two lists have the same
numbers on both. A list that was worked on before has leads that were tried so often, before its fresh ones.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialer.core.expressions import Value
from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.model import Lead
from dialer.core.selection import Selection
from simulation.world.accounts import Accounts
from simulation.world.bounds import bounded
from simulation.world.chance import Chance

NUMBERS_MAX = 10
MADE_MAX = (
    4_000  # leads at hand: each is asked for when it is claimed, and again when its phone rings. 500 agents hold 2,000
)
INVALID_MAX = 2  # a number that was reported so often not to exist is dialled no more
_WHO, _ZONE, _COUNT, _NOISE = 11, 12, 13, 14  # concerns of `Chance.share`
_INCLINATION = 1  # as people have it


class ListOrder(StrEnum):
    """Which of the leads that are due comes first."""

    FRESH_FIRST = "fresh_first"  # those never tried, then the others by the time they became due
    RETRIES_FIRST = "retries_first"
    BEST_FIRST = "best_first"  # those never tried by their score, then the others by the time they became due


ACCOUNTS, SELECTION = Accounts(), Selection()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPlan:
    """So many leads that were tried so often before the first day, due so many seconds after it began.

    `gone` more were like them, and are taken away: so that those who stay are the same people as with them.
    """

    attempts: int = 0
    due_in_s: float = 0.0
    leads: int = 0
    gone: int = 0

    def __post_init__(self) -> None:
        bounded(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """What is fixed about one campaign's list. `numbers`: shares of leads with one number, two, ...; together 1.

    `leads` were never tried, those of `tried` come beside them.
    """

    campaign: CampaignId
    leads: int
    order: ListOrder
    overlap: float
    zones: tuple[str, ...]
    country: str
    numbers: tuple[float, ...]
    score_quality: float
    lead_sigma: float
    answer_share: float
    accounts: Accounts = ACCOUNTS
    selection: Selection = SELECTION
    tried: tuple[TriedPlan, ...] = ()


class Lists:
    """Every campaign's list. Leads are numbered through, from 1."""

    def __init__(self, plans: Sequence[ListPlan], chance: Chance) -> None:
        self.plans = tuple(plans)
        self._chance = chance
        self._first = list[int]()  # the lead before each list's first
        self._tried = list[tuple[LeadId, ListPlan, TriedPlan]]()  # with the first of those leads
        self._fresh = list[int]()  # the lead before each list's first that was never tried
        total = 0
        for plan in self.plans:
            self._first.append(total)
            for tried in plan.tried:
                self._tried.append((LeadId(total + 1), plan, tried))
                total += tried.leads + tried.gone
            self._fresh.append(total)
            total += plan.leads
        self._total = total
        self._made: dict[tuple[LeadId, int], Lead] = {}  # lately
        self._made_before: dict[tuple[LeadId, int], Lead] = {}  # kept until as many more are made
        self._best = {
            plan.campaign: self._by_score(plan, first)
            for plan, first in zip(self.plans, self._fresh, strict=True)
            if plan.order is ListOrder.BEST_FIRST
        }

    def __len__(self) -> int:
        return self._total

    def __contains__(self, lead: LeadId) -> bool:
        return 1 <= lead <= self._total

    def count(self, campaign: CampaignId) -> int:
        """Leads on the campaign's list."""
        plan = self.plans[campaign - 1]
        return plan.leads + sum(one.leads for one in plan.tried)

    def fresh(self, campaign: CampaignId) -> int:
        """Those of them that were never tried; they come first."""
        return self.plans[campaign - 1].leads

    def tried(self) -> Iterator[tuple[CampaignId, LeadId, TriedPlan]]:
        """Leads alike, tried before the first day: their campaign, the first of them, and what they are like."""
        return ((plan.campaign, first, tried) for first, plan, tried in self._tried)

    def tried_as(self, lead: LeadId) -> TriedPlan | None:
        """What the lead is like; None where it was never tried before the first day."""
        at = bisect_right(self._tried, lead, key=lambda one: one[0]) - 1
        if at < 0:
            return None
        first, _, tried = self._tried[at]
        return tried if lead < first + tried.leads else None

    def order(self, campaign: CampaignId) -> ListOrder:
        """In which order the campaign's leads are taken."""
        return self.plans[campaign - 1].order

    def nth(self, campaign: CampaignId, place: int) -> LeadId:
        """The lead at this place, from 0, of the campaign's list in its own order; fresh ones come first."""
        best = self._best.get(campaign, ())
        if place < len(best):
            return LeadId(best[place])
        fresh = self.fresh(campaign)
        before = self._fresh[campaign - 1] + place if place < fresh else self._first[campaign - 1] + place - fresh
        return LeadId(before + 1)

    def lead(self, lead: LeadId, attempts: int = 0) -> Lead:
        """The lead with the number that is to be tried after so many attempts."""
        key = lead, attempts
        made = self._made.get(key)
        if made is None:
            made = self._made_before.get(key) or self._make(lead, attempts)
            if len(self._made) >= MADE_MAX:
                self._made_before, self._made = self._made, {}
            self._made[key] = made
        return made

    def _make(self, lead: LeadId, attempts: int) -> Lead:
        at = bisect_left(self._first, lead) - 1
        plan, chance = self.plans[at], self._chance
        person = self._person(plan, at, lead)
        zones = plan.zones
        zone = zones[int(chance.share(_ZONE, lead) * len(zones))] if len(zones) > 1 else zones[0]
        place = attempts % self._numbers(plan, person)
        return Lead(
            id=lead,
            campaign=plan.campaign,
            person=PersonId(person),
            phone=PhoneId(person * NUMBERS_MAX + place),
            number=number_of(person, place),
            country=plan.country,
            zones=(zone,),
            attempts=attempts,
            segment=plan.accounts.segment_of(lead, chance),
            p_answer=self._score(plan, person) if plan.score_quality > 0 else None,
        )

    def facts(self, lead: LeadId, *, attempts: int = 0, result: str = "", streak: int = 0) -> dict[str, Value]:
        """What is known of the lead to filters and orders."""
        at = bisect_left(self._first, lead) - 1
        plan, chance = self.plans[at], self._chance
        return {
            "balance": plan.accounts.balance_of(lead, chance),
            "days_past_due": float(plan.accounts.days_past_due_of(lead, chance)),
            "segment": plan.accounts.segment_of(lead, chance),
            "country": plan.country,
            "attempts": float(attempts),
            "result": result,
            "streak": float(streak),
            "score": self._score(plan, self._person(plan, at, lead)) if plan.score_quality > 0 else None,
        }

    def proven(self, lead: Lead) -> bool:
        """Whether its number was tried so often before the first day that, invalid, it would be dead by now."""
        tried = self.tried_as(lead.id)
        if tried is None:
            return False
        plan = self.plans[bisect_left(self._first, lead.id) - 1]
        numbers = self._numbers(plan, lead.person)
        return (tried.attempts - place_of(lead) + numbers - 1) // numbers >= INVALID_MAX

    def with_number(self, number: str) -> LeadId | None:
        """The first lead with this number; None where nobody on the lists has it."""
        digits = number.removeprefix(PREFIX)
        person = int(digits) // NUMBERS_MAX if digits != number and digits.isdigit() else 0
        return LeadId(person) if LeadId(person) in self else None

    def _person(self, plan: ListPlan, at: int, lead: LeadId) -> int:
        before = self._first[at]
        while before > 0 and self._chance.share(_WHO, lead * 2) < plan.overlap:
            lead = LeadId(1 + int(self._chance.share(_WHO, lead * 2 + 1) * before))
            at = bisect_left(self._first, lead) - 1
            plan, before = self.plans[at], self._first[at]
        return lead

    def _numbers(self, plan: ListPlan, person: int) -> int:
        if len(plan.numbers) == 1:
            return 1
        at = self._chance.share(_COUNT, person)
        for count, share in enumerate(plan.numbers, start=1):
            at -= share
            if at < 0:
                return count
        return len(plan.numbers)

    def _score(self, plan: ListPlan, person: int) -> float:
        """The chance of an answer as somebody who knows the person so well would tell it."""
        chance, quality = self._chance, plan.score_quality
        told = quality * chance.normal(_INCLINATION, person)
        told += math.sqrt(1 - quality * quality) * chance.normal(_NOISE, person)
        odds = plan.answer_share / (1 - plan.answer_share) * math.exp(plan.lead_sigma * quality * told)
        return odds / (1 + odds)

    def _by_score(self, plan: ListPlan, first: int) -> "array[int]":
        leads = range(first + 1, first + plan.leads + 1)
        at = plan.campaign - 1
        return array("l", sorted(leads, key=lambda one: -self._score(plan, self._person(plan, at, LeadId(one)))))


PREFIX = "+5255"


def number_of(person: int, place: int) -> str:
    """A number of nobody's: the person's `place`-th, from 0."""
    return f"{PREFIX}{person * NUMBERS_MAX + place:08d}"


def place_of(lead: Lead) -> int:
    """Which of the lead's numbers this is, from 0."""
    return lead.phone % NUMBERS_MAX
