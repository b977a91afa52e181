"""What was said of people holds from the next reservation on, for as long and for whom it was said."""

from dataclasses import replace

import pytest

from dialer.core.ids import LeadId
from dialer.core.messages import CallReserved, Restrict, SaveLead
from dialer.core.model import DialFacts
from dialer.core.packs.schema import STOPS, Hours, Kept, Stop
from dialer.store import NotFoundError
from dialer.store.restrictions import NewRestriction, hours_of
from tests.store.world import DAY, NOW, ZONES, World, campaign_of

NUMBER = "+525512345678"


async def facts(world: World, *, now: float = NOW) -> DialFacts:
    """Those of the next reservation, which is given back."""
    answer = await world.reserve(await world.claim_one(now=now), now=now)
    assert isinstance(answer, CallReserved), answer
    await world.release(answer.call, now=now)
    return answer.facts


@pytest.mark.parametrize("kind", sorted(STOPS - {Kept.WRONG_PERSON}))
async def test_a_stop_for_good_takes_the_leads_from_every_list(world: World, kind: Kept) -> None:
    other = await world.second_campaign()
    first = await world.add_lead(national_id="A")
    second = await world.add_lead(national_id="A", campaign=other)
    touched = await world.store.restrictions.add([NewRestriction(lead=first, kind=kind, source="api")], NOW)
    assert set(touched) == {first, second}
    assert not (await world.claim()).leads
    assert not (await world.of(other).claim()).leads
    [kept] = await world.store.restrictions.of_lead(second)
    assert (kept.kind, kept.source, kept.until) == (kind, "api", None)
    await world.store.restrictions.lift(kept.id, NOW + 1)
    assert (await facts(world, now=NOW + 1)).stops == ()


async def test_a_stop_of_one_account_leaves_the_others_alone(world: World) -> None:
    first = await world.add_lead(national_id="A")
    second = await world.add_lead("+525512340002", national_id="A")
    assert await world.store.restrictions.add([NewRestriction(lead=first, kind=Kept.DISPUTE, account=True)], NOW) == (
        first,
    )
    assert [lead.id for lead in (await world.claim()).leads] == [second]


async def test_a_stop_of_one_client_leaves_the_others_alone(world: World) -> None:
    bank = await world.store.clients.add("bank")
    elsewhere = world.of(await world.store.campaigns.save(campaign_of("bank", bank.id)))
    first = await world.add_lead(national_id="A")
    await elsewhere.add_lead(national_id="A", campaign=elsewhere.campaign)
    await world.store.restrictions.add([NewRestriction(lead=first, kind=Kept.CEASE_REQUEST, client=True)], NOW)
    assert not (await world.claim()).leads
    assert (await facts(elsewhere)).stops == ()


async def test_a_stop_that_ends_lets_the_lead_wait_until_then(world: World) -> None:
    lead = await world.add_lead()
    await world.store.restrictions.add([NewRestriction(lead=lead, kind=Kept.PAYMENT, until=NOW + DAY)], NOW)
    assert not (await world.claim()).leads
    assert (await facts(world, now=NOW + DAY)).stops == ()


async def test_a_stop_said_between_claim_and_reservation_is_in_the_facts(world: World) -> None:
    lead_id = await world.add_lead(NUMBER)
    lead = await world.claim_one()
    [answer] = await world.tell(Restrict(lead=lead_id, kind=Kept.LAWSUIT, source="agent"), world.ask(lead))
    assert isinstance(answer, CallReserved)
    assert answer.facts.stops == (Stop(Kept.LAWSUIT),)
    assert not answer.facts.lead_open


@pytest.mark.parametrize("due_at", [None, NOW + DAY])
async def test_a_stop_said_during_a_call_is_known_by_its_name_after_the_call(
    world: World, due_at: float | None
) -> None:
    await world.add_lead(NUMBER)
    lead = await world.claim_one()
    await world.store.restrictions.add([NewRestriction(lead=lead.id, kind=Kept.DISPUTE)], NOW)
    await world.tell(SaveLead(lead.id, 1, due_at, "no_answer"))
    assert not (await world.claim(now=NOW + 2 * DAY)).leads
    [kept] = await world.store.restrictions.of_lead(lead.id)
    await world.store.restrictions.lift(kept.id, NOW + 1)
    assert (await world.claim_one(now=NOW + 2 * DAY)).attempts == 1


async def test_a_wrong_number_says_nothing_of_the_person_s_other_numbers(world: World) -> None:
    lead = await world.add_lead(NUMBER, "+525512340002")
    given = NewRestriction(lead=lead, kind=Kept.WRONG_PERSON, number=NUMBER)
    await world.store.restrictions.add([given], NOW)
    assert (await world.store.restrictions.said_of(lead, NUMBER, NOW)).stops == (Stop(Kept.WRONG_PERSON),)
    assert (await world.store.restrictions.said_of(lead, "+525512340002", NOW)).stops == ()
    assert (await facts(world)).stops == (Stop(Kept.WRONG_PERSON),)


async def test_the_last_word_on_consent_and_channels_holds(world: World) -> None:
    lead = await world.add_lead()
    say = world.store.restrictions.add
    await say([NewRestriction(lead=lead, kind=Kept.CONSENT, value="form 12")], NOW - 2 * DAY)
    await say([NewRestriction(lead=lead, kind=Kept.CHANNELS, value="whatsapp,email")], NOW - 2 * DAY)
    known = await facts(world)
    assert (known.consent, known.consent_at, known.channels) == (True, NOW - 2 * DAY, ("whatsapp", "email"))
    await say([NewRestriction(lead=lead, kind=Kept.NO_CONSENT)], NOW - DAY)
    await say([NewRestriction(lead=lead, kind=Kept.CHANNELS, value="voice,whatsapp")], NOW - DAY)
    known = await facts(world)
    assert (known.consent, known.channels) == (False, ("voice", "whatsapp"))


async def test_inconvenient_hours_and_whose_number_it_is(world: World) -> None:
    lead = await world.add_lead(NUMBER)
    given = [
        NewRestriction(lead=lead, kind=Kept.INCONVENIENT, value="mon-fri 08:00-12:30"),
        NewRestriction(lead=lead, kind=Kept.INCONVENIENT, value="sat,sun 00:00-24:00"),
        NewRestriction(lead=lead, kind=Kept.THIRD_PARTY, number=NUMBER),
    ]
    await world.store.restrictions.add(given, NOW)
    known = await facts(world)
    assert known.inconvenient == (Hours((0, 1, 2, 3, 4), 480, 750), Hours((5, 6), 0, 1440))
    assert known.third_party


async def test_what_is_nonsense_is_told_and_nothing_is_kept(world: World) -> None:
    lead = await world.add_lead()
    for kind, value, told in (
        (Kept.INCONVENIENT, "mornings", "write hours"),
        (Kept.CHANNELS, "by pigeon!", "write channels"),
        (Kept.DECEASED, "yes", "takes no value"),
    ):
        with pytest.raises(ValueError, match=told):
            await world.store.restrictions.add([NewRestriction(lead=lead, kind=kind, value=value)], NOW)
    good = NewRestriction(lead=lead, kind=Kept.DECEASED)
    missing = NewRestriction(lead=lead + 999, kind=Kept.DECEASED)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        await world.store.restrictions.add([good, missing], NOW)
    assert await world.store.restrictions.of_lead(lead) == ()
    with pytest.raises(NotFoundError):
        await world.store.restrictions.lift(1, NOW)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("mon 00:00-24:00", Hours((0,), 0, 1440)),
        ("fri-mon 09:00-10:00", Hours((0, 4, 5, 6), 540, 600)),
        ("Tue,Thu 13:30-14:00", Hours((1, 3), 810, 840)),
    ],
)
def test_hours_as_people_write_them(text: str, hours: Hours) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 10:00-09:00", "mon 09:00-25:00", "mon 09:70-10:00", "mun 09:00-10:00"]
)
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        hours_of(text)


async def test_where_a_person_said_to_be_is_one_zone_more(world: World) -> None:
    lead = await world.add_lead()
    told = NewRestriction(lead=lead, kind=Kept.CONSENT, value="form of 2026-03-01; zone=America/Tijuana")
    await world.store.restrictions.add([told], NOW)
    answer = await world.reserve(await world.claim_one())
    assert isinstance(answer, CallReserved)
    assert answer.facts.lead.zones == (*ZONES, "America/Tijuana")
    with pytest.raises(ValueError, match="no time zone"):
        await world.store.restrictions.add([replace(told, value="zone=America/Nowhere")], NOW)


async def test_a_lead_keeps_the_stop_that_is_left_when_another_is_lifted(world: World) -> None:
    lead = await world.add_lead()
    kept = world.store.restrictions
    await kept.add([NewRestriction(lead=lead, kind=Kept.DISPUTE)], NOW)
    await kept.add([NewRestriction(lead=lead, kind=Kept.PAYMENT, until=NOW + DAY)], NOW)
    await kept.add([NewRestriction(lead=lead, kind=Kept.LAWSUIT)], NOW)
    dispute, _, lawsuit = await kept.of_lead(lead)
    assert await stands(world, lead) == ("withdrawn", None, "stop.dispute")
    await kept.lift(dispute.id, NOW + 1)
    assert await stands(world, lead) == ("withdrawn", None, "stop.lawsuit")
    await kept.lift(lawsuit.id, NOW + 2)
    assert await stands(world, lead) == ("open", NOW + DAY, "stop.payment")
    assert (await world.claim_one(now=NOW + DAY)).id == lead


async def test_what_is_said_of_other_accounts_stops_none_of_this_one(world: World) -> None:
    first = await world.add_lead(national_id="A")
    second = await world.add_lead("+525512340002", national_id="A")
    kept = world.store.restrictions
    await kept.add([NewRestriction(lead=first, kind=Kept.DISPUTE)], NOW)
    await kept.add([NewRestriction(lead=second, kind=Kept.LAWSUIT, account=True)], NOW)
    [dispute, _] = await kept.of_lead(first)
    await kept.lift(dispute.id, NOW + 1)
    assert await stands(world, first) == ("open", NOW + 1, "")
    assert await stands(world, second) == ("withdrawn", None, "stop.lawsuit")


async def stands(world: World, lead: LeadId) -> tuple[str, float | None, str]:
    view = await world.store.leads.view(lead)
    assert view is not None
    return view.state.value, view.due_at, view.result
