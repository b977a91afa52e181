"""The rest of an erased person: what the journal says of them, and which recordings there are to be deleted.

The journal can be long; it is gone through in pieces, each in a transaction of its own, after the person's own rows.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from dialer.store.database import Database, Session

GONE = "erased"
_PIECE = 20_000  # entries looked at in one transaction
_SAYING = ("SaveDisposition", "CallDispositioned", "CallWrittenUp")  # whose notes are free text
_CALLS = "SELECT id FROM calls WHERE person = $1"
_TRAIL = "SELECT id, detail FROM audit WHERE lead IN (SELECT id FROM leads WHERE person = $1)"
_AUDITED = "SELECT audit FROM calls WHERE person = $1 AND audit <> ''"
_NO_AUDITED = """INSERT INTO audit_recordings (call, deleted_at, deleted_by)
    SELECT id, CAST($2 AS double precision), $3 FROM calls WHERE person = $1 AND audit <> ''
    ON CONFLICT (call) DO UPDATE SET deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by,
        file_left = false WHERE audit_recordings.deleted_at IS NULL"""
_HELD = """SELECT r.call, r.hold FROM recordings r JOIN calls c ON c.id = r.call WHERE c.person = $1 AND r.hold <> ''
    UNION ALL SELECT x.call, x.hold FROM audit_recordings x JOIN calls c ON c.id = x.call
        WHERE c.person = $1 AND x.hold <> '' AND x.deleted_at IS NULL ORDER BY 1 LIMIT 1"""
_RECORDINGS = "SELECT r.base, r.file FROM recordings r JOIN calls c ON c.id = r.call WHERE c.person = $1"
_OF_RECORDINGS = ("recording_measures", "recording_comments", "transcripts", "qa_evaluations", "qa_tasks", "recordings")
# What hangs on a recording goes before it; who heard it stays: that log names nobody but the listener.
_NO_RECORDINGS = (
    """DELETE FROM recording_texts WHERE position IN (SELECT r.position FROM recordings r JOIN calls c ON c.id = r.call
        WHERE c.person = $1)""",
    *(
        f"DELETE FROM {table} WHERE call IN (SELECT id FROM calls WHERE person = $1)"  # noqa: S608 - our own names
        for table in _OF_RECORDINGS
    ),
)


async def recordings_of(session: Session, person: int, now: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The base names of the person's recordings, for audits too, and their files in the index's folder; none is known
    from now on."""
    rows = await session.all(_RECORDINGS, person)
    audited = await session.all(_AUDITED, person)
    await session.run(_NO_AUDITED, person, now, GONE)
    for statement in _NO_RECORDINGS:
        await session.run(statement, person)
    bases = (*(base for base, _ in rows if base), *(base for (base,) in audited))
    return bases, tuple(file for _, file in rows if file)


async def held_of(session: Session, person: int) -> tuple[int, str] | None:
    """A call of the person's whose recording may not be deleted, and why; None: there is none."""
    rows = await session.all(_HELD, person)
    return (int(rows[0][0]), str(rows[0][1])) if rows else None


async def erase_from_trail(session: Session, person: int) -> None:
    """Of changes to the person's leads the trail goes on to tell which columns they were of, and no longer their
    values."""
    rows = await session.all(_TRAIL, person)
    await session.many("UPDATE audit SET detail = $1 WHERE id = $2", [(_names_alone(told), row) for row, told in rows])


def _names_alone(detail: str) -> str:
    told: dict[str, Any] = json.loads(detail)
    for side in ("before", "after"):
        if "fields" in told.get(side, {}):
            told[side]["fields"] = dict.fromkeys(told[side]["fields"], GONE)
    return json.dumps(told, ensure_ascii=False)


async def erase_from_deliveries(session: Session, calls: Collection[int], numbers: Collection[str]) -> None:
    """What webhooks still are to be told of the calls tells neither numbers nor notes any more."""
    subjects = [f"call {call}" for call in sorted(calls)]
    sql = f"SELECT id, body FROM deliveries WHERE subject IN {session.listed('$1', 'text')}"  # noqa: S608 - our own names
    needles = [number.lstrip("+") for number in numbers if number.lstrip("+")]
    changes = []
    for row, body in await session.all(sql, session.packed(subjects)):
        told: dict[str, Any] = _bare(json.loads(body), needles)
        if told.get("data", {}).get("notes"):
            told["data"]["notes"] = ""
        changes.append((json.dumps(told, separators=(",", ":"), ensure_ascii=False), row))
    await session.many("UPDATE deliveries SET body = $1 WHERE id = $2", changes)


async def calls_of(session: Session, person: int) -> frozenset[int]:
    """The person's calls."""
    return frozenset(int(call) for (call,) in await session.all(_CALLS, person))


async def erase_from_journal(database: Database, numbers: Collection[str], calls: Collection[int]) -> int:
    """Take numbers, and what agents wrote of these calls, out of the journal; how many entries were changed."""
    needles = [number.lstrip("+") for number in numbers if number.lstrip("+")]
    async with database.reading() as connection:
        runs = await Session(connection).all("SELECT run, max(seq) FROM journal GROUP BY run ORDER BY run")
    changed = 0
    for run, last in runs:
        for first in range(0, int(last) + 1, _PIECE):
            async with database.writing() as session:
                changed += await _erase_piece(session, int(run), first, needles, calls)
    return changed


async def _erase_piece(session: Session, run: int, first: int, needles: Sequence[str], calls: Collection[int]) -> int:
    likes = [f"body LIKE '%' || ${4 + n} || '%'" for n in range(len(needles))]
    if calls:
        likes += [f"body LIKE '%\"{kind}\"%'" for kind in _SAYING]
    if not likes:
        return 0
    sql = f"SELECT seq, body FROM journal WHERE run = $1 AND seq >= $2 AND seq < $3 AND ({' OR '.join(likes)})"  # noqa: S608
    rows = await session.all(sql, run, first, first + _PIECE, *needles)
    fresh = [(without(body, needles, calls), run, seq) for seq, body in rows]
    changes = [one for one, (_, body) in zip(fresh, rows, strict=True) if one[0] != body]
    await session.many("UPDATE journal SET body = $1 WHERE run = $2 AND seq = $3", changes)
    return len(changes)


def without(body: str, needles: Sequence[str], calls: Collection[int]) -> str:
    """An entry without the numbers, and without the notes of the calls."""
    told: dict[str, Any] = json.loads(body)
    bare = _bare(told, needles)
    if told.get("type") in _SAYING and told.get("call", told.get("record", {}).get("id")) in calls:
        bare["notes"] = ""
    return body if bare == told else json.dumps(bare, separators=(",", ":"), ensure_ascii=False)


def _bare(value: Any, needles: Sequence[str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value with the numbers taken out of its texts."""
    if isinstance(value, dict):
        return {name: _bare(one, needles) for name, one in value.items()}
    if isinstance(value, list):
        return [_bare(one, needles) for one in value]
    if isinstance(value, str):
        for needle in needles:
            value = value.replace(needle, GONE)
    return value
