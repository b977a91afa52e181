"""How good a campaign's data is: numbers by what is known of them, people who can be reached at all, its age."""

from dataclasses import dataclass

from dialer.core.ids import CampaignId
from dialer.core.quality import DEAD
from dialer.core.rules import DAY_S
from dialer.store.database import Database, Session

AGES_D = (1, 7, 30, 90)  # the steps of freshness
_DEAD = ", ".join(f"'{one}'" for one in sorted(DEAD))
_USABLE = f"p.state = 'valid' AND p.consent <> 'refused' AND p.quality NOT IN ({_DEAD})"
_OF = """FROM phones p WHERE p.state <> 'withdrawn'
    AND p.person IN (SELECT l.person FROM leads l WHERE l.campaign = $1 AND l.state <> 'withdrawn')"""
_NUMBERS = f"""SELECT CASE WHEN p.state = 'invalid' THEN 'invalid' ELSE p.quality END, p.type, p.consent, count(*),
    sum(CASE WHEN p.tried_at IS NULL THEN 0 ELSE 1 END),
    sum(CASE WHEN {_USABLE} THEN 1 ELSE 0 END) {_OF} GROUP BY 1, 2, 3"""
_PEOPLE = f"""SELECT count(*), sum(CASE WHEN n > 0 THEN 1 ELSE 0 END), sum(CASE WHEN good > 0 THEN 1 ELSE 0 END) FROM (
    SELECT l.person,
        (SELECT count(*) FROM phones p WHERE p.person = l.person AND {_USABLE}) AS n,
        (SELECT count(*) FROM phones p WHERE p.person = l.person AND p.quality = 'good') AS good
    FROM leads l WHERE l.campaign = $1 AND l.state <> 'withdrawn' GROUP BY l.person) AS people"""  # noqa: S608
_FRESH = """SELECT a.updated_at FROM leads l JOIN accounts a ON a.id = l.account
    WHERE l.campaign = $1 AND l.state <> 'withdrawn'"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that are alike. `quality`: invalid by the plan, or what their calls taught; empty: nothing yet."""

    quality: str
    type: str
    consent: str
    numbers: int
    tried: int
    usable: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A campaign's data. `ages`: accounts by the days since their figures were last told, at most so many."""

    people: int
    reachable: int  # with a number that may be tried
    known_good: int  # with one at which the right party was spoken with
    numbers: tuple[Numbers, ...]
    ages: tuple[tuple[str, int], ...]


async def coverage(database: Database, campaign: CampaignId, now: float) -> Coverage:
    """Count as it stands. Raises StoreError."""
    async with database.reading() as connection:
        session = Session(connection)
        rows = await session.all(_NUMBERS, campaign)
        [(people, reachable, good)] = await session.all(_PEOPLE, campaign)
        told = [at for (at,) in await session.all(_FRESH, campaign)]
    numbers = tuple(Numbers(row[0], row[1], row[2], row[3], int(row[4] or 0), int(row[5] or 0)) for row in rows)
    return Coverage(people, int(reachable or 0), int(good or 0), _most_first(numbers), _ages(told, now))


def _most_first(numbers: tuple[Numbers, ...]) -> tuple[Numbers, ...]:
    return tuple(sorted(numbers, key=lambda one: -one.numbers))


def _ages(told: list[float | None], now: float) -> tuple[tuple[str, int], ...]:
    counts = dict.fromkeys([f"{days} d" for days in AGES_D] + ["older", "never told"], 0)
    for at in told:
        if at is None:
            counts["never told"] += 1
            continue
        counts[next((f"{days} d" for days in AGES_D if now - at <= days * DAY_S), "older")] += 1
    return tuple(counts.items())
