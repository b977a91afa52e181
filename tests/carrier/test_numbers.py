"""A number means one thing to everybody who plays a carrier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.carrier.numbers import ANSWERS, CODE_DIGITS, Behaviour, Script, number, parse

seconds = st.integers(0, 99)


@given(st.sampled_from(["", "5255", "+5255123", "0052551"]), st.sampled_from(Behaviour), seconds, seconds)
def test_what_is_put_into_a_number_is_read_from_it(prefix: str, behaviour: Behaviour, ring_s: int, talk_s: int) -> None:
    dialled = number(prefix, behaviour, ring_s=ring_s, talk_s=talk_s)
    assert parse(dialled) == Script(behaviour, ring_s, talk_s)
    assert len(dialled) == len(prefix) + CODE_DIGITS


@given(st.text(max_size=12))
def test_any_text_has_a_meaning_or_none(text: str) -> None:
    meaning = parse(text)
    assert (
        meaning is None
        or number(text[:-CODE_DIGITS], meaning.behaviour, ring_s=meaning.ring_s, talk_s=meaning.talk_s) == text
    )


@pytest.mark.parametrize("text", ["", "110101x", "11010", "990101", "+5255", "\uff11\uff11\uff10\uff11\uff10\uff11"])
def test_a_number_without_a_code_has_no_meaning(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("wrong", [-1, 100])
def test_seconds_have_two_digits(wrong: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 99"):
        number("52", Behaviour.PERSON, ring_s=wrong)


def test_codes_are_two_digits_each_used_once() -> None:
    codes = [behaviour.value for behaviour in Behaviour]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 2 and code.isdecimal() for code in codes)
    assert Behaviour.PERSON in ANSWERS
    assert Behaviour.BUSY not in ANSWERS
