"""Laws of the search language: what a person types means what it says, and an error points at its place."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.store import Clause, Comparison, Term
from dialer.store.recordings import position_at
from recordings.errors import QueryError
from recordings.facets import RANGES, ranges_for
from recordings.query import ALIASES, NAMES, Context, complete, parse
from recordings.words import fold

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC).timestamp()
CONTEXT = Context(
    campaigns={1: "Tarjetas, primavera", 2: "Tarjetas, otoño"}, agents={7: "Íñigo Peña", 8: "Ana"}, now=NOW, zone=UTC
)


def facet(*words: str, negated: bool = False) -> Clause:
    return Clause(tuple(Term(word, facet=True) for word in words), negated)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Promoción", [Clause((Term("promocion"),))]),
        ("prom*", [Clause((Term("prom", prefix=True),))]),
        ('-"no pago"', [Clause((Term("no pago"),), negated=True)]),
        ("agent:inigo", [facet("xqagt7")]),
        ("agent:pena", [facet("xqagt7")]),
        ("campaign:tarjetas", [facet("xqcmp1", "xqcmp2")]),
        ('campaign:"Tarjetas, otoño"', [facet("xqcmp2")]),
        ("campaign:12", [facet("xqcmp12")]),
        ("-flag:one_way", [facet("xqflgonexway", negated=True)]),
        ("outcome!=machine", [facet("xqoutmachine", negated=True)]),
        ("Campaña:tarjetas", [facet("xqcmp1", "xqcmp2")]),
        ("atendente:ana", [facet("xqagt8")]),
        ("held:yes", [facet("xqhld")]),
        ("held:no", [facet("xqhld", negated=True)]),
        ("-held:no", [facet("xqhld")]),
        ("problem:any", [facet("xqprbany")]),
        ("-problem:agent_cut_off", [facet("xqprbagentxcutxoff", negated=True)]),
        ("scored:sí", [facet(*ranges_for("score", None, None))]),
        ("scored:não", [facet(*ranges_for("score", None, None), negated=True)]),
        ("number:+525512345678", [facet("xqnum525512345678")]),
        ("", []),
    ],
)
def test_words_and_names(text: str, clauses: list[Clause]) -> None:
    assert list(parse(text, CONTEXT).clauses) == clauses


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        ("talk_over>10%", Comparison("talk_over_share", ">", 0.1)),
        ("talk_over>=0,1", Comparison("talk_over_share", ">=", 0.1)),
        ("duration<2m", Comparison("duration_s", "<", 120.0)),
        ("duración<2m", Comparison("duration_s", "<", 120.0)),
        ("score!=80%", Comparison("score", "<>", 0.8)),
        ("agent_level<-30db", Comparison("agent_dbfs", "<", -30.0)),
        ("state:missing", Comparison("state", "=", "missing")),
        ("call:42", Comparison("call", "=", 42)),
    ],
)
def test_figures(text: str, comparison: Comparison) -> None:
    assert parse(text, CONTEXT).comparisons == (comparison,)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("since:2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), None),
        ("until:2026-11-01T09:30", None, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
        ("on:2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
        ("since:ayer until:hoy", datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)),
        ("since:7d", datetime(2026, 11, 19, 12, tzinfo=UTC), None),
    ],
)
def test_times(text: str, first: datetime | None, last: datetime | None) -> None:
    asked = parse(text, CONTEXT)
    assert asked.first == (None if first is None else position_at(first.timestamp()))
    assert asked.last == (None if last is None else position_at(last.timestamp()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pago talk_ovr>3", "place 6: 'talk_ovr' is no field; did you mean talk_over?"),
        ("agent:", "place 7: agent: lacks its value"),
        ('pago "sin cerrar', 'place 6: this " is never closed'),
        ("agent:Juan", "place 1: no agent is named 'Juan'"),
        ("silence>much", "place 1: 'much' is no number; write 10%, 0.1, 90s or 2m"),
        ("since:someday", "place 1: 'someday' is no day"),
        ("-since:today", "since cannot be negated"),
        ("-silence>3", "turn the comparison around"),
        ("flag>3", "flag takes : or !="),
        ("state:lost", "state is one of expected, raw"),
        ("held:perhaps", "held is one of yes, no, not 'perhaps'"),
        ("problem>any", "problem takes : or !="),
        ("a " * 1500, "at most 2000 signs"),
        ("-", "lacks its value"),
        ("...", "holds no word"),
    ],
)
def test_an_error_points_at_its_place(text: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, CONTEXT)
    assert says in str(caught.value)


def test_who_may_not_see_numbers_learns_none_digit_by_digit() -> None:
    masked = replace(CONTEXT, numbers=False)
    for text in ("5512*", "-55*", "+55*"):
        with pytest.raises(QueryError, match="masked"):
            parse(text, masked)
    assert parse("number:+525512345678 5512 prom*", masked).clauses[2] == Clause((Term("prom", prefix=True),))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00+14:00"])
@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
def test_the_ends_of_the_calendar_are_days_or_refused(day: str, zone: tzinfo | None) -> None:
    for name in ("since", "until", "on"):
        with contextlib.suppress(QueryError):
            parse(f"{name}:{day}", replace(CONTEXT, zone=zone))


@given(st.text(max_size=80))
def test_whatever_is_typed_is_understood_or_refused_in_our_words(text: str) -> None:
    with contextlib.suppress(QueryError):
        parse(text, CONTEXT)


@given(
    st.sampled_from(sorted(RANGES)),
    st.floats(-100, 4000),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(-100, 4000),
)
def test_the_ranges_never_leave_out_what_the_figure_lets_in(column: str, value: float, sign: str, asked: float) -> None:
    holds = {"<": value < asked, "<=": value <= asked, ">": value > asked, ">=": value >= asked}[sign]
    [own] = ranges_for(column, value, value)
    low, high = (asked, None) if ">" in sign else (None, asked)
    assert not holds or own in ranges_for(column, low, high)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def values(column: str) -> list[str]:
    return {"flags": ["dead_air talk_over"], "disposition": ["PTP", "RPC"]}.get(column, [])


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("talk", ["talk_over>"]),
        ("pago ag", ["agent:", "agent_share>", "agent_level>"]),
        ("agent:in", ['agent:"Íñigo Peña"']),
        ("pago -flag:d", ["flag:dead_air"]),
        ("disposition:", ["disposition:PTP", "disposition:RPC"]),
        ('campaign:"tarjetas, o', ['campaign:"Tarjetas, otoño"']),
        ("since:y", ["since:yesterday"]),
        ("desd", ["since:"]),
        ("agente:in", ['agente:"Íñigo Peña"']),
        ("problem:agent", ["problem:agent_missing", "problem:agent_cut_off"]),
        ("scored:", ["scored:yes", "scored:no"]),
    ],
)
def test_completion(text: str, offers: list[str]) -> None:
    found = complete(text, CONTEXT, values)
    assert [one.text for one in found] == offers
    for one in found:
        whole = text[: one.start] + one.text
        if not whole.endswith((":", ">")):
            parse(whole, CONTEXT)


def test_whatever_stands_for_a_field_stands_for_one_that_is_there() -> None:
    assert set(ALIASES.values()) <= set(NAMES)
    assert not set(ALIASES) & set(NAMES)
    assert all(fold(alias) == alias for alias in ALIASES)


def test_an_empty_search_offers_every_field() -> None:
    assert len(complete("", CONTEXT, values, limit=99)) == len(NAMES)
