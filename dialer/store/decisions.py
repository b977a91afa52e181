"""Pacing decisions with their inputs: why it dialled, or did not, at that moment."""

import json

from sqlalchemy import RowMapping, select

from dialer.core.ids import CampaignId
from dialer.core.model import DecisionRecord
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database

_DECISION = schema.decisions.c


class Decisions:
    """Decisions by time and by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, decision: int) -> DecisionRecord | None:
        async with self._database.reading() as connection:
            row = (
                (await connection.execute(select(schema.decisions).where(_DECISION.id == decision))).mappings().first()
            )
        return None if row is None else _record(row)

    async def list(
        self, campaign: CampaignId, since: float, until: float, *, limit: int = 1_000
    ) -> tuple[DecisionRecord, ...]:
        """Decisions of a stretch of time (since <= t < until), oldest first; the newest `limit` of them."""
        query = (
            select(schema.decisions)
            .where(_DECISION.campaign == campaign, _DECISION.at >= since, _DECISION.at < until)
            .order_by(_DECISION.at.desc(), _DECISION.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(_record(row) for row in reversed(rows))


def _record(row: RowMapping) -> DecisionRecord:
    return from_row(DecisionRecord, {**row, "inputs": json.loads(row["inputs"])})
