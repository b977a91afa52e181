"""Agents: who they are and which campaigns they work on. Secrets go in and never come out."""

import asyncio
from collections.abc import Collection

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import AgentSet
from dialer.core.model import Agent
from dialer.store import AgentLogin
from dialer.store.schedules import Profile
from dialer.web.access import Caller, TheConsole
from dialer.web.audit import note_change
from dialer.web.bodies import AgentGiven
from dialer.web.console import Console
from dialer.web.passwords import hash_secret
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/agents", tags=["agents"], responses=responses(401, 403))


class AgentShown(BaseModel):
    """An agent as configured; of the campaigns those that one may see."""

    id: AgentId
    name: str
    login: str
    code: str
    campaigns: list[CampaignId]
    endpoint: str
    active: bool
    elsewhere: bool = False  # comes in through the house's provider of accounts too
    team: str = ""
    skills: list[str] = Field(default_factory=list)
    shift: str = Field(default="", examples=["mon-fri 09:00-18:00"])


def agent_shown(
    login: AgentLogin, profile: Profile | None = None, *, mine: Collection[CampaignId] | None = None
) -> AgentShown:
    """What is shown to who sees the campaigns `mine`, None = all."""
    agent, own = login.agent, profile or Profile(agent=login.agent.id)
    return AgentShown(
        id=agent.id,
        name=agent.name,
        login=login.login,
        code=login.code,
        campaigns=[one for one in agent.campaigns if mine is None or one in mine],
        endpoint=agent.endpoint,
        active=login.active,
        elsewhere=login.elsewhere,
        team=own.team,
        skills=list(own.skills),
        shift=own.shift,
    )


async def seen_campaigns(console: Console, session: Session) -> frozenset[CampaignId] | None:
    """The campaigns of agents that the person may know of; None = all."""
    return frozenset(one.id for one in await console.campaigns(session)) if session.limited else None


@router.get("", operation_id="listAgents")
async def list_agents(session: Caller, console: TheConsole) -> list[AgentShown]:
    """All agents; for who sees some campaigns alone, those who work on one of them."""
    known, mine = await console.store.agents.list(), await seen_campaigns(console, session)
    if mine is not None:
        known = tuple(login for login in known if mine & set(login.agent.campaigns))
    profiles = await console.store.profiles.all()
    return [agent_shown(login, profiles.get(login.agent.id), mine=mine) for login in known]


@router.post("", status_code=201, operation_id="addAgent", responses=responses(404, 409))
async def add_agent(body: AgentGiven, session: Caller, console: TheConsole) -> AgentShown:
    """A new agent, known to the dialer at once."""
    if not set(body.campaigns) <= {campaign.id for campaign in await console.campaigns(session)}:
        raise ProblemError("not_found", "one of the campaigns does not exist")
    login = AgentLogin(
        agent=Agent(
            id=AgentId(0),
            name=body.name,
            campaigns=tuple(CampaignId(campaign) for campaign in body.campaigns),
            endpoint=body.endpoint,
            skills=tuple(dict.fromkeys(body.skills)),
        ),
        login=body.login,
        code=body.code or "",
        pin_hash=await asyncio.to_thread(hash_secret, body.pin) if body.pin else "",
        password_hash=await asyncio.to_thread(hash_secret, body.password) if body.password else "",
        elsewhere=body.elsewhere,
    )
    async with console.people:
        if await console.store.users.by_login(body.login):
            raise ProblemError("exists", "a user with that login")
        saved = await console.store.agents.save(login)
        own = Profile(agent=saved.agent.id, team=body.team, skills=saved.agent.skills, shift=body.shift)
        await console.store.profiles.save([own])
        await console.ask(AgentSet(saved.agent))
    await note_change(
        console, session, "agent.add", {"agent": saved.agent.id}, before=None, after=agent_shown(saved, own)
    )
    return agent_shown(saved, own)
