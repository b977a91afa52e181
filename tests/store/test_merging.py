"""Laws of lists that come after other lists: what they say is added, what they leave unsaid stays as it was."""

from dataclasses import replace
from decimal import Decimal

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.messages import CallReserved, ReturnLeads
from dialer.core.model import CampaignStatus
from dialer.core.packs.schema import Kept
from dialer.core.selection import Order, Selection
from dialer.leads.why import why
from dialer.store import LeadView
from dialer.store.loading import NewLead, NewPhone
from dialer.store.restrictions import NewRestriction
from tests.store.world import DAY, NOW, ZONES, World

NUMBER = "+525512345678"
ROW = NewLead("B1", None, "MX", (NewPhone(NUMBER, valid=True, country="MX", zones=ZONES),))


async def tell(world: World, row: NewLead, now: float = NOW) -> int:
    """The row as a list of its own; the import's number."""
    number = await world.store.imports.begin(world.campaign.id, "list.csv", now)
    await world.store.imports.add(number, world.campaign, [row], now)
    return number


async def view_of(world: World, external_id: str = "B1") -> LeadView:
    [view] = await world.store.leads.find(world.campaign.id, external_id)
    return view


async def balance_of(world: World) -> str | None:
    account = (await view_of(world)).account
    assert account is not None
    return account.balance


async def test_a_list_without_a_column_leaves_its_figures_as_they_were(world: World) -> None:
    told = ROW._replace(balance="100", currency="MXN", days_past_due=30, fields='{"Correo": "a@b", "Plan": "x"}')
    await tell(world, told)
    await tell(world, ROW._replace(fields='{"Plan": "y"}'))
    account = (await view_of(world)).account
    assert account is not None
    assert (account.balance, account.currency, account.days_past_due) == ("100", "MXN", 30)
    assert sorted(account.fields) == [("Correo", "a@b"), ("Plan", "y")]


async def test_undoing_an_older_import_leaves_the_newer_figures(world: World) -> None:
    await tell(world, ROW._replace(balance="100"))
    second = await tell(world, ROW._replace(balance="200"))
    third = await tell(world, ROW._replace(balance="300"))
    await world.store.imports.undo(second, NOW)
    assert await balance_of(world) == "300"
    await world.store.imports.undo(third, NOW)
    assert await balance_of(world) == "100"


async def test_undoing_an_import_takes_back_no_payment_that_came_after(world: World) -> None:
    await tell(world, ROW._replace(balance="100"))
    second = await tell(world, ROW._replace(balance="200"))
    payment = AccountEvent(account="B1", kind=AccountEventKind.BALANCE, balance=Decimal(150))
    await world.store.account_events.apply(world.campaign.client, [payment], "test", NOW + 60)
    await world.store.imports.undo(second, NOW + 120)
    assert await balance_of(world) == "150"


async def lead_of(world: World) -> tuple[object, ...]:
    view = await view_of(world)
    return view.priority, view.segment, view.expires_at


async def test_news_of_a_lead_come_with_a_later_list_and_go_with_it(world: World) -> None:
    await tell(world, ROW._replace(priority=3, segment="old", expires_at=NOW + DAY))
    second = await tell(world, ROW._replace(priority=1, segment="new"))
    assert await lead_of(world) == (1, "new", NOW + DAY)
    third = await tell(world, ROW._replace(expires_at=NOW + 9 * DAY))
    assert await lead_of(world) == (1, "new", NOW + 9 * DAY)
    await world.store.imports.undo(second, NOW + 1)
    assert await lead_of(world) == (1, "new", NOW + 9 * DAY)  # the later list stands
    await world.store.imports.undo(third, NOW + 2)
    assert await lead_of(world) == (3, "old", NOW + DAY)


async def test_a_later_last_day_takes_up_a_lead_that_was_over(world: World) -> None:
    await tell(world, ROW._replace(expires_at=NOW - 1))
    assert (await world.claim()).leads == ()
    assert ((await view_of(world)).state, (await view_of(world)).result) == ("finished", "expired")
    await tell(world, ROW._replace(expires_at=NOW - 1))
    await tell(world, ROW)
    assert (await world.claim()).leads == ()
    await tell(world, ROW._replace(expires_at=NOW + DAY))
    assert [lead.number for lead in (await world.claim()).leads] == [NUMBER]


async def test_new_figures_put_a_lead_where_the_campaigns_filter_and_order_want_it(world: World) -> None:
    selection = Selection(order=Order.BALANCE, filter="balance > 100")
    world = world.of(await world.store.campaigns.save(replace(world.campaign, selection=selection)))
    other = ROW._replace(external_id="B2", phones=(ROW.phones[0]._replace(number="+525587654321"),))
    for row, balance in ((ROW, "50"), (other, "500")):
        await tell(world, row._replace(balance=balance))
    await world.store.leads.rearrange(world.campaign.id, NOW)

    async def order() -> list[str]:
        leads = (await world.claim()).leads
        await world.tell(*(ReturnLeads((lead.id,)) for lead in leads))
        return [lead.number[-4:] for lead in leads]

    async def owes(balance: int, name: str = "B1") -> None:
        event = AccountEvent(account=name, kind=AccountEventKind.BALANCE, balance=Decimal(balance))
        await world.store.account_events.apply(world.campaign.client, [event], "test", NOW)

    assert await order() == ["4321"]
    number = await tell(world, ROW._replace(balance="900"))
    assert await order() == ["5678", "4321"]
    await world.store.imports.undo(number, NOW)
    assert await order() == ["4321"]
    await owes(300)
    assert await order() == ["4321", "5678"]
    await owes(80, "B2")
    assert await order() == ["5678"]


async def test_no_list_gives_back_the_consent_that_the_person_took_back(world: World) -> None:
    await world.store.campaigns.save(replace(world.campaign, status=CampaignStatus.RUNNING))
    [phone] = ROW.phones
    willing = ROW._replace(phones=(phone._replace(consent="given"),))
    await tell(world, willing)
    lead = (await view_of(world)).id
    await world.store.restrictions.add([NewRestriction(lead=lead, kind=Kept.NO_CONSENT)], NOW + 10)
    await tell(world, willing, NOW + 3600)
    assert (await why(world.store, lead, NOW + 3601)).reason == "no_consent"
    answer = await world.reserve(await world.claim_one(now=NOW + 3601), now=NOW + 3601)
    assert isinstance(answer, CallReserved)
    assert answer.facts.consent is False
    await world.store.restrictions.add([NewRestriction(lead=lead, kind=Kept.CONSENT)], NOW + 7200)
    assert (await why(world.store, lead, NOW + 7201)).reason != "no_consent"


async def test_a_consent_that_is_told_again_is_no_younger(world: World) -> None:
    [phone] = ROW.phones
    willing = ROW._replace(phones=(phone._replace(consent="given"),))
    await tell(world, willing)
    await tell(world, willing, NOW + 3600)
    assert [one.consent_at for one in (await view_of(world)).phones] == [NOW]


async def test_a_lead_given_up_for_want_of_a_number_is_taken_up_with_a_new_one(world: World) -> None:
    [phone] = ROW.phones
    wrong = phone._replace(number="123", valid=False)
    await tell(world, ROW._replace(phones=(wrong,)))
    assert (await world.claim()).leads == ()
    assert (await view_of(world)).result == "no_number"
    await tell(world, ROW._replace(phones=(wrong,)))
    assert (await world.claim()).leads == ()
    await tell(world, ROW._replace(phones=(wrong, phone)))
    assert [lead.number for lead in (await world.claim()).leads] == [NUMBER]


async def test_a_national_id_that_comes_later_makes_one_person_of_the_accounts(world: World) -> None:
    await tell(world, ROW)
    await tell(world, ROW._replace(national_id="RUXA900101MDFZXN07", id_kind="CURP"))
    await tell(world, ROW._replace(external_id="B2", national_id="RUXA900101MDFZXN07", id_kind="CURP"))
    first, second = await view_of(world), await view_of(world, "B2")
    assert first.person.national_id == "RUXA900101MDFZXN07"
    assert first.person.id == second.person.id


async def test_a_region_is_taken_without_a_time_zone(world: World) -> None:
    await tell(world, ROW._replace(zone="America/Tijuana"))
    await tell(world, ROW._replace(region="Baja California"))
    person = (await view_of(world)).person
    assert (person.zone, person.region) == ("America/Tijuana", "Baja California")


async def test_an_old_mexican_form_on_a_list_forbids_the_number_as_it_is_dialled(world: World) -> None:
    await world.store.do_not_call.add(["+5215512345678"], "register", NOW)
    assert await world.store.do_not_call.lists_of(NUMBER, now=NOW) == ("register",)
    assert await world.store.do_not_call.lists_of("+5215512345678", now=NOW) == ("register",)
    assert await world.store.do_not_call.remove("+5215512345678", now=NOW) == 1
