"""Users and what they have open: sessions, API tokens, one-time codes, passwords."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from dialer.core.ids import ClientId
from dialer.core.messages import MonitorEnded
from dialer.store import Role, Token, User
from dialer.web.access import Caller, TheConsole
from dialer.web.audit import note_change
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.matching import check_match, mark
from dialer.web.passwords import hash_secret
from dialer.web.permissions import ROLES, Permission, Who, permissions_of
from dialer.web.problems import ProblemError, RefusedError, responses
from dialer.web.sessions import Session, digest, new_api_token
from dialer.web.totp import address_of, matching_step, new_secret, picture_of
from dialer.web.user_bodies import (
    PasswordGiven,
    TokenGiven,
    TokenMade,
    TokenShown,
    TotpGiven,
    TotpMade,
    UserChange,
    UserGiven,
    UserShown,
    token_shown,
    user_shown,
)

router = APIRouter(tags=["users"], responses=responses(401, 403, 404))


async def _user(console: Console, user: int) -> User:
    found = await console.store.users.get(user)
    if found is None:
        raise ProblemError("not_found", "there is no such user")
    return found


async def _seen_user(console: Console, session: Session, user: int) -> User:
    """The user, where the person may know of her. Raises ProblemError(not_found)."""
    found = await _user(console, user)
    if session.client not in (None, found.client):
        raise ProblemError("not_found", "there is no such user")
    return found


async def _hashed(body: UserChange) -> str | None:
    """What is to be kept of the password given, None for none. Takes its time: no lock is held meanwhile."""
    given = "password" in body.model_fields_set
    return await asyncio.to_thread(hash_secret, body.password) if given else None


async def _changed(console: Console, user: User, body: UserChange, session: Session, password: str | None) -> User:
    """The user with what the body gives. Raises ProblemError for what does not go together or goes too far."""
    given: dict[str, object] = {}
    for name in body.model_fields_set - {"login", "password", "campaigns", "grants"}:
        given[name] = getattr(body, name)
    if password is not None:
        given["password_hash"] = password
    if "campaigns" in body.model_fields_set:
        given["campaigns"] = " ".join(str(one) for one in sorted(set(body.campaigns)))
    if "grants" in body.model_fields_set:
        given["grants"] = " ".join(sorted(set(body.grants)))
    made = replace(user, **given)  # type: ignore[arg-type]  # the body has the same fields
    if made.role is Role.CLIENT and made.client is None:
        raise ProblemError("needs_client")
    if made.client is not None and all(one.id != made.client for one in await console.store.clients.list()):
        raise ProblemError("not_found", "there is no such client")
    known = {
        one.id for one in await console.store.campaigns.list(client=ClientId(made.client) if made.client else None)
    }
    if not {int(one) for one in made.campaigns.split()} <= known:
        raise ProblemError("not_found", "one of the campaigns does not exist, or is another client's")
    _check_reach(made, session)
    return made


def _check_reach(made: User, session: Session) -> None:
    """Nobody gives what they do not have."""
    wanted = permissions_of(Who(made.role), frozenset(made.grants.split()))
    if not wanted <= session.permissions | ROLES[Who.AGENT]:
        raise ProblemError("beyond_own_rights")
    if session.limited and (made.client != session.client or session.campaigns is not None):
        raise ProblemError("beyond_own_rights")


@router.get("/users", operation_id="listUsers")
async def list_users(session: Caller, console: TheConsole) -> list[UserShown]:
    """All users, the inactive ones too; for who sees one client alone, those of that client."""
    known = await console.store.users.list()
    return [user_shown(one) for one in known if session.client in (None, one.client)]


@router.post("/users", status_code=201, operation_id="addUser", responses=responses(409))
async def add_user(body: UserGiven, session: Caller, console: TheConsole) -> UserShown:
    """A new user."""
    bare, password = User(login=body.login, name=body.name, role=body.role, password_hash=""), await _hashed(body)
    async with console.people:
        if await console.store.agents.by_login(body.login):
            raise ProblemError("exists", "an agent with that login")
        made = await console.store.users.save(await _changed(console, bare, body, session, password))
    await note_change(console, session, "user.add", {"user": made.id}, before=None, after=user_shown(made))
    return user_shown(made)


@router.get("/users/{user}", operation_id="getUser")
async def get_user(user: Id, session: Caller, console: TheConsole, response: Response) -> UserShown:
    """One user."""
    shown = user_shown(await _seen_user(console, session, user))
    mark(response, shown)
    return shown


@router.patch("/users/{user}", operation_id="changeUser", responses=responses(409, 412))
async def change_user(user: Id, body: UserChange, session: Caller, console: TheConsole, request: Request) -> UserShown:
    """Change a user; who loses rights, loses them at once. A new password ends what is open."""
    password = await _hashed(body)
    async with console.people:
        found = await _seen_user(console, session, user)
        check_match(request, user_shown(found))
        _check_reach(found, session)
        made = await _changed(console, found, body, session, password)
        await _check_not_last(console, found, made)
        made = await console.store.users.save(made, was=found)
        if not made.active or password is not None:
            await console.store.tokens.remove_of(user=user)
    console.sessions.forget()
    if body.model_fields_set - {"name"}:
        await _hear_no_more(console, user)
    which: dict[str, object] = {"user": user} | ({"secrets": ["password"]} if password is not None else {})
    await note_change(console, session, "user.change", which, before=user_shown(found), after=user_shown(made))
    return user_shown(made)


async def _hear_no_more(console: Console, user: int) -> None:
    """Rights that are gone end what is listened to by them; a call that was taken over goes on."""
    key = f"user {user}"
    if any(one.by == key and one.taken is None for one in console.floor.view().monitors):
        with suppress(RefusedError):  # over by itself meanwhile
            await console.ask(MonitorEnded(key))


async def _check_not_last(console: Console, found: User, made: User) -> None:
    """Raises ProblemError where nobody could administrate the house any more."""
    if found.role is not Role.ADMINISTRATOR or (made.role is Role.ADMINISTRATOR and made.active):
        return
    others = [one for one in await console.store.users.list() if one.role is Role.ADMINISTRATOR and one.active]
    if all(one.id == found.id for one in others):
        raise ProblemError("last_administrator")


@router.delete("/users/{user}/totp", status_code=204, operation_id="resetTotp")
async def reset_totp(user: Id, session: Caller, console: TheConsole) -> None:
    """Ask the user for no one-time code any more: the phone is lost."""
    async with console.people:
        found = await _seen_user(console, session, user)
        _check_reach(found, session)
        await console.store.users.save(replace(found, totp_secret=""), was=found)
    await console.note(session, "user.totp_reset", user=user)


# ---------------------------------------------------------------- what is open


def _mine(session: Session, token: Token) -> bool:
    if session.agent is not None:
        return token.agent == session.agent
    return session.user is not None and token.user == session.user


async def _seen(console: Console, session: Session) -> list[Token]:
    """The sessions and tokens that the person may see: the own ones, and with USERS_READ those of all."""
    every = await console.store.tokens.list()
    if session.may(Permission.USERS_READ) and not session.limited:
        return list(every)
    return [one for one in every if _mine(session, one)]


@router.get("/sessions", operation_id="listSessions")
async def list_sessions(session: Caller, console: TheConsole) -> list[TokenShown]:
    """Sessions and API tokens that are open: one's own, or everybody's for those who may read users."""
    return [token_shown(one) for one in await _seen(console, session)]


@router.delete("/sessions/{id}", status_code=204, operation_id="revokeSession")
async def revoke_session(id: str, session: Caller, console: TheConsole) -> None:  # noqa: A002 - the API's word
    """End a session or API token at once: one's own, or anybody's for those who may change users."""
    for one in await _seen(console, session):
        if one.digest[:16] == id and (_mine(session, one) or session.may(Permission.USERS_WRITE)):
            await console.sessions.end(one.digest)
            await console.note(session, "session.revoke", kind=one.kind, name=one.name)
            return
    raise ProblemError("not_found", "there is no such session")


@router.post("/tokens", status_code=201, operation_id="addToken", responses=responses(409))
async def add_token(body: TokenGiven, session: Caller, console: TheConsole) -> TokenMade:
    """A token for a program that works in one's name, within its scopes, until it expires."""
    _check_person(session)
    if session.user is None:
        raise ProblemError("refused", "only users have tokens: sign in as one")
    if not set(body.scopes) <= session.permissions:
        raise ProblemError("beyond_own_rights")
    user, now = await _user(console, session.user), console.now()
    expires_at = now + 86_400.0 * body.days
    token = await new_api_token(
        console.store, user, body.name, scopes=frozenset(body.scopes), now=now, expires_at=expires_at
    )
    await console.note(session, "token.add", name=body.name, scopes=sorted(body.scopes), days=body.days)
    return TokenMade(token=token, id=digest(token)[:16], expires_at=expires_at)


# ---------------------------------------------------------------- one's own secrets


def _check_person(session: Session) -> None:
    """A program's token that leaked must neither outlive itself nor lock its owner out."""
    if session.program:
        raise ProblemError("forbidden", "an API token touches no tokens, codes or passwords: sign in")


async def _self(console: Console, session: Session) -> User:
    _check_person(session)
    if session.user is None:
        raise ProblemError("refused", "only users have this: sign in as one")
    return await _user(console, session.user)


@router.post("/session/totp", operation_id="newTotp", responses=responses(409))
async def new_totp(session: Caller, console: TheConsole) -> TotpMade:
    """A new secret for one-time codes; nothing is changed until it is confirmed."""
    user, secret = await _self(console, session), new_secret()
    address = address_of(secret, user.login)
    return TotpMade(secret=secret, address=address, picture=picture_of(address))


@router.put("/session/totp", status_code=204, operation_id="confirmTotp", responses=responses(409))
async def confirm_totp(body: TotpGiven, session: Caller, console: TheConsole) -> None:
    """Ask for a one-time code from now on whenever this user signs in."""
    step = matching_step(body.secret, body.code, console.now())
    async with console.people:
        user = await _self(console, session)
        if step is None:
            raise ProblemError("wrong_totp")
        await console.store.users.save(replace(user, totp_secret=body.secret, totp_step=step), was=user)
    await console.note(session, "user.totp", user=user.id)


@router.put("/session/password", status_code=204, operation_id="changePassword", responses=responses(409, 429))
async def change_password(body: PasswordGiven, session: Caller, console: TheConsole, request: Request) -> None:
    """Change one's own password; everything else that one has open ends."""
    user = await _self(console, session)
    address = request.client.host if request.client else ""
    await console.doorkeeper.check_present(user, body.present, address)
    kept = await asyncio.to_thread(hash_secret, body.password)
    async with console.people:
        fresh = await _self(console, session)
        if fresh.password_hash != user.password_hash:
            raise ProblemError("wrong_password")  # somebody was quicker
        await console.store.users.save(replace(fresh, password_hash=kept), was=fresh)
    for one in await console.store.tokens.of(user=user.id):
        if one.digest != session.id:
            await console.sessions.end(one.digest)
    await console.note(session, "user.password", user=user.id)
