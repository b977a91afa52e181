"""Signing in through the house's own accounts, at a real provider on loopback; and everybody who must not come in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialer.errors import ConfigError
from dialer.store import Role
from dialer.web.access import COOKIE
from dialer.web.oidc_pages import STATE_COOKIE
from dialer.web.oidc_settings import OidcRole, OidcSettings
from dialer.web.settings import WebSettings
from simulation.demo.switches import free_ports
from tests.web.provider import CLIENT_ID, SECRET, Provider, provider
from tests.web.world import NOW, World
from tests.web.world import world as new_world

ROLES = (
    OidcRole(value="floor", role="supervisor"),
    OidcRole(value="bank", role="client", client="Bank"),
    OidcRole(value="books", role="auditor"),
    OidcRole(value="phones", role="agent"),
)
LUISA = {"sub": "u-77", "preferred_username": "luisa", "name": "Luisa P.", "groups": ["staff", "floor"]}
House = tuple[World, Provider]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    [port] = free_ports(1)
    public = f"http://127.0.0.1:{port}"
    async with provider(f"{public}/sign-in/back", NOW) as given:
        oidc = OidcSettings(
            issuer=given.url, client_id=CLIENT_ID, client_secret=SECRET, public_url=public, label="House", roles=ROLES
        )
        async with new_world(tmp_path, settings=WebSettings(port=port, oidc=oidc)) as world:
            yield world, given


@asynccontextmanager
async def signing_in(
    world: World, who: Provider, claims: dict[str, Any], **lies: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A browser that pressed the button and went wherever it was sent; and where it ended."""
    who.who, who.lies = claims, lies
    async with httpx.AsyncClient(base_url=world.url, follow_redirects=True, trust_env=False, timeout=60) as browser:
        answer = await browser.get("/sign-in/elsewhere", headers={"Accept-Language": "en"})
        yield browser, answer.url.raw_path.decode()


async def end_of(world: World, who: Provider, claims: dict[str, Any], **lies: Any) -> str:
    """Where such a browser ends. Who is told a fault has no session."""
    async with signing_in(world, who, claims, **lies) as (browser, where):
        assert (COOKIE in browser.cookies) is (where in {"/", "/desk"})
        return where


async def test_the_claim_gives_the_role_and_who_is_renamed_there_is_the_same_user_here(house: House) -> None:
    world, who = house
    async with signing_in(world, who, LUISA) as (browser, where):
        me = (await browser.get("/api/v1/session")).json()
        assert (where, me["who"], me["name"]) == ("/", "supervisor", "Luisa P.")
        assert STATE_COOKIE not in browser.cookies
    made = await world.store.users.by_login("luisa")
    assert made is not None
    assert (made.password_hash, made.subject) == ("", f"{who.url} u-77")
    moved = LUISA | {"preferred_username": "luisa.p", "name": "Luisa Paz", "groups": "bank"}
    async with signing_in(world, who, moved) as (browser, where):
        me = (await browser.get("/api/v1/session")).json()
        assert (where, me["who"], me["name"]) == ("/", "client", "Luisa Paz")
    users = [one for one in await world.store.users.list() if one.subject]
    assert [(one.id, one.role, one.client) for one in users] == [(made.id, Role.CLIENT, 1)]


async def test_who_has_no_role_is_disabled_or_takes_a_local_name_stays_outside(house: House) -> None:
    world, who = house
    for login in ("ana", "agent1"):  # a local account is its owner's, whatever name the provider tells
        assert await end_of(world, who, LUISA | {"preferred_username": login}) == "/sign-in?elsewhere=taken"
    assert (await (await world.administrator()).who_am_i())["who"] == "administrator"  # for emergencies
    assert await end_of(world, who, LUISA | {"groups": ["staff"]}) == "/sign-in?elsewhere=nobody"
    assert await end_of(world, who, LUISA) == "/"
    luisa = await world.store.users.by_login("luisa")
    assert luisa is not None
    await world.store.users.save(replace(luisa, active=False))
    told = [(one.action, one.by_whom) for one in await world.store.audit.page(limit=2)]
    assert told == [("user.add", luisa.name), ("session.open", luisa.name)]
    assert await end_of(world, who, LUISA) == "/sign-in?elsewhere=nobody"


async def test_a_token_that_is_not_for_this_very_sign_in_lets_nobody_in(house: House) -> None:
    world, who = house
    wrong: tuple[dict[str, Any], ...] = (
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"aud": ["cadencia", "another"], "azp": "another"},
        {"nonce": "of another sign-in"},
        {"exp": int(NOW) - 3600},
        {"sub": None},
    )
    for lies in wrong:
        assert await end_of(world, who, LUISA, **lies) == "/sign-in?elsewhere=refused", lies
    who.foreign_key = True
    assert await end_of(world, who, LUISA) == "/sign-in?elsewhere=refused"
    who.foreign_key = False
    assert await end_of(world, who, LUISA, aud=["cadencia", "another"], azp="cadencia") == "/"
    who.key = Provider(url="", back="", now=0).key  # the provider changed its keys: it is asked for them once more
    assert await end_of(world, who, LUISA) == "/"


async def test_an_answer_is_good_once_in_the_browser_that_began_and_faults_are_said(house: House) -> None:
    world, who = house
    who.who = LUISA
    async with world.http(accept_language="en") as victim, world.http() as thief:
        assert "Sign in with House" in (await victim.get("/sign-in")).text
        there = (await victim.get("/sign-in/elsewhere")).headers["location"]
        async with httpx.AsyncClient(trust_env=False, timeout=60) as provider_side:
            back = (await provider_side.get(there)).headers["location"].removeprefix(world.url)
        assert (await thief.get(back)).headers["location"] == "/sign-in?elsewhere=again"
        assert (await victim.get(back)).headers["location"] == "/"
        victim.cookies.set(STATE_COOKIE, httpx.URL(back).params["state"])
        assert (await victim.get(back)).headers["location"] == "/sign-in?elsewhere=again"
        assert world.app.state.console.oidc is not None
        world.app.state.console.oidc._known = None
        who.url = "http://127.0.0.1:1"  # it says that it is somebody else from now on
        away = (await victim.get("/sign-in/elsewhere")).headers["location"]
        assert away == "/sign-in?elsewhere=away"
        assert "does not answer" in (await victim.get(away)).text


PACO = {"sub": "u-88", "preferred_username": "paco", "name": "Paco R.", "groups": ["phones"]}


async def test_an_agent_comes_to_the_desk_by_the_provider_and_is_the_same_agent_ever_after(house: House) -> None:
    world, who = house
    async with signing_in(world, who, PACO) as (browser, where):
        me = (await browser.get("/api/v1/session")).json()
        assert (where, me["who"], me["name"]) == ("/desk", "agent", "Paco R.")
        assert (await browser.get("/desk")).status_code == 200
    made = await world.store.agents.by_login("paco")
    assert made is not None
    assert (made.subject, made.elsewhere, made.agent.campaigns) == (f"{who.url} u-88", True, ())
    ana = await world.administrator()
    await ana.change_agent(made.agent.id, campaigns=[world.campaign], endpoint="PJSIP/desk9", code="1009")
    moved = PACO | {"preferred_username": "francisco", "name": "Francisco R."}
    async with signing_in(world, who, moved) as (browser, where):
        me = (await browser.get("/api/v1/session")).json()
        assert (where, me["agent"], me["name"]) == ("/desk", made.agent.id, "Francisco R.")
        await world.client(browser.cookies[COOKIE]).desk_sign_in()
    agent = next(one for one in world.runtime.view().agents if one.id == made.agent.id)
    assert (agent.name, agent.campaigns) == ("Francisco R.", (world.campaign,))
    told = [(one.action, one.by_whom) for one in await world.store.audit.page(text="agent.", limit=3)]
    assert told == [("agent.change", "Francisco R."), ("agent.change", "Ana"), ("agent.add", "Paco R.")]


async def test_an_agent_that_is_there_is_taken_over_only_where_the_house_says_so_and_once(house: House) -> None:
    world, who = house
    one = PACO | {"preferred_username": "agent1"}
    assert await end_of(world, who, one) == "/sign-in?elsewhere=taken"
    ana = await world.administrator()
    await ana.change_agent(world.agents[0], elsewhere=True)
    assert await end_of(world, who, one) == "/desk"
    kept = await world.store.agents.get(world.agents[0])
    assert kept is not None
    assert (kept.subject, kept.agent.campaigns, kept.agent.endpoint) == (
        f"{who.url} u-88", (world.campaign,), "PJSIP/desk1",
    )  # fmt: skip
    assert (await (await world.agent(1)).who_am_i())["agent"] == world.agents[0]  # code and PIN go on to work
    assert await end_of(world, who, one | {"sub": "u-99"}) == "/sign-in?elsewhere=taken"
    assert await end_of(world, who, PACO | {"sub": "u-99", "preferred_username": "ana"}) == "/sign-in?elsewhere=taken"
    async with signing_in(world, who, one) as (browser, _):
        await ana.change_agent(world.agents[0], elsewhere=False)
        assert (await browser.get("/api/v1/session")).status_code == 401
    assert await end_of(world, who, one) == "/sign-in?elsewhere=taken"
    await ana.change_agent(world.agents[0], elsewhere=True, active=False)
    assert await end_of(world, who, one) == "/sign-in?elsewhere=nobody"


async def test_who_is_given_another_kind_of_role_keeps_nothing_open_in_the_old_one(house: House) -> None:
    world, who = house
    async with signing_in(world, who, PACO) as (old, _), signing_in(world, who, PACO | {"groups": "floor"}) as (new, _):
        assert (await old.get("/api/v1/session")).status_code == 401
        assert (await new.get("/api/v1/session")).json()["who"] == "supervisor"
        async with signing_in(world, who, PACO) as (again, where):
            assert (where, (await again.get("/api/v1/session")).json()["who"]) == ("/desk", "agent")
            assert (await new.get("/api/v1/session")).status_code == 401


GOOD: dict[str, Any] = {"issuer": "https://login.example", "client_id": "c", "public_url": "https://d.example"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"issuer": "http://login.example"}, "https"),
        ({"public_url": ""}, "public_url"),
        ({"client_id": ""}, "client_id"),
        ({"roles": ()}, "at least one"),
        ({"roles": (OidcRole(value="x", role="boss"),)}, "there are"),
        ({"roles": (OidcRole(value="x", role="client"),)}, "client"),
        ({"roles": (OidcRole(value="x", role="supervisor", client="Bank"),)}, "client"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_the_mend(given: dict[str, Any], said: str) -> None:
    OidcSettings(**GOOD, roles=ROLES)
    with pytest.raises(ConfigError, match=said):
        OidcSettings(**(GOOD | {"roles": ROLES} | given))
