"""Who calls: told by the number they were shown, and nobody's past is another's."""

import pytest

from dialer.core.ids import CallId, CampaignId
from dialer.core.messages import AddDoNotCall, CallerFound, FindCaller
from dialer.core.model import Lead
from dialer.core.outcomes import Outcome
from tests.store.world import NOW, World

SHOWN, PERSON = "+525500000000", "+525550000001"  # what the world's calls show


async def found(world: World, caller: str, campaign: CampaignId | None, *taking: CampaignId, at: float = 100.0) -> Lead:
    asked = FindCaller(call=CallId(next(world.calls)), caller=caller, number=SHOWN, campaign=campaign, taking=taking)
    [answer] = await world.tell(asked, now=NOW + at)
    assert isinstance(answer, CallerFound)
    assert answer.lead is not None
    return answer.lead


async def test_a_caller_known_to_a_campaign_that_takes_no_calls_reaches_the_one_whose_number_it_is_by_now(
    world: World,
) -> None:
    await world.add_lead(PERSON)
    lead = await world.claim_one()
    await world.dial(lead, Outcome.NO_ANSWER)
    autumn = (await world.second_campaign()).id
    assert (await found(world, PERSON, autumn)).campaign == world.campaign.id  # neither takes calls: who showed it
    now = await found(world, PERSON, autumn, autumn)
    assert (now.campaign, now.person) == (autumn, lead.person)
    assert (await found(world, PERSON, autumn, autumn, world.campaign.id)).id == lead.id


async def test_of_two_campaigns_that_showed_the_number_the_one_that_takes_calls_is_reached(world: World) -> None:
    autumn = world.of(await world.second_campaign())
    first = await world.add_lead(PERSON, national_id="1")
    await world.dial(await world.claim_one(), Outcome.NO_ANSWER, at=NOW)
    await autumn.add_lead(PERSON, national_id="1", campaign=autumn.campaign)
    await autumn.dial(await autumn.claim_one(), Outcome.NO_ANSWER, at=NOW + 60)
    reached = await found(world, PERSON, None, world.campaign.id)
    assert (reached.campaign, reached.id) == (world.campaign.id, first)
    assert (await found(world, PERSON, None)).campaign == autumn.campaign.id  # the latest


async def test_those_who_withhold_the_number_are_nobody_known_and_have_the_clock_of_the_number_they_called(
    world: World,
) -> None:
    first = await found(world, "anonymous", world.campaign.id, world.campaign.id)
    second = await found(world, "Banco24", world.campaign.id, world.campaign.id)
    assert first.number == second.number == "anonymous"
    assert (first.person != second.person, first.id != second.id) == (True, True)
    assert first.zones == ("America/Mexico_City",)
    assert [lead.id for lead in (await world.claim()).leads] == [], "nobody dials them"


@pytest.mark.parametrize(
    ("caller", "strange"),
    [("5555000009", False), ("+37190000000", True), ("+18765550123", True), ("+529001234567", True)],
)
async def test_a_number_abroad_or_of_added_cost_is_strange_until_a_call_of_ours_went_there(
    world: World, caller: str, strange: bool
) -> None:
    campaign = world.campaign.id
    asked = FindCaller(
        call=CallId(next(world.calls)), caller=caller, number=SHOWN, campaign=campaign, taking=(campaign,)
    )
    for _ in range(2):  # having called once makes nobody known
        [answer] = await world.tell(asked, now=NOW)
        assert isinstance(answer, CallerFound)
        assert answer.strange is strange


async def test_who_was_called_is_not_strange(world: World) -> None:
    await world.add_lead("+18765550123")
    await world.dial(await world.claim_one(), Outcome.NO_ANSWER)
    campaign = world.campaign.id
    asked = FindCaller(
        call=CallId(next(world.calls)), caller="+18765550123", number=SHOWN, campaign=campaign, taking=(campaign,)
    )
    [answer] = await world.tell(asked, now=NOW + 100.0)
    assert isinstance(answer, CallerFound)
    assert not answer.strange


async def test_the_lists_that_forbid_to_call_somebody_back_are_told_with_who_they_are(world: World) -> None:
    await world.add_lead(PERSON)
    autumn = (await world.second_campaign()).id
    asked = FindCaller(call=CallId(next(world.calls)), caller=PERSON, number=SHOWN, campaign=world.campaign.id)
    await world.tell(
        AddDoNotCall(PERSON, "register"),
        AddDoNotCall(PERSON, f"opt_out.campaign-{autumn}", campaign=autumn),
        now=NOW,
    )
    [answer] = await world.tell(asked, now=NOW + 100.0)
    assert isinstance(answer, CallerFound)
    assert answer.lists == ("register",)
