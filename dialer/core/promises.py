"""Promises to pay: how one is split into instalments, and when payments make it kept, partly kept or broken.

Dates are days by the client's books; amounts are exact. Pure functions and values.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from dialer.core.ids import AgentId, CallId

GRACE_DAYS = 2  # a payment made on the day is booked by then
AHEAD_MAX_DAYS = 366  # of a first payment
INSTALMENTS_MAX = 60
_CENT = Decimal("0.01")
_MONTH = 12


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    PARTLY = "partly"  # the last day has passed, and a part was paid
    BROKEN = "broken"
    CANCELLED = "cancelled"  # the agent took it back


class Every(StrEnum):
    """How far instalments lie apart."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


class PayBy(StrEnum):
    """How the person will pay."""

    TRANSFER = "transfer"
    CARD = "card"
    CASH = "cash"
    DIRECT_DEBIT = "direct_debit"
    ONLINE = "online"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a person promised in a call. `amount` is all of it; `due_on` the day of the first payment."""

    call: CallId
    agent: AgentId
    amount: Decimal
    currency: str
    due_on: date
    instalments: int = 1
    every: Every = Every.MONTH
    pay_by: PayBy = PayBy.TRANSFER


@dataclass(frozen=True, slots=True)
class Instalment:
    due_on: date
    amount: Decimal


def check(promise: Promise, balance: Decimal | None, today: date) -> str:
    """Why the promise cannot be taken, as a code; empty = it can. `balance` None = unknown."""
    if promise.amount <= 0:
        return "amount_not_positive"
    if balance is not None and promise.amount > balance:
        return "amount_above_balance"
    if not 1 <= promise.instalments <= INSTALMENTS_MAX or promise.amount < promise.instalments * _CENT:
        return "instalments"
    if promise.due_on < today - timedelta(days=1):  # a day of leeway: the person's day may not be over yet
        return "due_in_the_past"
    if promise.due_on > today + timedelta(days=AHEAD_MAX_DAYS):
        return "due_too_far_ahead"
    return ""


def schedule(promise: Promise) -> tuple[Instalment, ...]:
    """The payments one by one; they add up to the amount, what does not divide comes with the last."""
    each = (promise.amount / promise.instalments).quantize(_CENT, ROUND_DOWN)
    last = promise.amount - each * (promise.instalments - 1)
    amounts = [each] * (promise.instalments - 1) + [last]
    return tuple(Instalment(_nth(promise, n), amount) for n, amount in enumerate(amounts))


def _nth(promise: Promise, n: int) -> date:
    if promise.every is Every.MONTH:
        months = promise.due_on.month - 1 + n
        year, month = promise.due_on.year + months // _MONTH, months % _MONTH + 1
        return date(year, month, min(promise.due_on.day, _days(year, month)))
    return promise.due_on + timedelta(weeks=n * (1 if promise.every is Every.WEEK else 2))


def _days(year: int, month: int) -> int:
    following = date(year + month // _MONTH, month % _MONTH + 1, 1)
    return (following - timedelta(days=1)).day


def judged(promise: Promise, paid: Decimal, today: date) -> PromiseState:
    """What a promise is on that day, with what was paid towards it."""
    if paid >= promise.amount:
        return PromiseState.KEPT
    late = today - timedelta(days=GRACE_DAYS)
    overdue = sum((one.amount for one in schedule(promise) if one.due_on < late), Decimal())
    if paid >= overdue:
        return PromiseState.OPEN
    return PromiseState.PARTLY if paid > 0 else PromiseState.BROKEN


def credit(owed: list[tuple[Decimal, Decimal]], payment: Decimal) -> list[Decimal]:
    """What each promise has been paid after a payment, given (amount, paid so far) of each, the earliest first.

    A payment fills the earliest first; what is left over goes to the next.
    """
    after = []
    for amount, paid in owed:
        part = min(payment, max(Decimal(), amount - paid))
        payment -= part
        after.append(paid + part)
    return after
