"""Agents as a sheet (CSV): read as spreadsheets write it, and looked at row by row. Pure: nothing is changed here."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from dialer.core.ids import CampaignId
from dialer.leads.safe_csv import unsafe
from dialer.shifts import SHIFT
from dialer.web.problems import ProblemError, ProblemFault

ROWS_MAX = 2_000
COLUMNS = (
    "login", "name", "code", "pin", "password", "endpoint", "campaigns", "team", "skills", "shift", "active",
    "elsewhere",
)  # fmt: skip
YES, NO = frozenset({"yes", "si", "sí", "sim"}), frozenset({"no", "não", "nao"})
PASSWORD_MIN = 8

_DELIMITERS = ",;\t"  # a spreadsheet in Spanish or Portuguese divides by semicolons
_SKILL = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
_WORDS = r"[^\x00-\x1f\x7f]{0,80}"
_YES_OR_NO = ("|".join(["", *sorted(YES | NO)]), f"one of {', '.join(sorted(YES | NO))}, or nothing")
_FORMS: Mapping[str, tuple[str, str]] = {  # column -> its form, and that in words
    "login": (r"[A-Za-z0-9_.@\-]{1,80}", "letters, digits and . _ @ - alone, 1 to 80 of them"),
    "name": (_WORDS, "at most 80 signs, on one line"),
    "code": (r"[0-9]{0,20}", "digits alone, at most 20"),
    "pin": (r"([0-9]{4,20})?", "4 to 20 digits, or nothing: then it stays"),
    "endpoint": (r"(PJSIP/[A-Za-z0-9_.\-]+)?", "write it as PJSIP/1001, or leave it empty"),
    "team": (_WORDS, "at most 80 signs, on one line"),
    "shift": (SHIFT, "write it as mon-fri 09:00-13:00 14:00-18:00, or leave it empty"),
    **dict.fromkeys(("active", "elsewhere"), _YES_OR_NO),
}


class Wrong(StrEnum):
    """What can be wrong with a row: a cell that is not of its column's form, or one that cannot be."""

    LOGIN = "login"
    NAME = "name"
    CODE = "code"
    PIN = "pin"
    PASSWORD = "password"  # noqa: S105 - a column's name
    ENDPOINT = "endpoint"
    CAMPAIGNS = "campaigns"
    TEAM = "team"
    SKILLS = "skills"
    SHIFT = "shift"
    ACTIVE = "active"
    ELSEWHERE = "elsewhere"
    LOGIN_TAKEN = "login_taken"
    CODE_TAKEN = "code_taken"
    TWICE = "twice"


class RowFault(ProblemFault):
    """One thing wrong with a row, also as a code, with what is named in it."""

    line: int
    code: Wrong
    named: str = Field(default="", examples=["Nowhere"])


def fault(line: int, code: Wrong, what: str, named: str = "") -> RowFault:
    return RowFault(where=f"line {line}", what=what, line=line, code=code, named=named)


Row = dict[str, str]
"""A row's cells without the blanks around them, by column; only the columns that the sheet has."""


def rows_of(text: str) -> list[Row]:
    """The rows under the header. Raises ProblemError(invalid) for a text that is no such sheet."""
    lines = text.removeprefix("\ufeff")
    try:
        sheet = csv.reader(io.StringIO(lines, newline=""), delimiter=_delimiter(lines))
        header = [one.strip().lower() for one in next(sheet, [])]
        cells = [row for row in sheet if any(one.strip() for one in row)]
    except csv.Error as error:
        raise ProblemError("invalid", f"csv: {error}") from error
    good = "login" in header and {*header} <= {*COLUMNS} and len({*header}) == len(header)
    if not good or not 0 < len(cells) <= ROWS_MAX:
        raise ProblemError("invalid", f"csv: 1 to {ROWS_MAX} rows under a header of {', '.join(COLUMNS)}, with login")
    for n, row in enumerate(cells, 2):
        if len(row) != len(header):
            raise ProblemError("invalid", f"csv: line {n} has not as many cells as the header")
    return [dict(zip(header, (unsafe(one.strip()) for one in row), strict=True)) for row in cells]


def _delimiter(text: str) -> str:
    """What divides the cells of the header."""
    header = text.partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def parts(row: Row, column: str) -> list[str]:
    """The words of a cell that holds more than one."""
    return [one.strip() for one in row.get(column, "").split(";") if one.strip()]


def faults_of(rows: list[Row], campaigns: Mapping[str, CampaignId]) -> Iterator[RowFault]:
    """What is wrong within the sheet, by line; `campaigns` are those that may be named."""
    seen: dict[tuple[str, str], int] = {}
    for n, row in enumerate(rows, 2):
        yield from _wrong(n, row, campaigns)
        for column in ("login", "code"):
            first = seen.setdefault((column, row[column]), n) if row.get(column) else n
            if first != n:
                yield fault(n, Wrong.TWICE, f"{column}: stands in line {first} too", row[column])


def _wrong(line: int, row: Row, campaigns: Mapping[str, CampaignId]) -> Iterator[RowFault]:
    for column, (pattern, words) in _FORMS.items():
        cell = row.get(column)
        if cell is not None and not re.fullmatch(pattern, cell.lower() if column in {"active", "elsewhere"} else cell):
            yield fault(line, Wrong(column), f"{column}: {words}")
    unknown = [one for one in parts(row, "campaigns") if one not in campaigns]
    if unknown:
        named = ", ".join(unknown)
        yield fault(line, Wrong.CAMPAIGNS, f"campaigns: there is none called {named}", named)
    strange = [one for one in parts(row, "skills") if _SKILL.fullmatch(one) is None]
    if strange:
        named = ", ".join(strange)
        yield fault(line, Wrong.SKILLS, f"skills: letters, digits and . _ - alone, not {named}", named)
    if row.get("password") and len(row["password"]) < PASSWORD_MIN:
        yield fault(line, Wrong.PASSWORD, f"password: at least {PASSWORD_MIN} signs")
