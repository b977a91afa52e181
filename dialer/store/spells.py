"""Agents' time: the stretches that the engine saved, and time sheets made of them."""

from collections import Counter
from dataclasses import fields

from sqlalchemy import ColumnElement, Select, and_, func, select

from dialer.core.ids import AgentId, CampaignId
from dialer.core.model import Spell
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database
from dialer.store.rows import AgentTime

_SPELL = schema.spells.c
_COLUMNS = tuple(_SPELL[field.name] for field in fields(Spell))
_CALL = schema.calls.c
_LONGEST_S = 7 * 86_400.0  # no spell lasts longer: lets the index on its end serve


class Spells:
    """Spells by time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, since: float, until: float, *, agent: AgentId | None = None) -> tuple[Spell, ...]:
        """Spells that reach into the stretch of time, by beginning; not cut at its edges."""
        query = select(*_COLUMNS).where(_within(since, until)).order_by(_SPELL.since, _SPELL.agent)
        if agent is not None:
            query = query.where(_SPELL.agent == agent)
        async with self._database.reading() as connection:
            return tuple(from_row(Spell, row) for row in (await connection.execute(query)).mappings())

    async def sheet(self, since: float, until: float, *, campaign: CampaignId | None = None) -> tuple[AgentTime, ...]:
        """Seconds by state and conversations for each agent seen, by name; spells are cut at the edges.

        With a campaign: the agents who serve it, with all their time (free time belongs to no campaign).
        """
        async with self._database.reading() as connection:
            agents = (await connection.execute(_agents(campaign))).all()
            calls = {row.agent: row.n for row in await connection.execute(_talks(since, until, campaign))}
        times = _seconds(await self.list(since, until), since, until)
        return tuple(
            AgentTime(
                agent=AgentId(row.id),
                name=row.name,
                seconds=tuple(sorted(times[row.id].items())),
                calls=calls.get(row.id, 0),
            )
            for row in agents
            if row.id in times
        )

    async def talks(self, since: float, until: float) -> dict[AgentId, Counter[CampaignId]]:
        """Each agent's conversations in the time, by campaign."""
        query = (
            select(_CALL.agent, _CALL.campaign, func.count())
            .where(_CALL.reserved_at >= since, _CALL.reserved_at < until, _CALL.bridged_at.is_not(None))
            .where(_CALL.agent.is_not(None))
            .group_by(_CALL.agent, _CALL.campaign)
        )
        found: dict[AgentId, Counter[CampaignId]] = {}
        async with self._database.reading() as connection:
            for agent, campaign, count in await connection.execute(query):
                found.setdefault(AgentId(agent), Counter())[CampaignId(campaign)] = count
        return found


def _agents(campaign: CampaignId | None) -> Select[int, str]:
    agents, served = schema.agents.c, schema.agent_campaigns.c
    query = select(agents.id, agents.name).order_by(agents.name)
    if campaign is None:
        return query
    return query.where(agents.id.in_(select(served.agent).where(served.campaign == campaign)))


def _talks(since: float, until: float, campaign: CampaignId | None) -> Select[int | None, int]:
    query = (
        select(_CALL.agent, func.count().label("n"))
        .where(_CALL.reserved_at >= since, _CALL.reserved_at < until, _CALL.bridged_at.is_not(None))
        .group_by(_CALL.agent)
    )
    return query if campaign is None else query.where(_CALL.campaign == campaign)


def _within(since: float, until: float) -> ColumnElement[bool]:
    return and_(_SPELL.until >= since, _SPELL.until < until + _LONGEST_S, _SPELL.since < until)


def _seconds(spells: tuple[Spell, ...], since: float, until: float) -> dict[int, dict[str, float]]:
    times: dict[int, dict[str, float]] = {}
    for spell in spells:
        length_s = min(spell.until, until) - max(spell.since, since)
        if length_s > 0:
            states = times.setdefault(spell.agent, {})
            states[spell.state] = states.get(spell.state, 0.0) + length_s
    return times
