"""Numbers of ours that people are shown: pools, use and health, rests with their evidence, sending them to rest."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.caller_ids import Against, Complaint
from dialer.core.messages import CallerIdRested
from dialer.core.view import CallerIdView, ComplaintView
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN, Body, Number
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from pacing.stats import interval

router = APIRouter(prefix="/caller-ids", tags=["trunks"], responses=responses(401, 403, 404))


class ComplaintShown(BaseModel):
    """One share of a number's calls with its 95 % interval, beside its pool's; evidence of 1 sends it to rest."""

    complaint: Complaint
    calls: int
    rate: float | None
    low: float
    high: float
    usual: float
    evidence: float


class AgainstShown(BaseModel):
    """What sent a number to rest: `hits` of `calls`, with the 95 % interval of the share, and its pool's share."""

    complaint: Complaint
    hits: int
    calls: int
    low: float
    high: float
    usual: float


class CallerIdShown(BaseModel):
    """One number of ours that people are shown; see docs/caller_ids.md for each figure."""

    number: str
    pool: str
    state: str
    today: int
    cap: int
    calls: int
    answer_rate: float | None
    answer_low: float
    answer_high: float
    pool_rate: float
    evidence: float
    rests_until: float | None
    reason: str
    by: str
    against: AgainstShown | None
    watched: list[ComplaintShown]


class PoolShown(BaseModel):
    """Numbers that the same campaigns may show; an empty selection means all."""

    name: str
    numbers: list[str]
    campaigns: list[str]
    clients: list[str]
    countries: list[str]
    day_max: int
    warm_from: int
    rest_days: float
    zone: str


class NumberRestShown(BaseModel):
    """A rest of one number, as it was or is; `against` null: `by` sent it."""

    number: str
    since: float
    until: float
    reason: str
    by: str
    against: AgainstShown | None


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
    return [_number(one) for one in console.floor.view().caller_ids]


@router.get("/pools", operation_id="listCallerIdPools")
async def list_pools(session: Caller, console: TheConsole) -> list[PoolShown]:
    """The pools as configured."""
    _check_house(session)
    names = {one.id: one.name for one in await console.store.clients.list()}
    return [
        PoolShown(**{**asdict(one), "clients": [names.get(client, str(client)) for client in one.clients]})
        for one in console.floor.view().pools
    ]


@router.get("/rests", operation_id="listCallerIdRests")
async def list_rests(session: Caller, console: TheConsole, number: Number | None = None) -> list[NumberRestShown]:
    """The latest hundred rests, newest first, each with the evidence; of one number, or of all."""
    _check_house(session)
    return [
        NumberRestShown(**{**asdict(one), "against": _against(one.against)})
        for one in await console.store.caller_ids.rests(number)
    ]


@router.post("/rest", status_code=204, operation_id="restCallerId", responses=responses(409))
async def rest_caller_id(body: RestGiven, session: Caller, console: TheConsole) -> None:
    """Send a number to rest, or back to work."""
    _check_house(session)
    await console.ask(CallerIdRested(body.number, body.days, body.reason, session.name))
    await console.note(session, "caller_id.rest", days=body.days)


def _number(one: CallerIdView) -> CallerIdShown:
    watched = [_complaint(share) for share in one.watched]
    given = {**asdict(one), "against": _against(one.against), "watched": watched}
    return CallerIdShown(**given, answer_low=watched[0].low, answer_high=watched[0].high)


def _complaint(one: ComplaintView) -> ComplaintShown:
    low, high = interval(one.hits, one.calls)
    rate = one.hits / one.calls if one.calls else None
    return ComplaintShown(
        complaint=one.complaint,
        calls=one.calls,
        rate=rate,
        low=low,
        high=high,
        usual=one.usual,
        evidence=min(1.0, one.evidence),
    )


def _against(one: Against | None) -> AgainstShown | None:
    if one is None:
        return None
    low, high = interval(one.hits, one.calls)
    return AgainstShown(**asdict(one), low=low, high=high)
