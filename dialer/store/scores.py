"""What calls taught of who answers when: the history to learn from, and the models learned, one for each campaign."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from dialer.core.ids import CampaignId
from dialer.core.score import Model
from dialer.store.claim import zones_of
from dialer.store.codec import from_json, to_json
from dialer.store.database import Database, Session

_CHUNK = 5_000
_HISTORY = """SELECT c.placed_at, c.id, c.campaign, c.lead, c.number, c.outcome, c.disposition, coalesce(l.segment, ''),
    coalesce(p.type, ''), coalesce(p.zones, '[]')
    FROM calls c LEFT JOIN leads l ON l.id = c.lead LEFT JOIN phones p ON p.id = c.phone
    WHERE c.reserved_at >= $1 AND c.client = $2 AND c.placed_at IS NOT NULL AND c.ended_at IS NOT NULL
        AND (c.reserved_at > $3 OR (c.reserved_at = $3 AND c.id > $4))
    ORDER BY c.reserved_at, c.id LIMIT $5"""


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that was placed and is over, with what its lead and number were."""

    at: float
    campaign: CampaignId
    lead: int
    number: str
    outcome: str
    disposition: str
    segment: str
    type: str
    zone: str


class Scores:
    """History and models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, client: int, since: float) -> AsyncIterator[PastCall]:
        """The client's calls since then, oldest first, without holding the database meanwhile."""
        after: tuple[float, int] = (since - 1, 0)
        while True:
            async with self._database.reading() as connection:
                rows = await Session(connection).all(_HISTORY, since, client, *after, _CHUNK)
            for placed_at, _, campaign, lead, number, outcome, disposition, segment, kind, zones in rows:
                zone = next(iter(zones_of(zones)), "")
                yield PastCall(placed_at, campaign, lead, number, outcome or "", disposition, segment, kind, zone)
            if len(rows) < _CHUNK:
                return
            after = await self._place(rows[-1][1])

    async def save(self, campaign: CampaignId, model: Model, now: float) -> None:
        """Keep the model in place of the one before."""
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO scores (campaign, at, model) VALUES ($1, $2, $3)
                ON CONFLICT (campaign) DO UPDATE SET at = excluded.at, model = excluded.model""",
                campaign, now, to_json(model),
            )  # fmt: skip

    async def others(self, known: Mapping[CampaignId, float]) -> tuple[tuple[CampaignId, float, Model], ...]:
        """The models other than those known, each by when it was learned.

        Not those after a time: of two that were learned side by side, the one begun first may be kept last.
        """
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all("SELECT campaign, at FROM scores ORDER BY campaign")
            new = [campaign for campaign, at in rows if known.get(campaign) != at]
            sql = f"SELECT campaign, at, model FROM scores WHERE campaign IN {session.listed('$1')} ORDER BY campaign"  # noqa: S608
            found = await session.all(sql, session.packed(new)) if new else []
        return tuple((CampaignId(campaign), at, from_json(Model, text)) for campaign, at, text in found)

    async def get(self, campaign: CampaignId) -> Model | None:
        """The campaign's model, if anything was learned."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT model FROM scores WHERE campaign = $1", campaign)
        return from_json(Model, rows[0][0]) if rows else None

    async def _place(self, call: int) -> tuple[float, int]:
        async with self._database.reading() as connection:
            [(reserved_at,)] = await Session(connection).all("SELECT reserved_at FROM calls WHERE id = $1", call)
        return reserved_at, call
