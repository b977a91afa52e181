"""The pacer as its users meet it: facts in, decisions out, whatever the facts."""

import math
import pickle
from dataclasses import asdict
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing import (
    Binding,
    Decision,
    Limits,
    Outcome,
    Pacer,
    PacingError,
    Policy,
    Rule,
    Settings,
    Why,
    WindowKind,
    sentence,
)
from pacing.agents import STAYED_S
from tests.pacing.trained import large_floor, ready_floor, trained_floor

AGENTS = st.integers(0, 4)
CALLS = st.integers(0, 12)
FACTS = st.one_of(
    st.tuples(st.sampled_from(["agent_ready", "agent_talking", "agent_wrapping", "agent_left"]), AGENTS),
    st.tuples(st.sampled_from(["agent_free_at", "agent_free_by", "agent_leaves_at"]), AGENTS, st.floats(0, 400)),
    st.tuples(st.sampled_from(["call_placed", "call_progress", "call_ringing", "call_answered"]), CALLS),
    st.tuples(st.just("call_connected"), CALLS, AGENTS),
    st.tuples(st.just("call_ended"), CALLS, st.sampled_from([*Outcome, "nonsense"])),
    st.tuples(st.just("closes_at"), st.floats(0, 400)),
)
TIMED = st.lists(st.tuples(st.floats(-5, 20), FACTS), max_size=60)


def tell(pacer: Pacer, facts: list[tuple[float, tuple[object, ...]]], begun: float = 0.0) -> float:
    t = begun
    for step, (name, *arguments) in facts:
        t += step
        getattr(pacer, str(name))(t, *arguments)
    return t


@given(TIMED, st.sampled_from(list(Policy)), st.integers(0, 5), st.integers(0, 5))
def test_any_facts_leave_a_sound_decision(
    facts: list[tuple[float, tuple[object, ...]]], policy: Policy, lines: int, leads: int
) -> None:
    pacer = Pacer(Settings(policy=policy))
    t = tell(pacer, facts)
    decision = pacer.decide(t, Limits(lines_free=lines, calls_max=leads))
    assert 0 <= decision.calls <= min(lines, leads)
    assert decision.why.agents or decision.calls == 0
    assert pacer.ledger.abandoned <= pacer.ledger.answered
    assert all(sentence(decision, locale) for locale in ("en", "es-MX", "pt_BR"))


@given(TIMED)
def test_the_same_facts_give_the_same_decision_also_after_pickling(
    facts: list[tuple[float, tuple[object, ...]]],
) -> None:
    one, other = Pacer(Settings()), Pacer(Settings())
    half = len(facts) // 2
    tell(one, facts)
    t = sum(step for step, _ in facts)
    tell(other, facts[:half])
    other = pickle.loads(pickle.dumps(other))
    begun = sum(step for step, _ in facts[:half])
    for step, (name, *arguments) in facts[half:]:
        begun += step
        getattr(other, str(name))(begun, *arguments)
    assert one.decide(t) == other.decide(t)
    assert one.ignored == other.ignored


@cache
def floor_by(name: str) -> bytes:
    floors = {"new": (Pacer(Settings()), 0.0), "small": (trained_floor(8), 12_000.0)}
    return large_floor() if name == "large" else pickle.dumps(floors[name])


@given(TIMED, st.sampled_from(["new", "small", "large"]))
def test_one_more_free_agent_never_means_fewer_calls(facts: list[tuple[float, tuple[object, ...]]], name: str) -> None:
    with_one_more = [*facts, (0.0, ("agent_ready", "one more"))]
    few, begun = pickle.loads(floor_by(name))
    more, _ = pickle.loads(floor_by(name))
    t = tell(few, facts, begun)
    tell(more, with_one_more, begun)
    assert more.decide(t).calls >= few.decide(t).calls


@pytest.mark.parametrize("policy", list(Policy))
def test_no_agents_no_calls(policy: Policy) -> None:
    decision = Pacer(Settings(policy=policy)).decide(0.0)
    assert decision.calls == 0
    assert decision.why.binding is Binding.NO_AGENTS


def test_progressive_places_one_call_for_each_free_agent_and_counts_those_in_flight() -> None:
    pacer = ready_floor(Policy.PROGRESSIVE, agents=3)
    assert pacer.decide(0.0).calls == 3
    pacer.call_placed(0.0, 1)
    assert pacer.decide(0.0).calls == 2
    pacer.call_answered(1.0, 1)
    assert pacer.decide(1.0).calls == 2  # the caller waits for one of the three
    pacer.call_connected(1.0, 1, 0)
    assert pacer.decide(1.0).calls == 2


def test_a_call_passed_on_keeps_the_agent_who_has_it_busy() -> None:
    pacer = ready_floor(Policy.PROGRESSIVE, agents=2)
    pacer.call_placed(0.0, 1)
    pacer.call_connected(5.0, 1, 0)
    pacer.call_connected(60.0, 1, 1)
    pacer.agent_ready(61.0, 0)
    assert pacer.decide(61.0).calls == 1
    pacer.call_ended(90.0, 1, Outcome.COMPLETED)  # the second agent wraps up
    pacer.agent_free_at(90.0, 1, 95.0)
    assert pacer.ignored == 0
    assert pacer.ledger.answered == 1


def test_limits_bind_and_are_named() -> None:
    pacer = ready_floor()
    assert pacer.decide(0.0, Limits(lines_free=2)).why.binding is Binding.LINES
    assert pacer.decide(0.0, Limits(calls_max=1)).why.binding is Binding.LEADS
    pacer.closes_at(0.0, 100.0)
    assert pacer.decide(100.0).why.binding is Binding.CLOSING
    pacer.closes_at(100.0, None)
    pacer.freeze(100.0, "the trunk is down")
    frozen = pacer.decide(100.0)
    assert frozen.calls == 0
    assert "the trunk is down" in frozen.reason
    pacer.thaw(101.0)
    assert pacer.decide(101.0).calls > 0


def test_an_agent_about_to_leave_gets_no_new_call() -> None:
    pacer = ready_floor(Policy.PROGRESSIVE, agents=2)
    pacer.agent_leaves_at(0.0, 0, 0.0)
    assert pacer.decide(0.0).calls == 1
    pacer.agent_ready(1.0, 0)  # repeated: says nothing about staying
    assert pacer.decide(1.0).calls == 1
    pacer.agent_leaves_at(2.0, 0, math.inf)
    assert pacer.decide(2.0).calls == 2


def test_predictive_places_more_than_one_call_for_each_agent_but_knows_when_to_stop() -> None:
    pacer = trained_floor(8)
    calls = pacer.decide(12_000.0).calls
    assert 8 < calls <= 24
    for call in range(1000, 1000 + calls):
        pacer.call_placed(12_000.0, call)
    again = pacer.decide(12_000.1)
    assert again.calls <= 1
    assert again.why.binding in (Binding.RISK, Binding.BUDGET)
    assert again.why.answers > 1


def test_what_other_campaigns_expect_and_who_is_about_to_leave_makes_shy() -> None:
    alone = trained_floor(8).decide(12_000.0).calls
    assert trained_floor(8).decide(12_000.0, Limits(agents_shared=4.0)).calls < alone
    assert trained_floor(8).decide(12_000.0, Limits(waiting_elsewhere=3)).calls < alone
    leaving = trained_floor(8)
    for agent in range(4):
        leaving.agent_leaves_at(12_000.0, agent, 12_004.0)
    assert leaving.decide(12_000.0).calls < alone
    closing = trained_floor(8)
    closing.closes_at(12_000.0, 12_001.0)
    assert closing.decide(12_000.0).calls == 0


def test_a_countdown_brings_calls_before_the_agents_are_free() -> None:
    pacer = trained_floor(8)
    for agent in range(8):
        pacer.agent_talking(12_000.0, agent)
        pacer.agent_wrapping(12_030.0, agent)
    blind = pacer.decide(12_030.0).calls
    for agent in range(8):
        pacer.agent_free_at(12_030.0, agent, 12_033.0)
    assert pacer.decide(12_030.0).calls > blind


def test_a_limit_on_wrap_up_tells_as_much_as_a_countdown_when_it_is_near_and_nothing_while_it_is_far() -> None:
    def calls(fact: str, left_s: float) -> int:
        pacer = trained_floor(8)
        for agent in range(8):
            pacer.agent_talking(12_000.0, agent)
            pacer.agent_wrapping(12_030.0, agent)
            if fact:
                getattr(pacer, fact)(12_030.0, agent, 12_030.0 + left_s)
        return pacer.decide(12_030.0).calls

    blind = calls("", 0.0)
    assert calls("agent_free_by", 1.0) == calls("agent_free_at", 1.0) > blind
    assert calls("agent_free_by", 300.0) == blind
    assert calls("agent_free_by", 24.0) >= blind  # an end before it is as likely as ever


def test_of_a_wrap_up_with_a_limit_one_who_leaves_by_then_is_not_counted_on() -> None:
    stays, leaves, gone = (trained_floor(8) for _ in range(3))
    for pacer in (stays, leaves, gone):
        for agent in range(8):
            pacer.agent_talking(12_000.0, agent)
            pacer.agent_wrapping(12_030.0, agent)
            pacer.agent_free_by(12_030.0, agent, 12_034.0)
            if pacer is leaves:
                pacer.agent_leaves_at(12_030.0, agent, 12_040.0)
            if pacer is gone:
                pacer.agent_leaves_at(12_030.0, agent, 12_032.0)
    many, few, none = (pacer.decide(12_030.0).calls for pacer in (stays, leaves, gone))
    assert many > few >= none


def test_a_free_agent_who_was_to_leave_and_did_not_is_counted_on_again_but_no_busy_one() -> None:
    pacer = ready_floor(Policy.PROGRESSIVE, agents=3)
    pacer.agent_talking(0.0, 2)
    for agent in range(3):
        pacer.agent_leaves_at(0.0, agent, 10.0)
    assert pacer.decide(20.0).calls == 0
    stayed = pacer.decide(10.0 + STAYED_S)
    assert stayed.calls == 2
    pacer.agent_ready(50.0, 2)  # a minute too late, and there again
    assert pacer.decide(50.0).calls == 3


def test_calls_that_fail_in_a_row_freeze_the_campaign_but_for_a_probe() -> None:
    pacer = ready_floor(agents=30)
    for call in range(15):
        pacer.call_placed(0.0, call)
        pacer.call_ended(0.1, call, Outcome.FAILED)
    first, second, third = pacer.decide(0.2), pacer.decide(0.7), pacer.decide(5.2)
    assert (first.calls, second.calls, third.calls) == (1, 0, 1)
    assert second.why.binding is Binding.FROZEN
    assert "frozen: 15 calls in a row failed at once" in second.reason
    assert "marcado congelado: 15 llamadas seguidas fallaron al instante" in sentence(second, "es")
    pacer.call_placed(6.0, 99)
    pacer.call_ringing(6.5, 99)
    assert pacer.decide(7.0).calls > 1


def test_a_call_that_rings_for_longer_than_was_told_is_counted_when_it_is_answered() -> None:
    pacer = ready_floor(agents=3)
    for call in range(3):
        pacer.call_placed(0.0, call)
    pacer.decide(100.0)  # given up
    assert pacer.live_calls == 0
    pacer.call_answered(101.0, 0)
    pacer.call_connected(101.0, 0, 0)
    pacer.call_ended(102.0, 1, Outcome.ABANDONED)
    pacer.call_ended(102.0, 2, Outcome.NO_ANSWER)
    assert (pacer.ledger.answered, pacer.ledger.abandoned, pacer.live_calls, pacer.ignored) == (2, 1, 1, 0)
    assert pacer.decide(103.0).why.free == 2


def test_the_agents_ceiling_of_occupancy_holds() -> None:
    pacer = ready_floor(agents=4, occupancy_max=0.8)
    for agent in range(3):
        pacer.agent_talking(0.0, agent)
    assert pacer.decide(0.0).calls > 0
    for t in range(60, 3600, 60):
        pacer.decide(float(t))
    assert pacer.decide(3600.0).calls > 0  # three of four are busy
    pacer.agent_talking(3600.0, 3)
    for t in range(3600, 7200, 60):
        pacer.decide(float(t))
    pacer.agent_ready(7200.0, 3)
    assert pacer.decide(7200.0).why.binding is Binding.OCCUPANCY


def test_memory_is_flat_over_days() -> None:
    pacer = ready_floor(agents=5, window="24h", rules=())
    sizes = []
    for call in range(6000):
        t = 40.0 * call
        pacer.call_placed(t, call, segment=f"list{call}", p_answer=0.2)
        if call % 3:
            pacer.call_answered(t + 9, call)
            pacer.call_connected(t + 9, call, call % 5)
            pacer.call_ended(t + 30, call, Outcome.COMPLETED)
            pacer.agent_ready(t + 35, call % 5)
        elif call % 2:
            pacer.call_ended(t + 28, call, Outcome.NO_ANSWER)  # every sixth call is never heard of again
        if call % 10 == 0:
            pacer.decide(t + 39)
        if call % 1500 == 1499:
            sizes.append(len(pickle.dumps(pacer)))
    assert sizes[-1] < 1.05 * sizes[1]


def test_the_zero_profile_never_has_more_calls_than_free_agents() -> None:
    pacer = ready_floor(agents=4, abandon_cap=0.0)
    assert pacer.decide(0.0).calls == 4
    for call in range(4):
        pacer.call_placed(0.0, call)
    assert pacer.decide(1.0).calls == 0


def test_ledger_counts_people_by_the_rules() -> None:
    pacer = ready_floor(agents=1)
    for call in range(6):
        pacer.call_placed(0.0, call)
        pacer.call_answered(5.0, call)
    pacer.call_connected(5.0, 0, 0)  # served
    pacer.call_ended(5.5, 1, Outcome.COMPLETED)  # hung up at once
    pacer.call_ended(7.0, 2, Outcome.ABANDONED)
    pacer.call_ended(9.0, 3, Outcome.COMPLETED)  # hung up after the limit: abandoned, whatever it is called
    pacer.call_connected(9.0, 4, 1)  # served too late: abandoned
    pacer.call_ended(9.0, 5, Outcome.MACHINE)  # no person at all
    ledger = pacer.ledger
    assert (ledger.answered, ledger.abandoned, ledger.early_hangups, ledger.late, ledger.machines) == (5, 3, 1, 1, 1)
    pacer.call_ended(20.0, 4, Outcome.MACHINE)
    assert (ledger.answered, ledger.abandoned) == (4, 2)


@pytest.mark.parametrize("window", ["day", "24h"])
def test_a_machine_found_after_midnight_is_taken_back_from_where_it_was_counted(window: str) -> None:
    midnight = 1_769_817_600.0
    pacer = ready_floor(Policy.PROGRESSIVE, agents=5, window=window)
    for call in range(5):
        pacer.call_placed(midnight - 100, call)
        pacer.call_answered(midnight - 90, call)
        pacer.call_connected(midnight - 80, call, call)  # late
    for call in range(5):
        pacer.call_ended(midnight + 400, call, Outcome.MACHINE)
    for hours in (0.2, 23.99, 24.01, 25):
        pacer.decide(midnight + hours * 3600)
        window_now = pacer._floor.ledger._windows[pacer.settings.window]
        assert (window_now.answered, window_now.abandoned) == (0, 0)


def test_a_late_time_is_taken_as_the_latest_seen() -> None:
    pacer = ready_floor(Policy.PROGRESSIVE, agents=1)
    pacer.call_placed(10.0, 1)
    pacer.call_answered(3.0, 1)
    pacer.call_ended(11.0, 1, Outcome.COMPLETED)
    assert pacer.ledger.early_hangups == 1  # waited from 10 to 11


def test_facts_about_unknown_calls_and_agents_are_counted() -> None:
    pacer = Pacer(Settings())
    pacer.call_answered(0.0, "ghost")
    pacer.call_ended(0.0, "ghost", Outcome.COMPLETED)
    pacer.agent_left(0.0, "ghost")
    pacer.agent_free_at(0.0, "ghost", 3.0)
    assert pacer.ignored == 4
    assert pacer.decide(0.0).calls == 0


def test_a_change_keeps_what_was_learned_and_counted() -> None:
    pacer = ready_floor(agents=3)
    pacer.call_placed(0.0, 1)
    pacer.call_answered(5.0, 1)
    pacer.change(6.0, Settings(policy=Policy.PROGRESSIVE, abandon_cap=0.01))
    assert pacer.ledger.answered == 1
    assert pacer.decide(6.0).why.policy == "progressive"


@pytest.mark.parametrize(
    "given",
    [
        {"policy": "magic"}, {"abandon_cap": 0.6}, {"abandon_cap": math.nan}, {"target": 0.0}, {"ring_timeout_s": 1},
        {"intensity": 0}, {"ratio": -1}, {"connect_within_s": -1}, {"occupancy_max": 0.2}, {"window": "fortnight"},
    ],
)  # fmt: skip
def test_senseless_settings_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Settings(**given)  # type: ignore[arg-type]


def test_senseless_limits_are_refused() -> None:
    with pytest.raises(PacingError, match="lines_free is -1"):
        Limits(lines_free=-1)


def test_reasons_are_plain_data_and_sentences() -> None:
    decision = ready_floor(agents=2).decide(0.0)
    assert asdict(decision.why)["free"] == 2
    assert decision.reason.startswith("2 calls: 2 agents free now")
    assert sentence(decision, "es").startswith("2 llamadas: 2 agentes libres ahora")
    with pytest.raises(ValueError, match="fr"):
        sentence(decision, "fr")


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ({"free": 1, "in_flight": 1, "answers": 1.0},
         "no calls: 1 agent free now, 0.0 more expected within 12 s; 1 in flight should bring 1.0 answer; "
         "budget 0.0 % of 3.0 %; no line is left (otherwise 1 call)"),
        ({"free": -2, "waiting": 3, "answered": 4000, "abandoned": 3, "cap": 0.001},
         "no calls: no agent for 2 callers who wait, 0.0 more expected within 12 s; none in flight; "
         "budget 0.07 % of 0.10 %; no line is left (otherwise 1 call)"),
    ],
)  # fmt: skip
def test_a_reason_can_be_read_aloud_whatever_its_counts_are(why: dict[str, float], said: str) -> None:
    made: dict[str, Any] = {"cap": 0.03, "wanted": 1} | why
    assert Decision(0, Why(binding=Binding.LINES, policy="predictive", **made)).reason == said


def test_a_reason_counts_in_the_window_of_the_rule_that_sets_the_price() -> None:
    """Four abandoned calls of two days before: the month knows them, the day does not."""
    pacer = ready_floor(window=WindowKind.HOURS_24, rules=(Rule(0.03, WindowKind.DAYS_30),))
    for call in range(4):
        pacer.call_placed(0.0, call)
        pacer.call_answered(5.0, call)
        pacer.call_ended(9.0, call, Outcome.ABANDONED)
    why = pacer.decide(2 * 86_400.0).why
    assert (why.answered, why.abandoned, why.cap) == (4, 4, 0.03)
