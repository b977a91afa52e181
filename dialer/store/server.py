"""PostgreSQL's transactions by its driver alone, for whoever writes many times a second.

Through SQLAlchemy each statement costs as much again in Python as it takes on the server. The SQL is the same.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import asyncpg

from dialer.store.database import CONNECT_MAX_S, STATEMENT_MAX_S, Row, Session
from dialer.store.direct import Work

CONNECTIONS_MAX = 4  # the engine writes one batch at a time

T = TypeVar("T")


class ServerSession(Session):
    """A transaction on one connection of the driver's."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - the driver's own, untyped
        self.sqlite = False
        self._driver = connection

    async def all(self, sql: str, *values: object) -> Sequence[Row]:
        """Run one statement that answers with rows."""
        rows: Sequence[Row] = await self._driver.fetch(sql, *values)
        return rows

    async def run(self, sql: str, *values: object) -> int:
        """Run one statement; the number of rows it touched."""
        told = str(await self._driver.execute(sql, *values)).split()
        return int(told[-1]) if told[-1:] and told[-1].isdigit() else 0

    async def many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run one statement for each row of values, in order."""
        if rows:
            await self._driver.executemany(sql, rows)


class Server:
    """A few of the driver's connections, kept as they are between transactions: its own pool asks the server to forget
    what nobody has set here, which is one more way there and back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[Any] = []

    async def transact(self, work: Work[T]) -> T:
        """Do the work in a transaction: committed at its end, undone when it raises. Raises the driver's errors."""
        async with self._free:
            connection = await self._connection()
            try:
                async with connection.transaction():
                    answer = await work(ServerSession(connection))
            except asyncpg.PostgresError:  # the server's own word: where the connection stands is known
                if connection.is_closed() or connection.is_in_transaction():
                    connection.terminate()
                else:
                    self._idle.append(connection)
                raise
            except BaseException:  # cancelled, timed out: a BEGIN may be on its way, and hold all that came after it
                connection.terminate()
                raise
            self._idle.append(connection)
            return answer

    async def at_once(self, work: Work[T]) -> T:
        """Do work of which each statement may stand for itself: without a way there and back to begin and to end."""
        async with self._free:
            connection = await self._connection()
            try:
                answer = await work(ServerSession(connection))
            except BaseException:
                connection.terminate()
                raise
            self._idle.append(connection)
            return answer

    async def close(self) -> None:
        """Close the connections; they open again when used."""
        while self._idle:
            await self._idle.pop().close()

    async def _connection(self) -> Any:  # noqa: ANN401 - the driver's own, untyped
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await asyncpg.connect(self._url, timeout=CONNECT_MAX_S, command_timeout=STATEMENT_MAX_S)
