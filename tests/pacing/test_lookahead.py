"""The look-ahead against brute force, and the laws that any sane decision keeps."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacing import stats
from pacing.horizons import HORIZONS_S
from pacing.lookahead import MOST, NewCall, Outlook, _ByCounts, _held, a_step_up, calls_worth, most_for
from pacing.rows import FloatArray

CHANCES = st.lists(st.floats(0.01, 0.7), max_size=8)
SHARES = np.array([0.0, 0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.93, 0.98, 1.0])  # of the final chance, by horizon
LATER = np.minimum(1.0, SHARES + 0.1)


def moments(chances: list[float], shares: FloatArray) -> FloatArray:
    q = np.array(chances, dtype=np.float64)[:, None] * shares
    spread = q * (1 - q)
    return np.stack([q.sum(axis=0), spread.sum(axis=0), (spread * (1 - 2 * q)).sum(axis=0)])


def outlook(free: int, in_flight: list[float], busy: list[float], doubt: float = 0.0) -> Outlook:
    releases = np.stack([moments(busy, SHARES), moments(busy, LATER)], axis=1)
    return Outlook(free, moments(in_flight, SHARES), releases, None, doubt)


def new_call(chance: float, people: float = 1.0) -> NewCall:
    return NewCall(chance * SHARES, chance * people * SHARES)


def exact(chances: list[float]) -> FloatArray:
    law = np.ones(1)
    for chance in chances:
        law = np.convolve(law, [1 - chance, chance])
    return law


def brute_force(free: int, in_flight: list[float], busy: list[float], *, chance: float, price: float) -> float:
    """Gain less price times cost of the first further call, by the exact laws."""
    call, total = new_call(chance), 0.0
    for h in range(len(HORIZONS_S)):
        answers = exact([each * SHARES[h] for each in in_flight])
        chances = []
        for shares in (SHARES, LATER):
            released = exact([each * shares[h] for each in busy])
            full = sum(a * r for i, a in enumerate(answers) for j, r in enumerate(released) if i >= free + j)
            chances.append(full)
        total += call.gains[h] * (1 - chances[0]) - price * call.costs[h] * chances[1]
    return total


@given(st.integers(-1, 5), CHANCES, CHANCES, st.floats(0.05, 0.6), st.floats(50, 3000))
def test_the_first_call_is_worth_what_brute_force_says(
    free: int, in_flight: list[float], busy: list[float], chance: float, price: float
) -> None:
    worth = brute_force(free, in_flight, busy, chance=chance, price=price)
    scale = 25 * chance  # the most that a call can save
    if abs(worth) > 0.12 * scale + 0.03 * price * chance:  # nearer than that the count laws may err
        calls, _ = calls_worth(outlook(free, in_flight, busy), new_call(chance), price)
        assert (calls > 0) == (worth > 0)


@settings(max_examples=25)
@given(st.integers(-3, 9), CHANCES, CHANCES, st.floats(0.02, 0.6), st.lists(st.floats(-2, 3), min_size=20, max_size=20))
def test_every_number_of_calls_is_weighed_by_the_chance_that_answers_find_nobody(
    free: int, in_flight: list[float], busy: list[float], chance: float, sure: list[float]
) -> None:
    """The laws of answers and of releases, one number of each after the other, where some agents are known to come."""
    known = np.round(sure, 1).reshape(2, -1)
    given_ = replace(outlook(free, in_flight, busy, doubt=0.05), sure=known)
    call = new_call(chance, people=0.8)
    weighed = _ByCounts(given_, call, size := 30)
    for more in (0, 5):
        mean = given_.answers[0] + more * call.moments[0]
        variance = given_.answers[1] + more * call.moments[1] + 0.05 * mean**2
        answers = stats.panjer(mean, variance, size)
        released = stats.panjer(given_.releases[0], given_.releases[1], size)
        gained = risked = 0.0
        for h in range(len(HORIZONS_S)):
            meets_none = [_meets_none(answers[h], released[side, h], free, known[side, h]) for side in (0, 1)]
            gained += call.gains[h] * (1 - meets_none[0])
            risked += call.costs[h] * meets_none[1]
        found = [float(each[0]) for each in weighed.weigh(np.array([[float(more)]]))]
        assert found == pytest.approx([gained, risked], abs=2e-6 if more else 1e-12)  # it cuts off what hardly occurs


def _meets_none(answers: FloatArray, released: FloatArray, free: int, sure: float) -> float:
    """P[as many answers as agents], where a share of an agent is one agent more with that chance."""
    whole = int(np.floor(sure))
    return sum(
        float(part * answers[max(0, free + count + extra) :].sum() * chance)
        for extra, part in ((whole, 1 - (sure - whole)), (whole + 1, sure - whole))
        for count, chance in enumerate(released)
    )


@given(
    free=st.integers(-2, 30), in_flight=CHANCES, busy=CHANCES,
    chance=st.floats(0.02, 0.7), price=st.floats(20, 5000), few=st.integers(0, 20),
)  # fmt: skip
def test_who_wants_to_know_of_few_calls_only_is_told_the_same_of_those(
    free: int, in_flight: list[float], busy: list[float], *, chance: float, price: float, few: int
) -> None:
    asked = outlook(free, in_flight, busy), new_call(chance), price, _dearer(price, 1.2)
    assert calls_worth(*asked, most=few)[0] == min(few, calls_worth(*asked)[0])


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=80),
    st.floats(0.1, 50),
    st.floats(1, 8),
)
def test_no_abandoned_call_more_would_have_moved_the_number_by_more_than_a_call_and_a_tenth(
    weighed: list[tuple[float, float]], price: float, steeper: float
) -> None:
    """The least of what is worth placing after k abandoned calls more and k steps up; gains and risks in any order."""
    saved, risked = ([each[side] for each in weighed] for side in (0, 1))

    def worth(at: float) -> int:
        return next((n for n, (gain, risk) in enumerate(weighed) if gain <= at * risk), len(weighed))

    held = worth(price)
    for abandoned in range(1, 40):
        calls = worth(price * steeper**abandoned)
        for _ in range(abandoned):
            calls = a_step_up(calls)
        held = min(held, calls)
    assert _held(worth(price), saved, risked, _dearer(price, steeper)) == held


def _dearer(price: float, steeper: float) -> Callable[[int], float]:
    return lambda abandoned: price * steeper**abandoned


def test_without_answers_on_their_way_there_is_no_risk() -> None:
    calls, _ = calls_worth(outlook(1, [], [0.3] * 20), new_call(0.5), price=1e6)
    assert calls >= 1


@given(st.integers(-2, 30), CHANCES, CHANCES, st.floats(0.02, 0.7), st.floats(20, 5000))
def test_a_dearer_abandon_never_means_more_calls_and_a_free_agent_never_fewer(
    free: int, in_flight: list[float], busy: list[float], chance: float, price: float
) -> None:
    calls, risk = calls_worth(outlook(free, in_flight, busy), new_call(chance), price)
    assert 0 <= calls <= MOST
    assert 0 <= risk <= 1 + 1e-9
    assert calls_worth(outlook(free, in_flight, busy), new_call(chance), 1.7 * price)[0] <= calls
    assert calls_worth(outlook(free + 1, in_flight, busy), new_call(chance), price)[0] >= calls
    assert calls_worth(outlook(free, [*in_flight, 0.3], busy), new_call(chance), price)[0] <= calls


@given(st.integers(0, 40), st.floats(0.02, 0.7), st.floats(100, 3000), st.floats(-0.02, 0.02))
def test_a_small_change_moves_the_decision_by_one_call_and_a_tenth_at_most(
    free: int, chance: float, price: float, change: float
) -> None:
    in_flight, busy = [chance] * 2 * free, [0.2] * 3 * free
    calls, _ = calls_worth(outlook(free, in_flight, busy), new_call(chance), price)
    nudged = [each * (1 + change) for each in in_flight]
    others = (
        calls_worth(outlook(free, nudged, busy), new_call(chance), price)[0],
        calls_worth(outlook(free, in_flight, busy), new_call(chance), price * (1 + change))[0],
        calls_worth(outlook(free, in_flight, [*busy, 0.01]), new_call(chance), price)[0],
    )
    for other in others:
        assert abs(other - calls) <= 1 + 0.1 * max(calls, other, 2 * free)


def test_machines_take_agents_but_cost_nothing_when_they_are_dropped() -> None:
    people, _ = calls_worth(outlook(4, [0.3] * 6, []), new_call(0.3), 600)
    machines, _ = calls_worth(outlook(4, [0.3] * 6, []), new_call(0.3, people=0.5), 600)
    assert machines > people


def test_doubt_makes_shy() -> None:
    sure, _ = calls_worth(outlook(20, [0.25] * 30, []), new_call(0.25), 600)
    unsure, _ = calls_worth(outlook(20, [0.25] * 30, [], doubt=0.1), new_call(0.25), 600)
    assert unsure < sure


def test_very_large_floors_go_by_moments_and_agree_with_counts() -> None:
    for agents in (60, 400):
        busy = [0.3] * agents
        calls, _ = calls_worth(outlook(10, [0.3] * (agents // 2), busy), new_call(0.3), 600)
        more, _ = calls_worth(outlook(10, [0.3] * (agents // 2 + 40), busy), new_call(0.3), 600)
        assert more <= calls


def test_a_crowd_of_agents_gets_its_calls_in_a_few_decisions() -> None:
    """Fifty answers in a hundred calls a second: what five hundred agents with a minute for each need at 5 %."""
    wanted = outlook(400, [], []), new_call(0.05), 600
    assert calls_worth(*wanted)[0] == MOST == most_for(5)
    assert calls_worth(*wanted, most=most_for(500))[0] == most_for(500) > 200
