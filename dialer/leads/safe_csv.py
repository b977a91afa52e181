"""CSV that a spreadsheet may open: no cell of ours is ever taken for a formula, in whatever way it divides the lines.

Where the decimal sign is a comma, as in Spanish and Portuguese, a spreadsheet divides by semicolons: what stands
behind one within a cell of ours is then a cell of its own, and what stands behind a break of its lines a row.
"""

import csv
import re
from collections.abc import Sequence
from typing import IO

_BEGINNING = re.compile(r"(?:^|(?<=[;\t\r\n]))([ \"]*)(?=[=+\-@\t\r])([^;\t\r\n]*)")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # telephone numbers and amounts are harmless as they are
_SAVED = re.compile(r"(?:^|(?<=[;\t\r\n]))'(?=[ \"]*[=+\-@\t\r])")


class SafeWriter:
    """Writes rows of cells."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")

    def row(self, cells: Sequence[object]) -> None:
        self._writer.writerow([safe(cell) for cell in cells])


def safe(cell: object) -> str:
    """The cell as text; an apostrophe goes before whatever a spreadsheet would calculate."""
    text = "" if cell is None else str(cell)
    return _BEGINNING.sub(lambda found: found[0] if _NUMBER.fullmatch(found[0].strip()) else f"'{found[0]}", text)


def unsafe(cell: str) -> str:
    """A cell that came back, as it was before `safe`."""
    return _SAVED.sub("", cell)
