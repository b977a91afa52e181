"""The compliance log: every verdict on a call and every change of what may be called, added and never changed.

Written in the transaction of what it tells of. Each cell has its own chain; what is told of no cell goes to the one of
whoever writes.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from dialer.core.messages import SaveReceipt
from dialer.store.batch import Moment
from dialer.store.chain import ROOT, Entry, digest_of, subject_of
from dialer.store.database import Database, Row, Session

_SALT_BYTES = 16
_CHUNK = 2_000
_COLUMNS = "cell, seq, at, kind, campaign, call, rule, body, subject"
_ADD = f"""INSERT INTO compliance ({_COLUMNS}, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""  # noqa: S608 - our own names
_ADD_SUBJECT = """INSERT INTO compliance_subjects (cell, seq, salt, person, lead, number)
    VALUES ($1, $2, $3, $4, $5, $6)"""
_HEAD = """INSERT INTO compliance_heads (cell, seq, hash, erased) VALUES ($1, $2, $3, 0)
    ON CONFLICT (cell) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"""
# Those whom lists told to be one: what was written about the other is about the person too.
_SEEN = """SELECT id AS person, id AS seen FROM people WHERE id IN {people}
    UNION ALL SELECT kept, gone FROM people_joins WHERE kept IN {people} AND done_at IS NOT NULL"""
_REFUSALS = f"""SELECT person, number, at, rule, body FROM (SELECT a.person, s.number, c.at, c.rule, c.body,
        row_number() OVER (PARTITION BY a.person ORDER BY c.at DESC, c.seq DESC) AS n
        FROM ({_SEEN}) AS a JOIN compliance_subjects s ON s.person = a.seen
            JOIN compliance c ON c.cell = s.cell AND c.seq = s.seq
        WHERE c.kind = 'refused') AS refusals WHERE n = 1"""  # noqa: S608 - our own names
_READ = ", ".join(f"c.{name}" for name in (*_COLUMNS.split(", "), "hash"))
_SEARCH = f"""SELECT {_READ}, s.person, s.lead, s.number
    FROM compliance c {{join}} compliance_subjects s ON s.cell = c.cell AND s.seq = c.seq
    WHERE {{where}} AND (c.at, c.cell, c.seq) > ($1, $2, $3) ORDER BY c.at, c.cell, c.seq LIMIT {_CHUNK}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class About:
    """Whom an entry is about."""

    person: int
    lead: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry as it was told: the log finds its place, and the digests."""

    kind: str
    at: float
    campaign: int | None = None
    call: int | None = None
    rule: str = ""
    body: str = ""
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry read back; `about` is None where it is about nobody, or whose data was erased."""

    entry: Entry
    hash: str
    about: About | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that was not made: when, by which rule, and why."""

    number: str
    at: float
    rule: str
    body: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and what is wrong there."""

    cell: int
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at a chain found."""

    cell: int
    entries: int
    erased: int  # entries whose person was erased
    head: str  # the last hash: keep it elsewhere, and nobody can write the chain anew unseen
    broken: tuple[Broken, ...]


async def save_receipts(session: Session, commands: Sequence[SaveReceipt], moment: Moment) -> None:
    """Keep verdicts."""
    receipts = [command.receipt for command in commands]
    await add(
        session,
        moment.cell,
        [
            Told(
                kind="allowed" if one.allowed else "refused",
                at=one.at,
                campaign=one.campaign,
                call=one.call,
                rule=one.rule,
                body=one.why,
                about=About(one.person, one.lead, one.number),
            )
            for one in receipts
        ],
    )


async def add(session: Session, cell: int, told: Sequence[Told]) -> None:
    """Add entries to the chain of the cell, in order, in the session's transaction."""
    if not told:
        return
    seq, before = await _head(session, cell)
    rows, subjects = [], []
    for one in told:
        seq += 1
        entry = Entry(
            cell=cell, seq=seq, at=one.at, kind=one.kind, campaign=one.campaign, call=one.call, rule=one.rule,
            body=one.body,
        )  # fmt: skip
        if (about := one.about) is not None:
            salt = secrets.token_hex(_SALT_BYTES)
            entry = replace(entry, subject=subject_of(salt, about.person, about.lead, about.number))
            subjects.append((cell, seq, salt, about.person, about.lead, about.number))
        before = digest_of(entry, before)
        rows.append((*_values(entry), before))
    await session.many(_ADD, rows)
    await session.many(_ADD_SUBJECT, subjects)
    await session.run(_HEAD, cell, seq, before)


async def _head(session: Session, cell: int) -> tuple[int, str]:
    """The end of the chain, held against others who would add to it."""
    if not session.sqlite:
        await session.run(
            "INSERT INTO compliance_heads (cell, seq, hash, erased) VALUES ($1, 0, $2, 0) ON CONFLICT DO NOTHING",
            cell, ROOT,
        )  # fmt: skip
    lock = "" if session.sqlite else " FOR UPDATE"
    rows = await session.all(f"SELECT seq, hash FROM compliance_heads WHERE cell = $1{lock}", cell)  # noqa: S608
    return (int(rows[0][0]), rows[0][1]) if rows else (0, ROOT)


def _values(entry: Entry) -> tuple[object, ...]:
    return (
        entry.cell, entry.seq, entry.at, entry.kind, entry.campaign, entry.call, entry.rule, entry.body, entry.subject,
    )  # fmt: skip


async def erase_subjects(session: Session, person: int) -> int:
    """Let go of who the entries about a person are about; how many there were. The chain stays whole."""
    seen = "(SELECT $1 UNION ALL SELECT gone FROM people_joins WHERE kept = $1)"
    sql = f"SELECT cell, count(*) FROM compliance_subjects WHERE person IN {seen} GROUP BY cell"  # noqa: S608
    rows = await session.all(sql, person)
    for cell, count in rows:
        await session.run("UPDATE compliance_heads SET erased = erased + $1 WHERE cell = $2", count, cell)
    await session.run(f"DELETE FROM compliance_subjects WHERE person IN {seen}", person)  # noqa: S608
    return sum(count for _, count in rows)


class Compliance:
    """The log, read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, cell: int, told: Sequence[Told]) -> None:
        """Add entries that no engine's command tells."""
        async with self._database.writing() as session:
            await add(session, cell, told)

    async def cells(self) -> tuple[int, ...]:
        """The cells that have a chain, by what is in the log and by what should be."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                "SELECT cell FROM compliance_heads UNION SELECT cell FROM compliance ORDER BY 1"
            )
        return tuple(int(cell) for (cell,) in rows)

    async def verify(self, cell: int, progress: Callable[[int, int], None] | None = None) -> Verified:
        """Work every hash of the chain out anew. Stops at the first that is wrong: all behind it hangs on it.

        `progress` is told of how many entries of how many.
        """
        async with self._database.reading() as connection:
            heads = await Session(connection).all("SELECT seq FROM compliance_heads WHERE cell = $1", cell)
        whole = int(heads[0][0]) if heads else 0
        seq, before, entries, erased, broken = 0, ROOT, 0, 0, list[Broken]()
        async for logged, salt in self._chain(cell):
            entries += 1
            if progress is not None and entries % _CHUNK == 0:
                progress(min(entries, whole), whole)
            entry = logged.entry
            if entry.seq != seq + 1:
                broken.append(Broken(cell, seq + 1, f"entries {seq + 1} to {entry.seq - 1} are missing"))
                break
            seq = entry.seq
            if digest_of(entry, before) != logged.hash:
                broken.append(Broken(cell, seq, "the entry is not what was written, or the one before it was replaced"))
                break
            if entry.subject and logged.about is None:
                erased += 1
            elif logged.about is not None and not _is(entry, salt, logged.about):
                broken.append(Broken(cell, seq, "it was written about somebody else"))
                break
            before = logged.hash
        if not broken:
            broken += await self._against_head(cell, seq, before, erased)
        return Verified(cell, entries, erased, before, tuple(broken))

    async def _against_head(self, cell: int, seq: int, before: str, erased: int) -> list[Broken]:
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT seq, hash, erased FROM compliance_heads WHERE cell = $1", cell)
        if not rows:
            return [Broken(cell, seq, "the chain's end was taken away")] if seq else []
        head_seq, head, on_purpose = rows[0]
        if head_seq > seq:
            return [Broken(cell, seq + 1, f"entries {seq + 1} to {head_seq} were cut off")]
        if head_seq == seq and head != before:
            return [Broken(cell, seq, "the chain does not end as it was written")]
        if head_seq < seq:
            return [Broken(cell, head_seq + 1, f"entries {head_seq + 1} to {seq} were added behind the chain's end")]
        if erased > on_purpose:
            return [Broken(cell, seq, f"{erased} entries have lost whom they are about, {on_purpose} by erasing")]
        return []

    async def without_receipt(self) -> tuple[int, int | None]:
        """How many calls left the machine of which the log tells nothing, and the first of them."""
        async with self._database.reading() as connection:
            [(count, first)] = await Session(connection).all(
                """SELECT count(*), min(c.id) FROM calls c WHERE c.placed_at IS NOT NULL AND NOT c.inbound
                AND NOT EXISTS (SELECT 1 FROM compliance e WHERE e.call = c.id AND e.kind = 'allowed')"""
            )
        return int(count), first

    async def _chain(self, cell: int) -> AsyncIterator[tuple[Logged, str]]:
        sql = f"""SELECT {_READ}, s.person, s.lead, s.number, s.salt
            FROM compliance c LEFT JOIN compliance_subjects s ON s.cell = c.cell AND s.seq = c.seq
            WHERE c.cell = $1 AND c.seq > $2 ORDER BY c.seq LIMIT {_CHUNK}"""  # noqa: S608 - our own names
        after = -1
        while True:
            async with self._database.reading() as connection:
                rows = await Session(connection).all(sql, cell, after)
            for row in rows:
                yield _logged(row), row[13] or ""
            if len(rows) < _CHUNK:
                return
            after = rows[-1][1]

    async def stream(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        lead: int | None = None,
        rule: str | None = None,
        kind: str | None = None,
    ) -> AsyncIterator[Logged]:
        """The entries meant, oldest first. `rule` is a rule's id or name, or the beginning of one."""
        where, values = ["TRUE"], list[object]()
        if since is not None:
            values.append(since)
            where.append(f"c.at >= ${len(values) + 3}")
        if until is not None:
            values.append(until)
            where.append(f"c.at < ${len(values) + 3}")
        if lead is not None:
            values.append(lead)
            where.append(f"s.lead = ${len(values) + 3}")
        if rule is not None:
            values.append(f"% {_literal(rule)}%")
            where.append(f"(' ' || c.rule) LIKE ${len(values) + 3} ESCAPE '!'")
        if kind is not None:
            values.append(kind)
            where.append(f"c.kind = ${len(values) + 3}")
        sql = _SEARCH.format(join="JOIN" if lead is not None else "LEFT JOIN", where=" AND ".join(where))
        after: tuple[float, int, int] = (-1.0, -1, -1)
        while True:
            async with self._database.reading() as connection:
                rows = await Session(connection).all(sql, *after, *values)
            for row in rows:
                yield _logged(row)
            if len(rows) < _CHUNK:
                return
            after = (rows[-1][2], rows[-1][0], rows[-1][1])

    async def last_refusals(self, people: Sequence[int]) -> dict[int, Refused]:
        """The last refusal at the instant of dialling of each of the people who have one."""
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all(_REFUSALS.format(people=session.listed("$1")), session.packed(list(people)))
        return {person: Refused(*told) for person, *told in rows}

    async def counts(self, since: float, until: float) -> tuple[tuple[str, str, int], ...]:
        """Kind, rule and how many entries of them in the time; the most frequent first."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                """SELECT kind, rule, count(*) AS n FROM compliance WHERE at >= $1 AND at < $2
                GROUP BY kind, rule ORDER BY n DESC, kind, rule""",
                since, until,
            )  # fmt: skip
        return tuple((kind, rule, int(count)) for kind, rule, count in rows)


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _is(entry: Entry, salt: str, about: About) -> bool:
    return entry.subject == subject_of(salt, about.person, about.lead, about.number)


def _logged(row: Row) -> Logged:
    cell, seq, at, kind, campaign, call, rule, body, subject, digest, person, lead, number = row[:13]
    entry = Entry(
        cell=cell, seq=seq, at=at, kind=kind, campaign=campaign, call=call, rule=rule, body=body, subject=subject
    )
    return Logged(entry, digest, None if person is None else About(person, lead, number))
