"""National ids as lists write them, in one form for each, with their check digits verified.

A person is known by a national id, so that caps hold across accounts and lists. One that its check digits call wrong is
nobody's: it is never a person's key.
"""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from stdnum.exceptions import ValidationError

# By country, the ids of people before those of companies; each is read by the `stdnum` module named.
_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "AR": (("DNI", "ar.dni"), ("CUIT", "ar.cuit")),
    "BR": (("CPF", "br.cpf"), ("CNPJ", "br.cnpj")),
    "CL": (("RUT", "cl.rut"),),
    "CR": (("CPF", "cr.cpf"), ("CPJ", "cr.cpj")),
    "DO": (("CEDULA", "do.cedula"), ("RNC", "do.rnc")),
    "EC": (("CEDULA", "ec.ci"), ("RUC", "ec.ruc")),
    "ES": (("NIF", "es.nif"), ("NIE", "es.nie"), ("CIF", "es.cif")),
    "FR": (("NIR", "fr.nir"), ("SIREN", "fr.siren")),
    "GT": (("NIT", "gt.nit"),),
    "MX": (("CURP", "mx.curp"), ("RFC", "mx.rfc")),
    "PT": (("NIF", "pt.nif"),),
    "PY": (("RUC", "py.ruc"),),
    "US": (("SSN", "us.ssn"), ("EIN", "us.ein")),
    "UY": (("RUT", "uy.rut"),),
}
# Ids without a check digit, by how many digits they have: nothing more can be said against one.
_DIGITS: dict[str, tuple[tuple[str, range], ...]] = {
    "BO": (("CI", range(5, 11)),),
    "CO": (("CEDULA", range(5, 11)),),
    "PE": (("DNI", range(8, 9)), ("CE", range(9, 13))),
    "PY": (("CI", range(5, 9)),),
    "VE": (("CEDULA", range(6, 10)),),
}
_AFTER_DIGITS: dict[str, tuple[tuple[str, str], ...]] = {
    "CO": (("NIT", "co.nit"),),
    "PE": (("DNI", "pe.cui"), ("RUC", "pe.ruc")),
    "VE": (("RIF", "ve.rif"),),
}
# Those of one length, by it: spreadsheets take the first zeros off.
_LONG = {"br.cpf": 11, "br.cnpj": 14, "do.cedula": 11, "do.rnc": 9, "ec.ci": 10, "ec.ruc": 13}
_ZEROS_MAX = 3
_DNI_LONG = 8
_SPELT = {"RUN": "RUT", "CC": "CEDULA", "CI": "CEDULA", "DUI": "CEDULA"}


class NationalId(NamedTuple):
    """An id read. `text` is in its shortest form; where it is not valid, as it was written."""

    text: str
    kind: str  # as RUT, CURP, CPF; empty where none fits
    valid: bool
    padded: bool = False  # it was written without its first zeros


def read_id(text: str, country: str, column: str = "") -> NationalId:
    """Read an id of the country (ISO 3166 alpha-2). `column` is the list's word for it, as `curp`, where it has one.

    A country of which no form is known here takes any text of letters and digits.
    """
    kinds = _readers(country, column)
    if not kinds:
        plain = _plain(text)
        return NationalId(plain, "", bool(plain))
    for kind, read, _ in kinds:
        found = read(text)
        if found:
            return NationalId(found, kind, valid=True)
    if text.isascii() and text.isdigit():
        for kind, read, length in kinds:
            most = _ZEROS_MAX if length != _DNI_LONG else 1  # nothing but its length speaks for a DNI
            found = read(text.zfill(length)) if 0 < length - len(text) <= most else ""
            if found:
                return NationalId(found, kind, valid=True, padded=True)
    return NationalId(text, "", valid=False)


Read = Callable[[str], str]


def _plain(text: str) -> str:
    return "".join(one for one in text.upper() if one.isalnum())


@lru_cache(maxsize=256)
def _readers(country: str, column: str) -> tuple[tuple[str, Read, int], ...]:
    """Kinds with how each is read, and its length where one that lost its first zeros is taken; else 0."""
    words = column.upper().split("_")
    wanted = {_SPELT.get(word, word) for word in words} | set(words)
    # A DNI of Peru has no check digit: one of seven digits is taken for one where the column says that it is a DNI.
    eight = _DNI_LONG if country == "PE" and "DNI" in wanted else 0
    kinds = (
        *((kind, _by_check_digit(module), _LONG.get(module, 0)) for kind, module in _KINDS.get(country, ())),
        *((kind, _by_length(digits), eight * (kind == "DNI")) for kind, digits in _DIGITS.get(country, ())),
        *((kind, _by_check_digit(module), 0) for kind, module in _AFTER_DIGITS.get(country, ())),
    )
    named = tuple(one for one in kinds if one[0] in wanted)
    return named or kinds


def _by_check_digit(module: str) -> Read:
    validate: Callable[[str], Any] = import_module(f"stdnum.{module}").validate

    def read(text: str) -> str:
        try:
            return str(validate(text))
        except ValidationError:
            return ""

    return read


def _by_length(digits: range) -> Read:
    def read(text: str) -> str:
        plain = _plain(text)
        number = plain.lstrip("V") if plain[:1] == "V" else plain
        return number if number.isascii() and number.isdigit() and len(number) in digits else ""

    return read
