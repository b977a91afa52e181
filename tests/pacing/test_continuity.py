"""A small change of any input moves no decision by more than one call and a tenth; more agents never mean fewer."""

import math
import pickle
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacing import Binding, Limits, Outcome, Pacer, Policy, Settings
from pacing.answers import REFERENCE
from pacing.horizons import HORIZONS_S
from tests.pacing.trained import large_floor, ready_floor, trained_floor


def countdown_floor(answered: int, *, agents: int = 12) -> tuple[Pacer, float]:
    """Agents whose wrap-up ends in four seconds, after a third of the calls was answered."""
    pacer, t = ready_floor(agents=agents), 0.0
    for call in range(3 * answered):
        t += 20.0
        pacer.call_placed(t, call)
        if call % 3:
            pacer.call_ended(t + 10, call, Outcome.NO_ANSWER)
        else:
            pacer.call_answered(t + 6, call)
            pacer.call_connected(t + 6, call, call // 3 % agents)
            pacer.call_ended(t + 12, call, Outcome.COMPLETED)
            pacer.agent_ready(t + 13, call // 3 % agents)
        pacer.decide(t + 19)
    for agent in range(agents):
        pacer.agent_wrapping(t + 19, agent)
        pacer.agent_free_at(t + 19, agent, t + 23)
    return pacer, t + 19


@pytest.mark.parametrize("answered", range(32, 42, 2))
def test_an_agent_more_does_not_call_the_start_back(answered: int) -> None:
    few, t = countdown_floor(answered)
    more, _ = countdown_floor(answered)
    more.agent_wrapping(t, "one more")
    more.agent_free_at(t, "one more", t + 4)
    assert more.decide(t).calls >= few.decide(t).calls


@pytest.mark.parametrize("later_s", [0, 60])
def test_a_night_without_agents_makes_no_morning_bolder(later_s: int) -> None:
    """The price depends on how many agents there are; those who come are there at once."""
    prices = []
    for change in ("agent_ready", "agent_left"):
        pacer, t = pickle.loads(large_floor())
        for agent in range(40):
            getattr(pacer, change)(t, agent)
        for passed in range(0, 7200, 60):
            pacer.decide(t + passed)
        for agent in range(40):
            pacer.agent_ready(t + 7200, agent)
        pacer.decide(t + 7200)
        prices.append(pacer.decide(t + 7200 + later_s).why.price)
    assert prices[1] == pytest.approx(prices[0], rel=0.02)


def nearly(one: int, other: int) -> bool:
    return abs(one - other) <= 1 + 0.1 * max(one, other)


@given(st.sampled_from(HORIZONS_S.tolist()), st.floats(0.002, 0.02), st.integers(0, 39))
@settings(max_examples=30)
def test_a_moment_more_moves_the_decision_by_one_call_and_a_tenth_at_most(
    ahead: float, moment: float, agent: int
) -> None:
    """Of an end of wrap-up, a log-out and the close."""

    def calls(kind: str, at: float) -> int:
        pacer, t = pickle.loads(large_floor())
        if kind.startswith("agent_free"):
            pacer.agent_wrapping(t, agent)
        arguments = (t + at,) if kind == "closes_at" else (agent, t + at)
        getattr(pacer, kind)(t, *arguments)
        return int(pacer.decide(t).calls)

    for kind in ("agent_free_at", "agent_free_by", "agent_leaves_at", "closes_at"):
        assert nearly(calls(kind, ahead - moment), calls(kind, ahead + moment)), kind


@pytest.mark.parametrize("edge", [number - 7.5 for number in range(14)])
def test_a_slightly_likelier_lead_moves_the_decision_by_one_call_and_a_tenth_at_most(edge: float) -> None:
    """Where the table of answers goes from one level to the next."""
    chance = 1 - math.exp(-(2 ** (0.375 * edge)) * REFERENCE)
    few, many = (pickle.loads(large_floor()) for _ in range(2))
    one, other = (pacer.decide(t, Limits(p_answer=p)).calls
                  for (pacer, t), p in ((few, 0.997 * chance), (many, min(1.0, 1.003 * chance))))  # fmt: skip
    assert nearly(one, other)


@pytest.mark.parametrize("left_s", [1.6, 3.1, 5.1, 9.1])
def test_no_crowd_of_calls_is_placed_shortly_before_the_close(left_s: float) -> None:
    open_floor, closing = trained_floor(8), trained_floor(8)
    closing.closes_at(12_000.0, 12_000.0 + left_s)
    assert closing.decide(12_000.0).calls <= open_floor.decide(12_000.0).calls


@cache
def crowd() -> bytes:
    """Sixty agents at work, with a day's ledger behind them; and the time."""
    pacer, t = pickle.loads(large_floor())
    for agent in range(60):
        pacer.agent_talking(t, agent)
    pacer.ledger.add(t, answered=1900)
    pacer.decide(t)
    return pickle.dumps((pacer, t))


@given(st.integers(0, 70), st.integers(0, 1000), st.integers(1, 12), st.integers(0, 60))
@settings(max_examples=100)
def test_a_call_more_in_the_ledger_moves_the_decision_by_one_call_and_a_tenth_at_most(
    abandoned: int, unanswered: int, free: int, in_flight: int
) -> None:
    """One more abandoned, and one more answered: also where the cap is all but used, and a crowd of agents is free."""

    def calls(more: int, served: int) -> int:
        pacer, t = pickle.loads(crowd())
        pacer.ledger.add(t, answered=served - unanswered, abandoned=abandoned + more)
        for agent in range(free):
            pacer.agent_ready(t, agent)
        for call in range(in_flight):
            pacer.call_placed(t, f"flying {call}")
        return int(pacer.decide(t).calls)

    here = calls(0, 0)
    assert nearly(here, calls(1, 0))
    assert nearly(here, calls(0, 1))
    assert nearly(here, calls(1, 1))


@pytest.mark.parametrize("share", [0.08, 0.3])
@pytest.mark.parametrize("agents", [5, 40])
def test_a_start_ends_without_a_leap(agents: int, share: float) -> None:
    """Call by call that becomes known, with all agents free at each decision."""
    pacer, t, leaps = ready_floor(agents=agents), 0.0, []
    before = pacer.decide(t).calls
    for call in range(int((4 * agents + 20) / share) + 80):
        t += 1.0
        pacer.call_placed(t, call)
        answered = int((call + 1) * share) > int(call * share)
        if answered:
            pacer.call_answered(t + 0.4, call)
            pacer.call_connected(t + 0.4, call, 0)
            pacer.call_ended(t + 0.5, call, Outcome.COMPLETED)
            pacer.agent_ready(t + 0.5, 0)
        else:
            pacer.call_ended(t + 0.5, call, Outcome.NO_ANSWER)
        calls = pacer.decide(t + 0.6).calls
        if not nearly(before, calls):
            leaps.append((call, before, calls))
        before = calls
    assert not leaps
    assert before > agents


@pytest.mark.parametrize("share", [0.08, 0.3])
def test_a_start_ends_without_a_leap_also_while_nobody_is_free(share: float) -> None:
    """Call by call that becomes known, with all agents just about to be free: no leap from none to a crowd.

    An answer that becomes known is more than a small change: it moves the rate itself.
    """
    pacer, t, leaps = ready_floor(agents=12), 0.0, []
    before = 0
    for call in range(int(68 / share) + 80):
        t += 10.0
        pacer.call_placed(t, call)
        if int((call + 1) * share) > int(call * share):
            pacer.call_answered(t + 8, call)
            pacer.call_connected(t + 8, call, 0)
            pacer.call_ended(t + 8.1, call, Outcome.COMPLETED)
        else:
            pacer.call_ended(t + 8.1, call, Outcome.NO_ANSWER)
        for agent in range(12):
            pacer.agent_wrapping(t + 8.1, agent)
            pacer.agent_free_at(t + 8.1, agent, t + 8.5)
        calls = pacer.decide(t + 8.2).calls
        if abs(calls - before) > 2 + 0.2 * max(before, calls):
            leaps.append((call, before, calls))
        before = calls
    assert not leaps
    assert before > 5


@pytest.mark.parametrize("policy", [Policy.PROGRESSIVE, Policy.PREDICTIVE, Policy.RATIO])
@pytest.mark.parametrize("cap", [0.0, 0.03])
def test_no_call_is_placed_that_could_be_answered_after_the_close_alone(policy: Policy, cap: float) -> None:
    """Answers come after 9 s here: with 3 s left there are no calls, with 12 s some, with half a minute all."""
    calls = []
    for left_s in (3.0, 12.5, 30.0):
        pacer = trained_floor(8)
        pacer.change(12_000.0, Settings(policy=policy, abandon_cap=cap))
        open_calls = pacer.decide(12_000.0).calls
        pacer.closes_at(12_000.0, 12_000.0 + left_s)
        decision = pacer.decide(12_000.0)
        calls.append(decision.calls)
        if left_s == 3.0 and cap == 0.0:
            assert decision.why.binding is Binding.CLOSING
    assert calls[0] == 0 < calls[1] <= calls[2] == open_calls


def test_the_agents_ceiling_of_occupancy_is_met_by_and_by() -> None:
    calls = []
    pacer = trained_floor(12)
    pacer.change(12_000.0, Settings(occupancy_max=0.8))
    pacer.decide(12_000.0)
    for step in range(121):
        pacer._floor.occupancy = 0.785 + 0.00015 * step
        calls.append(pacer.decide(12_000.0).calls)
    assert calls[0] > 12
    assert calls[-1] == 0
    assert all(nearly(one, other) for one, other in pairwise(calls))
