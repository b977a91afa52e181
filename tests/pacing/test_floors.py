"""What must hold on whole floors, with fixed seeds: starts, the cap, gain over one call for each agent."""

from dataclasses import replace

import pytest

from benchmarks.pacing_floors import REALISTIC, FloorSpec, World, memoryless
from pacing import Policy, Settings, bounds

FLOORS = {floor.name: floor for floor in REALISTIC}


@pytest.mark.parametrize("spec", [FLOORS["r8m"], FLOORS["r40drift"], memoryless(30, 0.6)], ids=lambda spec: spec.name)
def test_the_first_ten_minutes_keep_the_cap_and_three_calls(spec: FloorSpec) -> None:
    for seed in (1, 2):
        day = World(replace(spec, hours=0.17, lists=()), Settings(connect_within_s=spec.grace_s), seed).run()
        assert day.early_abandoned <= 0.03 * day.early_people + 3


def test_a_small_memoryless_team_comes_near_the_exact_optimum_and_keeps_the_cap() -> None:
    spec = memoryless(10, 0.25, hours=5)
    day = World(spec, Settings(connect_within_s=0.0), seed=1, count_from_s=3600.0).run()
    best = bounds.optimum(agents=10, answer_share=0.25, ring_s=12, handle_s=200, cap=0.03)
    strict = bounds.strict_zero_occupancy(0.25, 12, 200)
    assert day.abandon <= 0.033
    assert strict + 0.04 < day.occupancy < best.occupancy + 0.02


def test_one_call_for_each_free_agent_abandons_nobody() -> None:
    day = World(replace(FLOORS["r12"], hours=0.5), Settings(policy=Policy.PROGRESSIVE), seed=1).run()
    assert day.abandoned == 0
    assert day.connects > 0


def test_a_day_is_the_same_whenever_it_is_run() -> None:
    spec = replace(FLOORS["r6"], hours=0.3)
    one, other = (World(spec, Settings(), seed=5).run() for _ in range(2))
    assert (one.placed, one.connects, one.abandoned, one.occupied_s) == (
        other.placed, other.connects, other.abandoned, other.occupied_s,
    )  # fmt: skip
