"""Laws of choosing: the order that was asked for, the mix in its shares, quotas and caps kept, nothing lost between."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.expressions import Value
from dialer.core.packs.schema import Dial, Reached
from dialer.core.rules import DAY_S
from dialer.core.selection import FILTERED_OUT, Cap, Order, Part, Scope, Selection, capped, part_of, portions, sort_key

NOW = 1_700_000_000.0


def first(selection: Selection, *leads: dict[str, Value]) -> int:
    """Which of the leads comes first."""
    keys = [sort_key(selection, lead, n) for n, lead in enumerate(leads)]
    return min(range(len(leads)), key=lambda n: keys[n] or 0.0)


@pytest.mark.parametrize(
    ("order", "name", "one", "other"),
    [
        (Order.BALANCE, "balance", 5.0, 9.0),
        (Order.AGE, "days_past_due", 5, 90),
        (Order.RANK, "rank", 7, 2),
        (Order.RANK, "rank", None, 2),
        (Order.LEAST_TRIED, "attempts", 3, 0),
        (Order.SCORE, "score", 0.1, 0.4),
    ],
)
def test_the_order_that_was_asked_for(order: Order, name: str, one: Value, other: Value) -> None:
    assert first(Selection(order=order), {name: one}, {name: other}) == 1
    assert first(Selection(order=order), {name: other}, {name: one}) == 0


def test_an_expression_orders_by_its_highest_value() -> None:
    selection = Selection(order=Order.EXPRESSION, expression="balance * score")
    assert first(selection, {"balance": 100.0, "score": 0.1}, {"balance": 50.0, "score": 0.5}) == 1


def test_by_time_alone_there_is_no_key() -> None:
    assert sort_key(Selection(), {"balance": 1.0}, 1) is None
    assert not Selection().places


def test_the_first_part_whose_filter_holds_takes_a_lead() -> None:
    selection = Selection(
        filter="balance > 0",
        parts=(Part("big", "balance > 1000", 0.5), Part("old", "days_past_due > 60", 0.2)),
    )
    assert part_of(selection, {"balance": 2000.0, "days_past_due": 90}) == 0
    assert part_of(selection, {"balance": 20.0, "days_past_due": 90}) == 1
    assert part_of(selection, {"balance": 20.0, "days_past_due": 9}) == 2
    assert part_of(selection, {"balance": 0.0, "days_past_due": 90}) == FILTERED_OUT


SHARES = st.lists(st.floats(0.01, 0.3), min_size=0, max_size=3)


def mix(shares: list[float]) -> Selection:
    return Selection(parts=tuple(Part(f"p{n}", f"rank = {n}", share) for n, share in enumerate(shares)))


@given(SHARES, st.integers(0, 500), st.floats(0, 0.999), st.sets(st.integers(0, 3), max_size=2))
def test_every_lead_that_is_asked_for_comes_from_one_open_part(
    shares: list[float], count: int, turn: float, closed: set[int]
) -> None:
    found = portions(mix(shares), count, turn, tuple(closed))
    assert all(size >= 0 and part not in closed for part, size in found)
    if set(range(len(shares) + 1)) - closed:
        assert sum(size for _, size in found) == count


def test_small_shares_come_to_their_own_in_time() -> None:
    selection = mix([0.05, 0.25])
    taken = [0, 0, 0]
    for n in range(1000):
        for part, size in portions(selection, 3, n / 1000):
            taken[part] += size
    assert [round(one / 3000, 2) for one in taken] == [0.05, 0.25, 0.7]


def dial(hours: float, *, account: bool = True, number: bool = True) -> Dial:
    return Dial(NOW - hours * 3600, NOW - hours * 3600 + 30, Reached.NOBODY, account=account, number=number)


def test_a_cap_counts_its_own_dials_and_says_when_it_is_free() -> None:
    caps = (Cap(Scope.NUMBER, 2, DAY_S), Cap(Scope.ACCOUNT, 3, 7 * DAY_S))
    assert capped(caps, [dial(1), dial(30)], NOW) is None
    found = capped(caps, [dial(1), dial(5)], NOW)
    assert found is not None
    assert (found.rule, found.until) == ("campaign.number_cap", NOW - 5 * 3600 + DAY_S)
    others = [dial(1, number=False), dial(2, number=False), dial(3, account=False), dial(100, number=False)]
    found = capped(caps, others, NOW)
    assert found is not None
    assert (found.rule, found.until) == ("campaign.account_cap", NOW - 100 * 3600 + 7 * DAY_S)


def test_a_cap_of_the_lead_counts_no_dial_of_its_account_in_another_campaign() -> None:
    caps = (Cap(Scope.LEAD, 2, DAY_S),)
    elsewhere = [replace(dial(n), lead=False) for n in (1, 2, 3)]
    assert capped(caps, [*elsewhere, dial(4)], NOW) is None
    found = capped(caps, [*elsewhere, dial(4), dial(5)], NOW)
    assert found is not None
    assert found.rule == "campaign.lead_cap"


@given(st.lists(st.floats(0, 400), max_size=12), st.integers(1, 4))
def test_at_the_time_that_it_says_the_cap_is_free(hours: list[float], count: int) -> None:
    dials = [dial(one) for one in hours]
    found = capped((Cap(Scope.NUMBER, count, 7 * DAY_S),), dials, NOW)
    if found is not None:
        assert found.until is not None
        assert found.until > NOW
        assert capped((Cap(Scope.NUMBER, count, 7 * DAY_S),), dials, found.until) is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Selection(order=Order.EXPRESSION),
        lambda: Selection(expression="balance"),
        lambda: Selection(filter="saldo > 1"),
        lambda: Selection(parts=(Part("a", "rank = 1", 0.7), Part("b", "rank = 2", 0.4))),
        lambda: Part("a", "rank = 1", 0.0),
        lambda: Cap(Scope.NUMBER, 0, 1.0),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"."):
        wrong()
