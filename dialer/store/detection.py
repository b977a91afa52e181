"""Calls that were taken for machines, drawn by chance and heard by a person: what the detection costs people.

A person taken for a machine is hung up on, which counts like an abandoned call.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CallId, CampaignId
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError

VERDICTS = ("person", "machine", "unclear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What listeners found of one campaign's calls that were taken for machines."""

    campaign: CampaignId
    persons: int
    machines: int
    unclear: int
    waiting: int
    population: int  # calls taken for machines that the samples were drawn from

    @property
    def judged(self) -> int:
        return self.persons + self.machines


class Detection:
    """The audit's samples and verdicts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def machines(self, campaign: CampaignId, since: float, until: float) -> tuple[CallId, ...]:
        """The campaign's calls of that time that were taken for machines and have a recording to hear, by call."""
        sql = """SELECT c.id FROM calls c JOIN recordings r ON r.call = c.id WHERE c.reserved_at >= $1
            AND c.reserved_at < $2 AND c.campaign = $3 AND c.outcome = 'machine' AND r.state <> 'missing'
            ORDER BY c.id"""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, since, until, campaign)
        return tuple(CallId(call) for (call,) in rows)

    async def draw(
        self, calls: Sequence[CallId], campaign: CampaignId, population: int, round_name: str, now: float
    ) -> int:
        """Put drawn calls before the listeners; how many were not there yet."""
        sql = """INSERT INTO detection_audits (call, campaign, drawn_at, round, population) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (call) DO NOTHING"""
        async with self._database.writing() as session:
            return sum([await session.run(sql, call, campaign, now, round_name, population) for call in calls])

    async def waiting(self, limit: int = 100) -> tuple[CallId, ...]:
        """Calls that nobody has judged yet, oldest drawing first."""
        sql = "SELECT call FROM detection_audits WHERE verdict = '' ORDER BY drawn_at, call LIMIT $1"
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, limit)
        return tuple(CallId(call) for (call,) in rows)

    async def judge(self, call: CallId, verdict: str, by_whom: str, now: float) -> None:
        """Keep what was heard. Raises ValueError for no verdict, NotFoundError for a call that was not drawn."""
        if verdict not in VERDICTS:
            raise ValueError(f"{verdict!r} is none of {', '.join(VERDICTS)}")
        sql = "UPDATE detection_audits SET verdict = $2, by_whom = $3, at = $4 WHERE call = $1"
        async with self._database.writing() as session:
            if not await session.run(sql, call, verdict, by_whom, now):
                raise NotFoundError("this call was not drawn for the audit of detection")

    async def heard(self, since: float, until: float) -> tuple[Heard, ...]:
        """The verdicts on calls drawn in that time, for each campaign."""
        sql = """SELECT campaign, sum(CASE WHEN verdict = 'person' THEN 1 ELSE 0 END),
            sum(CASE WHEN verdict = 'machine' THEN 1 ELSE 0 END), sum(CASE WHEN verdict = 'unclear' THEN 1 ELSE 0 END),
            sum(CASE WHEN verdict = '' THEN 1 ELSE 0 END) FROM detection_audits
            WHERE drawn_at >= $1 AND drawn_at < $2 GROUP BY campaign ORDER BY campaign"""
        rounds = """SELECT campaign, sum(population) FROM (SELECT DISTINCT campaign, round, population
            FROM detection_audits WHERE drawn_at >= $1 AND drawn_at < $2) AS drawn GROUP BY campaign"""
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all(sql, since, until)
            populations = {campaign: int(count) for campaign, count in await session.all(rounds, since, until)}
        return tuple(
            Heard(
                campaign=CampaignId(campaign), persons=int(persons), machines=int(machines), unclear=int(unclear),
                waiting=int(waiting), population=populations.get(campaign, 0),
            )
            for campaign, persons, machines, unclear, waiting in rows
        )  # fmt: skip
