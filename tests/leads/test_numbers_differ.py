"""The law of the two readers of the number plan: what one says of a number, the other says too."""

import random
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import timezone

from dialer.leads.numbers import COUNTRIES, Number, reader_of

rphonenumbers = pytest.importorskip("rphonenumbers", reason="the extra `fast` is not installed")
by_reference, by_accelerator = reader_of(phonenumbers), reader_of(rphonenumbers)

SOME = ("MX", "CL", "CO", "PE", "BR", "AR", "EC", "ES", "US", "GB", "FR", "DE", "IT", "CA", "AU")


def dirty(chance: random.Random, country: str) -> str:
    """A number as lists have them: of the plan, nearly so, or nothing of the kind."""
    example: Any = phonenumbers.example_number(country)
    digits = list(phonenumbers.national_significant_number(example))
    for _ in range(chance.randrange(8)):
        digits[chance.randrange(len(digits))] = str(chance.randrange(10))
    text = "".join(digits)
    forms = (
        f"+{example.country_code}{text}",
        f"00{example.country_code} {text[:2]} {text[2:]}",
        f"({text[:3]}) {text[3:6]}-{text[6:]}",
        f"0{text}",
        text[: chance.randrange(len(text))],
        f"{text} ext. {chance.randrange(99)}",
        f"{text}.0",
        text,
    )
    return chance.choice(forms)


@pytest.mark.parametrize("country", SOME)
def test_both_readers_say_the_same(country: str) -> None:
    chance = random.Random(country)
    for _ in range(400):
        text = dirty(chance, country)
        assert by_reference(text, country) == by_accelerator(text, country), text


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_the_reader_says_what_the_library_itself_says(country: str) -> None:
    for kind in phonenumbers.supported_types_for_region(country):
        example: Any = phonenumbers.example_number_for_type(country, kind)
        if example is not None and phonenumbers.is_valid_number(example):
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            read = by_reference(text, country)
            assert (read.number, read.valid) == (text, True)
            assert read.country == phonenumbers.region_code_for_number(example)
            zones = tuple(timezone.time_zones_for_number(example))
            assert read.zones == (() if zones == ("Etc/Unknown",) else zones)
            assert read == by_accelerator(text, country)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789+-() .xX#*;ñ\u0660\u0661\uff11", max_size=24), st.sampled_from([*SOME, None]))
def test_no_text_parts_them(text: str, country: str | None) -> None:
    one, other = by_reference(text, country), by_accelerator(text, country)
    assert isinstance(one, Number)
    assert one == other
