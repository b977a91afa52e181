"""Hands on: hear an agent, whisper, barge in, take a call over; send an agent on and home; stop one campaign."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSet,
    AgentSignedOut,
    CallTakenOver,
    CampaignStopped,
    Event,
    MonitorEnded,
    MonitorMode,
    MonitorRequested,
)
from dialer.core.model import CampaignStatus
from dialer.core.view import AgentView
from dialer.store import AgentLogin
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id, Pause
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.scope import narrowed_agent, seen_by
from dialer.web.sessions import Session
from dialer.web.views import AgentNow, MonitorNow

router = APIRouter(tags=["floor"], responses=responses(401, 403, 404, 409))

Monitoring = Annotated[MonitorMode, Field(strict=False)]


class MonitorGiven(Body):
    """Whom to hear, and how. `endpoint` is the supervisor's own phone; it is called once, and stays up."""

    agent: Id
    mode: Monitoring = MonitorMode.LISTEN
    endpoint: Annotated[str, Field(pattern=r"^(PJSIP/[A-Za-z0-9_.\-]{1,60})?$", examples=["PJSIP/900"])] = ""


class Monitors(BaseModel):
    """What this supervisor hears now; null where nothing."""

    monitor: MonitorNow | None


class CampaignsGiven(Body):
    """The campaigns that the agent works for from now on; a call in progress ends first."""

    campaigns: Annotated[list[Id], Field(max_length=200)]


async def _agent(console: Console, session: Session, agent: int) -> AgentView:
    """The agent, where the session may see him or her."""
    view = await seen_by(session, console.floor.view(), console.campaigns)
    found = next((one for one in view.agents if one.id == agent), None)
    if found is None:
        raise ProblemError("not_found", "there is no such agent on the floor")
    return found


async def _check_all_theirs(console: Console, session: Session, agent: AgentView) -> tuple[CampaignId, ...] | None:
    """All campaigns that this person may hear of; None = no limit.

    Raises ProblemError where the agent has campaigns that he or she may not see: the phone stays up from call to call,
    and would hear those of others too.
    """
    if not session.limited:
        return None
    mine = tuple(one.id for one in await console.campaigns(session))
    if not {*_agent_of_house(console, agent.id).campaigns} <= {*mine}:
        raise ProblemError("forbidden", "the agent works for others too: who sees all campaigns may hear")
    return mine


def _shown(console: Console, session: Session) -> Monitors:
    mine = next((one for one in console.floor.view().monitors if one.by == session.key), None)
    return Monitors(monitor=MonitorNow.model_validate(mine) if mine is not None else None)


@router.post("/floor/monitor", operation_id="monitor")
async def monitor(body: MonitorGiven, session: Caller, console: TheConsole) -> Monitors:
    """Hear an agent. Asked again with another mode or agent, it changes without a new call."""
    agent = await _agent(console, session, body.agent)
    mine = await _check_all_theirs(console, session, agent)
    await console.ask(MonitorRequested(session.key, agent.id, body.mode, body.endpoint, session.name, mine))
    await console.note(session, f"monitor.{body.mode}", agent=agent.id, call=agent.call)
    return _shown(console, session)


@router.delete("/floor/monitor", operation_id="endMonitor")
async def end_monitor(session: Caller, console: TheConsole) -> Monitors:
    """Hear nobody any more; the phone is hung up."""
    await console.ask(MonitorEnded(session.key))
    await console.note(session, "monitor.end")
    return _shown(console, session)


@router.post("/floor/monitor/take-over", operation_id="takeOver")
async def take_over(session: Caller, console: TheConsole) -> Monitors:
    """Go on with the person in the agent's place; the agent writes the call up."""
    mine = _shown(console, session).monitor
    seat = await _agent(console, session, mine.agent) if mine is not None else None
    if seat is not None:
        await _check_all_theirs(console, session, seat)
    await console.ask(CallTakenOver(session.key))
    await console.note(session, "monitor.take_over", agent=seat.id if seat else None, call=seat.call if seat else None)
    return _shown(console, session)


async def _asked(console: Console, session: Session, agent: int, action: str, event: Event) -> AgentNow:
    await console.ask(event)
    await console.note(session, action, agent=agent)
    return AgentNow.model_validate(await _agent(console, session, agent))


@router.post("/floor/agents/{agent}/pause", operation_id="pauseAgent")
async def pause_agent(agent: Id, body: Pause, session: Caller, console: TheConsole) -> AgentNow:
    """Send an agent on a break: at once when free, else after the call."""
    found = await _agent(console, session, agent)
    return await _asked(console, session, agent, "agent.pause", AgentPaused(found.id, body.reason))


@router.post("/floor/agents/{agent}/ready", operation_id="readyAgent")
async def ready_agent(agent: Id, session: Caller, console: TheConsole) -> AgentNow:
    """End an agent's break."""
    return await _asked(console, session, agent, "agent.ready", AgentReady((await _agent(console, session, agent)).id))


@router.post("/floor/agents/{agent}/sign-out", operation_id="signOutAgent")
async def sign_out_agent(agent: Id, session: Caller, console: TheConsole) -> AgentNow:
    """Sign an agent out; a call in progress ends first."""
    return await _asked(
        console, session, agent, "agent.sign_out", AgentSignedOut((await _agent(console, session, agent)).id)
    )


@router.put("/floor/agents/{agent}/campaigns", operation_id="moveAgent")
async def move_agent(agent: Id, body: CampaignsGiven, session: Caller, console: TheConsole) -> AgentNow:
    """Let an agent work for other campaigns from now on; those of other clients stay as they are."""
    async with console.people:
        login = await console.store.agents.get((await _agent(console, session, agent)).id)
        if login is None:
            raise ProblemError("not_found", "there is no such agent")
        kept = await console.store.agents.save(await _moved(console, session, login, body.campaigns), was=login)
        await console.ask(AgentSet(kept.agent))
    for campaign in {*login.agent.campaigns} ^ {*kept.agent.campaigns}:
        console.disturbed(campaign)
    await console.note(session, "agent.move", agent=agent, before=login.agent.campaigns, after=kept.agent.campaigns)
    moved = _agent_of_house(console, kept.agent.id)  # who was moved away is not on the floor that one sees
    if session.limited:
        moved = narrowed_agent(moved, {one.id for one in await console.campaigns(session)})
    return AgentNow.model_validate(moved)


async def _moved(console: Console, session: Session, login: AgentLogin, wanted: list[int]) -> AgentLogin:
    mine = {one.id for one in await console.campaigns(session)}
    if not set(wanted) <= mine:
        raise ProblemError("not_found", "one of the campaigns does not exist")
    others = [one for one in login.agent.campaigns if one not in mine]
    campaigns = (*others, *(CampaignId(one) for one in dict.fromkeys(wanted)))
    return replace(login, agent=replace(login.agent, campaigns=campaigns))


def _agent_of_house(console: Console, agent: AgentId) -> AgentView:
    return next(one for one in console.floor.view().agents if one.id == agent)


@router.post("/campaigns/{campaign}/stop", operation_id="stopCampaign")
async def stop_campaign(campaign: Id, session: Caller, console: TheConsole) -> Monitors:
    """Emergency stop of one campaign: nothing more is placed, its ringing calls are hung up, talks go on."""
    async with console.changing:
        found = await console.campaign(campaign, session)
        await console.store.campaigns.set_status(found.id, CampaignStatus.PAUSED)
        await console.ask(CampaignStopped(found.id, session.name))
    console.disturbed(found.id)
    await console.note(session, "campaign.stop", campaign=found.id)
    return _shown(console, session)
