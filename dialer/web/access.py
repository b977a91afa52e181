"""Who asks, and whether they may: the dependency that stands before every route. What is needed `permissions` says."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from dialer.core.ids import AgentId
from dialer.web.console import Console
from dialer.web.guard import same_origin
from dialer.web.permissions import Permission, Who, needed
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session

COOKIE = "dialer_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# They put the two ways to sign a request into the API's description; `session_of` reads both itself.
_bearer = HTTPBearer(auto_error=False, description="The token of POST /session, or an API token.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /session; same-origin requests alone.")


def console_of(request: Request) -> Console:
    console = request.app.state.console
    assert isinstance(console, Console)
    return console


def token_of(connection: HTTPConnection) -> tuple[str, bool]:
    """The token of a request, and whether the browser sent it by itself."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip(), False
    return connection.cookies.get(COOKIE, ""), True


async def session_of(console: Console, connection: HTTPConnection) -> Session | None:
    """The session of a request or WebSocket, None for none. Raises ProblemError(cross_origin)."""
    token, by_cookie = token_of(connection)
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


async def permitted(request: Request, session: Annotated[Session | None, Depends(_anybody)]) -> Session | None:
    """Let a request pass that may reach its route. The dependency of every route of the API.

    The session is None where the route is open, or the floor is and nobody signed in. Raises ProblemError.
    """
    operation = getattr(request.scope.get("route"), "operation_id", None) or ""
    need = needed(operation)
    if need is Permission.OPEN or (need is Permission.FLOOR_READ and console_of(request).settings.open_floor):
        return session
    if session is None:
        raise ProblemError("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    if need is None and session.who is not Who.ADMINISTRATOR:
        raise ProblemError("forbidden", "for administrators")
    if need is not None and not session.may(need):
        raise ProblemError("forbidden", f"this needs {need}")
    return session


async def _caller(session: Annotated[Session | None, Depends(permitted)]) -> Session:
    assert session is not None, "a route that is open to strangers asks who calls"
    return session


async def _agent_id(session: Annotated[Session, Depends(_caller)]) -> AgentId:
    assert session.agent is not None
    return session.agent


async def _console(request: Request) -> Console:
    return console_of(request)  # from a coroutine: FastAPI sends a plain function's call to a thread and back


TheConsole = Annotated[Console, Depends(_console)]
Caller = Annotated[Session, Depends(_caller)]
Looker = Annotated[Session | None, Depends(permitted)]  # of the floor, which may be open
TheAgent = Annotated[AgentId, Depends(_agent_id)]
