"""Laws of choosing from the tables: order, mix, filter, quota, expiry, callbacks, numbers that are no good."""

from dataclasses import replace

import pytest

from dialer.core.ids import ANYBODY, AgentId, LeadId
from dialer.core.messages import (
    CallbacksClaimed,
    CallReserved,
    ClaimCallbacks,
    DeferLead,
    ReturnLeads,
    SaveLead,
    SavePhone,
)
from dialer.core.model import Lead
from dialer.core.outcomes import Outcome
from dialer.core.selection import Order, Part, Selection
from dialer.store import LeadState
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.loading import Load, NewLead, NewPhone
from tests.store.world import HOUR, NOW, ZONES, World, campaign_of

ROWS = (
    # external id, balance, days past due, rank, segment
    ("A", "50", 10, 3, "old"),
    ("B", "900", 20, 1, "new"),
    ("C", "300", 90, 2, "new"),
    ("D", None, None, None, "old"),
)


async def choosing(world: World, **settings: object) -> World:
    """The world with the campaign's selection set."""
    selection = Selection(**settings)  # type: ignore[arg-type]
    campaign = await world.store.campaigns.save(
        replace(await world.store.campaigns.find("spring"), selection=selection)
    )
    return world.of(campaign)


async def load(world: World, rows: tuple[tuple[str, str | None, int | None, int | None, str], ...] = ROWS) -> None:
    number = await world.store.imports.begin(world.campaign.id, "list", NOW)
    leads = [
        NewLead(
            external_id=name,
            national_id=None,
            country="MX",
            phones=(NewPhone(f"+5255500{n:05d}", valid=True, country="MX", zones=ZONES),),
            balance=balance,
            days_past_due=days,
            rank=rank,
            segment=segment,
            fields='{"Producto": "TC"}' if n % 2 else "{}",
        )
        for n, (name, balance, days, rank, segment) in enumerate(rows)
    ]
    place = await world.store.placer(world.campaign, NOW)
    async with world.store.imports.loader(Load(number, world.campaign, NOW, place=place)) as loader:
        await loader.add(leads)
        await loader.finish(NOW)


async def names(world: World, limit: int = 10, *, now: float = NOW) -> str:
    """The external ids of the leads that a claim gives, in its order."""
    found = ""
    for lead in (await world.claim(limit, now=now)).leads:
        view = await world.store.leads.view(lead.id)
        assert view is not None
        assert view.account is not None
        found += view.account.external_id
    return found


async def lead_of(world: World, name: str) -> LeadId:
    [view] = await world.store.leads.find(world.campaign.id, name)
    return view.id


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        ({"order": Order.BALANCE}, "BCAD"),
        ({"order": Order.AGE}, "CBAD"),
        ({"order": Order.RANK}, "BCAD"),
        ({"order": Order.EXPRESSION, "expression": "days_past_due / balance"}, "CABD"),
        ({"filter": "balance > 100"}, "BC"),
        ({"filter": 'field("producto") = "tc"'}, "BD"),
        ({"order": Order.BALANCE, "filter": "segment = 'old'"}, "AD"),
    ],
)
async def test_leads_come_as_the_campaign_says(world: World, settings: dict[str, object], order: str) -> None:
    world = await choosing(world, **settings)
    await load(world)
    assert await names(world) == order


async def test_a_change_of_settings_rearranges_what_is_there(world: World) -> None:
    await load(world)
    assert await names(await choosing(world), 1) == "A"
    world = await choosing(world, order=Order.BALANCE, filter="balance > 0")
    await world.store.leads.rearrange(world.campaign.id, NOW)
    assert await names(world, 1) == "B"
    world = await choosing(world)
    await world.store.leads.rearrange(world.campaign.id, NOW)
    assert await names(world) == "CD"


@pytest.mark.parametrize(("after", "claimed"), [("", 0), ("suspect", 0), ("good", 2)])
async def test_a_call_begun_before_does_not_revive_a_number_that_is_dead(
    world: World, after: str, claimed: int
) -> None:
    for _ in range(2):
        await world.add_lead("+525512345678", national_id="A")
    first, second = (await world.claim()).leads
    await world.tell(SavePhone(first.phone, "wrong_person", 0, calls=1, answers=1, tried_at=NOW))
    await world.tell(SavePhone(second.phone, after, 0, calls=1, answers=0, tried_at=NOW + 1))
    await world.tell(ReturnLeads((first.id, second.id)))
    assert len((await world.claim(now=NOW + 2)).leads) == claimed


async def test_what_a_run_left_unarranged_is_known_to_the_next(world: World) -> None:
    assert await world.store.leads.unarranged() == ()
    await load(world)
    changed = await choosing(world, filter="balance > 100")
    for _ in range(2):  # a run that was cut off changes nothing of it
        assert await world.store.leads.unarranged() == (world.campaign.id,)
    await world.store.leads.rearrange(world.campaign.id, NOW)
    assert await world.store.leads.unarranged() == ()
    await world.store.campaigns.save(replace(changed.campaign, lines_max=3))
    assert await world.store.leads.unarranged() == ()
    assert await names(await choosing(world, filter="balance > 100", callback_grace_s=1.0)) == "BC"
    assert await world.store.leads.unarranged() == ()
    await choosing(world)
    assert await world.store.leads.unarranged() == (world.campaign.id,)


@pytest.mark.parametrize("same_client", [True, False])
@pytest.mark.parametrize("due_at", [None, NOW])
async def test_a_lead_goes_over_to_another_campaign_of_its_own_client_alone(
    world: World, due_at: float | None, *, same_client: bool
) -> None:
    client = world.campaign.client if same_client else (await world.store.clients.add("bank")).id
    other = world.of(await world.store.campaigns.save(campaign_of("other", client)))
    await world.add_lead()
    lead = await world.claim_one()
    await world.tell(SaveLead(lead.id, 1, due_at, "no_answer", campaign=other.campaign.id))
    assert len((await other.claim()).leads) == same_client
    assert len((await world.claim()).leads) == (not same_client and due_at is not None)


MIX = (Part("old", "segment = 'old'", 0.5), Part("new", "segment = 'new'", 0.3))


@pytest.mark.parametrize(
    "before", [{"order": Order.BALANCE}, {"parts": MIX}, {"parts": MIX[:1], "order": Order.RANK}, {"filter": "1 > 2"}]
)
@pytest.mark.parametrize("how", ["at hand", "cut off", "after a call", "finished and urged"])
async def test_no_lead_stays_where_new_settings_never_look(world: World, before: dict[str, object], how: str) -> None:
    world = await choosing(world, **before)
    await load(world)
    at_hand = [] if "filter" in before else list((await world.claim(4)).leads)
    if how == "finished and urged":
        await world.tell(*(SaveLead(one.id, 1, None, "X") for one in at_hand))
    world = await choosing(world)
    if how == "at hand":
        await world.store.leads.rearrange(world.campaign.id, NOW)
    if how == "after a call":
        await world.tell(*(SaveLead(one.id, 1, NOW, "no_answer") for one in at_hand))
    elif how == "finished and urged":
        for one in at_hand:
            await world.store.leads.urge(one.id)
    elif at_hand:
        await world.tell(ReturnLeads(tuple(one.id for one in at_hand)))
    assert sorted(await names(world)) == list("ABCD")


async def test_a_lead_takes_its_place_again_when_its_time_has_come(world: World) -> None:
    world = await choosing(world, order=Order.LEAST_TRIED)
    await load(world)
    [first] = (await world.claim(1)).leads
    await world.tell(SaveLead(first.id, 1, NOW + HOUR, "no_answer"))
    assert await names(world, 3, now=NOW) != ""
    assert await names(world, now=NOW) == ""
    assert (await world.claim(now=NOW)).due_at == NOW + HOUR
    [again] = (await world.claim(now=NOW + HOUR)).leads
    assert (again.id, again.attempts) == (first.id, 1)


async def test_priority_goes_before_the_campaigns_order(world: World) -> None:
    world = await choosing(world, order=Order.BALANCE)
    await load(world)
    await world.store.leads.set_priority(await lead_of(world, "A"), 1)
    assert await names(world) == "ABCD"


async def test_the_mix_is_kept_while_its_parts_last_and_then_the_other_goes_on(world: World) -> None:
    rows = tuple((f"{kind}{n}", "1", 1, n, kind) for kind in ("old", "new") for n in range(60))
    world = await choosing(world, parts=(Part("old", "segment = 'old'", 0.25),))
    await load(world, rows)
    for n in range(3):
        old = [lead.segment for lead in (await world.claim(20, now=NOW + n / 10)).leads].count("old")
        assert 4 <= old <= 6
    rest = [lead.segment for lead in (await world.claim(100, now=NOW)).leads]
    assert len(rest) == 60
    assert rest.count("new") in range(13, 20)


async def test_a_quota_that_is_used_up_closes_its_part(world: World) -> None:
    world = await choosing(world, parts=(Part("old", "segment = 'old'", 0.5, calls_24h_max=1),))
    await load(world)
    taken = await world.claim(4)
    old = next(lead for lead in taken.leads if lead.segment == "old")
    await world.dial(old, Outcome.NO_ANSWER)
    await world.tell(*(SaveLead(lead.id, 1, NOW, "no_answer") for lead in taken.leads))
    again = await world.claim(4)
    assert {lead.segment for lead in again.leads} == {"new"}
    assert {lead.segment for lead in (await world.claim(4, now=NOW + 25 * HOUR)).leads} == {"old"}


async def test_a_quota_is_not_passed_by_leads_at_hand(world: World) -> None:
    world = await choosing(world, parts=(Part("old", "segment = 'old'", 0.5, calls_24h_max=2),))
    await load(world, (*ROWS, ("E", None, None, None, "old"), ("F", None, None, None, "old")))
    taken: list[str] = []
    for second in range(0, 60, 6):  # some within the time of one count, some beyond
        at = NOW + second
        taken += [lead.segment for lead in (await world.claim(2, now=at)).leads]
    assert sorted(taken) == ["new", "new", "old", "old"]


async def test_an_expired_lead_is_finished(world: World) -> None:
    world = await choosing(world, expires_after_s=HOUR)
    await load(world)
    assert len(await names(world, 1)) == 1
    assert await names(world, now=NOW + HOUR) == ""
    view = await world.store.leads.view(await lead_of(world, "D"))
    assert view is not None
    assert (view.state, view.result) == (LeadState.FINISHED, "expired")


async def test_a_dead_number_is_passed_over_and_the_last_one_finishes_the_lead(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002")
    first = await world.claim_one()
    await world.tell(SavePhone(first.phone, "wrong_person", 0, 1, 1, NOW), SaveLead(first.id, 2, NOW, "WRONG"))
    second = await world.claim_one()
    assert second.number == "+525550000002"
    await world.tell(SavePhone(second.phone, "disconnected", 0, 2, 0, NOW), SaveLead(first.id, 3, NOW, "invalid"))
    assert not (await world.claim()).leads
    view = await world.store.leads.view(first.id)
    assert view is not None
    assert (view.state, view.result) == (LeadState.FINISHED, "no_number")
    assert [(phone.quality, phone.quality_at) for phone in view.phones] == [
        ("wrong_person", NOW),
        ("disconnected", NOW),
    ]


async def test_somebody_elses_number_is_wrong_for_that_person_alone(world: World) -> None:
    await world.add_lead("+525550000001")
    await world.add_lead("+525550000001")
    first, _ = (await world.claim()).leads
    await world.tell(
        SavePhone(first.phone, "wrong_person", 0, 1, 1, NOW),
        *(SaveLead(LeadId(n), 1, NOW, "x") for n in (1, 2)),
    )
    assert [lead.id for lead in (await world.claim()).leads] == [2]


async def test_a_number_that_is_not_due_waits_and_the_lead_with_it(world: World) -> None:
    await world.add_lead("+525550000001")
    lead = await world.claim_one()
    await world.tell(SavePhone(lead.phone, "suspect", 0, 1, 0, NOW, NOW + HOUR), SaveLead(lead.id, 1, NOW, "invalid"))
    assert (await world.claim()).due_at == NOW + HOUR
    again = await world.claim_one(now=NOW + HOUR)
    assert (again.quality, again.called_before, again.result) == ("suspect", 1, "number_not_due")


async def test_the_number_that_was_asked_for_is_tried_next(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002")
    lead = await world.claim_one()
    await world.tell(SaveLead(lead.id, 1, NOW, "busy", 3, lead.phone))
    again = await world.claim_one()
    assert (again.number, again.result, again.streak) == (lead.number, "busy", 3)


async def test_a_lead_goes_over_to_another_campaign_once(world: World) -> None:
    other = await world.second_campaign()
    await load(world)
    first, second = (await world.claim(2)).leads
    await world.tell(
        SaveLead(first.id, 4, None, "RPC", campaign=other.id), SaveLead(second.id, 4, NOW, "RPC", campaign=other.id)
    )
    moved = (await world.of(other).claim()).leads
    assert [(lead.id, lead.campaign, lead.attempts) for lead in moved] == [
        (first.id, other.id, 0),
        (second.id, other.id, 0),
    ]


# ---------------------------------------------------------------- callbacks


async def promised(world: World, agent: int, at: float) -> Lead:
    lead = await world.claim_one()
    await world.tell(SaveLead(lead.id, 1, at, "CALLBACK", agent=AgentId(agent)))
    return lead


async def callbacks(world: World, *agents: int, now: float) -> tuple[Lead, ...]:
    [answer] = await world.tell(ClaimCallbacks(world.campaign.id, tuple(map(AgentId, agents))), now=now)
    assert isinstance(answer, CallbacksClaimed)
    return answer.leads


async def test_a_promised_callback_is_its_agents_alone_at_its_time(world: World) -> None:
    await load(world, ROWS[:1])
    lead = await promised(world, 7, NOW + HOUR)
    assert (await world.claim(now=NOW)).due_at == NOW + HOUR
    assert not await callbacks(world, 7, now=NOW)
    assert not await callbacks(world, 8, now=NOW + HOUR)
    assert not (await world.claim(now=NOW + HOUR)).leads
    [found] = await callbacks(world, 7, 8, now=NOW + HOUR)
    assert (found.id, found.agent) == (lead.id, 7)
    assert not await callbacks(world, 7, now=NOW + HOUR)


async def test_a_callback_whose_agent_does_not_come_is_anybodys(world: World) -> None:
    await load(world, ROWS[:1])
    lead = await promised(world, 7, NOW + HOUR)
    grace = world.campaign.selection.callback_grace_s
    assert not (await world.claim(now=NOW + HOUR + grace - 1)).leads
    [found] = (await world.claim(now=NOW + HOUR + grace)).leads
    assert (found.id, found.agent) == (lead.id, None)


async def test_an_agent_is_given_one_callback_at_a_time_the_longest_due(world: World) -> None:
    await load(world, ROWS[:3])
    leads = [await promised(world, 7, NOW + HOUR - n) for n in range(3)]
    assert [lead.id for lead in await callbacks(world, 7, now=NOW + HOUR)] == [leads[2].id]


async def test_a_callback_that_was_put_off_stays_its_agents(world: World) -> None:
    await load(world, ROWS[:1])
    lead = await promised(world, 7, NOW)
    await callbacks(world, 7, now=NOW)
    await world.tell(DeferLead(lead.id, NOW + 60, "skipped"))
    assert [one.id for one in await callbacks(world, 7, now=NOW + 60)] == [lead.id]


# ---------------------------------------------------------------- dial this now


@pytest.mark.parametrize("settings", [{}, {"order": Order.BALANCE}])
async def test_a_lead_that_is_wanted_now_comes_first(world: World, settings: dict[str, object]) -> None:
    world = await choosing(world, **settings)
    await load(world)
    assert await world.store.leads.urge(await lead_of(world, "D")) == world.campaign.id
    assert (await names(world))[0] == "D"


async def test_a_finished_lead_is_taken_up_and_one_on_a_call_is_not(world: World) -> None:
    await load(world)
    lead = await world.claim_one()
    with pytest.raises(ConflictError, match="claimed"):
        await world.store.leads.urge(lead.id)
    await world.tell(SaveLead(lead.id, 1, None, "RPC"))
    await world.store.leads.urge(lead.id)
    assert (await world.claim_one()).id == lead.id
    with pytest.raises(NotFoundError):
        await world.store.leads.urge(LeadId(999))


async def test_a_dial_of_the_same_account_in_another_campaign_is_the_accounts_and_not_the_leads(world: World) -> None:
    other = world.of(await world.second_campaign())
    for one in (world, other):
        await load(one, ROWS[:1])
    await other.dial(await other.claim_one(), Outcome.BUSY, at=NOW - HOUR)
    answer = await world.reserve(await world.claim_one())
    assert isinstance(answer, CallReserved)
    assert [(dial.account, dial.lead, dial.person) for dial in answer.facts.dials] == [(True, False, True)]
    [view] = await other.store.leads.find(other.campaign.id, "A")
    [dial] = await other.store.leads.dials(view.id, "+525550000000", NOW)
    assert (dial.account, dial.lead) == (True, True)


@pytest.mark.parametrize("settings", [{}, {"order": Order.BALANCE}, {"filter": "balance > 1000"}])
async def test_a_callback_of_anybodys_goes_before_all_others_when_its_time_comes(
    world: World, settings: dict[str, object]
) -> None:
    world = await choosing(world, **settings)
    await load(world, (*ROWS, ("E", "2000", 5, 9, "new")))
    one = next(lead for lead in (await world.claim(5)).leads)
    await world.tell(SaveLead(one.id, 1, NOW + HOUR, "CALLBACK", agent=ANYBODY))
    assert one.id not in [lead.id for lead in (await world.claim(5, now=NOW + HOUR - 1)).leads]
    fresh = await choosing(world)
    await load(fresh, tuple((f"F{n}", "9000", 5, 0, "old") for n in range(9)))
    first, *_ = (await fresh.claim(2, now=NOW + HOUR)).leads
    assert (first.id, first.agent) == (one.id, None)
    # What was at hand and comes back, or could not be dialled just then, is still a callback.
    await world.tell(ReturnLeads((first.id,)))
    [again] = (await fresh.claim(1, now=NOW + HOUR)).leads
    await world.tell(DeferLead(again.id, NOW + 2 * HOUR, "default.hours"))
    assert (await fresh.claim(1, now=NOW + 2 * HOUR)).leads[0].id == one.id
    await world.tell(SaveLead(one.id, 2, NOW + 3 * HOUR, "no_answer"))
    assert (await fresh.claim(1, now=NOW + 4 * HOUR)).leads[0].id != one.id
