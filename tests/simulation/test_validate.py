"""A past day is forecast without being looked at, and held against what came; the lab's people are the simulation's."""

import asyncio
import json
import math
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import fmean, stdev
from zoneinfo import ZoneInfo

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.model import CallRecord, Campaign, Mode, Spell
from dialer.core.outcomes import Outcome
from dialer.errors import ConfigError
from dialer.store import Store
from simulation.calibrate.history import History
from simulation.carrier.numbers import Behaviour, parse
from simulation.figures import Figures, figures
from simulation.intervals import Interval
from simulation.past import PastError
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario, find
from simulation.validate import tell
from simulation.validate.lab import TARGETS, Compared, simulated
from simulation.validate.past_day import (
    Covered,
    Held,
    PastDay,
    Trained,
    Verdict,
    _of_day,
    in_force,
    judge,
    past_day,
)
from simulation.validate.script import checked, fate_of, numbers, write_list
from simulation.validate.tell import LAWS_OF
from simulation.whatif.unsure import one_of_many
from simulation.world.people import Kind
from simulation.world.shifts import Roster

FLOOR = Scenario(agents=6, hours=0.4, campaigns=(CampaignPlan(leads=3000, lines_max=30),))
DAY_S = 86_400.0
SECOND = FLOOR.start() + DAY_S


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("validate") / "days.db"

    async def keep() -> None:
        async with await Store.open(f"sqlite:///{path}") as store:
            await record(FLOOR, store, 5, days=2)

    asyncio.run(keep())
    return path


def the_day(database: Path, since: float, training: tuple[float, float] | None = None) -> PastDay:
    async def read() -> PastDay:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            return await past_day(store, campaign, (since - 3600, since + 3600), training)

    return asyncio.run(read())


# ---------------------------------------------------------------- a past day


def test_the_laws_are_of_the_days_before_and_the_people_of_the_day(database: Path) -> None:
    day = the_day(database, SECOND)
    assert not day.in_sample
    assert FLOOR.agents - 1 <= day.scenario.staff <= FLOOR.agents  # one may have been on a break all the time
    assert day.scenario.hours == pytest.approx(FLOOR.hours, abs=0.3)
    assert len(day.before.finished) > 50  # what the day before taught is known
    assert all(one.ended_at is not None and one.ended_at <= day.since for one in day.before.finished)


def test_without_days_before_the_day_itself_is_taken_and_that_is_said(database: Path) -> None:
    assert the_day(database, FLOOR.start()).trained is Trained.ITSELF
    with pytest.raises(PastError, match="dialled nothing"):
        the_day(database, FLOOR.start() + 30 * DAY_S)


def test_of_which_time_the_laws_are_is_said(database: Path) -> None:
    first, second = FLOOR.start() - 3600, SECOND - 3600
    for day, training, trained in (
        (SECOND, (first, first + 7200), Trained.BEFORE),
        (SECOND, (first, second + 7200), Trained.OVERLAPPING),
        (FLOOR.start(), (second, second + 7200), Trained.AFTER),
    ):
        found = the_day(database, day, training)
        assert found.trained is trained
        assert found.in_sample is (trained is Trained.OVERLAPPING)
        assert LAWS_OF[trained] == f"validate.of_{trained}"


def test_who_works_over_midnight_is_there_on_both_sides_of_it() -> None:
    """The day, as the machine's clock has it, begins at six in the evening where the agents are."""
    began = datetime(2026, 3, 2, 18, 0, 20, tzinfo=ZoneInfo("America/Mexico_City")).timestamp()
    campaign = Campaign(id=CampaignId(1), client=ClientId(1), name="C", mode=Mode.PREDICTIVE)
    there = History(
        campaign=campaign,
        zone="America/Mexico_City",
        since=began,
        until=began + 23 * 3600,
        attempts=(),
        spells=(),
        leads=9,
    )
    hours = {1: [(0.0, 8.0)], 2: [(0.0, 2.0), (2.1, 2.2), (15.0, 23.0)], 3: [(4.0, 4.1)]}
    spells = [
        Spell(agent=AgentId(agent), state="ready", since=began + since * 3600, until=began + until * 3600)
        for agent, own in hours.items()
        for since, until in own
    ]
    made = _of_day(FLOOR, there, spells, began, began + 23 * 3600)
    told = [(one.starts, one.ends, [(each.at, round(each.minutes)) for each in one.breaks]) for one in made.shifts]
    assert told == [("18:00", "26:00", []), ("18:00", "41:00", [("20:12", 768)])]
    opens = 18 * 3600.0 + 20.0
    planned = [day.stretches() for day in Roster(0, made.shifts, made.habits).of_day(0, opens, random.Random(1))]
    assert [round(ends / 3600) for own in planned for _, ends in own] == [8, 2, 23]
    assert planned[1][1][0] == pytest.approx(15 * 3600, abs=60)


def test_what_came_is_held_against_where_futures_lie(database: Path) -> None:
    day = the_day(database, SECOND)
    verdict = judge(day, simulations=4, jobs=1)
    assert {one.measure for one in verdict.day} == {"occupancy", "connected", "abandoned", "talk_min"}
    found = {one.measure: one for one in verdict.day}
    assert found["occupancy"].forecast.mean == pytest.approx(found["occupancy"].fact, abs=0.12)
    assert found["connected"].forecast.mean == pytest.approx(found["connected"].fact, rel=0.35)
    assert 0 <= verdict.coverage <= 1


def test_each_future_has_laws_of_its_own_as_unsure_as_they_are(database: Path) -> None:
    day = the_day(database, SECOND)
    drawn = [one_of_many(day.scenario, day.unsure, seed) for seed in range(400)]
    for key, sigma in (("talk_s", day.unsure.talk_s), ("answer_share", day.unsure.answer_share)):
        factors = [getattr(one.people, key) / getattr(day.scenario.people, key) for one in drawn]
        assert 0.05 < sigma < 0.5  # a few hundred talks, and days that differ
        assert stdev(factors) == pytest.approx(sigma, rel=0.2)
        assert fmean(factors) == pytest.approx(1.0, abs=0.03)


def test_inside_means_inside() -> None:
    one = Held(measure="occupancy", since=0, until=1, forecast=Interval(0.8, 0.7, 0.9, 5), fact=0.9)
    assert one.inside
    assert not replace(one, fact=0.91).inside
    assert not replace(one, forecast=Interval(0.8, None, None, 1)).inside


def test_how_many_intervals_held_is_counted_for_each_figure() -> None:
    held = Held(measure="connected", since=0, until=1, forecast=Interval(50, 40, 60, 5), fact=45)
    missed = replace(held, fact=61)
    talk = replace(held, measure="talk_min")
    verdict = Verdict(day=(), hours=(*(held,) * 6, *(missed,) * 4, *(talk,) * 8))
    found = {one.measure: one for one in verdict.covered}
    assert (found["connected"].inside, len(found["connected"].hours)) == (6, 10)
    assert found["connected"].doubtful  # six of ten or fewer, where nine are promised: once in 78
    assert (found["talk_min"].inside, found["talk_min"].doubtful) == (8, False)
    assert not Covered("connected", (*(held,) * 7, *(missed,) * 3)).doubtful  # once in 14
    assert verdict.coverage == pytest.approx(14 / 18)


def test_the_command_tells_draws_and_writes(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tell.Asked(
        campaign="1", day="2026-03-03", between=("2026-03-02", "2026-03-03"), simulations=4, jobs=1,
        png=tmp_path / "day.png",
    )  # fmt: skip
    tell.of_day(asked, config=None, database=f"sqlite:///{database}", file=tmp_path / "day.json")
    told = json.loads((tmp_path / "day.json").read_text())
    assert len(told["day"]) == 4
    assert not told["in_sample"]
    assert [one["hours"] for one in told["covered"]] == [1, 1, 1, 1]
    assert (tmp_path / "day.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "9 of 10" in said
    assert "of its hours inside" in said


# ---------------------------------------------------------------- one list for two worlds


def test_the_lab_and_the_simulation_read_the_same_people_from_the_same_digits(tmp_path: Path) -> None:
    scenario = checked(find("lab_16"))
    listed = numbers(scenario, 1)[:2000]
    assert len({coded for _, coded in listed}) == 2000
    kinds = {Behaviour.PERSON: Kind.PERSON, Behaviour.MACHINE: Kind.MACHINE, Behaviour.NO_ANSWER: Kind.NO_ANSWER}
    people = 0
    for _, coded in listed:
        script, fate = parse(coded), fate_of(coded, 5.0)
        assert script is not None
        assert kinds.get(script.behaviour, fate.kind) is fate.kind
        if fate.kind is Kind.PERSON:
            people += 1
            assert (round(fate.over_at_s), fate.talk_s) == (script.ring_s, script.talk_s)
        assert math.isinf(fate.over_at_s) == (fate.kind is Kind.NO_ANSWER)
    assert people / 2000 == pytest.approx(scenario.people.answer_share, abs=0.04)
    write_list(tmp_path / "list.csv", listed)
    assert len((tmp_path / "list.csv").read_text().splitlines()) == 2001


def test_what_the_lab_cannot_play_is_said() -> None:
    with pytest.raises(ConfigError, match="hangs_up_share"):
        checked(find("collections_10"))


def test_the_same_people_simulated_twice_are_the_same_figures() -> None:
    scenario = replace(find("lab_16"), agents=6)
    listed = numbers(scenario, 2)
    one, other = (simulated(scenario, listed, 3, 2.0) for _ in range(2))
    assert one == other
    assert one.connected > 10


def test_targets_are_met_or_not() -> None:
    lab = Figures(connected=100, answered=100, abandoned=2, busy_s=80.0, at_work_s=100.0)
    told = {"occupancy": 0.815, "connected": 106.0, "abandon_ratio": 0.014}
    found = Compared(
        minutes=5, simulations=9, lab=lab, simulated={key: Interval(one, one, one, 9) for key, one in told.items()}
    )
    assert [found.met(target) for target in TARGETS] == [True, False, True]


# ---------------------------------------------------------------- figures


def test_figures_count_what_happened_within_the_stretch() -> None:
    campaign = Campaign(id=CampaignId(1), client=ClientId(1), name="C", mode=Mode.PREDICTIVE)
    bare = CallRecord(
        id=CallId(1), campaign=campaign.id, client=campaign.client, mode=Mode.PREDICTIVE, lead=LeadId(1),
        person=PersonId(1), phone=PhoneId(1), number="+1", trunk="", caller_id="", reserved_at=100.0, placed_at=100.0,
    )  # fmt: skip
    calls = [
        replace(bare, answered_at=105.0, bridged_at=105.0, ended_at=165.0, disposition="PTP"),
        replace(bare, answered_at=108.0, bridged_at=108.0, ended_at=112.0, disposition="MACHINE"),
        replace(bare, answered_at=109.0, ended_at=118.0, outcome=Outcome.ABANDONED),
        replace(bare, answered_at=190.0, bridged_at=190.0),  # after the stretch
    ]
    spells = [
        Spell(agent=AgentId(1), state=state, since=since, until=until)
        for state, since, until in (("ready", 90.0, 105.0), ("talking", 105.0, 165.0), ("break", 165.0, 300.0))
    ]
    found = figures(calls, spells, campaign, 100.0, 150.0)
    assert (found.placed, found.connected, found.people, found.abandoned, found.answered) == (4, 2, 1, 1, 2)
    assert (found.promises, found.right_parties) == (1, 1)
    assert found.talk_s == pytest.approx(45.0 + 4.0)
    assert found.occupancy == pytest.approx(45.0 / 50.0)


def test_a_past_day_is_forecast_by_the_settings_that_were_in_force(database: Path) -> None:
    async def with_others_since() -> Campaign:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            changed = replace(campaign, ring_timeout_s=12.0, pacing=replace(campaign.pacing, intensity=3.0))
            return await in_force(store, changed, SECOND + 600)

    was = asyncio.run(with_others_since())
    assert (was.ring_timeout_s, was.pacing.intensity) == (28.0, 1.0)
