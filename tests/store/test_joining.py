"""Two people whom a later list tells to be one: caps, stops, promises and what was said hold for the one they are."""

import pytest

from dialer.core.ids import LeadId
from dialer.core.messages import CallReserved, RestPhone, ReturnLeads, SaveLead, SavePhone, SaveReceipt
from dialer.core.model import CallRecord, Receipt
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.store import ConflictError, LeadView
from dialer.store.loading import NewLead, NewPhone
from dialer.store.promises import day_of
from dialer.store.restrictions import NewRestriction
from tests.store.test_desk import promise
from tests.store.test_merging import tell
from tests.store.world import DAY, HOUR, NOW, ZONES, World

CURP = "BOXW310820HNERXN09"
SHARED, OWN, OTHER = "+525512345678", "+525587654321", "+525511112222"


def told(external_id: str, *numbers: str, national_id: str | None = None) -> NewLead:
    phones = tuple(NewPhone(number, valid=True, country="MX", zones=ZONES) for number in numbers)
    return NewLead(external_id, national_id, "MX", phones, name=f"Person {external_id}")


async def view(world: World, external_id: str) -> LeadView:
    [found] = await world.store.leads.find(world.campaign.id, external_id)
    return found


async def lead(world: World, external_id: str) -> LeadId:
    return (await view(world, external_id)).id


async def two(world: World) -> None:
    """K is known by the id, G is not; they have one number in common."""
    await tell(world, told("K", SHARED, OWN, national_id=CURP))
    await tell(world, told("G", SHARED, OTHER))


async def join(world: World, *, now: float = NOW) -> tuple[int, int]:
    """A list says that G has the id too."""
    await tell(world, told("G", OTHER, national_id=CURP), now)
    return await world.store.people.join_told(now)


async def call(world: World, external_id: str, outcome: Outcome, *, at: float = NOW) -> CallRecord:
    """A whole call to the lead, which is due again at once."""
    one = await lead(world, external_id)
    claimed = (await world.claim(now=NOW)).leads
    record = await world.dial(next(each for each in claimed if each.id == one), outcome, at=at)
    await world.tell(*(SaveLead(each.id, 0, NOW, "") for each in claimed))
    return record


async def test_what_is_known_of_the_one_is_the_others(world: World) -> None:
    await two(world)
    kept, gone = await view(world, "K"), await view(world, "G")
    assert kept.person.id != gone.person.id
    by_number = {phone.number: phone.id for phone in gone.phones}
    record = await call(world, "G", Outcome.CONNECTED, at=NOW - HOUR)
    await world.tell(SavePhone(by_number[SHARED], "wrong_person", 0, 3, 1, NOW), RestPhone(by_number[OTHER], NOW + DAY))
    say = world.store.restrictions.add
    await say([NewRestriction(lead=gone.id, kind=Kept.INCONVENIENT, value="mon-fri 08:00-09:00")], NOW)
    await say([NewRestriction(lead=gone.id, kind=Kept.LAWSUIT, account=True)], NOW)
    await say([NewRestriction(lead=gone.id, kind=Kept.PAYMENT, until=NOW + DAY)], NOW)
    assert await join(world) == (1, 0)
    kept, gone = await view(world, "K"), await view(world, "G")
    assert kept.person == gone.person
    assert kept.person.national_id == CURP
    found = {phone.number: phone for phone in kept.phones}
    assert set(found) == {SHARED, OWN, OTHER}
    assert (found[SHARED].quality, found[OTHER].due_at) == ("wrong_person", NOW + DAY)
    assert [call.id for call in kept.calls] == [record.id]
    assert [one.kind for one in await world.store.restrictions.of_lead(kept.id)] == [
        "inconvenient", "lawsuit", "payment",
    ]  # fmt: skip
    assert (kept.state, kept.due_at, kept.result) == ("open", NOW + DAY, "stop.payment")
    assert (gone.state, gone.result) == ("withdrawn", "stop.lawsuit")
    dials = await world.store.leads.dials(kept.id, OWN, NOW)
    assert [(dial.at, dial.person, dial.number) for dial in dials] == [(NOW - HOUR, True, False)]


async def test_the_next_reservation_counts_the_calls_of_both(world: World) -> None:
    await two(world)
    for name, at in (("K", NOW - 3 * HOUR), ("G", NOW - 2 * HOUR)):
        await call(world, name, Outcome.BUSY, at=at)
    await join(world)
    await world.store.leads.urge(await lead(world, "K"))
    answer = await world.reserve(await world.claim_one())
    assert isinstance(answer, CallReserved)
    assert answer.facts.dials_of_person_24h == 2


async def test_who_is_on_a_call_is_joined_when_it_is_over(world: World) -> None:
    await two(world)
    gone = await lead(world, "G")
    [claimed] = [one for one in (await world.claim()).leads if one.id == gone]
    assert await join(world) == (0, 1)
    answer = await world.reserve(claimed)
    assert await world.store.people.join_told(NOW) == (0, 1)
    await world.release(answer.call)
    assert await world.store.people.join_told(NOW + 1) == (1, 0)
    assert (await view(world, "G")).person == (await view(world, "K")).person
    assert await world.store.people.join_told(NOW + 2) == (0, 0)


async def test_the_log_stays_sound_and_tells_of_it_and_erasing_finds_both(world: World) -> None:
    await two(world)
    gone = await view(world, "G")
    refusal = Receipt(
        at=NOW, campaign=world.campaign.id, lead=gone.id, person=gone.person.id, number=OTHER, allowed=False,
        rule="scrub", why="on a register",
    )  # fmt: skip
    await world.tell(SaveReceipt(refusal))
    await join(world)
    kept = await view(world, "K")
    log = world.store.compliance
    assert (await log.verify(world.store.cell)).broken == ()
    assert [one.entry.kind async for one in log.stream()] == ["refused", "joined"]
    assert (await log.last_refusals([kept.person.id]))[kept.person.id].rule == "scrub"
    erased = await world.store.people.erase(kept.person.id, NOW)
    assert (erased.numbers, erased.entries) == (3, 2)
    verified = await log.verify(world.store.cell)
    assert (verified.broken, verified.erased) == ((), 2)


async def test_erasing_takes_along_whoever_a_list_told_to_be_the_same(world: World) -> None:
    await two(world)
    gone, kept = await view(world, "G"), await view(world, "K")
    [claimed] = [one for one in (await world.claim()).leads if one.id == gone.id]
    await join(world)
    for person in (gone.person.id, kept.person.id):
        with pytest.raises(ConflictError, match="at hand"):
            await world.store.people.erase(person, NOW)
    await world.tell(ReturnLeads((claimed.id,)))
    erased = await world.store.people.erase(gone.person.id, NOW + 1)
    assert (erased.person, set(erased.leads), erased.numbers) == (kept.person.id, {gone.id, kept.id}, 3)


async def test_undoing_the_list_that_told_it_leaves_them_one(world: World) -> None:
    await tell(world, told("K", OWN, national_id=CURP))
    await tell(world, told("G", OTHER))
    number = await tell(world, told("G", SHARED, national_id=CURP))
    await world.store.people.join_told(NOW)
    await world.store.imports.undo(number, NOW + 1)
    found = await view(world, "G")
    assert found.person == (await view(world, "K")).person
    assert {phone.number: phone.state.value for phone in found.phones} == {
        OWN: "valid", OTHER: "valid", SHARED: "withdrawn",
    }  # fmt: skip


async def test_three_who_are_one_end_with_the_same_person(world: World) -> None:
    await two(world)
    await tell(world, told("H", "+525511113333"))
    await tell(world, told("H", "+525511113333", national_id=CURP))
    await join(world)
    assert len({(await view(world, name)).person.id for name in "KGH"}) == 1


async def test_a_promise_goes_along(world: World) -> None:
    await two(world)
    record = await call(world, "G", Outcome.CONNECTED)
    await world.store.promises.keep(promise(record.id, "60", day_of(NOW)), NOW)
    await join(world)
    [row] = await world.store.promises.of_lead(await lead(world, "G"))
    assert row.promise.call == record.id
