"""A scenario file is read whole or refused with file, line and key."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import LeadId
from dialer.core.model import Mode, Recycling
from pacing import Policy
from pacing.settings import Rule
from simulation.scenario import (
    LIBRARY,
    Scenario,
    ScenarioError,
    agents_of,
    campaigns_of,
    find,
    in_mode,
    lists_of,
    names,
    read,
    write,
)
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
        ("agents = 7", 'agents = "7"', ("line 3", "agents", "a whole number is wanted")),
        ("answer_share = 0.4", "answer_share = 2.0", ("line 6", "people", "add up")),
        ("answer_share = 0.4", "answer_share = nan", ("line 7", "people.answer_share", "finite")),
        ("answer_share = 0.4", "hour_factors = [1, 2]", ("line 7", "people.hour_factors", "24")),
        ("overlap = 1.0", "overlap = 1.5", ("line 16", "campaigns.2.overlap", "between 0 and 1")),
        ("delay_s = 1.5", "delay_s = -1.5", ("line 23", "trunks.1.carrier", "below 0")),
        ("answer_share = 0.4", "answers = 0.4", ("line 7", "people.answers")),
        ('mode = "preview"', 'mode = "fast"', ("line 11", "campaigns.1.mode", "predictive")),
        ("agents = 7", "agents = ", ("day.toml", "line 3")),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, GOOD.replace(old, new, 1)))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, GOOD.replace("agents = 7", "agent = 7").replace("lines_max = 9", "lines_max = true")))
    assert [line.split(": ")[0].split(", ", 1)[1] for line in str(caught.value).splitlines()] == [
        "line 3, agent",
        "line 21, trunks.1.lines_max",
    ]


def test_scenarios_by_name() -> None:
    assert {"collections_30", "memoryless_30"} <= set(names())
    assert [find(name).name for name in names()] == list(names())
    sizes = [name for name in names() if name.startswith("collections_") and name[12:].isdigit()]
    assert sizes == [f"collections_{agents}" for agents in (5, 10, 30, 100, 500)]
    with pytest.raises(ScenarioError, match="collections_30"):
        find("collections_31")


def test_every_scenario_of_the_library_says_what_it_is_and_where_its_figures_come_from() -> None:
    assert {path.stem for path in LIBRARY.glob("*.toml")} == set(names())
    for name in names():
        assert find(name).title, name
        assert find(name).sources, name
        assert find(name).staff > 0, name


@pytest.mark.parametrize("name", names())
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    scenario = find(name)
    assert replace(read(written(tmp_path, write(scenario))), name=name) == scenario


def test_pacing_and_recycling_reach_the_campaign(tmp_path: Path) -> None:
    text = """
        [[campaigns]]
        policy = "ratio"
        [campaigns.pacing]
        ratio = 2.5
        [[campaigns.pacing.rules]]
        cap = 0.02
        [[campaigns.recycling]]
        code = "no_answer"
        delay_s = 600
        [[campaigns.recycling]]
        code = "busy"
        """
    [campaign] = campaigns_of(read(written(tmp_path, text)))
    assert (campaign.pacing.policy, campaign.pacing.ratio) == (Policy.RATIO, 2.5)
    assert campaign.pacing.rules == (Rule(0.02),)
    assert campaign.recycling == (("no_answer", Recycling(600.0)), ("busy", Recycling(None)))


def test_in_another_mode_nothing_else_changes() -> None:
    day = find("collections_30")
    assert in_mode(in_mode(day, Mode.MANUAL), Mode.PREDICTIVE) == day


def test_agents_are_the_same_for_a_seed(tmp_path: Path) -> None:
    scenario = read(written(tmp_path, GOOD))
    assert agents_of(scenario, Chance(4)) == agents_of(scenario, Chance(4))


def test_people_on_two_lists_have_one_number(tmp_path: Path) -> None:
    lists = lists_of(read(written(tmp_path, GOOD)), Chance(4))
    leads = [lists.lead(LeadId(number)) for number in range(1, len(lists) + 1)]
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


def test_the_example_in_the_documentation_is_a_scenario(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "simulation.md").read_text()
    example = page.split("```toml")[1].split("```")[0]
    scenario = read(written(tmp_path, example))
    assert scenario.staff == 24
    assert scenario.campaigns[0].detection.on
    assert scenario.campaigns[0].settings().occupancy_max == 0.9
