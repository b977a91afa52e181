"""A commit whose answer is lost: whoever applies the batch again finds all of it there once."""

import random
from urllib.parse import urlsplit

import pytest

from dialer.core.ids import AgentId, CallId, LeadId, PersonId
from dialer.core.messages import AddDoNotCall, Restrict, SaveCall, SaveDisposition, SaveReceipt, StoreCommand
from dialer.core.model import Receipt
from dialer.core.packs.schema import Kept
from dialer.errors import StoreError
from dialer.store import JournalEntry, Store
from tests.faulty_proxy import FaultyProxy
from tests.store.conftest import _empty
from tests.store.world import NOW, World

NUMBER = "+525512345678"
JOURNAL = [JournalEntry(NOW, "event", "{}"), JournalEntry(NOW, "event", '{"a":1}')]


def batch_of(world: World, lead: LeadId, call: CallId) -> list[StoreCommand]:
    """What is added, and would stand there twice."""
    receipt = Receipt(
        at=NOW,
        campaign=world.campaign.id,
        lead=lead,
        person=PersonId(1),
        number=NUMBER,
        allowed=True,
        rule="r",
        why="w",
        call=call,
    )
    return [
        SaveReceipt(receipt),
        SaveDisposition(call, AgentId(1), "PTP", "said so"),
        AddDoNotCall(NUMBER, "agent", call),
        Restrict(lead=lead, kind=Kept.DISPUTE, source="agent", call=call, account=True),
    ]


async def counted(store: Store, lead: LeadId) -> dict[str, int]:
    view = await store.leads.view(lead)
    assert view is not None
    chain = await store.compliance.verify(store.cell)
    assert not chain.broken
    return {
        "log": chain.entries,
        "said": len(view.dispositions),
        "restrictions": len(await store.restrictions.of_lead(lead)),
        "journal": sum([len(await store.journal.events(run.id)) for run in await store.journal.runs()]),
    }


@pytest.mark.postgres
@pytest.mark.parametrize("lost", [True, False], ids=["the answer is lost", "the commit is lost"])
@pytest.mark.parametrize("alone", [True, False], ids=["the journal is tried alone", "the whole is tried"])
async def test_a_batch_applied_again_is_there_once(postgres_url: str, lost: bool, alone: bool) -> None:
    await _empty(postgres_url)
    address = urlsplit(postgres_url)
    async with FaultyProxy("127.0.0.1", address.port or 5432, random.Random(1)) as proxy:
        url = postgres_url.replace(f":{address.port}", f":{proxy.port}")
        async with await Store.open(url) as store:
            world = await World.made(store)
            lead = await world.add_lead(NUMBER)
            await store.begin_run(NOW)
            claimed = await world.claim_one()
            call = (await world.reserve(claimed)).call
            await world.tell(SaveCall(world.record(call, claimed)))
            batch = batch_of(world, lead, call)
            proxy.passed_on.clear()
            proxy.cut_after = b"COMMIT;" if lost else b"INSERT INTO journal"
            with pytest.raises(StoreError):
                await store.apply(batch, JOURNAL, NOW)
            assert proxy.cuts == 1
            if alone and lost:
                with pytest.raises(StoreError, match="as a whole"):
                    await store.apply([], JOURNAL, NOW)
            await store.apply(batch, JOURNAL, NOW + 1)
            await store.apply([], [JournalEntry(NOW + 2, "event", "{}")], NOW + 2)
            assert await counted(store, lead) == {"log": 3, "said": 1, "restrictions": 1, "journal": 3}
