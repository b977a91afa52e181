"""Every route with every role, with another client's users, with none, and with tokens that are not good any more."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from dialer.core.ids import CallId
from dialer.web import admin_pages, detection_pages, line_pages, oidc_pages, pages, rules_pages
from dialer.web.access import COOKIE
from dialer.web.permissions import PAGES, ROLES, ROUTES, Permission, Who, needed
from dialer.web.sessions import digest, new_api_token
from tests.web.world import PASSWORD, PIN, World

LOGINS = {
    Who.ADMINISTRATOR: "ana",
    Who.SUPERVISOR: "sofia",
    Who.ANALYST: "quique",
    Who.ENGINEER: "ines",
    Who.AUDITOR: "aura",
    Who.CLIENT: "bank",
    Who.AGENT: "agent1",
}
# What the bank has and nobody else may see: its campaign, agents, people, accounts, numbers.
THE_BANKS = re.compile(r"Spring|Agent \d|Person \d|ACC-\d|\+52551234|carrier")


async def operations(http: httpx.AsyncClient) -> list[tuple[str, str, str]]:
    """(operation id, method, path) of the whole API, as it describes itself."""
    schema = (await http.get("/api/v1/openapi.json")).json()
    return [
        (operation["operationId"], method.upper(), path)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def placed(path: str, world: World, call: int = 1) -> str:
    """The path with ids of the bank's."""
    ids = {"campaign": world.campaign, "lead": world.leads[0], "call": call, "agent": world.agents[0]}
    return re.sub(r"{(\w+)}", lambda found: str(ids.get(found[1], 1)), path)


async def signed(world: World, http: httpx.AsyncClient, login: str) -> None:
    answer = await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    http.cookies.clear()
    http.headers["Authorization"] = f"Bearer {answer.json()['token']}"


async def test_every_route_states_what_it_needs(world: World) -> None:
    async with world.http() as http:
        known = {operation for operation, _, _ in await operations(http)}
    assert {one for one in known if needed(one) is None} == set(), "say in permissions.ROUTES what they need"
    assert set(ROUTES) - known == set(), "these routes are no more"


def test_every_page_states_what_it_needs() -> None:
    routes = [*pages.router.routes, *admin_pages.router.routes, *line_pages.router.routes, *rules_pages.router.routes]
    routes += [*oidc_pages.router.routes, *detection_pages.router.routes]
    paths = [route.path for route in routes if isinstance(route, APIRoute)]
    assert {path if path in PAGES else path.rpartition("/")[0] for path in paths} == set(PAGES)


async def test_nothing_is_open_to_strangers_and_tokens_that_are_not_good(world: World) -> None:
    async with world.http() as http:
        bad = [{}, *[bearer(token) for token in ("nonsense", await _revoked(world), await _expired(world))]]
        bad.append({"Cookie": f"{COOKIE}=nonsense", "Origin": world.url})
        for operation, method, path in await operations(http):
            for headers in bad:
                answer = await http.request(method, placed(path, world), headers=headers)
                if needed(operation) is not Permission.OPEN:
                    assert answer.status_code == 401, (operation, headers, answer.text)
                    assert answer.json()["code"] == "not_signed_in"
                    assert not THE_BANKS.search(answer.text)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _revoked(world: World) -> str:
    client = await world.administrator()
    token = client.token
    assert token is not None
    await client.sign_out()
    return token


async def _expired(world: World) -> str:
    user = await world.store.users.by_login("ana")
    assert user is not None
    return await new_api_token(world.store, user, "old", scopes=frozenset(Permission), now=0.0, expires_at=1.0)


@pytest.mark.parametrize("who", sorted(Who))
async def test_each_role_reaches_what_it_may_and_nothing_else(world: World, who: Who) -> None:
    async with world.http() as http:
        await signed(world, http, LOGINS[who])
        for operation, method, path in sorted(await operations(http), key=lambda one: one[0] == "signOut"):
            need = needed(operation)
            if need is Permission.OPEN:
                continue
            answer = await http.request(method, placed(path, world, 99))
            assert answer.status_code < 500, (operation, answer.text)
            if need not in ROLES[who]:
                assert answer.status_code == 403, (operation, answer.status_code, answer.text)
            elif answer.status_code == 403:
                assert operation == "getLead", (operation, answer.text)


@pytest.mark.parametrize("login", sorted(f"rival_{LOGINS[who]}" for who in Who if who is not Who.AGENT))
async def test_another_clients_users_see_nothing_of_the_banks_and_change_nothing(world: World, login: str) -> None:
    call = await _a_call(world)
    before = await _state(world)
    async with world.http() as http:
        await signed(world, http, login)
        for operation, method, path in sorted(await operations(http), key=lambda one: one[0] == "signOut"):
            if needed(operation) in {Permission.OPEN, Permission.FLOOR_RUN} or operation == "signOut":
                continue
            query: dict[str, Any] = {"since": 0, "until": 1_000_000} if "decisions" in path else {}
            if operation == "dayReport":
                query = {"since": 0, "until": 1_000_000, "campaign": world.campaign}
            body = BODIES.get(operation, {}) if method != "GET" else None
            answer = await http.request(method, placed(path, world, call), params=query, json=body)
            assert not THE_BANKS.search(answer.text), (operation, answer.text[:300])
            if re.search(r"{(campaign|lead|call|agent)}", path):
                assert answer.status_code in {403, 404, 422}, (operation, answer.status_code, answer.text)
    assert await _state(world) == before


# Enough of a body to come past the reading of it.
BODIES: dict[str, dict[str, Any]] = {
    "changeCampaign": {"lines_max": 1},
    "addChange": {"lines_max": 1},
    "tellAccounts": {"client": 1, "events": [{"account": "ACC-1", "kind": "paid"}]},
    "addRestriction": {"lead": 1, "kind": "lawsuit"},
    "defineDoNotCallList": {"campaign": 1},
    "readMessage": {"number": "+525512340001", "text": "STOP"},
    "addDoNotCall": {"list_name": "house", "numbers": ["+525512340001"]},
    "removeDoNotCall": {"number": "+525512340001"},
    "checkDoNotCall": {"numbers": ["+525512340001"], "campaign": 1},
    "addAgent": {"name": "X", "login": "x", "campaigns": [1]},
    "addCampaign": {"name": "X", "client": 1, "mode": "manual"},
    "changeUser": {"name": "X"},
}


async def _a_call(world: World) -> CallId:
    agent = await world.agent_at_work(1)
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    await world.runtime.flush()
    return (await world.store.calls.page()).items[0].record.id


async def _state(world: World) -> tuple[object, ...]:
    """All that another client's user could have changed."""
    return (
        await world.store.campaigns.list(),
        [replace(one, password_hash="") for one in await world.store.users.list()],
        await world.store.agents.list(),
        await world.store.do_not_call.lists(),
        await world.store.restrictions.of_lead(world.leads[0]),
        [(one.account, one.phones) if (one := await world.store.leads.view(lead)) else None for lead in world.leads],
    )


async def test_an_agent_sees_a_lead_while_it_is_theirs_and_no_other(world: World) -> None:
    mine, other = await world.agent_at_work(1), await world.agent_at_work(2)
    await mine.dial(world.campaign, lead=world.leads[0])
    await world.desk(mine, "talking")
    async with world.http(below="/api/v1") as http:
        http.headers["Authorization"] = f"Bearer {mine.token}"
        assert (await http.get(f"/leads/{world.leads[0]}")).status_code == 200
        assert (await http.get(f"/leads/{world.leads[1]}")).status_code == 403
        http.headers["Authorization"] = f"Bearer {other.token}"
        assert (await http.get(f"/leads/{world.leads[0]}")).status_code == 403


@pytest.mark.parametrize(("login", "whole"), [("sofia", True), ("quique", False), ("bank", False), ("aura", False)])
async def test_numbers_are_whole_for_those_alone_who_may_read_them(world: World, login: str, whole: bool) -> None:
    call = await _a_call(world)
    client = await world.signed_in(login)
    [item] = (await client.calls())["items"]
    one = await client.request("GET", f"/calls/{call}")
    assert isinstance(one, dict)
    for number in (item["number"], one["number"]):
        assert number.endswith("001")
        assert number.startswith("+52551234" if whole else "•••")


async def test_a_tokens_reach_is_its_scopes_and_its_owners_rights(world: World) -> None:
    sofia = await world.supervisor()
    made = await sofia.request("POST", "/tokens", {"name": "crm", "scopes": ["campaigns.read"]})
    assert isinstance(made, dict)
    program = world.client(made["token"])
    assert len(await program.campaigns()) == 1
    async with world.http(below="/api/v1") as http:
        http.headers.update(bearer(made["token"]))
        assert (await http.get("/calls")).status_code == 403
        assert (await http.post("/tokens", json={"name": "x", "scopes": ["calls.read"]})).status_code == 403
        kept = await world.store.tokens.get(digest(made["token"]), 0.0)
        assert kept is not None
        assert made["token"] not in repr(kept)
        assert (await http.post(f"/campaigns/{world.campaign}/start")).status_code == 403
        await sofia.request("DELETE", f"/sessions/{made['id']}")
        assert (await http.get("/campaigns")).status_code == 401


async def test_nobody_gives_a_token_more_than_they_have(world: World) -> None:
    async with world.http(below="/api/v1") as http:
        quique = await world.signed_in("quique")
        http.headers.update(bearer(quique.token or ""))
        answer = await http.post("/tokens", json={"name": "x", "scopes": ["users.write"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_rights")


async def test_pins_open_the_desk_alone(world: World) -> None:
    client = world.client()
    session = await client.sign_in_agent("1001", PIN)
    assert session["permissions"] == ["desk", "numbers.read"]
