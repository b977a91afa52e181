"""Laws of claiming: who comes next, with which number, and never twice."""

import asyncio

from dialer.core.ids import LeadId
from dialer.core.messages import AddDoNotCall, DeferLead, ReturnLeads, SaveLead
from dialer.store import LeadState, Store
from tests.store.world import HOUR, NOW, World


async def test_the_first_band_comes_first_then_the_longest_due_then_the_lowest_id(world: World) -> None:
    late = await world.add_lead(priority=1, due_at=NOW - 1)
    early = await world.add_lead(priority=1, due_at=NOW - 9)
    twin = await world.add_lead(priority=1, due_at=NOW - 9)
    last = await world.add_lead(priority=9, due_at=NOW - 99)
    first = await world.add_lead(priority=0)
    claimed = await world.claim()
    assert [lead.id for lead in claimed.leads] == [first, early, twin, late, last]


async def test_a_claim_takes_no_more_than_asked_and_no_lead_twice(world: World) -> None:
    added = [await world.add_lead() for _ in range(5)]
    first, second = await world.claim(3), await world.claim(3)
    assert [lead.id for lead in first.leads + second.leads] == added
    assert first.due_at is None


async def test_leads_that_are_not_due_wait_and_the_answer_says_until_when(world: World) -> None:
    for _ in range(3):
        await world.add_lead(priority=0, due_at=NOW + 2 * HOUR)
    await world.add_lead(priority=7, due_at=NOW + HOUR)
    due = await world.add_lead(priority=9)
    claimed = await world.claim(2)
    assert [lead.id for lead in claimed.leads] == [due]
    assert claimed.due_at == NOW + HOUR
    assert (await world.claim(2, now=NOW + HOUR)).leads


async def test_an_empty_list_has_no_next_time(world: World) -> None:
    assert (await world.claim()).due_at is None


async def test_no_lead_goes_to_two_cells(world: World, url: str) -> None:
    added = [await world.add_lead() for _ in range(40)]
    async with await Store.open(url, cell=1) as other:
        takes = await asyncio.gather(*(world.claim(3, store=(world.store, other)[n % 2]) for n in range(16)))
    assert sorted(lead.id for take in takes for lead in take.leads) == added


async def test_returned_leads_are_claimed_again_by_anyone(world: World, url: str) -> None:
    lead = await world.add_lead()
    await world.claim()
    await world.tell(ReturnLeads((lead,)))
    async with await Store.open(url, cell=1) as other:
        assert [one.id for one in (await world.claim(store=other)).leads] == [lead]
        await world.tell(ReturnLeads((lead,)))  # it is the other cell's now
        assert not (await world.claim()).leads


async def test_a_deferred_lead_waits_and_has_no_attempt_more(world: World) -> None:
    lead = await world.add_lead()
    await world.claim()
    await world.tell(DeferLead(lead, NOW + HOUR, "hours"))
    assert (await world.claim()).due_at == NOW + HOUR
    assert (await world.claim_one(now=NOW + HOUR)).attempts == 0


async def test_only_a_lead_that_this_cell_holds_is_deferred(world: World, url: str) -> None:
    over, withdrawn = [await world.add_lead() for _ in range(2)]
    await world.claim()
    await world.tell(SaveLead(over, 1, None, "REFUSED"))
    await world.store.leads.withdraw(withdrawn)
    theirs = await world.add_lead()
    async with await Store.open(url, cell=1) as other:
        assert [lead.id for lead in (await world.claim(store=other)).leads] == [theirs]
    await world.tell(*(DeferLead(lead, NOW, "hours") for lead in (over, withdrawn, theirs)))
    claimed = await world.claim()
    assert (claimed.leads, claimed.due_at) == ((), None)
    await _stands(world, over, LeadState.FINISHED, "REFUSED")


async def test_the_numbers_of_a_lead_take_turns_by_rank(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002", "+525550000003")
    tried = []
    for attempt in range(4):
        lead = await world.claim_one()
        assert lead.attempts == attempt
        tried.append(lead.number[-1])
        await world.tell(SaveLead(lead.id, attempt + 1, NOW, "no_answer"))
    assert tried == ["1", "2", "3", "1"]


async def test_invalid_and_forbidden_numbers_are_passed_over(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002", "+525550000003", invalid=("+525550000001",))
    await world.tell(AddDoNotCall("+525550000002", "asked"))
    assert (await world.claim_one()).number == "+525550000003"


async def test_a_lead_without_a_usable_number_is_finished_and_the_next_one_takes_its_place(world: World) -> None:
    hopeless = await world.add_lead("12", invalid=("12",), priority=0)
    good = await world.add_lead()
    assert [lead.id for lead in (await world.claim(1)).leads] == [good]
    view = await world.store.leads.view(hopeless)
    assert view is not None
    assert (view.state, view.result) == (LeadState.FINISHED, "no_number")


async def test_what_became_of_a_lead_decides_when_it_comes_again(world: World) -> None:
    again, over = [await world.add_lead() for _ in range(2)]
    await world.claim()
    await world.tell(SaveLead(again, 1, NOW + HOUR, "no_answer"), SaveLead(over, 1, None, "PTP"))
    assert not (await world.claim()).leads
    assert [lead.id for lead in (await world.claim(now=NOW + HOUR)).leads] == [again]
    await _stands(world, over, LeadState.FINISHED, "PTP")


async def test_a_withdrawn_lead_is_never_claimed_and_stays_withdrawn_after_its_call(world: World) -> None:
    quiet, live = [await world.add_lead() for _ in range(2)]
    await world.store.leads.withdraw(quiet)
    assert [lead.id for lead in (await world.claim()).leads] == [live]
    await world.store.leads.withdraw(live)
    await world.tell(SaveLead(live, 1, NOW, "no_answer"))
    await _stands(world, live, LeadState.WITHDRAWN, "no_answer")
    assert not (await world.claim()).leads


async def _stands(world: World, lead: LeadId, state: LeadState, result: str) -> None:
    view = await world.store.leads.view(lead)
    assert view is not None
    assert (view.state, view.result) == (state, result)
