"""The law of durability: what was acknowledged before a kill -9 is there afterwards, and no number is given twice."""

import subprocess
import sys
from pathlib import Path

from dialer.store import Store
from tests.store.world import NOW, World

# Reserves and saves calls for ever, and says each one's id once it is durable.
CHILD = """
import asyncio, sys
from dialer.core.ids import CallId
from dialer.core.messages import ClaimLeads, ReserveCall, SaveCall
from dialer.store import JournalEntry, Store
from tests.store.world import NOW, World
from itertools import count

async def main(url):
    async with await Store.open(url) as store:
        campaign = await store.campaigns.find("spring")
        restored, run = await store.begin_run(NOW)
        world = World(store, campaign, count(restored.next_call), count(1000))
        while True:
            [claimed] = await store.apply([ClaimLeads(campaign.id, 1)], [], NOW)
            ask = world.ask(claimed.leads[0])
            entry = JournalEntry(NOW, "event", str(ask.call))
            await store.apply([ask], [entry], NOW)
            print(ask.call, flush=True)
            if ask.call % 2:
                await store.apply([SaveCall(world.record(ask.call, ask.lead))], [], NOW)

asyncio.run(main(sys.argv[1]))
"""


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dialer.db"
    async with await Store.open(url) as store:
        world = await World.made(store)
        for _ in range(60):
            await world.add_lead()
    acknowledged: list[int] = []
    for _ in range(3):
        acknowledged += _killed_after(url, 12)
    assert len(set(acknowledged)) == len(acknowledged)
    async with await Store.open(url) as store:
        restored, _ = await store.begin_run(NOW)
        found = {call.id for call in restored.open_calls}
        assert found >= set(acknowledged)
        assert len(found) - len(acknowledged) <= 3  # of each life at most the one that was being said
        assert len({call.person for call in restored.open_calls}) == len(found)
        assert {lead.id for lead in restored.leads} == {call.lead for call in restored.open_calls}
        assert restored.next_call == max(found) + 1
        kept = [row.body for run in await store.journal.runs() for row in await store.journal.events(run.id)]
        assert {int(body) for body in kept} == found
        world.store = store
        free = await world.claim(60)
        assert len(free.leads) == 60 - len(found)


def _killed_after(url: str, calls: int, program: str = CHILD) -> list[int]:
    """The calls that a process said were durable before it was killed."""
    with subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(calls)]
        child.kill()
        return said + [int(line) for line in child.stdout]


# Keeps a call and its receipt for ever, each in one batch with the next reservation.
RECEIPTS = """
import asyncio, sys
from itertools import count
from dialer.core.messages import ClaimLeads, SaveCall, SaveReceipt
from dialer.core.model import Receipt
from dialer.store import Store
from tests.store.world import NOW, World

async def main(url):
    async with await Store.open(url) as store:
        campaign = await store.campaigns.find("spring")
        restored, run = await store.begin_run(NOW)
        world = World(store, campaign, count(restored.next_call), count(1000))
        while True:
            [claimed] = await store.apply([ClaimLeads(campaign.id, 1)], [], NOW)
            lead = claimed.leads[0]
            ask = world.ask(lead)
            receipt = Receipt(at=NOW, campaign=campaign.id, lead=lead.id, person=lead.person, number=lead.number,
                              allowed=True, rule="default", why="a test", call=ask.call)
            await store.apply([ask], [], NOW)
            await store.apply([SaveCall(world.record(ask.call, lead)), SaveReceipt(receipt)], [], NOW)
            print(ask.call, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_the_compliance_log_is_whole_after_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/dialer.db"
    async with await Store.open(url) as store:
        world = await World.made(store)
        for _ in range(60):
            await world.add_lead()
    said: list[int] = []
    for _ in range(3):
        said += _killed_after(url, 10, RECEIPTS)
    async with await Store.open(url) as store:
        found = await store.compliance.verify(0)
        assert found.broken == ()
        receipts = [one.entry.call async for one in store.compliance.stream()]
        assert set(said) <= set(receipts)
        assert len(set(receipts)) == len(receipts) == found.entries
        kept = [call.record.id async for call in store.calls.stream()]
        assert set(kept) == set(receipts)  # a call and its receipt are kept together, or neither is
