"""A list on its way into the tables, some rows at a time: what is new is added, what is known takes the new figures.

Written for speed: what is known is asked for once for all rows, and each table is written by one statement.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from dialer.core.model import Campaign
from dialer.store import schema
from dialer.store.database import Row, Session
from dialer.store.known_rows import (
    Owner,
    free_accounts,
    is_another,
    known_accounts,
    known_leads,
    known_numbers,
    known_people,
    owner_of,
)
from dialer.store.rows import LeadState, PhoneState
from dialer.store.sweep import PAGES_MAX

_VALID, _INVALID = PhoneState.VALID.value, PhoneState.INVALID.value
NO_NUMBER = "no_number"  # the result of a lead none of whose numbers can be used
EXPIRED = "expired"  # and of one whose last day is over: a list that tells a later one takes it up again
UNDONE = "undone"  # the result of a lead whose import was undone: a new import of it takes it up again
# Why a row is refused that the file alone says nothing against.
DUPLICATE = "duplicate"
OTHER_PERSON = "account of another person"

_NOTHING_TOLD = (None, "", None, None)  # of priority, segment, rank and last day

Place = tuple[int, float | None]  # the part of the campaign's mix, and the key among the due ones

_PEOPLE = """INSERT INTO people (id, country, national_id, id_kind, name, zone, region)
    VALUES ($1, $2, $3, $4, $5, $6, $7)"""
# What all rows of a load share stands in the statement: binding a value again for each row costs as much as its place.
_ACCOUNTS = """INSERT INTO accounts
    (id, client, external_id, person, balance, currency, days_past_due, fields, updated_at)
    VALUES ($1, {client}, $2, $3, $4, $5, $6, $7, {now})"""
# An account whose only lists were undone, and that the right list tells to be somebody else's.
_MOVES = (
    "UPDATE accounts SET person = $1 WHERE id = $2 AND person = $3",
    "UPDATE leads SET person = $1 WHERE account = $2 AND person = $3",
)
_CHANGES = """INSERT INTO import_changes (import_id, account, balance, currency, days_past_due, fields, updated_at,
        priority, segment, rank, expires_at)
    SELECT CAST($1 AS bigint), a.id, a.balance, a.currency, a.days_past_due, a.fields, a.updated_at,
        l.priority, l.segment, l.rank, l.expires_at
    FROM accounts a LEFT JOIN leads l ON l.campaign = {campaign} AND l.account = a.id WHERE a.id IN {ids}
    ON CONFLICT DO NOTHING"""
# What a list says nothing of stays as it was.
_FIGURES = """UPDATE accounts SET balance = coalesce(CAST($1 AS text), balance),
    currency = CASE WHEN $2 = '' THEN currency ELSE $2 END,
    days_past_due = coalesce(CAST($3 AS integer), days_past_due), fields = {fields}, updated_at = $5 WHERE id = $6"""
_FIELDS_SQLITE = "json_patch(fields, $4)"
_FIELDS_POSTGRES = "CAST(CAST(fields AS jsonb) || CAST($4 AS jsonb) AS text)"
_ADDRESS = """UPDATE people SET zone = CASE WHEN $1 = '' THEN zone ELSE $1 END,
    region = CASE WHEN $2 = '' THEN region ELSE $2 END WHERE id = $3"""
_IDENTITY = "UPDATE people SET national_id = $1, id_kind = $2, country = $3 WHERE id = $4 AND national_id IS NULL"
# The person keeps none of their own: whoever has that id is the same one.
_JOINS = """INSERT INTO people_joins (gone, kept, told_at, import_id) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING"""
# A number that two lists tell is no longer the one's alone: undoing one leaves it. A consent is of the day that a list
# tells, or else of the first that told it, which for us is now; one that is older than a refusal does not take that
# back.
_OLDER = "(excluded.consent = 'given' AND phones.consent = 'refused' AND excluded.consent_at < phones.consent_at)"
_PHONES = f"""INSERT INTO phones
    (person, number, rank, country, zones, state, type, consent, consent_at, import_id, extension)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {{import_id}}, $10)
    ON CONFLICT (person, number) DO UPDATE SET
        import_id = CASE WHEN phones.state = 'withdrawn' OR phones.import_id = excluded.import_id
            THEN excluded.import_id END,
        state = CASE WHEN phones.state = 'withdrawn' THEN excluded.state ELSE phones.state END,
        consent_at = CASE WHEN excluded.consent = '' OR {_OLDER} THEN phones.consent_at
            WHEN excluded.consent = phones.consent AND excluded.consent_at = {{now}} THEN phones.consent_at
            ELSE excluded.consent_at END,
        consent = CASE WHEN excluded.consent = '' OR {_OLDER} THEN phones.consent ELSE excluded.consent END,
        extension = CASE WHEN excluded.extension = '' THEN phones.extension ELSE excluded.extension END
    WHERE phones.state = 'withdrawn' OR excluded.consent <> '' OR phones.import_id <> excluded.import_id
        OR excluded.extension <> ''"""  # noqa: S608 - our own names
_LEADS = """INSERT INTO leads
    (campaign, person, account, state, priority, due_at, segment, import_id, rank, part, sort_key, expires_at)
    VALUES ({campaign}, $1, $2, 'open', $3, {now}, $4, {import_id}, $5, $6, $7, $8)"""
# News of a lead that is there; one that is finished stays as it is.
_NEWS = """UPDATE leads SET priority = coalesce(CAST($1 AS smallint), priority),
        segment = CASE WHEN $2 = '' THEN segment ELSE $2 END, rank = coalesce(CAST($3 AS integer), rank),
        expires_at = coalesce(CAST($4 AS double precision), expires_at)
    WHERE campaign = {campaign} AND account = $5 AND state IN ('open', 'claimed')"""
_REOPENED = """UPDATE leads SET state = 'open', priority = $3, due_at = {now}, segment = $4, import_id = {import_id},
        rank = $5, part = $6, sort_key = $7, expires_at = $8, result = ''
    WHERE campaign = {campaign} AND person = $1 AND account = $2"""


class NewPhone(NamedTuple):
    number: str  # E.164 with +, or as written where it is invalid
    valid: bool
    country: str
    zones: tuple[str, ...]
    type: str = ""  # mobile, fixed, ...; empty: unknown
    consent: str = ""  # given, refused; empty: not told
    extension: str = ""  # behind the switchboard whose number it is
    consent_at: float | None = None  # the day that the list tells; None: it tells none


class NewLead(NamedTuple):
    """A row of a list: an account, its person, and their numbers, the best first."""

    external_id: str
    national_id: str | None
    country: str  # of the national id
    phones: tuple[NewPhone, ...]
    name: str = ""
    priority: int | None = None  # not told
    balance: str | None = None
    currency: str = ""
    days_past_due: int | None = None
    segment: str = ""
    fields: str = "{}"  # JSON object: the list's own columns
    id_kind: str = ""
    zone: str = ""  # IANA name, where the list says it
    region: str = ""
    rank: int | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What all rows of one import share. `refuse`: a lead that is there already is a duplicate, not news of it."""

    number: int
    campaign: Campaign
    now: float
    refuse: bool = False
    place: Callable[[NewLead], Place] | None = None

    def within(self, sql: str) -> str:
        """The statement with what all rows share."""
        return sql.format(
            import_id=int(self.number),
            campaign=int(self.campaign.id),
            client=int(self.campaign.client),
            now=f"CAST({float(self.now)!r} AS double precision)",
        )


class Known(NamedTuple):
    """What was there of a row before it came: its person, and perhaps its account, and the account's lead here."""

    person: int
    account: int | None = None
    state: str = ""  # of the lead; empty: there is none in the campaign, or its import was undone
    due_at: float | None = None
    result: str = ""
    owner: Owner | None = None  # of the account


class Kept(NamedTuple):
    """What became of some rows: leads that are new, and why rows were refused, by their positions.

    `known`: what was there before, by external id.
    """

    leads: int
    refused: dict[int, str]
    known: Mapping[str, Known]
    changed: tuple[int, ...] = ()  # accounts that were there before, and of which the rows told something


@dataclass(slots=True)
class _Writes:
    """The rows for each table."""

    people: list[tuple[object, ...]] = field(default_factory=list)
    addresses: list[tuple[object, ...]] = field(default_factory=list)
    identities: list[tuple[object, ...]] = field(default_factory=list)  # of people who had none
    joins: list[tuple[object, ...]] = field(default_factory=list)  # of people who had none with those who have it
    accounts: list[tuple[object, ...]] = field(default_factory=list)
    moved: list[tuple[int, int, int]] = field(default_factory=list)  # to a person an account, from another
    changed: list[int] = field(default_factory=list)  # accounts that were there before
    figures: list[tuple[object, ...]] = field(default_factory=list)
    phones: list[tuple[object, ...]] = field(default_factory=list)
    leads: list[tuple[object, ...]] = field(default_factory=list)
    news: list[tuple[object, ...]] = field(default_factory=list)  # of leads that were there before
    reopened: list[tuple[object, ...]] = field(default_factory=list)


async def keep(session: Session, load: Load, rows: Sequence[NewLead]) -> Kept:
    """Write the rows. The same rows again change nothing but the account's figures."""
    chunk = await _Chunk.of(session, load, rows)
    known = chunk.known(rows)
    refused = {n: why for n, row in enumerate(rows) if (why := chunk.take(row))}
    writes = chunk.writes
    await session.many(_PEOPLE, writes.people)
    await session.many(_ADDRESS, writes.addresses)
    await session.many(_IDENTITY, writes.identities)
    await session.many(_JOINS, writes.joins)
    await session.many(load.within(_ACCOUNTS), writes.accounts)
    for move in _MOVES:
        await session.many(move, writes.moved)
    if writes.changed:
        changes = _CHANGES.format(ids=session.listed("$2"), campaign=int(load.campaign.id))
        await session.run(changes, load.number, session.packed(writes.changed))
    figures = _FIGURES.format(fields=_FIELDS_SQLITE if session.sqlite else _FIELDS_POSTGRES)
    await session.many(figures, writes.figures)
    await session.many(load.within(_PHONES), writes.phones)
    await session.many(load.within(_LEADS), writes.leads)
    await session.many(load.within(_NEWS), writes.news)
    await session.many(load.within(_REOPENED), writes.reopened)
    return Kept(len(writes.leads) + len(writes.reopened), refused, known, tuple(writes.changed))


async def known_rows(session: Session, campaign: Campaign, rows: Sequence[NewLead]) -> Mapping[str, Known]:
    """What is there already of the rows, by external id."""
    chunk = await _Chunk.of(session, Load(0, campaign, 0.0), rows, fresh=False)
    return chunk.known(rows)


class _Chunk:
    """Some rows beside what is known of them."""

    def __init__(self, load: Load) -> None:
        self.writes = _Writes()
        self._load = load
        span = load.campaign.selection.expires_after_s
        self._expires_at = load.now + span if span is not None else None  # where the list says no day
        self._accounts: dict[str, tuple[int, int]] = {}  # account and person by external id
        self._people: dict[tuple[str, str], int] = {}
        self._leads: dict[int, bool] = {}  # leads of the campaign by account: whether one is to be taken up again
        self._stand: dict[int, Row] = {}  # and how they stand
        self._owners: dict[int, Owner] = {}  # the people of the accounts
        self._free: set[int] = set()  # accounts that may go over to somebody else
        # With their consent, of people whose lead was given up for want of a number.
        self._numbers_of: dict[int, dict[str, str]] = {}
        self._seen: set[str] = set()
        self._fresh_people = iter(range(0))
        self._fresh_accounts = iter(range(0))

    @classmethod
    async def of(cls, session: Session, load: Load, rows: Sequence[NewLead], *, fresh: bool = True) -> "_Chunk":
        chunk = cls(load)
        chunk._accounts, chunk._owners = await known_accounts(session, load.campaign, rows)
        chunk._people = await known_people(session, rows)
        chunk._stand = await known_leads(session, load.campaign, [one for one, _ in chunk._accounts.values()])
        given_up = {account for account, row in chunk._stand.items() if _given_up(row)}
        chunk._numbers_of = await known_numbers(session, [p for a, p in chunk._accounts.values() if a in given_up])
        mended = (row for row in rows if chunk._has_new_number(row)) if chunk._numbers_of else ()
        fresh_numbers = {chunk._accounts[row.external_id][0] for row in mended}
        renewed = chunk._renewed(rows)
        chunk._leads = {
            account: _undone(row) or account in renewed or (account in given_up and account in fresh_numbers)
            for account, row in chunk._stand.items()
        }
        others = chunk._others(rows)
        chunk._free = await free_accounts(session, others)
        if not fresh:
            return chunk
        new = sum(row.external_id not in chunk._accounts for row in rows)
        chunk._fresh_people = iter(await session.ids("people", new + len(others)))
        chunk._fresh_accounts = iter(await session.ids("accounts", new))
        return chunk

    def _renewed(self, rows: Sequence[NewLead]) -> set[int]:
        """Accounts whose lead is over by its last day, and of which a row tells a later one."""
        if not any(_expired(row) for row in self._stand.values()):
            return set()
        later = (row for row in rows if row.expires_at is not None and row.expires_at > self._load.now)
        told = {self._accounts[row.external_id][0] for row in later if row.external_id in self._accounts}
        return {account for account in told if account in self._stand and _expired(self._stand[account])}

    def _others(self, rows: Sequence[NewLead]) -> dict[int, int]:
        """Accounts that rows tell to be somebody else's, with the person whose they are."""
        told = ((self._accounts[row.external_id], row) for row in rows if row.external_id in self._accounts)
        return {account: person for (account, person), row in told if is_another(self._owners[person], row)}

    def _has_new_number(self, row: NewLead) -> bool:
        """Whether the row mends the want of a number for which its lead was given up."""
        _, person = self._accounts.get(row.external_id, (0, 0))
        if person not in self._numbers_of:
            return False
        known = self._numbers_of[person]
        return any(
            phone.valid
            and phone.consent != "refused"
            and (phone.number not in known or (phone.consent == "given" and known[phone.number] == "refused"))
            for phone in row.phones
        )

    def known(self, rows: Sequence[NewLead]) -> dict[str, Known]:
        """What was there of the rows, asked before any of them is taken."""
        if not self._accounts and not self._people:
            return {}
        found: dict[str, Known] = {}
        for row in rows:
            there = self._accounts.get(row.external_id)
            if there is not None:
                account, person = there
                whose = None if account in self._free else self._owners[person]
                stands = self._stand.get(account)
                if stands is None or self._leads.get(account):
                    found[row.external_id] = Known(person, account, owner=whose)
                else:
                    found[row.external_id] = Known(person, account, stands[1], stands[3], stands[2], whose)
            elif row.national_id is not None and (owner := self._people.get((row.country, row.national_id))):
                found[row.external_id] = Known(owner)
        return found

    def take(self, row: NewLead) -> str:
        """Note what is to be written for the row; why it is refused, or nothing."""
        known = self._accounts.get(row.external_id)
        if known is None:
            account, person = self._added(row)
        else:
            account, person = known
            if is_another(self._owners[person], row):
                if account not in self._free:
                    return OTHER_PERSON
                person = self._moved(row, account, person)
            if self._load.refuse and (row.external_id in self._seen or self._leads.get(account) is False):
                return DUPLICATE
            self._renew(row, account, person)
        self._seen.add(row.external_id)
        self._numbers(row, person)
        self._lead(row, account, person)
        return ""

    def _added(self, row: NewLead) -> tuple[int, int]:
        account, person = next(self._fresh_accounts), self._person(row)
        self._accounts[row.external_id] = account, person
        self.writes.accounts.append(
            (account, row.external_id, person, row.balance, row.currency, row.days_past_due, row.fields)
        )  # fmt: skip
        return account, person

    def _person(self, row: NewLead) -> int:
        """The person by the row's national id; a new one where none is known by it."""
        identity = (row.country, row.national_id) if row.national_id is not None else None
        person = self._people.get(identity) if identity is not None else None
        if person is None:
            person = next(self._fresh_people)
            self.writes.people.append(
                (person, row.country, row.national_id, row.id_kind, row.name, row.zone, row.region)
            )  # fmt: skip
            if identity is not None:
                self._people[identity] = person
        elif row.zone or row.region:
            self.writes.addresses.append((row.zone, row.region, person))
        self._owners[person] = owner_of(row)
        return person

    def _moved(self, row: NewLead, account: int, former: int) -> int:
        """The account goes over to the row's person."""
        person = self._person(row)
        self._free.discard(account)
        self._accounts[row.external_id] = account, person
        self.writes.moved.append((person, account, former))
        return person

    def _renew(self, row: NewLead, account: int, person: int) -> None:
        if row.external_id not in self._seen:
            self.writes.changed.append(account)
        self.writes.figures.append(
            (row.balance, row.currency, row.days_past_due, row.fields, self._load.now, account)
        )  # fmt: skip
        if row.zone or row.region:
            self.writes.addresses.append((row.zone, row.region, person))
        identity = (row.country, row.national_id) if row.national_id is not None else None
        if identity is not None and not self._owners[person][2]:
            self._owners[person] = owner_of(row)
            owner = self._people.setdefault(identity, person)
            if owner == person:
                self.writes.identities.append((row.national_id, row.id_kind, row.country, person))
            else:
                self.writes.joins.append((person, owner, self._load.now, self._load.number))

    def _numbers(self, row: NewLead, person: int) -> None:
        now, add = self._load.now, self.writes.phones.append
        for rank, (number, valid, country, zones, kind, consent, extension, day) in enumerate(row.phones):
            told_at = (now if day is None or day > now else day) if consent else None
            add(
                (
                    person, number, rank, country, _json(zones), _VALID if valid else _INVALID, kind, consent, told_at,
                    extension,
                )
            )  # fmt: skip

    def _lead(self, row: NewLead, account: int, person: int) -> None:
        undone = self._leads.get(account)
        if undone is False:
            told = (row.priority, row.segment, row.rank, row.expires_at)
            if told != _NOTHING_TOLD and account in self._stand:
                self.writes.news.append((*told, account))
            return
        place = self._load.place
        part, sort_key = (0, None) if place is None else place(row)
        expires_at = self._expires_at if row.expires_at is None else row.expires_at
        priority = schema.PRIORITY_DEFAULT if row.priority is None else row.priority
        (self.writes.leads if undone is None else self.writes.reopened).append(
            (person, account, priority, row.segment, row.rank, part, sort_key, expires_at)
        )
        self._leads[account] = False


@cache
def _json(zones: tuple[str, ...]) -> str:
    return json.dumps(zones)


def _undone(row: Row) -> bool:
    return bool(row[1] == LeadState.WITHDRAWN and row[2] == UNDONE)


def _expired(row: Row) -> bool:
    return bool(row[1] == LeadState.FINISHED and row[2] == EXPIRED)


def _given_up(row: Row) -> bool:
    """Whether the lead was finished because it had no number that could be used."""
    return bool(row[1] == LeadState.FINISHED and row[2] == NO_NUMBER)


# 96 MiB of indexes at hand; a sweep carries the log into the file. Every key written was read or made in the same
# transaction, so none is looked up once more. What a power cut takes back is loaded again: the progress goes with it.
PRAGMAS = ("cache_size=-98304", f"wal_autocheckpoint={PAGES_MAX}", "foreign_keys=OFF", "synchronous=NORMAL")


def prepare(connection: sqlite3.Connection) -> None:
    """Make a connection fit for a load."""
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
