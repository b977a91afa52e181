"""Numbers of ours that people are shown: their use, and their rests with the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dialer.core.caller_ids import Against, Complaint
from dialer.core.messages import CallerIdsTold, NumberKnown, SaveCallerIdRest
from dialer.store.batch import Moment
from dialer.store.database import Database, Session

DAY_S = 86_400.0
BACK_DAYS = 30


async def save_rests(session: Session, commands: Sequence[SaveCallerIdRest], _: Moment) -> None:
    """Keep them; a number that goes back to work ends its rest."""
    await session.many(
        "UPDATE caller_id_rests SET until = $1 WHERE number = $2 AND until > $1",
        [(one.since, one.number) for one in commands],
    )
    await session.many(
        """INSERT INTO caller_id_rests (number, since, until, reason, by_whom, complaint, hits, calls, usual)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (number, since) DO UPDATE SET until = excluded.until, reason = excluded.reason""",
        [
            (one.number, one.since, one.until, one.reason, one.by, *_parts(one.against))
            for one in commands
            if one.until > one.since
        ],
    )


def _parts(against: Against | None) -> tuple[str | None, int | None, int | None, float | None]:
    if against is None:
        return None, None, None, None
    return against.complaint.value, against.hits, against.calls, against.usual


def _against(complaint: str | None, hits: int | None, calls: int | None, usual: float | None) -> Against | None:
    if complaint is None:
        return None
    return Against(Complaint(complaint), int(hits or 0), int(calls or 0), float(usual or 0.0))


@dataclass(frozen=True, slots=True)
class NumberRest:
    """A rest of one number; `against` None: somebody sent it. An `until` before the planned end: it was woken."""

    number: str
    since: float
    until: float
    reason: str
    by: str
    against: Against | None


async def _used(session: Session, zone: str, now: float) -> dict[str, tuple[int, int]]:
    """Days on which each number was shown since its last rest began, and calls of today, by the clock of the zone."""
    ahead_s = (datetime.fromtimestamp(now, ZoneInfo(zone)).utcoffset() or timedelta()).total_seconds()
    today = (now + ahead_s) // DAY_S * DAY_S - ahead_s
    day = session.floor("(placed_at + $3) / 86400.0")
    rows = await session.all(
        f"""SELECT caller_id, count(DISTINCT CASE WHEN placed_at >= coalesce(rested, 0) THEN {day} END),
            sum(CASE WHEN placed_at >= $1 THEN 1 ELSE 0 END)
        FROM calls LEFT JOIN
            (SELECT number AS shown, max(since) AS rested FROM caller_id_rests GROUP BY number) AS rests
            ON shown = caller_id
        WHERE reserved_at >= $2 AND placed_at IS NOT NULL GROUP BY caller_id""",  # noqa: S608 - our own words
        today, now - BACK_DAYS * DAY_S, ahead_s,
    )  # fmt: skip
    return {row[0]: (int(row[1]), int(row[2] or 0)) for row in rows}


class CallerIds:
    """What is known of the numbers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told(self, numbers: Mapping[str, str], now: float) -> CallerIdsTold:
        """Use since their last rest began, and rests, for an engine that begins. `numbers`: each with its zone."""
        async with self._database.reading() as connection:
            session = Session(connection)
            by_zone = {zone: await _used(session, zone, now) for zone in set(numbers.values())}
            rests = await session.all(
                "SELECT number, until, reason, by_whom, complaint, hits, calls, usual FROM caller_id_rests "
                "WHERE until > $1 ORDER BY since",
                now,
            )
        resting = {row[0]: (row[1], row[2], _against(*row[4:]), row[3]) for row in rests}
        return CallerIdsTold(
            tuple(
                NumberKnown(one, *by_zone[zone].get(one, (0, 0)), *resting.get(one, (0.0, "")))
                for one, zone in numbers.items()
            )
        )

    async def rests(self, number: str | None = None, *, limit: int = 100) -> tuple[NumberRest, ...]:
        """The latest rests, newest first; of one number, or of all."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(
                "SELECT number, since, until, reason, by_whom, complaint, hits, calls, usual FROM caller_id_rests "
                "WHERE CAST($1 AS text) IS NULL OR number = $1 ORDER BY since DESC, number LIMIT $2",
                *(number, limit),
            )
        return tuple(NumberRest(row[0], row[1], row[2], row[3], row[4], _against(*row[5:])) for row in rows)
