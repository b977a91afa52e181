"""Rows of a list as leads, or the reason why a row is none.

Pure but for the number plan. Nothing is guessed: what cannot be read rejects its row and is named.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dialer.leads.columns import Columns, Meaning
from dialer.leads.ids import read_id
from dialer.leads.numbers import PhoneType, read_number
from dialer.store.loading import NewLead, NewPhone
from dialer.store.schema import PRIORITIES

BAD_ID_FIELD = "national_id"  # the field that keeps an id which its check digits call wrong
_COMMA_DECIMALS = frozenset({"AR", "BO", "BR", "CL", "CO", "CR", "DE", "EC", "ES", "FR", "PY", "UY", "VE"})
_YES = frozenset(
    ["1", "s", "si", "sí", "y", "yes", "true", "verdadero", "verdadeiro", "sim", "given", "granted", "otorgado", "x"]
)
_NO = frozenset(["0", "n", "no", "nao", "não", "false", "falso", "refused", "revoked", "negado"])
_TYPES = {
    **dict.fromkeys(["mobile", "cell", "celular", "movil", "móvil", "m", "c"], PhoneType.MOBILE),
    **dict.fromkeys(["fixed", "landline", "home", "casa", "fijo", "fixo", "f", "residencial"], PhoneType.FIXED),
}


# How money is marked: a sign with or without letters, as R$ and US$, or the currency's code, before or after.
_MONEY = re.compile(r"^\s*(?:[A-Z]{1,3}\$|[$€£]|S/\.?|Bs\.?|Gs\.?|[A-Z]{3}(?= ))\s*|\s*(?:[$€£]|(?<= )[A-Z]{3})\s*$")


class RowError(ValueError):
    """The row is no lead. The text says why; `kind` is the same without what stood in the cell."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}{detail}")
        self.kind = kind


class Reader:
    """Reads the rows of one list. `country` (ISO 3166 alpha-2) is that of numbers without + and of national ids.

    `typed`: numbers came as numbers, with a point before their decimals.
    """

    def __init__(self, columns: Columns, country: str, *, typed: bool = False) -> None:
        self._names, self._country = columns.names, country
        self._comma = country in _COMMA_DECIMALS and not typed
        self._wide, self._numbers, self._fields = len(columns.names), columns.numbers, columns.fields
        self._id_word = columns.named(Meaning.NATIONAL_ID)
        position = {meaning: columns.of(meaning) for meaning in Meaning}
        self._external, self._national = position[Meaning.EXTERNAL_ID], position[Meaning.NATIONAL_ID]
        self._zone, self._expires = position[Meaning.ZONE], position[Meaning.EXPIRES]
        self._balance = position[Meaning.BALANCE]
        plain: tuple[tuple[str, Meaning, Callable[[str], object]], ...] = (
            ("name", Meaning.NAME, str),
            ("priority", Meaning.PRIORITY, _priority),
            ("currency", Meaning.CURRENCY, str.upper),
            ("days_past_due", Meaning.DAYS_PAST_DUE, _days),
            ("segment", Meaning.SEGMENT, str),
            ("region", Meaning.REGION, str),
            ("rank", Meaning.RANK, _rank),
        )
        self._plain = tuple((name, found, of) for name, one, of in plain if (found := position[one]) is not None)

    def lead(self, cells: Sequence[str], wrong: str = "") -> NewLead:
        """The lead that a row tells of; `wrong` is what the file's form has against it. Raises RowError."""
        if wrong:
            raise RowError("form", f": {wrong}")
        if len(cells) != self._wide:
            raise RowError("number of cells", f": {len(cells)}, but the header has {self._wide}")
        if "\0" in "".join(cells):
            raise RowError("NUL character")
        told: dict[str, object] = {}
        for name, position, of in self._plain:
            if text := cells[position].strip():
                told[name] = of(text)
        phones, zone = self._phones(cells)
        national_id, kind, fields = self._identity(cells)
        if self._balance is not None and (text := cells[self._balance].strip()):
            told["balance"] = text if text.isdigit() and text.isascii() else _amount(text, self._comma)
        if self._expires is not None and (text := cells[self._expires].strip()):
            told["expires_at"] = _ends(text, zone or next(iter(phones[0].zones), "UTC"))
        external = cells[self._external].strip() if self._external is not None else ""
        return NewLead(
            external_id=external or national_id or phones[0].number,
            national_id=national_id,
            country=self._country,
            phones=phones,
            id_kind=kind,
            zone=zone,
            fields=json.dumps(fields, ensure_ascii=False) if fields else "{}",
            **told,  # type: ignore[arg-type]  # by the table above
        )

    def _identity(self, cells: Sequence[str]) -> tuple[str | None, str, dict[str, str]]:
        """The national id and its kind, and the list's own columns; a wrong id is one of them."""
        fields = {self._names[n]: text for n in self._fields if (text := cells[n].strip())}
        text = cells[self._national].strip() if self._national is not None else ""
        if not text:
            return None, "", fields
        read = read_id(text, self._country, self._id_word)
        if read.valid:
            return read.text, read.kind, fields
        return None, "", {BAD_ID_FIELD: text, **fields}

    def _phones(self, cells: Sequence[str]) -> tuple[tuple[NewPhone, ...], str]:
        """The numbers by rank, each once, and the time zone that the list says."""
        zone = cells[self._zone].strip() if self._zone is not None else ""
        if zone and zone not in _known_zones():
            raise RowError("time zone", f" {zone!r}: must be an IANA name, such as America/Mexico_City")
        phones: dict[str, NewPhone] = {}
        for column in self._numbers:
            text = cells[column.position].strip()
            if not text:
                continue
            number, valid, country, plan, kind = read_number(text, self._country)
            if number not in phones:
                if column.said and kind in {PhoneType.FIXED_OR_MOBILE, PhoneType.UNKNOWN}:
                    kind = PhoneType(column.said)
                if column.type is not None:
                    kind = _TYPES.get(cells[column.type].strip().lower(), kind)
                consent = "" if column.consent is None else _consent(cells[column.consent])
                phones[number] = NewPhone(number, valid, country, _zones(zone, plan), kind.value, consent)
        if not phones:
            raise RowError("no telephone number")
        return tuple(phones.values()), zone


def _zones(told: str, plan: tuple[str, ...]) -> tuple[str, ...]:
    """Where the person may be: where the list says, as far as the number does not say otherwise; else at both."""
    if not told:
        return plan
    return (told,) if not plan or told in plan else (*plan, told)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _priority(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) not in PRIORITIES:
        raise RowError("priority", f" {text!r}: must be 0 (first) to 9 (last)")
    return int(text)


def _days(text: str) -> int:
    if len(text) < 7 and text.isdigit() and text.isascii():
        return int(text)
    if re.fullmatch(r"-?[0-9]{1,6}", text) is None:
        raise RowError("days past due", f" {text!r}: must be a whole number")
    return int(text)


def _rank(text: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,9}", text) is None:
        raise RowError("rank", f" {text!r}: must be a whole number")
    return int(text)


def _consent(text: str) -> str:
    word = text.strip().lower()
    if not word:
        return ""
    if word not in _YES | _NO:
        raise RowError("consent", f" {text!r}: must be yes or no")
    return "given" if word in _YES else "refused"


def _ends(text: str, zone: str) -> float:
    """The end of that day where the person is."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d"):
        try:
            day: date = datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).timestamp()
    raise RowError("expires", f" {text!r}: must be a day, as 2026-12-31 or 31/12/2026")


def _amount(text: str, comma: bool) -> str:
    """The amount as a plain decimal number. `comma`: a lone comma parts decimals, as in 1.234,56."""
    digits = _MONEY.sub("", text.replace("\u00a0", " ")).replace(" ", "").replace("'", "")
    if "," in digits and "." in digits:
        comma = digits.rindex(",") > digits.rindex(".")
    elif digits.count(",") == 1 and len(digits) - digits.index(",") != 4:  # 1,5 is no thousand
        comma = True
    elif digits.count(".") == 1 and len(digits) - digits.index(".") != 4:
        comma = False
    elif digits.count(",") > 1 or digits.count(".") > 1:  # of thousands there may be many, of decimals none
        comma = digits.count(".") > 1
    plain = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise RowError("balance", f" {text!r}: must be a number") from None
    if not amount.is_finite():
        raise RowError("balance", f" {text!r}: must be a number")
    return f"{amount:f}"
