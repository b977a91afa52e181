"""Floors where nothing is as it was a minute ago: rates that leap, answers that cease, calls that ring for long."""

import random
from collections import deque

import pytest

from pacing import Outcome, Pacer, Settings
from tests.pacing.trained import ready_floor, trained_floor


def test_a_sudden_change_of_the_answer_rate_is_reckoned_with_within_seconds() -> None:
    pacer, t = ready_floor(agents=3), 0.0
    for call in range(1500):
        t += 1.0
        pacer.call_placed(t - 9, call)
        if call % 12 == 0:
            pacer.call_answered(t, call)
        pacer.call_ended(t, call, Outcome.COMPLETED if call % 12 == 0 else Outcome.NO_ANSWER)
        pacer.decide(t)
    before = pacer.answer_share
    for call in range(2000, 2060):
        pacer.call_placed(t, call)
    for call in range(2000, 2060):
        pacer.call_answered(t + 9, call)
        pacer.call_ended(t + 9, call, Outcome.COMPLETED)
    pacer.decide(t + 9)
    assert pacer.answer_share > 1.5 * before


@pytest.mark.parametrize("answered_first", [True, False])
def test_while_no_call_is_answered_no_thousands_are_in_flight(answered_first: bool) -> None:
    """A quarter of an hour of it, and then a carrier that works: nearly all of those in flight are answered."""
    agents = 20
    pacer = trained_floor(agents) if answered_first else ready_floor(agents=agents)
    t, call = 12_000.0, 10_000
    flying: list[tuple[float, int]] = []
    for _ in range(450):
        t += 2.0
        while flying and flying[0][0] <= t - 28:
            pacer.call_ended(t, flying.pop(0)[1], Outcome.NO_ANSWER)
        for _ in range(pacer.decide(t).calls):
            pacer.call_placed(t, call)
            flying.append((t, call))
            call += 1
        assert len(flying) < 13 * agents
    assert len(flying) >= agents


def test_calls_that_are_answered_after_they_were_given_up_show_how_long_calls_ring() -> None:
    """Every fifth is answered after 96 s, where 28 s were told: without that, calls seem never to be answered."""
    agents = 8
    pacer = ready_floor(agents=agents)
    free, t, call = list(range(agents)), 0.0, 0
    over: dict[float, list[int]] = {}
    ringing: deque[tuple[float, int]] = deque()
    while t < 2400:
        t += 2.0
        for agent in over.pop(t, ()):
            pacer.agent_ready(t, agent)
            free.append(agent)
        while ringing and ringing[0][0] <= t - 96:
            answered = ringing.popleft()[1]
            if answered % 5:
                pacer.call_ended(t, answered, Outcome.NO_ANSWER)
                continue
            pacer.call_answered(t, answered)
            if free:
                over.setdefault(t + 150, []).append(free[0])
                pacer.call_connected(t, answered, free.pop(0))
            else:
                pacer.call_ended(t, answered, Outcome.ABANDONED)
        for _ in range(pacer.decide(t).calls):
            pacer.call_placed(t, call)
            ringing.append((t, call))
            call += 1
        assert len(ringing) < 12 * agents
    assert pacer.ledger.answered > 60
    assert pacer.ledger.abandoned < 10


def long_ringing(pacer: Pacer) -> None:
    """Six hundred calls, of which a third is answered after 20 to 50 s; the others ring out after a minute."""
    chance = random.Random(1)
    pacer.agent_ready(0.0, 0)
    for call in range(600):
        t = 65.0 * call
        pacer.call_placed(t, call)
        if call % 3:
            pacer.call_ended(t + 60, call, Outcome.NO_ANSWER)
        else:
            answered = t + chance.uniform(20, 50)
            pacer.call_answered(answered, call)
            pacer.call_connected(answered, call, 0)
            pacer.call_ended(t + 61, call, Outcome.COMPLETED)
            pacer.agent_ready(t + 62, 0)
        pacer.decide(t + 63)


@pytest.mark.parametrize("changed", [False, True])
def test_calls_that_ring_for_a_minute_are_reckoned_with_from_the_start(changed: bool) -> None:
    """Twelve agents free: no more calls in flight than twice what would find them all something to do."""
    pacer = Pacer(Settings(ring_timeout_s=28 if changed else 60))
    if changed:  # with calls in flight
        for call in range(-40, 0):
            pacer.call_placed(0.0, call)
        pacer.change(1.0, Settings(ring_timeout_s=60))
        for call in range(-40, 0):
            pacer.call_ended(55.0, call, Outcome.NO_ANSWER)
    long_ringing(pacer)
    assert pacer.answer_share == pytest.approx(1 / 3, abs=0.08)
    t, call = 40_000.0, 1000
    for agent in range(1, 12):
        pacer.agent_ready(t, agent)
    for step in range(38):  # up to the first answer
        for _ in range(pacer.decide(t + step / 2).calls):
            pacer.call_placed(t + step / 2, call)
            call += 1
    assert 12 < call - 1000 < 2 * 3 * 12
