"""Laws of numbers that agents type and leads that they pick: dialled for once; nobody comes onto the list by it."""

from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId, LeadId
from dialer.core.messages import (
    CallReserved,
    DeferLead,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    ReturnLeads,
    SaveCall,
    SaveLead,
)
from dialer.core.outcomes import Outcome
from dialer.store import LeadState, LeadView, Store
from tests.store.world import DAY, HOUR, NOW, World

NUMBER = "+525512345678"


async def test_a_picked_lead_is_claimed_by_the_call(world: World) -> None:
    lead = await world.add_lead()
    reserved = await _reserved(world, lead_id=lead)
    assert reserved.facts.lead_open
    assert reserved.facts.lead.listed
    assert reserved.facts.lead.number == "+525550000001"
    assert not (await world.claim()).leads


async def test_an_unknown_lead_is_refused(world: World) -> None:
    await _is_unknown(world, LeadId(999))


async def test_a_lead_of_another_campaign_is_unknown(world: World) -> None:
    other = await world.second_campaign()
    lead = await world.add_lead(campaign=other)
    await _is_unknown(world, lead)
    assert [one.id for one in (await world.of(other).claim()).leads] == [lead]


async def _is_unknown(world: World, lead: LeadId) -> None:
    refused = await _ask(world, lead_id=lead)
    assert isinstance(refused, ReservationRefused)
    assert refused.reason.startswith("unknown lead")


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "picked"])
async def test_a_finished_lead_is_taken_up_for_one_call(world: World, *, typed: bool) -> None:
    lead = await _finished(world)
    facts = (await _wished(world, lead, typed=typed)).facts
    assert facts.lead_open
    assert not facts.lead.listed
    assert (facts.lead.id, facts.lead.number, facts.lead.attempts) == (lead, NUMBER, 3)


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "picked"])
@pytest.mark.parametrize("retry_at", [None, NOW - 1, NOW + 60])
async def test_a_finished_lead_that_came_to_no_call_stays_finished(
    world: World, retry_at: float | None, *, typed: bool
) -> None:
    lead = await _finished(world)
    reserved = await _wished(world, lead, typed=typed)
    await world.tell(ReleaseCall(reserved.call, "default.hours", retry_at))
    await _stands(world, lead, LeadState.FINISHED, result="PTP")


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "picked"])
async def test_an_open_lead_that_came_to_no_call_keeps_its_turn(world: World, *, typed: bool) -> None:
    lead = await world.add_lead(NUMBER, due_at=NOW + DAY)
    reserved = await _wished(world, lead, typed=typed)
    assert reserved.facts.lead.listed
    await world.tell(ReleaseCall(reserved.call, "the agent is no longer there", NOW))
    await _stands(world, lead, LeadState.OPEN, due_at=NOW + DAY)


async def test_a_typed_number_that_nobody_has_leaves_nothing_to_dial(world: World) -> None:
    reserved = await _reserved(world, number=NUMBER)
    lead = reserved.facts.lead
    assert (lead.number, lead.country, lead.zones) == (NUMBER, "MX", ("America/Mexico_City",))
    assert reserved.facts.lead_open
    assert not lead.listed
    await world.tell(ReleaseCall(reserved.call, "changed their mind", NOW))
    await _stands(world, lead.id, LeadState.FINISHED)


async def test_a_refused_typed_number_leaves_nothing_to_dial(world: World) -> None:
    other = await world.second_campaign()
    await world.add_lead(NUMBER, campaign=other)
    assert isinstance(await world.reserve(await world.of(other).claim_one()), CallReserved)
    assert isinstance(await _ask(world, number=NUMBER), ReservationRefused)
    claimed = await world.claim()
    assert (claimed.leads, claimed.due_at) == ((), None)


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "picked"])
async def test_no_wish_reopens_a_withdrawn_lead(world: World, *, typed: bool) -> None:
    lead = await world.add_lead(NUMBER)
    await world.store.leads.withdraw(lead)
    reserved = await _wished(world, lead, typed=typed)
    assert not reserved.facts.lead_open
    await world.tell(ReleaseCall(reserved.call, "lead_closed", NOW))
    await _stands(world, lead, LeadState.WITHDRAWN)


async def test_a_promised_call_back_puts_the_lead_on_the_list(world: World) -> None:
    reserved = await _reserved(world, number=NUMBER)
    lead = reserved.facts.lead
    ended = replace(world.record(reserved.call, lead), ended_at=NOW + 30, outcome=Outcome.CONNECTED)
    await world.tell(SaveCall(ended), SaveLead(lead.id, 1, NOW + HOUR, "CALLBACK"))
    assert (await world.claim_one(now=NOW + HOUR)).listed
    picked = await _reserved(world, lead_id=lead.id)  # it is at the engine's hand, and on the list
    assert picked.facts.lead.listed


async def test_asking_again_for_the_same_wish_answers_the_same(world: World) -> None:
    lead = await _finished(world)
    ask = ReserveCall(call=CallId(next(world.calls)), campaign=world.campaign.id, lead_id=lead, agent=AgentId(1))
    assert await world.tell(ask) == await world.tell(ask)
    await world.tell(ReleaseCall(ask.call, "default.hours", NOW))
    await _stands(world, lead, LeadState.FINISHED)


async def test_what_the_engine_still_had_at_hand_does_not_put_a_wish_onto_the_list(world: World) -> None:
    lead = await _finished(world)
    reserved = await _reserved(world, lead_id=lead)
    await world.tell(DeferLead(lead, NOW, "person_busy"), ReturnLeads((lead,)))
    assert not (await world.claim()).leads
    await world.tell(ReleaseCall(reserved.call, "default.hours", NOW))
    await _stands(world, lead, LeadState.FINISHED)


@pytest.mark.parametrize("placed", [True, False])
async def test_a_crash_during_the_call_forgets_nothing(world: World, url: str, *, placed: bool) -> None:
    lead = await _finished(world)
    reserved = await _reserved(world, number=NUMBER)
    record = world.record(reserved.call, reserved.facts.lead)
    if placed:
        await world.tell(SaveCall(record))
    await world.store.close()
    async with await Store.open(url) as again:
        restored, _ = await again.begin_run(NOW + 60)
        assert [call.id for call in restored.open_calls] == [reserved.call]
        assert restored.leads == (reserved.facts.lead,)
        await again.apply([ReleaseCall(reserved.call, "it never left", NOW)], [], NOW + 60)
        world.store = again
        await _stands(world, lead, LeadState.FINISHED)


async def test_a_crash_after_the_call_leaves_nothing_to_dial(world: World, url: str) -> None:
    lead = await _finished(world)
    reserved = await _reserved(world, number=NUMBER)
    record = world.record(reserved.call, reserved.facts.lead)
    await world.tell(SaveCall(replace(record, ended_at=NOW + 30, outcome=Outcome.BUSY)))
    await world.store.close()
    async with await Store.open(url) as again:
        await again.begin_run(NOW + 60)
        world.store = again
        await _stands(world, lead, LeadState.FINISHED)


async def _finished(world: World) -> LeadId:
    """A lead that has promised to pay."""
    lead = await world.add_lead("+525550000001", NUMBER)
    await world.claim()
    await world.tell(SaveLead(lead, 3, None, "PTP"))  # after three attempts it is the second number's turn
    return lead


async def _wished(world: World, lead: LeadId, *, typed: bool) -> CallReserved:
    return await (_reserved(world, number=NUMBER) if typed else _reserved(world, lead_id=lead))


async def _reserved(world: World, *, lead_id: LeadId | None = None, number: str | None = None) -> CallReserved:
    answer = await _ask(world, lead_id=lead_id, number=number)
    assert isinstance(answer, CallReserved)
    return answer


async def _ask(
    world: World, *, lead_id: LeadId | None = None, number: str | None = None
) -> CallReserved | ReservationRefused:
    call = CallId(next(world.calls))
    ask = ReserveCall(call=call, campaign=world.campaign.id, lead_id=lead_id, number=number, agent=AgentId(1))
    [answer] = await world.tell(ask)
    assert isinstance(answer, CallReserved | ReservationRefused)
    return answer


async def _stands(
    world: World, lead: LeadId, state: LeadState, *, due_at: float | None = None, result: str | None = None
) -> None:
    view = await world.store.leads.view(lead)
    assert isinstance(view, LeadView)
    assert (view.state, view.due_at) == (state, due_at)
    assert result in {None, view.result}
