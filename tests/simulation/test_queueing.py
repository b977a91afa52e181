"""The simulated world agrees, within three standard errors, with what is known exactly: Erlang B, C, A, the optimum."""

import pytest

from benchmarks.simulation_queue import (
    blocked_share,
    erlang_a,
    exact_levels,
    leaving_share,
    levels_kept,
    waiting_share,
)
from pacing.bounds import erlang_b, erlang_c, optimum

CALLS, SEED = 12_000, 3
SIGMAS = 3.0


@pytest.mark.parametrize(("lines", "load"), [(5, 3.0), (20, 18.0)])
def test_lines_that_are_full_refuse_what_erlang_b_says(lines: int, load: float) -> None:
    found = blocked_share(lines=lines, load=load, calls=CALLS, seed=SEED)
    assert found.off_by(erlang_b(lines, load)) < SIGMAS
    assert found.error < 0.02


@pytest.mark.parametrize(("agents", "load"), [(4, 2.5), (12, 9.0)])
def test_people_wait_as_often_as_erlang_c_says(agents: int, load: float) -> None:
    found = waiting_share(agents=agents, load=load, calls=CALLS, seed=SEED)
    assert found.off_by(erlang_c(agents, load)) < SIGMAS
    assert found.error < 0.03


@pytest.mark.parametrize(("agents", "load", "patience_s"), [(5, 5.0, 50.0), (10, 11.0, 100.0)])
def test_people_leave_as_often_as_erlang_a_says(agents: int, load: float, patience_s: float) -> None:
    found = leaving_share(agents=agents, load=load, patience_s=patience_s, calls=CALLS, seed=SEED)
    assert found.off_by(erlang_a(agents, load, patience_s / 100.0)) < SIGMAS
    assert found.error < 0.02


@pytest.mark.parametrize("agents", [3, 8])
def test_the_optimal_levels_reach_what_their_markov_chain_says_and_that_is_the_optimum(agents: int) -> None:
    best = optimum(agents=agents, cap=0.03, answer_share=0.25, ring_s=12.0, handle_s=200.0)
    occupancy, abandoned = exact_levels(best.in_flight, answer_share=0.25, ring_s=12.0, handle_s=200.0)
    busy, lost = levels_kept(best.in_flight, answer_share=0.25, ring_s=12.0, handle_s=200.0, hours=40.0, seed=SEED)
    assert busy.off_by(occupancy) < SIGMAS
    assert lost.off_by(abandoned) < SIGMAS
    # Whole levels meet the cap on its safe side; the optimum mixes two such tables in time to meet it exactly.
    assert best.occupancy - 0.012 < occupancy <= best.occupancy + 1e-6
    assert abandoned < 0.03


def test_erlang_a_without_impatience_is_erlang_c_and_without_patience_erlang_b() -> None:
    assert erlang_a(10, 8.0, 1e-4) == pytest.approx(erlang_b(10, 8.0), rel=0.01)
    assert erlang_a(10, 8.0, 1e5) == pytest.approx(0.0, abs=1e-4)
