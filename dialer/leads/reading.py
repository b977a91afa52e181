"""Rows of a list as leads, or the reason why a row is none.

Pure but for the number plan. Nothing is guessed: what cannot be read rejects its row and is named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import available_timezones

from dialer.leads.columns import Columns, Meaning
from dialer.leads.numbers import read_number
from dialer.store.imports import NewLead, NewPhone
from dialer.store.schema import PRIORITIES, PRIORITY_DEFAULT

_COMMA_DECIMALS = frozenset({"AR", "BO", "BR", "CL", "CO", "CR", "DE", "EC", "ES", "FR", "PY", "UY", "VE"})


class RowError(ValueError):
    """The row is no lead. The text says why; `kind` is the same without what stood in the cell."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}{detail}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one list. `country` (ISO 3166 alpha-2) is that of numbers without +."""

    columns: Columns
    country: str

    def lead(self, cells: Sequence[str], wrong: str = "") -> NewLead:
        """The lead that a row tells of; `wrong` is what the file's form has against it. Raises RowError."""
        if wrong:
            raise RowError("not CSV", f": {wrong}")
        if len(cells) != len(self.columns.names):
            raise RowError("number of cells", f": {len(cells)}, but the header has {len(self.columns.names)}")
        if any("\0" in cell for cell in cells):
            raise RowError("NUL character")
        phones = self._phones(cells)
        national_id = "".join(self._cell(cells, Meaning.NATIONAL_ID).split()).upper() or None
        return NewLead(
            external_id=self._cell(cells, Meaning.EXTERNAL_ID) or national_id or phones[0].number,
            national_id=national_id,
            country=self.country,
            name=self._cell(cells, Meaning.NAME),
            phones=phones,
            priority=_priority(self._cell(cells, Meaning.PRIORITY)),
            balance=_amount(self._cell(cells, Meaning.BALANCE), comma=self.country in _COMMA_DECIMALS),
            currency=self._cell(cells, Meaning.CURRENCY).upper(),
            days_past_due=_days(self._cell(cells, Meaning.DAYS_PAST_DUE)),
            segment=self._cell(cells, Meaning.SEGMENT),
            fields=tuple((self.columns.names[n], cells[n].strip()) for n in self.columns.fields if cells[n].strip()),
        )

    def _cell(self, cells: Sequence[str], meaning: Meaning) -> str:
        position = self.columns.of(meaning)
        return "" if position is None else cells[position].strip()

    def _phones(self, cells: Sequence[str]) -> tuple[NewPhone, ...]:
        zones = _zones(self._cell(cells, Meaning.ZONE))
        phones: dict[str, NewPhone] = {}
        for text in (cells[n].strip() for n in self.columns.phones):
            if text:
                read = read_number(text, self.country)
                phone = NewPhone(number=read.number, valid=read.valid, country=read.country, zones=zones or read.zones)
                phones.setdefault(phone.number, phone)
        if not phones:
            raise RowError("no telephone number")
        return tuple(phones.values())


def _zones(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    if text not in _known_zones():
        raise RowError("time zone", f" {text!r}: must be an IANA name, such as America/Mexico_City")
    return (text,)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _priority(text: str) -> int:
    if not text:
        return PRIORITY_DEFAULT
    if not text.isascii() or not text.isdigit() or int(text) not in PRIORITIES:
        raise RowError("priority", f" {text!r}: must be 0 (first) to 9 (last)")
    return int(text)


def _days(text: str) -> int | None:
    if not text:
        return None
    if re.fullmatch(r"-?[0-9]{1,6}", text) is None:
        raise RowError("days past due", f" {text!r}: must be a whole number")
    return int(text)


def _amount(text: str, *, comma: bool) -> str | None:
    """The amount as a plain decimal number. `comma`: a lone comma parts decimals, as in 1.234,56."""
    if not text:
        return None
    digits = text.replace("$", "").replace("\u00a0", "").replace(" ", "").replace("'", "")
    if "," in digits and "." in digits:
        comma = digits.rindex(",") > digits.rindex(".")
    elif digits.count(",") == 1 and len(digits) - digits.index(",") != 4:  # 1,5 is no thousand
        comma = True
    elif digits.count(".") == 1 and len(digits) - digits.index(".") != 4:
        comma = False
    plain = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise RowError("balance", f" {text!r}: must be a number") from None
    if not amount.is_finite():
        raise RowError("balance", f" {text!r}: must be a number")
    return str(amount)
