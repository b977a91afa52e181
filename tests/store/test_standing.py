"""How a list stood at an instant: open leads by attempts and due time, and calls of those called later."""

from dataclasses import replace

from dialer.core.ids import AgentId, LeadId
from dialer.core.messages import CallReserved, SaveCall, SaveLead
from dialer.core.outcomes import Outcome
from dialer.store import Store
from dialer.store.standing import AHEAD_MAX_S, OpenLeads
from tests.store.world import DAY, HOUR, NOW, World

AT = NOW + HOUR


def due(attempts: int, due_in_s: float, leads: int = 1) -> OpenLeads:
    return OpenLeads(attempts=attempts, due_in_s=due_in_s, leads=leads)


async def tried(world: World, lead: LeadId, attempts: int, due_at: float | None) -> None:
    await world.tell(SaveLead(lead, attempts, due_at, "busy"))


async def test_open_leads_are_counted_by_attempts_and_by_when_they_are_due(world: World) -> None:
    leads = [await world.add_lead() for _ in range(7)]
    for lead, attempts, due_at in zip(
        leads[2:], (1, 1, 2, 3, 4), (AT, AT + 620.0, AT + 620.0, None, AT + 30 * DAY), strict=True
    ):
        await tried(world, lead, attempts, due_at)
    found = await world.store.standing.at(world.campaign.id, AT)
    assert found == ((due(0, 0.0, 2), due(1, 0.0), due(1, 750.0), due(2, 750.0), due(4, AHEAD_MAX_S + 150.0)), ())


async def test_a_lead_that_was_called_later_comes_with_its_calls(world: World) -> None:
    lead = await world.add_lead()
    await world.dial(await world.claim_one(), Outcome.BUSY, at=NOW)
    await tried(world, lead, 1, NOW + 900.0)
    await world.dial(await world.claim_one(now=AT + 60.0), Outcome.NO_ANSWER, at=AT + 60.0)
    await tried(world, lead, 2, AT + DAY)
    found = await world.store.standing.at(world.campaign.id, AT)
    assert found is not None
    [], [called] = found
    assert (called.lead, called.attempts) == (lead, 2)
    assert {one.number for one in called.calls} == {"+525550000001"}
    assert [(one.outcome, one.ended_at) for one in called.calls] == [
        (Outcome.BUSY, NOW + 60.0),
        (Outcome.NO_ANSWER, AT + 120.0),
    ]
    assert await world.store.standing.at(world.campaign.id, AT + HOUR) == ((due(2, DAY - HOUR + 150.0),), ())


async def test_a_lead_on_the_line_is_told_by_its_call(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one(now=AT - 10.0)
    answer = await world.reserve(lead, now=AT - 10.0)
    assert isinstance(answer, CallReserved)
    await world.tell(SaveCall(replace(world.record(answer.call, lead, at=AT - 10.0))), now=AT - 10.0)
    found = await world.store.standing.at(world.campaign.id, AT)
    assert found is not None
    [], [called] = found
    assert [one.ended_at for one in called.calls] == [None]


async def test_a_call_that_was_never_placed_leaves_its_lead_on_the_list(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one(now=AT + 60.0)
    answer = await world.reserve(lead, now=AT + 60.0)
    assert isinstance(answer, CallReserved)
    unplaced = replace(world.record(answer.call, lead, at=AT + 60.0), placed_at=None, ended_at=AT + 61.0)
    await world.tell(SaveCall(replace(unplaced, outcome=Outcome.FAILED)), SaveLead(lead.id, 0, AT + 660.0, "failed"))
    assert await world.store.standing.at(world.campaign.id, AT) == ((due(0, 750.0),), ())


async def test_a_list_that_came_later_was_not_there(world: World) -> None:
    lead = await world.add_lead(due_at=AT + HOUR)
    assert await world.store.standing.at(world.campaign.id, AT) == ((), ())
    known = await world.store.standing.at(world.campaign.id, AT, until=AT + 2 * HOUR)
    assert known == ((due(0, HOUR + 150.0),), ())
    await world.dial(await world.claim_one(now=AT + HOUR), Outcome.BUSY, at=AT + HOUR)
    [called] = await world.store.standing.of_leads(world.campaign.id, [lead], AT + HOUR)
    assert called.listed_at == AT + HOUR
    assert await world.store.standing.of_leads(world.campaign.id, [lead], AT) == ()


async def test_conversations_are_counted_by_agent_and_campaign(world: World) -> None:
    other = await world.second_campaign()
    for campaign, agent, outcome in (
        (world.campaign, 7, Outcome.CONNECTED),
        (world.campaign, 7, Outcome.CONNECTED),
        (other, 7, Outcome.CONNECTED),
        (other, 8, Outcome.CONNECTED),
        (other, 8, Outcome.BUSY),
    ):
        await world.add_lead(campaign=campaign)
        there = world.of(campaign)
        record = await there.dial(await there.claim_one(), outcome)
        await world.tell(SaveCall(replace(record, agent=AgentId(agent))))
    found = await world.store.spells.talks(NOW, NOW + HOUR)
    assert found == {7: {world.campaign.id: 2, other.id: 1}, 8: {other.id: 1}}
    assert await world.store.spells.talks(NOW + HOUR, NOW + DAY) == {}


async def test_of_a_campaign_without_leads_nothing_is_known(world: World, store: Store) -> None:
    assert await store.standing.at(world.campaign.id, AT) is None
