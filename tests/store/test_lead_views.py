"""Laws of leads as people look at them."""

import asyncio

import pytest

from dialer.core.ids import CampaignId
from dialer.core.messages import AddDoNotCall, SaveLead
from dialer.core.outcomes import Outcome
from dialer.store import LeadCounts, LeadState, Store
from dialer.store.database import Session
from dialer.store.server import Server
from tests.store.world import HOUR, NOW, World

NUMBER = "+525512345678"


async def test_a_lead_is_found_by_external_id_national_id_and_number(world: World) -> None:
    lead = await world.add_lead("+525550000009", NUMBER, national_id="AAAA")
    await world.add_lead()
    for text in ("A1", "AAAA", NUMBER):
        [found] = await world.store.leads.find(world.campaign.id, text)
        assert found.id == lead
    other = await world.second_campaign()
    assert await world.store.leads.find(other.id, "AAAA") == ()
    assert await world.store.leads.find(world.campaign.id, "A") == ()


async def test_a_search_ends_at_its_limit(world: World) -> None:
    leads = [await world.add_lead(NUMBER) for _ in range(4)]
    found = await world.store.leads.find(world.campaign.id, NUMBER, limit=3)
    assert [view.id for view in found] == leads[:3]


async def test_a_view_says_which_lists_forbid_a_number(world: World) -> None:
    lead = await world.add_lead("+525550000009", NUMBER)
    await world.tell(AddDoNotCall(NUMBER, "register"), AddDoNotCall(NUMBER, "asked"))
    view = await world.store.leads.view(lead)
    assert view is not None
    assert [(phone.number, phone.do_not_call) for phone in view.phones] == [
        ("+525550000009", ()),
        (NUMBER, ("asked", "register")),
    ]


async def test_the_history_is_the_persons_with_this_client(world: World) -> None:
    other = await world.second_campaign()
    await world.add_lead(NUMBER, national_id="AAAA")
    lead = await world.add_lead(NUMBER, national_id="AAAA", campaign=other)
    first = await world.dial(await world.claim_one(), Outcome.BUSY, at=NOW)
    second = await world.dial(await world.of(other).claim_one(), Outcome.BUSY, at=NOW + HOUR)
    view = await world.store.leads.view(lead)
    assert view is not None
    assert view.calls == (second, first)


async def test_how_a_list_stands(world: World) -> None:
    for due_at in (NOW, NOW, NOW, NOW, NOW, NOW + HOUR):
        await world.add_lead(due_at=due_at)
    first, second, _ = (await world.claim(3)).leads
    await world.tell(SaveLead(first.id, 1, None, "PTP"), SaveLead(second.id, 1, None, "PTP"))
    await world.store.leads.withdraw((await world.claim_one()).id)
    assert await world.store.leads.counts(world.campaign.id, NOW) == LeadCounts(
        total=6, open=2, due=1, claimed=1, finished=2, withdrawn=1, results=(("PTP", 2),)
    )
    assert (await world.store.leads.counts(CampaignId(9), NOW)).total == 0
    assert await world.store.leads.count(world.campaign.id) == 6
    assert await world.store.leads.count(CampaignId(9)) == 0


async def test_a_new_priority_counts_at_the_next_claim(world: World) -> None:
    await world.add_lead(priority=4)
    lead = await world.add_lead(priority=5)
    await world.store.leads.set_priority(lead, 0)
    assert (await world.claim_one()).id == lead


async def test_every_lead_is_in_the_stream_once(world: World) -> None:
    added = [await world.add_lead(NUMBER, f"+52555{n:07d}") for n in range(3)]
    lines = [line async for line in world.store.leads.stream(world.campaign.id)]
    assert [line.id for line in lines] == added
    assert lines[2].numbers == (NUMBER, "+525550000002")
    assert (lines[0].external_id, lines[0].name, lines[0].state) == ("A1", "Person 1", LeadState.OPEN)


@pytest.mark.parametrize("steps", range(0, 24, 3))
async def test_a_cancelled_batch_leaves_nothing_and_blocks_nobody(world: World, steps: int) -> None:
    task = asyncio.create_task(world.tell(AddDoNotCall(NUMBER, "one"), AddDoNotCall(NUMBER, "two")))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert await world.store.do_not_call.lists_of(NUMBER) in {(), ("one", "two")}
    await world.tell(AddDoNotCall(NUMBER, "three"))
    assert "three" in await world.store.do_not_call.lists_of(NUMBER)


@pytest.mark.postgres
async def test_the_connection_of_a_cancelled_transaction_is_not_used_again(postgres_url: str) -> None:
    """Its BEGIN may still be on the way, and would swallow whatever is written next."""
    server, begun = Server(postgres_url), asyncio.Event()

    async def work(_: Session) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(server.transact(work))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert server._idle == []
    await server.close()


async def test_a_store_can_be_closed_twice(url: str) -> None:
    store = await Store.open(url)
    await store.close()
    await store.close()


async def test_how_many_numbers_leads_have(world: World) -> None:
    other = await world.second_campaign()
    one, more = (f"+52555100000{n}" for n in range(2))
    leads = [
        await world.add_lead(),
        await world.add_lead(one, more, national_id="AAAA"),
        await world.add_lead(f"{one}2", f"{one}3", invalid=(f"{one}3",)),
        await world.add_lead(f"{one}4", invalid=(f"{one}4",)),
        await world.add_lead(f"{one}5", f"{one}6", f"{one}7"),
    ]
    await world.add_lead(one, more, national_id="AAAA", campaign=other)
    assert await world.store.leads.numbers(world.campaign.id) == {1: 2, 2: 1, 3: 1}
    assert await world.store.leads.numbers(other.id) == {2: 1}
    assert await world.store.leads.numbers(CampaignId(9)) == {}
    even = await world.store.leads.numbers(world.campaign.id, lead_every=2)
    assert sum(even.values()) == sum(lead % 2 == 0 for lead in leads if lead != leads[3])
