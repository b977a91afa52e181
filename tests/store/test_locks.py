"""The law of locks: one engine for each cell of a database, until it lets go or is gone."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialer.errors import StoreError
from dialer.store import Store
from dialer.store.database import Database
from dialer.store.locks import OF_CELLS, of_cell
from tests.store.world import NOW, World

TAKEN = "another engine runs as cell 3 on this database"

# Begins a run, says so, and waits to be killed.
CHILD = """
import asyncio, sys
from dialer.store import Store

async def main(url):
    async with await Store.open(url, cell=3) as store:
        await store.begin_run(0.0)
        print("begun", flush=True)
        await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


async def test_a_second_engine_of_a_cell_is_refused_until_the_first_one_ends(url: str) -> None:
    async with await Store.open(url, cell=3) as first, await Store.open(url, cell=3) as second:
        _, run = await first.begin_run(NOW)
        with pytest.raises(StoreError, match=TAKEN):
            await second.begin_run(NOW)
        assert [one.id for one in await second.journal.runs()] == [run]  # it has not begun
        await first.close()
        assert (await second.begin_run(NOW))[1] == run + 1


async def test_a_refused_engine_takes_nothing(world: World, url: str) -> None:
    await world.add_lead()
    await world.store.begin_run(NOW)
    held = await world.claim_one()
    async with await Store.open(url) as second:
        with pytest.raises(StoreError, match="another engine runs as cell 0"):
            await second.begin_run(NOW)
        assert not (await world.claim(store=second)).leads
    assert (await world.reserve(held)).call


async def test_each_cell_has_its_own_engine(url: str) -> None:
    async with await Store.open(url, cell=0) as first, await Store.open(url, cell=3) as second:
        assert ((await first.begin_run(NOW))[1], (await second.begin_run(NOW))[1]) == (1, 2)


async def test_one_engine_may_begin_again(url: str) -> None:
    async with await Store.open(url, cell=3) as store:
        assert [(await store.begin_run(NOW))[1] for _ in range(2)] == [1, 2]
        async with await Store.open(url, cell=3) as second:
            with pytest.raises(StoreError, match=TAKEN):
                await second.begin_run(NOW)


async def test_whoever_begins_no_run_is_never_refused(url: str) -> None:
    async with await Store.open(url, cell=3) as engine, await Store.open(url, cell=3) as reader:
        await engine.begin_run(NOW)
        await reader.clients.add("lender")
        await reader.apply([], [], NOW)


async def test_a_killed_engine_lets_go(url: str) -> None:
    await (await Store.open(url)).close()
    async with await Store.open(url, cell=3) as second:
        with _an_engine(url) as process:
            with pytest.raises(StoreError, match=TAKEN):
                await second.begin_run(NOW)
            process.kill()
        await _free(url)
        await second.begin_run(NOW)


@contextmanager
def _an_engine(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has begun a run."""
    with subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.postgres
async def test_a_lock_that_went_with_its_connection_is_taken_again(postgres_url: str) -> None:
    databases = [Database.of(postgres_url) for _ in range(2)]
    first, second = (of_cell(database, 3) for database in databases)
    await first.hold()
    await _cut_off(postgres_url)
    async with asyncio.timeout(10):
        while not await first.lost():  # noqa: ASYNC110 - the driver tells nobody
            await asyncio.sleep(0)
    await first.hold()
    with pytest.raises(StoreError, match=TAKEN):
        await second.hold()
    await first.release()
    await second.hold()
    await second.release()
    for database in databases:
        await database.close()


@pytest.mark.postgres
async def test_an_engine_that_lost_its_cell_to_another_keeps_nothing_more(postgres_url: str) -> None:
    async with await Store.open(postgres_url, cell=3) as first, await Store.open(postgres_url, cell=3) as second:
        await first.begin_run(NOW)
        await _cut_off(postgres_url)
        await second.begin_run(NOW)
        with pytest.raises(StoreError, match=TAKEN):
            await first.apply([], [], NOW)


async def _cut_off(url: str) -> None:
    """End the connection that holds cell 3, as a server does that starts anew."""
    database = Database.of(url)
    async with database.writing() as session:
        await session.all("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3")
    await _free(url)
    await database.close()


async def _free(url: str) -> None:
    """Wait until nobody holds cell 3: a server notices the death of a client by itself."""
    database = Database.of(url)
    if database.file is None:
        async with database.writing() as session:
            await session.all("SELECT pg_advisory_xact_lock($1::int, 3)", OF_CELLS)
    await database.close()


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/dialer.db", cell=3) as store:
        (tmp_path / "dialer.db.cell-3.lock").mkdir()
        with pytest.raises(StoreError, match=r"dialer.db.cell-3.lock cannot be written"):
            await store.begin_run(NOW)
