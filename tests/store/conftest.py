"""Every test here that takes `store` runs on SQLite and on PostgreSQL: one suite, two databases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dialer.store import Store
from dialer.store.database import Database
from dialer.store.schema import metadata
from simulation.demo.switches import free_ports
from tests.new_database import new_database
from tests.private_postgres import running
from tests.store.world import World


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL, started when the first test wants one."""
    [port] = free_ports(1)  # not one counted from a fixed first: runs side by side would choose the same
    with running(port) as server:
        yield server.url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of its own, empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/dialer.db"
    url: str = request.getfixturevalue("postgres_url")
    await _empty(url)
    return url


async def _empty(url: str) -> None:
    """As new, but for the tables. Much faster than TRUNCATE, which makes new files for each."""
    database = Database.of(url)
    async with database.writing() as session:
        await session.run("SET LOCAL session_replication_role = replica")  # the compliance log lets nobody delete
        there = {name for (name,) in await session.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        for table in reversed(metadata.sorted_tables):
            if table.name in there:
                await session.run(f"DELETE FROM {table.name}")
        await session.all("SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences")
    await database.close()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    if url.startswith("sqlite"):
        new_database(Path(url.removeprefix("sqlite:///")))
    async with await Store.open(url) as opened:
        yield opened


@pytest.fixture
async def world(store: Store) -> World:
    """A client and a campaign to put leads into."""
    return await World.made(store)
