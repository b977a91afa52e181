"""Lists are drawn lazily: a million leads cost nothing before they are called, and each is the same every time."""

import sys
from collections import Counter

import pytest

from dialer.core.ids import CampaignId, LeadId
from dialer.core.messages import ClaimLeads, LeadsClaimed, SaveLead
from simulation.world.chance import Chance
from simulation.world.lists import ListOrder, ListPlan, Lists, place_of
from simulation.world.people import Crowd, Kind, People
from simulation.world.store import Store

ONE = CampaignId(1)


def lists(leads: int = 1000, *, order: ListOrder = ListOrder.FRESH_FIRST, quality: float = 0.0, seed: int = 1) -> Lists:
    plan = ListPlan(
        campaign=ONE, leads=leads, order=order, overlap=0.0, zones=("America/Mexico_City", "America/Lima"),
        country="MX", numbers=(0.5, 0.3, 0.2), score_quality=quality, lead_sigma=1.0, answer_share=0.2,
    )  # fmt: skip
    return Lists([plan], Chance(seed))


def claim(store: Store, count: int, now: float) -> list[int]:
    answer = store.execute(ClaimLeads(ONE, count), now)
    assert isinstance(answer, LeadsClaimed)
    return [lead.id for lead in answer.leads]


def test_a_lead_is_the_same_whenever_it_is_asked_for() -> None:
    one = lists()
    in_order = [one.lead(LeadId(number)) for number in range(1, 50)]
    assert [one.lead(LeadId(number)) for number in range(49, 0, -1)] == in_order[::-1]
    assert in_order != [lists(seed=2).lead(LeadId(number)) for number in range(1, 50)]


def test_a_million_leads_are_not_made_before_they_are_called() -> None:
    million = lists(1_000_000)
    store = Store(million, keep_all=False)
    assert claim(store, 3, 0.0) == [1, 2, 3]
    assert len(store.leads) == 3
    assert sum(map(sys.getsizeof, vars(million).values())) < 10_000


def test_numbers_take_turns_with_attempts_in_the_shares_that_are_set() -> None:
    one = lists(3000)
    counts = Counter(
        len({one.lead(LeadId(number), attempts).number for attempts in range(6)}) for number in range(1, 3001)
    )
    assert [round(counts[count] / 3000, 1) for count in (1, 2, 3)] == [0.5, 0.3, 0.2]
    two = next(LeadId(n) for n in range(1, 3001) if len({one.lead(LeadId(n), a).number for a in range(6)}) == 2)
    assert [place_of(one.lead(two, attempts)) for attempts in range(4)] == [0, 1, 0, 1]
    assert one.with_number(one.lead(two, 1).number) == two


def test_what_is_told_of_a_lead_is_worth_as_much_as_its_quality() -> None:
    crowd = Crowd(People(by_hour=False, lead_sigma=1.0, number_factors=(1.0,)), Chance(1), 0.0)
    shares = {}
    for quality in (0.1, 0.9):
        one = lists(4000, order=ListOrder.BEST_FIRST, quality=quality)
        best = [one.lead(one.nth(ONE, place)) for place in range(1000)]
        assert [lead.p_answer for lead in best] == sorted((lead.p_answer or 0 for lead in best), reverse=True)
        kinds = [crowd.fate(lead, attempt=1, now=0.0, delay_s=1.0).kind for lead in best]
        shares[quality] = kinds.count(Kind.PERSON) / 1000
    assert shares[0.9] > shares[0.1] + 0.1


@pytest.mark.parametrize(
    ("order", "wanted"), [(ListOrder.FRESH_FIRST, [3, 4, 5]), (ListOrder.RETRIES_FIRST, [1, 3, 4])]
)
def test_the_order_says_whether_those_tried_before_go_first(order: ListOrder, wanted: list[int]) -> None:
    store = Store(lists(order=order))
    assert claim(store, 2, 0.0) == [1, 2]
    store.execute(SaveLead(LeadId(1), 1, 10.0, "busy"), 1.0)
    assert claim(store, 3, 20.0) == wanted


def test_each_lead_comes_once_then_as_it_falls_due_and_nothing_before_the_list_opens() -> None:
    store = Store(lists(5), opens_at=100.0)
    assert store.execute(ClaimLeads(ONE, 2), 50.0) == LeadsClaimed(ONE, (), 100.0)
    assert claim(store, 10, 100.0) == [1, 2, 3, 4, 5]
    for lead, due_at in ((3, 200.0), (2, 300.0), (1, None)):
        store.execute(SaveLead(LeadId(lead), 1, due_at, "no_answer"), 110.0)
    assert store.execute(ClaimLeads(ONE, 9), 150.0) == LeadsClaimed(ONE, (), 200.0)
    assert claim(store, 9, 300.0) == [3, 2]
