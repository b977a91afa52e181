"""What was recorded, by call. The files themselves are the recordings room's."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database
from dialer.store.rows import Cursor, Page, Recording

_RECORDING = schema.recordings.c
_SAVE = """INSERT INTO recordings (call, campaign, agent, base, at, seconds, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call) DO UPDATE SET campaign = excluded.campaign,
        agent = excluded.agent, base = excluded.base, at = excluded.at, seconds = excluded.seconds,
        state = excluded.state"""


class Recordings:
    """Recordings by time and by call. A call's record that names one makes it known as expected."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self,
        *,
        after: Cursor | None = None,
        limit: int = 50,
        campaigns: Sequence[CampaignId] | None = None,
        agent: AgentId | None = None,
    ) -> Page[Recording]:
        """The newest recordings (of these campaigns), or those before the cursor of the page before."""
        query = select(schema.recordings).order_by(_RECORDING.at.desc(), _RECORDING.call.desc()).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(_RECORDING.at, _RECORDING.call) < tuple_(*after))
        if campaigns is not None:
            query = query.where(_RECORDING.campaign.in_(campaigns))
        if agent is not None:
            query = query.where(_RECORDING.agent == agent)
        async with self._database.reading() as connection:
            rows = [from_row(Recording, row) for row in (await connection.execute(query)).mappings()]
        shown = rows[:limit]
        return Page(tuple(shown), (shown[-1].at, shown[-1].call) if len(rows) > limit else None)

    async def by_call(self, call: CallId) -> Recording | None:
        async with self._database.reading() as connection:
            query = select(schema.recordings).where(_RECORDING.call == call)
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else from_row(Recording, row)

    async def save(self, recording: Recording) -> None:
        """Keep what is known of a recording; what was known before is replaced."""
        row = (
            recording.call, recording.campaign, recording.agent, recording.base, recording.at,
            recording.seconds, recording.state.value,
        )  # fmt: skip
        async with self._database.writing() as session:
            await session.run(_SAVE, *row)
