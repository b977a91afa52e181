"""Laws of reservations: one live call to a person and to a number, and the facts are those of that instant."""

import asyncio
from dataclasses import replace

import pytest

from dialer.core.ids import CallId, LeadId, PhoneId, first_call
from dialer.core.lines_out import LineOut
from dialer.core.messages import (
    AddDoNotCall,
    CallReserved,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    SaveCall,
    SaveLineOut,
)
from dialer.core.outcomes import Outcome
from dialer.errors import StoreError
from dialer.leads.why import facts_of
from dialer.store import Store
from tests.store.world import DAY, HOUR, NOW, World

NUMBER = "+525512345678"


async def test_one_live_call_to_a_person_across_campaigns(world: World) -> None:
    other = await world.second_campaign()
    await world.add_lead("+525550000001", national_id="AAAA")
    await world.add_lead("+525550000002", national_id="AAAA", campaign=other)
    first = await world.claim_one()
    second = await world.of(other).claim_one()
    assert first.person == second.person
    reserved = await world.reserve(first)
    assert isinstance(reserved, CallReserved)
    assert isinstance(await world.reserve(second), ReservationRefused)
    record = world.record(reserved.call, first)
    await world.tell(SaveCall(record))
    assert isinstance(await world.reserve(second), ReservationRefused)
    await world.tell(SaveCall(replace(record, ended_at=NOW + 1, outcome=Outcome.BUSY)))
    assert isinstance(await world.reserve(second), CallReserved)


async def test_one_live_call_to_a_number_whoever_has_it(world: World) -> None:
    await world.add_lead(NUMBER)
    await world.add_lead(NUMBER)
    first, second = (await world.claim()).leads
    assert first.person != second.person
    answers = await world.tell(world.ask(first), world.ask(second))
    assert [type(answer) for answer in answers] == [CallReserved, ReservationRefused]


async def test_two_cells_never_get_the_same_person(world: World, url: str) -> None:
    lead = await world.add_lead()
    claimed = await world.claim_one()
    async with await Store.open(url, cell=1) as other:
        asks = [ReserveCall(call=first_call(cell), campaign=world.campaign.id, lead=claimed) for cell in (0, 1)]
        answers = await asyncio.gather(
            *(store.apply([ask], [], NOW) for store, ask in zip((world.store, other), asks, strict=True))
        )
    assert sorted(type(answer).__name__ for [answer] in answers) == ["CallReserved", "ReservationRefused"]
    assert lead == claimed.id


async def test_asking_again_for_the_same_call_answers_the_same(world: World) -> None:
    await world.add_lead()
    ask = world.ask(await world.claim_one())
    assert await world.tell(ask) == await world.tell(ask)


async def test_the_facts_count_every_dial_that_left_the_machine(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002", national_id="AAAA")
    lead = await world.claim_one()
    for at in (NOW - 8 * DAY, NOW - 3 * DAY, NOW - 2 * HOUR, NOW - HOUR):
        await world.dial(lead, Outcome.BUSY, at=at)
    other_number = replace(lead, number="+525550000002", phone=(await _phones(world, lead.id))[1])
    await world.dial(other_number, Outcome.NO_ANSWER, at=NOW - 3 * HOUR)
    held = await world.reserve(other_number, now=NOW - 30 * 60)  # reserved, never placed: counts for nothing
    await world.tell(ReleaseCall(held.call, "too late", None))
    await world.add_lead("+525550000001", national_id="AAAA")
    answer = await world.reserve(await world.claim_one())
    assert isinstance(answer, CallReserved)
    facts = answer.facts
    assert facts.dials_of_number_24h == 2
    assert facts.dials_of_person_24h == 3
    assert facts.dials_of_person_7d == 4
    assert facts.number_dialled_at == NOW - HOUR
    assert facts.person_contacted_at is None
    assert facts.lead_open
    assert facts.do_not_call == ()


async def test_the_last_conversation_is_known(world: World) -> None:
    lead_id = await world.add_lead()
    lead = await world.claim_one()
    await world.dial(lead, Outcome.CONNECTED, at=NOW - HOUR)
    await world.dial(lead, Outcome.MACHINE, at=NOW - HOUR / 2)
    answer = await world.reserve(lead)
    assert isinstance(answer, CallReserved)
    assert answer.facts.person_contacted_at == NOW - HOUR + 10
    assert answer.facts.lead.id == lead_id


async def test_an_opt_out_that_names_its_call_alone_forbids_the_number_it_dialled(world: World) -> None:
    await world.add_lead(NUMBER)
    lead = await world.claim_one()
    ended = await world.dial(lead, Outcome.ABANDONED, at=NOW - HOUR)
    [answer] = await world.tell(AddDoNotCall(None, "opt_out", ended.id), world.ask(lead))
    assert isinstance(answer, CallReserved)
    assert answer.facts.do_not_call == ("opt_out",)


async def test_a_forbidden_number_is_known_on_the_very_next_reservation(world: World) -> None:
    await world.add_lead(NUMBER)
    ask = world.ask(await world.claim_one())
    answers = await world.tell(AddDoNotCall(NUMBER, "register"), AddDoNotCall(NUMBER, "asked", CallId(9)), ask)
    [answer] = answers
    assert isinstance(answer, CallReserved)
    assert answer.facts.do_not_call == ("asked", "register")


async def test_a_lead_withdrawn_meanwhile_is_closed(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    await world.store.leads.withdraw(lead.id)
    answer = await world.reserve(lead)
    assert isinstance(answer, CallReserved)
    assert not answer.facts.lead_open


async def test_a_lead_that_another_cell_holds_is_closed_here(world: World, url: str) -> None:
    await world.add_lead()
    async with await Store.open(url, cell=1) as other:
        [lead] = (await world.claim(store=other)).leads
        answer = await world.reserve(lead)
        assert isinstance(answer, CallReserved)
        assert not answer.facts.lead_open
        await world.tell(ReleaseCall(answer.call, "closed", NOW))
        assert not (await world.claim()).leads


@pytest.mark.parametrize(("retry_at", "due_at"), [(NOW + 5, NOW + 5), (None, NOW + HOUR)])
async def test_a_released_call_frees_all_and_its_lead_comes_again(
    world: World, retry_at: float | None, due_at: float
) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    answer = await world.reserve(lead)
    await world.tell(ReleaseCall(answer.call, "no line", retry_at))
    assert (await world.claim()).due_at == due_at
    assert isinstance(await world.reserve(await world.claim_one(now=due_at)), CallReserved)
    assert await world.store.calls.get(answer.call) is None


async def test_a_batch_that_fails_leaves_nothing(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    nowhere = replace(lead, id=LeadId(999))
    with pytest.raises(StoreError):
        await world.tell(AddDoNotCall(lead.number, "asked"), world.ask(nowhere))
    assert await world.store.do_not_call.lists_of(lead.number) == ()


async def _phones(world: World, lead: LeadId) -> list[PhoneId]:
    view = await world.store.leads.view(lead)
    assert view is not None
    return [phone.id for phone in view.phones]


async def test_the_earlier_dials_are_known_with_how_far_they_got(world: World) -> None:
    other = await world.second_campaign()
    await world.add_lead(NUMBER, "+525550000002", national_id="AAAA")
    await world.add_lead("+525550000002", national_id="AAAA", campaign=other)
    await world.add_lead(NUMBER)  # another person's, with the same number
    mine, foreign = (await world.claim()).leads
    [elsewhere] = (await world.of(other).claim()).leads
    long_ago = await world.dial(mine, Outcome.BUSY, at=NOW - 63 * DAY)
    at = NOW - 20 * DAY
    said = [
        await world.dial(mine, Outcome.ABANDONED, at=at),
        await world.dial(mine, Outcome.MACHINE, at=at + DAY),
        await world.dial(foreign, Outcome.EARLY_HANGUP, at=at + 2 * DAY),
        await world.dial(replace(elsewhere, number="+525550000002"), Outcome.CONNECTED, at=at + 3 * DAY),
        await world.dial(mine, Outcome.CONNECTED, at=at + 4 * DAY),
    ]
    await world.tell(SaveCall(replace(said[-1], disposition="REFUSED")))
    held = await world.reserve(mine)
    assert isinstance(held, CallReserved)
    assert held.facts.residence == "MX"
    assert [(dial.at, dial.over_at) for dial in held.facts.dials] == [(one.placed_at, one.ended_at) for one in said]
    assert [str(dial.reached) for dial in held.facts.dials] == [
        "abandoned", "machine", "answered", "spoken", "refused",
    ]  # fmt: skip
    same = [(dial.person, dial.account, dial.number, dial.client) for dial in held.facts.dials]
    whole = (True, True, True, True)
    assert same[:2] + same[4:] == [whole, whole, whole]
    assert same[2] == (False, False, True, True)
    assert same[3] == (True, False, False, True)
    assert await world.store.leads.dials(mine.id, NUMBER, NOW) == held.facts.dials
    assert long_ago.placed_at not in {dial.at for dial in held.facts.dials}


async def test_who_is_brought_into_a_talk_was_called_as_anybody_else(world: World) -> None:
    """Caps and gaps hold for a number and its person by whatever line they were called, until the person is erased."""
    await world.add_lead("+525550000001", "+525550000002", national_id="AAAA")
    await world.add_lead()
    mine, other = (await world.claim()).leads
    talk = await world.dial(other, Outcome.CONNECTED, at=NOW - 2 * HOUR)
    line = LineOut(
        id=CallId(next(world.calls)), call=talk.id, campaign=mine.campaign, client=talk.client, trunk="carrier",
        number="+525550000001", placed_at=NOW - HOUR, person=mine.person,
    )  # fmt: skip
    elsewhere = replace(line, id=CallId(next(world.calls)), number="+525550000002", placed_at=NOW - 3 * DAY)
    stranger = replace(line, id=CallId(next(world.calls)), person=None, placed_at=NOW - 2 * HOUR)
    await world.tell(*(SaveLineOut(one) for one in (line, elsewhere, stranger)))
    await world.tell(SaveLineOut(replace(line, answered_at=NOW - HOUR + 5, ended_at=NOW - HOUR + 65)))
    view = await world.store.leads.view(mine.id)
    assert view is not None
    held = await world.reserve(mine)
    assert isinstance(held, CallReserved)
    for facts in (held.facts, await facts_of(world.store, view, view.phones[0], NOW)):
        assert (facts.dials_of_number_24h, facts.dials_of_person_24h, facts.dials_of_person_7d) == (2, 1, 2)
        assert (facts.number_dialled_at, facts.person_contacted_at) == (NOW - HOUR, NOW - HOUR + 5)
        assert [(dial.at, dial.number, dial.person, str(dial.reached), dial.rang) for dial in facts.dials] == [
            (NOW - 3 * DAY, False, True, "nobody", None),
            (NOW - 2 * HOUR, True, False, "nobody", None),
            (NOW - HOUR, True, True, "spoken", True),
        ]
    assert mine.person in (await world.store.leads.some(mine.campaign, 0))[1]
    await world.release(held.call)
    await world.store.people.erase(mine.person, NOW)
    known = await world.store.trunk_reports.onward([talk.id])
    assert {(one.number, one.person) for one in known[talk.id]} == {("", None)}
