"""Laws of numbers: E.164 or flagged, with every zone that the plan allows for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.leads.numbers import national, read_number


@pytest.mark.parametrize(
    ("text", "country", "number", "home", "zones"),
    [
        ("55 1234 5678", "MX", "+525512345678", "MX", ("America/Mexico_City",)),
        ("+52 (664) 123-4567", "MX", "+526641234567", "MX", ("America/Tijuana",)),
        ("9 6123 4567", "CL", "+56961234567", "CL", ("America/Santiago",)),
        ("+34 612 345 678", "MX", "+34612345678", "ES", ("Atlantic/Canary", "Europe/Madrid")),
        ("+57 300 1234567", "MX", "+573001234567", "CO", ("America/Bogota",)),
        ("+51 912 345 678", None, "+51912345678", "PE", ("America/Lima",)),
        ("+52 1 55 1234 5678", None, "+525512345678", "MX", ("America/Mexico_City",)),  # as it was written until 2019
        ("(602) 253-0000", "US", "+16022530000", "US", ("America/Phoenix",)),
    ],
)
def test_a_number_is_read(text: str, country: str | None, number: str, home: str, zones: tuple[str, ...]) -> None:
    read = read_number(text, country)
    assert (read.number, read.valid, read.country, read.zones) == (number, True, home, zones)


@pytest.mark.parametrize(
    ("text", "country", "number", "extension"),
    [
        ("044 55 1234 5678", "MX", "+525512345678", ""),
        ("0455512345678", "MX", "+525512345678", ""),
        ("+52 044 55 1234 5678", None, "+525512345678", ""),
        ("044 55 1234 5678 ext 7", "MX", "+525512345678", "7"),
        ("55 1234 5678 ext. 12", "MX", "+525512345678", "12"),
        ("55 1234 5678 x12", "MX", "+525512345678", "12"),
        ("(11) 3333-4444 ramal 12", "BR", "+551133334444", "12"),
        ("11 4444-5555 interno 12", "AR", "+541144445555", "12"),
        ("(55) 1234 5678 Casa", "MX", "+525512345678", ""),
        ("55 1234 5678 (de su hermana)", "MX", "+525512345678", ""),
    ],
)
def test_what_people_write_around_a_number(text: str, country: str | None, number: str, extension: str) -> None:
    read = read_number(text, country)
    assert (read.number, read.valid, read.extension) == (number, True, extension)


def test_words_between_digits_are_never_left_out() -> None:
    assert not read_number("11 3333-4444 loja 5", "BR").valid


def test_the_national_number_is_without_the_countrys_code() -> None:
    numbers = ("+525512345678", "+12125550100", "+5511987654321", "+390612345678", "+593991234567")
    assert [national(one) for one in numbers] == ["5512345678", "2125550100", "11987654321", "0612345678", "991234567"]


@pytest.mark.parametrize("text", ["12", "not a number", "", "55123456", "+999123456789", "5.5e9"])
def test_what_is_no_number_is_flagged(text: str) -> None:
    read = read_number(text, "MX")
    assert (read.number, read.valid, read.zones) == (text, False, ())


@given(st.text(max_size=30), st.sampled_from(["MX", "CL", None]))
def test_no_text_breaks_it(text: str, country: str | None) -> None:
    read = read_number(text, country)
    assert not read.valid or (read.number.startswith("+") and read.number[1:].isdigit() and read.zones)
