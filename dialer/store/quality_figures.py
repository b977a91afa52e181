"""What is held against each other: how busy agents were, how they talked, what came of it. Figures alone."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from dialer.core.agents import AT_WORK, BUSY
from dialer.core.ids import CallId, CampaignId
from dialer.core.promises import PromiseState
from dialer.store.database import Database, Session

_TALKED = """SELECT r.at, m.talk_over_share, m.response_s, m.dead_air_s, r.score FROM recordings r
    JOIN recording_measures m ON m.call = r.call WHERE r.at >= $1 AND r.at < $2"""
_SPENT = "SELECT since, until, state FROM spells WHERE until > $1 AND since < $2"
_ENDED = """SELECT r.call, m.talk_over_share, m.response_s, m.dead_air_s, m.longest_monologue_s, r.score, p.state
    FROM recordings r JOIN recording_measures m ON m.call = r.call LEFT JOIN promises p
    ON p.call = r.call AND p.state <> 'cancelled'
    WHERE r.at >= $1 AND r.at < $2 AND m.duration_s >= $3 AND r.disposition <> '' {seen}"""
_HOUR_S = 3600.0
_KEPT = {PromiseState.KEPT.value: True, PromiseState.PARTLY.value: False, PromiseState.BROKEN.value: False}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityHour:
    """An hour: how busy the agents were, and means over its recordings; None where there were none."""

    at: float
    occupancy: float
    calls: int
    talk_over_share: float | None
    response_s: float | None
    dead_air_s: float | None
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnd:
    """A measured talk, and whether it ended in a promise to pay and that one was kept; `kept` None: not known yet."""

    call: CallId
    talk_over_share: float
    response_s: float | None
    dead_air_s: float
    longest_monologue_s: float
    score: float | None
    promised: bool
    kept: bool | None


class QualityFigures:
    """Read alone; nothing is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hours(self, since: float, until: float) -> tuple[QualityHour, ...]:
        """The hours of that time in which somebody was at work."""
        async with self._database.reading() as connection:
            session = Session(connection)
            talked = await session.all(_TALKED, since, until)
            spent = await session.all(_SPENT, since, until)
        by_hour: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in talked:
            by_hour[int(row[0] // _HOUR_S)].append(row)
        made = []
        for hour, (busy, there) in sorted(_time_spent(spent, since, until).items()):
            rows = by_hour.get(hour, [])
            names = ("talk_over_share", "response_s", "dead_air_s", "score")
            figures = {name: _mean([row[n] for row in rows if row[n] is not None]) for n, name in enumerate(names, 1)}
            if there > 0:
                made.append(QualityHour(at=hour * _HOUR_S, occupancy=busy / there, calls=len(rows), **figures))
        return tuple(made)

    async def ends(
        self, since: float, until: float, *, seconds_min: float, campaigns: Collection[CampaignId] | None = None
    ) -> tuple[TalkEnd, ...]:
        """The measured talks of that time that an agent gave a disposition; of these campaigns, where given."""
        async with self._database.reading() as connection:
            session = Session(connection)
            seen = ""
            values: tuple[object, ...] = ()
            if campaigns is not None:
                seen, values = f"AND r.campaign IN {session.listed('$4')}", (session.packed(list(campaigns)),)
            rows = await session.all(_ENDED.format(seen=seen), since, until, seconds_min, *values)
        return tuple(
            TalkEnd(
                call=CallId(row[0]), talk_over_share=row[1], response_s=row[2], dead_air_s=row[3],
                longest_monologue_s=row[4], score=row[5], promised=row[6] is not None, kept=_KEPT.get(row[6]),
            )
            for row in rows
        )  # fmt: skip


def _time_spent(spells: Sequence[Sequence[Any]], since: float, until: float) -> dict[int, tuple[float, float]]:
    """Of each hour: seconds in which agents were busy, and in which they were at work."""
    spent: dict[int, tuple[float, float]] = {}
    for start, end, state in spells:
        at, last = max(start, since // _HOUR_S * _HOUR_S), min(end, -(-until // _HOUR_S) * _HOUR_S)
        while at < last:
            hour = int(at // _HOUR_S)
            stop = min(last, (hour + 1) * _HOUR_S)
            busy, there = spent.get(hour, (0.0, 0.0))
            spent[hour] = (
                busy + (stop - at if state in BUSY else 0.0),
                there + (stop - at if state in AT_WORK else 0.0),
            )
            at = stop
    return spent


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
