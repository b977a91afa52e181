"""Laws of the small language: it says what it reads like, names what it cannot read, and breaks nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.expressions import DEPTH_MAX, LENGTH_MAX, ExpressionError, Value, parse

LEAD: dict[str, Value] = {
    "balance": 1500.0, "days_past_due": 45, "segment": "Tramo 2", "attempts": 3, "rank": None,
    "field.producto": "TC Oro",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("balance > 1000", True),
        ("balance > 1000 and days_past_due < 30", False),
        ("balance > 1000 or days_past_due < 30", True),
        ("not (balance > 1000)", False),
        ("not balance > 1000 or attempts = 3", True),
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 2 - 3", 5.0),
        ("-balance", -1500.0),
        ("balance / 0", 0.0),
        ("days_past_due in (30, 45, 60)", True),
        ("segment = 'tramo 2'", True),  # as people type it
        ("segment in ('Tramo 1', \"Tramo 3\")", False),
        ("segment starts 'tramo' and segment contains '2'", True),
        ('field("Producto") starts "TC"', True),
        ('field("Otro") = "x"', False),
        ("rank = 0", False),  # what is not known is unlike everything
        ("rank < 5 or rank >= 5", False),
        ("rank != 5", True),
        ("rank + 1", 1.0),
        ("max(balance, 2000) + min(1, 2)", 2001.0),
        ("abs(-3) + log(1)", 3.0),
        ("attempts >= 3 and attempts <= 3 and attempts == 3", True),
    ],
)
def test_an_expression_says_what_it_reads_like(text: str, value: Value) -> None:
    assert parse(text)(LEAD) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a value is wanted where the end is"),
        ("balance >", "a value is wanted where the end is"),
        ("balance > 1 2", "the end is wanted where '2' is"),
        ("saldo > 1", "'saldo' is nothing of a lead; there are attempts, balance"),
        ("balance > 1; DROP TABLE leads", "nothing can be made of ';"),
        ("__import__('os')", "there is no function '__import__'"),
        ("balance.real", "nothing can be made of '.real'"),
        ("abs(1, 2)", "abs takes one value"),
        ("min(1)", "min takes two values or more"),
        ("field(balance)", "the name of a column"),
        ("segment in 'x'", "'(' is wanted"),
        ("(" * (DEPTH_MAX + 1) + "1", "nested deeper"),
        ("not " * (DEPTH_MAX + 2) + "1", "nested deeper"),
        ("-" * (DEPTH_MAX + 2) + "1", "nested deeper"),
        ("1" * (LENGTH_MAX + 1), "at most"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, says: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(says)):
        parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    try:
        made = parse(text)
    except ExpressionError:
        return
    made(LEAD)
    made({})


NAMES = ["balance", "segment", "rank", "attempts", "1", "2.5", "'a'", "min", "log"]
SIGNS = ["and", "or", "not", "in", "contains", "starts", "(", ")", ",", "+", "-", "*", "/", "<", "=", ">=", "!="]
WORDS = st.sampled_from([*NAMES, *SIGNS])


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_no_sentence_of_its_own_words_breaks_it(text: str) -> None:
    try:
        made = parse(text)
    except ExpressionError:
        return
    for facts in (LEAD, {}, {"balance": "x", "segment": None, "rank": float("nan")}):
        made(facts)


@pytest.mark.parametrize(("link", "value"), [("+1", 1000.0), ("-1", -998.0), ("*1", 1.0), ("/1", 1.0)])
def test_a_long_chain_is_no_deep_one(link: str, value: float) -> None:
    assert parse("1" + link * 999)({}) == value


@pytest.mark.parametrize("text", ["nan", "inf", "-1e999"])
def test_a_text_that_is_no_finite_number_counts_as_nothing(text: str) -> None:
    assert parse('field("x") * 1')({"field.x": text}) == 0.0
