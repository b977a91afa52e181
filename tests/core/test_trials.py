"""Trials: one slot of every two, by chance that is always the same; and a verdict that claims no more than it knows."""

import random

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.control import changed, guard_broken, in_force, turns_at
from dialer.core.model import Change, Mode
from dialer.core.rules import EVERY_DAY, Window
from dialer.core.selection import Part, Selection
from dialer.core.trials import Judgement, Slot, verdict
from dialer.core.turns import tried
from pacing import Settings
from tests.core.floor import NOON, campaign

SPRING = campaign(mode=Mode.PREDICTIVE, pacing=Settings(abandon_cap=0.03))


@given(st.integers(0, 10**12))
def test_of_two_slots_side_by_side_one_is_tried(seed: int) -> None:
    for pair in range(20):
        assert tried(seed, 2 * pair) is not tried(seed, 2 * pair + 1)


def test_chance_favours_no_order() -> None:
    first = sum(tried(7, 2 * pair) for pair in range(2000))
    assert 900 < first < 1100


def slots(effect: float, pairs: int, seed: int = 3) -> dict[int, Slot]:
    """Noisy days: the strategy on trial brings `effect` talks more for each agent's hour of 10."""
    draw, made = random.Random(seed), {}
    for slot in range(2 * pairs):
        rate = 10.0 + (effect if tried(seed, slot) else 0.0) + draw.gauss(0.0, 1.0)
        made[slot] = Slot(connected=round(rate * 10), answered=100, abandoned=1, work_s=36_000.0)
    return made


def test_a_difference_is_told_where_there_is_one_and_not_where_there_is_none() -> None:
    assert verdict(3, slots(3.0, 12)).outcome is Judgement.BETTER
    assert verdict(3, slots(-3.0, 12)).outcome is Judgement.WORSE
    assert verdict(3, slots(3.0, 4)).outcome is Judgement.TOO_FEW
    told = [verdict(seed, slots(0.0, 12, seed)).outcome for seed in range(200)]
    wrong = sum(one is not Judgement.NO_DIFFERENCE for one in told)
    assert wrong <= 20  # 5 % and what chance adds


def test_slots_without_agents_and_half_pairs_count_for_nothing() -> None:
    made = slots(0.0, 8)
    made[3] = Slot()
    del made[15]
    found = verdict(3, made)
    assert found.pairs == 6
    assert found.usual.slots == found.tried.slots == 6


def test_a_change_on_trial_is_in_force_in_its_slots_alone() -> None:
    change = Change(number=1, by="ana", at=NOON, slot_s=600.0, seed=5, intensity=2.0)
    spring = changed(SPRING, change)
    for slot in range(12):
        now = NOON + 600.0 * slot + 1.0
        assert (in_force(spring, now).pacing.intensity == 2.0) is tried(5, slot)
        assert turns_at(spring, now) == NOON + 600.0 * (slot + 1)


def test_a_schedule_stands_in_its_hours_by_the_clock_of_its_zone() -> None:
    hours = Window(EVERY_DAY, 13 * 60, 15 * 60)
    change = Change(number=1, by="ana", at=NOON - 7 * 3600, hours=hours, zone="America/Santiago", lines_max=7)
    spring = changed(SPRING, change)
    assert [in_force(spring, NOON + h * 3600).lines_max for h in (-1.0, 0.0, 1.9, 2.0)] == [100, 7, 7, 100]
    assert turns_at(spring, NOON - 3600) == NOON
    assert turns_at(spring, NOON) == NOON + 2 * 3600


def test_a_mix_moves_the_shares_of_the_parts_alone() -> None:
    parts = (Part("fresh", "attempts = 0", 0.5), Part("old", "attempts > 3", 0.3))
    spring = campaign(selection=Selection(parts=parts))
    mixed = changed(spring, Change(number=1, by="ana", at=NOON, mix=(("fresh", 0.2),)))
    shares = [(part.name, part.share) for part in in_force(mixed, NOON).selection.parts]
    assert shares == [("fresh", 0.2), ("old", 0.3)]


def test_guards_break_on_evidence_and_not_on_a_few_calls() -> None:
    change = Change(number=1, by="ana", at=NOON, intensity=2.0, abandon_guard=0.02, idle_guard=0.4)
    calm = {"answered": 1000, "abandoned": 15, "idle_s": 100.0, "work_s": 1000.0}
    assert guard_broken(change, **calm) == ""  # type: ignore[arg-type]
    assert guard_broken(change, answered=10, abandoned=1, idle_s=0.0, work_s=0.0) == ""
    assert "of 400" in guard_broken(change, answered=400, abandoned=30, idle_s=0.0, work_s=0.0)
    assert "idle" in guard_broken(change, answered=0, abandoned=0, idle_s=500.0, work_s=1000.0)
    assert guard_broken(change, answered=0, abandoned=0, idle_s=50.0, work_s=100.0) == ""
