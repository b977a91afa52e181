"""The price of an abandoned call, held against the exact chain from which its base was taken."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pacing_budget import levels_of, rates_of
from pacing import Settings, bounds
from pacing.price import LEAST, MOST, Scene, base_price, factor, slack_of
from tests.pacing.trained import trained_floor

SCENE = Scene(agents=10, answer_share=0.2, answer_s=12.0, handle_s=200.0)


def reached(scene: Scene, price: float) -> tuple[float, float]:
    """Occupancy and abandoned share of the look-ahead at this price in the long run, exactly."""
    busy, lost = rates_of(scene, levels_of(scene, price))
    return busy / scene.agents, lost / (busy / scene.handle_s + lost)


@pytest.mark.parametrize("cap", [0.03, 0.01])
@pytest.mark.parametrize(("agents", "share"), [(5, 0.1), (10, 0.1), (10, 0.25), (16, 0.5)])
def test_the_base_meets_the_cap_on_the_memoryless_floor_near_the_optimum(agents: int, share: float, cap: float) -> None:
    scene = replace(SCENE, agents=agents, answer_share=share)
    occupancy, abandoned = reached(scene, base_price(cap, scene))
    assert 0.4 * cap < abandoned < 1.35 * cap
    best = bounds.optimum(agents=agents, answer_share=share, ring_s=12, handle_s=200, cap=abandoned)
    assert occupancy > best.occupancy - 0.004


@given(
    st.tuples(*(st.floats(0.5 * low, 2 * high) for low, high in zip(LEAST, MOST, strict=True))),
    st.integers(0, 4),
)
def test_a_small_change_of_the_floor_moves_the_base_little(given_: tuple[float, ...], which: int) -> None:
    def base(values: tuple[float, ...]) -> float:
        agents, share, aim, answer_s, handle_s = values
        return base_price(aim, Scene(agents, share, answer_s, handle_s))

    moved = tuple(value * (1.01 if index == which else 1.0) for index, value in enumerate(given_))
    assert 30 < base(given_) < 120_000
    assert abs(math.log(base(moved) / base(given_))) < 0.025


@given(st.floats(0, 3000), st.floats(0, 200), st.floats(0.002, 0.1), st.floats(1, 600))
def test_what_is_left_makes_it_cheaper_and_every_abandoned_call_dearer(
    answered: float, abandoned: float, aim: float, agents: float
) -> None:
    slack = slack_of(agents)
    now = factor(answered, abandoned, aim, slack)
    assert factor(answered, abandoned + 1, aim, slack) >= now
    assert factor(answered, abandoned + 0.01, aim, slack) <= 1.05 * now  # no jump
    if aim * answered > 40:  # the first credit has faded
        assert factor(answered + 100, abandoned, aim, slack) <= now


def test_with_the_slack_left_the_price_is_the_base() -> None:
    slack = slack_of(20)
    assert factor(2000, 60 - slack, 0.03, slack) == pytest.approx(1.0, rel=1e-6)


def test_the_stricter_the_cap_the_nearer_to_one_call_for_each_agent() -> None:
    """A cap of nearly nothing is as good as none: nothing is lent to it, and no price is dear enough."""
    aims = [0.01, 0.003, 0.001, 0.0001, 1e-5]
    prices = [base_price(aim, SCENE) * factor(0, 0, aim, slack_of(10)) for aim in aims]
    assert all(dearer > 1.8 * price for price, dearer in pairwise(prices))
    calls = []
    for cap in (0.03, 1e-5, 0.0):
        pacer = trained_floor(8)
        pacer.change(12_000.0, Settings(abandon_cap=cap))
        calls.append(pacer.decide(12_000.0).calls)
    assert calls[0] > 8
    assert calls[1:] == [8, 8]
