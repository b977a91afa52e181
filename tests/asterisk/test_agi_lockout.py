"""Laws of the lock-out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.agi_lockout import KEYS_MAX, Lockout

KEY = ("code 7",)


def fail(lockout: Lockout, times: int, now: float) -> int:
    """How many of so many tries are let through."""
    return sum(lockout.admit(KEY, now) for _ in range(times))


def test_three_tries_and_no_more() -> None:
    lockout = Lockout()
    assert fail(lockout, 10, now=0.0) == 3
    assert lockout.wait_s(KEY, 0.0) == 30.0


@pytest.mark.parametrize(("lock", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900)])
def test_each_lock_is_twice_as_long_up_to_a_quarter_of_an_hour(lock: int, seconds: float) -> None:
    lockout, now = Lockout(), 0.0
    for _ in range(lock):
        now += lockout.wait_s(KEY, now)
        assert fail(lockout, 3, now) == 3
    assert lockout.wait_s(KEY, now) == seconds


def test_a_success_takes_everything_back() -> None:
    lockout = Lockout()
    fail(lockout, 2, now=0.0)
    lockout.succeeded(KEY)
    assert fail(lockout, 3, now=1.0) == 3


def test_an_hour_of_peace_is_forgiven() -> None:
    lockout = Lockout()
    fail(lockout, 2, now=0.0)
    assert fail(lockout, 5, now=3601.0) == 3
    assert lockout.wait_s(KEY, 3601.0) == 30.0


def test_one_locked_key_holds_the_try_and_does_not_count_it_for_the_others() -> None:
    lockout = Lockout()
    fail(lockout, 3, now=0.0)
    assert not lockout.admit(("code 7", "phone a"), 1.0)
    assert fail(lockout, 1, now=1.0) == 0
    assert sum(lockout.admit(("phone a",), 1.0) for _ in range(9)) == 3


@given(st.lists(st.floats(0, 50), min_size=1, max_size=200))
def test_never_more_than_three_tries_in_half_a_minute(gaps: list[float]) -> None:
    lockout, now, tries = Lockout(), 0.0, []
    for gap in gaps:
        now += gap
        if lockout.admit(KEY, now):
            tries.append(now)
    assert all(later - first >= 30.0 for first, later in zip(tries, tries[3:], strict=False) if later - first < 3600)


def test_many_codes_do_not_fill_the_memory_and_drop_no_lock() -> None:
    lockout = Lockout()
    fail(lockout, 3, now=0.0)
    for code in range(KEYS_MAX + 500):
        lockout.admit((f"code x{code}",), 1.0)
    assert len(lockout._records) <= KEYS_MAX
    assert lockout.wait_s(KEY, 1.0) == 29.0
