"""Agents whom several campaigns share: a future of one campaign has as much of them as the campaign has."""

from random import Random

import pytest

from dialer.core.agents import AgentState
from dialer.core.ids import AgentId, CampaignId
from dialer.core.model import Spell
from simulation.scenario import Scenario
from simulation.validate.past_day import _with_own
from simulation.whatif.shared import ELSEWHERE, attending, chosen, shares_of
from simulation.world.shifts import ShiftPlan

OURS, OTHER = CampaignId(1), CampaignId(2)


def spell(agent: int, state: AgentState, campaign: CampaignId | None = None) -> Spell:
    return Spell(agent=AgentId(agent), state=state, since=0.0, until=1.0, campaign=campaign)


def test_a_share_is_of_the_last_hours_conversations_else_of_the_last_days_else_even() -> None:
    lately = {AgentId(1): {OURS: 30, OTHER: 10}, AgentId(2): {OURS: 1}}
    before = {AgentId(1): {OTHER: 900}, AgentId(2): {OURS: 20, OTHER: 60}}
    both, four = {OURS, OTHER}, {OURS, OTHER, CampaignId(3), CampaignId(4)}
    serves = {AgentId(1): both, AgentId(2): both, AgentId(3): four, AgentId(4): {OURS}}
    found = shares_of(OURS, serves, lately, before)
    assert found[AgentId(1)] == pytest.approx(0.75, abs=0.03)
    assert found[AgentId(2)] == pytest.approx(0.25, abs=0.03)
    assert found[AgentId(3)] == 0.25
    assert found[AgentId(4)] == 1.0
    idle_elsewhere = shares_of(OURS, {AgentId(1): both}, {AgentId(1): {OURS: 30}}, {})
    assert idle_elsewhere[AgentId(1)] == 1.0


def test_what_was_talked_for_a_campaign_that_is_over_or_was_left_is_no_share() -> None:
    lately, before = {AgentId(1): {OTHER: 180, OURS: 8}}, {AgentId(1): {OTHER: 900, OURS: 8}}
    assert shares_of(OURS, {AgentId(1): {OURS}}, lately, before) == {AgentId(1): 1.0}
    third = CampaignId(3)
    found = shares_of(OURS, {AgentId(1): {OURS, third}}, {AgentId(1): {OTHER: 180, OURS: 15, third: 5}}, before)
    assert found[AgentId(1)] == pytest.approx(0.75, abs=0.03)


def test_as_many_are_seated_as_the_shares_come_to_those_on_own_calls_first() -> None:
    spells = [
        spell(1, AgentState.READY),
        spell(2, AgentState.TALKING, OTHER),
        spell(3, AgentState.READY),
        spell(4, AgentState.TALKING, OURS),
        spell(5, AgentState.READY),
    ]
    shares = {AgentId(agent): 0.5 for agent in (2, 3, 4)}
    counts = []
    for seed in range(200):
        here = attending(spells, shares, OURS, Random(seed))
        agents = [one.agent for one in here]
        assert {1, 5, 4} <= set(agents)
        assert 2 not in agents
        counts.append(len(agents))
    assert sum(counts) / 200 == pytest.approx(3.5, abs=0.12)


def test_who_is_on_another_campaigns_call_comes_later_and_who_is_on_ours_stays_though_there_are_too_many() -> None:
    shares = {AgentId(agent): 0.1 for agent in (1, 2)}
    ours = [spell(1, AgentState.WRAPPING, OURS), spell(2, AgentState.TALKING, OURS)]
    assert attending(ours, shares, OURS, Random(1)) == tuple(ours)
    [away] = attending([spell(3, AgentState.TALKING, OTHER)], {}, OURS, Random(1))
    assert (away.state, away.reason) == ("break", ELSEWHERE)


def test_a_days_agents_are_chosen_by_their_shares_and_hardly_more_or_fewer() -> None:
    shares = [1.0, 0.3, 0.7, 0.5, 1.0, 0.5]
    found = [chosen(shares, Random(seed)) for seed in range(2000)]
    assert {sum(one) for one in found} == {4}
    for at, share in enumerate(shares):
        assert sum(one[at] for one in found) / 2000 == pytest.approx(share, abs=0.04)


def test_a_future_seats_as_much_of_shared_agents_as_the_campaign_has() -> None:
    scenario = Scenario(shifts=tuple(ShiftPlan(name=f"agent {at}", agents=1) for at in range(1, 9)))
    halves = {AgentId(at): 0.5 for at in range(1, 9)}
    assert {len(_with_own(scenario, halves, Random(seed)).shifts) for seed in range(50)} == {4}
    assert _with_own(scenario, {}, Random(1)) == scenario
    assert len(_with_own(scenario, dict.fromkeys(halves, 0.01), Random(1)).shifts) == 1
