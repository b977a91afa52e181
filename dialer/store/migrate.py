"""Brings a database to the present schema: makes the tables of a new one, changes those of an old one.

All steps run in one transaction. Never touches a database that a newer release has changed.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dialer.errors import StoreError
from dialer.store.database import Database

_LOCK = 4_250_031  # any number of our own: cells that start together migrate one after the other


async def migrate(database: Database) -> None:
    """Bring the schema up to date. Raises StoreError where the database is of a newer release.

    One that is up to date is read alone: every command looks, and none may keep a running engine from writing.
    """
    async with database.reading() as connection:
        if await connection.run_sync(_up_to_date):
            return
    async with database.writing() as session:
        if not session.sqlite:
            await session.all("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await session.connection.run_sync(upgrade)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _up_to_date(connection: Connection) -> bool:
    present = MigrationContext.configure(connection).get_current_revision()
    return present is not None and present == ScriptDirectory.from_config(_config()).get_current_head()


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing, on a connection in a transaction."""
    if _up_to_date(connection):
        return
    config = _config()
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in {step.revision for step in scripts.walk_revisions()}:
        raise StoreError(f"the database was made by a newer release (step {present}); install that release")
    command.upgrade(config, "head")
