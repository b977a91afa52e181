"""The growing delay after failed tries."""

from hypothesis import given
from hypothesis import strategies as st

from dialer.web.lockout import Lockout


def failed(tries: int, **options: float) -> Lockout:
    lockout = Lockout(free=3, **options)  # type: ignore[arg-type]
    for _ in range(tries):
        lockout.begin("key", 0.0)
    return lockout


def test_the_delay_doubles_up_to_its_most() -> None:
    waits = [failed(tries, delay_max_s=10.0).wait_s("key", 0.0) for tries in range(9)]
    assert waits == [0, 0, 0, 1, 2, 4, 8, 10, 10]


@given(tries=st.integers(0, 200), later=st.floats(0, 5000))
def test_a_delay_runs_out_and_never_exceeds_its_most(tries: int, later: float) -> None:
    lockout = failed(tries, delay_max_s=900.0)
    assert lockout.wait_s("key", later) <= max(0.0, 900.0 - later)
    assert lockout.wait_s("another", later) == 0.0


def test_a_good_try_is_forgiven_and_a_shown_secret_forgets_all() -> None:
    lockout = failed(4)
    lockout.forgive("key")
    assert lockout.wait_s("key", 0.0) == 1.0
    lockout.clear("key")
    assert lockout.wait_s("key", 0.0) == 0.0


def test_keys_left_alone_start_anew() -> None:
    lockout = failed(30, forget_s=60.0)
    assert lockout.wait_s("key", 59.0) > 0
    assert lockout.wait_s("key", 60.0) == 0.0
    lockout.begin("key", 60.0)
    assert lockout.wait_s("key", 60.0) == 0.0


def test_at_most_so_many_keys_are_remembered_the_stalest_go_first() -> None:
    lockout = Lockout(free=1, keys_max=2)
    for key in ("a", "b", "a", "c"):
        lockout.begin(key, 0.0)
    assert [lockout.wait_s(key, 0.0) > 0 for key in ("a", "b", "c")] == [True, False, True]
