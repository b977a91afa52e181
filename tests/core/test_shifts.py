"""Planned shifts by the clock on the wall, and the day's end as the present pace has it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.shifts import Pace, Shift, planned_s, read_shift, shift_end

MEXICO = ZoneInfo("America/Mexico_City")
TUESDAY = datetime(2026, 11, 24, tzinfo=MEXICO)
HOUR = 3600.0


def at(hour: float) -> float:
    return TUESDAY.timestamp() + hour * HOUR


def shifts(*texts: str) -> dict[int, Shift]:
    found = {n: read_shift(text) for n, text in enumerate(texts, start=1)}
    return {n: shift for n, shift in found.items() if shift is not None}


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri 09:00-18:00", {0, 1, 2, 3, 4}), ("sat 10:00-14:00", {5}), ("sat-mon 09:00-10:00", {5, 6, 0})],
)
def test_days_of_a_shift_go_around_the_week(text: str, days: set[int]) -> None:
    shift = read_shift(text)
    assert shift is not None
    assert shift.days == days


@pytest.mark.parametrize("text", ["", "daily 9-5", "mon 9:00-18:00", "mon 09:00"])
def test_what_says_no_shift_is_none(text: str) -> None:
    assert read_shift(text) is None


def test_who_is_here_works_to_the_end_of_the_own_shift_and_who_comes_later_from_its_beginning() -> None:
    known = shifts("mon-fri 09:00-18:00", "tue 14:00-20:00", "wed 09:00-18:00")
    left, last = planned_s(at(12), TUESDAY, known, frozenset({1}))
    assert (left, last) == (6 * HOUR + 6 * HOUR, at(20))


def test_who_is_late_is_not_expected_and_who_has_no_shift_stays_to_the_last_end() -> None:
    known = shifts("mon-fri 09:00-18:00", "mon-fri 09:00-18:00")
    assert planned_s(at(12), TUESDAY, known, frozenset({1, 7})) == (12 * HOUR, at(18))
    assert planned_s(at(9.1), TUESDAY, known, frozenset()) == (2 * 8.9 * HOUR, at(18))
    assert planned_s(at(19), TUESDAY, known, frozenset({1})) == (0.0, None)


def test_a_shift_over_midnight_is_still_on_in_the_morning() -> None:
    left, last = planned_s(at(2), TUESDAY, shifts("mon 22:00-06:00"), frozenset({1}))
    assert (left, last) == (4 * HOUR, at(6))


def test_a_night_in_which_the_clocks_change_has_its_own_length() -> None:
    midnight = datetime(2026, 4, 5, tzinfo=ZoneInfo("America/Santiago"))  # 24:00 of the 4th is 23:00 again
    [_, (begins, ends)] = Shift(frozenset(range(7)), 0, 24 * 60).spans(midnight)
    [(earlier, until), _] = Shift(frozenset(range(7)), 0, 24 * 60).spans(midnight)
    assert (ends - begins, until - earlier) == (24 * HOUR, 25 * HOUR)


PACE = Pace(seconds=900.0, agents=4, placed=200, connected=40)


def test_the_day_ends_at_the_pace_of_each_agent() -> None:
    found = shift_end(left_s=8 * HOUR, at=at(18), pace=PACE, connected=300, leads_open=10_000)
    assert found is not None
    assert found.connected == pytest.approx(300 + 8 * 40)
    assert found.leads_open == 10_000 - 8 * 200
    assert found.low < found.connected < found.high


def test_no_talks_come_once_the_list_is_at_its_end() -> None:
    found = shift_end(left_s=8 * HOUR, at=at(18), pace=PACE, connected=300, leads_open=400)
    assert found is not None
    assert found.connected == pytest.approx(300 + 80)
    assert found.leads_open == 0


def test_nothing_is_said_without_a_pace() -> None:
    for idle in (
        Pace(seconds=900.0, agents=0, placed=0, connected=0),
        Pace(seconds=0, agents=3, placed=0, connected=0),
    ):
        assert shift_end(left_s=HOUR, at=at(18), pace=idle, connected=3, leads_open=5) is None


@given(st.integers(1, 400), st.integers(0, 400), st.floats(60, 40_000), st.integers(0, 5_000))
def test_the_interval_holds_the_mean_and_narrows_with_what_is_known(
    placed: int, connected: int, left_s: float, leads: int
) -> None:
    few = Pace(seconds=900.0, agents=4, placed=placed, connected=min(placed, connected))
    many = Pace(seconds=9_000.0, agents=4, placed=10 * placed, connected=10 * min(placed, connected))
    one = shift_end(left_s=left_s, at=0.0, pace=few, connected=7, leads_open=leads)
    other = shift_end(left_s=left_s, at=0.0, pace=many, connected=7, leads_open=leads)
    assert one is not None
    assert other is not None
    assert 7 <= one.low <= one.connected <= one.high
    assert other.connected == pytest.approx(one.connected)
    assert other.high - other.low <= one.high - one.low + 1e-9
    assert 0 <= one.leads_open <= leads
