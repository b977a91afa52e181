"""Do-not-call lists of ten million numbers: how long a look takes, and whether what is added holds for the next call.

    python -m benchmarks.do_not_call                  10,000,000 numbers on SQLite, ten minutes and more
    python -m benchmarks do_not_call                  200,000

The look is the one that every reservation makes: the number, its digest, how it begins, whom the lists hold for. It is
held against the bare look by primary key in the same run, since a shared machine slows both alike.
"""

import argparse
import asyncio
import itertools
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dialer.core.ids import CampaignId, ClientId, first_call
from dialer.core.messages import CallReserved, ClaimLeads, LeadsClaimed, ReleaseCall, ReserveCall
from dialer.core.model import Campaign, Mode
from dialer.store import Store
from dialer.store.database import Session
from dialer.store.direct import Direct
from dialer.store.forbidden import Asked, forbidding
from dialer.store.loading import NewLead, NewPhone
from dialer.store.rows import DoNotCallList

BUDGET_US = 100.0
LOOKS = 20_000
NEXT_CALLS = 200
NOW = 1_795_449_600.0


def numbers(count: int) -> Iterator[str]:
    """Mexican numbers in no order, each once."""
    chance, step = random.Random(1), 7_777_777
    begin = chance.randrange(10**9)
    return (f"+52{10**9 + (begin + n * step) % (9 * 10**9):010d}" for n in range(count))


async def looks(session: Session, asked: Sequence[str], campaign: CampaignId) -> list[float]:
    """Microseconds of each look, one number at a time."""
    taken = []
    for number in asked:
        begun = time.perf_counter_ns()
        await forbidding(session, [Asked(number, campaign)], NOW)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return sorted(taken)


def bare(path: Path, asked: Sequence[str]) -> list[float]:
    """Microseconds of the barest look there is: one row by the beginning of its key."""
    taken = []
    with sqlite3.connect(path) as database:
        for number in asked:
            begun = time.perf_counter_ns()
            database.execute("SELECT source FROM do_not_call WHERE number = ?", (number,)).fetchall()
            taken.append((time.perf_counter_ns() - begun) / 1000)
    return sorted(taken)


def told(name: str, taken: list[float]) -> None:
    median, p99 = statistics.median(taken), taken[len(taken) * 99 // 100]
    print(f"{name:24} median {median:6.1f} us, p99 {p99:6.1f} us")


async def made(store: Store, count: int) -> Campaign:
    """A campaign, and lists of every kind: plain, of a client, hashed, by beginning."""
    client = await store.clients.add("lender")
    campaign = await store.campaigns.save(
        Campaign(id=CampaignId(0), client=ClientId(client.id), name="spring", mode=Mode.PREDICTIVE)
    )
    kept = store.do_not_call
    begun = time.monotonic()
    await kept.add(numbers(count), "register", NOW)
    seconds = time.monotonic() - begun
    print(f"{count} numbers loaded in {seconds:.0f} s, {count / seconds:,.0f} a second, while others may write")
    few = list(itertools.islice(numbers(count + 20_000), count, None))
    await kept.define(DoNotCallList(name="own", client=ClientId(client.id)), time.time())
    await kept.add(few[:10_000], "own", NOW)
    await kept.define(DoNotCallList(name="hashed", hashing="sha256"), time.time())
    await kept.add(few[10_000:], "hashed", NOW)
    await kept.add_prefixes([f"+5299{n}" for n in range(10)], "areas", NOW)
    return campaign


async def next_calls(store: Store, campaign: Campaign) -> None:
    """Add a number, reserve a call to it: the very next reservation must know. Raises AssertionError else."""
    rows = [
        NewLead(
            external_id=str(n), national_id=None, country="MX", name="", priority=5,
            phones=(NewPhone(number=f"+5255{n:08d}", valid=True, country="MX", zones=("America/Mexico_City",)),),
        )
        for n in range(NEXT_CALLS)
    ]  # fmt: skip
    number = await store.imports.begin(campaign.id, "list.csv", NOW)
    await store.imports.add(number, campaign, rows, NOW)
    [claimed] = await store.apply([ClaimLeads(campaign.id, NEXT_CALLS)], [], NOW)
    assert isinstance(claimed, LeadsClaimed)
    taken = []
    for n, lead in enumerate(claimed.leads):
        ask = ReserveCall(call=first_call(0) + n, campaign=campaign.id, lead=lead)  # type: ignore[arg-type]
        [before] = await store.apply([ask], [], NOW)
        await store.apply([ReleaseCall(ask.call, "again", NOW)], [], NOW)
        assert isinstance(before, CallReserved)
        assert before.facts.do_not_call == ()
        begun = time.perf_counter()
        await store.do_not_call.add([lead.number], "asked", NOW)
        taken.append((time.perf_counter() - begun) * 1e6)
        [after] = await store.apply([ask], [], NOW)
        await store.apply([ReleaseCall(ask.call, "again", NOW)], [], NOW)
        assert isinstance(after, CallReserved)
        assert after.facts.do_not_call == ("asked",), after.facts.do_not_call
    print(
        f"{NEXT_CALLS} numbers added, each known to the very next reservation; "
        f"one takes {statistics.median(taken):.0f} us"
    )


async def measure(folder: Path, count: int) -> float:
    path = folder / "day.db"
    async with await Store.open(f"sqlite:///{path}") as store:
        campaign = await made(store, count)
        chance = random.Random(2)
        listed = [one for n, one in enumerate(numbers(count)) if n % max(1, count // LOOKS) == 0][:LOOKS]
        others = [f"+521{chance.randrange(10**9):09d}" for _ in range(LOOKS)]
        chance.shuffle(listed)
        direct = Direct(path)
        for name, asked in (("on a list", listed), ("on none", others)):
            told(f"bare look, {name}", bare(path, asked))
            taken = await direct.transact(lambda session, asked=asked: looks(session, asked, campaign.id))  # type: ignore[misc]
            told(f"look, {name}", taken)
        await direct.close()
        await next_calls(store, campaign)
    return statistics.median(taken)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=10_000_000)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="do-not-call-") as folder:
        median = asyncio.run(measure(Path(folder), given.numbers))
    print(f"{median / BUDGET_US:.2f} of the budget of {BUDGET_US:.0f} us")


if __name__ == "__main__":
    main(sys.argv[1:])
