"""Imports: their number and progress, rows in by way of a `Loader`, and out again.

Reading files is `dialer.leads`' work.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import select

from dialer.core.ids import CampaignId
from dialer.core.model import Campaign
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.direct import Direct, Work
from dialer.store.errors import NotFoundError
from dialer.store.known import Past, pasts
from dialer.store.loading import UNDONE, Kept, Known, Load, NewLead, keep, known_rows, prepare
from dialer.store.locks import of_import
from dialer.store.placement import place_accounts
from dialer.store.rows import ImportRow
from dialer.store.sweep import Sweep

CHUNK = 6_000  # rows written at a time: fewer, and each index page is written far more often; more, and others wait
TRANSACTION_MAX_S = 0.5  # of a load that nobody is seen to wait for

T = TypeVar("T")
Progress = Callable[[int, int], None]  # how much is done, of how much

_PROGRESS = "UPDATE imports SET row_count = $1, lead_count = $2, progress = $3, finished_at = $4 WHERE id = $5"

# Figures that a client told since are newer than those that are put back: they stay. Where a later import changed them,
# what that one would put back is now what was there before this one.
_NEXT_FORGETS = """UPDATE import_changes SET balance = $1, currency = $2, days_past_due = $3, fields = $4,
    updated_at = $5 WHERE account = $6 AND import_id = (SELECT min(n.import_id) FROM import_changes n
        WHERE n.account = $6 AND n.import_id > $7)"""
_PUT_BACK = """UPDATE accounts SET balance = $1, currency = $2, days_past_due = $3, fields = $4, updated_at = $5
    WHERE id = $6 AND NOT EXISTS (SELECT 1 FROM import_changes n WHERE n.account = $6 AND n.import_id > $7)
    AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.id = $7 AND i.finished_at < accounts.updated_at)"""

_LATER = """(SELECT min(n.import_id) FROM import_changes n JOIN imports i ON i.id = n.import_id
    WHERE n.account = $5 AND n.import_id > $6 AND i.campaign = $7)"""
_NEXT_FORGETS_LEAD = f"""UPDATE import_changes SET priority = $1, segment = $2, rank = $3, expires_at = $4
    WHERE account = $5 AND import_id = {_LATER}"""  # noqa: S608 - our own words
_PUT_LEAD_BACK = f"""UPDATE leads SET priority = $1, segment = $2, rank = $3, expires_at = $4
    WHERE account = $5 AND campaign = $7 AND {_LATER} IS NULL"""  # noqa: S608 - our own words


class Imports:
    """Imports by campaign."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, *, campaign: CampaignId | None = None) -> tuple[ImportRow, ...]:
        """Newest first."""
        query = select(schema.imports).order_by(schema.imports.c.id.desc())
        if campaign is not None:
            query = query.where(schema.imports.c.campaign == campaign)
        async with self._database.reading() as connection:
            return tuple(from_row(ImportRow, row) for row in (await connection.execute(query)).mappings())

    async def begin(self, campaign: CampaignId, file: str, now: float, *, digest: str = "") -> int:
        """Note that a file comes in; the import's number. `digest` tells the file, and how it is read, from others."""
        async with self._database.writing() as session:
            [fresh] = await session.ids("imports", 1)
            await session.run(
                """INSERT INTO imports (id, campaign, file, at, row_count, lead_count, digest)
                VALUES ($1, $2, $3, $4, 0, 0, $5)""",
                fresh, campaign, file, now, digest,
            )  # fmt: skip
        return fresh

    async def cut_off(self, campaign: CampaignId, digest: str) -> ImportRow | None:
        """The import of this file that was begun and not brought to its end."""
        found = await self.list(campaign=campaign)
        return next((o for o in found if o.digest == digest and o.finished_at is None and o.undone_at is None), None)

    @asynccontextmanager
    async def alone(self, campaign: CampaignId, digest: str) -> AsyncIterator[None]:
        """Nobody else brings this file into the campaign, or takes it back, within the block. Raises TakenError."""
        lock = of_import(self._database, f"{campaign} {digest}")
        await lock.hold()
        try:
            yield
        finally:
            await lock.release()

    async def known(self, campaign: Campaign, rows: Sequence[NewLead]) -> Mapping[str, Known]:
        """What is there already of the rows, by external id."""
        async with self._database.reading() as connection:
            return await known_rows(Session(connection), campaign, rows)

    async def pasts(self, campaign: Campaign, people: Collection[int], now: float) -> Mapping[int, Past]:
        """What is known of those of the people who were called, or of whom something was said."""
        return await pasts(self._database, people, campaign.client, now)

    def loader(self, load: Load) -> "Loader":
        """A way in for the rows of one import."""
        return Loader(self._database, load)

    async def add(self, number: int, campaign: Campaign, rows: Sequence[NewLead], now: float) -> int:
        """Keep rows as leads due at `now`, in one transaction; how many leads are new. Raises StoreError."""
        async with self.loader(Load(number, campaign, now)) as loader:
            kept = await loader.add(rows)
            await loader.finish(now)
        return kept.leads

    async def undo(self, number: int, now: float, *, progress: Progress | None = None) -> int:
        """Take an import back: its leads that are not finished, its numbers, the figures that it changed.

        How many leads were withdrawn; `progress` is told of how many rows. Raises NotFoundError, and TakenError while
        the list still comes in.
        """
        found = next((one for one in await self.list() if one.id == number), None)
        if found is None:
            raise NotFoundError(f"there is no import {number}")
        async with self.alone(found.campaign, found.digest):
            return await self._undo(found, now, progress)

    async def _undo(self, found: ImportRow, now: float, progress: Progress | None) -> int:
        number = found.id
        withdrawn = done = 0
        while some := await self._withdraw_some(number):
            withdrawn += some
            if progress is not None:
                progress(withdrawn, found.row_count)
        while some := await self._put_some_back(number, found.campaign, now):
            done += some
            if progress is not None:
                progress(min(withdrawn + done, found.row_count), found.row_count)
        async with self._database.writing() as session:
            await session.run("UPDATE imports SET undone_at = $1 WHERE id = $2", now, number)
        return withdrawn

    async def _withdraw_some(self, number: int) -> int:
        async with self._database.writing() as session:
            rows = await session.all(
                """SELECT id, person FROM leads WHERE import_id = $1 AND state IN ('open', 'claimed') LIMIT $2""",
                number, CHUNK,
            )  # fmt: skip
            await session.many(
                "UPDATE leads SET state = 'withdrawn', due_at = NULL, result = $1 WHERE id = $2",
                [(UNDONE, lead) for lead, _ in rows],
            )
            await _withdraw_numbers(session, number, [person for _, person in rows])
            return len(rows)

    async def _put_some_back(self, number: int, campaign: CampaignId, now: float) -> int:
        async with self._database.writing() as session:
            rows = await session.all(
                """SELECT c.account, a.person, c.balance, c.currency, c.days_past_due, c.fields, c.updated_at,
                c.priority, c.segment, c.rank, c.expires_at
                FROM import_changes c JOIN accounts a ON a.id = c.account WHERE c.import_id = $1 LIMIT $2""",
                number, CHUNK,
            )  # fmt: skip
            changes = [(*row[2:7], row[0], number) for row in rows]
            await session.many(_NEXT_FORGETS, changes)
            await session.many(_PUT_BACK, changes)
            of_leads = [(*row[7:], row[0], number, campaign) for row in rows if row[7] is not None]
            await session.many(_NEXT_FORGETS_LEAD, of_leads)
            await session.many(_PUT_LEAD_BACK, of_leads)
            await place_accounts(session, [row[0] for row in rows], now)
            await session.many(
                "DELETE FROM import_changes WHERE import_id = $1 AND account = $2", [(number, row[0]) for row in rows]
            )
            await _withdraw_numbers(session, number, [row[1] for row in rows])
            return len(rows)


async def _withdraw_numbers(session: Session, number: int, people: Sequence[int]) -> None:
    await session.many(
        "UPDATE phones SET state = 'withdrawn' WHERE person = $1 AND import_id = $2",
        [(person, number) for person in people],
    )


async def _kept(session: Session, load: Load, rows: Sequence[NewLead]) -> Kept:
    """Write rows; leads that were there before stand by their new figures."""
    kept = await keep(session, load, rows)
    await place_accounts(session, kept.changed, load.now)
    return kept


class Loader:
    """Rows of one import on their way in. On SQLite a transaction goes on until somebody waits for the database.

    What `add` was given is durable once `step` has committed it, or `finish`. Raises StoreError.
    """

    def __init__(self, database: Database, load: Load) -> None:
        self._database, self._load = database, load
        self._direct = Direct(database.file, prepare) if database.file is not None else None
        self._sweep = Sweep(database.file) if database.file is not None else None
        self._session: Session | None = None  # of a transaction on a server
        self._held: AsyncExitStack | None = None  # while a transaction is open
        self._begun = 0.0
        self._rows, self._leads, self._progress = 0, 0, "{}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is not committed by now is undone."""
        held, self._held = self._held, None
        if self._direct is not None:
            await self._direct.rollback()
            await self._direct.close()
        if self._sweep is not None:
            await self._sweep.close()
        if held is not None:
            undone = kind or asyncio.CancelledError  # a server's transaction ends as its block does
            with suppress(asyncio.CancelledError):
                await held.__aexit__(undone, error or undone(), trace)

    def resume(self, row: ImportRow) -> None:
        """Count on from where the import was cut off."""
        self._rows, self._leads, self._progress = row.row_count, row.lead_count, row.progress

    async def add(self, rows: Sequence[NewLead]) -> Kept:
        """Write at most CHUNK rows."""
        assert len(rows) <= CHUNK
        with self._database.in_our_words():
            kept = await self._within(partial(_kept, load=self._load, rows=rows))
        self._rows += len(rows) - len(kept.refused)
        self._leads += kept.leads
        return kept

    async def step(self, progress: Mapping[str, Any]) -> None:
        """Say how far the import has come; committed now, or with what follows where nobody waits."""
        self._progress = json.dumps(progress)
        long = time.monotonic() - self._begun > TRANSACTION_MAX_S
        if self._direct is None or long or (self._database.turn is not None and self._database.turn.wanted):
            await self._commit(None)

    async def finish(self, now: float) -> None:
        """Make all durable: nothing more comes."""
        await self._commit(now)
        if self._direct is not None:
            with self._database.in_our_words():
                await self._direct.sync()

    async def _commit(self, finished_at: float | None) -> None:
        values = (self._rows, self._leads, self._progress, finished_at, self._load.number)
        with self._database.in_our_words():
            await self._within(lambda session: session.run(_PROGRESS, *values))
            if self._direct is not None:
                await self._direct.commit()
            if self._sweep is not None:
                self._sweep.wanted()
            held, self._held = self._held, None
            if held is not None:
                await held.aclose()

    async def _within(self, work: Work[T]) -> T:
        if self._held is None:
            await self._begin()
        if self._direct is not None:
            return await self._direct.within(work)
        assert self._session is not None
        return await work(self._session)

    async def _begin(self) -> None:
        async with AsyncExitStack() as held:
            if self._direct is None:
                self._session = await held.enter_async_context(self._database.writing())
            else:
                await held.enter_async_context(self._database.alone_here())
                assert self._database.turn is not None
                async with self._database.turn.asked():
                    await self._direct.begin()
            self._held = held.pop_all()
        self._begun = time.monotonic()
