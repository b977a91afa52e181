"""What was said in calls, as text: kept whole, queued to be made, handed out. Who makes it is the recordings room's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CallId
from dialer.store.database import Database, Session

_SAVE = """INSERT INTO transcripts (call, state, source, language, at, segments, problem)
    VALUES ($1, 'done', $2, $3, $4, $5, '')
    ON CONFLICT (call) DO UPDATE SET state = 'done', source = excluded.source, language = excluded.language,
        at = excluded.at, segments = excluded.segments, problem = ''"""
# Changes nothing; who would delete the recording waits, or has done it.
_STANDS = "UPDATE recordings SET state = state WHERE call = $1 AND state <> 'deleted'"
_QUEUE = """INSERT INTO transcripts (call, state, source, language, at, segments)
    VALUES ($1, 'queued', '', '', $2, '[]')
    ON CONFLICT (call) DO UPDATE SET state = 'queued', at = excluded.at, problem = ''
    WHERE transcripts.state = 'failed'"""
_NEXT = """SELECT t.call FROM transcripts t JOIN recordings r ON r.call = t.call
    WHERE t.state = 'queued' AND r.state IN ('indexed', 'stored') AND r.local ORDER BY t.at LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech. `leg` is agent, customer, or empty where it is not known who spoke."""

    start_s: float
    end_s: float
    leg: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    call: CallId
    source: str
    language: str
    at: float
    segments: tuple[Segment, ...]


class Transcripts:
    """One for each call, at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, transcript: Transcript) -> bool:
        """Keep it in place of one that was there or was waited for; False where its recording is deleted."""
        segments = json.dumps([[s.start_s, s.end_s, s.leg, s.text] for s in transcript.segments], ensure_ascii=False)
        one = transcript
        async with self._database.writing() as session:
            if not await session.run(_STANDS, one.call):
                return False
            await session.run(_SAVE, one.call, one.source, one.language, one.at, segments)
        return True

    async def of(self, calls: Sequence[CallId]) -> dict[CallId, Transcript]:
        """Those that are there."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = f"""SELECT call, source, language, at, segments FROM transcripts
                WHERE state = 'done' AND call IN {session.listed("$1")}"""  # noqa: S608 - our own names
            rows = await session.all(sql, session.packed(calls))
        return {
            CallId(call): Transcript(
                call=CallId(call), source=source, language=language, at=at,
                segments=tuple(Segment(*values) for values in json.loads(segments)),
            )
            for call, source, language, at, segments in rows
        }  # fmt: skip

    # ---------------------------------------------------------------- the queue

    async def queue(self, calls: Sequence[CallId], now: float, *, waiting_max: int) -> int:
        """Ask for transcripts of calls that have none, or of which it failed, as far as fewer than `waiting_max` wait;
        how many were taken.
        """
        async with self._database.writing() as session:
            [(waiting,)] = await session.all("SELECT count(*) FROM transcripts WHERE state = 'queued'")
            taken = 0
            for call in calls:
                if int(waiting) + taken >= waiting_max:
                    break
                taken += await session.run(_QUEUE, call, now)
        return taken

    async def next(self) -> CallId | None:
        """The call that waits longest and whose file is at hand. It stays queued until it is saved or failed."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_NEXT)
        return CallId(rows[0][0]) if rows else None

    async def failed(self, call: CallId, problem: str) -> None:
        """It cannot be made. It is not tried again until it is queued anew."""
        async with self._database.writing() as session:
            sql = "UPDATE transcripts SET state = 'failed', problem = $2 WHERE call = $1 AND state = 'queued'"
            await session.run(sql, call, problem)

    async def counts(self) -> dict[str, int]:
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT state, count(*) FROM transcripts GROUP BY state")
        return {str(state): int(count) for state, count in rows}
