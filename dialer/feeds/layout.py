"""A client's rows as events of accounts, and calls as a client's rows."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import IO, NamedTuple

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.feeds.settings import EVENT_COLUMNS, RETURN_COLUMNS, Layout
from dialer.leads.csv_rows import csv_rows
from dialer.leads.reading import day_in
from dialer.leads.safe_csv import safe

_PIECE = 1 << 20
ENCODING, DELIMITER = "utf-8-sig", ","  # where the layout says none
_ONE_OR_THOUSAND = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_THOUSANDS = {sign: re.compile(rf"[-+]?[0-9]{{1,3}}(?:\{sign}[0-9]{{3}})+") for sign in ",."}
# What lists call these in Spanish, Portuguese and English, where the layout names no columns.
_NAMES = {
    "account": ("account", "external_id", "cuenta", "conta", "contrato", "credito", "crédito"),
    "event": ("event", "kind", "type", "evento", "tipo"),
    "id": ("id", "event_id", "folio", "referencia", "referência"),
    "amount": ("amount", "monto", "importe", "valor", "pago"),
    "balance": ("balance", "saldo", "deuda", "dívida"),
    "days_past_due": ("days_past_due", "dpd", "dias_mora", "días_mora", "dias_atraso", "atraso", "mora"),
    "until": ("until", "hasta", "até", "vence"),
}
_WORDS = {
    AccountEventKind.PAYMENT: ("payment", "pago", "abono", "pagamento"),
    AccountEventKind.PAID: ("paid", "pagado", "liquidado", "quitado", "saldado"),
    AccountEventKind.BALANCE: ("balance", "saldo"),
    AccountEventKind.DISPUTE: ("dispute", "disputa", "reclamo", "aclaracion", "aclaración", "contestação"),
    AccountEventKind.LAWSUIT: ("lawsuit", "demanda", "juicio", "ação", "processo"),
    AccountEventKind.INSOLVENCY: ("insolvency", "insolvencia", "insolvência", "concurso", "quiebra"),
    AccountEventKind.CEASE_REQUEST: ("cease_request", "cese", "cessar"),
    AccountEventKind.REPRESENTED: ("represented", "abogado", "advogado"),
    AccountEventKind.RESOLVED: ("resolved", "resuelto", "resolvido"),
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words}


class RowError(ValueError):
    """A row that is no event; the text says why."""


class FileRow(NamedTuple):
    """A row under our names for the columns; `wrong` is what its line has against it, or nothing."""

    line: int
    row: Mapping[str, object]
    wrong: str = ""


def rows_of(file: IO[bytes], layout: Layout) -> Iterator[FileRow]:
    """The rows of a file, one after the other, however long it is.

    Raises RowError before the first: not readable to its very end, no account column.
    """
    decoder = _decoder(layout)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise RowError(f"cannot be read as {layout.encoding or ENCODING}: {error.reason}") from error
    file.seek(0)
    text, delimiter = io.TextIOWrapper(file, layout.encoding or ENCODING, newline=""), layout.delimiter or DELIMITER
    fields = next(csv.reader([text.readline()], delimiter=delimiter), [])
    names = ours(fields, layout)
    if "account" not in names.values():
        text.detach()
        raise RowError(f"no column tells the account; there are {', '.join(fields) or 'none'}")
    return _each(text, delimiter, fields, names)


def _each(text: io.TextIOWrapper, delimiter: str, fields: Sequence[str], names: Mapping[str, str]) -> Iterator[FileRow]:
    try:
        for line, cells, wrong in csv_rows(text, delimiter):
            many = "" if len(cells) == len(fields) else f"{len(cells)} cells, but the header has {len(fields)}"
            row = {names[name]: cell.strip() for name, cell in zip(fields, cells, strict=False) if name in names}
            yield FileRow(line, row, wrong or many)
    finally:
        text.detach()  # whoever opened the file closes it


def _decoder(layout: Layout) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(layout.encoding or ENCODING)()
    except LookupError as error:
        raise RowError(f"cannot be read as {layout.encoding}: {error}") from error


def ours(fields: Iterable[str], layout: Layout) -> dict[str, str]:
    """Our name for each of the client's columns that means something here."""
    if layout.columns:
        told = {column.name: column.means for column in layout.columns}
    else:
        told = {name: means for means, names in _NAMES.items() for name in names}
    by_name = {name.casefold(): means for name, means in told.items()}
    return {one: by_name[one.strip().casefold()] for one in fields if one and one.strip().casefold() in by_name}


def event_of(one: FileRow, layout: Layout, fallback_id: str) -> AccountEvent:
    """One row as an event. `fallback_id` is its id where it tells none. Raises RowError."""
    if one.wrong:
        raise RowError(one.wrong)
    row = one.row
    told = {name: str(row[name]).strip() for name in EVENT_COLUMNS if row.get(name) not in {None, ""}}
    if not told.get("account"):
        raise RowError("no account")
    return AccountEvent(
        account=told["account"],
        kind=_kind(told.get("event", ""), layout),
        id=told.get("id") or fallback_id,
        amount=_amount(row.get("amount"), layout),
        balance=_amount(row.get("balance"), layout),
        days_past_due=_whole(told.get("days_past_due")),
        until=_time(told.get("until")),
    )


def _kind(word: str, layout: Layout) -> AccountEventKind:
    if not word:
        if not layout.event:
            raise RowError("no event")
        return AccountEventKind(layout.event)
    for own in layout.words:
        if own.word.casefold() == word.casefold():
            return AccountEventKind(own.means)
    kind = _KIND_OF.get(word.casefold())
    if kind is None:
        raise RowError(f"{word[:40]!r} is no event that is known")
    return kind


def _amount(value: object, layout: Layout) -> Decimal | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    plain = text.replace("$", "").replace(" ", "")
    decimal = "." if not isinstance(value, str) else layout.decimal or _before_decimals(plain)
    other = "," if decimal == "." else "."
    whole, _, part = plain.partition(decimal)
    if other in whole and _THOUSANDS[other].fullmatch(whole) is None:
        raise RowError(f"{text[:40]!r} is no amount with a {decimal!r} before its decimals")
    try:
        number = Decimal(f"{whole.replace(other, '')}.{part}" if part else whole.replace(other, ""))
    except InvalidOperation:
        raise RowError(f"{text[:40]!r} is no amount") from None
    if not number.is_finite():
        raise RowError(f"{text[:40]!r} is no amount")
    return number


def _before_decimals(plain: str) -> str:
    """The sign before an amount's decimals, where no layout says it. Raises RowError where nobody can know."""
    if _ONE_OR_THOUSAND.fullmatch(plain):
        raise RowError(f"{plain!r} is thousands to some and a fraction to others: say what stands before its decimals")
    point, comma = plain.rfind("."), plain.rfind(",")
    if min(point, comma) < 0 and max(plain.count("."), plain.count(",")) > 1:
        return "," if point > 0 else "."  # the only sign comes many times: it parts thousands
    return "," if comma > point else "."


def _whole(text: str | None) -> int | None:
    try:
        return None if text is None else int(float(text))
    except (ValueError, OverflowError):
        raise RowError(f"{text!r} is no number of days") from None


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    if (day := day_in(text)) is not None:
        return datetime.combine(day, time()).astimezone().timestamp()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise RowError(f"{text!r} is no date, as 2026-03-01 or 01/03/2026") from None


def returned(values: Mapping[str, object], layout: Layout) -> dict[str, object]:
    """A call under the client's names, in the client's order."""
    if not layout.columns:
        return {name: values[name] for name in RETURN_COLUMNS}
    return {column.name: values[column.means] for column in layout.columns}


def written(rows: Sequence[Mapping[str, object]], layout: Layout) -> bytes:
    """Rows as a file. No cell is ever taken for a formula by a spreadsheet."""
    file = io.StringIO()
    names = [column.name for column in layout.columns] or list(RETURN_COLUMNS)
    writer = csv.writer(file, delimiter=layout.delimiter or DELIMITER, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([safe(row[name]) for name in names])
    return file.getvalue().encode(layout.encoding or ENCODING)


def moment(at: float | None) -> str:
    """An instant in ISO form, UTC."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
