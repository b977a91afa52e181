"""A scenario whose truth is known is lived through, kept as the dialer keeps a day, and found again."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.model import Mode, Recycling
from dialer.core.outcomes import EndedBy, Outcome
from dialer.store import Store
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import history
from simulation.calibrate.plots import draw
from simulation.calibrate.tell import tell
from simulation.calibrate.wording import told
from simulation.calibrate.write import scenario_of, scenario_text
from simulation.past import PastError
from simulation.recorded import record
from simulation.scenario import CampaignPlan, Scenario, find, read
from simulation.texts import ENGLISH, Tongue
from simulation.world.habits import Habits
from simulation.world.people import People

TRUTH = Scenario(
    agents=12,
    hours=3.0,
    people=People(answer_share=0.28, machine_share=0.15, ring_s=8.0, repeat_factor=0.8, talk_s=150.0, by_hour=False,
                  right_party_share=0.5, invalid_share=0.1),
    habits=Habits(wrap_up_s=15.0, break_every_s=1800.0, break_s=240.0),
    campaigns=(CampaignPlan(leads=1500, lines_max=60, number_dials_24h_max=20, attempts_max=20),),
)  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "days.db"

    async def keep() -> None:
        async with await Store.open(f"sqlite:///{path}") as store:
            await record(TRUTH, store, 7, days=2)

    asyncio.run(keep())
    return path


@pytest.fixture(scope="module")
def found(database: Path) -> Fit:
    async def read_it() -> Fit:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            return fit(await history(store, campaign, 0.0, 4e9))

    return asyncio.run(read_it())


@pytest.mark.parametrize(
    ("key", "truth", "within"),
    [
        ("people.answer_share", 0.28, 0.03),
        ("people.machine_share", 0.15, 0.02),
        ("people.busy_share", TRUTH.people.busy_share, 0.015),
        ("people.off_share", TRUTH.people.off_share, 0.02),
        ("people.invalid_share", 0.1, 0.025),
        ("people.ring_s", 8.0, 0.6),
        ("people.machine_ring_s", TRUTH.people.machine_ring_s, 1.2),
        ("people.repeat_factor", 0.8, 0.06),
        ("people.right_party_share", 0.5, 0.05),
        ("people.talk_s", 150.0, 18.0),
        ("people.talk_sigma", 0.8, 0.08),
        ("people.short_talk_s", 45.0, 5.0),
        ("people.hangs_up_share", 0.5, 0.06),
        ("habits.wrap_up_s", 15.0, 1.5),
        ("habits.break_every_s", 1800.0, 500.0),
        ("habits.break_s", 240.0, 70.0),
        ("trunks.carrier.delay_s", 3.0, 0.1),
        ("trunks.carrier.congestion_share", 0.02, 0.01),
    ],
)
def test_the_truth_is_found_again(found: Fit, key: str, truth: float, within: float) -> None:
    one = found.one[key]
    assert one.value == pytest.approx(truth, abs=within), told(one, ENGLISH)


def test_the_fitted_laws_match_what_was_seen(found: Fit) -> None:
    from simulation.calibrate.laws import distance

    gaps = {name: distance(found.samples[name], law) for name, law in found.laws.items()}
    assert len(gaps) >= 5
    assert max(gaps.values()) < 0.06, gaps


def test_what_it_writes_is_a_scenario_of_the_same_floor(found: Fit, tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_text(scenario_text(found))
    scenario = read(file)
    assert scenario.agents == TRUTH.agents
    assert scenario.hours == pytest.approx(TRUTH.hours, abs=0.4)
    assert scenario.zone == TRUTH.zone
    [plan], [was] = scenario.campaigns, TRUTH.campaigns
    assert (plan.mode, plan.lines_max, plan.ring_timeout_s) == (Mode.PREDICTIVE, was.lines_max, was.ring_timeout_s)
    assert scenario.people.answer_share == pytest.approx(found.value("people.answer_share"), rel=1e-3)
    assert "95 %" in file.read_text()


def test_rules_for_codes_of_the_campaigns_own_are_carried_along(found: Fit) -> None:
    rules = (("busy", Recycling(600.0)), ("VISITA", Recycling(None)))
    history = replace(found.history, campaign=replace(found.history.campaign, recycling=rules))
    [plan] = scenario_of(replace(found, history=history)).campaigns
    assert plan.dispositions == ("VISITA",)
    assert [(one.code, one.delay_s) for one in plan.recycling] == [("busy", 600.0), ("VISITA", -1.0)]


def test_the_picture_is_drawn(found: Fit, tmp_path: Path) -> None:
    draw(found, tmp_path / "fit.png")
    assert (tmp_path / "fit.png").read_bytes().startswith(b"\x89PNG")


def test_where_little_was_seen_it_says_so(database: Path) -> None:
    async def an_instant() -> Fit:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            return fit(await history(store, campaign, TRUTH.start(), TRUTH.start() + 600))

    short = asyncio.run(an_instant())
    assert "people.talk_s" in short.thin
    assert "THIN" in scenario_text(short)
    usual = People().talk_s
    assert abs(short.value("people.talk_s") - usual) > 0  # seen a little: not simply what is usual


def test_the_command_writes_both_files_and_names_what_is_missing(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "day.toml"
    tell(str(database), "campaign", 0.0, 4e9, out=out, json_file=tmp_path / "day.json", tongue=Tongue("es"))
    assert out.exists()
    assert (tmp_path / "day-fit.png").exists()
    said = capsys.readouterr().out
    assert re.search(r"answer_share +0,\d+ +0,\d+ a 0,\d+ \(95 %\), de ", said)
    assert out.read_text().startswith("# Calibrado con lo que el marcador registró")
    with pytest.raises(PastError, match="dialled nothing"):
        tell(str(database), "campaign", 0.0, 1.0, out=out, json_file=None)


def test_what_rang_until_our_time_out_says_so(found: Fit) -> None:
    unanswered = [one for one in found.history.attempts if one.outcome is Outcome.NO_ANSWER]
    ours = [one.lasted_s for one in unanswered if one.ended_by == EndedBy.TIMEOUT]
    others = [one.lasted_s for one in unanswered if one.ended_by != EndedBy.TIMEOUT]
    assert ours == pytest.approx([28.0] * len(ours), abs=0.1)
    assert len(ours) > 5 * len(others) > 0
    assert max(others) < 15.0  # phones that are off, which the network says after some ringing


def test_a_database_that_holds_campaigns_is_not_written_to(database: Path) -> None:
    async def again() -> None:
        async with await Store.open(f"sqlite:///{database}") as store:
            await record(replace(find("collections_5"), hours=0.02), store, 1)

    with pytest.raises(PastError, match="holds campaigns already"):
        asyncio.run(again())


def test_a_ring_time_out_that_was_changed_since_changes_nothing_of_what_was(database: Path, found: Fit) -> None:
    async def with_a_shorter_one() -> Fit:
        async with await Store.open(f"sqlite:///{database}") as store:
            [campaign] = await store.campaigns.list()
            return fit(await history(store, replace(campaign, ring_timeout_s=15.0), 0.0, 4e9))

    now = asyncio.run(with_a_shorter_one())
    for key in ("people.answer_share", "people.machine_share", "people.ring_s", "people.off_share"):
        assert now.value(key) == found.value(key)
