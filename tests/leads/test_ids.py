"""Laws of national ids: one form for each, and none that its check digits call wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.leads.ids import read_id


@pytest.mark.parametrize(
    ("country", "text", "column", "kind", "plain"),
    [
        ("CL", "12.531.909-2", "rut", "RUT", "125319092"),
        ("CL", "125319092", "documento", "RUT", "125319092"),
        ("MX", "boxw310820hnerxn09", "curp", "CURP", "BOXW310820HNERXN09"),
        ("MX", "GODE 561231 GR8", "rfc", "RFC", "GODE561231GR8"),
        ("MX", "GODE561231GR8", "identificacion", "RFC", "GODE561231GR8"),
        ("BR", "390.533.447-05", "cpf", "CPF", "39053344705"),
        ("AR", "20.123.456", "dni", "DNI", "20123456"),
        ("EC", "171430710-3", "cedula", "CEDULA", "1714307103"),
        ("CO", "1.020.304.050", "cc", "CEDULA", "1020304050"),
        ("CO", "213.123.432-1", "nit", "NIT", "2131234321"),
        ("PE", "10117410", "dni", "DNI", "10117410"),
        ("ES", "54362315-K", "dni", "NIF", "54362315K"),
        ("PA", "8-123-456", "cedula", "", "8123456"),
    ],
)
def test_an_id_is_read(country: str, text: str, column: str, kind: str, plain: str) -> None:
    assert read_id(text, country, column)[:3] == (plain, kind, True)


@pytest.mark.parametrize(
    ("country", "text", "column"),
    [
        ("CL", "12.531.909-3", "rut"),
        ("MX", "BOXW310820HNERXN08", "curp"),
        ("MX", "GODE561231GR8", "curp"),  # an RFC in a column of CURPs
        ("BR", "390.533.447-06", "cpf"),
        ("EC", "1714307104", "cedula"),
        ("CO", "12", "cedula"),
        ("CL", "", "rut"),
    ],
)
def test_a_wrong_one_is_nobodys(country: str, text: str, column: str) -> None:
    assert read_id(text, country, column)[:3] == (text, "", False)


@pytest.mark.parametrize(
    ("country", "text", "column", "plain"),
    [
        ("BR", "1234567890", "cpf", "01234567890"),
        ("BR", "191000105", "cpf_cnpj", ""),
        ("BR", "191000100", "cnpj", ""),  # five zeros would be a guess
        ("EC", "102030405", "cedula", ""),
        ("EC", "150000001", "cedula", None),
        ("PE", "6054321", "dni", "06054321"),
        ("PE", "6054321", "documento", ""),  # of a DNI it is not said
        ("PE", "605432", "dni", ""),
        ("DO", "113918205", "cedula", "00113918205"),
    ],
)
def test_zeros_that_a_spreadsheet_took_off_are_put_back_where_the_digits_then_fit(
    country: str, text: str, column: str, plain: str | None
) -> None:
    read = read_id(text, country, column)
    if plain is None:  # whichever it is, it is right as a whole
        assert read.valid == read_id(text.zfill(10), country, column).valid
        return
    assert (read.text, read.valid, read.padded) == (plain or text, bool(plain), bool(plain))
    assert not read_id(read.text, country, column).padded


@given(st.integers(1_000_000, 25_000_000), st.integers(0, 10))
def test_of_all_check_digits_one_is_right(number: int, guess: int) -> None:
    digit = (11 - sum((2 + n % 6) * int(one) for n, one in enumerate(reversed(str(number))))) % 11
    assert read_id(f"{number}-{'0123456789K'[guess]}", "CL").valid == (guess == digit)


@given(st.text(max_size=24), st.sampled_from(["MX", "CL", "CO", "PE", "BR", "AR", "EC", "ES", "UY", "VE", "PA", "US"]))
def test_no_text_breaks_it(text: str, country: str) -> None:
    read = read_id(text, country)
    assert not read.valid or read.text.isalnum()
