"""Signing in and out."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, ClientId
from dialer.web.access import COOKIE, Caller, TheConsole, token_of
from dialer.web.bodies import SignIn
from dialer.web.console import Console
from dialer.web.guard import same_origin
from dialer.web.permissions import Permission, Who
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(tags=["session"])


class SignedIn(BaseModel):
    """Who is signed in. `expires_at` is seconds since 1970; null for the local administrator."""

    who: Who
    name: str
    agent: AgentId | None = None
    expires_at: float | None
    permissions: list[Permission] = Field(default_factory=list)
    client: ClientId | None = Field(default=None, description="Sees this client's data alone; null = everybody's.")


class Opened(SignedIn):
    """A new session. The token is told this once."""

    token: str = Field(examples=["pz0Q…"])


def _shown(session: Session) -> SignedIn:
    lasting = session.expires_at == float("inf")
    expires_at = None if lasting else session.expires_at
    return SignedIn(
        who=session.who,
        name=session.name,
        agent=session.agent,
        expires_at=expires_at,
        permissions=sorted(session.permissions - {Permission.OPEN, Permission.SIGNED_IN}),
        client=session.client,
    )


@router.post("/session", status_code=201, operation_id="signIn", responses=responses(401, 403, 429))
async def sign_in(body: SignIn, request: Request, response: Response, console: TheConsole) -> Opened:
    """Sign in with login and password, or an agent's code and PIN. The token also comes as a cookie for our pages."""
    if "origin" in request.headers and not same_origin(request):
        raise ProblemError("cross_origin")
    address = request.client.host if request.client else ""
    if body.login:
        person = await console.doorkeeper.by_login(body.login, body.password, address, body.totp)
    else:
        person = await console.doorkeeper.by_code(body.code, body.pin, address)
    lasts_s = console.settings.session_hours * 3600
    token, session = await console.sessions.open(person, console.now(), lasts_s, address=address)
    await console.note(session, "session.open", address=address)
    await _end_former(console, request)
    response.set_cookie(
        COOKIE, token, max_age=int(lasts_s), httponly=True, samesite="lax", secure=console.settings.behind_tls, path="/"
    )
    return Opened(token=token, **_shown(session).model_dump())


async def _end_former(console: Console, request: Request) -> None:
    """End what the browser was signed in with until now: its cookie is gone, and nobody would end it."""
    token, by_cookie = token_of(request)
    if not token or not by_cookie or len(token) > 200:
        return
    former = await console.sessions.find(token, console.now())
    if former is not None and not former.program and former.expires_at != float("inf"):
        await console.sessions.end(former.id)


@router.get("/session", operation_id="whoAmI", responses=responses(401))
async def who_am_i(session: Caller) -> SignedIn:
    """Who is signed in with this token."""
    return _shown(session)


@router.delete("/session", status_code=204, operation_id="signOut", responses=responses(401, 403))
async def sign_out(session: Caller, console: TheConsole, response: Response) -> None:
    """End this session. The agent's state at the desk stays as it is: POST /desk/sign-out ends the work."""
    await console.sessions.end(session.id)
    await console.note(session, "session.end")
    response.delete_cookie(COOKIE, path="/")
