"""One database, SQLite or PostgreSQL, behind two doors: `reading` and `writing`.

Opens connections, keeps transactions, says errors in our own words. Knows no table.
"""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, CursorResult, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from dialer.errors import StoreError
from dialer.store.errors import ConflictError
from dialer.store.turn import Turn

FORMS = "sqlite:///relative.db, sqlite:////absolute.db or postgresql://user:password@host:port/name"
BUSY_TIMEOUT_MS = 5_000
CONNECT_MAX_S = 10
STATEMENT_MAX_S = 60
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "temp_store=MEMORY",
)
_RETRYABLE = {"40P01", "40001"}  # deadlock, serialisation failure: nothing happened and the same may succeed

_PARAMETER = re.compile(r"\$([0-9]+)")

Row = Sequence[Any]


class RetryableError(StoreError):
    """Two cells stood in each other's way. Nothing happened; the same may be tried again at once."""


class Session:
    """A transaction, for hand-written SQL with the parameters $1, $2, ..."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.sqlite = connection.dialect.name == "sqlite"

    async def all(self, sql: str, *values: object) -> Sequence[Row]:
        """Run one statement that answers with rows."""
        return (await self._execute(sql, values)).all()

    async def run(self, sql: str, *values: object) -> int:
        """Run one statement; the number of rows it touched."""
        return (await self._execute(sql, values)).rowcount

    async def many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run one statement for each row of values, in order."""
        if not rows:
            return
        if self.sqlite:
            text, order = plain(sql)
            await self.connection.exec_driver_sql(text, [tuple(row[n] for n in order) for row in rows])
        else:
            await self.connection.exec_driver_sql(sql, list(rows))

    async def ids(self, table: str, count: int) -> range | tuple[int, ...]:
        """`count` fresh ids of a table, for rows that are then written with them."""
        if self.sqlite:  # the one writer holds the database: nobody else takes them meanwhile
            [(last,)] = await self.all(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608 - our own names
            return range(last + 1, last + 1 + count)
        sql = "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2::int)"
        return tuple(int(one) for (one,) in await self.all(sql, table, count))

    def listed(self, parameter: str, kind: str = "bigint") -> str:
        """SQL for the set of values that `packed` put into a parameter, to stand after IN."""
        if self.sqlite:
            return f"(SELECT value FROM json_each({parameter}))"  # noqa: S608 - our own names
        return f"(SELECT unnest({parameter}::{kind}[]))"

    def floor(self, expression: str) -> str:
        """SQL for the whole part of a number that is not negative."""
        return f"CAST({expression} AS integer)" if self.sqlite else f"floor({expression})"

    def packed(self, values: Sequence[int] | Sequence[str]) -> object:
        """A list as one parameter."""
        return json.dumps(list(values)) if self.sqlite else list(values)

    async def _execute(self, sql: str, values: tuple[object, ...]) -> CursorResult[Any]:
        if not self.sqlite:
            return await self.connection.exec_driver_sql(sql, values)
        text, order = plain(sql)
        return await self.connection.exec_driver_sql(text, tuple(values[n] for n in order))


@cache
def plain(sql: str) -> tuple[str, tuple[int, ...]]:
    """The statement with ? for each $n, and which value goes to each: Python 3.12 warns of numbered parameters."""
    return _PARAMETER.sub("?", sql), tuple(int(n) - 1 for n in _PARAMETER.findall(sql))


class Database:
    """Pools of connections: SQLite has one writer, whom all wait for in order."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()  # among those of this process who write to SQLite
        self.turn = None if self.file is None else Turn(self.file)  # among processes

    @classmethod
    def of(cls, url: str) -> "Database":
        """Pools for the URL; nothing is connected yet. Raises StoreError for a URL that is none of ours."""
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite(parsed, begin="BEGIN IMMEDIATE", connections=1), _sqlite(parsed, begin="BEGIN"))
        limits = {"timeout": CONNECT_MAX_S, "command_timeout": STATEMENT_MAX_S}
        engine = create_async_engine(parsed, pool_size=8, max_overflow=8, connect_args=limits)
        return cls(engine, engine)

    @property
    def url(self) -> str:
        """Where the data is, without the password."""
        return _shown(self._writer.url)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Session]:
        """A transaction: committed at the end of the block, undone when it raises. Raises StoreError."""
        async with self.alone(), self._writer.begin() as connection:
            yield Session(connection)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else writes to SQLite within the block, so nobody waits for its lock in vain."""
        with self.in_our_words():
            if self.turn is None:
                yield
                return
            async with self._lock, self.turn.asked():
                yield

    @asynccontextmanager
    async def alone_here(self) -> AsyncIterator[None]:
        """Nobody else of this process writes to SQLite within the block: for a load, which gives way to the others."""
        with self.in_our_words():
            async with self._lock:
                yield

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A view of the data as it is when first read. Raises StoreError."""
        with self.in_our_words():
            async with self._reader.begin() as connection:
                yield connection

    @property
    def server(self) -> str | None:
        """The URL of the server, as its driver takes it; None for SQLite."""
        if self.file is not None:
            return None
        return self._writer.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def file(self) -> Path | None:
        """The file of SQLite; None where the database is a server."""
        path = self._writer.url.database
        return Path(path) if self._writer.dialect.name == "sqlite" and path is not None else None

    async def connect(self) -> AsyncConnection:
        """A connection outside of transactions, the caller's to close. Raises StoreError."""
        with self.in_our_words():
            return await self._writer.execution_options(isolation_level="AUTOCOMMIT").connect()

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Errors of the database within the block come out as StoreError."""
        try:
            yield
        except (IntegrityError, sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError) as error:
            cause = getattr(error, "orig", error)
            raise ConflictError(f"the database refused what is taken already or does not exist: {cause}") from error
        except (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _said(error) from error
        except OSError as error:  # time-outs are of these
            raise StoreError(f"the database {self.url} cannot be reached: {error}") from error

    async def close(self) -> None:
        """Close every connection. The pools open again when used, so use neither door afterwards."""
        await self._writer.dispose()
        await self._reader.dispose()
        if self.turn is not None:
            self.turn.close()


def _shown(url: URL) -> str:
    return url.set(drivername=url.get_backend_name()).render_as_string()


def _said(error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlstate", None) in _RETRYABLE:
        return RetryableError(f"the database undid the transaction: {cause}")
    return StoreError(f"the database refused: {cause}")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"{url!r} names no database; write {FORMS}") from None
    match parsed.drivername:
        case "sqlite":
            return _file(parsed, url).set(drivername="sqlite+aiosqlite")
        case "postgresql" if parsed.database:
            return parsed.set(drivername="postgresql+asyncpg")
    shown = parsed.render_as_string()
    raise StoreError(f"{shown!r} names no database that is known here; write {FORMS}")


def _file(parsed: URL, url: str) -> URL:
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"{url!r} names no file; write sqlite:///relative.db or sqlite:////absolute.db")
    folder = Path(parsed.database).parent
    if not folder.is_dir():
        raise StoreError(f"{url!r}: there is no folder {folder}; create it or name another")
    return parsed


def _sqlite(url: URL, *, begin: str, connections: int = 2) -> AsyncEngine:
    engine = create_async_engine(
        url, poolclass=AsyncAdaptedQueuePool, pool_size=connections, max_overflow=0, pool_reset_on_return=None
    )

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own, untyped
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine
