"""The statistics against published figures and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing import stats


@pytest.mark.parametrize(
    ("abandoned", "answered", "low", "high"),
    [(3, 100, 0.6, 8.5), (9, 300, 1.4, 5.6), (30, 1000, 2.0, 4.3), (90, 3000, 2.4, 3.7), (300, 10_000, 2.7, 3.4)],
)
def test_exact_interval(abandoned: int, answered: int, low: float, high: float) -> None:
    assert stats.interval(abandoned, answered) == pytest.approx((low / 100, high / 100), abs=6e-4)


@pytest.mark.parametrize(("abandoned", "answered"), [(3, 300), (20, 1000), (47, 2000), (129, 5000), (271, 10_000)])
def test_the_most_abandoned_calls_that_prove_less_than_three_percent(abandoned: int, answered: int) -> None:
    assert stats.interval(abandoned, answered, 0.90)[1] < 0.03
    assert stats.interval(abandoned + 1, answered, 0.90)[1] >= 0.03


@pytest.mark.parametrize(("abandoned", "answered"), [(10, 100), (19, 300), (48, 1000), (121, 3000), (359, 10_000)])
def test_anytime_alarm_begins_where_it_should(abandoned: int, answered: int) -> None:
    assert stats.evidence_against(0.03, abandoned, answered) >= 20
    assert stats.evidence_against(0.03, abandoned - 1, answered) < 20


@given(st.integers(1, 40), st.integers(0, 40))
def test_interval_inverts_the_binomial_law(answered: int, abandoned: int) -> None:
    abandoned = min(abandoned, answered)
    low, high = stats.interval(abandoned, answered)
    assert low <= abandoned / answered <= high
    if abandoned:
        assert _at_least(abandoned, answered, low) == pytest.approx(0.025, abs=1e-6)
    if abandoned < answered:
        assert 1 - _at_least(abandoned + 1, answered, high) == pytest.approx(0.025, abs=1e-6)


def _at_least(k: int, n: int, share: float) -> float:
    return math.fsum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1))


@given(st.lists(st.floats(0.02, 0.98), min_size=6, max_size=30), st.integers(0, 30))
def test_tail_is_near_the_exact_poisson_binomial_law(chances: list[float], at_least: int) -> None:
    law = np.ones(1)
    for chance in chances:
        law = np.convolve(law, [1 - chance, chance])
    q = np.array(chances)
    mean, variance, third = (np.array([part.sum()]) for part in (q, q * (1 - q), q * (1 - q) * (1 - 2 * q)))
    assert stats.tail(mean, variance, third, at_least)[0] == pytest.approx(float(law[at_least:].sum()), abs=0.06)
