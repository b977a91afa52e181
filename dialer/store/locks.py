"""What only one process may do to a database at a time: be the engine of a cell, bring in one and the same file.

Only keeps the second one out; knows nothing of what the first one does. The lock goes with the process that holds it.
"""

import fcntl
import hashlib
import os
import struct
from contextlib import AsyncExitStack, suppress
from typing import IO

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.errors import StoreError
from dialer.store.database import Database
from dialer.store.errors import TakenError

OF_CELLS, OF_IMPORTS = 4_250_032, 4_250_033  # any numbers of our own; which cell or import stands beside them
_DEAD_HOST = ("tcp_keepalives_idle = 20", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")
_ONE_BYTE = "hhqqi4x"  # struct flock: type, whence, start, length, pid


class Lock:
    """Held from `hold` until `release` or the end of the process.

    SQLite: a byte's lock in a file beside the database. PostgreSQL: an advisory lock of a connection that does nothing
    else; the server lets go of it within a minute where the machine that held it is gone.
    """

    def __init__(self, database: Database, key: tuple[int, int], *, suffix: str, taken: str) -> None:
        """`key`: what of, and which (0 to 2**31 - 1); `taken` tells the second one what to do."""
        self._database = database
        self._key = key
        self._suffix = suffix
        self._taken = taken
        self._file: IO[bytes] | None = None
        self._connection: AsyncConnection | None = None

    async def hold(self) -> None:
        """Take the lock where it is not held yet, or was lost with its connection. Raises TakenError, StoreError."""
        if self._database.file is not None:
            self._hold_byte()
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

    def _hold_byte(self) -> None:
        """The lock of an open file (OFD), not of the process: two within one process keep each other out as well."""
        if self._file is not None:
            return
        assert self._database.file is not None
        path = self._database.file.with_name(f"{self._database.file.name}{self._suffix}")
        try:
            file = path.open("ab")
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error}; let the dialer's user write there") from error
        byte = struct.pack(_ONE_BYTE, fcntl.F_WRLCK, os.SEEK_SET, self._key[1], 1, 0)
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, byte)
        except BlockingIOError:
            file.close()
            raise TakenError(self._taken) from None
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
                raise TakenError(self._taken)
            unless_held.pop_all()
            self._connection = connection

    async def _ask(self, connection: AsyncConnection, sql: str) -> bool:
        with self._database.in_our_words():
            return bool((await connection.exec_driver_sql(sql, self._key)).scalar_one())


def of_cell(database: Database, cell: int) -> Lock:
    """One engine for each cell of a database: two would hold the same leads and number their calls alike."""
    taken = (
        f"another engine runs as cell {cell} on this database; end that one, or give this one a `cell` of its own in"
        " the configuration"
    )
    return Lock(database, (OF_CELLS, cell), suffix=f".cell-{cell}.lock", taken=taken)


def of_import(database: Database, digest: str) -> Lock:
    """One import of a file at a time: the second would take the first for one that was cut off, and go on with it."""
    which = int.from_bytes(hashlib.sha256(digest.encode()).digest()[:4]) >> 1
    taken = "this list is being imported, or taken back, at this moment; wait until that has ended"
    return Lock(database, (OF_IMPORTS, which), suffix=".imports.lock", taken=taken)
