"""The file of rejected rows: each with its line, the reason, and the row as it was, to be mended and imported again."""

import csv
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from dialer.leads.safe_csv import SafeWriter

REJECTED = ".rejected.csv"
_TAIL = 8  # digits that tell one number from others, however its beginning is written


def rejected_file(path: Path) -> Path:
    """Where the rejected rows of a file go."""
    return path.with_name(f"{path.name}{REJECTED}")


class Rejected:
    """The file, made when the first row comes.

    `keep`: how many bytes of it an import that was cut off had written, and `former` where: a file that was sent anew
    lies elsewhere.
    """

    def __init__(self, path: Path, header: Sequence[str], *, keep: int = 0, former: str = "") -> None:
        self.path = rejected_file(path)
        self._header = header
        self._keep, self._former = keep, former
        self._file: IO[str] | None = None
        self._writer: SafeWriter | None = None

    def __enter__(self) -> Self:
        if self._keep and not self.path.exists() and self._former and Path(self._former).is_file():
            shutil.move(self._former, self.path)
        if self._keep and self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(self._keep)
            self._file = self.path.open("a", encoding="utf-8", newline="")
            self._writer = SafeWriter(self._file)
        else:
            self.path.unlink(missing_ok=True)  # of an earlier import
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, line: int, reason: str, cells: Sequence[str]) -> None:
        if self._file is None or self._writer is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = SafeWriter(self._file)
            self._writer.row(["line", "reason", *self._header])
        self._writer.row([line, reason, *cells])

    def flushed(self) -> int:
        """How many bytes are in the file's own keeping by now."""
        if self._file is None:
            return 0
        self._file.flush()
        return self._file.tell()


def rows_without(path: Path, told: Collection[str]) -> int:
    """Take the rows that hold any of these numbers or ids out of a file of rejected rows; how many. Raises OSError.

    Numbers are looked for by their last digits, as lists write them in many ways.
    """
    digits = {_digits(one)[-_TAIL:] for one in told if len(_digits(one)) >= _TAIL}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    kept = rows[:1] + [row for row in rows[1:] if not any(_is(cell, told, digits) for cell in row[2:])]
    if len(kept) < len(rows):
        part = path.with_name(f"{path.name}.part")
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)
        part.replace(path)
    return len(rows) - len(kept)


def _is(cell: str, told: Collection[str], digits: Collection[str]) -> bool:
    return cell.strip() in told or _digits(cell)[-_TAIL:] in digits


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())
