"""What was recorded for audits of detection, and what became of it: held, or deleted with a tombstone left."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CallId, CampaignId
from dialer.store.database import Database, Session

_SAMPLED = """SELECT c.id, c.campaign, c.audit, coalesce(c.answered_at, c.reserved_at), coalesce(c.outcome, ''),
    coalesce(x.hold, ''), a.call IS NOT NULL
    FROM calls c LEFT JOIN audit_recordings x ON x.call = c.id LEFT JOIN detection_audits a ON a.call = c.id
    WHERE c.audit <> '' AND c.ended_at IS NOT NULL AND x.deleted_at IS NULL AND {which}"""
_BURY = """INSERT INTO audit_recordings (call, deleted_at, deleted_by, file_left) VALUES ($1, $2, $3, true)
    ON CONFLICT (call) DO UPDATE SET deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by,
        file_left = true WHERE audit_recordings.hold = '' AND audit_recordings.deleted_at IS NULL"""
_HOLD = """INSERT INTO audit_recordings (call, hold) SELECT id, $2 FROM calls WHERE id = $1 AND audit <> ''
    ON CONFLICT (call) DO UPDATE SET hold = excluded.hold WHERE audit_recordings.deleted_at IS NULL"""
_UNBURIED = """SELECT c.id, c.audit FROM audit_recordings x JOIN calls c ON c.id = x.call
    WHERE x.file_left AND x.deleted_at IS NOT NULL ORDER BY c.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecording:
    """The answer of a sampled call, recorded. `base`: its file's name in the switch's folder, without ending."""

    call: CallId
    campaign: CampaignId
    base: str
    at: float  # of the answer
    outcome: str
    hold: str  # why it may not be deleted; empty: it may
    judged: bool  # somebody has said what is heard


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTombstone:
    """When a recording was deleted, and by which rule or whom."""

    at: float
    by_whom: str


class AuditRecordings:
    """By call. The files are the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, call: int, *, limit: int = 1000) -> tuple[AuditRecording, ...]:
        """Those of calls that are over and not deleted, by call, from behind that one on."""
        async with self._database.reading() as connection:
            sql = _SAMPLED.format(which="c.id > $1 ORDER BY c.id LIMIT $2")
            rows = await Session(connection).all(sql, call, limit)
        return tuple(map(_row, rows))

    async def of(self, call: CallId) -> AuditRecording | None:
        """That of the call; None where none was made, or it is deleted."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_SAMPLED.format(which="c.id = $1"), call)
        return _row(rows[0]) if rows else None

    async def tombstone(self, call: CallId) -> AuditTombstone | None:
        """What is left of the call's, where it is deleted."""
        sql = "SELECT deleted_at, deleted_by FROM audit_recordings WHERE call = $1 AND deleted_at IS NOT NULL"
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, call)
        return AuditTombstone(at=float(rows[0][0]), by_whom=str(rows[0][1])) if rows else None

    async def holds(self, calls: Sequence[CallId]) -> dict[CallId, str]:
        """Why those of these calls that are held may not be deleted."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = f"SELECT call, hold FROM audit_recordings WHERE hold <> '' AND call IN {session.listed('$1')}"  # noqa: S608
            rows = await session.all(sql, session.packed(calls))
        return {CallId(call): str(hold) for call, hold in rows}

    async def hold(self, call: CallId, reason: str) -> bool:
        """Keep the call's from being deleted; an empty reason lifts that. False where there is none."""
        async with self._database.writing() as session:
            return await session.run(_HOLD, call, reason) > 0

    async def bury(self, call: CallId, now: float, by_whom: str) -> bool:
        """Leave a tombstone of the call's, which names the file to be removed. One that is held is left alone."""
        async with self._database.writing() as session:
            return await session.run(_BURY, call, now, by_whom) > 0

    async def unburied(self) -> tuple[tuple[CallId, str], ...]:
        """Calls with tombstones whose files were not removed yet, and the files' base names."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_UNBURIED)
        return tuple((CallId(call), str(base)) for call, base in rows)

    async def removed(self, call: CallId) -> None:
        """The file is gone."""
        async with self._database.writing() as session:
            await session.run("UPDATE audit_recordings SET file_left = false WHERE call = $1", call)


def _row(row: Sequence[object]) -> AuditRecording:
    call, campaign, base, at, outcome, hold, judged = row
    assert isinstance(call, int)
    assert isinstance(campaign, int)
    return AuditRecording(
        call=CallId(call), campaign=CampaignId(campaign), base=str(base), at=float(str(at)), outcome=str(outcome),
        hold=str(hold), judged=bool(judged),
    )  # fmt: skip
