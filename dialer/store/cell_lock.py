"""One engine for each cell of a database: two would hold the same leads and number their calls alike.

Only keeps the second one out; knows nothing of what the first one does.
"""

import fcntl
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import IO

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.errors import StoreError
from dialer.store.database import Database

KIND = 4_250_032  # any number of our own; the cell stands beside it
_DEAD_HOST = ("tcp_keepalives_idle = 20", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")


class CellLock:
    """Held from `hold` until `release` or the end of the process.

    SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of a connection that does nothing else;
    the server lets go of it within a minute where the machine that held it is gone.
    """

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell
        self._file: IO[bytes] | None = None
        self._connection: AsyncConnection | None = None

    async def hold(self) -> None:
        """Take the lock where it is not held yet, or was lost with its connection. Raises StoreError when taken."""
        if self._database.file is not None:
            self._hold_file(self._database.file)
        elif await self.lost():
            await self._hold_connection()

    async def lost(self) -> bool:
        """Whether the lock of a server is not held, or not any more. Asks this machine alone: costs nothing."""
        if self._connection is None:
            return True
        raw = await self._connection.get_raw_connection()
        return raw.driver_connection is None or raw.driver_connection.is_closed()

    async def release(self) -> None:
        """Let the next one in."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(StoreError):  # a connection that is gone holds nothing
                await self._ask(connection, "SELECT pg_advisory_unlock($1::int, $2::int)")
            await connection.close()

    def _hold_file(self, database: Path) -> None:
        if self._file is not None:
            return
        path = database.with_name(f"{database.name}.cell-{self._cell}.lock")
        try:
            file = path.open("ab")
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error}; let the dialer's user write there") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise self._taken() from None
        self._file = file

    async def _hold_connection(self) -> None:
        await self.release()
        async with AsyncExitStack() as unless_held:
            connection = await self._database.connect()
            unless_held.push_async_callback(connection.close)
            with self._database.in_our_words():
                for setting in _DEAD_HOST:
                    await connection.exec_driver_sql(f"SET {setting}")
            if not await self._ask(connection, "SELECT pg_try_advisory_lock($1::int, $2::int)"):
                raise self._taken()
            unless_held.pop_all()
            self._connection = connection

    async def _ask(self, connection: AsyncConnection, sql: str) -> bool:
        with self._database.in_our_words():
            return bool((await connection.exec_driver_sql(sql, (KIND, self._cell))).scalar_one())

    def _taken(self) -> StoreError:
        return StoreError(
            f"another engine runs as cell {self._cell} on this database; end that one, or give this one a `cell` of"
            " its own in the configuration"
        )
