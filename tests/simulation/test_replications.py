"""Many days: the same on one core and on several, one after the other on one list, with people who come and go."""

import gc
import random
import tracemalloc
from dataclasses import replace

import pytest

from dialer import runtime
from dialer.core.agents import BUSY, AgentState
from dialer.core.engine import Engine
from simulation.replications import Task, live, run_all, steps_of
from simulation.report import Day, Tally
from simulation.scenario import Scenario, find
from simulation.variants import Strategy
from simulation.world import store, world
from simulation.world.habits import Habits
from simulation.world.keeping import Kept
from simulation.world.shifts import BreakPlan, Roster, ShiftPlan
from simulation.world.world import World

SHORT = replace(find("collections_5"), hours=0.25)


def days_of(scenario: Scenario, seed: int = 1, days: int = 1) -> list[Day]:
    return [one for one in live(scenario, seed, days) if one is not None]


def test_cores_change_nothing_but_the_time_it_takes() -> None:
    tasks = [Task(0, Strategy("short", SHORT), seed, 1) for seed in (1, 2)]
    told = list[int]()
    alone = run_all(tasks, 1, told.append)
    assert sum(told) == sum(steps_of(SHORT, 1) for _ in tasks)
    assert run_all(tasks, 2, told.append) == alone
    assert alone[0, 1] != alone[0, 2]


def test_days_follow_one_another_on_one_list_and_leave_out_what_is_no_workday() -> None:
    scenario = replace(SHORT, starts="2026-03-06T09:00", workdays=("mon", "tue", "wed", "thu", "fri"))
    days = days_of(scenario, days=3)
    assert [day.date for day in days] == ["2026-03-06", "2026-03-09", "2026-03-10"]  # from Friday on
    for day in days:
        assert day.placed > 0
        assert day.placed == sum(day.outcomes.values())
        assert day.connected_people + day.abandoned + day.hung_up_waiting + day.cut_off == day.answered_people


def test_strategies_under_one_seed_call_the_same_people() -> None:
    one, other = (days_of(replace(SHORT, agents=agents))[0] for agents in (5, 6))
    assert one.placed != other.placed
    shares = [day.answered_people / day.placed for day in (one, other)]
    assert shares[0] == pytest.approx(shares[1], abs=0.06)


def test_detection_cuts_people_off_and_takes_machines_away() -> None:
    plan = SHORT.campaigns[0]
    patient = replace(plan, wait_max_s=5.0)
    harsh = replace(patient, detection=replace(plan.detection, on=True, person_as_machine_share=0.8))
    [without] = days_of(replace(SHORT, campaigns=(patient,)))
    [with_it] = days_of(replace(SHORT, campaigns=(harsh,)))
    assert with_it.cut_off > 3
    assert with_it.abandon_ratio is not None
    assert with_it.abandon_ratio > 0.15
    shares = [(day.connected - day.connected_people) / day.answered_machines for day in (without, with_it)]
    assert shares[1] < shares[0] / 2


def test_false_answers_reach_agents_and_are_no_people() -> None:
    trunk = SHORT.trunks[0]
    false = replace(trunk, carrier=replace(trunk.carrier, false_answer_share=0.5))
    [day] = days_of(replace(SHORT, trunks=(false,)))
    assert day.answered_machines > day.answered_people
    assert day.connected > day.connected_people


def test_shifts_fill_and_empty_the_floor() -> None:
    shifts = (
        ShiftPlan(name="early", starts="09:00", ends="09:30", agents=3),
        ShiftPlan(name="late", starts="09:20", ends="10:00", agents=2, breaks=(BreakPlan(at="09:40", minutes=10),)),
    )
    habits = replace(SHORT.habits, arrive_within_s=10.0, late_share=0.0, break_every_s=0.0)
    [day] = days_of(replace(SHORT, hours=1.0, shifts=shifts, habits=habits))
    there = [sum(groups[at] for groups in day.course.agents.values()) for at in range(12)]
    assert there[1] == pytest.approx(3, abs=0.3)
    assert there[5] == pytest.approx(5, abs=0.3)
    assert there[8] == pytest.approx(2, abs=0.3)
    assert max(day.course.agents["break"][8:11]) > 0.4


def test_who_comes_when_is_what_the_shift_says() -> None:
    shift = ShiftPlan(starts="10:00", ends="18:00", agents=4, days=("mon",), breaks=(BreakPlan(at="13:00"),))
    roster = Roster(0, (shift,), Habits(arrive_within_s=0.0))
    monday = list(roster.of_day(0, 9 * 3600.0, random.Random(1)))
    assert [(one.comes, one.goes) for one in monday] == [(3600.0, 9 * 3600.0)] * 4
    assert [one.breaks[0][0] for one in monday] == [4 * 3600.0 + 900.0 * place for place in range(4)]
    assert list(roster.of_day(1, 9 * 3600.0, random.Random(1))) == []
    late = list(Roster(50, (), Habits(late_share=0.5, arrive_within_s=0.0)).of_day(0, 0.0, random.Random(1)))
    assert 10 < sum(one.comes > 0 for one in late) < 40


def test_a_shift_goes_on_after_midnight() -> None:
    night = BreakPlan(at="26:00", minutes=20, spread_minutes=0.0)
    shift = ShiftPlan(starts="22:00", ends="30:00", agents=2, days=("mon",), breaks=(night,))
    monday = list(
        Roster(0, (shift,), Habits(arrive_within_s=0.0, late_share=0.0)).of_day(0, 20 * 3600.0, random.Random(1))
    )
    assert [(one.comes, one.goes) for one in monday] == [(2 * 3600.0, 10 * 3600.0)] * 2
    assert monday[0].breaks == ((6 * 3600.0, 1200.0),)


def test_what_is_left_of_a_shift_when_the_day_ends_is_not_of_the_next_day() -> None:
    """Half an hour is simulated of longer shifts: who would have gone or come after it does so on no other day."""
    shifts = (
        ShiftPlan(name="early", starts="09:00", ends="09:45", agents=3),
        ShiftPlan(name="late", starts="09:40", ends="12:00", agents=2),
    )
    habits = replace(SHORT.habits, arrive_within_s=10.0, late_share=0.0, break_every_s=0.0)
    _, second = days_of(replace(SHORT, hours=0.5, shifts=shifts, habits=habits), days=2)
    there = [sum(groups[at] for groups in second.course.agents.values()) for at in range(6)]
    assert there[1:] == pytest.approx([3] * 5, abs=0.3)


@pytest.mark.parametrize("wrap_up_s", [1.0, 20.0, 240.0])
def test_nobody_is_at_work_all_night(wrap_up_s: float) -> None:
    """Whoever spoke when the day was over writes the call up and goes home before the next morning."""
    floor = World(Engine, replace(SHORT, habits=replace(SHORT.habits, wrap_up_s=wrap_up_s)), seed=1)
    floor.begin()
    floor.run(600.0)
    assert any(one.state in BUSY for one in floor.shell.engine.view(floor.time()).agents)
    floor.close_day()
    assert {one.state for one in floor.shell.engine.view(floor.time()).agents} == {AgentState.SIGNED_OUT}


@pytest.mark.parametrize("wrong", [{"starts": "25:00"}, {"starts": "17:00", "ends": "09:00"}, {"days": ("montag",)}])
def test_impossible_shifts_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"time of day|ends after|days are"):
        replace(ShiftPlan(), **wrong)  # type: ignore[arg-type]


def test_skill_and_novelty_make_talks_longer_or_shorter() -> None:
    habits = Habits(skill_sigma=0.2, learning_extra=0.5, learning_h=10.0, promise_share=0.3, promise_sigma=0.5)
    assert habits.factor(1.0, 0.0, new=False) > 1 > habits.factor(-1.0, 0.0, new=False)
    assert habits.factor(0.0, 0.0, new=True) > habits.factor(0.0, 10.0, new=True) > habits.factor(0.0, 0.0, new=False)
    assert habits.promises(1.0) > 0.3 > habits.promises(-1.0)


def test_what_is_held_in_memory_does_not_grow_with_the_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_MAX", 40)  # so that few days fill what is kept
    # Few leads, so that each has been called in the first days: what is kept of a lead may grow, what of a day may not.
    plan = replace(SHORT.campaigns[0], leads=30, number_dials_24h_max=10, attempts_max=1000)
    scenario = replace(SHORT, hours=0.1, campaigns=(plan,))
    held = list[int]()
    tracemalloc.start()
    try:
        for day in live(scenario, 1, 10):
            if day is not None:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[9] < 1.05 * held[6], held


def test_records_are_forgotten_where_nobody_checks_them() -> None:
    kept = Kept[int, str](3)
    for number in range(10):
        kept[number] = "x"
    assert list(kept) == [7, 8, 9]
    everything = Kept[int, str](None)
    everything.update(dict.fromkeys(range(10), "x"))
    assert len(everything) == 10


def test_the_engine_is_asked_as_often_as_when_it_dials() -> None:
    assert world.TICK_S == runtime.TICK_S


def test_what_goes_wrong_in_a_run_names_strategy_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("nothing there")

    monkeypatch.setattr(Tally, "sample", breaks)
    with pytest.raises(KeyError) as caught:
        run_all([Task(0, Strategy("short", SHORT), 7, 1)], 1, lambda _: None)
    assert caught.value.__notes__ == ["in short, seed 7, on day 1 of its run"]
