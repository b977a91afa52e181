"""Simulated lists are dialled in the order and mix of the campaign's own selection, by the code that dials."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import CampaignId, LeadId
from dialer.core.messages import (
    ClaimLeads,
    Command,
    Event,
    LeadsClaimed,
    PlaceCall,
    ReturnLeads,
    SaveLead,
    SwitchCommand,
)
from dialer.core.selection import Order
from simulation.configured import factors_of, lists_of
from simulation.scenario import CampaignPlan, PartPlan, Scenario, ScenarioError, SelectionPlan, find, read, write
from simulation.world.accounts import Accounts, Segment
from simulation.world.chance import Chance
from simulation.world.people import Crowd, Kind, People
from simulation.world.store import Store
from simulation.world.watching import Trace
from simulation.world.world import World

ONE = CampaignId(1)
PLAN = CampaignPlan(leads=400)


def store_of(plan: CampaignPlan) -> Store:
    return Store(lists_of(Scenario(campaigns=(plan,)), Chance(7)))


def claimed(store: Store, count: int, now: float = 100.0) -> list[LeadId]:
    answer = store.execute(ClaimLeads(ONE, count), now)
    assert isinstance(answer, LeadsClaimed)
    return [lead.id for lead in answer.leads]


def balances(store: Store, leads: list[LeadId]) -> list[float]:
    return [float(store._lists.facts(lead)["balance"] or 0.0) for lead in leads]


def test_the_order_is_the_selections_and_who_was_tried_comes_back_to_their_place() -> None:
    store = store_of(replace(PLAN, selection=SelectionPlan(order=Order.BALANCE)))
    first = claimed(store, 50)
    assert balances(store, first) == sorted(balances(store, first), reverse=True)
    richest = first[0]
    store.execute(SaveLead(richest, 1, 500.0, "no_answer"), 200.0)
    assert richest not in claimed(store, 10, 499.0)
    assert claimed(store, 3, 500.0)[0] == richest
    store.execute(ReturnLeads((richest,)), 501.0)
    assert claimed(store, 3, 501.0)[0] == richest
    rest = claimed(store, 1000, 502.0)
    assert len({*first, *rest}) == len(first) + len(rest)  # nobody twice


def test_an_expression_may_hold_the_attempts_against_a_lead() -> None:
    selection = SelectionPlan(order=Order.EXPRESSION, expression="days_past_due - 1000 * attempts")
    store = store_of(replace(PLAN, selection=selection))
    first = claimed(store, 1)[0]
    store.execute(SaveLead(first, 1, 100.0, "no_answer"), 100.0)
    assert claimed(store, 400).index(first) == 399


def test_a_filter_leaves_leads_out_for_good() -> None:
    store = store_of(replace(PLAN, selection=SelectionPlan(filter="balance > 1000")))
    found = claimed(store, 400)
    assert 50 < len(found) < 350
    assert min(balances(store, found)) > 1000
    assert claimed(store, 400) == []


def test_each_part_of_the_mix_gets_its_share_and_what_one_lacks_another_gives() -> None:
    accounts = Accounts(segments=(Segment(name="gold", share=0.2), Segment(name="late", share=0.5)))
    parts = (
        PartPlan(name="gold", filter='segment = "gold"', share=0.5),
        PartPlan(filter='segment = "late"', share=0.25),
    )
    store = store_of(replace(PLAN, accounts=accounts, selection=SelectionPlan(parts=parts)))
    first = Counter(store.lead(lead).segment for lead in claimed(store, 40))
    assert first == {"gold": 20, "late": 10, "": 10}
    whole = Counter(store.lead(lead).segment for lead in claimed(store, 1000))
    assert sum(whole.values()) == 360
    assert whole["gold"] / 400 == pytest.approx(0.15, abs=0.05)


def test_segments_answer_as_the_list_says() -> None:
    accounts = Accounts(segments=(Segment(name="shy", share=0.5, answer_factor=0.1), Segment(name="open", share=0.5)))
    scenario = Scenario(campaigns=(replace(PLAN, leads=3000, accounts=accounts),))
    chance = Chance(3)
    lists, people = lists_of(scenario, chance), replace(People(), by_hour=False, drift=0.0, lead_sigma=0.0)
    crowd = Crowd(people, chance, 0.0, factors_of(scenario))
    answered, called = Counter[str](), Counter[str]()
    for number in range(1, 3001):
        lead = lists.lead(LeadId(number))
        called[lead.segment] += 1
        answered[lead.segment] += crowd.fate(lead, attempt=1, now=0.0, delay_s=1.0).kind is Kind.PERSON
    assert answered["open"] / called["open"] == pytest.approx(people.answer_share, abs=0.04)
    assert answered["shy"] / called["shy"] == pytest.approx(0.1 * people.answer_share, abs=0.015)


def test_the_dialer_calls_who_owes_most_first() -> None:
    scenario = find("collections_5")
    [plan] = scenario.campaigns
    richest = replace(plan, leads=500, selection=SelectionPlan(order=Order.BALANCE))
    trace = Trace()
    world = World(Engine, replace(scenario, campaigns=(richest,)), 1, trace=trace)
    orders: list[LeadId] = []
    world.watch(Placed(orders))
    world.begin()
    world.run(900.0)
    assert len(orders) > 20
    told = balances(world.store, orders)
    assert sorted(told, reverse=True) == told


class Placed:
    """Who was called, in turn."""

    def __init__(self, leads: list[LeadId]) -> None:
        self._leads = leads

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        self._leads += [one.lead for one in commands if isinstance(one, PlaceCall)]

    def executing(self, command: SwitchCommand) -> None:
        pass

    def restarted(self) -> None:
        pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[campaigns]]\n[campaigns.selection]\nfilter = "balance >"', "line 2, campaigns.1.selection"),
        ('[[campaigns]]\n[campaigns.selection]\norder = "richest"', "not one of"),
        ('[[campaigns]]\n[campaigns.selection]\norder = "score"', "score_quality"),
        ('[[campaigns]]\nlist_order = "best_first"\n[campaigns.selection]\norder = "balance"', "one of them"),
        ('[[campaigns]]\n[campaigns.accounts]\nbalance = 0', "above 0"),
        ('[[campaigns]]\n[[campaigns.accounts.segments]]\nshare = 1.5', "add up"),
    ],
)  # fmt: skip
def test_what_cannot_be_selected_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=words):
        read(path)


def test_a_selection_is_written_and_read_again(tmp_path: Path) -> None:
    parts = (PartPlan(name="a", filter="balance > 5", share=0.4),)
    accounts = Accounts(balance=50.0, segments=(Segment(name="gold", share=0.5),))
    selection = SelectionPlan(order=Order.AGE, filter="days_past_due < 60", parts=parts)
    scenario = Scenario(name="mine", campaigns=(replace(PLAN, selection=selection, accounts=accounts),))
    path = tmp_path / "mine.toml"
    path.write_text(write(scenario))
    assert read(path) == scenario
