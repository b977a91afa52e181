"""Who asks, and whether they may: the dependencies that every route names. Decided here alone."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from dialer.core.ids import AgentId
from dialer.web.console import Console
from dialer.web.guard import same_origin
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session, Who

COOKIE = "dialer_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RUNNERS = (Who.ADMINISTRATOR, Who.SUPERVISOR)

# They put the two ways to sign a request into the API's description; `session_of` reads both itself.
_bearer = HTTPBearer(auto_error=False, description="The token of POST /session.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /session; same-origin requests alone.")


def console_of(request: Request) -> Console:
    console = request.app.state.console
    assert isinstance(console, Console)
    return console


def _token(connection: HTTPConnection) -> tuple[str, bool]:
    """The token of a request, and whether the browser sent it by itself."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip(), False
    return connection.cookies.get(COOKIE, ""), True


async def session_of(console: Console, connection: HTTPConnection) -> Session | None:
    """The session of a request or WebSocket, None for none. Raises ProblemError(cross_origin)."""
    token, by_cookie = _token(connection)
    if not token or len(token) > 200:
        return None
    unsafe = connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE
    if by_cookie and unsafe and not same_origin(connection):
        raise ProblemError("cross_origin")
    return await console.sessions.find(token, console.now())


async def _anybody(
    request: Request, _: Annotated[object, Depends(_bearer)] = None, __: Annotated[object, Depends(_cookie)] = None
) -> Session | None:
    return await session_of(console_of(request), request)


async def _caller(session: Annotated[Session | None, Depends(_anybody)]) -> Session:
    if session is None:
        raise ProblemError("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    return session


async def _looker(request: Request, session: Annotated[Session | None, Depends(_anybody)]) -> Session | None:
    """Let those pass who may see the floor: everybody, where the settings open it."""
    if not console_of(request).settings.open_floor:
        return await only(*RUNNERS)(await _caller(session))
    return session


def only(*whos: Who) -> Callable[[Session], Awaitable[Session]]:
    """The dependency that lets only these roles pass."""

    async def checked(session: Annotated[Session, Depends(_caller)]) -> Session:
        if session.who not in whos:
            raise ProblemError("forbidden", f"for {', '.join(whos)}")
        return session

    return checked


async def _agent_id(session: Annotated[Session, Depends(only(Who.AGENT))]) -> AgentId:
    assert session.agent is not None
    return session.agent


TheConsole = Annotated[Console, Depends(console_of)]
Anyone = Annotated[Session, Depends(_caller)]
Administrator = Annotated[Session, Depends(only(Who.ADMINISTRATOR))]
Runner = Annotated[Session, Depends(only(*RUNNERS))]
Listener = Annotated[Session, Depends(only(*RUNNERS, Who.ANALYST))]
FloorLooker = Annotated[Session | None, Depends(_looker)]
TheAgent = Annotated[AgentId, Depends(_agent_id)]
