"""Files of numbers, one for each line or one column of a CSV file, read as a stream: millions take no memory.

Numbers that are none are counted and told with their line, never put on a list as something else.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dialer.errors import ConfigError
from dialer.leads.numbers import read_number

WRONG_KEPT = 20  # lines told
# As it is dialled today: old forms, as +52 1 55 1234 5678 and +54 11 15 2345 6789, are read by the plan.
_E164 = re.compile(r"\+(?!521[0-9]{10}$|54[0-9]{12})[1-9][0-9]{6,14}")
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}")
_TOLD_EVERY = 10_000
_HEADS = ("number", "phone", "telephone", "numero", "número", "telefono", "teléfono", "telefone", "hash", "digest")

Progress = Callable[[int, int], None]  # bytes read, bytes in all


@dataclass(slots=True)
class NumbersRead:
    """What a file held."""

    rows: int = 0
    wrong: int = 0
    told: list[str] = field(default_factory=list)  # the first wrong ones, as file:line: what is wrong

    def refuse(self, path: Path, line: int, what: str) -> None:
        self.wrong += 1
        if len(self.told) < WRONG_KEPT:
            self.told.append(f"{path}:{line}: {what}")


def numbers_in(
    path: Path,
    read: NumbersRead,
    *,
    country: str | None = None,
    column: str | None = None,
    hashed: bool = False,
    progress: Progress | None = None,
) -> Iterator[str]:
    """Every number of the file as E.164, or every digest where the list is `hashed`.

    `column` names the column of a CSV file; without it the first is taken. Raises ConfigError: no such file or column,
    or a file with nothing of it in, which is the wrong file rather than an empty list.
    """
    try:
        size, done, place = path.stat().st_size, 0, -1
        with path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                done += len(raw)
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8", errors="replace")
                cells = _cells(text)
                if line == 1:
                    place = _place(path, cells, column)
                    if _is_head(cells, place, column):
                        continue
                if not any(cells):
                    continue
                read.rows += 1
                value = cells[place].strip() if place < len(cells) else ""
                if (number := _digest(value) if hashed else _number(value, country)) is None:
                    read.refuse(path, line, "no digest" if hashed else "no valid number")
                else:
                    yield number
                if progress is not None and line % _TOLD_EVERY == 0:
                    progress(done, size)
        if read.wrong == read.rows:
            raise ConfigError(_nothing_in(path, read, hashed=hashed))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


def _nothing_in(path: Path, read: NumbersRead, *, hashed: bool) -> str:
    what = "a digest" if hashed else "a valid number"
    first = f" ({read.told[0]})" if read.told else ""
    mend = "give --column, or --country for numbers without +, and save it as UTF-8"
    return f"{path}: none of its {read.rows} rows holds {what}{first}; nothing is changed: {mend}"


def _cells(text: str) -> list[str]:
    text = text.rstrip("\r\n")
    for sign in (";", "\t", ","):
        if sign in text:
            return next(csv.reader([text], delimiter=sign))
    return [text]


def _place(path: Path, cells: list[str], column: str | None) -> int:
    if column is None:
        return 0
    names = [cell.strip().casefold() for cell in cells]
    if column.casefold() not in names:
        raise ConfigError(f"{path}:1: there is no column {column!r}; there are {', '.join(cells)}")
    return names.index(column.casefold())


def _is_head(cells: list[str], place: int, column: str | None) -> bool:
    return column is not None or cells[place].strip().casefold() in _HEADS


def _number(text: str, country: str | None) -> str | None:
    if _E164.fullmatch(text):
        return text  # as registers write them: to look each up in the number plan would take minutes for millions
    read = read_number(text, country)
    return read.number if read.valid else None


def _digest(text: str) -> str | None:
    return text.lower() if _DIGEST.fullmatch(text) else None
