"""Numbers that must not be called, by list. Every reservation asks here; nothing is kept of it elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.messages import AddDoNotCall
from dialer.leads.numbers import current
from dialer.store import schema
from dialer.store.batch import Moment
from dialer.store.codec import from_row
from dialer.store.compliance import Told, add
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError
from dialer.store.forbidden import ANYWHERE, HASHINGS, Asked, digest, forbidding, loaded
from dialer.store.rows import DoNotCallEntry, DoNotCallList
from dialer.store.taken_off import take_up
from dialer.store.writes import add_do_not_call

_ENTRY, _LIST, _PREFIX = schema.do_not_call.c, schema.do_not_call_lists.c, schema.do_not_call_prefixes.c
_CHUNK = 2_000  # rows in one transaction, so that the engine never waits long behind a load
# What forbids a number is never weakened by being told again: the later end holds, and no end before any.
_LONGER = """CASE WHEN {table}.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
    WHEN excluded.expires_at > {table}.expires_at THEN excluded.expires_at ELSE {table}.expires_at END"""
_ADD = f"""INSERT INTO do_not_call (number, source, added_at, expires_at, load) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (number, source) DO UPDATE SET expires_at = {_LONGER.format(table="do_not_call")},
        load = excluded.load"""  # noqa: S608 - our own names
_THERE = "SELECT count(*) FROM do_not_call WHERE source = $1 AND number IN {numbers}"
_ADD_PREFIX = f"""INSERT INTO do_not_call_prefixes (prefix, source, added_at, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (prefix, source) DO UPDATE SET
        expires_at = {_LONGER.format(table="do_not_call_prefixes")}"""  # noqa: S608 - our own names
_DEFINE = """INSERT INTO do_not_call_lists (name, campaign, client, purposes, hashing, salt, loaded_at, load)
    VALUES ($1, $2, $3, $4, $5, $6, NULL, 0) ON CONFLICT (name) DO UPDATE SET campaign = excluded.campaign,
    client = excluded.client, purposes = excluded.purposes, hashing = excluded.hashing, salt = excluded.salt"""
_NAME = """INSERT INTO do_not_call_lists (name, purposes, hashing, salt, load) VALUES ($1, '', '', '', 0)
    ON CONFLICT DO NOTHING"""
_BEGIN = "UPDATE do_not_call_lists SET load = load + 1 WHERE name = $1"
_DROP = """DELETE FROM do_not_call WHERE source = $1 AND number IN (SELECT number FROM do_not_call
    WHERE source = $1 AND (load IS NULL OR load <> $2) AND number > $3 ORDER BY number LIMIT $4) RETURNING number"""
_NEXT = "SELECT number FROM do_not_call WHERE source = $1 AND number > $2 ORDER BY number LIMIT $3"
_OLD = """SELECT max(number) FROM (SELECT number FROM do_not_call
    WHERE source = $1 AND (load IS NULL OR load <> $2) AND number > $3 ORDER BY number LIMIT $4) AS old"""


class DoNotCall:
    """The lists, by name (`source`). Numbers are E.164 with +."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell

    # ---------------------------------------------------------------- lists

    async def define(self, given: DoNotCallList, now: float) -> None:
        """Say whom a list holds for from now on, and whether it is hashed. Raises ValueError, ConflictError."""
        if given.hashing and given.hashing not in HASHINGS:
            raise ValueError(f"{given.hashing!r} is none of {', '.join(HASHINGS)}")
        before = (await self._defined()).get(given.name, DoNotCallList(name=given.name))
        otherwise = (before.hashing, before.salt) != (given.hashing, given.salt)
        if otherwise and await self.list(source=given.name, limit=1):
            raise ValueError(f"the list {given.name} has numbers, which are hashed otherwise: empty it first")
        values = (given.name, given.campaign, given.client, " ".join(given.purposes), given.hashing, given.salt)
        async with self._database.writing() as session:
            await session.run(_DEFINE, *values)
        if (before.campaign, before.client, before.purposes) != (given.campaign, given.client, given.purposes):
            await self._free(given.name, now)

    async def _free(self, source: str, now: float) -> None:
        """Whom the list holds for is other: those it holds for no longer come back."""
        after = ""
        while True:
            async with self._database.writing() as session:
                numbers = [number for (number,) in await session.all(_NEXT, source, after, _CHUNK)]
                if not numbers:
                    return
                await take_up(session, numbers, now)
                after = numbers[-1]

    async def lists(self) -> tuple[DoNotCallList, ...]:
        """Every list that has been defined or has entries, with how many."""
        async with self._database.reading() as connection:
            numbers = await _counted(connection, _ENTRY.source)
            prefixes = await _counted(connection, _PREFIX.source)
        defined = await self._defined()
        return tuple(
            replace(
                defined.get(name, DoNotCallList(name=name)),
                numbers=numbers.get(name, 0),
                prefixes=prefixes.get(name, 0),
            )
            for name in sorted({*defined, *numbers, *prefixes})
        )

    async def _defined(self) -> dict[str, DoNotCallList]:
        """What was said of lists, without a look at what is on them."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(schema.do_not_call_lists))).mappings()
            values = [{**row, "purposes": tuple(row["purposes"].split())} for row in rows]
        return {str(one["name"]): from_row(DoNotCallList, one) for one in values}

    # ---------------------------------------------------------------- entries

    async def add(
        self,
        numbers: Iterable[str],
        source: str,
        now: float,
        *,
        expires_at: float | None = None,
        whole: bool = False,
        hashed: bool = False,
        loading: bool = False,
    ) -> int:
        """Put numbers on a list; how many were new. Takes effect on the very next reservation.

        `whole`: these are all of the list, and what it had besides is taken off when they are on it; a load that was
        cut off takes nothing off. `hashed`: they are digests already, where the list is a hashed one. `loading`: a file
        of the list, no single numbers; rules that want the list to be asked hold it for loaded.
        """
        hashing, salt, load = await self._begin(source, whole=whole, loading=loading)
        plain = numbers if hashed else map(current, numbers)
        keys = plain if hashed or not hashing else (digest(number, hashing, salt) for number in plain)
        remaining, given, added = iter(keys), 0, 0
        while chunk := list(islice(remaining, _CHUNK)):
            given += len(chunk)
            async with self._database.writing() as session:
                sql = _THERE.format(numbers=session.listed("$2", "text"))
                [(there,)] = await session.all(sql, source, session.packed(chunk))
                await session.many(_ADD, [(key, source, now, expires_at, load) for key in chunk])
            added += len(set(chunk)) - int(there)
        dropped = await self._drop(source, load, now) if whole and load is not None else 0
        body = f"{source}: {given} numbers, {added} new, {dropped} taken off"
        await self._told("listed", now, body, loaded=source if loading or whole else None)
        return added

    async def _begin(self, source: str, *, whole: bool, loading: bool) -> tuple[str, str, int | None]:
        """How the list is hashed, and the number of the loading."""
        async with self._database.writing() as session:
            if whole or loading:
                await session.run(_NAME, source)
            if whole:
                await session.run(_BEGIN, source)
            rows = await session.all("SELECT hashing, salt, load FROM do_not_call_lists WHERE name = $1", source)
        return (rows[0][0], rows[0][1], int(rows[0][2])) if rows else ("", "", None)

    async def _drop(self, source: str, load: int, now: float) -> int:
        """Take off what the last whole loading did not bring, in pieces; leads that waited for that come back."""
        dropped, after = 0, ""
        while True:
            async with self._database.writing() as session:
                [(last,)] = await session.all(_OLD, source, load, after, _CHUNK)
                if last is None:
                    return dropped
                gone = [number for (number,) in await session.all(_DROP, source, load, after, _CHUNK)]
                await take_up(session, gone, now)
                dropped += len(gone)
                after = last

    async def _told(self, kind: str, now: float, body: str, *, loaded: str | None = None) -> None:
        async with self._database.writing() as session:
            if loaded is not None:
                query = update(schema.do_not_call_lists).where(_LIST.name == loaded).values(loaded_at=now)
                await session.connection.execute(query)
            await add(session, self._cell, [Told(kind=kind, at=now, rule="do_not_call", body=body)])

    async def waive(self, source: str, reason: str, now: float) -> None:
        """Let calls be made that a rule would have wait for this list to be loaded; why stands in the log.

        An empty reason takes it back.
        """
        async with self._database.writing() as session:
            await session.run(_NAME, source)
            query = update(schema.do_not_call_lists).where(_LIST.name == source).values(waived=reason)
            await session.connection.execute(query)
        await self._told("waived" if reason else "unwaived", now, f"{source}: {reason}" if reason else source)

    async def loaded(self, campaign: int, now: float) -> tuple[tuple[str, float], ...]:
        """The lists that hold for the campaign and that are loaded, with when, or are not waited for."""
        async with self._database.reading() as connection:
            return (await loaded(Session(connection), [campaign], now))[campaign]

    async def forbid(self, command: AddDoNotCall, now: float) -> None:
        """Forbid one number for good, as the engine does for somebody who asks on a call."""
        async with self._database.writing() as session:
            await add_do_not_call(session, [command], Moment(self._cell, now))

    async def add_prefixes(
        self, prefixes: Sequence[str], source: str, now: float, *, expires_at: float | None = None
    ) -> None:
        """Forbid every number that begins so: an area, a country, a series."""
        async with self._database.writing() as session:
            await session.many(_ADD_PREFIX, [(prefix, source, now, expires_at) for prefix in prefixes])
            body = f"{source}: numbers that begin with {', '.join(prefixes)}"
            await add(session, self._cell, [Told(kind="listed", at=now, rule="do_not_call", body=body)])

    async def remove(self, number: str, source: str | None = None, *, now: float) -> int:
        """Take a number or a prefix from one list, or from all; from how many it was taken.

        Leads that were given up because of it, or wait, are due again.
        """
        hashed = [one for one in (await self._defined()).values() if one.hashing]
        number = current(number)
        keys = [number, *(digest(number, one.hashing, one.salt) for one in hashed)]
        numbers, prefixes = delete(schema.do_not_call).where(_ENTRY.number.in_(keys)), _PREFIX.prefix == number
        begins = delete(schema.do_not_call_prefixes).where(prefixes)
        if source is not None:
            numbers, begins = numbers.where(_ENTRY.source == source), begins.where(_PREFIX.source == source)
        async with self._database.writing() as session:
            taken = (await session.connection.execute(numbers)).rowcount
            taken += (await session.connection.execute(begins)).rowcount
            if taken:
                await take_up(session, [number], now)
                body = f"{source or 'every list'}: one number, {taken} entries"
                await add(session, self._cell, [Told(kind="unlisted", at=now, rule="do_not_call", body=body)])
        return taken

    async def remove_list(self, source: str, now: float) -> int:
        """Do away with a list and all on it; how many entries it had. Raises NotFoundError."""
        taken = await self._drop(source, -1, now)
        async with self._database.writing() as session:
            query = delete(schema.do_not_call_prefixes).where(_PREFIX.source == source)
            taken += (await session.connection.execute(query)).rowcount
            known = await session.connection.execute(delete(schema.do_not_call_lists).where(_LIST.name == source))
            if not taken and not known.rowcount:
                raise NotFoundError(f"there is no list {source}")
            body = f"{source}: the list, {taken} entries"
            await add(session, self._cell, [Told(kind="unlisted", at=now, rule="do_not_call", body=body)])
        return taken

    async def remove_expired(self, now: float) -> int:
        """Let go of entries whose time is over; they hold no longer anyway."""
        async with self._database.writing() as session:
            old = delete(schema.do_not_call).where(_ENTRY.expires_at <= now)
            begins = delete(schema.do_not_call_prefixes).where(_PREFIX.expires_at <= now)
            gone = (await session.connection.execute(old)).rowcount
            return gone + (await session.connection.execute(begins)).rowcount

    # ---------------------------------------------------------------- looks

    async def list(self, *, source: str | None = None, after: str = "", limit: int = 100) -> tuple[DoNotCallEntry, ...]:
        """Entries by number, from the one after `after` on; all lists of the last number are in."""
        where = _ENTRY.number > after if source is None else (_ENTRY.number > after) & (_ENTRY.source == source)
        numbers = select(_ENTRY.number).where(where).distinct().order_by(_ENTRY.number).limit(limit)
        columns = [_ENTRY[name] for name in ("number", "source", "added_at", "expires_at", "call")]
        query = select(*columns).where(_ENTRY.number.in_(numbers)).order_by(_ENTRY.number, _ENTRY.source)
        if source is not None:
            query = query.where(_ENTRY.source == source)
        async with self._database.reading() as connection:
            return tuple(from_row(DoNotCallEntry, row) for row in (await connection.execute(query)).mappings())

    async def lists_of(self, number: str, *, campaign: int = ANYWHERE, now: float = 0.0) -> tuple[str, ...]:
        """The names of the lists that forbid the number, for one campaign or for everybody."""
        asked = Asked(current(number), campaign)
        async with self._database.reading() as connection:
            return (await forbidding(Session(connection), [asked], now)).get(asked, ())

    async def among(self, numbers: Sequence[str], *, campaign: int = ANYWHERE, now: float = 0.0) -> frozenset[str]:
        """Those of the numbers that some list forbids."""
        asked = [Asked(number, campaign) for number in numbers]
        async with self._database.reading() as connection:
            found = await forbidding(Session(connection), asked, now)
        return frozenset(one.number for one in found)

    async def any(self) -> bool:
        """Whether anything is on any list: where nothing is, no number needs to be looked up."""
        sql = "SELECT EXISTS(SELECT 1 FROM do_not_call) OR EXISTS(SELECT 1 FROM do_not_call_prefixes)"
        async with self._database.reading() as connection:
            [(there,)] = await Session(connection).all(sql)
        return bool(there)

    async def count(self, source: str) -> int:
        """How many numbers are on a list."""
        async with self._database.reading() as connection:
            query = select(func.count()).where(_ENTRY.source == source)
            return int((await connection.execute(query)).scalar_one())


async def _counted(connection: AsyncConnection, column: ColumnElement[str]) -> dict[str, int]:
    rows = await connection.execute(select(column, func.count()).group_by(column))
    return {name: int(count) for name, count in rows}
