"""Promises to pay: how they split, and what payments and days make of them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.ids import AgentId, CallId
from dialer.core.promises import GRACE_DAYS, Every, Promise, PromiseState, check, credit, judged, schedule

TODAY = date(2026, 11, 26)
AMOUNTS = st.decimals(min_value=1, max_value=10**7, places=2)


def promise(
    amount: Decimal = Decimal(100), *, due: date = TODAY, instalments: int = 1, every: Every = Every.MONTH
) -> Promise:
    return Promise(
        call=CallId(1),
        agent=AgentId(1),
        amount=amount,
        currency="MXN",
        due_on=due,
        instalments=instalments,
        every=every,
    )


@given(AMOUNTS, st.integers(1, 60), st.sampled_from(Every), st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_instalments_add_up_to_the_cent_and_go_forward(amount: Decimal, count: int, every: Every, due: date) -> None:
    parts = schedule(promise(amount, due=due, instalments=count, every=every))
    assert len(parts) == count
    assert sum(one.amount for one in parts) == amount
    assert all(one.due_on < other.due_on for one, other in pairwise(parts))
    assert max(one.amount for one in parts) - min(one.amount for one in parts) < Decimal(count) / 100 + Decimal("0.01")


def test_a_month_has_its_last_day() -> None:
    parts = schedule(promise(due=date(2027, 1, 31), instalments=3))
    assert [one.due_on for one in parts] == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]


@given(AMOUNTS, st.decimals(min_value=0, max_value=2 * 10**7, places=2), st.integers(-400, 400), st.integers(1, 12))
def test_a_promise_is_kept_by_payment_alone_and_broken_by_time_alone(
    amount: Decimal, paid: Decimal, days: int, instalments: int
) -> None:
    made = promise(amount, instalments=instalments)
    state = judged(made, paid, TODAY + timedelta(days=days))
    assert (state is PromiseState.KEPT) == (paid >= amount)
    if days <= GRACE_DAYS:
        assert state in {PromiseState.OPEN, PromiseState.KEPT}
    if state is PromiseState.BROKEN:
        assert paid == 0
    if paid == 0 and days > GRACE_DAYS:
        assert state is PromiseState.BROKEN


def test_instalments_are_judged_by_what_has_fallen_due() -> None:
    made = promise(Decimal(300), instalments=3)
    after_first = TODAY + timedelta(days=GRACE_DAYS + 1)
    assert judged(made, Decimal(100), after_first) is PromiseState.OPEN
    assert judged(made, Decimal(99), after_first) is PromiseState.PARTLY
    assert judged(made, Decimal(100), TODAY + timedelta(days=40)) is PromiseState.PARTLY


@given(st.lists(AMOUNTS, max_size=5), AMOUNTS)
def test_a_payment_fills_the_earliest_first_and_is_never_counted_twice(
    amounts: list[Decimal], payment: Decimal
) -> None:
    after = credit([(amount, Decimal()) for amount in amounts], payment)
    assert sum(after, Decimal()) == min(payment, sum(amounts, Decimal()))
    full = [paid == amount for paid, amount in zip(after, amounts, strict=True)]
    assert full == sorted(full, reverse=True)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (promise(), ""),
        (promise(Decimal(0)), "amount_not_positive"),
        (promise(Decimal("100.01")), "amount_above_balance"),
        (promise(instalments=61), "instalments"),
        (promise(Decimal("0.02"), instalments=3), "instalments"),
        (promise(due=TODAY - timedelta(days=2)), "due_in_the_past"),
        (promise(due=TODAY + timedelta(days=400)), "due_too_far_ahead"),
    ],
)
def test_what_cannot_be_promised_is_named(made: Promise, why: str) -> None:
    assert check(made, Decimal(100), TODAY) == why
