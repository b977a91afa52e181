"""Laws of headers: columns are known by their names in three languages, whatever their case and accents."""

import pytest

from dialer.leads.columns import Meaning, columns_of


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("ID Externo", Meaning.EXTERNAL_ID),
        ("Account Number", Meaning.EXTERNAL_ID),
        ("número_contrato", Meaning.EXTERNAL_ID),
        ("CURP", Meaning.NATIONAL_ID),
        ("Cédula", Meaning.NATIONAL_ID),
        ("CPF", Meaning.NATIONAL_ID),
        ("Nombre completo", Meaning.NAME),
        ("nome", Meaning.NAME),
        ("Prioridade", Meaning.PRIORITY),
        ("Saldo Vencido ($)", Meaning.BALANCE),
        ("moeda", Meaning.CURRENCY),
        ("Días de mora", Meaning.DAYS_PAST_DUE),
        ("DPD", Meaning.DAYS_PAST_DUE),
        ("Zona horaria", Meaning.ZONE),
        ("Cartera", Meaning.SEGMENT),
        ("N° de Contrato", Meaning.EXTERNAL_ID),
        ("No. de Cuenta", Meaning.EXTERNAL_ID),
        ("RUT Cliente", Meaning.NATIONAL_ID),
        ("Cédula de Identidad", Meaning.NATIONAL_ID),
        ("CPF/CNPJ", Meaning.NATIONAL_ID),
        ("Nombre y Apellido", Meaning.NAME),
        ("Saldo Actual", Meaning.BALANCE),
        ("Valor da dívida", Meaning.BALANCE),
        ("Mora (días)", Meaning.DAYS_PAST_DUE),
        ("Primer nombre", Meaning.NAME),
    ],
)
def test_a_column_is_known_by_its_name(name: str, meaning: Meaning) -> None:
    columns = columns_of(["x", name])
    assert columns.of(meaning) == 1
    assert columns.fields == (0,)


def test_phones_may_be_many_and_keep_their_order() -> None:
    columns = columns_of(["Celular", "nombre", "Teléfono 2", "phone_3", "FONE", "email"])
    assert columns.phones == (0, 2, 3, 4)
    assert columns.fields == (5,)


@pytest.mark.parametrize(
    "name",
    [
        "Número de teléfono",
        "Cel.",
        "Tel. Casa",
        "Teléfono Laboral",
        "Nro. Celular",
        "Telefone Comercial",
        "Phone (Home)",
    ],
)
def test_numbers_have_many_names(name: str) -> None:
    assert columns_of(["x", name]).phones == (1,)


@pytest.mark.parametrize("name", ["No.", "N°", "Nro", "ID Cliente", "Estado"])
def test_what_may_mean_something_else_is_not_guessed(name: str) -> None:
    columns = columns_of([name, "phone"])
    assert columns.fields == (0,)


def test_of_two_columns_that_mean_the_same_the_first_counts() -> None:
    columns = columns_of(["saldo", "deuda", "telefono"])
    assert columns.of(Meaning.BALANCE) == 0
    assert columns.fields == (1,)


def test_a_meaning_without_a_column_has_none() -> None:
    assert columns_of(["telefono"]).of(Meaning.ZONE) is None
