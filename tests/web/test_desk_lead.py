"""What an agent may see and ask of the person before them, and what the store keeps of it; by the API alone."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from asterisk_config.phone_secret import phone_password
from dialer.core.ids import CampaignId, LeadId
from dialer.core.model import Mode
from dialer.core.packs.schema import Kept
from dialer.shifts import leaves_at
from dialer.store.restrictions import NewRestriction
from dialer.store.schedules import Profile
from dialer.web.ahead import Ahead
from dialer.web.client import ApiError
from dialer.web.desk_lead_routes import pushed, read_ahead
from dialer.web.settings import WebSettings
from tests.web.world import World, day
from tests.web.world import world as new_world

TOLD = ((Kept.REPRESENTED, ""), (Kept.CHANNELS, "voice,sms"))
PHONES = WebSettings(port=0, phone_url="ws://127.0.0.1:8088/ws", phone_key="the-key", phone_name="9{code}")


async def test_nothing_private_leaves_the_server_before_the_right_party_is_made_sure_of(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    lead = await agent.desk_lead()
    assert (lead["private"], lead["right_party"], lead["account"], lead["promises"]) == (True, None, None, [])
    lead = await agent.right_party(call, right=False)
    assert (lead["private"], lead["right_party"], lead["account"]) == (True, False, None)
    lead = await agent.right_party(call)
    assert (lead["private"], lead["account"]["external_id"]) == (False, "ACC-1")


async def test_no_other_address_of_the_server_tells_more_than_the_desk(world: World) -> None:
    async with world.store._database.writing() as session:
        await session.run("UPDATE people SET national_id = 'GOMC800101AB3' WHERE id = 1")
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    said = [NewRestriction(lead=LeadId(1), kind=kind, value=value) for kind, value in TOLD]
    await world.store.restrictions.add(said, world.app.state.console.now())
    for path in ("/desk/lead", f"/leads/{world.leads[0]}"):
        told = await agent.request("GET", path)
        assert isinstance(told, dict)
        assert (told["account"], told["result"], told["person"]["national_id"]) == (None, "", "•" * 13)
        assert [one["kind"] for one in told["restrictions"]] == ["channels"]
    await agent.right_party(call)
    whole = await agent.request("GET", f"/leads/{world.leads[0]}")
    assert isinstance(whole, dict)
    assert (whole["account"]["external_id"], whole["result"]) == ("ACC-1", "stop.represented")
    assert [one["kind"] for one in whole["restrictions"]] == ["represented", "channels"]


async def test_a_wrong_answer_shows_nothing(world: World) -> None:
    async with world.store._database.writing() as session:
        await session.run("UPDATE people SET national_id = 'GOMC800101AB3' WHERE id = 1")
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    assert (await agent.desk_lead())["person"]["national_id"].startswith("•••")
    for wrong in ("1AB4", "3", "AB"):
        with pytest.raises(ApiError) as refused:
            await agent.right_party(call, answer=wrong)
        assert refused.value.code == "wrong_answer"
        assert (await agent.desk_lead())["private"]
    assert (await agent.right_party(call, answer="1-ab3"))["person"]["national_id"] == "GOMC800101AB3"


async def test_a_previewed_lead_is_shown_whole_until_somebody_answers(tmp_path: Path) -> None:
    async with new_world(tmp_path, mode=Mode.PREVIEW, agents=1) as world:
        agent = await world.agent_at_work()
        await world.desk(agent, "previewing")
        assert (await agent.desk_lead())["account"] is not None
        await agent.accept()
        await world.desk(agent, "talking")
        assert (await agent.desk_lead())["account"] is None


async def test_a_campaign_may_do_without_the_check(world: World) -> None:
    await (await world.administrator()).change_campaign(world.campaign, right_party_check=False)
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    assert (await agent.desk_lead())["account"] is not None


async def test_the_page_of_another_system_comes_with_what_is_private_and_its_values_are_data(world: World) -> None:
    admin = await world.administrator()
    template = "https://crm.example/a/{external_id}?who={name}&product={field.product}"
    await admin.change_campaign(world.campaign, screen_pop={"template": template, "opens": "tab"})
    async with world.store._database.writing() as session:
        await session.run("UPDATE people SET name = 'Ñandú & Co/?#' WHERE id = 1")
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    assert (await agent.desk_lead())["screen_pop"] is None
    assert (await agent.right_party(call, right=False))["screen_pop"] is None
    shown = (await agent.right_party(call))["screen_pop"]
    where = "https://crm.example/a/ACC-1?who=%C3%91and%C3%BA%20%26%20Co%2F%3F%23&product=loan"
    assert shown == {"address": where, "opens": "tab"}
    await admin.change_campaign(world.campaign, screen_pop={"template": "https://crm.example/{field.unknown}"})
    assert (await agent.desk_lead())["screen_pop"] is None
    with pytest.raises(ApiError, match="https://"):
        await admin.change_campaign(world.campaign, screen_pop={"template": "javascript:alert(1)"})
    await admin.change_campaign(world.campaign, screen_pop={"template": "", "opens": "link"})
    assert (await agent.desk_lead())["screen_pop"] is None
    with pytest.raises(ApiError, match="https://"):
        await admin.change_client(1, screen_pop={"template": "javascript:alert(1)"})
    changed = await admin.change_client(1, screen_pop={"template": "https://bank.example/{lead}", "opens": "tab"})
    assert (changed["name"], changed["screen_pop"]["opens"]) == ("Bank", "tab")
    assert (await agent.desk_lead())["screen_pop"] == {"address": "https://bank.example/1", "opens": "tab"}
    await admin.change_client(1, name="First Bank")
    assert (await admin.clients())[0]["screen_pop"]["template"] == "https://bank.example/{lead}"
    await admin.change_campaign(world.campaign, screen_pop={"opens": "off"})
    assert (await agent.desk_lead())["screen_pop"] is None


async def test_whether_a_rule_allows_the_call_is_told_before_it_is_made(tmp_path: Path) -> None:
    async with new_world(tmp_path, agents=1) as world:
        agent = await world.agent_at_work()
        known = {"number": "+52 55 1234 0001"}, {"lead": world.leads[0]}
        stranger = {"number": "+52 1 (55) 9999-0000"}
        for asked in (*known, stranger):
            assert (await agent.may_dial(world.campaign, **asked))["allowed"]
        await world.store.do_not_call.add(["+525512340001", "+525599990000"], "own", 0.0)
        for asked in (*known, stranger):
            told = await agent.may_dial(world.campaign, **asked)
            assert (told["allowed"], told["rule"]) == (False, "no_number" if "lead" in asked else "do_not_call")
        with pytest.raises(ApiError, match="no campaign of yours"):
            await agent.may_dial(99, number="+525512340001")


async def test_hours_forbid_a_number_of_nobody_known_too_and_another_campaigns_lead_tells_nothing(
    tmp_path: Path,
) -> None:
    async with new_world(tmp_path, agents=1, hours=(3, 4)) as world:
        agent = await world.agent_at_work()
        told = await agent.may_dial(world.campaign, number="+525599990000")
        assert (told["allowed"], told["rule"], told["until"] is None) == (False, "default.hours", False)
        campaign = await world.store.campaigns.get(world.campaign)
        assert campaign is not None
        other = await world.store.campaigns.save(replace(campaign, id=CampaignId(0), name="Rival's"))
        async with world.store._database.writing() as session:
            await session.run("UPDATE leads SET campaign = $1 WHERE id = 2", other.id)
        with pytest.raises(ApiError, match="no lead of the campaign"):
            await agent.may_dial(world.campaign, lead=2)


async def test_a_disposition_is_held_to_what_it_demands(world: World) -> None:
    agent = await world.agent_at_work()
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    due = day(5)
    for code, promise, problem in (
        ("PTP", None, "needs_promise"),
        ("PTP", {"amount": "1500.51", "due_on": due}, "promise_amount_above_balance"),
        ("PTP", {"amount": "0", "due_on": due}, "promise_amount_not_positive"),
        ("PTP", {"amount": "10", "due_on": "2020-01-01"}, "promise_due_in_the_past"),
        ("CALLBACK", None, "needs_callback"),
    ):
        with pytest.raises(ApiError) as refused:
            await agent.disposition(call, code, promise=promise)
        assert refused.value.code == problem
    await agent.disposition(call, "PTP", promise={"amount": "1500.50", "due_on": due})
    [kept] = (await agent.right_party(call))["promises"]
    assert (kept["amount"], kept["due_on"], kept["state"]) == (1500.5, due, "open")
    await agent.disposition(call, "REFUSED")  # said otherwise before the talk is over
    [kept] = (await agent.desk_lead())["promises"]
    assert kept["state"] == "cancelled"


async def test_a_phone_of_the_page_is_told_to_its_own_agent(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=PHONES) as world:
        one, other = await world.agent(1), await world.agent(2)
        told = await one.request("GET", "/desk/phone")
        assert isinstance(told, dict)
        assert told == {
            "url": "ws://127.0.0.1:8088/ws",
            "uri": "sip:91001@127.0.0.1",
            "name": "91001",
            "password": phone_password("the-key", "91001"),
            "endpoint": "PJSIP/91001",
        }
        others = await other.request("GET", "/desk/phone")
        assert isinstance(others, dict)
        assert others["password"] != told["password"]
        with pytest.raises(ApiError, match="forbidden"):
            await (await world.supervisor()).request("GET", "/desk/phone")
        async with world.http() as http:
            policy = (await http.get("/sign-in")).headers["content-security-policy"]
        assert "connect-src 'self' ws://127.0.0.1:8088;" in policy


async def test_a_supervisors_phone_is_the_supervisors_alone_whatever_code_an_agent_has(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=replace(PHONES, supervisor_phones="91002-91005")) as world:
        names = []
        for user in (await world.supervisor(), await world.administrator()):
            told = await user.request("GET", "/floor/phone")
            assert isinstance(told, dict)
            assert told["password"] == phone_password("the-key", told["name"])
            names.append(told["name"])
        assert len({*names} & {"91002", "91003", "91004", "91005"}) == 2
        assert await (await world.agent(2)).request("GET", "/desk/phone") is None  # whose code is 1002
        assert await (await world.agent(1)).request("GET", "/desk/phone") is not None
        with pytest.raises(ApiError, match="forbidden"):
            await (await world.agent(1)).request("GET", "/floor/phone")


@pytest.mark.parametrize(("user", "name"), [(1, "098"), (3, "100"), (4, ""), (0, "")])
def test_the_row_of_supervisors_phones_ends(user: int, name: str) -> None:
    assert replace(PHONES, supervisor_phones="098-100").supervisor_phone(user) == name


async def test_the_phone_is_where_it_was_last_taken_and_no_other_page_asks_for_the_leg(world: World) -> None:
    agent = await world.agent_at_work()
    asked = {"endpoint": "PJSIP/desk1"}
    await agent.request("POST", "/desk/phone/back", asked | {"page": "page-one"})  # nobody said yet where it is
    await agent.request("POST", "/desk/phone/take", {"page": "page-one"})
    async with asyncio.timeout(10), aclosing(agent.live("desk")) as heard:
        phones = (data async for topic, data in heard if topic == "phone")
        first = await anext(phones)
        await agent.request("POST", "/desk/phone/take", {"page": "page-two"})
        second = await anext(phones)
    assert (first["page"], second["page"], second["at"] > first["at"]) == ("page-one", "page-two", True)
    with pytest.raises(ApiError) as refused:
        await agent.request("POST", "/desk/phone/back", asked | {"page": "page-one"})
    assert refused.value.code == "phone_elsewhere"
    await agent.request("POST", "/desk/phone/back", asked | {"page": "page-two"})
    await world.desk(agent, "ready")


async def test_the_lead_comes_unasked_and_tells_no_more_than_when_asked(world: World) -> None:
    agent = await world.agent_at_work()
    told = []
    async with asyncio.timeout(10), aclosing(agent.live("desk", "lead")) as heard:
        async for topic, data in heard:
            if topic == "desk" and data["state"] == "ready":
                await agent.dial(world.campaign, lead=world.leads[0])
            if topic == "lead":
                told.append(data)
                break
    desk = await world.desk(agent, "talking")
    [one] = told
    assert one["of"] == f"{world.leads[0]}/{desk['call']}/0/false"
    told_when_asked = await agent.desk_lead()
    assert one["lead"] | {"calls": []} == told_when_asked | {"calls": []}  # the present one is kept by now
    assert (one["lead"]["private"], one["lead"]["account"]) == (True, None)
    async with asyncio.timeout(10), aclosing(agent.live("desk", "lead")) as heard:  # a page that begins is told it too
        again = await anext(data async for topic, data in heard if topic == "lead")
    assert again["of"] == one["of"]


async def test_a_lead_that_was_read_while_it_rang_is_told_at_once_and_corrected_where_it_changed(world: World) -> None:
    agent = await world.agent_at_work()
    console = world.app.state.console
    ahead = Ahead(partial(read_ahead, console), console.now)
    lead = LeadId(world.leads[0])
    await agent.dial(world.campaign, lead=lead)
    call = (await world.desk(agent, "talking"))["call"]
    seat = next(one for one in world.runtime.view().agents if one.call == call)
    await world.runtime.flush()  # what is told of the lead's calls is as it stays
    for name, told in (("Person 1", ["Person 1"]), ("Ana", ["Person 1", "Ana"])):
        await ahead.keep(lead)
        async with world.store._database.writing() as session:
            await session.run("UPDATE people SET name = $1 WHERE id = 1", name)
        found = [one.lead async for one in pushed(console, ahead, seat)]
        assert [one.person.name for one in found] == told
        assert all(one.private and one.account is None for one in found)
    assert ahead.take(lead) is None  # told once: it may be old by the next time


async def test_without_a_phone_in_the_page_there_is_none(world: World) -> None:
    assert await (await world.agent()).request("GET", "/desk/phone") is None
    assert await (await world.supervisor()).request("GET", "/floor/phone") is None


async def test_own_figures_count_the_day(world: World) -> None:
    agent = await world.agent_at_work()
    began = (await agent.desk())["at"] - 60
    await agent.dial(world.campaign, lead=world.leads[0])
    call = (await world.desk(agent, "talking"))["call"]
    due = day(5)
    await agent.disposition(call, "PTP", promise={"amount": "100.25", "due_on": due})
    await agent.hangup()
    await world.desk(agent, "ready")
    await world.runtime.flush()
    told = await agent.day(began)
    assert (told["calls"], told["contacts"], told["promises"], told["promised"]) == (1, 1, 1, {"MXN": 100.25})


async def test_an_agent_sees_when_the_shift_plans_the_next_break(world: World) -> None:
    agent, shift = await world.agent(), "mon-sun 00:00-12:00 12:00-24:00"
    now = (await agent.desk())["at"]
    assert (await agent.day(now))["leaves_at"] is None
    for kept, planned in ((shift, leaves_at(shift, now)), ("never", None)):
        await world.store.profiles.save([Profile(agent=world.agents[0], shift=kept)])
        assert (await agent.day(now))["leaves_at"] == planned


async def test_a_script_must_lead_somewhere(world: World) -> None:
    administrator = await world.administrator()
    steps = [{"name": "hello", "text": "Hola {name}", "choices": [{"label": "Sí", "to": "nowhere"}]}]
    with pytest.raises(ApiError, match="nowhere"):
        await administrator.change_campaign(world.campaign, script=steps)
    steps[0]["choices"] = [{"label": "Sí", "to": "hello"}]
    await administrator.change_campaign(world.campaign, script=steps)
    campaigns = await (await world.agent()).desk_campaigns()
    assert campaigns[0]["script"] == steps
