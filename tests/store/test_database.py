"""Laws of opening: a wrong URL says what is right, the migrations make the schema, nothing newer is touched."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from dialer.errors import StoreError
from dialer.store import Store
from dialer.store.database import Database
from dialer.store.migrate import migrate
from dialer.store.schema import metadata


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "sqlite:///relative.db"),
        ("dialer.db", "sqlite:///relative.db"),
        ("mysql://host/db", "postgresql://user:password@host:port/name"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////nowhere/at/all.db", "no folder /nowhere/at"),
        ("postgresql://127.0.0.1:1", "names no database"),
        ("postgresql://127.0.0.1:1/dialer", "cannot be reached"),
    ],
)
async def test_a_wrong_url_says_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        await Store.open(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like one" * 9)
    with pytest.raises(StoreError, match="not a database"):
        await Store.open(f"sqlite:///{tmp_path}/notes.txt")


async def test_the_password_is_never_shown() -> None:
    database = Database.of("postgresql://ana:secret@127.0.0.1:1/dialer")
    assert "secret" not in database.url
    with pytest.raises(StoreError) as caught:
        await Store.open("postgres://ana:secret@127.0.0.1:1/dialer")
    assert "secret" not in str(caught.value)


async def test_the_migrations_make_exactly_the_schema(url: str) -> None:
    database = Database.of(url)
    await migrate(database)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_object": _declared})
        return list(compare_metadata(context, metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


def _declared(_: object, name: str | None, *__: object) -> bool:
    """All but what full text search lays over `recording_texts`: each database has its own there."""
    return name is None or not name.startswith("recording_words")


async def test_a_database_of_a_newer_release_is_left_alone(url: str) -> None:
    async with await Store.open(url):
        pass
    database = Database.of(url)
    async with database.writing() as session:
        [(present,)] = await session.all("SELECT version_num FROM alembic_version")
        await session.run("UPDATE alembic_version SET version_num = $1", "9999")
    try:
        with pytest.raises(StoreError, match="newer release"):
            await Store.open(url)
    finally:
        async with database.writing() as session:
            await session.run("UPDATE alembic_version SET version_num = $1", present)
        await database.close()


async def test_cells_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    stores = await asyncio.gather(*(Store.open(f"sqlite:///{tmp_path}/new.db", cell=cell) for cell in range(4)))
    for store in stores:
        await store.ping()
        await store.close()


async def test_a_write_that_raises_leaves_nothing(url: str) -> None:
    async with await Store.open(url) as store:
        database = Database.of(url)
        with pytest.raises(StoreError, match="stop here"):
            await _write_and_raise(database)
        await database.close()
        assert await store.clients.list() == ()


async def _write_and_raise(database: Database) -> None:
    async with database.writing() as session:
        await session.run("INSERT INTO clients (id, name) VALUES ($1, $2)", 1, "lender")
        raise StoreError("stop here")


async def test_a_durable_commit_is_asked_for(tmp_path: Path) -> None:
    database = Database.of(f"sqlite:///{tmp_path}/dialer.db")
    async with database.writing() as session:
        modes = [await session.all(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert [value for [(value,)] in modes] == ["wal", 2, 1]  # 2 = FULL
    await database.close()
