"""Users, their sessions, tokens and one-time codes."""

import asyncio
from dataclasses import replace

import pyotp
import pytest

from dialer.store import Role
from dialer.web.client import ApiError, Json
from dialer.web.permissions import ROLES, Permission
from dialer.web.problems import ProblemError
from dialer.web.sessions import digest
from dialer.web.signing_in import Doorkeeper
from tests.web.world import HASHES, NOW, PASSWORD, PIN, World


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
    with pytest.raises(ApiError, match="last_administrator"):
        await ana.request("PATCH", f"/users/{admins[0]['id']}", {"active": False})


async def test_a_one_time_code_is_asked_for_and_good_once(world: World) -> None:
    sofia = await world.supervisor()
    made = await sofia.request("POST", "/session/totp")
    assert isinstance(made, dict)
    assert made["picture"].startswith("<svg")
    code = pyotp.TOTP(made["secret"]).at(int(world.runtime.view().at))
    with pytest.raises(ApiError, match="wrong_totp"):
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
    with pytest.raises(ApiError, match="wrong_password"):
        await here.request("PUT", "/session/password", {"present": "guess", "password": "another long one"})
    await here.request("PUT", "/session/password", {"present": PASSWORD, "password": "another long one"})
    await here.campaigns()
    with pytest.raises(ApiError, match="not_signed_in"):
        await there.campaigns()


async def test_two_changes_at_once_are_both_kept(world: World) -> None:
    """A new password takes its time; what is decided meanwhile, above all that somebody is out, must stand."""
    made, ana = await add(world), await world.administrator()
    user, agent = f"/users/{made['id']}", f"/agents/{world.agents[0]}"
    await asyncio.gather(
        ana.request("PATCH", user, {"password": "yet another long one"}),
        ana.request("PATCH", user, {"active": False}),
        ana.request("PATCH", agent, {"pin": "90210"}),
        ana.request("PATCH", agent, {"active": False}),
    )
    eva, one = await world.store.users.by_login("eva"), await world.store.agents.get(world.agents[0])
    assert eva is not None
    assert one is not None
    assert (eva.active, one.active) == (False, False)
    assert eva.password_hash != HASHES[PASSWORD]
    assert one.pin_hash != HASHES[PIN]


async def test_what_others_changed_meanwhile_is_not_written_back(world: World) -> None:
    """A command, another cell, or a one-time code that is used while somebody saves a name: it would be good again."""
    users = world.store.users
    seen = await users.by_login("sofia")
    assert seen is not None
    await users.save(replace(seen, active=False), was=seen)
    assert await users.use_totp(seen.id, 100)
    await users.save(replace(seen, name="Sofía"), was=seen)
    assert not await users.use_totp(seen.id, 100)
    assert await users.by_login("sofia") == replace(seen, name="Sofía", active=False, totp_step=100)


async def test_a_new_pin_ends_what_the_old_one_opened(world: World) -> None:
    agent, ana = await world.agent(), await world.administrator()
    await ana.request("PATCH", f"/agents/{world.agents[0]}", {"pin": "90210"})
    with pytest.raises(ApiError, match="not_signed_in"):
        await agent.who_am_i()


async def test_whose_user_it_is_nobody_learns_from_a_change_refused(world: World) -> None:
    made, ana = await add(world), await world.administrator()
    rival = await world.store.users.by_login("rival_ana")
    assert rival is not None
    theirs = await world.signed_in("rival_ana")
    assert ana is not theirs
    codes = set()
    for user in (made["id"], 9999):
        for method, path in (("PATCH", f"/users/{user}"), ("DELETE", f"/users/{user}/totp")):
            with pytest.raises(ApiError) as refused:
                await theirs.request(method, path, {"name": "X"} if method == "PATCH" else None)
            codes.add(refused.value.code)
    assert codes == {"not_found"}


async def test_guessers_elsewhere_do_not_lock_the_owner_out(world: World) -> None:
    """Whoever knows a name could else keep its owner out for good."""
    door = Doorkeeper(world.store, lambda: NOW)
    await door.by_login("sofia", PASSWORD, "10.0.0.1")
    refused = []
    for n in range(31):
        with pytest.raises(ProblemError) as problem:
            await door.by_login("sofia", "a guess", f"10.1.0.{n}")
        refused.append(problem.value.code)
    assert refused == ["sign_in_failed"] * 30 + ["too_many_tries"]
    assert await door.by_login("sofia", PASSWORD, "10.0.0.1")
    with pytest.raises(ProblemError, match="try again"):
        await door.by_login("sofia", PASSWORD, "10.0.0.2")


async def test_one_line_of_ipv6_is_one_guesser(world: World) -> None:
    door = Doorkeeper(world.store, lambda: NOW)
    codes = []
    for n in range(6):
        with pytest.raises(ProblemError) as problem:
            await door.by_login("sofia", "a guess", f"2001:db8:0:1::{n}")
        codes.append(problem.value.code)
    assert codes == ["sign_in_failed"] * 5 + ["too_many_tries"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"role": "client"}, "needs_client"),
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
    told = {"before": {"name": "Eva"}, "after": {"name": "Eva M."}, "secrets": ["password"]}
    assert entry["detail"] == {"user": made["id"], **told}
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
