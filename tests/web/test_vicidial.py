"""VICIdial's most used API calls, as its integrators send them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialer.web.permissions import GRANTABLE
from dialer.web.settings import WebSettings
from dialer.web.vicidial import FUNCTIONS
from tests.web.world import World
from tests.web.world import world as new_world


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path, settings=WebSettings(port=0, vicidial_api=True)) as made:
        yield made


async def token(world: World, login: str = "sofia") -> str:
    client = await world.signed_in(login)
    mine = [one for one in (await client.who_am_i())["permissions"] if one in GRANTABLE]
    return str((await client.add_token("crm", mine))["token"])


async def ask(world: World, password: str, function: str, *, user: str = "sofia", **given: Any) -> str:
    path = "/agc/api.php" if function.startswith("external") else "/vicidial/non_agent_api.php"
    query = {"source": "crm", "user": user, "pass": password, "function": function}
    async with world.http() as http:
        answer: httpx.Response = await http.get(path, params=query | {name: str(one) for name, one in given.items()})
    return answer.text.strip()


async def test_it_is_off_unless_asked_for(world: World) -> None:
    assert "THIS API IS OFF" in await ask(world, "x", "version")


async def test_a_password_is_no_token_and_a_token_is_its_owners(old: World) -> None:
    good = await token(old)
    assert "Login incorrect" in await ask(old, "guess", "version")
    assert "Login incorrect" in await ask(old, good, "version", user="ana")
    assert (await ask(old, good, "version")).startswith("VERSION:")
    quique = await token(old, "quique")
    refused = await ask(old, quique, "add_lead", user="quique", list_id=1, phone_number="5512349999", phone_code=52)
    assert "DOES NOT HAVE PERMISSION" in refused


async def test_leads_come_in_change_and_are_found(old: World) -> None:
    good = await token(old)
    lead: dict[str, Any] = {
        "phone_number": "5512349999",
        "phone_code": 52,
        "list_id": 1,
        "first_name": "Eva",
        "last_name": "M",
    }
    added = await ask(old, good, "add_lead", **lead, vendor_lead_code="V-1")
    assert added.startswith("SUCCESS: add_lead LEAD HAS BEEN ADDED - 5512349999|sofia|1|")
    number = added.split("|")[3]
    changed = await ask(old, good, "update_lead", lead_id=number, city="Puebla")
    assert changed.endswith(f"|{number}")
    assert "Puebla" in await ask(old, good, "lead_all_info", lead_id=number)
    assert (await ask(old, good, "lead_search", phone_number="5512349999", phone_code=52)).endswith(f"|1|{number}")
    assert "DUPLICATE" in await ask(old, good, "add_lead", **lead, duplicate_check="DUPLIST")
    assert "NOT AN ALLOWED LIST ID" in await ask(old, good, "add_lead", **lead | {"list_id": 77})
    assert "INVALID PHONE NUMBER" in await ask(old, good, "add_lead", **lead | {"phone_number": "55"})


async def test_a_lead_is_told_in_vicidials_own_columns(old: World) -> None:
    good = await token(old)
    given: dict[str, Any] = {
        "list_id": 1,
        "phone_number": "5512349999",
        "alt_phone": "5512349998",
        "vendor_lead_code": "V|1",
    }
    own: dict[str, Any] = {"custom_fields": "Y", "plan": "gold|1\nx", "first_name": "Eva", "comments": "a, b"}
    added = await ask(old, good, "add_lead", phone_code=52, **given, **own)
    number = added.split("|")[3]
    whole: dict[str, Any] = {"lead_id": number, "header": "YES", "custom_fields": "Y"}
    head, row = (await ask(old, good, "lead_all_info", **whole)).splitlines()
    told = dict(zip(head.split("|"), row.split("|"), strict=True))
    assert head.startswith(
        "status|user|vendor_lead_code|source_id|list_id|gmt_offset_now|phone_code|phone_number|title|"
    )
    assert (told["phone_number"], told["alt_phone"], told["vendor_lead_code"]) == ("+525512349999", "5512349998", "V 1")
    assert (told["plan"], told["comments"], told["lead_id"]) == ("gold 1 x", "a, b", number)
    sheet = await ask(old, good, "lead_all_info", **whole, stage="csv")
    assert "a  b" in sheet.splitlines()[1]
    assert await ask(old, good, "lead_search", phone_number="5512349998,5512349997", phone_code=52) == (
        f"5512349998|1|{number}\n5512349997|0|"
    )


async def test_a_status_ends_a_lead_and_opens_it_as_it_does_there(old: World) -> None:
    good = await token(old)
    one: dict[str, Any] = {"lead_id": 1}

    async def state() -> str:
        return (await ask(old, good, "lead_all_info", **one)).split("|")[0] + " " + await kept_state(old)

    looked = await ask(old, good, "update_lead", **one, status="SALE", no_update="Y")
    assert looked.startswith("NOTICE: update_lead LEADS FOUND IN THE SYSTEM: |sofia|1|ACC-1|")
    assert await state() == "open open"
    for status, wanted in (("SALE", "SALE withdrawn"), ("NEW", "NEW open"), ("CALLBK", "CALLBK open")):
        assert (await ask(old, good, "update_lead", **one, status=status)).startswith("SUCCESS")
        assert await state() == wanted
    assert "LEAD HAS BEEN DELETED" in await ask(old, good, "update_lead", **one, delete_lead="Y")
    assert (await state()).endswith("withdrawn")
    missing: dict[str, Any] = {"vendor_lead_code": "V-9", "phone_number": "5512349999", "phone_code": 52, "list_id": 1}
    assert (await ask(old, good, "update_lead", **missing, no_update="Y")).startswith("NOTICE: update_lead NO MATCHES")
    assert (await ask(old, good, "update_lead", **missing)).startswith("ERROR: update_lead NO MATCHES FOUND IN THE SYS")
    added = await ask(old, good, "update_lead", **missing, insert_if_not_found="Y")
    assert added.startswith("SUCCESS: update_lead LEAD HAS BEEN ADDED - 5512349999|sofia|1|")


async def kept_state(world: World) -> str:
    view = await world.store.leads.view(world.leads[0], now=0.0)
    assert view is not None
    return str(view.state)


async def test_do_not_call(old: World) -> None:
    good, admin = await token(old), await token(old, "ana")
    phone: dict[str, Any] = {"phone_number": "5512340001", "phone_code": 52}
    added = await ask(old, good, "add_dnc_phone", **phone, campaign_id="SYSTEM_INTERNAL")
    assert added == "SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - sofia|5512340001|SYSTEM_INTERNAL"
    again = await ask(old, good, "add_dnc_phone", **phone)
    assert again == "ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS - sofia|5512340001"
    assert "PERMISSION" in await ask(old, good, "delete_dnc_phone", **phone)
    assert (await ask(old, admin, "delete_dnc_phone", user="ana", **phone)).startswith("SUCCESS")
    gone = await ask(old, admin, "delete_dnc_phone", user="ana", **phone)
    assert gone == "ERROR: delete_dnc_phone DNC NUMBER DOES NOT EXIST - ana|5512340001"


async def test_a_number_that_must_not_be_called_is_of_the_campaigns_country(old: World) -> None:
    """VICIdial's own call has no phone_code: taken for +1, the number would forbid nothing."""
    good = await token(old)
    ana = await old.administrator()
    await ana.change_campaign(old.campaign, country="MX")
    assert (await ask(old, good, "add_dnc_phone", phone_number="5512340001")).startswith("SUCCESS")
    assert await old.store.do_not_call.lists_of("+525512340001", campaign=old.campaign, now=0.0) == ("house",)
    for wrong in ("5512", "0000000000"):
        assert (await ask(old, good, "add_dnc_phone", phone_number=wrong)).startswith("ERROR: add_dnc_phone INVALID")
    await ana.change_campaign(old.campaign, country="", caller_id="")
    refused = await ask(old, good, "add_dnc_phone", phone_number="5512340002")
    assert refused.startswith("ERROR: add_dnc_phone NO COUNTRY IS KNOWN")
    assert "NOT AN ALLOWED DNC LIST" in await ask(old, good, "add_dnc_phone", phone_number="1", campaign_id="NONE")


async def test_what_is_asked_of_nobody_is_answered_too(old: World) -> None:
    good = await token(old)
    for function in ("external_pause", "external_hangup", "external_status", "external_dial"):
        assert await ask(old, good, function, value="PAUSE") == "ERROR: no user found -"
    away = await ask(old, good, "external_pause", value="PAUSE", agent_user="1001")
    assert away == "ERROR: agent_user is not logged in - 1001"


async def test_an_agent_is_worked_from_outside(old: World) -> None:
    good, agent = await token(old), await old.agent_at_work()
    who = {"agent_user": "1001"}
    assert (await ask(old, good, "agent_status", **who)).startswith("READY|")
    dialled = await ask(old, good, "external_dial", **who, value="5512340001", phone_code=52)
    assert dialled.startswith("SUCCESS: external_dial function set - 5512340001|1001")
    await old.desk(agent, "talking")
    assert (await ask(old, good, "agent_status", **who)).startswith("INCALL|")
    head, row = (await ask(old, good, "agent_status", **who, stage="csv", header="YES")).splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=True))
    assert (told["status"], told["full_name"], told["phone_number"]) == ("INCALL", "Agent 1", "+525512340001")
    assert "1001|" in await ask(old, good, "logged_in_agents")
    assert (await ask(old, good, "external_pause", **who, value="PAUSE")).startswith("SUCCESS: external_pause")
    assert (await ask(old, good, "external_hangup", **who)).startswith("SUCCESS: external_hangup")
    await old.desk(agent, "wrapping")
    done = await ask(old, good, "external_status", **who, value="OTHER")
    assert done == "SUCCESS: external_status function set - OTHER|1001"
    await old.desk(agent, "break")
    await old.runtime.flush()
    for sought in ({"lead_id": 1}, {"agent_user": "1001"}):
        found = (await ask(old, good, "recording_lookup", **sought)).split("|")
        assert (found[1], found[3], found[4][:7]) == ("1001", "1", "http://")
    assert (await ask(old, good, "recording_lookup", agent_user="1001", date="2001-01-01")).startswith("ERROR: rec")
    assert "AGENT NOT LOGGED IN" in await ask(old, good, "agent_status", agent_user="1002")


async def test_another_clients_token_reaches_nothing(old: World) -> None:
    rival = await token(old, "rival_ana")
    agent = await old.agent_at_work()
    for function in sorted(FUNCTIONS - {"version"}):
        given: dict[str, Any] = {
            "list_id": 1,
            "lead_id": 1,
            "agent_user": "1001",
            "phone_number": "5512340001",
            "phone_code": 52,
        }
        said = await ask(old, rival, function, user="rival_ana", **given, value="PAUSE")
        assert said.startswith("ERROR"), (function, said)
    assert (await agent.desk())["state"] == "ready"
