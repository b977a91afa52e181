"""What a client's word about an account does: to its balance, and to calls about it. A pure function."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dialer.core.packs.schema import Kept
from dialer.core.rules import DAY_S

PAYMENT_HOLD_DAYS = 3.0  # a payment that leaves something owing stops calls until it is surely booked


class AccountEventKind(StrEnum):
    """What a client tells of an account."""

    PAYMENT = "payment"
    PAID = "paid"  # nothing is owing any more
    BALANCE = "balance"  # new figures
    DISPUTE = "dispute"
    LAWSUIT = "lawsuit"
    INSOLVENCY = "insolvency"
    CEASE_REQUEST = "cease_request"
    REPRESENTED = "represented"
    RESOLVED = "resolved"  # whatever stopped calls about the account holds no longer


_STOPS = {
    AccountEventKind.PAID: Kept.PAID,
    AccountEventKind.DISPUTE: Kept.DISPUTE,
    AccountEventKind.LAWSUIT: Kept.LAWSUIT,
    AccountEventKind.INSOLVENCY: Kept.INSOLVENCY,
    AccountEventKind.CEASE_REQUEST: Kept.CEASE_REQUEST,
    AccountEventKind.REPRESENTED: Kept.REPRESENTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One thing told. `account` is the client's own number for it; `id` makes that the same told twice is one."""

    account: str
    kind: AccountEventKind
    id: str = ""
    amount: Decimal | None = None  # of a payment
    balance: Decimal | None = None  # afterwards, where the client tells it
    days_past_due: int | None = None
    until: float | None = None  # when a stop ends; None = by its kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an event does. `balance` None = as it was; `lifts` are stops of the account that end."""

    balance: Decimal | None = None
    stop: Kept | None = None
    until: float | None = None
    lifts: frozenset[Kept] = frozenset()


def effect_of(event: AccountEvent, balance: Decimal | None, now: float) -> Effect:
    """The effect on an account with this balance (None = unknown)."""
    after = event.balance
    if after is None and event.kind is AccountEventKind.PAYMENT and event.amount is not None and balance is not None:
        after = balance - event.amount
    if event.kind in _STOPS:
        owing = Decimal(0) if event.kind is AccountEventKind.PAID and after is None else after
        return Effect(balance=owing, stop=_STOPS[event.kind], until=event.until)
    if event.kind is AccountEventKind.RESOLVED:
        return Effect(balance=after, lifts=frozenset((*_STOPS.values(), Kept.PAYMENT)))
    if after is not None and after <= 0:
        return Effect(balance=after, stop=Kept.PAID)
    if event.kind is AccountEventKind.PAYMENT:
        until = event.until if event.until is not None else now + PAYMENT_HOLD_DAYS * DAY_S
        return Effect(balance=after, stop=Kept.PAYMENT, until=until)
    # New figures that leave something owing take back that it was paid.
    return Effect(balance=after, lifts=frozenset({Kept.PAID}) if after is not None else frozenset())
