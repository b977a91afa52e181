"""Estimates find what was put in, and are drawn towards what is usual only where little is known."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.calibrate import laws
from simulation.calibrate.wording import told
from simulation.texts import ENGLISH


def test_a_cut_off_gamma_law_is_found_again() -> None:
    draw = random.Random(1)
    whole = [draw.gammavariate(3.0, 4.0) for _ in range(6000)]
    mean, shape = laws.cut_gamma([laws.Ring(one, 14.0) for one in whole if one < 14.0], 9.0, 3.0)
    assert mean.low < 12.0 < mean.high
    assert shape.low < 3.0 < shape.high
    seen = sum(one < 14.0 for one in whole) / len(whole)
    assert laws.below(mean.value, shape.value, 14.0) == pytest.approx(seen, abs=0.03)


def test_a_gamma_law_is_found_again_where_each_ring_has_a_cut_and_a_weight_of_its_own() -> None:
    """Half of the rings are cut at 8 s; of those that last longer than 6 s every second one is not seen at all."""
    draw = random.Random(5)
    whole = [(draw.gammavariate(3.0, 4.0), draw.choice([8.0, 30.0]), draw.random() < 0.5) for _ in range(12000)]
    seen = [(ring, cut) for ring, cut, kept in whole if ring < cut and (kept or ring < 6.0)]
    mean, shape = laws.cut_gamma([laws.Ring(ring, cut, 1.0 if ring < 6.0 else 2.0) for ring, cut in seen], 9.0, 3.0)
    assert mean.value == pytest.approx(12.0, rel=0.04)
    assert shape.value == pytest.approx(3.0, rel=0.06)
    cuts = {8.0: 6000, 30.0: 6000}
    share = sum(ring < cut for ring, cut, _ in whole) / len(whole)
    assert laws.below_cuts(12.0, 3.0, cuts) == pytest.approx(share, abs=0.01)
    assert laws.mean_of_share(laws.below_cuts(12.0, 3.0, cuts), 3.0, cuts) == pytest.approx(12.0, abs=1e-3)


def test_a_lognormal_law_is_found_again_though_long_times_were_cut() -> None:
    draw = random.Random(6)
    whole = [draw.lognormvariate(3.0, 0.7) for _ in range(3000)]
    limits = [draw.choice([20.0, 30.0]) for _ in whole]
    ended = [one for one, limit in zip(whole, limits, strict=True) if one < limit]
    cut = [limit for one, limit in zip(whole, limits, strict=True) if one >= limit]
    assert len(cut) > 1000
    mean, sigma = laws.cut_lognormal(ended, cut, 40.0, 0.5)
    assert mean.low < 25.66 < mean.high  # exp(3 + 0.7^2 / 2)
    assert sigma.low < 0.7 < sigma.high
    assert mean.n == 3000
    free, loose = laws.cut_lognormal(ended, [], 40.0, 0.5), laws.lognormal(ended, 40.0, 0.5)
    assert [one.value for one in free] == pytest.approx([one.value for one in loose], rel=0.01)


def test_a_lognormal_law_is_found_again() -> None:
    draw = random.Random(2)
    mean, sigma = laws.lognormal([draw.lognormvariate(4.0, 0.8) for _ in range(3000)], 100.0, 0.5)
    assert mean.low < 75.19 < mean.high  # exp(4 + 0.8^2 / 2)
    assert sigma.low < 0.8 < sigma.high


def test_the_intervals_hold_as_often_as_they_say() -> None:
    draw = random.Random(3)
    held = {"share": 0, "lifetime": 0, "wear": 0, "wear to the floor": 0}
    for _ in range(200):
        one = laws.share(sum(draw.random() < 0.2 for _ in range(300)), 300, 0.2)
        held["share"] += one.low < 0.2 < one.high
        one = laws.lifetime(sum(draw.expovariate(1 / 60) for _ in range(150)), 150, 60.0)
        held["lifetime"] += one.low < 60.0 < one.high
        groups = [(k, sum(draw.random() < 0.2 * 0.9 ** (k - 1) for _ in range(400)), 80.0) for k in (1, 2, 3, 4)]
        one = laws.wear(groups)
        held["wear"] += one.low < 0.9 < one.high
        worn = [(k, sum(draw.random() < 0.2 * max(0.3, 0.6 ** (k - 1)) for _ in range(400)), 9.0) for k in range(1, 7)]
        one = laws.wear(worn)
        held["wear to the floor"] += one.low < 0.6 < one.high
    assert all(176 <= count <= 199 for count in held.values()), held


@given(st.integers(0, 50), st.floats(0.01, 0.99))
def test_a_share_lies_between_what_was_seen_and_what_is_usual(count: int, usual: float) -> None:
    one = laws.share(count, 50, usual)
    assert min(count / 50, usual) - 1e-9 <= one.value <= max(count / 50, usual) + 1e-9
    assert one.thin


def test_what_was_never_seen_is_as_assumed_and_says_so() -> None:
    for one in (
        laws.share(0, 0, 0.3),
        laws.mean([], 0.3),
        laws.lifetime(5.0, 0, 0.3),
        laws.cut_gamma([], 0.3, 2)[0],
        laws.cut_lognormal([], [5.0], 0.3, 0.5)[0],
    ):
        assert one.value == 0.3
        assert one.thin
    assert "never seen" in told(laws.share(0, 0, 0.3), ENGLISH)


def test_groups_that_differ_by_chance_alone_are_drawn_together_and_others_are_not() -> None:
    draw = random.Random(4)
    alike = laws.factors([(sum(draw.random() < 0.2 for _ in range(200)), 200) for _ in range(12)], 0.2)
    assert max(abs(one.value - 1) for one in alike) < 0.12
    apart = laws.factors([(200, 2000), (600, 2000), (0, 0)], 0.2)
    assert [round(one.value, 1) for one in apart] == [0.5, 1.5, 1.0]


def test_the_largest_gap_is_none_for_the_law_itself() -> None:
    values = [(n + 0.5) / 100 for n in range(100)]
    assert laws.distance(values, lambda at: at) == pytest.approx(0.005)
    assert laws.distance(values, lambda at: at / 2) > 0.4
