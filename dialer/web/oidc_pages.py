"""The two addresses of signing in elsewhere: to the provider, and back."""

import hmac

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from dialer.core.messages import AgentSet
from dialer.store import AgentLogin, User
from dialer.web.access import COOKIE, TheConsole
from dialer.web.agent_routes import agent_shown
from dialer.web.audit import note_change
from dialer.web.console import Console
from dialer.web.oidc import BEGUN_S, Arrival, OidcError
from dialer.web.sessions import Session
from dialer.web.user_bodies import user_shown

STATE_COOKIE = "dialer_elsewhere"
_TEXT_MAX = 4_000
log = structlog.get_logger()
router = APIRouter(include_in_schema=False)


@router.get("/sign-in/elsewhere")
async def elsewhere(console: TheConsole) -> Response:
    """To the provider; the browser keeps the state, so that nobody else's answer is taken for its own."""
    if console.oidc is None:
        return RedirectResponse("/sign-in", 303)
    try:
        address, state = await console.oidc.begin()
    except OidcError as error:
        return _told(error)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        STATE_COOKIE,
        state,
        max_age=int(BEGUN_S),
        httponly=True,
        samesite="lax",
        secure=console.settings.behind_tls,
        path="/sign-in",
    )
    return response


@router.get("/sign-in/back")
async def back(request: Request, console: TheConsole) -> Response:
    """From the provider: a session of our own, as after a password."""
    if console.oidc is None:
        return RedirectResponse("/sign-in", 303)
    state, code, issuer = (request.query_params.get(one, "")[:_TEXT_MAX] for one in ("state", "code", "iss"))
    try:
        _check_browser(state, request.cookies.get(STATE_COOKIE, ""))
        claims = await console.oidc.claims(state, code, issuer or None)
        async with console.people:
            arrival = await console.oidc.person(claims)
    except OidcError as error:
        return _told(error)
    await _settle(console, arrival)
    lasts_s = console.settings.session_hours * 3600
    address = request.client.host if request.client else ""
    token, session = await console.sessions.open(arrival.person, console.now(), lasts_s, address=address)
    await console.note(session, "session.open", address=address, provider=console.oidc.settings.issuer)
    await _note(console, session, arrival)
    response = RedirectResponse("/desk" if isinstance(arrival.person, AgentLogin) else "/", 303)
    response.delete_cookie(STATE_COOKIE, path="/sign-in")
    response.set_cookie(
        COOKIE, token, max_age=int(lasts_s), httponly=True, samesite="lax", secure=console.settings.behind_tls, path="/"
    )
    return response


async def _settle(console: Console, arrival: Arrival) -> None:
    """Let the dialer know an agent as the provider tells, and end what the person has open in another kind of role."""
    if isinstance(arrival.person, AgentLogin) and arrival.person != arrival.before:
        await console.ask(AgentSet(arrival.person.agent))
    former = arrival.formerly
    if isinstance(former, AgentLogin):
        await console.store.tokens.remove_of(agent=former.agent.id)
    elif former is not None:
        await console.store.tokens.remove_of(user=former.id)
    if former is not None:
        console.sessions.forget()


async def _note(console: Console, session: Session, arrival: Arrival) -> None:
    """What the provider made other of who comes in."""
    person, before = arrival.person, arrival.before
    if before == person:
        return
    verb = "change" if before is not None else "add"
    if isinstance(person, AgentLogin):
        old = agent_shown(before) if isinstance(before, AgentLogin) else None
        which = {"agent": person.agent.id}
        await note_change(console, session, f"agent.{verb}", which, before=old, after=agent_shown(person))
    else:
        was = user_shown(before) if isinstance(before, User) else None
        await note_change(console, session, f"user.{verb}", {"user": person.id}, before=was, after=user_shown(person))


def _check_browser(state: str, kept: str) -> None:
    """Raises OidcError where the answer is to a sign-in that another browser began."""
    if not state or not hmac.compare_digest(state.encode(), kept.encode()):
        raise OidcError("again", "another browser began this")


def _told(error: OidcError) -> Response:
    """Back to the page of signing in, with the reason in words; the log has the exact one."""
    log.warning("nobody was let in by the provider", code=error.code, why=str(error))
    response = RedirectResponse(f"/sign-in?elsewhere={error.code}", 303)
    response.delete_cookie(STATE_COOKIE, path="/sign-in")
    return response
