"""What a client's word about an account does to its balance and to calls about it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.accounts import PAYMENT_HOLD_DAYS, AccountEvent, AccountEventKind, Effect, effect_of
from dialer.core.packs.schema import STOPS, Kept

NOW = 1_700_000_000.0
HELD = NOW + PAYMENT_HOLD_DAYS * 86_400
K = AccountEventKind


def event(kind: K, **given: object) -> AccountEvent:
    return AccountEvent(account="A", kind=kind, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "balance", "effect"),
    [
        (event(K.PAYMENT, amount=Decimal(30)), "100", Effect(balance=Decimal(70), stop=Kept.PAYMENT, until=HELD)),
        (event(K.PAYMENT, amount=Decimal(100)), "100", Effect(balance=Decimal(0), stop=Kept.PAID)),
        (event(K.PAYMENT, amount=Decimal(30)), None, Effect(stop=Kept.PAYMENT, until=HELD)),
        (event(K.PAYMENT, balance=Decimal(5)), "100", Effect(balance=Decimal(5), stop=Kept.PAYMENT, until=HELD)),
        (event(K.PAYMENT, until=NOW + 5), "1", Effect(stop=Kept.PAYMENT, until=NOW + 5)),
        (event(K.PAID), "100", Effect(balance=Decimal(0), stop=Kept.PAID)),
        (event(K.LAWSUIT), "100", Effect(stop=Kept.LAWSUIT)),
        (event(K.DISPUTE, until=NOW + 9), "100", Effect(stop=Kept.DISPUTE, until=NOW + 9)),
        (event(K.BALANCE, balance=Decimal(80)), "100", Effect(balance=Decimal(80), lifts=frozenset({Kept.PAID}))),
        (event(K.BALANCE, balance=Decimal(0)), "100", Effect(balance=Decimal(0), stop=Kept.PAID)),
        (event(K.BALANCE, days_past_due=9), "100", Effect()),
    ],
)
def test_what_each_event_does(told: AccountEvent, balance: str | None, effect: Effect) -> None:
    assert effect_of(told, None if balance is None else Decimal(balance), NOW) == effect


def test_what_is_resolved_lifts_every_stop_that_an_event_can_make() -> None:
    lifted = effect_of(event(K.RESOLVED), Decimal(9), NOW).lifts
    made = {effect_of(event(kind, amount=Decimal(1)), Decimal(9), NOW).stop for kind in K} - {None}
    assert made <= lifted <= STOPS


@given(st.lists(st.decimals(0, 50, places=2), max_size=20))
def test_payments_add_up_exactly(amounts: list[Decimal]) -> None:
    balance: Decimal | None = Decimal(1000)
    for amount in amounts:
        balance = effect_of(event(K.PAYMENT, amount=amount), balance, NOW).balance
    assert balance == 1000 - sum(amounts)
