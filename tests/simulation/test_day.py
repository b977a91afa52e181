"""A simulated day: its figures add up, its modes differ as they must, and it lives in flat memory."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation import run
from simulation.replications import live
from simulation.report import Day, Spread
from simulation.scenario import find, in_mode

HOURS = 0.25
SCENARIO = replace(find("collections_10"), hours=HOURS)


def day(mode: Mode, seed: int = 1) -> Day:
    [last] = [one for one in live(in_mode(SCENARIO, mode), seed) if one is not None]
    return last


@pytest.fixture(scope="module")
def days() -> dict[Mode, Day]:
    return {mode: day(mode) for mode in Mode}


def test_every_call_placed_is_counted_once(days: dict[Mode, Day]) -> None:
    for one in days.values():
        assert one.placed > 0
        assert one.placed == sum(one.outcomes.values())
        assert one.connected_people + one.abandoned + one.hung_up_waiting == one.answered_people
        assert one.occupancy is not None
        assert 0 < one.occupancy <= 1


def test_only_predictive_dialling_abandons_anybody(days: dict[Mode, Day]) -> None:
    assert [mode for mode, one in days.items() if one.abandoned] in ([], [Mode.PREDICTIVE])


def test_predictive_reaches_more_people_than_progressive(days: dict[Mode, Day]) -> None:
    assert days[Mode.PREDICTIVE].connected_people > days[Mode.PROGRESSIVE].connected_people


def test_the_same_seed_is_the_same_day() -> None:
    assert day(Mode.PREDICTIVE, 2) == day(Mode.PREDICTIVE, 2)


def test_the_command_writes_what_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "days.json"
    run.simulate(run.Wish(name="collections_10", seeds=range(1, 3), hours=0.05, jobs=1, json_file=file))
    written = json.loads(file.read_text())
    assert [one["seed"] for one in written["days"]] == [1, 2]
    assert "abandon" in capsys.readouterr().out


def test_each_strategy_is_held_to_its_own_cap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "days.json"
    caps = "abandon_cap=0.05,abandon_cap=0.01"
    run.simulate(run.Wish(name="collections_5", seeds=[1], hours=0.02, jobs=1, compare=caps, json_file=file))
    assert "of 5 % allowed" in capsys.readouterr().out
    assert [one["abandon_cap"] for one in json.loads(file.read_text())["strategies"]] == [0.05, 0.01]


def test_each_campaign_of_a_day_is_counted_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "days.json"
    run.simulate(run.Wish(name="shared_40", seeds=[1], hours=0.1, jobs=1, json_file=file))
    written = json.loads(file.read_text())
    [one], [told] = written["days"], written["strategies"]
    names, caps = ["early stage", "cards", "promises due"], [0.03, 0.01, None]
    for campaigns in (one["campaigns"], told["campaigns"]):
        assert [(each["campaign"], each["cap"]) for each in campaigns] == list(zip(names, caps, strict=True))
        assert all(each["people"] > 0 for each in campaigns)
        assert sum(each["people"] for each in campaigns) == one["answered_people"]
        assert sum(each["missed"] for each in campaigns) == one["abandoned"] + one["cut_off"]
    assert "a campaign was above its own cap" in capsys.readouterr().out


def test_days_that_do_not_fit_into_days_are_refused() -> None:
    with pytest.raises(ConfigError, match="24 are the most"):
        run.simulate(run.Wish(name="collections_5", seeds=[1], hours=30.0, days=2))


@pytest.mark.parametrize("text", ["5:5", "a:b", "9:1", ""])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--seeds"):
        run.read_seeds(text)


def test_seeds() -> None:
    assert run.read_seeds("3:6") == range(3, 6)
    assert run.read_seeds("3") == range(3, 4)


def test_quantiles_of_a_spread() -> None:
    spread = Spread()
    assert spread.quantile(0.5) is None
    for hundredth in range(100):
        spread.add(hundredth / 100 + 0.001)
    spread.add(1e9)
    assert spread.quantile(0.5) == pytest.approx(0.51)
    assert spread.quantile(1.0) == 60.0
