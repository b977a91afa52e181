"""Alarms: what is beyond its limit is found, raised when it lasts, cleared when it stays away, and told in time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.alarms import (
    AGAIN_S,
    URGENT,
    WARNING,
    AlarmCode,
    Board,
    Finding,
    House,
    Limits,
    Outgoing,
    look,
)
from dialer.core.messages import SwitchLost
from dialer.core.rules import EVERY_DAY, Window
from dialer.core.trunks import Failing, Fault
from dialer.core.view import FloorView
from pacing import WindowKind
from pacing.ledger import Standing
from tests.core.floor import CAMPAIGN, NOON, floor

LIMITS = Limits(raise_after_s=10.0, clear_after_s=20.0)
DISK = Finding(code=AlarmCode.DISK, subject="", level=URGENT, figures=(("share", 0.01),))


def view(**changes: Any) -> FloorView:
    """Three agents at work, one of them in a talk."""
    made = floor(agents=3)
    made.talk(agent=1)
    return replace(made.engine.view(made.now), **changes)


def found(seen: FloorView, house: House | None = None, limits: Limits = LIMITS) -> set[tuple[str, str]]:
    return {(str(one.code), one.subject) for one in look(seen, house or House(), limits)}


def standing(**changes: Any) -> Standing:
    base = Standing(
        window=WindowKind.HOURS_24, cap=0.03, answered=1000, abandoned=10, ratio=0.01, interval=(0.0, 0.02),
        budget_left=20.0, evidence=0.0,
    )  # fmt: skip
    return replace(base, **changes)


def with_standing(**changes: Any) -> FloorView:
    seen = view()
    return replace(seen, campaigns=(replace(seen.campaigns[0], standings=(standing(**changes),)),))


def test_a_calm_floor_has_none() -> None:
    calm = found(view(), House(disk_free_share=0.5), Limits(idle_share=0.9))
    assert calm == set()


@pytest.mark.parametrize(
    ("house", "code"),
    [
        (House(disk_free_share=0.01), "disk"),
        (House(clock_behind_s=5.0), "clock"),
        (House(loop_lag_s=0.5), "loop_lag"),
        (House(leads_left={CAMPAIGN: 40}, placed_per_minute={CAMPAIGN: 4.0}), "list_ending"),
        (House(leads_left={CAMPAIGN: 0}), "list_ending"),
    ],
)
def test_what_the_house_lacks_is_found(house: House, code: str) -> None:
    assert (code, "") in found(view(), house)


def test_what_a_limit_of_nought_is_for_is_left_alone() -> None:
    house = House(disk_free_share=0.0, clock_behind_s=90.0, loop_lag_s=9.0, leads_left={CAMPAIGN: 0})
    off = Limits(disk_free_share=0, clock_s=0, loop_lag_s=0, list_minutes=0, idle_share=0, talk_s=0, wrap_s=0)
    assert found(view(at=NOON + 90_000), house, off) == set()


def test_idle_agents_long_talks_and_a_lost_switch_are_found() -> None:
    seen = view()
    assert ("idle_floor", "") in found(seen)
    assert ("long_talk", "Agent 1") in found(replace(seen, at=seen.at + 1801.0))
    lost = floor()
    lost.tell(SwitchLost())
    assert ("switch_down", "") in found(lost.engine.view(lost.now))


def test_agents_who_leave_are_found_once_they_are_most_of_those_signed_in() -> None:
    seen = view()
    of = {"talking": 3, "break": 4, "leg_lost": 1, "signed_out": 9}

    def with_agents(**changes: int) -> FloorView:
        states = tuple((of | changes).items())
        return replace(seen, campaigns=(replace(seen.campaigns[0], agents_by_state=states),))

    [one] = [one for one in look(with_agents(), House(), Limits()) if one.code == "agents_away"]
    assert dict(one.figures) == {"away": 5.0, "agents": 8.0, "on_break": 4.0}
    assert ("agents_away", "") not in found(with_agents(talking=6))
    assert ("agents_away", "") not in found(with_agents(), limits=Limits(away_share=0))


def test_a_budget_that_is_used_up_or_burns_is_found_and_one_of_few_answers_is_not() -> None:
    assert ("budget", "24h") in found(with_standing(ratio=0.025))
    assert ("budget", "24h") not in found(with_standing(ratio=0.025, answered=20))
    burning = House(burnt_per_hour={CAMPAIGN: 0.9})
    assert ("budget", "24h") in found(with_standing(ratio=0.014), burning)
    assert ("budget", "24h") not in found(with_standing(ratio=0.01), burning)


def test_of_two_rules_of_one_window_the_stricter_one_is_told() -> None:
    seen = view()
    rules = (standing(cap=0.01, ratio=0.012, abandoned=12), standing(cap=0.03, ratio=0.012 * 2.5, abandoned=12))
    seen = replace(seen, campaigns=(replace(seen.campaigns[0], standings=rules),))
    [one] = [one for one in look(seen, House(), LIMITS) if one.code is AlarmCode.BUDGET]
    assert (one.level, dict(one.figures)["cap"]) == (URGENT, 0.01)


def test_a_trunk_that_rests_is_told_with_its_fault_in_figures() -> None:
    seen = view()
    failing = Failing(Fault.NO_SIGN, 8, 9)
    seen = replace(seen, trunks=(replace(seen.trunks[0], state="resting", failing=failing),))
    [one] = [one for one in look(seen, House(), LIMITS) if one.code is AlarmCode.TRUNK_DOWN]
    assert dict(one.figures) == {"fault": "no_sign", "bad": 8.0, "calls": 9.0}


def test_it_lasts_before_it_is_raised_and_stays_away_before_it_is_cleared() -> None:
    board = Board(LIMITS, first=7)
    assert board.update([DISK], 0.0) == ()
    assert board.update([DISK], 9.0) == ()
    [raised] = board.update([DISK], 10.0)
    assert (raised.number, raised.at) == (7, 10.0)
    assert board.update([], 25.0) == ()  # gone, but not for long
    assert board.update([DISK], 28.0) == ()
    assert [one.number for one in board.standing] == [7]
    [cleared] = board.update([], 48.0)
    assert (cleared.number, cleared.cleared_at) == (7, 48.0)
    assert board.standing == ()


def test_who_has_seen_it_first_is_kept() -> None:
    board = Board(replace(LIMITS, raise_after_s=0.0))
    board.update([DISK], 0.0)
    seen = board.acknowledge(1, "ana", 5.0)
    assert seen is not None
    assert (seen.seen_by, seen.seen_at) == ("ana", 5.0)
    again = board.acknowledge(1, "sofia", 9.0)
    assert again is not None
    assert again.seen_by == "ana"
    assert board.acknowledge(2, "ana", 5.0) is None


@given(st.lists(st.booleans(), max_size=60))
def test_an_alarm_is_raised_once_between_two_clearings(seen: list[bool]) -> None:
    board, open_ = Board(LIMITS), False
    for step, there in enumerate(seen):
        for turned in board.update([DISK] if there else [], 5.0 * step):
            assert (turned.cleared_at is None) is not open_
            open_ = turned.cleared_at is None
        assert len(board.standing) == open_


BUDGET = Finding(code=AlarmCode.BUDGET, subject="24h", level=WARNING, figures=(), campaign=CAMPAIGN)
OVER_CAP = replace(BUDGET, level=URGENT)
QUIET = (Window(EVERY_DAY, 13 * 60, 14 * 60),)  # from NOON on, in Santiago


class Told:
    """A board, and what goes out of it by mail."""

    def __init__(self, quiet: tuple[Window, ...] = QUIET) -> None:
        self.board = Board(replace(LIMITS, raise_after_s=0.0, clear_after_s=0.0))
        self.outgoing = Outgoing(quiet, "America/Santiago")

    def at(self, after_s: float, *found: Finding) -> list[str]:
        now = NOON + after_s
        due = self.outgoing.due(self.board.update(found, now), self.board.standing, now)
        return ["over" if one.cleared_at is not None else one.finding.level for one in due]


def test_quiet_hours_let_what_is_urgent_through_and_keep_the_rest_until_they_end() -> None:
    told = Told()
    assert told.at(0.0, DISK, BUDGET) == [URGENT]
    assert told.at(5.0, BUDGET) == []  # the disk is well again: that is no news for the night
    assert told.at(3599.0, BUDGET) == []
    assert told.at(3600.0, BUDGET) == [WARNING]  # it stands still
    assert told.at(3700.0) == ["over"]
    other = Told()
    assert other.at(0.0, BUDGET) == []
    assert other.at(3601.0) == []  # over: nobody had heard of it


def test_an_alarm_that_becomes_urgent_is_told_and_to_be_seen_once_more() -> None:
    told = Told()
    assert told.at(0.0, BUDGET) == []
    assert told.board.acknowledge(1, "ana", NOON + 1.0) is not None
    assert told.at(5.0, OVER_CAP) == [URGENT]
    assert told.board.standing[0].seen_by == ""
    for after_s, found in enumerate((BUDGET, OVER_CAP, BUDGET, OVER_CAP), start=10):
        assert told.at(after_s, found) == []


def test_what_comes_and_goes_is_told_every_ten_minutes_at_most() -> None:
    told = Told(quiet=())
    news = [one for step in range(240) for one in told.at(10.0 * step, *((DISK,) if step % 2 else ()))]
    assert news.count(URGENT) <= 2400 / AGAIN_S
    assert news.count("over") == news.count(URGENT)
    again = Told(quiet=())
    assert [again.at(t, *found) for t, found in ((0, [DISK]), (9, []), (20, [DISK]), (599, [DISK]), (600, [DISK]))] == [
        [URGENT], ["over"], [], [], [URGENT],
    ]  # fmt: skip


def test_what_somebody_has_seen_is_told_to_nobody_later() -> None:
    told = Told()
    assert told.at(0.0, BUDGET) == []
    told.board.acknowledge(1, "ana", NOON + 1.0)
    assert told.at(3600.0, BUDGET) == []
