"""How fast a list comes in, beside a bare executemany of the same rows, while an engine works on the same database.

    python -m benchmarks lead_import [--leads N] [--folder DIR]

The import is `dialer leads import` in a process of its own. Meanwhile a loop here claims, reserves and ends calls of
another campaign twenty times a second, and measures how late it is woken. Then the rows that came in are written once
more by `executemany` into the same tables of an empty database, in one transaction and nothing else.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.lead_lists import write
from benchmarks.tables import table
from dialer.core.ids import CallId, CampaignId, first_call
from dialer.core.messages import CallReserved, ClaimLeads, LeadsClaimed, ReserveCall, SaveCall, SaveLead
from dialer.core.model import CallRecord, Campaign, CampaignStatus, Mode
from dialer.core.outcomes import Outcome
from dialer.store import Store
from dialer.store.imports import CHUNK
from dialer.store.loading import NewLead, NewPhone

TABLES = ("people", "accounts", "phones", "leads")
BARE_CHUNK = 20_000
STEP_S = 0.005  # between two looks at how late the loop is
CALLS_PER_S = 20.0
PHONES_PER_S_MIN, BARE_MAX, MEMORY_MAX_MB, LAG_MAX_MS = 50_000, 5.0, 500, 20.0


@dataclass
class Watched:
    """What was seen while the import ran."""

    late_ms: list[float] = field(default_factory=list)
    store_ms: list[float] = field(default_factory=list)
    memory_mb: float = 0.0
    calls: int = 0


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def watch_loop(seen: Watched, done: asyncio.Event) -> None:
    while not done.is_set():
        due = time.perf_counter() + STEP_S
        await asyncio.sleep(STEP_S)
        seen.late_ms.append((time.perf_counter() - due) * 1000)


async def work(store: Store, campaign: Campaign, seen: Watched, done: asyncio.Event) -> None:
    """Claim, reserve, place and end calls, one after the other, as an engine's writer does."""
    call: int = first_call(9)
    while not done.is_set():
        begun = time.perf_counter()
        [claimed] = await store.apply([ClaimLeads(campaign.id, 1)], [], time.time())
        assert isinstance(claimed, LeadsClaimed)
        for lead in claimed.leads:
            call += 1
            [answer] = await store.apply(
                [ReserveCall(call=CallId(call), campaign=campaign.id, lead=lead)], [], time.time()
            )
            seen.store_ms.append((time.perf_counter() - begun) * 1000 / 2)
            assert isinstance(answer, CallReserved)
            now = time.time()
            record = CallRecord(
                id=CallId(call),
                campaign=campaign.id,
                client=campaign.client,
                mode=campaign.mode,
                lead=lead.id,
                person=lead.person,
                phone=lead.phone,
                number=lead.number,
                trunk="bench",
                caller_id="",
                reserved_at=now,
                placed_at=now,
            )
            ended = replace(record, ended_at=now + 1, outcome=Outcome.NO_ANSWER)
            await store.apply([SaveCall(ended), SaveLead(lead.id, 1, now + 3600, "no_answer")], [], now)
            seen.calls += 1
        await asyncio.sleep(max(0.0, 1 / CALLS_PER_S - (time.perf_counter() - begun)))


def cpu_s() -> float:
    """Processor time of all processes that were begun here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_mb(pid: int) -> float:
    """What a process and its children hold at this moment, shared pages counted once by each."""
    kilobytes = 0
    for one in (pid, *children(pid)):
        try:
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return kilobytes / 1024


def children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(one) for one in (task / "children").read_text().split()]
    except OSError:
        return found
    return found + [one for child in found for one in children(child)]


async def load(url: str, file: Path, seen: Watched, *, idle: bool) -> dict[str, float]:
    """Import in a process of its own while the loop here works; the import's own report."""
    async with await Store.open(url, cell=9) as store:
        await store.begin_run(time.time())
        campaign = await store.campaigns.find("working")
        done = asyncio.Event()
        tasks = [asyncio.create_task(watch_loop(seen, done))]
        if not idle:
            tasks.append(asyncio.create_task(work(store, campaign, seen, done)))
        command = [
            sys.executable,
            "-c",
            "from dialer.cli import main; main()",
            "leads",
            "import",
            str(file),
            "--campaign",
            "loading",
        ]
        process = await asyncio.create_subprocess_exec(
            *command, "--country", "CL", "--database", url, "--json=-", stdout=subprocess.PIPE
        )
        reading = asyncio.create_task(process.communicate())
        while not reading.done():
            seen.memory_mb = max(seen.memory_mb, memory_mb(process.pid))
            await asyncio.wait([reading], timeout=0.2)
        done.set()
        await asyncio.gather(*tasks)
        out, _ = await reading
        report: dict[str, float] = json.loads(out)
        return report


async def prepare(url: str) -> None:
    async with await Store.open(url) as store:
        client = await store.clients.add("bench")
        bare = Campaign(id=CampaignId(0), client=client.id, name="loading", mode=Mode.PREDICTIVE)
        await store.campaigns.save(bare)
        working = await store.campaigns.save(replace(bare, name="working", status=CampaignStatus.RUNNING))
        number = await store.imports.begin(working.id, "working", time.time())
        for first in range(0, 20 * CHUNK, CHUNK):
            rows = [lead_of(n) for n in range(first, first + CHUNK)]
            await store.imports.add(number, working, rows, time.time())


def lead_of(n: int) -> NewLead:
    phone = NewPhone(f"+5622{n:07d}", valid=True, country="CL", zones=("America/Santiago",))
    return NewLead(external_id=f"w{n}", national_id=None, country="CL", phones=(phone,), name=f"Person {n}")


def bare_s(loaded: Path, empty: Path) -> float:
    """Seconds for the rows of the loaded database into the same tables of an empty one, by executemany alone."""
    source, target = sqlite3.connect(loaded), sqlite3.connect(empty, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        target.execute(f"PRAGMA {pragma}")
    for name in ("clients", "campaigns", "imports"):
        copied(source, target, name)
    taken, begun = 0.0, time.perf_counter()
    target.execute("BEGIN")
    taken += time.perf_counter() - begun
    for name in TABLES:
        taken += copied(source, target, name)
    begun = time.perf_counter()
    target.execute("COMMIT")
    return taken + time.perf_counter() - begun


def copied(source: sqlite3.Connection, target: sqlite3.Connection, name: str) -> float:
    taken = 0.0
    reading = source.execute(f"SELECT * FROM {name}")
    sql = f"INSERT INTO {name} VALUES ({', '.join('?' * len(reading.description))})"
    for rows in chunks(reading):
        begun = time.perf_counter()
        target.executemany(sql, rows)
        taken += time.perf_counter() - begun
    return taken


def chunks(reading: sqlite3.Cursor) -> Iterator[list[tuple[object, ...]]]:
    while rows := reading.fetchmany(BARE_CHUNK):
        yield rows


def main(arguments: Sequence[str] = ()) -> None:
    """Run it and print what was measured beside what must hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lead_import")
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--idle", action="store_true", help="without an engine at work meanwhile")
    parser.add_argument("--folder", help="where some gigabytes are free", default=None)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        file, loaded, empty = (Path(folder) / name for name in ("list.csv", "loaded.db", "empty.db"))
        write(file, chosen.leads)
        url = f"sqlite:///{loaded}"
        asyncio.run(prepare(url))
        seen, before = Watched(), cpu_s()
        report = asyncio.run(load(url, file, seen, idle=chosen.idle))
        cpu = cpu_s() - before
        asyncio.run(migrated(f"sqlite:///{empty}"))
        bare = bare_s(loaded, empty)
    seconds, phones = report["seconds"], report["phones"]
    print(f"{report['leads']:,.0f} leads, {phones:,.0f} phones, {report['invalid_phones']:.0f} of them invalid")
    print(
        table(
            ("", "measured", "must hold"),
            (
                ("phones/s", f"{phones / seconds:,.0f}", f">= {PHONES_PER_S_MIN:,}"),
                ("seconds, times those of a bare executemany", f"{seconds / bare:.2f}", f"<= {BARE_MAX:.0f}"),
                ("seconds (bare)", f"{seconds:.1f} ({bare:.1f})", ""),
                ("processor seconds of the import", f"{cpu:.1f}", ""),
                ("memory of its processes, MB", f"{seen.memory_mb:.0f}", f"< {MEMORY_MAX_MB}"),
                ("loop lag p99, ms", f"{percentile(seen.late_ms, 0.99):.1f}", f"< {LAG_MAX_MS:.0f}"),
                ("loop lag p50 / max, ms", spread(seen.late_ms, 0.5, 1.0), ""),
                ("a claim or reservation meanwhile p50 / p99 / max, ms", spread(seen.store_ms, 0.5, 0.99, 1.0), ""),
                ("calls worked meanwhile", str(seen.calls), ""),
            ),
        )
    )


def spread(values: Sequence[float], *shares: float) -> str:
    return " / ".join(f"{percentile(values, share):.1f}" for share in shares)


async def migrated(url: str) -> None:
    async with await Store.open(url):
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
