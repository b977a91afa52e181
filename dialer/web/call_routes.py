"""What was: calls page by page, leads, the day's report. Read from the store alone."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.model import CallRecord, Mode
from dialer.core.outcomes import Outcome
from dialer.store import CallFilter, CallRow, WrapUp
from dialer.store.day import day_report
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN, Id, Number
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.desk_lead_routes import lead_on_line
from dialer.web.leads import LeadShown, lead_shown
from dialer.web.matching import mark
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from dialer.web.views import Shown, agent_view, masked

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
    caller_id: str
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
    wrap_up: WrapUp = Field(
        WrapUp.SAVED, description="Where it ran out: open for the agent to finish, or kept unconfirmed."
    )
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


class WrapUpLeft(BaseModel):
    """A wrap-up that ran out before its agent saved it: `code` is the disposition chosen, empty where none was."""

    call: CallId
    campaign: CampaignId
    campaign_name: str
    agent: AgentId
    agent_name: str
    ended_at: float | None
    standing: WrapUp
    code: str


class CallQuery(BaseModel):
    """Which calls, and which page of them; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    campaign: Id | None = None
    agent: Id | None = None
    lead: Id | None = None
    caller_id: Annotated[Number | None, Field(description="The number of ours that was shown.")] = None
    outcome: Outcome | None = None
    disposition: Annotated[str | None, Field(max_length=40, pattern=PLAIN)] = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@router.get("/calls", operation_id="listCalls", tags=["calls"])
async def list_calls(session: Caller, console: TheConsole, query: Annotated[CallQuery, Query()]) -> CallPage:
    """Calls, newest first. Numbers are masked for those who may not read them."""
    where = CallFilter(
        **query.model_dump(exclude={"cursor", "limit"}), client=session.client, campaigns=session.campaigns
    )
    page = await console.store.calls.page(where, after=cursor_of(query.cursor), limit=query.limit)
    standing = await console.store.write_ups.standing([row.record.id for row in page.items])
    return CallPage(items=[_named(row, session, standing) for row in page.items], next=cursor_text(page.next))


def _call(record: CallRecord, session: Session, standing: Mapping[CallId, WrapUp]) -> CallShown:
    wrap_up = standing.get(record.id, WrapUp.SAVED)
    shown = CallShown.model_validate(record).model_copy(update={"wrap_up": wrap_up})
    return shown if session.may(Permission.NUMBERS_READ) else shown.model_copy(update={"number": masked(shown.number)})


def _named(row: CallRow, session: Session, standing: Mapping[CallId, WrapUp]) -> CallNamed:
    call = _call(row.record, session, standing).model_dump()
    return CallNamed(**call, campaign_name=row.campaign, agent_name=row.agent, person_name=row.person)


@router.get("/calls/{call}", operation_id="getCall", tags=["calls"])
async def get_call(call: Id, session: Caller, console: TheConsole) -> CallShown:
    """One call, whole."""
    record = await console.store.calls.get(CallId(call))
    if record is None or not session.sees(record.campaign, record.client):
        raise ProblemError("not_found", "there is no such call")
    return _call(record, session, await console.store.write_ups.standing([record.id]))


@router.get("/wrap-ups", operation_id="listOpenWrapUps", tags=["calls"])
async def list_open_wrap_ups(session: Caller, console: TheConsole) -> list[WrapUpLeft]:
    """Wrap-ups that ran out and that their agents have yet to finish, or to confirm; the oldest first."""
    campaigns = {one.id: one for one in await console.campaigns(session)}
    names = {login.agent.id: login.agent.name for login in await console.store.agents.list()}
    return [
        WrapUpLeft(
            call=draft.call,
            campaign=draft.campaign,
            campaign_name=campaigns[draft.campaign].name,
            agent=draft.agent,
            agent_name=names.get(draft.agent, ""),
            ended_at=draft.ended_at,
            standing=draft.standing,
            code=draft.typed.code,
        )
        for draft in await console.store.drafts.open()
        if draft.campaign in campaigns
    ]


@router.get("/leads/{lead}", operation_id="getLead", tags=["leads"])
async def get_lead(lead: Id, session: Caller, console: TheConsole, response: Response) -> LeadShown:
    """A lead: for those who may read leads; as the desk shows it, for the agent who has it before them now."""
    if not session.may(Permission.LEADS_READ):
        seat = agent_view(console.floor.view(), session.agent) if session.agent is not None else None
        if seat is None or seat.lead != lead:
            raise ProblemError("forbidden", "you do not have this lead on a call")
        shown, _, _ = await lead_on_line(console, seat)
        return shown
    await console.check_lead(lead, session)
    shown = await lead_shown(console, LeadId(lead), whole_numbers=session.may(Permission.NUMBERS_READ))
    mark(response, shown)
    return shown


@router.get("/reports/day", operation_id="dayReport", tags=["reports"])
async def report_day(
    session: Caller, console: TheConsole, since: Moment, until: Moment, campaign: Id | None = None
) -> dict[str, Any]:
    """Counts, rates and waits of a stretch of time: of a day, where it runs from midnight to midnight.

    Who sees some campaigns alone names one of them.
    """
    if campaign is not None:
        await console.campaign(campaign, session)
    elif session.limited:
        raise ProblemError("invalid", "campaign: name one of yours")
    if not 0 < until - since <= 32 * 86_400:
        raise ProblemError("invalid", "until must come after since, by at most 32 days")
    report = await day_report(console.store, since, until, CampaignId(campaign) if campaign is not None else None)
    return report.as_dict()
