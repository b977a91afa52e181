"""The first sheet of a workbook of Excel as rows of cells.

Merged cells all have the value of their first; a header of several lines is one. A formula whose result was never
worked out rejects its row, since nobody knows what would stand there.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from dialer.errors import ImportRefusedError
from dialer.leads.cell_texts import named, text_of
from dialer.leads.columns import meaning_of
from dialer.leads.csv_rows import Row

UNPACKED_MAX = 256 << 20  # of a workbook, its sheets aside: the library holds it in memory
MERGES_MAX = 500_000
COLUMNS_MAX = 16_384  # of a sheet
_HEADER_MAX = 3  # lines
_PIECE, _OVERLAP = 1 << 20, 256
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
# Of a file that is none, the library raises what happens to fall out of its parsers.
_WRONG_WORKBOOK = (
    BadZipFile, KeyError, ValueError, OSError, TypeError, AttributeError, LookupError, ParseError, EOFError, zlib.error,
    NotImplementedError, RuntimeError,
)  # fmt: skip

Cells = Sequence[object]


class Merge(NamedTuple):
    """Cells that are one: rows count from 1, columns from 0, both ends are in."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class _Form:
    """What is to be known of a sheet before its rows."""

    merges: tuple[Merge, ...]  # by their first row
    formulas: bool


def _check_unpacked(path: Path) -> None:
    """Raises ImportRefusedError for a file that is small and would fill the memory. The sheets are read row by row."""
    with ZipFile(path) as packed:
        whole = sum(one.file_size for one in packed.infolist() if not one.filename.startswith("xl/worksheets/"))
    if whole > UNPACKED_MAX:
        raise ImportRefusedError(f"{path}: the workbook holds {whole >> 20} MiB of text unpacked; save it as CSV")


def _form_of(sheet: Any) -> _Form:  # noqa: ANN401 - the library has no types
    """A look through the sheet's own text: the library tells neither where it reads row by row."""
    merges, formulas, before = set[Merge](), False, b""
    with sheet._get_source() as source:  # noqa: SLF001 - it has no other name
        while piece := source.read(_PIECE):
            text = before + piece
            formulas = formulas or _FORMULA.search(text) is not None
            for left, top, right, bottom in _MERGE.findall(text):
                merges.add(Merge(int(top), int(bottom), _column(left), _column(right)))
            if len(merges) > MERGES_MAX:
                raise ImportRefusedError(f"more than {MERGES_MAX} merged cells; save it as CSV")
            before = text[-_OVERLAP:]
    return _Form(tuple(sorted(merges)), formulas)


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


class XlsxRows:
    """The first sheet of a workbook."""

    typed = True

    def __init__(self, path: Path) -> None:
        import openpyxl  # noqa: PLC0415 - heavy, and most lists are CSV
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

        self._path, self._wrong = path, (*_WRONG_WORKBOOK, InvalidFileException)
        self._books: list[Any] = []
        try:
            with self._in_our_words():
                _check_unpacked(path)
                merges = self._begin(openpyxl.load_workbook)
            self._merges, self._line = _Merged(merges, path), 0
            lines = max((one.bottom for one in merges if one.top == 1), default=1)
            self.header = named(path, _header([self._head_cells() for _ in range(min(lines, _HEADER_MAX))]))
        except ImportRefusedError:
            self.close()
            raise

    def _begin(self, load: Callable[..., Any]) -> tuple[Merge, ...]:
        """Open the book for its rows; the merged cells."""
        self._books.append(load(self._path, read_only=True, data_only=True))
        sheet, *others = self._books[0].worksheets
        self.sheet, self.unread = str(sheet.title), tuple(str(one.title) for one in others)
        form = _form_of(sheet)
        self.size, self.position = max(1, sheet.max_row or 1), 0
        sheet.reset_dimensions()  # some programs write other ends than the sheet's own
        self._rows: Iterator[tuple[Cells, str]] = ((row, "") for row in sheet.iter_rows(values_only=True))
        if form.formulas:
            self._books.append(load(self._path, read_only=True))
            formulas = self._books[1].worksheets[0]
            formulas.reset_dimensions()
            self._rows = _with_results(sheet.iter_rows(), formulas.iter_rows(values_only=True))
        return form.merges

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """What the library makes of a file that is broken, or was made to break it."""
        try:
            yield
        except (FileNotFoundError, ImportRefusedError):
            raise
        except self._wrong as error:
            raise ImportRefusedError(f"{self._path}: is no workbook of Excel (.xlsx) or is broken: {error}") from error

    def _next(self) -> tuple[Cells, str] | None:
        """The next row with its merged cells filled, and what is wrong with it."""
        with self._in_our_words():
            found = next(self._rows, None)
        if found is None:
            return None
        self._line += 1
        return self._merges.filled(self._line, found[0]), found[1]

    def _head_cells(self) -> Cells:
        found = self._next()
        return found[0] if found is not None else ()

    def __iter__(self) -> Iterator[Row]:
        wide = len(self.header)
        for row, wrong in iter(self._next, None):
            self.position = self._line
            if wrong or any(cell is not None and cell != "" for cell in row):
                cells = [text_of(cell) for cell in row]
                while len(cells) > wide and not cells[-1]:
                    cells.pop()
                yield self._line, cells + [""] * (wide - len(cells)), wrong

    def close(self) -> None:
        """Let go of the file."""
        for book in self._books:
            book.close()


def _with_results(rows: Iterable[Sequence[Any]], formulas: Iterable[Cells]) -> Iterator[tuple[Cells, str]]:
    """Rows with what is wrong with them: a formula without its result. One whose result is no text at all has one."""
    for row, written in zip(rows, formulas, strict=True):
        wrong = ""
        for cell, formula in zip(row, written, strict=False):
            is_formula = formula is not None and (not isinstance(formula, str) or formula.startswith("="))
            if cell.value is None and is_formula and cell.data_type != "str":
                wrong = f"{cell.coordinate} holds a formula without its result: open the file in Excel and save it"
        yield [cell.value for cell in row], wrong


def _header(lines: Sequence[Cells]) -> list[object]:
    """The names of the columns; of several lines the lowest that says what the column means, or all of them."""
    wide = max(map(len, lines), default=0)
    padded = [[*line, *[None] * (wide - len(line))] for line in lines]
    names = [_name(list(dict.fromkeys(text_of(one) for one in column if one))) for column in zip(*padded, strict=True)]
    while names and not names[-1]:
        names.pop()
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):  # a mapping tells columns apart by their names
        seen[name] += 1
        names[place] = f"{name} {seen[name]}" if name and seen[name] > 1 else name
    return list(names)


def _name(parts: list[str]) -> str:
    whole = " ".join(parts)
    return next((one for one in (parts[-1], whole) if meaning_of(one) is not None), whole) if parts else ""


class _Merged:
    """The merged cells that the row at hand lies in. Rows are asked for from the first on, each once."""

    def __init__(self, merges: Iterable[Merge], path: Path) -> None:
        self._coming = iter(merges)
        self._next = next(self._coming, None)
        self._here: list[tuple[Merge, object]] = []
        self._path = path

    def filled(self, line: int, cells: Cells) -> Cells:
        """The row with each merged cell's value wherever the cell reaches. Raises ImportRefusedError."""
        here = [one for one in self._here if one[0].bottom >= line]
        while self._next is not None and self._next.top <= line:
            if self._next.left < len(cells) and cells[self._next.left] is not None:
                here.append((self._next, cells[self._next.left]))
            self._next = next(self._coming, None)
        self._here = here
        if len(here) > COLUMNS_MAX:
            raise ImportRefusedError(f"{self._path}:{line}: merged cells lie one over another; save it as CSV")
        if not here:
            return cells
        wide = min(max(one.right for one, _ in here) + 1, COLUMNS_MAX)
        full = [*cells, *[None] * (wide - len(cells))]
        for merge, value in here:
            for place in range(merge.left, min(merge.right + 1, len(full))):
                full[place] = value if full[place] is None else full[place]
        return full
