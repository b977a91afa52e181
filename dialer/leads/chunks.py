"""A list's file as chunks of leads, read and normalised in a process of its own where it is large.

What the writing of rows costs and what the reading of them costs then run side by side on two cores.
"""

import gc
import json
import marshal
import multiprocessing
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, cast

from dialer.errors import ImportRefusedError
from dialer.leads.columns import Columns, columns_of
from dialer.leads.csv_rows import Row
from dialer.leads.lists import Rows, rows_of
from dialer.leads.reading import BAD_ID_FIELD, WRITTEN_ID_FIELD, Reader, RowError
from dialer.store.imports import CHUNK
from dialer.store.loading import NewLead, NewPhone

_BAD_ID, _WRITTEN_ID = (json.dumps({name: ""})[:-2] for name in (BAD_ID_FIELD, WRITTEN_ID_FIELD))
_OF_ID = _BAD_ID[: -len('": "')]
_PHONES = NewLead._fields.index("phones")
_GARBAGE_FROM = 500_000  # objects: rows make many and leave no rings among them
OWN_PROCESS_FROM = 2 << 20  # bytes; a process takes about half a second to begin


@dataclass(frozen=True, slots=True)
class Source:
    """A file and how it is read. `mapping`: the columns of each meaning; None: found out by their names."""

    path: Path
    country: str
    mapping: Mapping[str, Sequence[str]] | None = None
    encoding: str = ""
    delimiter: str = ""
    skip: int = 0  # rows that were done before


class Reject(NamedTuple):
    line: int
    reason: str
    kind: str  # the reason without what stood in the cell
    cells: list[str]


class Stock(NamedTuple):
    """What some leads have: numbers, of them invalid ones and switchboards; ids that are wrong, or were padded."""

    phones: int
    invalid_phones: int
    extensions: int
    invalid_ids: int
    padded_ids: int


class Chunk(NamedTuple):
    """What some rows of the file came to."""

    rows: int  # read, from the file's beginning on
    position: int  # of the file's size
    leads: list[NewLead]
    stock: "Stock"  # of those leads
    rejects: list[Reject]


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself before its rows."""

    header: list[str]
    columns: Columns
    size: int
    form: str  # for people of any language: how it was taken
    unread: tuple[str, ...] = ()  # the other sheets of a workbook


class Chunks:
    """The chunks of one file, to be taken one after the other. Raises ImportRefusedError where it is no list."""

    def __init__(self, source: Source, *, own_process: bool | None = None) -> None:
        if own_process is None:
            own_process = source.path.exists() and source.path.stat().st_size >= OWN_PROCESS_FROM
        self._process: multiprocessing.process.BaseProcess | None = None
        self._here: Iterator[Head | Chunk] | None = None
        if own_process:
            self._begin(source)
        else:
            self._here = _read(source)
        self._next = self._there if own_process else lambda: next(self._here or iter(()), None)
        head = self._next()
        assert isinstance(head, Head)
        self.head = head

    def next(self) -> Chunk | None:
        """The next chunk; None after the last."""
        found = self._next()
        assert not isinstance(found, Head)
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._process is not None:
            self._pipe.close()
            self._process.terminate()
            self._process.join()
            self._process = None

    def _begin(self, source: Source) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(source, far), name="read a list", daemon=True)
        self._process.start()
        far.close()

    def _there(self) -> Head | Chunk | None:
        try:
            found: Head | ImportRefusedError | None = self._pipe.recv()
            if found is None:
                return _unpacked(self._pipe.recv_bytes())
        except (EOFError, OSError):
            raise ImportRefusedError(
                "the process that reads the file ended; import again: it goes on from here"
            ) from None
        if isinstance(found, ImportRefusedError):
            raise found
        return found


def _send(source: Source, pipe: Connection) -> None:
    """The reading process: sends the head, the chunks, and None."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that writes decides when to stop
    try:
        with few_collections():
            _send_all(source, pipe)
    except ImportRefusedError as error:
        pipe.send(error)
    except BrokenPipeError:
        return


def _send_all(source: Source, pipe: Connection) -> None:
    for one in _read(source):
        if isinstance(one, Head):
            pipe.send(one)
        else:
            pipe.send(None)
            pipe.send_bytes(_packed(one))
    pipe.send(None)
    pipe.send_bytes(b"")


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for rings of garbage seldom: rows make many objects and no rings, and each look goes through all of them."""
    former = gc.get_threshold()
    gc.set_threshold(_GARBAGE_FROM)
    try:
        yield
    finally:
        gc.set_threshold(*former)


def _packed(chunk: Chunk) -> bytes:
    """The chunk as plain tuples: pickling each lead and number as an object of its own takes several times as long."""
    leads = [(*lead[:_PHONES], [tuple(one) for one in lead.phones], *lead[_PHONES + 1 :]) for lead in chunk.leads]
    return marshal.dumps((*chunk[:2], leads, tuple(chunk.stock), [tuple(one) for one in chunk.rejects]))


def _unpacked(packed: bytes) -> Chunk | None:
    if not packed:
        return None
    rows, position, leads, stock, rejects = marshal.loads(packed)  # noqa: S302 - from a process of our own
    # `_make` would count the fields of each of millions once more, for as long again.
    phone = cast("Callable[[tuple[Any, ...]], NewPhone]", partial(tuple.__new__, NewPhone))
    lead = cast("Callable[[tuple[Any, ...]], NewLead]", partial(tuple.__new__, NewLead))
    return Chunk(
        rows,
        position,
        [lead((*one[:_PHONES], tuple(map(phone, one[_PHONES])), *one[_PHONES + 1 :])) for one in leads],
        Stock._make(stock),
        [Reject._make(one) for one in rejects],
    )


def _read(source: Source) -> Iterator[Head | Chunk]:
    rows = rows_of(source.path, encoding=source.encoding, delimiter=source.delimiter)
    try:
        columns = _columns(source, rows)
        yield Head(rows.header, columns, rows.size, _form(source.path, rows), getattr(rows, "unread", ()))
        reader = Reader(columns, source.country, typed=rows.typed)
        remaining = iter(rows)
        done = sum(1 for _ in islice(remaining, source.skip))
        while some := list(islice(remaining, CHUNK)):
            done += len(some)
            yield _chunk(reader, some, done, rows.position)
    finally:
        rows.close()


def _columns(source: Source, rows: Rows) -> Columns:
    try:
        columns = columns_of(rows.header, source.mapping)
    except ValueError as error:
        raise ImportRefusedError(f"{source.path}: the mapping does not fit: {error}") from error
    if not columns.phones:
        raise ImportRefusedError(
            f"{source.path}:1: no column is a telephone number among: {', '.join(rows.header)}; name it in a mapping"
        )
    return columns


def _form(path: Path, rows: Rows) -> str:
    encoding, delimiter = getattr(rows, "encoding", ""), getattr(rows, "delimiter", "")
    if encoding:
        return f'CSV, {encoding}, "{"TAB" if delimiter == chr(9) else delimiter}"'
    return ", ".join(one for one in (path.suffix[1:].upper(), getattr(rows, "sheet", "")) if one)


def _chunk(reader: Reader, some: Sequence[Row], done: int, position: int) -> Chunk:
    leads, rejects = list[NewLead](), list[Reject]()
    for line, cells, wrong in some:
        try:
            lead = reader.lead(cells, wrong)
        except RowError as error:
            rejects.append(Reject(line, str(error), error.kind, cells))
        else:
            leads.append(lead)
    return Chunk(done, position, leads, stock_of(leads), rejects)


class Cells:
    """The cells of rows that the tables refuse, which nobody keeps: the file is read once more, as far as is needed."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: Rows | None = None
        self._remaining: Iterator[Row] = iter(())
        self._done = 0

    def of(self, chunk: Chunk, before: int, wanted: Collection[int]) -> list[tuple[int, list[str]]]:
        """Line and cells of the leads at these places of the chunk, whose rows come after the first `before`.

        Chunks are asked for in the file's order. Raises ImportRefusedError where it can no longer be read.
        """
        if self._rows is None:
            self._rows = rows_of(self._source.path, encoding=self._source.encoding, delimiter=self._source.delimiter)
            self._remaining = iter(self._rows)
        for _ in islice(self._remaining, before - self._done):
            pass
        self._done = chunk.rows
        rejected = {one.line for one in chunk.rejects}
        rows = islice(self._remaining, chunk.rows - before)
        leads = [(line, cells) for line, cells, _ in rows if line not in rejected]
        return [leads[place] for place in wanted]

    def close(self) -> None:
        """Let go of the file."""
        if self._rows is not None:
            self._rows.close()


def stock_of(leads: Sequence[NewLead]) -> Stock:
    """What the leads have."""
    valid = [phone.valid for lead in leads for phone in lead.phones]
    fields = [lead.fields for lead in leads if lead.fields.startswith(_OF_ID)]
    return Stock(
        phones=len(valid),
        invalid_phones=valid.count(False),
        extensions=sum(phone.extension != "" for lead in leads for phone in lead.phones),
        invalid_ids=sum(one.startswith(_BAD_ID) for one in fields),
        padded_ids=sum(one.startswith(_WRITTEN_ID) for one in fields),
    )


def head_of(source: Source) -> Head:
    """What the file says of itself. Raises ImportRefusedError."""
    chunks = Chunks(replace(source, skip=0), own_process=False)
    chunks.close()
    return chunks.head
