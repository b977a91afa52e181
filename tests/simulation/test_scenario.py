"""A scenario file is read whole or refused with file, line and key."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import LeadId
from dialer.core.model import Mode, Recycling
from pacing import Policy
from pacing.settings import Rule
from simulation.configured import agents_of, campaigns_of, lists_of
from simulation.scenario import LIBRARY, Scenario, ScenarioError, find, in_mode, lasting, names, read, write
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
        ("agents = 7", "agents = 0", ("line 3", "agents", "1 or more")),
        ("agents = 7", 'agents = "7"', ("line 3", "agents", "a whole number is wanted")),
        ("answer_share = 0.4", "answer_share = 0.9", ("line 6", "people", "add up")),
        ("answer_share = 0.4", "answer_share = 2.0", ("line 7", "people.answer_share", "between 0 and 1")),
        ("answer_share = 0.4", "talk_sigma = -1.0", ("line 7", "people.talk_sigma", "between 0 and 5")),
        ("answer_share = 0.4", "number_factors = [1.0, -0.5]", ("line 7", "people.number_factors", "0 is the least")),
        ("overlap = 1.0", "ring_timeout_s = 0", ("line 16", "campaigns.2.ring_timeout_s", "between 5 and 120")),
        ("overlap = 1.0", "abandon_cap = 3", ("line 16", "campaigns.2.abandon_cap", "between 0 and 0.5")),
        ("overlap = 1.0", "wait_max_s = 2.5", ("line 16", "campaigns.2.wait_max_s", "whole seconds")),
        ("overlap = 1.0", 'zones = ["Mexico"]', ("line 16", "campaigns.2.zones", "'Mexico'", "America/Lima")),
        ("overlap = 1.0", f"attempts_max = 1{'0' * 400}", ("line 16", "campaigns.2.attempts_max", "too large")),
        (
            "overlap = 1.0",
            'recycling = [{code = "no_anser", delay_s = 60.0}]',
            ("line 16", "campaigns.2.recycling", "'no_answer' meant?"),
        ),
        (
            "overlap = 1.0",
            'recycling = [{code = "VISIT"}]',
            ("line 16", "'VISIT' is no outcome", "RPC"),
        ),
        ("overlap = 1.0", "pacing = {abandon_cap = 0.01}", ("line 16", "campaigns.2.pacing", "abandon_cap stands at")),
        ("overlap = 1.0", 'pacing = {policy = "ratio"}', ("line 16", "campaigns.2.pacing", "policy stands at")),
        ("overlap = 1.0", "pacing = {ring_timeout_s = 20}", ("line 16", "ring_timeout_s stands at the campaign")),
        ("overlap = 1.0", "pacing = {connect_within_s = 1}", ("line 16", "connect_within_s", "wait_max_s stands at")),
        ("overlap = 1.0", 'list_order = "best_first"', ("line 14", "campaigns.2", "score_quality says how good")),
        ("lines_max = 9", "calls_per_second = 0", ("line 21", "trunks.1.calls_per_second", "above 0")),
        ("hours = 2", 'starts = "2026-03-02T09:00-06:00"', ("line 4", "starts", "local time")),
        ("hours = 2", "screen_every_s = 0.0", ("line 4", "screen_every_s", "above 0")),
        ("hours = 2", "latencies = {event_s = -1.0}", ("line 4", "latencies.event_s", "0 is the least")),
        ('"collections_30"', '"collections_31"', ("day.toml, line 2, base", "no scenario collections_31")),
        ('"collections_30"', "30", ("day.toml, line 2, base", "no name of a scenario")),
        ('"collections_30"', '"day.toml"', ("day.toml, line 2, base", "starts from this file")),
        ('"collections_30"', '"other.toml"', ("day.toml, line 2, base", "other.toml: cannot be read")),
        ("answer_share = 0.4", "answer_share = nan", ("line 7", "people.answer_share", "finite")),
        ("answer_share = 0.4", "hour_factors = [1, 2]", ("line 7", "people.hour_factors", "24")),
        ("overlap = 1.0", "overlap = 1.5", ("line 16", "campaigns.2.overlap", "between 0 and 1")),
        ("delay_s = 1.5", "delay_s = -1.5", ("line 24", "trunks.1.carrier.delay_s", "0 is the least")),
        ("answer_share = 0.4", "answers = 0.4", ("line 7", "people.answers")),
        (
            "delay_s = 1.5",
            'delay_s = 1.5\n[[shifts]]\nstarts = "25:99"\nends = "x"',
            ("shifts.1", "starts: '25:99' is no"),
        ),
        ('mode = "preview"', 'mode = "fast"', ("line 11", "campaigns.1.mode", "predictive")),
        ("agents = 7", "agents = ", ("day.toml", "line 3")),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(written(tmp_path, GOOD.replace(old, new, 1)))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_trunks_and_shifts_are_told_apart_by_name(tmp_path: Path) -> None:
    for text, words in (
        ("[[trunks]]\n[[trunks]]\n", "line 1, trunks: .*'carrier'"),
        ('[[trunks]]\nname = "one"\n[[trunks]]\nname = "one"\n', "trunks: .*'one'"),
        ('[[shifts]]\nname = "early"\n[[shifts]]\nname = "early"\n', "shifts: .*'early'"),
    ):
        with pytest.raises(ScenarioError, match=words):
            read(written(tmp_path, text))
    assert len(read(written(tmp_path, "[[shifts]]\n[[shifts]]\n")).shifts) == 2  # nobody asks for these by name


def test_somebody_is_at_work_during_the_day(tmp_path: Path) -> None:
    """A shift may begin before the day and be cut short by its end; one that never meets it leaves an empty floor."""
    for starts, ends in (("18:00", "22:00"), ("17:00", "22:00"), ("05:00", "09:00")):
        with pytest.raises(ScenarioError, match="no shift is within the day: hours are 8, from 09:00 on"):
            read(written(tmp_path, f'hours = 8\n[[shifts]]\nstarts = "{starts}"\nends = "{ends}"\n'))
    late = read(written(tmp_path, 'hours = 8\n[[shifts]]\nstarts = "16:30"\nends = "22:00"\n'))
    assert lasting(late, None) is late
    with pytest.raises(ScenarioError, match="hours are 2, from 09:00 on"):
        lasting(late, 2.0)


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_bytes('agents = 7\ntitle = "Campaña"\n'.encode("latin-1"))
    with pytest.raises(ScenarioError, match=r"day\.toml, line 2: .*save the file as UTF-8"):
        read(file)


def test_the_mark_that_windows_puts_before_a_file_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_bytes(b"\xef\xbb\xbfagents = 7\n")
    assert read(file).agents == 7


def test_a_file_starts_from_another_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "usual.toml").write_text("agents = 7\n")
    assert read(written(tmp_path, 'base = "usual.toml"\nhours = 2\n')).agents == 7


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


def test_recycling_may_name_codes_that_the_campaign_says_are_its_own(tmp_path: Path) -> None:
    text = """
        [[campaigns]]
        dispositions = ["VISIT"]
        [[campaigns.recycling]]
        code = "VISIT"
        """
    [campaign] = campaigns_of(read(written(tmp_path, text)))
    assert campaign.recycling == (("VISIT", Recycling(None)),)


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
    assert (scenario.hours, scenario.shifts[-1].ends) == (11.0, "20:00")  # from 09:00: no shift is cut short
    assert scenario.campaigns[0].detection.on
    assert scenario.campaigns[0].settings().occupancy_max == 0.9
