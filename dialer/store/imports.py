"""Lists as they come in, chunk by chunk, and go out again. Reading files is `dialer.leads`' work.

A chunk is one transaction. The same rows again change nothing but the account's figures.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dialer.core.ids import CampaignId
from dialer.core.model import Campaign
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError
from dialer.store.rows import ImportRow, PhoneState

CHUNK = 2_000  # rows of one transaction, so that the engine never waits long behind a load
UNDONE = "undone"  # the result of a lead whose import was undone: a new import of it takes it up again

_PEOPLE = "INSERT INTO people (id, country, national_id, name) VALUES ($1, $2, $3, $4)"
_ACCOUNTS = """INSERT INTO accounts
    (id, client, external_id, person, balance, currency, days_past_due, fields)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (client, external_id) DO UPDATE SET balance = excluded.balance, currency = excluded.currency,
        days_past_due = excluded.days_past_due, fields = excluded.fields"""
_PHONES = """INSERT INTO phones (person, number, rank, country, zones, state)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"""
_LEADS = f"""INSERT INTO leads (campaign, person, account, state, priority, due_at, segment, import_id)
    VALUES ($1, $2, $3, 'open', $4, $5, $6, $7)
    ON CONFLICT (campaign, account) DO UPDATE SET state = 'open', priority = excluded.priority,
        due_at = excluded.due_at, segment = excluded.segment, import_id = excluded.import_id, result = ''
    WHERE leads.state = 'withdrawn' AND leads.result = '{UNDONE}'"""  # noqa: S608 - our own word


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhone:
    number: str  # E.164 with +, or as written where it is invalid
    valid: bool
    country: str
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """A row of a list: an account, its person, and their numbers, the best first."""

    external_id: str
    national_id: str | None
    country: str  # of the national id
    name: str
    phones: tuple[NewPhone, ...]
    priority: int = schema.PRIORITY_DEFAULT
    balance: str | None = None
    currency: str = ""
    days_past_due: int | None = None
    segment: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Owners:
    """The ids that the rows of a chunk have, by external id."""

    people: dict[str, int]
    accounts: dict[str, int]


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

    async def begin(self, campaign: CampaignId, file: str, now: float) -> int:
        """Note that a file comes in; the import's number."""
        async with self._database.writing() as session:
            [fresh] = await session.ids("imports", 1)
            await session.run(
                "INSERT INTO imports (id, campaign, file, at, row_count, lead_count) VALUES ($1, $2, $3, $4, 0, 0)",
                fresh, campaign, file, now,
            )  # fmt: skip
        return fresh

    async def add(self, number: int, campaign: Campaign, rows: Sequence[NewLead], now: float) -> int:
        """Keep a chunk of at most CHUNK rows as leads due at `now`; how many leads are new. Raises StoreError."""
        assert len(rows) <= CHUNK
        async with self._database.writing() as session:
            people = await _people(session, campaign, rows)
            owners = Owners(people, await _accounts(session, campaign, rows, people))
            await session.many(_PHONES, _phone_rows(rows, people))
            before = await _leads_brought(session, number, campaign, owners)
            await session.many(_LEADS, _lead_rows(number, campaign, rows, owners, now))
            new = await _leads_brought(session, number, campaign, owners) - before
            await session.run(
                "UPDATE imports SET row_count = row_count + $1, lead_count = lead_count + $2 WHERE id = $3",
                len(rows), new, number,
            )  # fmt: skip
        return new

    async def undo(self, number: int, now: float) -> int:
        """Withdraw the leads that an import brought and that are not finished; how many. Raises NotFoundError."""
        if all(one.id != number for one in await self.list()):
            raise NotFoundError(f"there is no import {number}")
        withdrawn = 0
        while some := await self._undo_some(number):
            withdrawn += some
        async with self._database.writing() as session:
            await session.run("UPDATE imports SET undone_at = $1 WHERE id = $2", now, number)
        return withdrawn

    async def _undo_some(self, number: int) -> int:
        async with self._database.writing() as session:
            return await session.run(
                """UPDATE leads SET state = 'withdrawn', due_at = NULL, result = $1 WHERE id IN (
                    SELECT id FROM leads WHERE import_id = $2 AND state IN ('open', 'claimed') LIMIT $3)""",
                UNDONE, number, CHUNK,
            )  # fmt: skip


async def _people(session: Session, campaign: Campaign, rows: Sequence[NewLead]) -> dict[str, int]:
    """The person of each row, by external id: the account's, the one with that national id, or a new one."""
    owners = {external: person for external, _, person in await _known_accounts(session, campaign, rows)}
    known = await _known_people(session, rows)
    fresh = iter(await session.ids("people", len(rows)))
    added: list[tuple[object, ...]] = []
    for row in rows:
        if row.external_id in owners:
            continue
        identity = (row.country, row.national_id)
        person = known.get(identity) if row.national_id is not None else None
        if person is None:
            person = next(fresh)
            added.append((person, row.country, row.national_id, row.name))
            if row.national_id is not None:
                known[identity] = person
        owners[row.external_id] = person
    await session.many(_PEOPLE, added)
    return owners


async def _known_accounts(
    session: Session, campaign: Campaign, rows: Sequence[NewLead]
) -> Sequence[tuple[str, int, int]]:
    sql = f"""SELECT external_id, id, person FROM accounts
        WHERE client = $1 AND external_id IN {session.listed("$2", "text")}"""  # noqa: S608 - our own names
    found = await session.all(sql, campaign.client, session.packed([row.external_id for row in rows]))
    return [(external, account, person) for external, account, person in found]


async def _known_people(session: Session, rows: Sequence[NewLead]) -> dict[tuple[str, str | None], int]:
    known: dict[tuple[str, str | None], int] = {}
    sql = f"""SELECT national_id, id FROM people
        WHERE country = $1 AND national_id IN {session.listed("$2", "text")}"""  # noqa: S608 - our own names
    for country in sorted({row.country for row in rows}):
        wanted = [row.national_id for row in rows if row.country == country and row.national_id is not None]
        for national_id, person in await session.all(sql, country, session.packed(wanted)):
            known[country, national_id] = person
    return known


async def _accounts(
    session: Session, campaign: Campaign, rows: Sequence[NewLead], people: dict[str, int]
) -> dict[str, int]:
    accounts = {external: account for external, account, _ in await _known_accounts(session, campaign, rows)}
    fresh = iter(await session.ids("accounts", len(rows)))
    for row in rows:
        if row.external_id not in accounts:
            accounts[row.external_id] = next(fresh)
    await session.many(
        _ACCOUNTS,
        [
            (
                accounts[row.external_id], campaign.client, row.external_id, people[row.external_id],
                row.balance, row.currency, row.days_past_due, json.dumps(dict(row.fields), ensure_ascii=False),
            )
            for row in rows
        ],
    )  # fmt: skip
    return accounts


def _phone_rows(rows: Sequence[NewLead], people: dict[str, int]) -> list[tuple[object, ...]]:
    return [
        (
            people[row.external_id], phone.number, rank, phone.country, json.dumps(phone.zones),
            PhoneState.VALID.value if phone.valid else PhoneState.INVALID.value,
        )
        for row in rows
        for rank, phone in enumerate(row.phones)
    ]  # fmt: skip


def _lead_rows(
    number: int, campaign: Campaign, rows: Sequence[NewLead], owners: Owners, now: float
) -> list[tuple[object, ...]]:
    return [
        (
            campaign.id, owners.people[row.external_id], owners.accounts[row.external_id], row.priority, now,
            row.segment, number,
        )
        for row in rows
    ]  # fmt: skip


async def _leads_brought(session: Session, number: int, campaign: Campaign, owners: Owners) -> int:
    """How many leads of these accounts the import has brought so far."""
    sql = f"""SELECT count(*) FROM leads
        WHERE campaign = $1 AND import_id = $2 AND account IN {session.listed("$3")}"""  # noqa: S608 - our own names
    accounts = session.packed(list(owners.accounts.values()))
    [(count,)] = await session.all(sql, campaign.id, number, accounts)
    return int(count)
