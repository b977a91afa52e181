"""Trials: one slot of every two, by chance that is always the same; and a verdict that claims no more than it knows."""

import random
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.control import Broken, changed, guard_broken, in_force, turns_at
from dialer.core.model import Change, Mode
from dialer.core.rules import EVERY_DAY, Window
from dialer.core.selection import Part, Selection
from dialer.core.trials import Judgement, Slot, verdict
from dialer.core.turns import hours_of, tried
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
    spring = changed(SPRING, replace(change, at=NOON + 25.0))  # slots begin with whole minutes, as what is counted
    for slot in range(12):
        now = NOON + 600.0 * slot + 26.0
        assert (in_force(spring, now).pacing.intensity == 2.0) is tried(5, slot)
        assert turns_at(spring, now) == NOON + 600.0 * (slot + 1)


def test_a_schedule_stands_in_its_hours_by_the_clock_of_its_zone() -> None:
    hours = (Window(EVERY_DAY, 13 * 60, 15 * 60),)
    change = Change(number=1, by="ana", at=NOON - 7 * 3600, hours=hours, zone="America/Santiago", lines_max=7)
    spring = changed(SPRING, change)
    assert [in_force(spring, NOON + h * 3600).lines_max for h in (-1.0, 0.0, 1.9, 2.0)] == [100, 7, 7, 100]
    assert turns_at(spring, NOON - 3600) == NOON
    assert turns_at(spring, NOON) == NOON + 2 * 3600


def test_hours_may_pass_midnight_and_a_change_of_the_clock() -> None:
    santiago = ZoneInfo("America/Santiago")

    def at(day: int, clock: str) -> float:  # the clock of Santiago is put back at midnight of the 5th
        return datetime.fromisoformat(f"2026-04-{day:02}T{clock}").replace(tzinfo=santiago).timestamp()

    saturdays = hours_of((5,), 22 * 60, 2 * 60)
    spring = changed(
        SPRING, Change(number=1, by="ana", at=at(1, "12:00"), hours=saturdays, zone="America/Santiago", lines_max=7)
    )
    told = [(4, "21:59"), (4, "22:00"), (4, "23:59"), (5, "00:00"), (5, "01:59"), (5, "02:00"), (5, "22:00")]
    assert [in_force(spring, at(*one)).lines_max for one in told] == [100, 7, 7, 7, 7, 100, 100]
    assert turns_at(spring, at(1, "12:00")) == at(4, "22:00")
    assert turns_at(spring, at(5, "00:00")) == at(5, "02:00")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"hours": hours_of(EVERY_DAY, 14 * 60, 15 * 60), "ends_at": NOON + 3600.0}, "end before its hours begin"),
        ({"slot_s": 600.0, "ends_at": NOON + 7199.0}, "6 pairs of slots: 120 minutes"),
    ],
)
def test_what_would_never_be_in_force_or_never_have_a_verdict_is_refused(
    fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        changed(SPRING, Change(number=1, by="ana", at=NOON, zone="America/Santiago", intensity=2.0, **fields))


def test_nobody_changes_what_is_on_trial() -> None:
    spring = changed(SPRING, Change(number=1, by="ana", at=NOON, slot_s=600.0, intensity=2.0))
    with pytest.raises(ValueError, match="change 1 is on trial with intensity"):
        changed(spring, Change(number=2, by="sofia", at=NOON + 60.0, intensity=1.5))
    assert len(changed(spring, Change(number=2, by="sofia", at=NOON + 60.0, lines_max=5)).changes) == 2


def test_a_mix_moves_the_shares_of_the_parts_alone() -> None:
    parts = (Part("fresh", "attempts = 0", 0.5), Part("old", "attempts > 3", 0.3))
    spring = campaign(selection=Selection(parts=parts))
    mixed = changed(spring, Change(number=1, by="ana", at=NOON, mix=(("fresh", 0.2),)))
    shares = [(part.name, part.share) for part in in_force(mixed, NOON).selection.parts]
    assert shares == [("fresh", 0.2), ("old", 0.3)]
    with pytest.raises(ValueError, match="no part new; its parts: fresh, old"):
        changed(spring, Change(number=1, by="ana", at=NOON, mix=(("new", 0.2),)))
    without = replace(mixed, selection=Selection(parts=parts[1:]))  # an administrator drew the parts anew
    assert in_force(without, NOON).selection == without.selection
    more = replace(
        mixed,
        selection=Selection(parts=(*parts[1:], Part("fresh", "attempts = 0", 0.1), Part("c", "balance > 9", 0.6))),
    )
    assert [round(part.share, 9) for part in in_force(more, NOON).selection.parts] == [
        round(share / 1.1, 9) for share in (0.3, 0.2, 0.6)
    ]
    with pytest.raises(ValueError, match="more than 1"):
        changed(spring, Change(number=1, by="ana", at=NOON, mix=(("fresh", 0.9),)))


def test_guards_break_on_evidence_and_not_on_a_few_calls() -> None:
    change = Change(number=1, by="ana", at=NOON, intensity=2.0, abandon_guard=0.02, idle_guard=0.4)
    calm = {"answered": 1000, "abandoned": 15, "idle_s": 100.0, "work_s": 1000.0}
    assert guard_broken(change, **calm) is None  # type: ignore[arg-type]
    assert guard_broken(change, answered=10, abandoned=1, idle_s=0.0, work_s=0.0) is None
    lost = guard_broken(change, answered=400, abandoned=30, idle_s=0.0, work_s=0.0)
    assert lost == Broken(False, (("abandoned", 30.0), ("answered", 400.0), ("cap", 0.02)))
    idle = guard_broken(change, answered=0, abandoned=0, idle_s=500.0, work_s=1000.0)
    assert idle == Broken(True, (("share", 0.5), ("cap", 0.4)))
    assert guard_broken(change, answered=0, abandoned=0, idle_s=50.0, work_s=100.0) is None
