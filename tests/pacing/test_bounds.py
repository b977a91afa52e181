"""The exact optimum against its published table, and the classical formulas."""

import pytest

from pacing import PacingError, bounds

RING_S, HANDLE_S = 12.0, 200.0

# agents, answer share, then the best occupancy (%) at 0.5, 1, 2, 3 and 5 % abandoned
OPTIMA = [
    (3, 0.10, (68.9, 70.8, 73.2, 74.7, 77.7)), (3, 0.25, (81.5, 82.2, 83.3, 83.8, 84.8)),
    (3, 0.50, (89.4, 89.6, 89.9, 90.2, 90.6)), (5, 0.10, (72.5, 74.7, 77.4, 79.1, 82.1)),
    (5, 0.25, (82.2, 83.0, 84.5, 85.2, 86.4)), (5, 0.50, (89.6, 89.7, 90.0, 90.4, 91.0)),
    (10, 0.10, (78.9, 81.1, 83.4, 84.9, 87.0)), (10, 0.25, (84.1, 85.1, 86.9, 87.7, 89.1)),
    (10, 0.50, (89.8, 90.2, 90.7, 91.1, 91.9)),
]  # fmt: skip


@pytest.mark.parametrize(("agents", "share", "best"), OPTIMA)
def test_the_constrained_optimum(agents: int, share: float, best: tuple[float, ...]) -> None:
    for cap, occupancy in zip((0.005, 0.01, 0.02, 0.03, 0.05), best, strict=True):
        found = bounds.optimum(agents=agents, answer_share=share, ring_s=RING_S, handle_s=HANDLE_S, cap=cap)
        assert 100 * found.occupancy == pytest.approx(occupancy, abs=0.15)
        assert found.abandon == pytest.approx(cap, abs=1e-6)


def test_only_the_ratio_of_ringing_to_handling_matters() -> None:
    seconds = bounds.optimum(agents=4, answer_share=0.3, ring_s=12, handle_s=200, cap=0.03)
    minutes = bounds.optimum(agents=4, answer_share=0.3, ring_s=0.2, handle_s=200 / 60, cap=0.03)
    assert minutes.occupancy == pytest.approx(seconds.occupancy, abs=1e-4)


@pytest.mark.parametrize(("share", "occupancy"), [(0.10, 62.5), (0.25, 80.6), (0.50, 89.3)])
def test_strict_zero(share: float, occupancy: float) -> None:
    assert 100 * bounds.strict_zero_occupancy(share, RING_S, HANDLE_S) == pytest.approx(occupancy, abs=0.05)


@pytest.mark.parametrize(("agents", "occupancy"), [(3, 23.1), (5, 36.4), (10, 53.6), (30, 74.6), (100, 88.1)])
def test_a_blind_rate(agents: int, occupancy: float) -> None:
    assert 100 * bounds.blind_occupancy(agents, 0.03) == pytest.approx(occupancy, abs=0.1)


def test_erlangs_formulas() -> None:
    assert bounds.erlang_b(10, 8.0) == pytest.approx(0.1217, abs=1e-4)
    assert bounds.erlang_c(10, 8.0) == pytest.approx(0.4092, abs=1e-4)
    assert bounds.erlang_c(5, 5.0) == 1.0
    assert bounds.erlang_b(3, 0.0) == 0.0


def test_senseless_figures_are_refused() -> None:
    with pytest.raises(PacingError, match="agents is 0"):
        bounds.optimum(agents=0, answer_share=0.3, ring_s=12, handle_s=200, cap=0.03)
