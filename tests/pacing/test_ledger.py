"""The ledger: windows, rules and the price."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacing import Rule, Settings, WindowKind
from pacing.ledger import DAY_S, Ledger
from pacing.price import LOG_HIGH, Scene

SCENE = Scene(agents=10, answer_share=0.2, answer_s=12.0, handle_s=200.0)
JANUARY_31 = 1_769_817_600.0  # 2026-01-31 00:00 UTC


def ledger(**given: object) -> Ledger:
    return Ledger(Settings(**given))  # type: ignore[arg-type]


def test_the_last_24_hours_roll() -> None:
    book = ledger()
    book.add(0.0, answered=100, abandoned=5)
    book.add(DAY_S / 2, answered=10, abandoned=1)
    assert (book.answered, book.abandoned) == (110, 6)
    book.roll(DAY_S + 600)
    assert (book.answered, book.abandoned) == (10, 1)
    book.roll(3 * DAY_S)
    assert (book.answered, book.abandoned) == (0, 0)


@pytest.mark.parametrize(
    ("window", "hours", "kept"),
    [(WindowKind.DAY, 23.9, 1), (WindowKind.DAY, 24.1, 0), (WindowKind.MONTH, 23.9, 1), (WindowKind.MONTH, 24.1, 0),
     (WindowKind.DAYS_30, 29 * 24, 1), (WindowKind.DAYS_30, 31 * 24, 0), (WindowKind.ALL, 9000, 1)],
)  # fmt: skip
def test_windows_end_when_they_should(window: WindowKind, hours: float, kept: int) -> None:
    book = ledger(window=window)
    book.add(JANUARY_31, answered=1, abandoned=1)
    book.roll(JANUARY_31 + hours * 3600)
    assert book.abandoned == kept


def test_the_calendar_is_local() -> None:
    book = ledger(window=WindowKind.DAY, utc_offset_s=-5 * 3600)
    book.add(JANUARY_31 + 3600, answered=1)  # still the 30th in Lima
    book.roll(JANUARY_31 + 4.9 * 3600)
    assert book.answered == 1
    book.roll(JANUARY_31 + 5.1 * 3600)
    assert book.answered == 0


def test_the_strictest_rule_sets_the_price_and_the_budget() -> None:
    book = ledger(abandon_cap=0.03, rules=(Rule(0.01, WindowKind.DAYS_30),))
    book.add(0.0, answered=1000, abandoned=12)
    assert book.budget_left == pytest.approx(-2.0)
    assert book.price(SCENE)[2] == Rule(0.01, WindowKind.DAYS_30)
    assert [each.abandoned for each in book.standings] == [12, 12]


def test_figures_of_the_first_rule() -> None:
    book = ledger()
    book.add(0.0, answered=1000, abandoned=30)
    assert book.ratio == 0.03
    assert book.interval == pytest.approx((0.0203, 0.0426), abs=1e-3)
    assert book.standings[0].evidence < 20
    book.add(1.0, answered=20, abandoned=20)
    assert book.alarm
    book.add_detection_errors(2.0, 3)
    assert (book.answered, book.abandoned, book.detection_errors) == (1023, 53, 3)


@given(st.integers(0, 3000), st.integers(0, 200), st.floats(0.002, 0.1), st.integers(1, 600))
def test_the_price_rises_with_every_abandoned_call_and_stays_within_bounds(
    answered: int, abandoned: int, cap: float, agents: int
) -> None:
    scene = replace(SCENE, agents=agents)
    book = ledger(abandon_cap=cap)
    book.add(0.0, answered=answered, abandoned=abandoned)
    price, base, _ = book.price(scene)
    book.add(0.0, abandoned=1)
    dearer, same, _ = book.price(scene)
    assert 0 < price <= dearer <= base * math.exp(LOG_HIGH)
    assert base == same


def test_a_cap_of_zero_has_no_price_and_boldness_has() -> None:
    assert math.isinf(ledger(abandon_cap=0.0).price(SCENE)[0])
    assert ledger(intensity=2.0).price(SCENE)[0] == pytest.approx(ledger().price(SCENE)[0] / 2)


def test_a_month_of_calls_takes_no_more_room_than_a_day() -> None:
    book = ledger(rules=(Rule(0.03, WindowKind.DAYS_30),))
    for hour in range(24 * 90):
        book.add(hour * 3600.0, answered=10)
    assert max(len(window._buckets) for window in book._windows.values()) <= 24 * 30 + 2


@pytest.mark.parametrize("window", list(WindowKind))
def test_what_is_told_late_counts_where_it_happened_and_clears_nothing(window: WindowKind) -> None:
    """A restart tells the steps of the ledger first, and then the calls of before."""
    noon = JANUARY_31 + DAY_S / 2
    book = ledger(window=window)
    book.add(noon, answered=100, abandoned=3)
    book.add(noon - 20 * 3600, answered=10, abandoned=1)  # the evening before
    book.add(noon, answered=1)
    kept = 0 if window is WindowKind.DAY else 1
    assert (book.answered, book.abandoned) == (101 + 10 * kept, 3 + kept)
    book.roll(noon + 10 * 3600)  # the evening before has left the last 24 hours, noon has not
    kept = 0 if window in (WindowKind.DAY, WindowKind.HOURS_24) else 1
    assert (book.answered, book.abandoned) == (101 + 10 * kept, 3 + kept)


@given(
    st.sampled_from(list(WindowKind)),
    st.lists(st.tuples(st.floats(0, 70 * DAY_S), st.integers(0, 5), st.integers(0, 5)), max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_telling_does_not_matter(
    window: WindowKind, told: list[tuple[float, int, int]], chance: random.Random
) -> None:
    books = ledger(window=window), ledger(window=window)
    shuffled = chance.sample(told, len(told))
    for book, steps in zip(books, (sorted(told), shuffled), strict=True):
        for t, answered, abandoned in steps:
            book.add(t, answered=answered, abandoned=abandoned)
    assert (books[0].answered, books[0].abandoned) == (books[1].answered, books[1].abandoned)


@given(st.sampled_from(list(WindowKind)), st.sampled_from(list(WindowKind)))
def test_a_rule_made_later_counts_what_its_window_holds(first: WindowKind, later: WindowKind) -> None:
    book, known = ledger(window=first), ledger(window=later)
    for each in (book, known):
        each.add(JANUARY_31 - 20 * 3600, answered=40, abandoned=2)
        each.add(JANUARY_31 + 3600, answered=100, abandoned=4)
    book.change(Settings(window=later))
    assert book.standings == known.standings
    assert book.price(SCENE) == known.price(SCENE)
