"""One go of a feed: what came is applied, what happened goes back. Safe to be cut off and to be run again."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import text

from dialer.core.accounts import AccountEvent
from dialer.core.ids import ClientId
from dialer.core.messages import LeadsChanged, ListChanged
from dialer.core.model import CallRecord, Campaign
from dialer.errors import ImportRefusedError, StoreError
from dialer.feeds.layout import FileRow, RowError, event_of, moment, ours, returned, rows_of, written
from dialer.feeds.lists import as_file, campaign_of, take_in
from dialer.feeds.marks import ids_of, last_mark, marked
from dialer.feeds.places import Place, PlaceError, reached
from dialer.feeds.settings import FeedSettings, Way
from dialer.leads.account_news import apply_events
from dialer.store import CallFilter, CallRow, NotFoundError, Store
from dialer.store.database import Database

Tell = Callable[[LeadsChanged | ListChanged], None]
WRAP_UP_MAX_S = 3600.0  # after this nobody writes a call up any more
CHUNK = 1_000  # rows of a file that are applied at a time
ROWS_MAX = 50_000  # of one go of a database, or of one file that goes back
TOLD_MAX = 3  # reasons of rejected rows of a database, which has no file to put them into


@dataclass(slots=True)
class Went:
    """What a go did. `told`: the first reasons of rows that were rejected and have no file to stand in."""

    rows: int = 0
    rejected: int = 0
    files: int = 0
    told: list[str] = field(default_factory=list)


class Feed:
    """A feed of one client. `tell` brings to the engine whose leads, or which lists, changed."""

    def __init__(self, settings: FeedSettings, store: Store, tell: Tell, now: Callable[[], float]) -> None:
        self.settings = settings
        self._store = store
        self._tell = tell
        self._now = now

    async def go(self) -> Went:
        """One go, logged. Raises DialerError: it is logged as failed, and may be run again."""
        settings = self.settings
        run = await self._store.feeds.begin(
            settings.name, self._now(), settings.pattern if not settings.is_database else ""
        )
        went = Went()
        try:
            client = await self._store.clients.by_name(settings.client)
            if client is None:
                raise NotFoundError(f"feed {settings.name}: there is no client {settings.client!r}")
            await self._go(ClientId(client.id), went)
        except (PlaceError, StoreError, RowError) as error:
            await self._store.feeds.end(run, self._now(), rows=went.rows, rejected=went.rejected, error=str(error))
            raise
        told = "; ".join(went.told)
        await self._store.feeds.end(run, self._now(), rows=went.rows, rejected=went.rejected, told=told)
        return went

    async def _go(self, client: ClientId, went: Went) -> None:
        settings = self.settings
        if settings.is_database:
            await (self._from_table(client, went) if settings.way == Way.IN else self._to_table(client, went))
            return
        async with reached(settings) as place:
            await (
                self._from_files(place, client, went) if settings.way == Way.IN else self._to_file(place, client, went)
            )

    # ---------------------------------------------------------------- in

    async def _from_files(self, place: Place, client: ClientId, went: Went) -> None:
        failed: list[PlaceError] = []  # one that cannot be fetched keeps back none of the others
        for file in await place.files(self.settings.pattern):
            if self._now() - file.changed_at < self.settings.settle_s:
                continue
            try:
                await self._from_place(place, file.name, client, went)
            except PlaceError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    async def _from_place(self, place: Place, name: str, client: ClientId, went: Went) -> None:
        if self.settings.brings_leads:
            await self._list_from_place(place, name, client, went)
            return
        with tempfile.TemporaryFile() as copy:
            digest = await place.fetch(name, copy)
            copy.seek(0)
            wrong = await self._from_file(copy, digest[:16], client, went)
        lines = "".join(f"{line};{reason}\r\n" for line, reason in wrong)
        await place.done(name, f"line;reason\r\n{lines}".encode() if wrong else b"")

    async def _list_from_place(self, place: Place, name: str, client: ClientId, went: Went) -> None:
        campaign = await campaign_of(self.settings, self._store, client)
        with tempfile.TemporaryDirectory(prefix="cadencia-feed-") as folder:
            path = Path(folder) / name
            with path.open("wb") as copy:
                await place.fetch(name, copy)
            rejected = await self._take_in(campaign, path, went)
        went.files += 1
        await place.done(name, rejected)

    async def _take_in(self, campaign: Campaign, path: Path, went: Went) -> bytes:
        """Import the list; the file of its rejected rows."""
        try:
            report, rejected = await take_in(self.settings, self._store, campaign, path, self._now())
        except ImportRefusedError as error:
            went.rejected += 1
            return f"line;reason\r\n1;{str(error).replace(f'{path.parent}/', '')}\r\n".encode()
        went.rows += report.rows
        went.rejected += sum(report.rejected.values())
        went.told += [f"{count} rows: {kind}" for kind, count in report.rejected.most_common(TOLD_MAX)]
        self._tell(ListChanged(campaign.id))
        return rejected

    async def _from_file(self, copy: IO[bytes], digest: str, client: ClientId, went: Went) -> list[tuple[int, str]]:
        """Apply a file some rows at a time, however long it is, read beside the engine's loop; the lines rejected."""
        try:
            rows = await asyncio.to_thread(rows_of, copy, self.settings.layout)
        except RowError as error:
            went.rejected += 1
            return [(1, str(error))]
        wrong: list[tuple[int, str]] = []
        while some := await asyncio.to_thread(_some, rows):
            ids = [f"{digest}:{one.line}" for one in some]
            wrong += await self._apply(client, some, ids, went)
        went.files += 1
        return wrong

    async def _apply(
        self, client: ClientId, rows: Sequence[FileRow], ids: Sequence[str], went: Went
    ) -> list[tuple[int, str]]:
        """Apply rows, each by its id where it tells none itself; the lines that could not be, with the reason."""
        wrong: list[tuple[int, str]] = []
        events: list[AccountEvent] = []
        lines: list[int] = []
        for row, fallback in zip(rows, ids, strict=True):
            try:
                events.append(event_of(row, self.settings.layout, fallback))
                lines.append(row.line)
            except RowError as error:
                wrong.append((row.line, str(error)))
        applied, news = await apply_events(self._store, client, events, f"feed {self.settings.name}", self._now())
        for one in news:
            self._tell(one)
        wrong += [(lines[place], "there is no such account") for place in applied.unknown]
        went.rows += len(rows)
        went.rejected += len(wrong)
        return sorted(wrong)

    async def _from_table(self, client: ClientId, went: Went) -> None:
        database = Database.of(self.settings.place)
        try:
            while await self._some_of_table(database, client, went) == ROWS_MAX:
                pass
        finally:
            await database.close()

    async def _some_of_table(self, database: Database, client: ClientId, went: Went) -> int:
        """The next rows of the query; how many."""
        settings = self.settings
        mark = await self._store.feeds.mark(settings.name) or settings.mark_from
        query = text(settings.query)
        if ":mark" in settings.query:
            query = query.bindparams(marked(mark, server=database.file is None))
        try:
            async with database.reading() as connection:
                came = (await connection.execute(query)).mappings().fetchmany(ROWS_MAX)
        except StoreError as error:
            raise PlaceError(f"the query failed: {error}") from error
        found = [dict(row) for row in came]
        if not found:
            return 0
        if len(found) == ROWS_MAX and not settings.mark:
            raise PlaceError(f"the query gives {ROWS_MAX:,} rows or more: give it a `mark`, and ask for :mark")
        if settings.brings_leads:
            return await self._list_from_rows(found, client, went)
        names = ours(found[0].keys(), settings.layout)
        rows = [{names[name]: value for name, value in row.items() if name in names} for row in found]
        last = last_mark(found, settings.mark) if settings.mark else ""
        numbered = [FileRow(n, row) for n, row in enumerate(rows, 1)]
        wrong = await self._apply(client, numbered, ids_of(settings, found), went)
        went.told += [f"row {n} from {mark or 'the beginning'}: {reason}" for n, reason in wrong]
        del went.told[TOLD_MAX:]
        if last:
            await self._store.feeds.set_mark(settings.name, last)
        return len(found) if settings.mark else 0

    async def _list_from_rows(self, found: Sequence[Mapping[str, Any]], client: ClientId, went: Went) -> int:
        settings = self.settings
        campaign = await campaign_of(settings, self._store, client)
        last = last_mark(found, settings.mark) if settings.mark else ""
        with tempfile.TemporaryDirectory(prefix="cadencia-feed-") as folder:
            await self._take_in(campaign, as_file(found, Path(folder), settings.name), went)
        if last:
            await self._store.feeds.set_mark(settings.name, last)
        return len(found) if settings.mark else 0

    # ---------------------------------------------------------------- out

    async def _calls(self, client: ClientId) -> tuple[list[dict[str, object]], str]:
        """Calls that ended since the mark, under our names, and the mark behind them."""
        mark = await self._store.feeds.mark(self.settings.name)
        at, _, last = mark.partition("/")
        since, after = float(at or 0), int(last or 0)
        until = await self._first_open(since)
        rows: list[dict[str, object]] = []
        where = CallFilter(since=since, until=until, ended=True, placed=True)
        async for call in self._store.calls.stream(where):
            record = call.record
            if record.client != client or (record.reserved_at, record.id) <= (since, after):
                continue
            if self._unwrapped(record):
                break  # it goes with the next file, and so do those behind it
            rows.append(await self._row(call))
            mark = f"{record.reserved_at!r}/{record.id}"
            if len(rows) == ROWS_MAX:
                break
        return rows, mark

    async def _first_open(self, since: float) -> float | None:
        """When the first call was made that is still in progress: those behind it wait, or it would be passed over."""
        async for call in self._store.calls.stream(CallFilter(since=since, ended=False)):
            return call.record.reserved_at
        return None

    def _unwrapped(self, record: CallRecord) -> bool:
        """Whether an agent is still writing the call up."""
        talked = record.agent is not None and record.bridged_at is not None
        fresh = record.ended_at is not None and self._now() - record.ended_at < WRAP_UP_MAX_S
        return talked and record.wrapped_at is None and fresh

    async def _row(self, call: CallRow) -> dict[str, object]:
        record = call.record
        view = await self._store.leads.view(record.lead)
        account = view.account if view is not None else None
        return {
            "call": record.id,
            "account": account.external_id if account is not None else "",
            "national_id": (view.person.national_id if view is not None else "") or "",
            "number": record.number,
            "placed_at": moment(record.placed_at),
            "talk_s": round(record.ended_at - record.bridged_at) if record.ended_at and record.bridged_at else 0,
            "outcome": record.outcome or "",
            "disposition": record.disposition,
            "agent": call.agent,
            "campaign": call.campaign,
        }

    async def _to_file(self, place: Place, client: ClientId, went: Went) -> None:
        while await self._some_to_file(place, client, went) == ROWS_MAX:
            pass

    async def _some_to_file(self, place: Place, client: ClientId, went: Went) -> int:
        """The next calls as a file; how many."""
        rows, mark = await self._calls(client)
        if not rows:
            return 0
        shown = [returned(row, self.settings.layout) for row in rows]
        # The name tells what is in it: cut off and run again, the same file is written over itself.
        day = datetime.fromtimestamp(float(mark.partition("/")[0]), UTC)
        name = f"{self.settings.name}-{day:%Y%m%dT%H%M%S}-{mark.partition('/')[2]}.csv"
        await place.put(name, written(shown, self.settings.layout))
        await self._store.feeds.set_mark(self.settings.name, mark)
        went.rows, went.files = went.rows + len(rows), went.files + 1
        return len(rows)

    async def _to_table(self, client: ClientId, went: Went) -> None:
        while await self._some_to_table(client, went) == ROWS_MAX:
            pass

    async def _some_to_table(self, client: ClientId, went: Went) -> int:
        """The next calls into the table; how many."""
        rows, mark = await self._calls(client)
        if not rows:
            return 0
        shown = [returned(row, self.settings.layout) for row in rows]
        names = list(shown[0])
        slots = ", ".join(f":c{n}" for n in range(len(names)))
        sql = f"INSERT INTO {self.settings.table} ({', '.join(names)}) VALUES ({slots}) ON CONFLICT DO NOTHING"  # noqa: S608 - checked names
        database = Database.of(self.settings.place)
        try:
            async with database.writing() as session:
                values = [{f"c{n}": row[name] for n, name in enumerate(names)} for row in shown]
                await session.connection.execute(text(sql), values)
        except StoreError as error:
            raise PlaceError(f"the table {self.settings.table} does not take the calls: {error}") from error
        finally:
            await database.close()
        await self._store.feeds.set_mark(self.settings.name, mark)
        went.rows += len(rows)
        return len(rows)


def _some(rows: Iterator[FileRow]) -> list[FileRow]:
    return list(islice(rows, CHUNK))
