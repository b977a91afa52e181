"""Which number an agent means, and whom agents may bring into a talk: by the API alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import CampaignId, LeadId
from dialer.core.messages import TrunkSet
from dialer.core.model import Campaign, Mode, Trunk
from dialer.core.packs.schema import Kept
from dialer.leads.numbers import country_of
from dialer.store.restrictions import NewRestriction
from dialer.web.client import ApiError, Client
from dialer.web.dialling import read_typed
from dialer.web.problems import ProblemError
from tests.web.world import World
from tests.web.world import world as new_world

OUTSIDE = "+525588887777"
OTHER = "+525512340002"  # of another lead


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path, agents=1) as made:
        yield made


async def talking(world: World) -> Client:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    return agent


async def refusal(agent: Client, number: str) -> str:
    """Why the number is refused to a transfer and to a consultation, as the pad says too."""
    codes = set()
    for ask in (agent.transfer, agent.consult):
        with pytest.raises(ApiError) as refused:
            await ask(number)
        assert refused.value.code == "number_forbidden"
        codes.add(refused.value.detail.partition(":")[0])
    campaign = (await agent.desk())["campaign"]
    told = await agent.request("GET", "/desk/may-dial", None, {"campaign": campaign, "number": number, "third": True})
    assert isinstance(told, dict)
    assert not told["allowed"]
    assert codes == {told["rule"]}
    return str(told["rule"])


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("55 1234 5678", "MX", "+525512345678"),
        ("044 55 1234 5678", "MX", "+525512345678"),  # as mobiles were dialled once
        ("9 8765 4321", "CL", "+56987654321"),
        ("56 9 8765 4321", "CL", "+56987654321"),
        ("(51) 98765-4321", "BR", "+5551987654321"),  # not Peru's +51 987 654 321
        ("+51 987 654 321", "BR", "+51987654321"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
    ],
)
def test_a_number_is_read_as_it_is_dialled_in_the_country(text: str, country: str, number: str) -> None:
    assert read_typed(text, country) == (number, "")


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("1234 5678", "MX", "number_unreadable"),  # without its area
        ("52 155", "MX", "number_unreadable"),
        ("5491112345678", "MX", "number_unreadable"),  # Argentina's, without +
        ("+12", "MX", "number_unreadable"),
        ("55 1234 5678", "", "number_needs_country"),
    ],
)
def test_what_is_no_whole_number_is_refused_and_never_guessed_at(text: str, country: str, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        read_typed(text, country)
    assert refused.value.code == code


def test_the_country_is_the_campaigns_or_that_of_the_number_it_shows() -> None:
    made = Campaign(id=CampaignId(1), client=1, name="x", mode=Mode.MANUAL, caller_id="+56221234567")  # type: ignore[arg-type]
    assert country_of(made) == "CL"
    assert country_of(replace(made, country="PE")) == "PE"
    assert country_of(replace(made, caller_id="")) == ""


async def test_the_pad_says_what_it_will_dial_and_dials_that(world: World) -> None:
    agent = await world.agent_at_work()
    told = await agent.may_dial(world.campaign, number="55 1234 0001 ext 12")
    assert (told["allowed"], told["number"], told["country"], told["extension"]) == (True, "+525512340001", "MX", "12")
    assert [one["id"] for one in await agent.desk_find(world.campaign, "55 1234 0002")] == [world.leads[1]]
    await agent.dial(world.campaign, number="(55) 1234-0001")
    desk = await world.desk(agent, "talking")
    assert (desk["number"], desk["lead"]) == ("+525512340001", world.leads[0])


async def test_a_number_that_is_also_what_somebody_is_known_by_is_not_dialled_before_the_agent_says_which(
    world: World,
) -> None:
    async with world.store._database.writing() as session:
        await session.run("UPDATE accounts SET external_id = '5512340003' WHERE id = 1")
    agent = await world.agent_at_work()
    for ask in (agent.may_dial(world.campaign, number="5512340003"), agent.dial(world.campaign, number="5512340003")):
        with pytest.raises(ApiError) as refused:
            await ask
        assert refused.value.code == "number_ambiguous"
    assert [one["id"] for one in await agent.desk_find(world.campaign, "5512340003")] == [1, 3]
    await agent.dial(world.campaign, number="+525512340003")
    assert (await world.desk(agent, "talking"))["lead"] == world.leads[2]


async def test_nobody_is_brought_into_a_talk_whom_a_rule_protects(world: World) -> None:
    agent = await talking(world)
    await world.store.do_not_call.add([OUTSIDE], "own", 0.0)
    assert await refusal(agent, "55 8888 7777") == "do_not_call"
    said = NewRestriction(lead=LeadId(world.leads[1]), kind=Kept.DECEASED)
    await world.store.restrictions.add([said], world.app.state.console.now())
    assert await refusal(agent, OTHER) == "stop.deceased"
    assert (await agent.desk())["state"] == "talking"
    await agent.transfer("55 8888 7776")
    await world.desk(agent, "wrapping")


async def test_a_number_out_of_hours_and_one_that_the_outside_check_forbids_are_refused_and_the_directory_is_free(
    tmp_path: Path,
) -> None:
    async with new_world(tmp_path, agents=1, hours=(8, 20)) as world:
        agent = await talking(world)
        administrator = await world.administrator()
        contact = {"name": "Caja", "number": OUTSIDE}
        night = [{"days": [0], "opens": "03:00", "closes": "04:00"}]
        await administrator.change_campaign(world.campaign, directory=[contact], rules={"windows": night})
        assert await refusal(agent, OTHER) == "default.hours"
        [campaign] = await agent.desk_campaigns()
        assert campaign["directory"] == [contact]
        await agent.consult("55 8888 7777")
        assert (await world.desk(agent, "holding"))["third"] in {"called", "answered"}


async def test_the_outside_check_is_asked_of_whom_agents_bring_in(world: World) -> None:
    asked = []

    async def scrub(number: str, campaign: int) -> str:
        asked.append((number, campaign))
        return "forbidden by the outside check: registered"

    console = world.app.state.console
    world.app.state.console = replace(console, scrub=scrub)
    agent = await talking(world)
    assert await refusal(agent, OUTSIDE) == "scrub"
    assert set(asked) == {(OUTSIDE, world.campaign)}
    world.app.state.console = console


async def test_a_number_inside_the_house_is_handed_on_to_where_a_trunk_leads_there(world: World) -> None:
    administrator = await world.administrator()
    await administrator.change_campaign(world.campaign, directory=[{"name": "Caja", "number": "20-01"}])
    agent = await talking(world)
    [campaign] = await agent.desk_campaigns()
    assert campaign["directory"] == [{"name": "Caja", "number": "2001"}]
    asked = {"campaign": world.campaign, "number": "2001", "third": True}
    told = await agent.request("GET", "/desk/may-dial", None, asked)
    assert isinstance(told, dict)
    assert (told["allowed"], told["rule"]) == (False, "no_inside")
    with pytest.raises(ApiError) as refused:
        await agent.consult("2001")
    assert refused.value.code == "no_trunk"
    world.runtime.tell(TrunkSet(Trunk(name="pbx", dial="PJSIP/{number}@pbx", inside=True)))
    told = await agent.request("GET", "/desk/may-dial", None, asked)
    assert isinstance(told, dict)
    assert (told["allowed"], told["number"]) == (True, "2001")
    await agent.consult("2001")
    assert (await world.desk(agent, "holding"))["third"] in {"called", "answered"}
    with pytest.raises(ApiError) as refused:  # of a call of its own nothing would be known: no person, no account
        await agent.may_dial(world.campaign, number="2001")
    assert refused.value.code == "number_unreadable"


async def test_what_was_asked_of_another_call_is_refused_and_kept_of_nobody_else(world: World) -> None:
    agent = await talking(world)
    call = (await agent.desk())["call"]
    for ask in (agent.hangup(call + 1), agent.transfer(OUTSIDE, call + 1), agent.pause_recording(True, call + 1)):
        with pytest.raises(ApiError) as refused:
            await ask
        assert refused.value.code == "another_call"
    said = {"kind": "no_consent", "lead": world.leads[1]}
    with pytest.raises(ApiError) as refused:
        await agent.request("POST", "/desk/restrictions", said)
    assert refused.value.code == "another_person"
    for lead in world.leads[:2]:
        assert await world.store.restrictions.of_lead(LeadId(lead)) == ()
    await agent.hangup(call)
    await world.desk(agent, "wrapping")
