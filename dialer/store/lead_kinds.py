"""A campaign's open leads, counted by all that calling hours depend on: where number and person are."""

import json
from dataclasses import dataclass

from dialer.core.ids import CampaignId
from dialer.store.database import Database, Session
from dialer.store.restrictions import with_zone

_PREFIX = 6  # signs of a number that tell its region
_KINDS = f"""SELECT h.zones, h.country, p.country, p.zone, p.region, min(h.number), count(*)
    FROM (SELECT id, person FROM leads WHERE campaign = $1 AND state = 'open' ORDER BY id LIMIT $2) AS l
    JOIN people p ON p.id = l.person
    JOIN phones h ON h.id = (SELECT f.id FROM phones f WHERE f.person = l.person AND f.state = 'valid'
        ORDER BY f.rank, f.id LIMIT 1)
    GROUP BY h.zones, h.country, p.country, p.zone, p.region, substr(h.number, 1, {_PREFIX})"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadKind:
    """Leads alike in where they are, `number` being one of theirs."""

    zones: tuple[str, ...]
    country: str
    residence: str
    region: str
    number: str
    leads: int


class LeadKinds:
    """Counts of open leads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_campaign(self, campaign: CampaignId, limit: int) -> tuple[LeadKind, ...]:
        """The kinds among the first `limit` open leads that have a valid number."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_KINDS, campaign, limit)
        return tuple(
            LeadKind(
                zones=with_zone(tuple(json.loads(zones)), zone),
                country=country,
                residence=residence,
                region=region,
                number=number,
                leads=int(leads),
            )
            for zones, country, residence, zone, region, number, leads in rows
        )
