"""A new SQLite database for a test. Its tables are made once in each run of tests, and copied.

That the migrations make them, in every way in which a database is opened, is held in tests/store/test_database.py.
"""

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from dialer.store.database import Database
from dialer.store.migrate import migrate


def new_database(path: Path) -> str:
    """Make a database without rows at this path; its URL."""
    path.write_bytes(_with_tables())
    return f"sqlite:///{path}"


@cache
def _with_tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        path = Path(folder) / "new.db"
        thread.submit(asyncio.run, _migrated(path)).result()  # whoever asks may be in a loop of their own
        return path.read_bytes()


async def _migrated(path: Path) -> None:
    database = Database.of(f"sqlite:///{path}")
    await migrate(database)
    await database.close()
