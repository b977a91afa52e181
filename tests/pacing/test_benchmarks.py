"""The benchmarks of pacing at a small size: they run, go on where they were cut off, and count right."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pacing import Result, exact_tables, yardstick
from benchmarks.pacing_budget import PRICES, Budget
from benchmarks.pacing_days import judge_days
from benchmarks.pacing_floors import REALISTIC, Day, World
from benchmarks.pacing_gap import WeighedWorld, truth
from pacing import Settings


def test_days_are_judged_and_those_known_are_not_lived_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "days.jsonl"
    judge_days(2, hours=0.03, step_s=2.0, jobs=1, path=path)
    judge_days(3, hours=0.03, step_s=2.0, jobs=1, path=path)
    assert len(path.read_text().splitlines()) == 3
    told = capsys.readouterr().out
    assert "2 days with fewer: 0 above the cap" in told
    assert "1 days with 10 agents and more: 0 above the cap" in told


def test_the_yardstick_has_the_means_of_the_days() -> None:
    """Half of 100 calls answered after 10 s, handled in 90 s: the optimum lies above one call for each agent."""
    spec = replace(REALISTIC[0], agents=4)
    day = Day(signed_in_s=36_000, occupied_s=4500, connects=50, outcomes=100, answers=50, flight_s=1000.0, handled=50)
    [row] = yardstick(spec, [day])
    assert row.note == "memoryless: answers 50%, 10 s, 90 s"
    assert 100 * 90 / (90 + 20) < row.occupancy < 90


def test_the_exact_optimum_is_tabled_by_agents_and_answers() -> None:
    def found(floor: str, policy: str, occupancy: float) -> Result:
        return Result(
            floor=floor, policy=policy, occupancy=occupancy, abandon=2.9, abandon_worst=3.0, abandon_vicidial=3.0,
            idle_per_connect_s=9.0, talk_min_per_hour=50.0, decision_us=70.0, early_over=0.0, days_over=0,
        )  # fmt: skip

    floors = ("memoryless 10/0.1 3%", "memoryless 5/0.25 3%", "memoryless 5/0.1 3%")
    results = [found(floor, policy, occupancy) for occupancy, floor in enumerate(floors, start=80)
               for policy in ("predictive", "exact optimum")]  # fmt: skip
    assert list(exact_tables([found("r6", "predictive", 70), *results])) == [
        "\n| agents, cap 3% | answers 10% | answers 25% |",
        "|---|---|---|",
        "| 5 | 82.0 @ 2.90 of 82.0 | 81.0 @ 2.90 of 81.0 |",
        "| 10 | 80.0 @ 2.90 of 80.0 | - |",
    ]


def test_every_outcome_is_counted_once() -> None:
    day = World(replace(REALISTIC[1], hours=0.1), Settings(), seed=3, step_s=1.0).run()
    assert 0 < day.answers < day.outcomes <= day.placed
    assert day.answers >= day.connects + day.abandoned


def test_a_day_at_a_fixed_price_is_the_chain_and_the_best_law_gains_without_more_risk() -> None:
    budget = Budget(3, 0.3, 0.05, hours=5)
    price = 60
    level = np.full(len(budget.counts), np.log(PRICES[price]))
    lived = budget.lived(lambda _answered: level, budget.last)
    assert lived.abandoned == pytest.approx(budget.frontier.abandoned[price])
    assert lived.occupancy == pytest.approx(budget.frontier.occupancy[price])
    present = budget.lived(budget.present(), budget.last)
    told = budget.best_as_safe(budget.ends_at(budget.last), present, budget.last)
    assert told.above[-1] <= present.above[-1]
    assert present.occupancy < told.occupancy < budget.reached


def test_no_step_of_the_exact_optimum_gives_anything_away() -> None:
    solved = truth(3, 0.3, 0.05)
    assert solved.waiting.min() > -1e-6
    for busy, level in enumerate(solved.levels):
        assert solved.waiting[busy, level:] == pytest.approx(0, abs=1e-6)
        assert solved.value[busy, level] == pytest.approx(solved.value[busy].max())


def test_what_a_policy_gives_away_is_weighed() -> None:
    """The optimum's own levels lose by the second between decisions alone; the ledger loses more."""
    gaps = {}
    for name in ("exact levels", "present"):
        world = WeighedWorld(3, 0.3, 0.05, seed=1, hours=1.4, step_s=1.0)
        world.variant(name)
        gaps[name] = world.gap()
    assert 0 < gaps["exact levels"].waiting < gaps["present"].waiting
    assert gaps["exact levels"].crowding == pytest.approx(0, abs=1e-6)
