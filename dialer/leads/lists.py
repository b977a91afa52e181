"""A CSV file as rows of cells, whatever its encoding and delimiter. Reads piece by piece; knows no lead."""

import codecs
import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from dialer.errors import ImportRefusedError

_DELIMITERS = (",", ";", "\t", "|")
_PIECE = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class RowsOf:
    """The rows of one file. Iterate for (line number, cells, what is wrong with the row or nothing)."""

    def __init__(self, path: Path) -> None:
        """Raises ImportRefusedError where the file cannot be read or has no header."""
        try:
            self.size = path.stat().st_size
            self.encoding = _encoding(path)
            self._bytes = path.open("rb")
        except OSError as error:
            raise ImportRefusedError(f"{path}: cannot be read: {error.strerror}") from error
        self._text = TextIOWrapper(self._bytes, encoding=self.encoding, errors="replace", newline="")
        first = self._text.readline()
        self.delimiter = max(_DELIMITERS, key=first.count)
        self.header = next(csv.reader([first], delimiter=self.delimiter), [])
        if not any(cell.strip() for cell in self.header):
            self.close()
            raise ImportRefusedError(f"{path}:1: the first line must name the columns")

    @property
    def position(self) -> int:
        """How many bytes of the file have been taken in."""
        return self._bytes.tell()

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        reader = csv.reader(self._text, delimiter=self.delimiter)
        while True:
            line = reader.line_num + 2  # the header is line 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, [], str(error)
                continue
            if any(cell.strip() for cell in cells):
                yield line, cells, ""

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()


def _encoding(path: Path) -> str:
    """UTF-8 or UTF-16 where the file is so; else Windows' Western code page, as spreadsheets write it."""
    with path.open("rb") as file:
        start = file.read(4)
        for bom, name in _BOMS:
            if start.startswith(bom):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"
