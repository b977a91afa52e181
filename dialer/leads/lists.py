"""A list's file as rows of cells: CSV of whatever encoding and delimiter, XLSX, Parquet, JSON Lines.

Reads piece by piece; knows no lead.
"""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from dialer.errors import ImportRefusedError
from dialer.leads.cell_texts import named, text_of
from dialer.leads.csv_rows import Row, csv_rows

DELIMITERS = (",", ";", "\t", "|")
_PIECE = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The code pages that spreadsheets and old systems write in these languages, and the letters that show which one it is.
_PAGES = ("cp1252", "cp850", "mac_roman")
_LETTERS = frozenset("áéíóúñüçãõâêôàÁÉÍÓÚÑÜÇÃÕÂÊÔÀ¿¡ºª°")
_JSON_KEYS_FROM = 1_000  # the first rows, whose keys are the columns


class Rows(Protocol):
    """A file open for reading. Iterate once."""

    header: list[str]
    size: int
    typed: bool  # numbers come as numbers, with a point before their decimals

    @property
    def position(self) -> int:
        """How much of `size` has been taken in."""

    def __iter__(self) -> Iterator[Row]: ...

    def close(self) -> None:
        """Let go of the file."""


def rows_of(path: Path, *, encoding: str = "", delimiter: str = "") -> Rows:
    """The rows of a file by the ending of its name; CSV where that says nothing else.

    `encoding` and `delimiter` of a CSV file are found out where none is given. Raises ImportRefusedError where the file
    cannot be read or names no columns.
    """
    try:
        match path.suffix.lower():
            case ".xlsx" | ".xlsm":
                from dialer.leads.workbooks import XlsxRows  # noqa: PLC0415 - it needs what stands here

                return XlsxRows(path)
            case ".parquet" | ".pq":
                return ParquetRows(path)
            case ".jsonl" | ".ndjson" | ".json":
                return JsonRows(path)
        return CsvRows(path, encoding=encoding, delimiter=delimiter)
    except OSError as error:
        raise ImportRefusedError(f"{path}: cannot be read: {error.strerror or error}") from error


class CsvRows:
    """A CSV file."""

    typed = False

    def __init__(self, path: Path, *, encoding: str = "", delimiter: str = "") -> None:
        self.size = path.stat().st_size
        self.encoding = known_encoding(encoding) if encoding else encoding_of(path)
        self._bytes: BufferedReader = path.open("rb")
        self._text = TextIOWrapper(self._bytes, encoding=self.encoding, errors="replace", newline="")
        self._before = 1
        first = self._text.readline()
        if first.lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own way to say it
            delimiter, first = delimiter or first[4], self._text.readline()
            self._before = 2
        self.delimiter = delimiter or max(DELIMITERS, key=first.count)
        try:
            self.header = named(path, next(csv.reader([first], delimiter=self.delimiter), []))
        except (ImportRefusedError, csv.Error, TypeError) as error:
            self.close()
            if isinstance(error, ImportRefusedError):
                raise
            raise ImportRefusedError(f"{path}:1: the first line is no CSV: {error}") from error

    @property
    def position(self) -> int:
        """How many bytes of the file have been taken in."""
        return self._bytes.tell()

    def __iter__(self) -> Iterator[Row]:
        return csv_rows(self._text, self.delimiter, self._before + 1)

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()


def known_encoding(encoding: str) -> str:
    """Its usual name. Raises ImportRefusedError."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ImportRefusedError(f"encoding {encoding!r}: unknown; utf-8, cp1252 and utf-16 are usual") from None


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 where the file is so; else the code page in which its letters are those of words."""
    seen: Counter[int] = Counter()
    with path.open("rb") as file:
        start = file.read(4096)
        for bom, name in _BOMS:
            if start.startswith(bom):
                return name
        for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
            if len(zeros) > 4 and zeros.count(0) > 0.8 * len(zeros):
                return name
        file.seek(0)
        decoder, utf8 = codecs.getincrementaldecoder("utf-8")(), True
        while piece := file.read(_PIECE):
            if utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    utf8 = False
            seen.update(piece.translate(None, bytes(range(128))))
        try:
            decoder.decode(b"", final=utf8)
        except UnicodeDecodeError:
            utf8 = False
    return "utf-8" if utf8 else max(_PAGES, key=lambda page: _likely(seen, page))


def _likely(seen: Counter[int], page: str) -> int:
    """How many of the bytes above ASCII would be letters of our languages."""
    return sum(n for byte, n in seen.items() if bytes((byte,)).decode(page, "replace") in _LETTERS)


class ParquetRows:
    """A Parquet file, by the extra `parquet`."""

    typed = True

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            import pyarrow  # noqa: PLC0415 - an extra
            import pyarrow.parquet  # noqa: PLC0415
        except ImportError:
            raise ImportRefusedError(
                f"{path}: to read Parquet, install the extra: pip install cadencia[parquet]"
            ) from None
        try:
            self._file: Any = pyarrow.parquet.ParquetFile(path)
        except pyarrow.ArrowInvalid as error:
            raise ImportRefusedError(f"{path}: is no Parquet file: {error}") from error
        self._wrong: tuple[type[Exception], ...] = (pyarrow.ArrowException, OSError)
        self.size, self.position = max(1, self._file.metadata.num_rows), 0
        self.header = named(path, self._file.schema_arrow.names)

    def __iter__(self) -> Iterator[Row]:
        batches = self._file.iter_batches(batch_size=2_000)
        while (batch := self._next(batches)) is not None:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self.position += 1
                yield self.position + 1, [text_of(cell) for cell in row], ""

    def _next(self, batches: Iterator[Any]) -> Any:  # noqa: ANN401 - the library has no types
        try:
            return next(batches, None)
        except self._wrong as error:
            raise ImportRefusedError(f"{self._path}: is broken behind row {self.position}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class JsonRows:
    """JSON Lines: an object on each line. The keys of the first rows are the columns; later ones are not looked for."""

    typed = True

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._file = path.open("rb")
        self._read = enumerate(self._file, 1)
        self._first = [self._object(line, text) for line, text in islice(self._read, _JSON_KEYS_FROM) if text.strip()]
        keys = dict.fromkeys(key for _, value, _ in self._first for key in value)
        try:
            self.header = named(path, list(keys))
        except ImportRefusedError:
            self.close()
            raise ImportRefusedError(f"{path}:1: must be JSON Lines, an object on each line") from None

    @property
    def position(self) -> int:
        """How many bytes of the file have been taken in."""
        return self._file.tell() if not self._file.closed else self.size

    def __iter__(self) -> Iterator[Row]:
        keys = self.header
        for line, value, wrong in self._all():
            unknown = sorted(value.keys() - set(keys))
            new = f"the keys {', '.join(unknown)} are not in the first {_JSON_KEYS_FROM} rows" if unknown else ""
            yield line, [text_of(value.get(key)) for key in keys], wrong or new

    def _all(self) -> Iterator[tuple[int, dict[str, object], str]]:
        yield from self._first
        for line, text in self._read:
            if text.strip():
                yield self._object(line, text)

    def _object(self, line: int, text: bytes) -> tuple[int, dict[str, object], str]:
        try:
            value = json.loads(text)
            if b"\\ud" in text.lower():  # an escape that is half of a sign is no text that could be kept
                json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return line, {}, "not text: half of a surrogate pair"
        except (ValueError, RecursionError) as error:
            return line, {}, f"not JSON: {error}"
        return (line, value, "") if isinstance(value, dict) else (line, {}, "not a JSON object")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
