"""What was: calls page by page, leads, the day's report. Read from the store alone."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.model import Mode
from dialer.core.outcomes import Outcome
from dialer.store import CallFilter, CallRow
from dialer.store.day import day_report
from dialer.web.access import RUNNERS, Anyone, Listener, Runner, TheConsole
from dialer.web.bodies import PLAIN, Id
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.leads import LeadShown, lead_shown
from dialer.web.problems import ProblemError, responses
from dialer.web.views import Shown, agent_view

router = APIRouter(responses=responses(401, 403, 404))

Moment = Annotated[float, Field(ge=0, lt=1e11, description="Seconds since 1970.")]


class CallShown(Shown):
    """One call, whole. Times are seconds since 1970."""

    id: CallId
    campaign: CampaignId
    mode: Mode
    lead: LeadId
    number: str
    trunk: str
    agent: AgentId | None
    decision: int | None
    rule: str
    reserved_at: float
    placed_at: float | None
    ringing_at: float | None
    answered_at: float | None
    agent_ready_at: float | None
    bridged_at: float | None
    ended_at: float | None
    wrapped_at: float | None
    outcome: str | None
    disposition: str
    cause: int | None
    tech_cause: int | None
    ended_by: str | None
    recording: str


class CallNamed(CallShown):
    """A call with the names that go with its ids; empty where there is none."""

    campaign_name: str
    agent_name: str
    person_name: str


class CallPage(BaseModel):
    """Newest first. `next` is the cursor of the page after this; null = there is none."""

    items: list[CallNamed]
    next: str | None


class CallQuery(BaseModel):
    """Which calls, and which page of them; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    campaign: Id | None = None
    agent: Id | None = None
    lead: Id | None = None
    outcome: Outcome | None = None
    disposition: Annotated[str | None, Field(max_length=40, pattern=PLAIN)] = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@router.get("/calls", operation_id="listCalls", tags=["calls"])
async def list_calls(_: Runner, console: TheConsole, query: Annotated[CallQuery, Query()]) -> CallPage:
    """Calls, newest first."""
    where = CallFilter(**query.model_dump(exclude={"cursor", "limit"}))
    page = await console.store.calls.page(where, after=cursor_of(query.cursor), limit=query.limit)
    return CallPage(items=[_named(row) for row in page.items], next=cursor_text(page.next))


def _named(row: CallRow) -> CallNamed:
    call = CallShown.model_validate(row.record).model_dump()
    return CallNamed(**call, campaign_name=row.campaign, agent_name=row.agent, person_name=row.person)


@router.get("/calls/{call}", operation_id="getCall", tags=["calls"])
async def get_call(call: Id, _: Listener, console: TheConsole) -> CallShown:
    record = await console.store.calls.get(CallId(call))
    if record is None:
        raise ProblemError("not_found", "there is no such call")
    return CallShown.model_validate(record)


@router.get("/leads/{lead}", operation_id="getLead", tags=["leads"])
async def get_lead(lead: Id, session: Anyone, console: TheConsole) -> LeadShown:
    """A lead: for supervisors, and for the agent who has it on a call or in a preview now."""
    if session.who not in RUNNERS:
        seat = agent_view(console.floor.view(), session.agent) if session.agent is not None else None
        if seat is None or seat.lead != lead:
            raise ProblemError("forbidden", "you do not have this lead on a call")
    return await lead_shown(console, LeadId(lead))


@router.get("/reports/day", operation_id="dayReport", tags=["reports"])
async def report_day(
    _: Runner, console: TheConsole, since: Moment, until: Moment, campaign: Id | None = None
) -> dict[str, Any]:
    """Counts, rates and waits of a stretch of time: of a day, where it runs from midnight to midnight."""
    if not 0 < until - since <= 32 * 86_400:
        raise ProblemError("invalid", "until must come after since, by at most 32 days")
    report = await day_report(console.store, since, until, CampaignId(campaign) if campaign is not None else None)
    return report.as_dict()
