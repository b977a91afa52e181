"""Laws of the answer to "why is it not dialled?": the first thing in the way, in the order in which it is asked."""

from dataclasses import replace

import pytest

from dialer.core.caller_ids import Pool
from dialer.core.ids import AgentId, LeadId
from dialer.core.messages import AddDoNotCall, RestPhone, SaveLead, SavePhone, SaveReceipt
from dialer.core.model import CampaignStatus, Receipt
from dialer.core.nature import SILENT_CALLS
from dialer.core.outcomes import Outcome
from dialer.core.packs.lawbook import Lawbook
from dialer.core.selection import Part, Selection
from dialer.leads.shown import shown_of
from dialer.leads.week import week_of
from dialer.leads.why import Why, why
from dialer.leads.why_all import why_all
from dialer.rules.packs import rulebook
from dialer.store import NotFoundError
from dialer.store.loading import Load, NewLead, NewPhone
from tests.store.world import DAY, HOUR, ZONES, World

NOON = 1_700_071_200.0  # a Wednesday, 12:00 in Mexico City
NUMBER = "+525512345678"


@pytest.fixture
async def lead(world: World) -> LeadId:
    await world.store.campaigns.set_status(world.campaign.id, CampaignStatus.RUNNING)
    return await world.add_lead(NUMBER, due_at=NOON)


async def test_nothing_in_the_way(world: World, lead: LeadId) -> None:
    found = await why(world.store, lead, NOON)
    assert found.reason == ""
    assert NUMBER in found.text


async def test_a_paused_campaign_comes_first(world: World, lead: LeadId) -> None:
    await world.store.leads.withdraw(lead)
    assert (await why(world.store, lead, NOON)).reason == "withdrawn"
    await world.store.campaigns.set_status(world.campaign.id, CampaignStatus.PAUSED)
    assert (await why(world.store, lead, NOON)).reason == "campaign_paused"


async def test_a_claimed_a_waiting_and_a_finished_lead(world: World, lead: LeadId) -> None:
    await world.claim(now=NOON)
    assert (await why(world.store, lead, NOON)).reason == "claimed"
    await world.tell(SaveLead(lead, 1, NOON + HOUR, "busy"))
    waiting = await why(world.store, lead, NOON)
    assert (waiting.reason, waiting.until) == ("not_due", NOON + HOUR)
    assert "busy" in waiting.text
    await world.tell(SaveLead(lead, 1, None, "PTP"))
    finished = await why(world.store, lead, NOON)
    assert (finished.reason, finished.text) == ("finished", "it is finished, by PTP")


async def test_no_number_to_dial(world: World, lead: LeadId) -> None:
    await world.tell(AddDoNotCall(NUMBER, "register"))
    found = await why(world.store, lead, NOON)
    assert found.reason == "do_not_call"
    assert "register" in found.text
    hopeless = await world.add_lead("12", invalid=("12",), due_at=NOON)
    assert (await why(world.store, hopeless, NOON)).reason == "invalid_number"


async def test_a_lead_given_up_for_want_of_a_number_says_what_its_numbers_want(world: World, lead: LeadId) -> None:
    await world.store.do_not_call.add([NUMBER], "register", NOON)
    await world.claim(now=NOON)
    found = await why(world.store, lead, NOON)
    assert (found.reason, found.text) == ("do_not_call", "every valid number is on a do-not-call list: register")
    await world.store.do_not_call.remove(NUMBER, now=NOON)
    assert (await why(world.store, lead, NOON)).reason == ""


async def test_a_wait_after_a_refusal_names_what_refused(world: World, lead: LeadId) -> None:
    claimed = await world.claim_one(now=NOON)
    refusal = Receipt(
        at=NOON, campaign=world.campaign.id, lead=lead, person=claimed.person, number=NUMBER, allowed=False,
        rule="scrub", why="forbidden by the outside check: on the state's list", call=None,
    )  # fmt: skip
    await world.tell(SaveReceipt(refusal), RestPhone(claimed.phone, NOON + HOUR), now=NOON)
    await world.tell(SaveLead(lead, 0, NOON + 60, ""))
    for at, until in ((NOON, NOON + 60), (NOON + 60, NOON + HOUR)):
        found = await why(world.store, lead, at)
        assert (found.reason, found.until) == ("scrub", until)
        assert "on the state's list" in found.text
        assert [one.reason for one in (await why_all(world.store, world.campaign, at)).totals] == ["scrub"]
    await world.tell(SavePhone(claimed.phone, "suspect", 0, 1, 0, NOON + 90, NOON + DAY))  # a later call
    found = await why(world.store, lead, NOON + 100)
    assert (found.reason, found.text) == ("number_not_due", "the numbers that are left are not due yet")


AUTUMN = 1_760_540_400.0  # a Wednesday, 12:00 in Santiago, after that law
LAW = Lawbook(rulebook(built_in=True, folder=None, now=AUTUMN))
SERVICE = "+56600123456"


@pytest.mark.parametrize(
    ("numbers", "used", "reason"),
    [
        ((SERVICE,), 0, ""),  # as the engine would show it
        (("+56912000001",), 0, "no_number_shown"),  # the law wants +56600
        ((SERVICE,), 50, "no_number_shown"),  # all that a new number may make on its first day
        ((), 0, "cl.prefix-600@2025-08-13.caller_id"),
    ],
)
async def test_the_number_shown_is_the_one_that_the_engine_would_choose(
    world: World, numbers: tuple[str, ...], used: int, reason: str
) -> None:
    await world.store.campaigns.set_status(world.campaign.id, CampaignStatus.RUNNING)
    rows = [NewLead(f"C{n}", None, "CL", (chilean(n),)) for n in range(2)]
    imports = world.store.imports
    await imports.add(await imports.begin(world.campaign.id, "list.csv", AUTUMN), world.campaign, rows, AUTUMN)
    pools = (Pool(name="chile", numbers=numbers),) if numbers else ()
    shown = await shown_of(world.store, pools, AUTUMN)
    for number in shown.numbers.values():
        number.days_used, number.today = 1, used
    found = await why_all(world.store, world.campaign, AUTUMN, LAW, shown)
    assert [(one.reason, one.leads) for one in found.totals] == [(reason, 2)]
    [first, _] = await world.store.leads.page(world.campaign.id)
    assert (await why(world.store, first.id, AUTUMN, LAW, shown)).reason == reason
    if reason in {"", "no_number_shown"}:
        week = await week_of(world.store, first.id, LAW, AUTUMN, pools)
        assert (week.stretches[0].shut is None) == (reason == "" or used > 0)


def chilean(n: int) -> NewPhone:
    return NewPhone(f"+5691234567{n}", valid=True, country="CL", zones=("America/Santiago",))


async def test_hours_and_caps_as_the_rules_say(world: World, lead: LeadId) -> None:
    night = await why(world.store, lead, NOON + 9 * HOUR)
    assert (night.reason, night.until) == ("default.hours", NOON + 20 * HOUR)
    claimed = await world.claim_one(now=NOON)
    for n in range(3):
        await world.dial(claimed, Outcome.BUSY, at=NOON - (9 - n) * HOUR)
    await world.tell(SaveLead(lead, 3, NOON, "busy"))
    assert (await why(world.store, lead, NOON)).reason == "default.number_24h"
    rules = replace(world.campaign.rules, number_dials_24h_max=None)
    await world.store.campaigns.save(replace(await world.store.campaigns.find("spring"), rules=rules))
    assert (await why(world.store, lead, NOON)).reason == ""
    await world.dial(claimed, Outcome.CONNECTED, at=NOON - 2 * HOUR)
    assert (await why(world.store, lead, NOON)).reason == "default.contact_gap"


async def test_an_unknown_lead(world: World) -> None:
    with pytest.raises(NotFoundError, match="no lead 99"):
        await why(world.store, LeadId(99), NOON)


async def test_what_else_may_stand_in_the_way(world: World, lead: LeadId) -> None:
    claimed = await world.claim_one(now=NOON)
    await world.tell(SaveLead(lead, 1, NOON + HOUR, "CALLBACK", agent=AgentId(7)))
    promised = await why(world.store, lead, NOON)
    assert (promised.reason, promised.until) == ("promised", NOON + HOUR)
    await world.tell(SaveLead(lead, 1, NOON, "invalid"))
    await world.tell(SavePhone(claimed.phone, "suspect", 0, 1, 0, NOON, NOON + HOUR))
    waiting = await why(world.store, lead, NOON)
    assert (waiting.reason, waiting.until) == ("number_not_due", NOON + HOUR)
    await world.tell(SavePhone(claimed.phone, "wrong_person", 0, 1, 0, NOON))
    assert (await why(world.store, lead, NOON)).reason == "number_dead"


async def test_a_campaigns_leads_are_counted_by_their_first_reason(world: World, lead: LeadId) -> None:
    await world.add_lead("12", invalid=("12",), due_at=NOON)
    late = [await world.add_lead(due_at=NOON + n * HOUR) for n in (2, 1, 3)]
    capped = await world.add_lead("+525511110000", due_at=NOON)
    [claimed] = [one for one in (await world.claim(now=NOON)).leads if one.id == capped]
    for n in range(3):
        await world.dial(claimed, Outcome.BUSY, at=NOON - (9 - n) * HOUR)
    await world.tell(SaveLead(capped, 3, NOON, "busy"), SaveLead(lead, 0, NOON, ""))
    seen: list[Why] = []
    found = await why_all(world.store, world.campaign, NOON, each=seen.append)
    totals = {total.reason: (total.leads, total.until) for total in found.totals}
    assert totals == {
        "": (1, None),
        "invalid_number": (1, None),  # the claim had found it to have no number, and finished it
        "not_due": (3, NOON + HOUR),
        "default.number_24h": (1, NOON + 20 * HOUR),  # free at night: when the hours open
    }
    assert [(one.lead, one.reason) for one in seen] == [
        (one.lead, (await why(world.store, one.lead, NOON)).reason) for one in seen
    ]
    [waiting] = [total for total in found.totals if total.reason == "not_due"]
    assert (waiting.examples, waiting.frees) == (late, "its time")


async def test_of_a_long_list_leads_from_all_over_it_are_asked_for(world: World, lead: LeadId) -> None:
    rows = [
        NewLead(f"C{n}", None, "MX", (NewPhone(f"+5255{20_000_000 + n}", n % 2 == 0, "MX", ZONES),))
        for n in range(2_000)
    ]
    await world.store.imports.add(
        await world.store.imports.begin(world.campaign.id, "c", NOON), world.campaign, rows, NOON
    )
    seen: list[Why] = []
    found = await why_all(world.store, world.campaign, NOON, most=400, each=seen.append)
    totals = {total.reason: total.leads for total in found.totals}
    assert (found.leads, found.looked_at, len({one.lead for one in seen})) == (2_001, 400, 400)
    assert totals in ({"": 200, "invalid_number": 200}, {"": 201, "invalid_number": 199})
    assert max(one.lead for one in seen) > lead + 1_500  # not the first ones alone
    whole = await why_all(world.store, world.campaign, NOON, most=2_001)
    assert (whole.looked_at, sum(total.leads for total in whole.totals)) == (2_001, 2_001)


async def test_the_number_that_was_asked_for_is_the_one_that_is_named(world: World) -> None:
    await world.store.campaigns.set_status(world.campaign.id, CampaignStatus.RUNNING)
    lead = await world.add_lead(NUMBER, "+525587654321", due_at=NOON)
    view = await world.store.leads.view(lead)
    assert view is not None
    assert NUMBER in (await why(world.store, lead, NOON)).text
    for phone in view.phones:
        await world.claim(now=NOON)
        await world.tell(SaveLead(lead, 0, NOON, "busy", phone=phone.id))
        assert phone.number in (await why(world.store, lead, NOON)).text
        [claimed] = (await world.claim(now=NOON)).leads
        assert claimed.number == phone.number
        await world.tell(SaveLead(lead, 0, NOON, "busy"))


def phone(n: int) -> NewPhone:
    return NewPhone(f"+52551234567{n}", valid=True, country="MX", zones=ZONES)


async def test_a_part_whose_quota_is_used_up_is_named(world: World) -> None:
    quota = Part("old", "days_past_due > 90", 0.5, calls_24h_max=1)
    campaign = replace(world.campaign, status=CampaignStatus.RUNNING, selection=Selection(parts=(quota,)))
    world = world.of(await world.store.campaigns.save(campaign))
    rows = [NewLead(f"B{n}", None, "MX", (phone(n),), days_past_due=days) for n, days in enumerate((120, 120, 10))]
    imports = world.store.imports
    placer = await world.store.placer(world.campaign, NOON)
    load = Load(await imports.begin(campaign.id, "list.csv", NOON), world.campaign, NOON, place=placer)
    async with imports.loader(load) as loader:
        await loader.add(rows)
        await loader.finish(NOON)
    leads = [(await world.store.leads.find(campaign.id, row.external_id))[0].id for row in rows]
    assert [(await why(world.store, one, NOON)).reason for one in leads] == ["", "", ""]
    claimed = {lead.id for lead in (await world.claim(now=NOON)).leads}
    assert claimed == {leads[0], leads[2]}  # what the engine does, and what is said of it
    found = await why(world.store, leads[1], NOON)
    assert (found.reason, "'old'" in found.text) == ("quota", True)
    totals = {one.reason: one.leads for one in (await why_all(world.store, world.campaign, NOON)).totals}
    assert totals == {"claimed": 2, "quota": 1}


async def test_a_number_that_never_rang_is_named_as_the_engine_would(world: World, lead: LeadId) -> None:
    for n in range(SILENT_CALLS):
        at = NOON + n * DAY
        [claimed] = (await world.claim(now=at)).leads
        await world.dial(claimed, Outcome.UNREACHABLE, at=at)
        await world.tell(SaveLead(lead, n + 1, at + HOUR, "congestion"), now=at)
    later = NOON + SILENT_CALLS * DAY
    assert (await why(world.store, lead, later)).reason == "never_connects"
    assert (await why_all(world.store, world.campaign, later)).totals[0].reason == "never_connects"
