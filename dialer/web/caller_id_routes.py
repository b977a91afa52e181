"""Numbers of ours that people are shown: their use and health, and sending them to rest."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.messages import CallerIdRested
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN, Body, Number
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/caller-ids", tags=["trunks"], responses=responses(401, 403, 404))


class CallerIdShown(BaseModel):
    """One number of ours that people are shown; see docs/caller_ids.md for each figure."""

    number: str
    pool: str
    state: str
    today: int
    cap: int
    calls: int
    answer_rate: float | None
    pool_rate: float
    evidence: float
    rests_until: float | None
    reason: str


class RestGiven(Body):
    """A number to be sent to rest for some days; 0 days: back to work."""

    number: Number
    days: Annotated[float, Field(ge=0, le=365)]
    reason: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""


def _check_house(session: Session) -> None:
    if session.limited:
        raise ProblemError("forbidden", "the numbers shown are the whole house's")


@router.get("", operation_id="listCallerIds")
async def list_caller_ids(session: Caller, console: TheConsole) -> list[CallerIdShown]:
    """Every number of the pools: calls today, health against its pool, rests with their evidence."""
    _check_house(session)
    return [CallerIdShown.model_validate(asdict(one)) for one in console.floor.view().caller_ids]


@router.post("/rest", status_code=204, operation_id="restCallerId", responses=responses(409))
async def rest_caller_id(body: RestGiven, session: Caller, console: TheConsole) -> None:
    """Send a number to rest, or back to work."""
    _check_house(session)
    await console.ask(CallerIdRested(body.number, body.days, body.reason, session.name))
    await console.note(session, "caller_id.rest", days=body.days)
