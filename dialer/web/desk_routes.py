"""An agent's own desk: its state, and every request an agent may make. The engine decides; a refusal is a 409."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSet,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    Event,
    HangupRequested,
    HoldRequested,
    NumberDialled,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import Category, Mode
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import PLAIN, DeskSignIn, Dial, Disposed, Id, Pause, RecordingPause, Towards
from dialer.web.console import Console
from dialer.web.leads import LeadFound, LeadShown, lead_found, lead_shown
from dialer.web.problems import ProblemError, responses
from dialer.web.views import DeskNow, Shown, agent_view, desk_now

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))

_PLAIN: dict[str, tuple[Callable[[AgentId], Event], str, str]] = {
    "/sign-out": (AgentSignedOut, "deskSignOut", "End the day's work, after the present call if there is one."),
    "/ready": (AgentReady, "deskReady", "Ready for calls; also takes back a break not yet begun, and ends wrap-up."),
    "/preview/accept": (PreviewAccepted, "deskAccept", "Dial the lead that is shown."),
    "/preview/skip": (PreviewSkipped, "deskSkip", "Pass over the lead that is shown."),
    "/hangup": (HangupRequested, "deskHangup", "Hang the present call up."),
    "/hold": (HoldRequested, "deskHold", "Let the person hear music."),
    "/resume": (ResumeRequested, "deskResume", "Take the person back from hold."),
    "/consult/complete": (ConsultCompleted, "deskConsultComplete", "Join person and third party, and be free."),
    "/consult/cancel": (ConsultCancelled, "deskConsultCancel", "Drop the third party, back to the person."),
    "/wrap-up/extend": (WrapUpExtended, "deskExtend", "More time to write up; a few times for each call."),
    "/conference": (ConferenceRequested, "deskConference", "Let all three hear each other."),
}


class DispositionShown(Shown):
    code: str
    label: str
    category: Category


class DeskCampaignShown(BaseModel):
    """A campaign as its agents need it."""

    id: CampaignId
    name: str
    mode: Mode
    wrap_up_max_s: float
    preview_max_s: float
    dispositions: list[DispositionShown]


def _desk(console: Console, agent: AgentId) -> DeskNow:
    view = console.floor.view()
    seat = agent_view(view, agent)
    if seat is None:
        raise ProblemError("not_found", "the dialer does not know this agent yet; an administrator adds agents")
    return desk_now(view, seat)


async def asked(console: Console, agent: AgentId, event: Event) -> DeskNow:
    """Put an agent's request to the engine; the desk afterwards."""
    await console.ask(event)
    return _desk(console, agent)


@router.get("", operation_id="desk")
async def desk(agent: TheAgent, console: TheConsole) -> DeskNow:
    """The desk as it is now. The live topic `desk` brings the same after each change."""
    return _desk(console, agent)


@router.get("/campaigns", operation_id="deskCampaigns")
async def desk_campaigns(agent: TheAgent, console: TheConsole) -> list[DeskCampaignShown]:
    """The agent's campaigns with their dispositions."""
    login = await console.store.agents.get(agent)
    own = login.agent.campaigns if login is not None else ()
    return [
        DeskCampaignShown.model_validate(campaign, from_attributes=True)
        for campaign in await console.store.campaigns.list()
        if campaign.id in own
    ]


@router.get("/lead", operation_id="deskLead")
async def desk_lead(agent: TheAgent, console: TheConsole) -> LeadShown:
    """The lead of the present call or preview."""
    seat = agent_view(console.floor.view(), agent)
    if seat is None or seat.lead is None:
        raise ProblemError("not_found", "there is no lead before you now")
    return await lead_shown(console, seat.lead)


@router.get("/leads", operation_id="deskFindLeads")
async def desk_find(
    agent: TheAgent,
    console: TheConsole,
    campaign: Id,
    text: Annotated[str, Query(min_length=3, max_length=80, pattern=PLAIN)],
) -> list[LeadFound]:
    """Leads of one of the agent's campaigns, by account, national id or number."""
    login = await console.store.agents.get(agent)
    if login is None or campaign not in login.agent.campaigns:
        raise ProblemError("not_found", "this is no campaign of yours")
    found = await console.store.leads.find(CampaignId(campaign), text)
    return [lead_found(lead) for lead in found]


@router.post("/sign-in", operation_id="deskSignIn")
async def desk_sign_in(agent: TheAgent, console: TheConsole, body: DeskSignIn | None = None) -> DeskNow:
    """Begin work: the phone is called, or the agent dials in where none is configured."""
    if agent_view(console.floor.view(), agent) is None:  # added beside the running server
        login = await console.store.agents.get(agent)
        if login is not None:
            await console.ask(AgentSet(login.agent))
    return await asked(console, agent, AgentSignedIn(agent, body.endpoint if body else None))


@router.post("/pause", operation_id="deskPause")
async def desk_pause(agent: TheAgent, console: TheConsole, body: Pause) -> DeskNow:
    """Take a break: at once when free, else after the present call."""
    return await asked(console, agent, AgentPaused(agent, body.reason))


@router.post("/dial", operation_id="deskDial")
async def desk_dial(agent: TheAgent, console: TheConsole, body: Dial) -> DeskNow:
    """Dial a number or a lead."""
    lead = LeadId(body.lead) if body.lead is not None else None
    return await asked(console, agent, NumberDialled(agent, CampaignId(body.campaign), body.number, lead))


@router.post("/transfer", operation_id="deskTransfer")
async def desk_transfer(agent: TheAgent, console: TheConsole, body: Towards) -> DeskNow:
    """Give the person to another number, unannounced."""
    return await asked(console, agent, TransferRequested(agent, body.number))


@router.post("/consult", operation_id="deskConsult")
async def desk_consult(agent: TheAgent, console: TheConsole, body: Towards) -> DeskNow:
    """Let the person hold and call somebody else first."""
    return await asked(console, agent, ConsultRequested(agent, body.number))


@router.post("/recording", operation_id="deskPauseRecording")
async def desk_pause_recording(agent: TheAgent, console: TheConsole, body: RecordingPause) -> DeskNow:
    """Let the recording hear nothing while a card's number is said, or hear again; a forgotten pause ends by itself."""
    return await asked(console, agent, RecordingPaused(agent, body.paused))


@router.post("/disposition", operation_id="deskDisposition")
async def desk_disposition(agent: TheAgent, console: TheConsole, body: Disposed) -> DeskNow:
    """Say what the call was. Ends wrap-up, or is kept for its end while the talk goes on."""
    at = body.callback_at if body.callback_local is None else await _their_time(console, body.call, body.callback_local)
    event = CallDispositioned(agent, CallId(body.call), body.code, at, body.notes, body.callback_mine)
    return await asked(console, agent, event)


async def _their_time(console: Console, call: int, local: str) -> float:
    """The instant at which the person's clock shows the time. Raises ProblemError for a time that no clock shows."""
    record = await console.store.calls.get(CallId(call))
    view = await console.store.leads.view(record.lead) if record is not None else None
    zones: tuple[str, ...] = ()
    if view is not None and record is not None:
        dialled = [phone.zones for phone in view.phones if phone.number == record.number]
        zones = (view.person.zone,) if view.person.zone else next(iter(dialled), ())
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zones[0] if zones else "UTC")).timestamp()
    except ValueError as error:
        raise ProblemError("invalid", f"callback_local {local}: {error}") from error


def _plain(event: Callable[[AgentId], Event]) -> Callable[..., Awaitable[DeskNow]]:
    async def ask(agent: TheAgent, console: TheConsole) -> DeskNow:
        return await asked(console, agent, event(agent))

    return ask


for _path, (_event, _operation, _summary) in _PLAIN.items():
    router.post(_path, operation_id=_operation, summary=_summary)(_plain(_event))
