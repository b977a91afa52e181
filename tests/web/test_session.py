"""Who gets in, for how long, and how guessing is slowed down."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dialer.web.access import COOKIE
from dialer.web.client import ApiError
from dialer.web.sessions import digest
from dialer.web.settings import WebSettings
from tests.web.world import ADMIN_TOKEN, PASSWORD, PIN, World
from tests.web.world import world as new_world


@pytest.mark.parametrize(
    ("login", "who"),
    [("ana", "administrator"), ("sofia", "supervisor"), ("quique", "analyst"), ("bank", "client"), ("agent1", "agent")],
)
async def test_everybody_signs_in_by_login_and_password(world: World, login: str, who: str) -> None:
    client = world.client()
    session = await client.sign_in(login, PASSWORD)
    assert session["who"] == who
    assert (await client.who_am_i())["who"] == who


async def test_an_agent_signs_in_by_code_and_pin(world: World) -> None:
    session = await world.client().sign_in_agent("1001", PIN)
    assert (session["who"], session["agent"]) == ("agent", world.agents[0])


@pytest.mark.parametrize("login", ["sofia", "nobody"])
async def test_a_wrong_password_and_an_unknown_name_look_the_same(world: World, login: str) -> None:
    with pytest.raises(ApiError) as refused:
        await world.client().sign_in(login, "guess")
    said = (401, "sign_in_failed", "The name or the secret is wrong")
    assert (refused.value.status, refused.value.code, refused.value.detail) == said


async def test_an_agent_without_a_password_has_no_empty_one(world: World) -> None:
    login = await world.store.agents.get(world.agents[0])
    assert login is not None
    await world.store.agents.save(replace(login, password_hash=""))
    for password in ("", "guess"):
        answer = await _post(world, {"login": "agent1", "password": password})
        assert answer.status_code == 401


async def test_who_was_made_inactive_is_out_and_stays_out(tmp_path: Path) -> None:
    async with new_world(tmp_path) as world:
        sofia = await world.store.users.by_login("sofia")
        assert sofia is not None
        await world.store.users.save(replace(sofia, active=False))
        with pytest.raises(ApiError, match="sign_in_failed"):
            await world.client().sign_in("sofia", PASSWORD)


async def test_guesses_are_slowed_down_and_a_right_guess_too(world: World) -> None:
    codes = [await _code_of_guess(world) for _ in range(6)]
    assert codes == ["sign_in_failed"] * 5 + ["too_many_tries"]
    answer = await _post(world, {"code": "1001", "pin": PIN})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    await world.client().sign_in("sofia", PASSWORD)  # others are not held up


async def test_many_guesses_at_once_gain_nothing(world: World) -> None:
    codes = await asyncio.gather(*(_code_of_guess(world) for _ in range(20)))
    assert codes.count("sign_in_failed") <= 5


async def test_a_token_is_kept_as_a_digest_alone(world: World) -> None:
    client = await world.supervisor()
    assert client.token is not None
    kept = await world.store.tokens.list()
    assert [row.digest for row in kept] == [digest(client.token)]
    assert client.token not in repr(kept)


async def test_signing_out_ends_the_session(world: World) -> None:
    client = await world.supervisor()
    token = client.token
    await client.sign_out()
    with pytest.raises(ApiError, match="not_signed_in"):
        await world.client(token).who_am_i()


async def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, session_hours=1e-6)) as world:
        client = await world.supervisor()
        with pytest.raises(ApiError, match="not_signed_in"):
            await client.who_am_i()


async def test_the_local_administrator_has_the_token_of_the_file(world: World) -> None:
    session = await world.client(ADMIN_TOKEN).who_am_i()
    assert (session["who"], session["expires_at"]) == ("administrator", None)
    with pytest.raises(ApiError, match="not_signed_in"):
        await world.client(ADMIN_TOKEN + "x").who_am_i()


async def test_the_cookie_is_for_our_pages_alone(world: World) -> None:
    answer = await _post(world, {"login": "sofia", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))


async def test_behind_tls_the_cookie_goes_over_tls_alone(tmp_path: Path) -> None:
    async with new_world(tmp_path, settings=WebSettings(port=0, behind_tls=True)) as world:
        answer = await _post(world, {"login": "sofia", "password": PASSWORD})
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "body",
    [{}, {"login": "ana"}, {"login": "ana", "password": PASSWORD, "code": "1001"}, {"login": 1, "password": "x"}, []],
)
async def test_a_half_sign_in_is_not_one(world: World, body: object) -> None:
    answer = await _post(world, body)
    assert answer.status_code in (401, 422)


async def _code_of_guess(world: World) -> str:
    answer = await _post(world, {"code": "1001", "pin": "0000"})
    return str(answer.json()["code"])


async def _post(world: World, body: object) -> httpx.Response:
    async with world.http() as http:
        return await http.post("/api/v1/session", json=body)


async def test_signing_in_anew_ends_what_the_browser_had_until_then(world: World) -> None:
    """Its cookie is written over: whoever stole the former one would have it until it ran out by itself."""
    async with world.http(below="/api/v1", origin=world.url) as http:
        former = (await http.post("/session", json={"login": "sofia", "password": PASSWORD})).json()["token"]
        assert (await http.post("/session", json={"login": "sofia", "password": "a guess"})).status_code == 401
        assert (await http.get("/session")).status_code == 200
        await http.post("/session", json={"login": "ana", "password": PASSWORD})
        assert (await http.get("/session")).json()["name"] == "Ana"
        http.cookies.clear()
        assert (await http.get("/session", headers={"Authorization": f"Bearer {former}"})).status_code == 401
