"""A scenario file is read whole or refused with file, line and key."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.model import Mode
from simulation.scenario import NAMES, Scenario, ScenarioError, agents_of, campaigns_of, find, in_mode, leads_of, read
from simulation.world.chance import Chance

GOOD = """
base = "collections_30"
agents = 7
hours = 2

[people]
answer_share = 0.4

[[campaigns]]
name = "early"
mode = "preview"
leads = 50

[[campaigns]]
leads = 60
overlap = 1.0
agents = 3

[[trunks]]
name = "north"
lines_max = 9

[trunks.carrier]
delay_s = 1.5
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "day.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    scenario = read(written(tmp_path, GOOD))
    assert (scenario.agents, scenario.hours) == (7, 2.0)
    assert scenario.people == replace(find("collections_30").people, answer_share=0.4)
    assert [plan.mode for plan in scenario.campaigns] == [Mode.PREVIEW, Mode.PREDICTIVE]
    assert scenario.trunks[0].carrier.delay_s == 1.5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("agents = 7", "agent = 7", ("line 3", "agent", "no such key")),
        ("agents = 7", 'agents = "7"', ("line 3", "agents", "int")),
        ("answer_share = 0.4", "answer_share = 2.0", ("line 6", "people", "add up")),
        ("answer_share = 0.4", "answers = 0.4", ("line 7", "people.answers")),
        ('mode = "preview"', 'mode = "fast"', ("campaigns.mode", "predictive")),
        ("agents = 7", "agents = ", ("day.toml", "line 3")),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, GOOD.replace(old, new, 1)))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_scenarios_by_name() -> None:
    assert "collections_30" in NAMES
    assert [find(name).name for name in NAMES] == list(NAMES)
    with pytest.raises(ScenarioError, match="collections_30"):
        find("collections_31")


def test_in_another_mode_nothing_else_changes() -> None:
    day = find("collections_30")
    assert in_mode(in_mode(day, Mode.MANUAL), Mode.PREDICTIVE) == day


def test_lists_and_agents_are_the_same_for_a_seed(tmp_path: Path) -> None:
    scenario = read(written(tmp_path, GOOD))
    assert leads_of(scenario, Chance(4)) == leads_of(scenario, Chance(4))
    assert agents_of(scenario, Chance(4)) == agents_of(scenario, Chance(4))


def test_people_on_two_lists_have_one_number(tmp_path: Path) -> None:
    scenario = read(written(tmp_path, GOOD))
    leads = leads_of(scenario, Chance(4))
    first = {lead.person: lead.number for lead in leads[:50]}
    assert all(first[lead.person] == lead.number for lead in leads[50:])
    assert len({lead.id for lead in leads}) == 110


def test_a_campaign_gets_as_many_agents_as_it_asks_for(tmp_path: Path) -> None:
    scenario = read(written(tmp_path, GOOD))
    counts = [
        sum(campaign.id in agent.campaigns for agent in agents_of(scenario, Chance(4)))
        for campaign in campaigns_of(scenario)
    ]
    assert counts == [7, 3]


def test_the_default_day_begins_on_a_monday_morning_in_mexico() -> None:
    assert Scenario().start() == 1772463600.0
