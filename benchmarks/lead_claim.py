"""How long it takes to claim the next leads of millions, beside the bare banded query on the same data.

    python -m benchmarks lead_claim [--leads N] [--rounds N] [--only sqlite|postgresql] [--folder DIR]

Four campaigns, 1.9 numbers for each lead, about 40 % of the leads open and half of these due. Ours is what the engine
asks for: 50 leads with the number to try next, in one durable transaction. The bare query marks and returns 50 ids.
Both take turns on the same tables, so that what else the machine does hits both. "not due": the six best bands hold no
lead whose time has come. "a mix with a quota": one campaign, part by part, after 200,000 calls of a day.
Then eight cells claim at once, bare and ours by turns of some rounds, and no lead may come twice. What a connection
does but once (to open, to plan) comes before the clock, and so does the writing back of the rows that were made.
"""

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg

from benchmarks.tables import table
from dialer.core.ids import CampaignId
from dialer.core.messages import ClaimLeads, LeadsClaimed
from dialer.core.model import Campaign, Mode
from dialer.core.selection import Part, Selection
from dialer.store import JournalEntry, Store
from tests.private_postgres import running

NOW = 1_800_000_000.0
COUNT = 50
CAMPAIGNS = 4
WORKERS = 8
PORT = 24_599
SERVER = {"fsync": "on", "shared_buffers": "1GB", "max_wal_size": "4GB"}  # as one would run it for so many leads
RATIO_MAX = 2.0
TURNS = 10  # of all cells at once; each of the bare query's and ours

_OPEN = "CASE WHEN {n} % 10 < 4 THEN 'open' ELSE 'finished' END"
_DUE = """CASE WHEN {n} % 10 < 4
    THEN {now} + CASE WHEN ({n} / 10) % 2 = 0 THEN -1 ELSE 1 END * (1 + ({n} % 86400) * 7919 % 86400) END"""
_PEOPLE = "INSERT INTO people (id, country, name) SELECT {n}, 'CL', 'p' FROM {numbers}"
_PHONES = """INSERT INTO phones (person, number, rank, country, zones, state)
    SELECT {n}, '+569' || (10000000 + {n} * {step}), {rank}, 'CL', '["America/Santiago"]', 'valid'
    FROM {numbers} WHERE {n} % 10 < {of_ten}"""
_LEADS = f"""INSERT INTO leads (id, campaign, person, state, priority, due_at)
    SELECT {{n}}, 1 + {{n}} % {CAMPAIGNS}, {{n}}, {_OPEN}, ({{n}} / 100) % 10, {_DUE} FROM {{numbers}}"""
# A day's calls of the campaign that has a quota: what there is to count.
_CALLS = """INSERT INTO calls (id, campaign, client, mode, lead, person, phone, number, trunk, caller_id, reserved_at,
        rule, placed_at, disposition, recording)
    SELECT {n}, 1, 1, 'predictive', 4 * {n}, 4 * {n}, 4 * {n}, '+569' || (10000000 + {n}), 't', '', {now} - {n} % 80000,
        '', {now} - {n} % 80000, '', '' FROM {numbers}"""
DAY_CALLS = 200_000
QUOTA = Selection(parts=(Part("all", "priority >= 0", share=1.0, calls_24h_max=10_000_000),))
_STEPS = 200_000  # rows made by one statement

_BANDS = " UNION ALL ".join(
    f"""SELECT * FROM (SELECT id, priority, due_at FROM leads WHERE campaign = ? AND part = 0 AND state = 'open'
    AND agent IS NULL AND sort_key IS NULL AND priority = {band} AND due_at <= ? ORDER BY due_at, id LIMIT {COUNT})"""
    for band in range(10)
)
BARE_SQLITE = f"""UPDATE leads SET state = 'claimed', claimed_by = 7 WHERE id IN
    (SELECT id FROM ({_BANDS} ORDER BY priority, due_at, id LIMIT {COUNT})) RETURNING id"""
BARE_POSTGRES = f"""UPDATE leads SET state = 'claimed', claimed_by = $3 WHERE id IN (
    SELECT due.id FROM generate_series(0, 9) AS band CROSS JOIN LATERAL (
        SELECT id FROM leads WHERE campaign = $1 AND part = 0 AND state = 'open' AND agent IS NULL
            AND sort_key IS NULL AND priority = band AND due_at <= $2
        ORDER BY due_at, id LIMIT {COUNT} FOR UPDATE SKIP LOCKED) AS due LIMIT {COUNT}) RETURNING id"""

Claim = Callable[[int], Awaitable[Sequence[int]]]


@dataclass
class Taken:
    """Milliseconds of each claim, and the leads that came."""

    ms: list[float] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return sorted(self.ms)[min(len(self.ms) - 1, int(share * len(self.ms)))]


async def timed(taken: Taken, claim: Claim, campaign: int) -> None:
    begun = time.perf_counter()
    leads = await claim(campaign)
    taken.ms.append((time.perf_counter() - begun) * 1000)
    taken.leads += leads


def ours(store: Store, *, journal: bool = False) -> Claim:
    entries = [JournalEntry(NOW, "event", "{}")] if journal else []

    async def claim(campaign: int) -> Sequence[int]:
        [answer] = await store.apply([ClaimLeads(CampaignId(campaign), COUNT)], entries, NOW)
        assert isinstance(answer, LeadsClaimed)
        return [lead.id for lead in answer.leads]

    return claim


def bare_sqlite(path: Path) -> Claim:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")

    def work(campaign: int) -> Sequence[int]:
        connection.execute("BEGIN IMMEDIATE")
        rows = connection.execute(BARE_SQLITE, [one for _ in range(10) for one in (campaign, NOW)]).fetchall()
        connection.execute("COMMIT")
        return [lead for (lead,) in rows]

    async def claim(campaign: int) -> Sequence[int]:
        return await asyncio.to_thread(work, campaign)

    return claim


def bare_postgres(connection: asyncpg.Connection, cell: int) -> Claim:
    async def claim(campaign: int) -> Sequence[int]:
        return [row[0] for row in await connection.fetch(BARE_POSTGRES, campaign, NOW, cell)]

    return claim


async def alternately(bare: Claim, own: Claim, rounds: int, *, campaign: int | None = None) -> tuple[Taken, Taken]:
    """The two claims in turn, on campaigns in turn or on one alone."""
    bares, owns = Taken(), Taken()
    both = ((bares, bare), (owns, own))
    for _, claim in both:
        await claim(campaign or 1)
    for n in range(rounds):
        for taken, claim in both if n % 2 else reversed(both):
            await timed(taken, claim, campaign or 1 + n % CAMPAIGNS)
    return bares, owns


async def together(bare: Sequence[Claim], own: Sequence[Claim], rounds: int) -> tuple[Taken, Taken]:
    """All cells of a kind at once, each for itself; the kinds in turn, as often as `rounds` for each cell allows."""
    bares, owns = Taken(), Taken()
    both = ((bares, bare), (owns, own))
    turns = min(TURNS, rounds)

    async def worker(taken: Taken, claim: Claim, first: int) -> None:
        for n in range(rounds // turns):
            await timed(taken, claim, 1 + (first + n) % CAMPAIGNS)

    for claim in (*bare, *own):
        await claim(1)
    for turn in range(turns):
        for taken, claims in both if turn % 2 else reversed(both):
            await asyncio.gather(*(worker(taken, claim, turn + n) for n, claim in enumerate(claims)))
    return bares, owns


def row(where: str, bare: Taken, own: Taken) -> tuple[object, ...]:
    cells: list[object] = [where]
    for share in (0.5, 0.99):
        one, other = own.percentile(share), bare.percentile(share)
        cells += [f"{one:.1f}", f"{other:.1f}", f"{one / other:.2f}"]
    return (*cells, len(own.leads), len(own.leads) - len(set(own.leads)))


async def prepare(url: str) -> None:
    async with await Store.open(url) as store:
        client = await store.clients.add("bench")
        for n in range(CAMPAIGNS):
            campaign = Campaign(id=CampaignId(0), client=client.id, name=f"c{n}", mode=Mode.PREDICTIVE)
            await store.campaigns.save(campaign)


async def with_quota(url: str) -> None:
    """Give the first campaign a mix with a quota: its claims go the long way, and count the day's calls."""
    async with await Store.open(url) as store:
        await store.campaigns.save(replace(await store.campaigns.find("c0"), selection=QUOTA))


def statements(leads: int, numbers: str, n: str) -> Iterator[str]:
    """The rows of all tables, some at a time; `numbers` is a query of whole numbers from {first} to {last}."""
    for first in range(1, leads + 1, _STEPS):
        source = numbers.format(first=first, last=min(leads, first + _STEPS - 1))
        yield _PEOPLE.format(n=n, numbers=source)
        yield _PHONES.format(n=n, numbers=source, step=2, rank=0, of_ten=10)
        yield _PHONES.format(n=n, numbers=source, step=3, rank=1, of_ten=9)
        yield _LEADS.format(n=n, numbers=source, now=NOW)


def calls_of_a_day(leads: int, numbers: str, n: str) -> str:
    last = min(DAY_CALLS, leads // 4)
    return _CALLS.format(n=n, now=NOW, numbers=numbers.format(first=1, last=last))


NOT_DUE = f"UPDATE leads SET due_at = {NOW} + 86400 + id % 86400 WHERE state = 'open' AND priority < 6"


async def on_sqlite(leads: int, rounds: int, folder: Path) -> list[tuple[object, ...]]:
    path = folder / "claims.db"
    url = f"sqlite:///{path}"
    await prepare(url)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        numbers = (
            "(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s)"
        )
        for sql in statements(leads, numbers, "n"):
            connection.execute(sql)
            connection.commit()
    rows: list[tuple[object, ...]] = []
    for where in ("SQLite", "SQLite, best bands not due"):
        if rows:
            with sqlite3.connect(path) as connection:
                connection.execute(NOT_DUE)
        async with await Store.open(url) as store:
            bare, own = await alternately(bare_sqlite(path), ours(store), rounds)
        rows.append(row(where, bare, own))
    with sqlite3.connect(path) as connection:
        connection.execute(calls_of_a_day(leads, numbers, "n"))
    await with_quota(url)
    async with await Store.open(url) as store:
        bare, own = await alternately(bare_sqlite(path), ours(store), rounds // 4, campaign=1)
    rows.append(row("SQLite, a mix with a quota", bare, own))
    stores = [await Store.open(url, cell=n) for n in range(WORKERS)]
    bares = [bare_sqlite(path) for _ in range(WORKERS)]
    bare, own = await together(bares, [ours(store) for store in stores], rounds // WORKERS)
    for store in stores:
        await store.close()
    return [*rows, row(f"SQLite, {WORKERS} cells", bare, own)]


async def on_postgres(leads: int, rounds: int, url: str) -> list[tuple[object, ...]]:
    await prepare(url)
    connections = [await asyncpg.connect(url) for _ in range(WORKERS)]
    first = connections[0]
    await first.execute("SET synchronous_commit = off")
    for sql in statements(leads, "generate_series({first}, {last}) AS s(n)", "n"):
        await first.execute(sql)
    await first.execute("VACUUM ANALYZE")
    await first.execute("CHECKPOINT")
    await first.execute("SET synchronous_commit = on")
    rows: list[tuple[object, ...]] = []
    for where in ("PostgreSQL", "PostgreSQL, best bands not due"):
        if rows:
            await first.execute(NOT_DUE)
            await first.execute("VACUUM ANALYZE leads")
            await first.execute("CHECKPOINT")
        async with await Store.open(url) as store:
            bare, own = await alternately(bare_postgres(first, 900), ours(store), rounds)
        rows.append(row(where, bare, own))
    async with await Store.open(url) as store:
        await store.begin_run(NOW)
        bare, own = await alternately(bare_postgres(first, 900), ours(store, journal=True), rounds)
    rows.append(row("PostgreSQL, with a line of the journal", bare, own))
    await first.execute(calls_of_a_day(leads, "generate_series({first}, {last}) AS s(n)", "n"))
    await first.execute("VACUUM ANALYZE calls")
    await with_quota(url)
    async with await Store.open(url) as store:
        bare, own = await alternately(bare_postgres(first, 900), ours(store), rounds // 4, campaign=1)
    rows.append(row("PostgreSQL, a mix with a quota", bare, own))
    stores = [await Store.open(url, cell=n) for n in range(WORKERS)]
    bares = [bare_postgres(one, 900 + n) for n, one in enumerate(connections)]
    bare, own = await together(bares, [ours(store) for store in stores], rounds // WORKERS * 2)
    for one in stores:
        await one.close()
    for connection in connections:
        await connection.close()
    return [*rows, row(f"PostgreSQL, {WORKERS} cells", bare, own)]


@contextmanager
def folder_in(place: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=place) as name:
        yield Path(name)


def main(arguments: Sequence[str] = ()) -> None:
    """Run it and print a table; the ratios must hold 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lead_claim")
    parser.add_argument("--leads", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1500)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--folder", help="where ten gigabytes are free", default=None)
    chosen = parser.parse_args(arguments)
    rows: list[tuple[object, ...]] = []
    if chosen.only != "postgresql":
        with folder_in(chosen.folder) as folder:
            rows += asyncio.run(on_sqlite(chosen.leads, chosen.rounds, folder))
    if chosen.only != "sqlite":
        with running(PORT, **SERVER) as server:
            rows += asyncio.run(on_postgres(chosen.leads, chosen.rounds, server.url))
    print(f"{chosen.leads:,} leads, {chosen.leads * 19 // 10:,} numbers; claims of {COUNT}; ratios <= {RATIO_MAX:.0f}")
    head = ("", "p50 ms", "bare", "ratio", "p99 ms", "bare", "ratio", "leads claimed", "of them twice")
    print(table(head, rows))


if __name__ == "__main__":
    main(sys.argv[1:])
