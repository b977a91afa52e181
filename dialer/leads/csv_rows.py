"""The rows of a CSV file, each with its line: what is wrong with one costs none of those that follow."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import Self, TextIO

Row = tuple[int, list[str], str]  # line number, cells, what is wrong with the row or nothing


class _Lines:
    """The lines of a file on their way to a CSV reader. `taken`: those of the row that is being read."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._again = text, deque[str]()
        self.taken: list[str] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All that were taken but the first are to be read anew."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def csv_rows(text: TextIO, delimiter: str, after: int = 2) -> Iterator[Row]:
    """The rows that follow, empty ones left out; `after` is the line of the first of them."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line, wrong = after, ""
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, wrong = [], str(error)
        if len(lines.taken) > 1 and (wrong or sum(one.count('"') for one in lines.taken) % 2):
            # One stray quotation mark costs its own line, and none of those that follow.
            cells, wrong = [lines.taken[0].rstrip("\r\n")], "a quotation mark opens a cell and none closes it"
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter)
        after += len(lines.taken)
        if wrong or (any(cells) and any(cell.strip() for cell in cells)):
            yield line, cells, wrong
