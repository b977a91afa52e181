"""What clients tell of accounts, kept with its effect in one transaction; the log of feeds; leads by where they are."""

from decimal import Decimal

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import LeadId
from dialer.core.packs.schema import Kept
from dialer.store.account_events import Applied
from dialer.store.restrictions import NewRestriction
from tests.store.world import DAY, NOW, World, campaign_of

K = AccountEventKind


def event(account: str, kind: K, **given: object) -> AccountEvent:
    return AccountEvent(account=account, kind=kind, **given)  # type: ignore[arg-type]


async def tell(world: World, *events: AccountEvent, now: float = NOW) -> Applied:
    return await world.store.account_events.apply(world.campaign.client, events, "a test", now)


async def balance(world: World, lead: LeadId) -> str | None:
    view = await world.store.leads.view(lead)
    assert view is not None
    assert view.account is not None
    return view.account.balance


async def test_payments_lower_the_balance_exactly_and_once(world: World) -> None:
    lead = await world.add_lead()
    await tell(world, event("A1", K.BALANCE, balance=Decimal("100.10"), days_past_due=30))
    payment = event("A1", K.PAYMENT, amount=Decimal("33.35"), id="p1")
    found = await tell(world, payment, payment, event("A1", K.PAYMENT, amount=Decimal("33.35"), id="p2"))
    assert (found.applied, found.repeated, found.stopped) == (2, 1, [lead, lead])
    assert (await tell(world, payment)).repeated == 1
    assert await balance(world, lead) == "33.40"
    assert not (await world.claim()).leads
    await tell(world, event("A1", K.PAYMENT, amount=Decimal("33.40"), id="p3"))
    assert await balance(world, lead) == "0.00"
    kinds = [(one.kind, one.until) for one in await world.store.restrictions.of_lead(lead)]
    assert kinds[-1] == ("paid", None)
    assert not (await world.claim(now=NOW + 30 * DAY)).leads


async def test_what_is_resolved_or_owing_again_comes_back_to_the_list(world: World) -> None:
    lead = await world.add_lead()
    for stop, end in ((K.LAWSUIT, K.RESOLVED), (K.PAID, K.BALANCE), (K.PAYMENT, K.RESOLVED)):
        await tell(world, event("A1", stop))
        assert not (await world.claim()).leads, stop
        await tell(world, event("A1", end, balance=Decimal(5)), now=NOW + 1)
        [back] = (await world.claim(now=NOW + 1)).leads
        assert back.id == lead
        answer = await world.reserve(back, now=NOW + 1)
        assert answer.facts.stops == ()  # type: ignore[union-attr]
        await world.release(answer.call, now=NOW)


async def test_new_figures_do_not_lift_what_they_say_nothing_of(world: World) -> None:
    await world.add_lead()
    await tell(world, event("A1", K.DISPUTE), event("A1", K.BALANCE, balance=Decimal(5)))
    assert not (await world.claim()).leads


async def test_an_event_is_about_the_client_s_own_account_alone(world: World) -> None:
    bank = await world.store.clients.add("bank")
    elsewhere = await world.store.campaigns.save(campaign_of("bank", bank.id))
    mine = await world.add_lead(national_id="A")
    other = await world.add_lead("+525512340009", national_id="A", campaign=elsewhere)
    found = await tell(world, event("A1", K.LAWSUIT), event("A2", K.LAWSUIT))
    assert (found.changed, found.unknown) == ([mine], [1])
    assert [lead.id for lead in (await world.of(elsewhere).claim()).leads] == [other]


async def test_many_events_come_in_chunks_and_keep_their_places(world: World) -> None:
    await world.add_lead()
    events = [event("A1" if n % 2 else "none", K.BALANCE, balance=Decimal(n)) for n in range(1, 1201)]
    found = await tell(world, *events)
    assert (found.applied, len(found.unknown), found.unknown[:2], found.unknown[-1]) == (600, 600, [1, 3], 1199)


async def test_what_stops_stands_in_the_log(world: World) -> None:
    await world.add_lead()
    await tell(world, event("A1", K.LAWSUIT), event("A1", K.BALANCE, balance=Decimal(5)))
    [logged] = [one async for one in world.store.compliance.stream()]
    assert (logged.entry.kind, logged.entry.rule, logged.entry.body) == ("kept", "lawsuit", "a test")
    assert (await world.store.compliance.verify(0)).broken == ()


async def test_what_is_resolved_stands_in_the_log_and_leaves_the_other_stops_alone(world: World) -> None:
    lead = await world.add_lead()
    await tell(world, event("A1", K.LAWSUIT), event("A1", K.DISPUTE))
    await world.store.restrictions.add([NewRestriction(lead=lead, kind=Kept.DECEASED)], NOW)
    await tell(world, event("A1", K.RESOLVED), now=NOW + 1)
    view = await world.store.leads.view(lead)
    assert view is not None
    assert (view.state, view.result) == ("withdrawn", "stop.deceased")
    logged = [one.entry async for one in world.store.compliance.stream(kind="lifted")]
    assert [(one.rule, one.body) for one in logged] == [("dispute", "a test"), ("lawsuit", "a test")]


async def test_feeds_keep_a_log_and_a_mark(world: World) -> None:
    feeds = world.store.feeds
    assert await feeds.mark("bank") == ""
    await feeds.set_mark("bank", "7")
    await feeds.set_mark("bank", "8")
    assert await feeds.mark("bank") == "8"
    first = await feeds.begin("bank", NOW)
    second = await feeds.begin("bank", NOW + 1, "*.csv")
    await feeds.end(first, NOW + 2, rows=5, rejected=1)
    await feeds.end(second, NOW + 3, error="gone")
    assert [(run.state, run.row_count, run.error) for run in await feeds.list("bank")] == [
        ("failed", 0, "gone"),
        ("done", 5, ""),
    ]
    assert await feeds.list("other") == ()


async def test_leads_are_counted_by_where_they_are(world: World) -> None:
    for n in range(3):
        await world.add_lead(f"+52555000{n:04d}")
    await world.add_lead("+13055550100")
    await world.add_lead("+525550009999", invalid=("+525550009999",))
    kinds = await world.store.lead_kinds.of_campaign(world.campaign.id, 100)
    assert sorted((kind.number[:5], kind.leads) for kind in kinds) == [("+1305", 1), ("+5255", 3)]
    assert sum(kind.leads for kind in await world.store.lead_kinds.of_campaign(world.campaign.id, 2)) == 2
