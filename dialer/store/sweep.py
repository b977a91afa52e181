"""SQLite's write-ahead log carried into the database's file beside the writing, not in the midst of it.

Left to itself, SQLite does that at a commit: the engine, whose turn it is to write, would wait for the disk, and a load
that fills the log would wait with it.
"""

import asyncio
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from dialer.store.direct import Direct

EVERY_S = 1.0
PAGES_MAX = 32_000  # 128 MiB of log: the writer's own business again, were nobody to sweep


class Sweep:
    """Sweeps now and then, in a thread and by a connection of its own. What fails is tried again at the next write."""

    def __init__(self, file: Path) -> None:
        self._direct = Direct(file)
        self._task: asyncio.Task[None] | None = None
        self._swept_at = -EVERY_S

    def wanted(self) -> None:
        """Something was written."""
        if (self._task is None or self._task.done()) and time.monotonic() - self._swept_at >= EVERY_S:
            self._swept_at = time.monotonic()
            self._task = asyncio.create_task(self._run(), name="store sweep")

    async def close(self) -> None:
        """Let the sweep at hand end, and close the connection."""
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._direct.close()

    async def _run(self) -> None:
        with suppress(sqlite3.Error):
            await self._direct.sync()


def leave_the_log(connection: sqlite3.Connection) -> None:
    """Make a connection leave the log to a sweep."""
    connection.execute(f"PRAGMA wal_autocheckpoint={PAGES_MAX}")
