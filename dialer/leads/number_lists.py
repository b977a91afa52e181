"""Files of numbers, one for each line or one column of a CSV file, read as a stream: millions take no memory.

Numbers that are none are counted and told with their line, never put on a list as something else.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dialer.errors import ConfigError
from dialer.leads.columns import Meaning, meaning_of
from dialer.leads.numbers import read_number

WRONG_KEPT = 20  # lines told
# As it is dialled today: old forms, as +52 1 55 1234 5678 and +54 11 15 2345 6789, are read by the plan.
_E164 = re.compile(r"\+(?!52(?:1|0?4[45])[0-9]{10}$|54[0-9]{12})[1-9][0-9]{6,14}")
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}")
_TOLD_EVERY = 10_000
_HEAD_DIGITS_MAX = 2  # as in telefono_2
WRONG_MAX = 0.1  # of the rows: a file of which more cannot be read is not what it was taken for

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
    wrong_max: float = WRONG_MAX,
    progress: Progress | None = None,
) -> Iterator[str]:
    """Every number of the file as E.164, or every digest where the list is `hashed`.

    `column` names the column of a CSV file; without it the first that is called a telephone number, else the first.
    Raises ConfigError: no such file or column, a file with nothing of it in, which is the wrong file rather than an
    empty list, and at its end one of whose rows a greater share than `wrong_max` could not be read.
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
                    if column is not None or _is_head(cells[place]):
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
        if read.wrong > wrong_max * read.rows:
            raise ConfigError(_too_few_in(path, read, wrong_max, hashed=hashed))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


_MEND = "give --column, or --country for numbers without +, and save it as UTF-8"


def _nothing_in(path: Path, read: NumbersRead, *, hashed: bool) -> str:
    what = "a digest" if hashed else "a valid number"
    first = f" ({read.told[0]})" if read.told else ""
    return f"{path}: none of its {read.rows} rows holds {what}{first}; nothing is changed: {_MEND}"


def _too_few_in(path: Path, read: NumbersRead, wrong_max: float, *, hashed: bool) -> str:
    what = "digest" if hashed else "valid number"
    return (
        f"{path}: {read.wrong} of its {read.rows} rows hold no {what} ({read.told[0]}), more than {wrong_max:.0%}: "
        f"nothing is taken off the list, and it does not count as loaded, though some of the others may be on it: "
        f"{_MEND}; or say with --wrong-max how much may be wrong"
    )


def _cells(text: str) -> list[str]:
    text = text.rstrip("\r\n")
    for sign in (";", "\t", ","):
        if sign in text:
            return next(csv.reader([text], delimiter=sign))
    return [text]


def _place(path: Path, cells: list[str], column: str | None) -> int:
    if column is None:
        named = (n for n, cell in enumerate(cells) if meaning_of(cell) is Meaning.PHONE and not _long(cell))
        return next(named, 0)
    names = [cell.strip().casefold() for cell in cells]
    if column.casefold() not in names:
        raise ConfigError(f"{path}:1: there is no column {column!r}; there are {', '.join(cells)}")
    return names.index(column.casefold())


def _is_head(cell: str) -> bool:
    """Whether the first line names its column: a word, or one that says telephone number."""
    if re.search("[0-9]", cell) is None:
        return bool(cell.strip())
    return meaning_of(cell) is Meaning.PHONE and not _long(cell)


def _long(cell: str) -> bool:
    """Whether there are as many digits as in a number, whatever words stand beside them."""
    return sum(map(str.isdigit, cell)) > _HEAD_DIGITS_MAX


def _number(text: str, country: str | None) -> str | None:
    if _E164.fullmatch(text):
        return text  # as registers write them: to look each up in the number plan would take minutes for millions
    read = read_number(text, country)
    return read.number if read.valid else None


def _digest(text: str) -> str | None:
    return text.lower() if _DIGEST.fullmatch(text) else None
