"""What the feeds did, and up to where each has got."""

from dataclasses import dataclass

from sqlalchemy import select

from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database

_RUN = schema.feed_runs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRun:
    """One go of a feed. `state` is running, done or failed."""

    id: int
    feed: str
    begun_at: float
    ended_at: float | None = None
    state: str = "running"
    file: str = ""
    row_count: int = 0
    rejected: int = 0
    error: str = ""


class FeedLog:
    """The log of all feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, feed: str, now: float, file: str = "") -> int:
        """Note that a go begins; its number."""
        async with self._database.writing() as session:
            [run] = await session.ids("feed_runs", 1)
            await session.run(
                """INSERT INTO feed_runs (id, feed, begun_at, state, file, row_count, rejected, error)
                VALUES ($1, $2, $3, 'running', $4, 0, 0, '')""",
                run, feed, now, file,
            )  # fmt: skip
        return run

    async def end(
        self, run: int, now: float, *, rows: int = 0, rejected: int = 0, error: str = "", told: str = ""
    ) -> None:
        """Note how it ended: failed where there is an `error`; `told` is what else there is to say."""
        async with self._database.writing() as session:
            await session.run(
                """UPDATE feed_runs SET ended_at = $1, state = $2, row_count = $3, rejected = $4, error = $5
                WHERE id = $6""",
                now, "failed" if error else "done", rows, rejected, error or told, run,
            )  # fmt: skip

    async def list(self, feed: str | None = None, *, limit: int = 50) -> tuple[FeedRun, ...]:
        """The last goes, newest first."""
        query = select(schema.feed_runs).order_by(_RUN.begun_at.desc(), _RUN.id.desc()).limit(limit)
        if feed is not None:
            query = query.where(_RUN.feed == feed)
        async with self._database.reading() as connection:
            return tuple(from_row(FeedRun, row) for row in (await connection.execute(query)).mappings())

    async def mark(self, feed: str) -> str:
        """Up to where the feed has got; empty at first."""
        async with self._database.reading() as connection:
            query = select(schema.feed_marks.c.mark).where(schema.feed_marks.c.feed == feed)
            return (await connection.execute(query)).scalar_one_or_none() or ""

    async def set_mark(self, feed: str, mark: str) -> None:
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO feed_marks (feed, mark) VALUES ($1, $2)
                ON CONFLICT (feed) DO UPDATE SET mark = excluded.mark""",
                feed, mark,
            )  # fmt: skip
