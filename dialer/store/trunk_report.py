"""How trunks fared, as series: answers, delays, short calls, causes, by trunk and the numbers' first digits; costs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialer.core.ids import CampaignId
from dialer.core.lines_out import LineOut
from dialer.store.database import Database, Row, Session
from dialer.store.lines_out import lines_of

SHORT_S = 6.0  # of talk: shorter ones carriers count against whoever makes many
_CHUNK = 20_000
_CALLS = """SELECT id, reserved_at, trunk, number, placed_at, progress_at, ringing_at, answered_at, ended_at,
    tech_cause, cause, outcome FROM calls
    WHERE reserved_at >= $1 AND reserved_at < $2 AND placed_at IS NOT NULL AND ended_at IS NOT NULL
    AND (CAST($3 AS text) IS NULL OR trunk = $3) AND (reserved_at > $4 OR (reserved_at = $4 AND id > $5))
    ORDER BY reserved_at, id LIMIT $6"""
_COSTS = """SELECT c.campaign, k.name, n.name, c.trunk, c.currency, count(*),
    sum(CASE WHEN c.answered_at IS NOT NULL THEN 1 ELSE 0 END),
    sum(CASE WHEN c.answered_at IS NOT NULL THEN c.ended_at - c.answered_at ELSE 0 END), sum(coalesce(c.cost, 0))
    FROM calls c JOIN campaigns k ON k.id = c.campaign JOIN clients n ON n.id = c.client
    WHERE c.reserved_at >= $1 AND c.reserved_at < $2 AND c.placed_at IS NOT NULL AND c.ended_at IS NOT NULL
    AND (CAST($3 AS bigint) IS NULL OR c.campaign = $3)
    GROUP BY c.campaign, k.name, n.name, c.trunk, c.currency"""
# Beside calls of the same hours, those included that came in.
_ONWARD = """SELECT l.campaign, k.name, n.name, l.trunk, l.currency, count(*),
    sum(CASE WHEN l.answered_at IS NOT NULL THEN 1 ELSE 0 END),
    sum(CASE WHEN l.answered_at IS NOT NULL THEN l.ended_at - l.answered_at ELSE 0 END), sum(coalesce(l.cost, 0))
    FROM lines_out l JOIN calls c ON c.id = l.call JOIN campaigns k ON k.id = l.campaign
    JOIN clients n ON n.id = l.client
    WHERE c.reserved_at >= $1 AND c.reserved_at < $2 AND l.ended_at IS NOT NULL
    AND (CAST($3 AS bigint) IS NULL OR l.campaign = $3)
    GROUP BY l.campaign, k.name, n.name, l.trunk, l.currency"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkStep:
    """One trunk's calls to numbers of one beginning (empty: all) in one step of time, by when they were reserved."""

    since: float
    trunk: str
    prefix: str
    calls: int
    answered: int  # by anybody or anything
    asr: float  # answer-seizure ratio
    pdd_p50_s: float | None  # post-dial delay: from placing to the first sign; None where no call gave one
    pdd_p95_s: float | None
    no_sign: int  # neither ringing nor early media nor an answer
    short: int  # answered, and over within SHORT_S
    minutes: float  # from answer to end
    causes: dict[str, int]  # of those that nobody answered: SIP code where told, else Q.850


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one campaign's calls by one trunk came to, and the onward lines beside its calls."""

    client: str
    campaign: str
    trunk: str
    calls: int  # placed
    answered: int
    minutes: float  # from answer to end, of calls and onward lines
    cost: float  # of both
    currency: str
    onward: int = 0  # lines by which people were handed on, and third parties called
    onward_answered: int = 0
    onward_minutes: float = 0.0
    onward_cost: float = 0.0


class TrunkReports:
    """Series and costs, from the calls as they are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def series(
        self, since: float, until: float, *, trunk: str | None = None, step_s: float = 3600.0, digits: int = 0
    ) -> tuple[TrunkStep, ...]:
        """Every trunk's steps, oldest first. `digits`: by so many of the numbers' first digits; 0: not."""
        groups: defaultdict[tuple[int, str, str], list[Row]] = defaultdict(list)
        after: tuple[float, int] = (since - 1, 0)
        while True:
            async with self._database.reading() as connection:
                rows = await Session(connection).all(_CALLS, since, until, trunk, *after, _CHUNK)
            for row in rows:
                prefix = row[3][: digits + 1] if digits else ""
                groups[int((row[1] - since) // step_s), row[2], prefix].append(row)
            if len(rows) < _CHUNK:
                break
            after = (rows[-1][1], rows[-1][0])
        return tuple(
            _step(since + step * step_s, name, prefix, rows) for (step, name, prefix), rows in sorted(groups.items())
        )

    async def costs(self, since: float, until: float, campaign: CampaignId | None = None) -> tuple[Cost, ...]:
        """By client, campaign and trunk."""
        async with self._database.reading() as connection:
            session = Session(connection)
            calls = await session.all(_COSTS, since, until, campaign)
            onward = await session.all(_ONWARD, since, until, campaign)
        found: dict[tuple[object, ...], Cost] = {}
        for row in calls:
            found[_key(row)] = _cost(row, calls=row[5], answered=int(row[6]))
        for row in onward:
            before = found.get(_key(row)) or _cost((*row[:7], 0.0, 0.0), calls=0, answered=0)
            minutes, cost = float(row[7]) / 60.0, round(float(row[8]), 6)
            found[_key(row)] = replace(
                before,
                onward=row[5],
                onward_answered=int(row[6]),
                onward_minutes=minutes,
                onward_cost=cost,
                minutes=before.minutes + minutes,
                cost=round(before.cost + cost, 6),
            )
        return tuple(sorted(found.values(), key=lambda one: (one.client, one.campaign, one.trunk, one.currency)))

    async def onward(self, calls: Collection[int]) -> dict[int, tuple[LineOut, ...]]:
        """The onward lines beside each of these calls that had any."""
        async with self._database.reading() as connection:
            return await lines_of(Session(connection), calls)


def _key(row: Sequence[Any]) -> tuple[object, ...]:
    return row[0], row[3], row[4]


def _cost(row: Sequence[Any], *, calls: int, answered: int) -> Cost:
    return Cost(
        client=row[2],
        campaign=row[1],
        trunk=row[3],
        calls=calls,
        answered=answered,
        minutes=float(row[7]) / 60.0,
        cost=round(float(row[8]), 6),
        currency=row[4],
    )


def _step(since: float, trunk: str, prefix: str, rows: Sequence[Row]) -> TrunkStep:
    answered = [row for row in rows if row[7] is not None]
    delays = sorted(sign - row[4] for row in rows if (sign := _first_sign(row)) is not None)
    causes = Counter(str(row[9] or f"Q{row[10] or 0}") for row in rows if row[7] is None)
    return TrunkStep(
        since=since,
        trunk=trunk,
        prefix=prefix,
        calls=len(rows),
        answered=len(answered),
        asr=len(answered) / len(rows),
        pdd_p50_s=_rank(delays, 50),
        pdd_p95_s=_rank(delays, 95),
        no_sign=len(rows) - len(delays),
        short=sum(row[8] - row[7] <= SHORT_S for row in answered),
        minutes=sum(row[8] - row[7] for row in answered) / 60.0,
        causes=dict(causes.most_common()),
    )


def _first_sign(row: Row) -> float | None:
    return min((at for at in (row[5], row[6], row[7]) if at is not None), default=None)


def _rank(values: Sequence[float], share: int) -> float | None:
    return round(values[max(1, -(-share * len(values) // 100)) - 1], 3) if values else None


def totals(costs: Iterable[Cost]) -> dict[tuple[str, str], tuple[float, float]]:
    """Minutes and cost by client and currency."""
    found: defaultdict[tuple[str, str], tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for one in costs:
        minutes, cost = found[one.client, one.currency]
        found[one.client, one.currency] = (minutes + one.minutes, cost + one.cost)
    return dict(found)
