"""What was answered to requests that name an idempotency key."""

from dataclasses import dataclass

from sqlalchemy import select

from dialer.store.admin_tables import requests_done
from dialer.store.database import Database

_ROW = requests_done.c


@dataclass(frozen=True, slots=True)
class Done:
    """A request by its digest, and its answer; status 0 while it is being done."""

    request: str
    status: int
    body: str


class RequestsDone:
    """By the digest of who asks and the key given."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, key: str, request: str, now: float, *, stuck_before: float) -> Done | None:
        """Take the key for a request that is now being done; None where it was free, else what stands there."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM requests_done WHERE key = $1 AND status = 0 AND at < $2", key, stuck_before)
            fresh = await session.run(
                """INSERT INTO requests_done (key, request, at, status, body) VALUES ($1, $2, $3, 0, '')
                ON CONFLICT (key) DO NOTHING""",
                key, request, now,
            )  # fmt: skip
            if fresh:
                return None
            query = select(_ROW.request, _ROW.status, _ROW.body).where(_ROW.key == key)
            row = (await session.connection.execute(query)).one()
        return Done(row.request, row.status, row.body)

    async def end(self, key: str, status: int, body: str) -> None:
        """Keep the answer."""
        async with self._database.writing() as session:
            await session.run("UPDATE requests_done SET status = $1, body = $2 WHERE key = $3", status, body, key)

    async def forget(self, key: str) -> None:
        """Let the key be free again."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM requests_done WHERE key = $1", key)

    async def remove_before(self, at: float) -> None:
        """Let go of what nobody asks about any more."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM requests_done WHERE at < $1", at)
