"""Agents, the campaigns they serve, and what lets them in."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, true, update

from dialer.core.ids import AgentId, CampaignId
from dialer.core.model import Agent
from dialer.store import schema
from dialer.store.admin_tables import agent_profiles
from dialer.store.database import Database, Session
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.rows import AgentLogin

_AGENT = schema.agents.c
_SERVES = schema.agent_campaigns.c


class Agents:
    """Agents by id, login and sign-in code."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[AgentLogin, ...]:
        """Every agent, by name; the inactive ones too."""
        return await self._where(true())

    async def get(self, agent: AgentId) -> AgentLogin | None:
        return next(iter(await self._where(_AGENT.id == agent)), None)

    async def by_login(self, login: str) -> AgentLogin | None:
        return next(iter(await self._where(_AGENT.login == login)), None)

    async def by_code(self, code: str) -> AgentLogin | None:
        return next(iter(await self._where(_AGENT.code == code)), None)

    async def by_subject(self, subject: str) -> AgentLogin | None:
        """Who is known so at a provider."""
        return next(iter(await self._where(_AGENT.subject == subject)), None)

    async def save(self, login: AgentLogin, *, was: AgentLogin | None = None) -> AgentLogin:
        """Add (id 0) or change an agent; the answer carries the id. `was` is the agent as it was read: what is the same
        there is not written, so that what others changed meanwhile stands.

        Raises ConflictError where login or code is taken, or a campaign is unknown.
        """
        await self._refuse_taken(login)
        async with self._database.writing() as session:
            if login.agent.id == 0:
                [fresh] = await session.ids("agents", 1)
                login = replace(login, agent=replace(login.agent, id=AgentId(fresh)))
                await session.connection.execute(insert(schema.agents).values(_columns(login)))
            else:
                before = _columns(was) if was is not None else {}
                values = {name: value for name, value in _columns(login).items() if before.get(name, ...) != value}
                query = update(schema.agents).where(_AGENT.id == login.agent.id)
                query = query.values(values or {"id": login.agent.id})
                if (await session.connection.execute(query)).rowcount == 0:
                    raise NotFoundError(f"there is no agent with the id {login.agent.id}")
            if was is None or was.agent.campaigns != login.agent.campaigns:
                await _serve(session, login.agent)
        return login

    async def _refuse_taken(self, login: AgentLogin) -> None:
        for other in await self.list():
            if other.agent.id == login.agent.id:
                continue
            if other.login == login.login:
                raise ConflictError(f"the login {login.login!r} is taken")
            if login.code and other.code == login.code:
                raise ConflictError(f"the code {login.code!r} is taken")

    async def _where(self, condition: ColumnElement[bool]) -> tuple[AgentLogin, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(schema.agents).where(condition).order_by(_AGENT.name))).mappings()
            served: dict[int, list[CampaignId]] = {}
            query = select(schema.agent_campaigns).order_by(_SERVES.agent, _SERVES.campaign)
            for agent, campaign in await connection.execute(query):
                served.setdefault(agent, []).append(CampaignId(campaign))
            profiles = await connection.execute(select(agent_profiles.c.agent, agent_profiles.c.skills))
            skills = {row.agent: row.skills for row in profiles}
            return tuple(_login(row, served.get(row["id"], ()), skills.get(row["id"], "")) for row in rows)


async def _serve(session: Session, agent: Agent) -> None:
    await session.connection.execute(delete(schema.agent_campaigns).where(_SERVES.agent == agent.id))
    if agent.campaigns:
        rows = [{"agent": agent.id, "campaign": campaign} for campaign in dict.fromkeys(agent.campaigns)]
        await session.connection.execute(insert(schema.agent_campaigns), rows)


def _columns(login: AgentLogin) -> dict[str, object]:
    return {
        "id": login.agent.id,
        "name": login.agent.name,
        "login": login.login,
        "code": login.code or None,
        "endpoint": login.agent.endpoint,
        "pin_hash": login.pin_hash,
        "password_hash": login.password_hash,
        "active": login.active,
        "elsewhere": login.elsewhere,
        "subject": login.subject,
    }


def _login(row: RowMapping, campaigns: Sequence[CampaignId], skills: str) -> AgentLogin:
    agent = Agent(
        id=AgentId(row["id"]),
        name=row["name"],
        campaigns=tuple(campaigns),
        endpoint=row["endpoint"],
        skills=tuple(skills.split()),
    )
    return AgentLogin(
        agent=agent,
        login=row["login"],
        code=row["code"] or "",
        pin_hash=row["pin_hash"],
        password_hash=row["password_hash"],
        active=row["active"],
        elsewhere=row["elsewhere"],
        subject=row["subject"],
    )
