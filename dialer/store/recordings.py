"""What was recorded, by call, and where each recording stands. The files themselves are the recordings room's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import select, tuple_

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.rows import Cursor, Page, Recording, RecordingState

ARCHIVE_CELL = 8191  # calls that other dialers made are numbered as if by this cell
PLACES_A_MS = 1024  # positions within one millisecond

_RECORDING = schema.recordings.c
_COLUMNS = tuple(field.name for field in fields(Recording))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM recordings"  # noqa: S608 - our own names
_INDEX_COLUMNS = (
    "call", "campaign", "agent", "base", "at", "seconds", "state", "position", "client", "lead", "outcome",
    "disposition", "number", "origin", "foreign_name", "foreign_words", "file", "bytes", "sha256", "legs", "problem",
    "indexed_at", "flags",
)  # fmt: skip
_INDEX = f"""INSERT INTO recordings ({", ".join(_INDEX_COLUMNS)})
    VALUES ({", ".join(f"${n}" for n in range(1, len(_INDEX_COLUMNS) + 1))})
    ON CONFLICT (call) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _INDEX_COLUMNS[1:])},
        tries = 0, due_at = NULL
    WHERE recordings.state <> 'deleted'"""  # noqa: S608 - our own names
MEASURES = tuple(column.name for column in schema.recording_measures.columns if column.name != "call")
_MEASURES = f"""INSERT INTO recording_measures (call, {", ".join(MEASURES)})
    VALUES ({", ".join(f"${n}" for n in range(1, len(MEASURES) + 2))})
    ON CONFLICT (call) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in MEASURES)}"""  # noqa: S608
_TEXTS = """INSERT INTO recording_texts (position, body, facets) VALUES ($1, $2, $3)
    ON CONFLICT (position) DO UPDATE SET body = excluded.body, facets = excluded.facets"""
_EXPECT = """INSERT INTO recordings (call, campaign, agent, base, at, state)
    SELECT id, campaign, agent, $2, coalesce(bridged_at, answered_at, reserved_at), 'expected' FROM calls WHERE id = $1
    ON CONFLICT (call) DO NOTHING"""
_NAME = "UPDATE calls SET recording = $2 WHERE id = $1 AND recording = ''"
_FREE = "SELECT max(position) FROM recordings WHERE position >= $1 AND position < $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What the index takes in of one recording at once. `measures` by name as in MEASURES; None: none were made."""

    recording: Recording
    measures: dict[str, object] | None
    body: str
    facets: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What may change of an indexed recording after its call: what was said of it, and what it is found by."""

    call: CallId
    position: int
    outcome: str
    disposition: str
    flags: str
    score: float | None
    body: str
    facets: str


class Recordings:
    """Recordings by time and by call. A call's record that names one makes it known as expected."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---------------------------------------------------------------- looking

    async def newest(
        self,
        *,
        after: Cursor | None = None,
        limit: int = 50,
        campaigns: Sequence[CampaignId] | None = None,
        agent: AgentId | None = None,
        client: ClientId | None = None,
    ) -> Page[Recording]:
        """The newest recordings (of these campaigns), or those before the cursor of the page before."""
        query = select(schema.recordings).order_by(_RECORDING.at.desc(), _RECORDING.call.desc()).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(_RECORDING.at, _RECORDING.call) < tuple_(*after))
        if campaigns is not None:
            query = query.where(_RECORDING.campaign.in_(campaigns))
        if agent is not None:
            query = query.where(_RECORDING.agent == agent)
        if client is not None:
            query = query.where(_RECORDING.client == client)
        async with self._database.reading() as connection:
            rows = [from_row(Recording, row) for row in (await connection.execute(query)).mappings()]
        shown = rows[:limit]
        return Page(tuple(shown), (shown[-1].at, shown[-1].call) if len(rows) > limit else None)

    async def by_call(self, call: CallId) -> Recording | None:
        return (await self.by_calls([call])).get(call)

    async def by_calls(self, calls: Sequence[CallId]) -> dict[CallId, Recording]:
        """Those of the calls that have one."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = f"{_SELECT} WHERE call IN {session.listed('$1')}"
            rows = await session.all(sql, session.packed(calls))
        return {one.call: one for one in map(_recording, rows)}

    async def workable(
        self, now: float, *, settled_before: float, calls: range, limit: int = 100
    ) -> tuple[Recording, ...]:
        """Recordings of these calls that were over before that time and wait for a step of the index, oldest first."""
        sql = f"""{_SELECT} WHERE (state IN ('expected', 'raw') OR (legs AND state IN ('indexed', 'stored')))
            AND (due_at IS NULL OR due_at <= $1) AND call >= $4 AND call < $5
            AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = recordings.call
                AND (c.ended_at IS NULL OR c.ended_at > $2))
            ORDER BY at LIMIT $3"""  # noqa: S608 - our own names
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, now, settled_before, limit, calls.start, calls.stop)
        return tuple(map(_recording, rows))

    async def queued(self, now: float, *, limit: int = 100) -> tuple[Recording, ...]:
        """Indexed recordings that are not at the target yet, oldest first. While the switch's legs are there, the time
        at which it is due is the index's own."""
        sql = f"""{_SELECT} WHERE state = 'indexed' AND local AND file <> ''
            AND (legs OR due_at IS NULL OR due_at <= $1) ORDER BY at LIMIT $2"""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, now, limit)
        return tuple(map(_recording, rows))

    async def after(self, call: int, *, limit: int = 1000) -> tuple[Recording, ...]:
        """All recordings by call, from behind that one on: for whoever works through them."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(f"{_SELECT} WHERE call > $1 ORDER BY call LIMIT $2", call, limit)
        return tuple(map(_recording, rows))

    async def counts(self) -> dict[str, int]:
        """How many stand in which state."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all("SELECT state, count(*) FROM recordings GROUP BY state")
        return {str(state): int(count) for state, count in rows}

    async def measures(self, call: CallId) -> dict[str, object] | None:
        """What was measured of it, by name."""
        sql = f"SELECT {', '.join(MEASURES)} FROM recording_measures WHERE call = $1"  # noqa: S608 - our own names
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, call)
        return dict(zip(MEASURES, rows[0], strict=True)) if rows else None

    async def adopted(self, origin: str, names: Sequence[str]) -> set[str]:
        """Those of an archive's names that the index has already."""
        async with self._database.reading() as connection:
            session = Session(connection)
            listed = session.listed("$2", "text")
            sql = f"SELECT foreign_name FROM recordings WHERE origin = $1 AND foreign_name IN {listed}"  # noqa: S608
            rows = await session.all(sql, origin, session.packed(names))
        return {str(name) for (name,) in rows}

    # ---------------------------------------------------------------- changing

    async def change(self, call: CallId, was: RecordingState, **columns: object) -> bool:
        """Set columns of a recording if it is in that state still; whether it was."""
        async with self._database.writing() as session:
            return await change(session, call, was, **columns)

    async def keep(self, call: CallId, *, was_muted: str | None = None, **columns: str) -> bool:
        """Silence parts (`muted`) or hold (`hold`), whichever step it is at; False where it is deleted or unknown, or
        where by now other parts than `was_muted` are silenced."""
        assert columns.keys() <= {"muted", "hold"}, columns
        setting = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
        values: list[object] = [call, *columns.values()]
        sql = f"UPDATE recordings SET {setting} WHERE call = $1 AND state <> 'deleted'"  # noqa: S608 - our own names
        if was_muted is not None:
            values.append(was_muted)
            sql += f" AND muted = ${len(values)}"
        async with self._database.writing() as session:
            return await session.run(sql, *values) > 0

    async def expect(self, bases: Mapping[CallId, str]) -> tuple[CallId, ...]:
        """Take in what was recorded of calls that are known and name no recording; which of the calls those were."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = f"SELECT call FROM recordings WHERE call IN {session.listed('$1')}"  # noqa: S608 - our own names
            there = {call for (call,) in await session.all(sql, session.packed(list(bases)))}
        taken = []
        if new := [(call, base) for call, base in bases.items() if call not in there]:
            async with self._database.writing() as session:
                for call, base in new:
                    if await session.run(_EXPECT, call, base):
                        taken.append(call)
                        await session.run(_NAME, call, base)
        return tuple(taken)

    async def index(self, entries: Sequence[IndexEntry]) -> tuple[Recording, ...]:
        """Take these in, all or none: state, place, measures and words together. One that was deleted stays so."""
        async with self._database.writing() as session:
            return await index(session, entries)

    async def describe(self, words: Sequence[Words]) -> None:
        """Replace what is told of recordings and what they are found by; where they stand is left alone, and those that
        were deleted meanwhile."""
        sql = """UPDATE recordings SET outcome = $1, disposition = $2, flags = $3, score = $4
            WHERE call = $5 AND state <> 'deleted'"""
        async with self._database.writing() as session:
            standing = [
                one
                for one in words
                if await session.run(sql, one.outcome, one.disposition, one.flags, one.score, one.call)
            ]
            await session.many(_TEXTS, [(one.position, one.body, one.facets) for one in standing])

    async def trimmable(self, before: float, *, limit: int) -> tuple[Recording, ...]:
        """Recordings that the target has had since before that time, and that stand in the tree too."""
        sql = f"""{_SELECT} WHERE state = 'stored' AND local AND stored_at < $1
            ORDER BY stored_at LIMIT $2"""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, before, limit)
        return tuple(map(_recording, rows))

    async def bury(self, call: CallId, was: RecordingState, now: float, by_whom: str) -> bool:
        """Leave a tombstone of a recording in that state: when, how long, which checksum, deleted by which rule.

        Its words, measures, comments and transcript go. The files are the caller's; the row names them until then.
        One that is held is left alone.
        """
        async with self._database.writing() as session:
            if await session.all("SELECT 1 FROM recordings WHERE call = $1 AND hold <> ''", call):
                return False
            gone = {"state": RecordingState.DELETED, "deleted_at": now, "deleted_by": by_whom, "flags": ""}
            if not await change(session, call, was, **gone):
                return False
            position = "SELECT position FROM recordings WHERE call = $1"
            await session.run(f"DELETE FROM recording_texts WHERE position = ({position})", call)  # noqa: S608
            for table in ("recording_measures", "recording_comments", "transcripts"):
                await session.run(f"DELETE FROM {table} WHERE call = $1", call)  # noqa: S608 - our own names
        return True

    async def unburied(self) -> tuple[Recording, ...]:
        """Tombstones whose files were not removed to the end."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(f"{_SELECT} WHERE state = 'deleted' AND file <> ''")
        return tuple(map(_recording, rows))

    async def next_foreign(self) -> CallId:
        """The next free id for a call that another dialer made."""
        first = (ARCHIVE_CELL << 40) + 1
        async with self._database.reading() as connection:
            [(last,)] = await Session(connection).all("SELECT max(call) FROM recordings WHERE call >= $1", first)
        return CallId(first if last is None else int(last) + 1)


async def change(session: Session, call: CallId, was: RecordingState, **columns: object) -> bool:
    """`Recordings.change` within a transaction of the caller's."""
    assert columns.keys() <= set(_COLUMNS), columns
    setting = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 3))
    sql = f"UPDATE recordings SET {setting} WHERE call = $1 AND state = $2"  # noqa: S608 - our own names
    values = [one.value if isinstance(one, RecordingState) else one for one in columns.values()]
    return await session.run(sql, call, was.value, *values) > 0


async def index(session: Session, entries: Sequence[IndexEntry]) -> tuple[Recording, ...]:
    """`Recordings.index` within a transaction of the caller's; the recordings with their positions."""
    taken: dict[int, int] = {}
    placed = []
    for entry in entries:
        position = entry.recording.position
        if position is None:
            position = await _place(session, entry.recording.at, taken)
        placed.append((entry, position))
    await session.many(_INDEX, [_index_row(entry.recording, position) for entry, position in placed])
    measured = [
        (one.recording.call, *(one.measures[name] for name in MEASURES)) for one in entries if one.measures is not None
    ]
    await session.many(_MEASURES, measured)
    await session.many(_TEXTS, [(position, entry.body, entry.facets) for entry, position in placed])
    return tuple(_with_position(entry.recording, position) for entry, position in placed)


async def _place(session: Session, at: float, taken: dict[int, int]) -> int:
    """A position of its own for a recording of that time."""
    first = position_at(at)
    if first not in taken:
        [(last,)] = await session.all(_FREE, first, first + PLACES_A_MS)
        taken[first] = first - 1 if last is None else int(last)
    taken[first] += 1
    return taken[first]


def position_at(at: float) -> int:
    """The first position of that time: below 2**53 until the year 2248."""
    return int(at * 1000) * PLACES_A_MS


def _index_row(one: Recording, position: int) -> tuple[object, ...]:
    values = {name: getattr(one, name) for name in _INDEX_COLUMNS} | {"position": position, "state": one.state.value}
    return tuple(values.values())


def _with_position(one: Recording, position: int) -> Recording:
    values = {name: getattr(one, name) for name in _COLUMNS}
    return Recording(**(values | {"position": position}))


def _recording(row: Sequence[object]) -> Recording:
    return from_row(Recording, dict(zip(_COLUMNS, row, strict=True)))
