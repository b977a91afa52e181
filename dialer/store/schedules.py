"""Campaigns that start, pause or go to the archive by themselves at a time, and those that are in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from dialer.core.ids import CampaignId
from dialer.store.admin_tables import agent_profiles, archived, schedules
from dialer.store.codec import from_row
from dialer.store.database import Database

_PLAN = schedules.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`action` (start, pause, archive) at `at`; done when `done_at` is set, with `error` where it could not be."""

    id: int
    campaign: CampaignId
    at: float
    action: str
    by_whom: str
    done_at: float | None = None
    error: str = ""


class Schedules:
    """What is planned for campaigns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, campaign: CampaignId | None = None) -> tuple[Schedule, ...]:
        """What is planned, and what was done, by time."""
        query = select(schedules).order_by(_PLAN.at, _PLAN.id)
        if campaign is not None:
            query = query.where(_PLAN.campaign == campaign)
        async with self._database.reading() as connection:
            return tuple(from_row(Schedule, row) for row in (await connection.execute(query)).mappings())

    async def due(self, now: float) -> tuple[Schedule, ...]:
        """What should be done by now, oldest first."""
        query = select(schedules).where(_PLAN.done_at.is_(None), _PLAN.at <= now).order_by(_PLAN.at, _PLAN.id)
        async with self._database.reading() as connection:
            return tuple(from_row(Schedule, row) for row in (await connection.execute(query)).mappings())

    async def add(self, campaign: CampaignId, at: float, action: str, by_whom: str) -> Schedule:
        async with self._database.writing() as session:
            [fresh] = await session.ids("schedules", 1)
            values = {"id": fresh, "campaign": campaign, "at": at, "action": action, "by_whom": by_whom}
            await session.connection.execute(insert(schedules).values(values))
        return Schedule(id=fresh, campaign=campaign, at=at, action=action, by_whom=by_whom)

    async def done(self, schedule: int, now: float, error: str = "") -> None:
        async with self._database.writing() as session:
            query = update(schedules).where(_PLAN.id == schedule).values(done_at=now, error=error)
            await session.connection.execute(query)

    async def remove(self, schedule: int, campaign: CampaignId) -> bool:
        """Take a plan back; False where there is none that is not done yet."""
        condition = (_PLAN.id == schedule) & (_PLAN.campaign == campaign) & _PLAN.done_at.is_(None)
        async with self._database.writing() as session:
            return (await session.connection.execute(delete(schedules).where(condition))).rowcount == 1

    async def archived(self) -> frozenset[CampaignId]:
        """The campaigns that are put away."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(archived.c.campaign))
            return frozenset(CampaignId(campaign) for (campaign,) in rows)

    async def archive(self, campaign: CampaignId, now: float) -> None:
        """Put a campaign away. Once more is the same."""
        async with self._database.writing() as session:
            await session.run(
                "INSERT INTO archived (campaign, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", campaign, now
            )

    async def restore(self, campaign: CampaignId) -> None:
        """Fetch a campaign from the archive."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM archived WHERE campaign = $1", campaign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Of an agent: the team, the skills, and the shift as `mon-fri 09:00-13:00 14:00-18:00`."""

    agent: int
    team: str = ""
    skills: tuple[str, ...] = ()
    shift: str = ""


class Profiles:
    """What is known of agents beside what the engine asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[int, Profile]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(agent_profiles))).all()
        return {
            row.agent: Profile(agent=row.agent, team=row.team, skills=tuple(row.skills.split()), shift=row.shift)
            for row in rows
        }

    async def save(self, profiles: Sequence[Profile]) -> None:
        """Keep them, each in the place of the former."""
        async with self._database.writing() as session:
            await session.many(
                """INSERT INTO agent_profiles (agent, team, skills, shift) VALUES ($1, $2, $3, $4)
                ON CONFLICT (agent) DO UPDATE SET team = excluded.team, skills = excluded.skills,
                shift = excluded.shift""",
                [(one.agent, one.team, " ".join(one.skills), one.shift) for one in profiles],
            )
