"""The floor, stopping and resuming all dialling, and whether the server is well."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from dialer.core.messages import DiallingResumed, DiallingStopped
from dialer.errors import StoreError
from dialer.web.access import Caller, Looker, TheConsole
from dialer.web.problems import ProblemError, responses
from dialer.web.scope import seen_by
from dialer.web.sessions import Session
from dialer.web.views import FloorNow, floor_now

router = APIRouter(tags=["floor"], responses=responses(401, 403))
health = APIRouter(tags=["health"])


class Dialling(BaseModel):
    """Who stopped all dialling; empty while nobody did."""

    stopped_by: str


@router.get("/floor", operation_id="floor")
async def floor(session: Looker, console: TheConsole) -> FloorNow:
    """The whole floor now. The live topic `floor` brings the same once a second."""
    return floor_now(await seen_by(session, console.floor.view(), console.campaigns))


def _check_house(session: Session) -> None:
    """Who sees some campaigns alone has no hand on those of others."""
    if session.limited:
        raise ProblemError("forbidden", "this stops everybody's calls: stop your own campaigns one by one")


@router.post("/dialling/stop", operation_id="stopDialling", responses=responses(409))
async def stop_dialling(session: Caller, console: TheConsole) -> Dialling:
    """Emergency stop: nothing more is placed, ringing calls are hung up, talks go on."""
    _check_house(session)
    await console.ask(DiallingStopped(session.name))
    await console.note(session, "dialling.stop")
    return Dialling(stopped_by=console.floor.view().stopped_by)


@router.post("/dialling/resume", operation_id="resumeDialling", responses=responses(409))
async def resume_dialling(session: Caller, console: TheConsole) -> Dialling:
    """Take the emergency stop back."""
    _check_house(session)
    await console.ask(DiallingResumed(session.name))
    await console.note(session, "dialling.resume")
    return Dialling(stopped_by=console.floor.view().stopped_by)


class Alive(BaseModel):
    status: str = "ok"


class Readiness(BaseModel):
    """Whether calls can be made: the database answers, the switch is linked."""

    ready: bool
    database: bool
    switch: bool


@health.get("/health/live", operation_id="health")
async def live() -> Alive:
    """The process answers."""
    return Alive()


@health.get("/health/ready", operation_id="readiness", responses={503: {"model": Readiness}})
async def ready(console: TheConsole, response: Response) -> Readiness:
    """Whether what the dialer needs is there; 503 while it is not."""
    try:
        await console.store.ping()
    except StoreError:
        database = False
    else:
        database = True
    switch = console.floor.view().switch_up
    if not (database and switch):
        response.status_code = 503
    return Readiness(ready=database and switch, database=database, switch=switch)
