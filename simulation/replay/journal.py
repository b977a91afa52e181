"""Where a journal is kept: in the dialer's database, or in the text that `dialer report --events` writes of it.

Reads alone. Rows come run by run, in their order.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from dialer.store import Store
from dialer.store.rows import JournalRow
from simulation.past import PastError, looking_back, url_of

EVENT = "event"


class Journal(Protocol):
    """The runs of a journal, and the rows of each."""

    async def runs(self) -> Sequence[int]:
        """The numbers of the runs, oldest first."""

    def rows(self, run: int) -> AsyncIterator[JournalRow]:
        """The rows of a run in their order. Raises PastError, StoreError where they cannot be read."""


class InStore:
    """The journal of a database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def runs(self) -> Sequence[int]:
        return [run.id for run in await self._store.journal.runs()]

    async def rows(self, run: int) -> AsyncIterator[JournalRow]:
        after = 0
        while rows := await self._store.journal.events(run, after):
            for row in rows:
                yield row
            after = rows[-1].seq


class InText:
    """The journal as JSON Lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def runs(self) -> Sequence[int]:
        return list(dict.fromkeys([row.run async for row in self._read(None)]))

    def rows(self, run: int) -> AsyncIterator[JournalRow]:
        return self._read(run)

    async def _read(self, run: int | None) -> AsyncIterator[JournalRow]:
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                row = _row(line, f"{self._path}, line {number}")
                if run is None or row.run == run:
                    yield row


def _row(line: bytes, place: str) -> JournalRow:
    try:
        body = json.loads(line.decode())
        at, run, seq, kind = (body.pop(name) for name in ("at", "run", "seq", "kind"))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise PastError(f"{place}: not a line of `dialer report --events` ({error})") from error
    if not (type(run) is type(seq) is int and type(at) in {int, float}):
        raise PastError(f"{place}: run and seq are whole numbers, at is a number")
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return JournalRow(run=run, seq=seq, at=at, kind=kind, body=text)


@asynccontextmanager
async def opened(where: str) -> AsyncIterator[Journal]:
    """The journal at a database URL or in a file. Raises PastError, StoreError."""
    url = url_of(where)
    if url is None:
        yield InText(Path(where))
        return
    async with looking_back(url) as store:
        yield InStore(store)


async def steps(journal: Journal, run: int) -> AsyncIterator[tuple[JournalRow, list[str]]]:
    """Each event of a run, with the bodies of the commands that the engine answered it with.

    Raises PastError where the run's beginning is missing.
    """
    event: JournalRow | None = None
    answered: list[str] = []
    async for row in journal.rows(run):
        if row.kind != EVENT:
            answered.append(row.body)
            continue
        if event is not None:
            yield event, answered
        elif row.seq != 1:
            raise PastError(
                f"run {run} begins with its row {row.seq}: what came before is missing, and a replay needs all of it "
                "(from `dialer report --events`: give an earlier --since)"
            )
        event, answered = row, []
    if event is not None:
        yield event, answered
