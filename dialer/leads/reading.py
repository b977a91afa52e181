"""Rows of a list as leads, or the reason why a row is none.

Pure but for the number plan. Nothing is guessed: what cannot be read rejects its row and is named.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dialer.leads.columns import Columns, Meaning, PhoneColumn
from dialer.leads.ids import read_id
from dialer.leads.numbers import Number, PhoneType, read_number
from dialer.leads.phone_cells import LISTS, SEVERAL_FROM, Written, written_in
from dialer.leads.states import is_state
from dialer.store.loading import NewLead, NewPhone
from dialer.store.schema import PRIORITIES

# What formulas without a result leave in cells, in the spreadsheets' three languages: nothing is told there.
_ERRORS = frozenset(
    f"#{one}"
    for one in (
        "N/A", "N/D", "REF!", "¡REF!", "VALUE!", "VALOR!", "¡VALOR!", "DIV/0!", "¡DIV/0!", "NAME?", "¿NOMBRE?",
        "NOME?", "NUM!", "NÚM!", "¡NUM!", "NULL!", "NULO!", "¡NULO!",
    )
)  # fmt: skip
BAD_ID_FIELD = "national_id"  # the field that keeps an id which its check digits call wrong
WRITTEN_ID_FIELD = "national_id_as_written"  # and one that was written without its first zeros
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
_NEGATIVE = re.compile(r"\s*(?:\((.*)\)|-(.*)|(.*[0-9].*)-)\s*")


# What may be wrong with a row.
WRONG_ROWS = (
    "form", "number of cells", "NUL character", "no telephone number", "telephone numbers", "time zone", "priority",
    "days past due", "rank", "consent", "day of consent", "expires", "balance",
)  # fmt: skip


class RowError(ValueError):
    """The row is no lead. The text says why; `kind` is one of WRONG_ROWS."""

    def __init__(self, kind: str, detail: str = "") -> None:
        assert kind in WRONG_ROWS, kind
        super().__init__(f"{kind}{detail}")
        self.kind = kind


class Reader:
    """Reads the rows of one list. `country` (ISO 3166 alpha-2) is that of numbers without + and of national ids.

    `typed`: numbers came as numbers, with a point before their decimals.
    """

    def __init__(self, columns: Columns, country: str, *, typed: bool = False) -> None:
        self._names, self._country = columns.names, country
        self._comma = country in _COMMA_DECIMALS and not typed
        self._wide, self._fields = len(columns.names), columns.fields
        self._numbers = tuple((one, one.alone) for one in columns.numbers)
        self._id_word = columns.named(Meaning.NATIONAL_ID)
        position = {meaning: columns.of(meaning) for meaning in Meaning}
        self._external, self._national = position[Meaning.EXTERNAL_ID], position[Meaning.NATIONAL_ID]
        self._zone, self._expires = position[Meaning.ZONE], position[Meaning.EXPIRES]
        self._balance, self._state = position[Meaning.BALANCE], position[Meaning.STATE_OR_STATUS]
        self._surnames = columns.surnames
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
        whole = "".join(cells)
        if "\0" in whole:
            raise RowError("NUL character")
        if "#" in whole:
            cells = ["" if cell.strip().upper() in _ERRORS else cell for cell in cells]
        told: dict[str, object] = {}
        for name, position, of in self._plain:
            if text := cells[position].strip():
                told[name] = of(text)
        if self._surnames:
            told["name"] = self._whole_name(str(told.get("name", "")), cells)
        if self._state is not None and "region" not in told and is_state(cells[self._state], self._country):
            told["region"] = cells[self._state].strip()
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

    def _whole_name(self, name: str, cells: Sequence[str]) -> str:
        """The name with the surnames that have columns of their own, where it does not hold them already."""
        words = name.casefold().split()
        surnames = [text for n in self._surnames if (text := cells[n].strip())]
        return " ".join([name, *(one for one in surnames if one.casefold().split()[-1] not in words)]).strip()

    def _identity(self, cells: Sequence[str]) -> tuple[str | None, str, dict[str, str]]:
        """The national id and its kind, and the list's own columns; a wrong id is one of them."""
        fields = {self._names[n]: text for n in self._fields if (text := cells[n].strip())}
        text = cells[self._national].strip() if self._national is not None else ""
        if not text:
            return None, "", fields
        read = read_id(text, self._country, self._id_word)
        if read.valid:
            return read.text, read.kind, {WRITTEN_ID_FIELD: text, **fields} if read.padded else fields
        return None, "", {BAD_ID_FIELD: text, **fields}

    def _phones(self, cells: Sequence[str]) -> tuple[tuple[NewPhone, ...], str]:
        """The numbers by rank, each once, and the time zone that the list says."""
        zone = cells[self._zone].strip() if self._zone is not None else ""
        if zone and zone not in _known_zones():
            raise RowError("time zone", f" {zone!r}: must be an IANA name, such as America/Mexico_City")
        phones: dict[str, NewPhone] = {}
        for column, alone in self._numbers:
            text = cells[column.position].strip()
            if not text:
                continue
            if alone and len(text) < SEVERAL_FROM and text[0] not in LISTS:  # nearly every cell
                number, valid, country, plan, kind, extension = read_number(text, self._country)
                if number not in phones:
                    zones = _zones(zone, plan) if zone else plan
                    phones[number] = NewPhone(number, valid, country, zones, kind.value, "", extension)
                    continue
            if len(text) >= SEVERAL_FROM or text[0] in LISTS:
                for one in _written(text):
                    self._take(one, column, cells, zone, phones)
            else:
                self._take(Written(text), column, cells, zone, phones)
        if not phones:
            raise RowError("no telephone number")
        return tuple(phones.values()), zone

    def _take(
        self, one: Written, column: PhoneColumn, cells: Sequence[str], zone: str, phones: dict[str, NewPhone]
    ) -> None:
        """Add a number, or what is new of one that stands in the row already."""
        read = read_number(one.text, self._country)
        if not read.valid and column.area is not None and (area := cells[column.area].strip()):
            read = self._with_area(area, one.text, read)
        number, valid, country, plan, kind, extension = read
        if (there := phones.get(number)) is not None:
            if extension and extension not in there.extension.split(", "):
                phones[number] = there._replace(extension=f"{there.extension}, {extension}".lstrip(", "))
            return
        if column.said and kind in {PhoneType.FIXED_OR_MOBILE, PhoneType.UNKNOWN}:
            kind = PhoneType(column.said)
        if told := one.type or ("" if column.type is None else cells[column.type]):
            kind = _TYPES.get(told.strip().lower(), kind)
        zones, consent, at = _zones(zone, plan), "", None
        if one.consent or column.consent is not None:
            consent = _consent(one.consent or cells[column.consent or 0])
        if consent and (day := one.day or ("" if column.day is None else cells[column.day].strip())):
            at = _begins(day, next(iter(zones), "UTC"))
        phones[number] = NewPhone(number, valid, country, zones, kind.value, consent, extension, at)

    def _with_area(self, area: str, text: str, read: Number) -> Number:
        """What is no number alone, with the first digits that stand in a column of their own."""
        whole = read_number(f"{area} {text}", self._country)
        return whole if whole.valid else read._replace(number=f"{area} {text}")


def _written(text: str) -> Iterable[Written]:
    try:
        return written_in(text)
    except ValueError as error:
        raise RowError("telephone numbers", f": {error}") from None


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


_DAY_OF_INSTANT = re.compile(r"(?<=^[0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9]{2}:.*")


def day_in(text: str) -> date | None:
    """The day, as lists write it: 2026-12-31, 31/12/2026, 31-12-2026, 20261231; None for another text."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _ends(text: str, zone: str) -> float:
    """The end of that day where the person is."""
    if (day := day_in(_DAY_OF_INSTANT.sub("", text))) is None:
        raise RowError("expires", f" {text!r}: must be a day, as 2026-12-31 or 31/12/2026")
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).timestamp()


def _begins(text: str, zone: str) -> float:
    """The beginning of the day of a consent, or its instant where the list tells one."""
    if (day := day_in(text)) is not None:
        return datetime.combine(day, time(), ZoneInfo(zone)).timestamp()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RowError("day of consent", f" {text!r}: must be a day, as 2026-01-31 or 31/01/2026") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).timestamp()


def _amount(text: str, comma: bool) -> str:
    """The amount as a plain decimal number. `comma`: a lone comma parts decimals, as in 1.234,56.

    A negative one has a sign before or behind it, or stands in parentheses.
    """
    bare = _MONEY.sub("", text.replace("\u00a0", " ").replace("\u2212", "-"))
    negative = _NEGATIVE.fullmatch(bare) if "-" in bare or "(" in bare else None
    if negative is not None:
        bare = _MONEY.sub("", next(one for one in negative.groups() if one is not None))
        bare = bare.strip().lstrip("-") if negative[1] is not None else bare
    digits = bare.replace(" ", "").replace("'", "")
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
    return f"{-amount if negative is not None else amount:f}"
