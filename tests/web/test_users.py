"""Users, their sessions, tokens and one-time codes."""

from dataclasses import replace

import pyotp
import pytest

from dialer.store import Role
from dialer.web.client import ApiError, Json
from dialer.web.permissions import ROLES, Permission
from dialer.web.sessions import digest
from tests.web.world import PASSWORD, World


async def add(world: World, **fields: object) -> Json:
    ana = await world.administrator()
    made = await ana.request(
        "POST", "/users", {"login": "eva", "name": "Eva", "role": "supervisor", "password": PASSWORD, **fields}
    )
    assert isinstance(made, dict)
    return made


async def test_a_new_user_signs_in_and_sees_what_the_limits_leave(world: World) -> None:
    made = await add(world, campaigns=[world.campaign])
    assert (made["campaigns"], made["second_factor"], made["active"]) == ([world.campaign], False, True)
    eva = await world.signed_in("eva")
    assert [one["id"] for one in await eva.campaigns()] == [world.campaign]
    assert "password" not in str(made).lower()


async def test_granted_beside_the_role(world: World) -> None:
    made = await add(world, role="analyst", grants=["exports", "numbers.read"])
    session = await (await world.signed_in("eva")).who_am_i()
    assert made["grants"] == ["exports", "numbers.read"]
    assert {"exports", "numbers.read", "recordings.read"} <= set(session["permissions"])
    assert "users.write" not in session["permissions"]


async def test_who_is_made_inactive_is_out_at_once(world: World) -> None:
    made = await add(world)
    eva, ana = await world.signed_in("eva"), await world.administrator()
    await eva.campaigns()
    await ana.request("PATCH", f"/users/{made['id']}", {"active": False})
    with pytest.raises(ApiError, match="not_signed_in"):
        await eva.campaigns()


async def test_the_last_administrator_stays_one(world: World) -> None:
    ana = await world.administrator()
    users = await ana.request("GET", "/users")
    assert isinstance(users, list)
    admins = [one for one in users if one["role"] == "administrator"]
    for one in admins[1:]:
        await ana.request("PATCH", f"/users/{one['id']}", {"role": "analyst"})
    with pytest.raises(ApiError, match="last administrator"):
        await ana.request("PATCH", f"/users/{admins[0]['id']}", {"active": False})


async def test_a_one_time_code_is_asked_for_and_good_once(world: World) -> None:
    sofia = await world.supervisor()
    made = await sofia.request("POST", "/session/totp")
    assert isinstance(made, dict)
    code = pyotp.TOTP(made["secret"]).at(int(world.runtime.view().at))
    with pytest.raises(ApiError, match="code is not of this secret"):
        await sofia.request("PUT", "/session/totp", {"secret": made["secret"], "code": "000000"})
    await sofia.request("PUT", "/session/totp", {"secret": made["secret"], "code": code})
    with pytest.raises(ApiError, match="totp_needed"):
        await world.signed_in("sofia")
    with pytest.raises(ApiError, match="sign_in_failed"):  # the code that confirmed is used up
        await _sign_in(world, code)
    user = await world.store.users.by_login("sofia")
    assert user is not None
    await world.store.users.save(replace(user, totp_step=0))
    fresh = pyotp.TOTP(made["secret"]).at(int(world.runtime.view().at))
    await _sign_in(world, fresh)
    with pytest.raises(ApiError, match="sign_in_failed"):
        await _sign_in(world, fresh)


async def _sign_in(world: World, code: str) -> object:
    return await world.client().request("POST", "/session", {"login": "sofia", "password": PASSWORD, "totp": code})


async def test_sessions_are_listed_and_revoked(world: World) -> None:
    here, there = await world.supervisor(), await world.supervisor()
    mine = await here.request("GET", "/sessions")
    assert isinstance(mine, list)
    assert len(mine) == 2
    assert all(one["address"] == "127.0.0.1" for one in mine)
    other = next(one for one in mine if one["id"] != _id(here.token))
    await here.request("DELETE", f"/sessions/{other['id']}")
    with pytest.raises(ApiError, match="not_signed_in"):
        await there.campaigns()
    quique = await world.signed_in("quique")
    with pytest.raises(ApiError, match="not_found"):
        await quique.request("DELETE", f"/sessions/{mine[0]['id']}")


def _id(token: str | None) -> str:
    assert token is not None
    return digest(token)[:16]


async def test_a_new_password_ends_what_else_is_open(world: World) -> None:
    here, there = await world.supervisor(), await world.supervisor()
    with pytest.raises(ApiError, match="present password"):
        await here.request("PUT", "/session/password", {"present": "guess", "password": "another long one"})
    await here.request("PUT", "/session/password", {"present": PASSWORD, "password": "another long one"})
    await here.campaigns()
    with pytest.raises(ApiError, match="not_signed_in"):
        await there.campaigns()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"role": "client"}, "invalid"),
        ({"client": 99}, "not_found"),
        ({"campaigns": [99]}, "not_found"),
        ({"grants": ["desk"]}, "invalid"),
        ({"password": "short"}, "invalid"),
        ({"login": "sofia"}, "exists"),
        ({"login": "agent1"}, "exists"),
    ],
)
async def test_users_that_cannot_be(world: World, fields: Json, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        await add(world, **fields)
    assert refused.value.code == code


async def test_the_trail_tells_before_and_after_and_is_searched(world: World) -> None:
    made = await add(world)
    ana = await world.administrator()
    await ana.request("PATCH", f"/users/{made['id']}", {"name": "Eva M.", "password": "yet another long one"})
    page = await ana.request("GET", "/audit", None, {"text": "user.change"})
    assert isinstance(page, dict)
    [entry] = page["items"]
    assert (entry["by"], entry["action"]) == ("Ana", "user.change")
    assert entry["detail"] == {"user": made["id"], "before": {"name": "Eva"}, "after": {"name": "Eva M."}}
    none = await ana.request("GET", "/audit", None, {"text": "%"})
    assert isinstance(none, dict)
    assert none["items"] == []


async def test_a_client_without_a_client_is_not_let_in(world: World) -> None:
    user = await world.store.users.by_login("bank")
    assert user is not None
    assert user.role is Role.CLIENT
    await world.store.users.save(replace(user, client=None))
    with pytest.raises(ApiError, match="sign_in_failed"):
        await world.signed_in("bank")


def test_every_permission_is_somebodys() -> None:
    assert set(Permission) == set().union(*ROLES.values())
