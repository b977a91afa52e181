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
    assert added.startswith("SUCCESS: add_lead LEAD HAS BEEN ADDED - 5512349999|Sofia")
    number = added.split("|")[3]
    changed = await ask(old, good, "update_lead", lead_id=number, city="Puebla")
    assert changed.endswith(f"|{number}")
    assert "Puebla" in await ask(old, good, "lead_all_info", lead_id=number)
    assert (await ask(old, good, "lead_search", phone_number="5512349999", phone_code=52)).endswith(f"|1|{number}")
    assert "DUPLICATE" in await ask(old, good, "add_lead", **lead, duplicate_check="DUPLIST")
    assert "NOT AN ALLOWED LIST ID" in await ask(old, good, "add_lead", **lead | {"list_id": 77})
    assert "INVALID PHONE NUMBER" in await ask(old, good, "add_lead", **lead | {"phone_number": "55"})


async def test_do_not_call(old: World) -> None:
    good, admin = await token(old), await token(old, "ana")
    phone: dict[str, Any] = {"phone_number": "5512340001", "phone_code": 52}
    assert (await ask(old, good, "add_dnc_phone", **phone)).startswith("SUCCESS")
    assert "PERMISSION" in await ask(old, good, "delete_dnc_phone", **phone)
    assert (await ask(old, admin, "delete_dnc_phone", user="ana", **phone)).startswith("SUCCESS")


async def test_an_agent_is_worked_from_outside(old: World) -> None:
    good, agent = await token(old), await old.agent_at_work()
    who = {"agent_user": "1001"}
    assert (await ask(old, good, "agent_status", **who)).startswith("READY|")
    dialled = await ask(old, good, "external_dial", **who, value="5512340001", phone_code=52)
    assert dialled.startswith("SUCCESS: external_dial function set - 5512340001|1001")
    await old.desk(agent, "talking")
    assert (await ask(old, good, "agent_status", **who)).startswith("INCALL|")
    assert "1001|" in await ask(old, good, "logged_in_agents")
    assert (await ask(old, good, "external_pause", **who, value="PAUSE")).startswith("SUCCESS: external_pause")
    assert (await ask(old, good, "external_hangup", **who)).startswith("SUCCESS: external_hangup")
    await old.desk(agent, "wrapping")
    assert (await ask(old, good, "external_status", **who, value="OTHER")).startswith("SUCCESS: external_status")
    await old.desk(agent, "break")
    await old.runtime.flush()
    assert "/api/v1/recordings/" in await ask(old, good, "recording_lookup", lead_id=1)
    assert "AGENT NOT LOGGED IN" in await ask(old, good, "agent_status", agent_user="1002")


async def test_another_clients_token_reaches_nothing(old: World) -> None:
    rival = await token(old, "rival_ana")
    agent = await old.agent_at_work()
    for function in sorted(FUNCTIONS - {"version"}):
        given = {"list_id": 1, "lead_id": 1, "agent_user": "1001", "phone_number": "5512340001", "phone_code": 52}
        said = await ask(old, rival, function, user="rival_ana", **given, value="PAUSE")
        assert said.startswith("ERROR"), (function, said)
    assert (await agent.desk())["state"] == "ready"
