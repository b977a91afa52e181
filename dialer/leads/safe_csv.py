"""CSV that a spreadsheet may open: no cell of ours is ever taken for a formula."""

import csv
import re
from collections.abc import Sequence
from typing import IO

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # telephone numbers and amounts are harmless as they are


class SafeWriter:
    """Writes rows of cells."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")

    def row(self, cells: Sequence[object]) -> None:
        self._writer.writerow([safe(cell) for cell in cells])


def safe(cell: object) -> str:
    """The cell as text; an apostrophe goes before what a spreadsheet would calculate."""
    text = "" if cell is None else str(cell)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
