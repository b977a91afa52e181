"""Numbers that must not be called, by list. Every reservation asks here; nothing is kept of it elsewhere."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import delete, func, select

from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.reserve import lists_of
from dialer.store.rows import DoNotCallEntry

_ENTRY = schema.do_not_call.c
_CHUNK = 2_000  # rows in one transaction, so that the engine never waits long behind a load
_ADD = "INSERT INTO do_not_call (number, source, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


class DoNotCall:
    """The lists, by name (`source`). Numbers are E.164 with +."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, numbers: Iterable[str], source: str, now: float) -> int:
        """Put numbers on a list; how many were new. Takes effect on the very next reservation."""
        before = await self.count(source)
        remaining = iter(numbers)
        while chunk := [(number, source, now) for number in islice(remaining, _CHUNK)]:
            async with self._database.writing() as session:
                await session.many(_ADD, chunk)
        return await self.count(source) - before

    async def remove(self, number: str, source: str | None = None) -> int:
        """Take a number from one list, or from all; from how many it was taken."""
        query = delete(schema.do_not_call).where(_ENTRY.number == number)
        if source is not None:
            query = query.where(_ENTRY.source == source)
        async with self._database.writing() as session:
            return (await session.connection.execute(query)).rowcount

    async def list(self, *, after: str = "", limit: int = 100) -> tuple[DoNotCallEntry, ...]:
        """Entries by number, from the one after `after` on; all lists of the last number are in."""
        numbers = select(_ENTRY.number).where(_ENTRY.number > after).distinct().order_by(_ENTRY.number).limit(limit)
        query = select(schema.do_not_call).where(_ENTRY.number.in_(numbers)).order_by(_ENTRY.number, _ENTRY.source)
        async with self._database.reading() as connection:
            return tuple(from_row(DoNotCallEntry, row) for row in (await connection.execute(query)).mappings())

    async def lists_of(self, number: str) -> tuple[str, ...]:
        """The names of the lists that the number is on."""
        async with self._database.reading() as connection:
            query = select(_ENTRY.source).where(_ENTRY.number == number).order_by(_ENTRY.source)
            return tuple((await connection.execute(query)).scalars())

    async def among(self, numbers: Sequence[str]) -> frozenset[str]:
        """Those of the numbers that are on some list."""
        async with self._database.reading() as connection:
            return frozenset(await lists_of(Session(connection), numbers))

    async def count(self, source: str) -> int:
        """How many numbers are on a list."""
        async with self._database.reading() as connection:
            query = select(func.count()).where(_ENTRY.source == source)
            return int((await connection.execute(query)).scalar_one())
