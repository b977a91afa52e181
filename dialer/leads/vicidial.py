"""What VICIdial exports, in this dialer's own form: lists, do-not-call numbers, statuses. Pure but for the files.

Lists and numbers there stand in two columns, `phone_code` and `phone_number`; here a number is E.164.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import phonenumbers

from dialer.core.model import Category, Disposition
from dialer.errors import ImportRefusedError
from dialer.leads.numbers import current, read_number
from dialer.leads.safe_csv import SafeWriter

# Our columns, and those of the list's table that they come from.
_COLUMNS = {
    "account": ("vendor_lead_code", "lead_id"),
    "phone": ("phone_number",),
    "phone 2": ("alt_phone",),
    "phone 3": ("address3",),  # where VICIdial keeps a third number
    "region": ("state",),
}
_NAME = ("first_name", "middle_initial", "last_name")
_KEPT = ("title", "address1", "address2", "city", "province", "postal_code", "country_code", "gender", "date_of_birth",
         "email", "security_phrase", "comments", "source_id", "owner", "rank", "status", "list_id")  # fmt: skip
# Statuses that are dialled no more, where they are not told to be kept.
DONE = frozenset({"SALE", "DNC", "DNCL", "XFER", "DEC", "NI"})

_CATEGORIES = (  # the first flag that is set says what a status means
    ("dnc", Category.DO_NOT_CALL),
    ("sale", Category.PROMISE),
    ("scheduled_callback", Category.CALLBACK),
    ("not_interested", Category.REFUSED),
    ("unworkable", Category.WRONG_PERSON),
    ("answering_machine", Category.MACHINE),
    ("customer_contact", Category.RIGHT_PARTY),
    ("human_answered", Category.THIRD_PARTY),
)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of an export (comma, tab or pipe; with a header). Raises ImportRefusedError."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            head = file.read(4096)
            file.seek(0)
            first = head.splitlines()[0] if head else ""
            delimiter = max(",\t|", key=first.count)
            for row in csv.DictReader(file, delimiter=delimiter):
                yield {(name or "").strip().lower(): (value or "").strip() for name, value in row.items() if name}
    except OSError as error:
        raise ImportRefusedError(f"{path}: cannot be read: {error.strerror}") from error


def number_of(row: Mapping[str, str], column: str = "phone_number") -> str:
    """A number with its country; as it stands where none is told."""
    digits = "".join(sign for sign in row.get(column, "") if sign.isdigit())
    code = "".join(sign for sign in row.get("phone_code", "") if sign.isdigit())
    return f"+{code}{digits}" if digits and code else digits


def write_list(path: Path, to: Path, *, keep_done: bool = False) -> tuple[int, int]:
    """Write an exported list as one that `dialer leads import` takes; how many rows were written and left out."""
    written = left = 0
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = SafeWriter(file)
        writer.row([*_COLUMNS, "name", *(f"vicidial_{name}" for name in _KEPT)])
        for row in rows_of(path):
            if "phone_number" not in row:
                raise ImportRefusedError(f"{path}: no column phone_number; export the list with its column names")
            if row.get("status", "").upper() in DONE and not keep_done:
                left += 1
                continue
            writer.row(_lead(row))
            written += 1
    return written, left


def _lead(row: Mapping[str, str]) -> list[str]:
    cells = []
    for column, sources in _COLUMNS.items():
        if column.startswith("phone"):
            cells.append(number_of(row, sources[0]))
        else:
            cells.append(next((row[one] for one in sources if row.get(one)), ""))
    name = " ".join(row[one] for one in _NAME if row.get(one))
    return [*cells, name, *(row.get(one, "") for one in _KEPT)]


def write_numbers(path: Path, to: Path, country_code: str) -> int:
    """Write an exported do-not-call list, which has no country, as numbers one a line; how many."""
    count = 0
    with to.open("w", encoding="utf-8") as file, path.open(encoding="utf-8", errors="replace") as source:
        for line in source:
            digits = "".join(sign for sign in line.split(",")[0].split("\t")[0] if sign.isdigit())
            for number in _numbers_meant(digits, country_code) if digits else ():
                file.write(f"{number}\n")
                count += 1
    return count


def _numbers_meant(digits: str, country_code: str) -> list[str]:
    """The number of the country, with its code before it or without: both where the plan knows both.

    Of whoever asked not to be called the number must not be lost: an area code may be the country's own (55 in Brazil).
    """
    read = [read_number(digits, phonenumbers.region_code_for_country_code(int(country_code)))]
    if digits.startswith(country_code):
        read.append(read_number(f"+{digits}", None))
    return list(dict.fromkeys(current(one.number) for one in read if one.valid)) or [f"+{country_code}{digits}"]


def dispositions_of(rows: Iterable[Mapping[str, str]]) -> list[Disposition]:
    """The statuses that an agent may choose (`selectable` Y), each with what it means by its flags."""
    found = []
    for row in rows:
        code = "".join(sign for sign in row.get("status", "") if sign.isalnum() or sign in "_-")
        if code and row.get("selectable", "Y").upper() == "Y":
            category = next((one for flag, one in _CATEGORIES if row.get(flag, "").upper() == "Y"), Category.OTHER)
            found.append(Disposition(code, row.get("status_name") or code, category))
    return found
