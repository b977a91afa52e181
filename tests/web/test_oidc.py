"""Signing in through the house's own accounts, at a real provider on loopback; and everybody who must not come in."""

from collections.abc import AsyncIterator
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


async def sign_in(world: World, who: Provider, claims: dict[str, Any], **lies: Any) -> tuple[httpx.AsyncClient, str]:
    """A browser that pressed the button and went wherever it was sent; and where it ended."""
    who.who, who.lies = claims, lies
    browser = httpx.AsyncClient(base_url=world.url, follow_redirects=True, trust_env=False, timeout=60)
    answer = await browser.get("/sign-in/elsewhere", headers={"Accept-Language": "en"})
    return browser, answer.url.raw_path.decode()


async def test_the_claim_gives_the_role_and_the_provider_the_name(house: House) -> None:
    world, who = house
    browser, where = await sign_in(world, who, LUISA)
    async with browser:
        me = (await browser.get("/api/v1/session")).json()
        assert (where, me["who"], me["name"]) == ("/", "supervisor", "Luisa P.")
        assert STATE_COOKIE not in browser.cookies
    made = await world.store.users.by_login("luisa")
    assert made is not None
    assert (made.password_hash, made.subject) == ("", f"{who.url} u-77")


async def test_whoever_is_moved_or_renamed_there_is_the_same_user_here(house: House) -> None:
    world, who = house
    first, _ = await sign_in(world, who, LUISA)
    moved = LUISA | {"preferred_username": "luisa.p", "name": "Luisa Paz", "groups": "bank"}
    second, where = await sign_in(world, who, moved)
    async with first, second:
        me = (await second.get("/api/v1/session")).json()
    assert (where, me["who"], me["name"]) == ("/", "client", "Luisa Paz")
    users = [one for one in await world.store.users.list() if one.subject]
    assert [(one.role, one.client) for one in users] == [(Role.CLIENT, 1)]


async def test_a_local_account_is_nobody_elses_whatever_name_the_provider_tells(house: House) -> None:
    world, who = house
    for login in ("ana", "agent1"):
        browser, where = await sign_in(world, who, LUISA | {"preferred_username": login})
        async with browser:
            assert where == "/sign-in?elsewhere=taken"
            assert COOKIE not in browser.cookies
    assert (await (await world.administrator()).who_am_i())["who"] == "administrator"  # for emergencies


async def test_who_is_disabled_here_or_has_no_role_stays_outside(house: House) -> None:
    world, who = house
    browser, where = await sign_in(world, who, LUISA | {"groups": ["staff"]})
    async with browser:
        assert where == "/sign-in?elsewhere=nobody"
    (await sign_in(world, who, LUISA))[0]
    luisa = await world.store.users.by_login("luisa")
    assert luisa is not None
    await world.store.users.save(replace(luisa, active=False))
    browser, where = await sign_in(world, who, LUISA)
    async with browser:
        assert where == "/sign-in?elsewhere=nobody"
        assert "has no role here" in (await browser.get(where, headers={"Accept-Language": "en"})).text


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"aud": ["cadencia", "another"], "azp": "another"},
        {"nonce": "of another sign-in"},
        {"exp": int(NOW) - 3600},
        {"sub": None},
    ],
    ids=lambda lies: next(iter(lies)),
)
async def test_a_token_that_is_not_for_this_very_sign_in_lets_nobody_in(house: House, lies: dict[str, Any]) -> None:
    world, who = house
    browser, where = await sign_in(world, who, LUISA, **lies)
    async with browser:
        assert where == "/sign-in?elsewhere=refused"
        assert COOKIE not in browser.cookies


async def test_a_token_that_somebody_else_signed_lets_nobody_in(house: House) -> None:
    world, who = house
    who.foreign_key = True
    browser, where = await sign_in(world, who, LUISA)
    async with browser:
        assert where == "/sign-in?elsewhere=refused"


async def test_a_provider_that_changed_its_keys_is_believed_again(house: House) -> None:
    world, who = house
    first, _ = await sign_in(world, who, LUISA)
    who.key = Provider(url="", back="", now=0).key
    second, where = await sign_in(world, who, LUISA)
    async with first, second:
        assert where == "/"


async def test_an_answer_is_good_once_and_only_in_the_browser_that_began(house: House) -> None:
    world, who = house
    who.who = LUISA
    async with world.http() as victim, world.http() as thief:
        there = (await victim.get("/sign-in/elsewhere")).headers["location"]
        async with httpx.AsyncClient(trust_env=False, timeout=60) as provider_side:
            back = (await provider_side.get(there)).headers["location"].removeprefix(world.url)
        assert (await thief.get(back)).headers["location"] == "/sign-in?elsewhere=again"
        assert (await victim.get(back)).headers["location"] == "/"
        victim.cookies.set(STATE_COOKIE, httpx.URL(back).params["state"])
        assert (await victim.get(back)).headers["location"] == "/sign-in?elsewhere=again"


async def test_the_page_offers_it_and_says_when_the_provider_is_away(house: House) -> None:
    world, who = house
    async with world.http(accept_language="en") as http:
        assert "Sign in with House" in (await http.get("/sign-in")).text
        who.url = "http://127.0.0.1:1"  # tells another issuer from now on
        answer = await http.get("/sign-in/elsewhere")
        assert answer.headers["location"] == "/sign-in?elsewhere=away"
        assert "does not answer" in (await http.get(answer.headers["location"])).text


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
