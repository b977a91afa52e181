"""SQLite's transactions in one visit to a thread of their own, for whoever writes many times a second.

Statement by statement, each would go to a thread and back, and wait there and here for its turn. The SQL is the same:
what is written for a `Session` runs to its end at once, since none of its statements waits for anything.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from dialer.store.database import PRAGMAS, Row, Session, plain

T = TypeVar("T")
Work = Callable[[Session], Coroutine[Any, Any, T]]


class DirectSession(Session):
    """A transaction within the thread: its coroutines never wait."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sqlite = True
        self._direct = connection

    async def all(self, sql: str, *values: object) -> Sequence[Row]:
        """Run one statement that answers with rows."""
        return self._run(sql, values).fetchall()

    async def run(self, sql: str, *values: object) -> int:
        """Run one statement; the number of rows it touched."""
        return self._run(sql, values).rowcount

    async def many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run one statement for each row of values, in order."""
        text, order = plain(sql)
        in_order = order == tuple(range(len(order)))
        self._direct.executemany(text, rows if in_order else map(itemgetter(*order), rows))

    def _run(self, sql: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        text, order = plain(sql)
        return self._direct.execute(text, tuple(values[n] for n in order))


class Direct:
    """One connection in one thread. `prepare` makes it fit for what it is to do."""

    def __init__(self, file: Path, prepare: Callable[[sqlite3.Connection], None] | None = None) -> None:
        self._file = file
        self._prepare = prepare
        self._thread = ThreadPoolExecutor(1, "store")
        self._connection: sqlite3.Connection | None = None  # of that thread

    async def transact(self, work: Work[T]) -> T:
        """Do the work in a transaction: committed at its end, undone when it raises. Raises sqlite3.Error."""
        return await self._there(lambda: self._transact(work))

    async def begin(self) -> None:
        """Begin a transaction that goes on until `commit` or `rollback`. Raises sqlite3.Error."""
        await self._there(lambda: self._opened().execute("BEGIN IMMEDIATE"))

    async def within(self, work: Work[T]) -> T:
        """Do the work within the transaction that was begun. Raises sqlite3.Error."""
        return await self._there(lambda: _finished(work(DirectSession(self._opened()))))

    async def commit(self) -> None:
        """End the transaction: what it did stands."""
        await self._there(lambda: self._opened().execute("COMMIT"))

    async def sync(self) -> None:
        """Write all that was committed to the disk and into the database's file, as far as others let it."""
        await self._there(lambda: self._opened().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    async def rollback(self) -> None:
        """Undo the transaction, where one is open."""
        await self._there(lambda: self._opened().rollback())

    async def close(self) -> None:
        """Close the connection; it opens again when used."""
        await self._there(self._close)

    async def _there(self, doing: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, doing)

    def _transact(self, work: Work[T]) -> T:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            answer = _finished(work(DirectSession(connection)))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return answer

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._file, isolation_level=None)  # we say BEGIN ourselves
            for pragma in PRAGMAS:
                self._connection.execute(f"PRAGMA {pragma}")
            if self._prepare is not None:
                self._prepare(self._connection)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _finished(work: Coroutine[Any, Any, T]) -> T:
    try:
        work.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    work.close()
    raise AssertionError("work in a direct transaction waited for something else than the database")
