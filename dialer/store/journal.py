"""The journal: what came into the engine and what went out, in order, for replays and questions."""

from collections.abc import AsyncIterator

from sqlalchemy import func, select

from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database
from dialer.store.rows import JournalRow, Run

_ENTRY = schema.journal.c
_CHUNK = 2_000


class Journal:
    """Runs of the engine and their entries. Written by the store's `apply` alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def runs(self) -> tuple[Run, ...]:
        """Every run, oldest first."""
        async with self._database.reading() as connection:
            query = select(schema.runs).order_by(schema.runs.c.id)
            return tuple(from_row(Run, row) for row in (await connection.execute(query)).mappings())

    async def events(self, run: int, after_seq: int = 0, *, limit: int = _CHUNK) -> tuple[JournalRow, ...]:
        """Entries of a run in order, from the one after `after_seq` on."""
        query = (
            select(schema.journal)
            .where(_ENTRY.run == run, _ENTRY.seq > after_seq)
            .order_by(_ENTRY.run, _ENTRY.seq)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return tuple(from_row(JournalRow, row) for row in (await connection.execute(query)).mappings())

    async def ends(self) -> dict[int, int]:
        """The last entry of each run that has any."""
        query = select(_ENTRY.run, func.max(_ENTRY.seq)).group_by(_ENTRY.run)
        async with self._database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def stream(self, since: float, until: float) -> AsyncIterator[JournalRow]:
        """Every entry with since <= at < until, by run and order."""
        for run in await self._runs_within(since, until):
            after = 0
            while rows := await self.events(run.id, after):
                for row in rows:
                    if since <= row.at < until:
                        yield row
                after = rows[-1].seq

    async def _runs_within(self, since: float, until: float) -> list[Run]:
        """The runs that may have been alive in the stretch: a cell's run ends where its next begins."""
        within: list[Run] = []
        ends: dict[int, float] = {}
        for run in reversed(await self.runs()):
            if run.begun_at < until and ends.get(run.cell, until) >= since:
                within.append(run)
            ends[run.cell] = run.begun_at
        return within[::-1]
