"""Long lists on the pages of administration: fifty rows at a time, and whoever is looked for."""

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from dialer.web.paging import ROWS, Leaf, leaf_of

PEOPLE = [f"Agente {n}" for n in range(2_000)]


def asked(**given: object) -> Request:
    return Request({"type": "http", "query_string": urlencode(given).encode(), "headers": []})


def leaf(every: Sequence[str] = PEOPLE, **given: object) -> Leaf[str]:
    return leaf_of(asked(**given), every, lambda one: (one,))


@given(count=st.integers(0, 400), begins=st.integers(0, 500))
def test_turning_over_from_the_first_leaf_shows_each_row_once(count: int, begins: int) -> None:
    every = PEOPLE[:count]
    seen: list[str] = []
    at: int | None = 0
    while at is not None:
        shown = leaf(every, **{"from": at})
        seen += shown.rows
        at = shown.after
    assert seen == every
    here = leaf(every, **{"from": begins})
    assert len(here.rows) <= ROWS
    assert bool(here.rows) == bool(every)  # rows that went meanwhile leave no empty leaf
    assert (here.before is None) == (here.begins == 0)


@pytest.mark.parametrize("find", ["pérez", "PEREZ", "ana per", "per  ana"])
def test_who_is_looked_for_is_found_without_accents_and_in_any_order(find: str) -> None:
    shown = leaf(["Ana Pérez", "Ana Soto", "Luis Pérez Gil, Ana"], find=find)
    assert (shown.rows, shown.count, shown.every) == (["Ana Pérez", "Luis Pérez Gil, Ana"], 2, 3)


@pytest.mark.parametrize("begins", ["-1", "x", "", "٣", "9" * 30])
def test_what_is_no_place_in_the_list_is_its_beginning(begins: str) -> None:
    assert leaf(**{"from": begins}).begins == 0
