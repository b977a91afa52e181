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
        assert (COOKIE in browser.cookies) is (where == "/")
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
