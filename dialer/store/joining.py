"""Two people who turn out to be one: from then on all that is known of the one is the other's, so that caps hold.

A list that tells the national id of somebody kept without one notes it; the two are joined in a transaction of their
own when the one who goes is neither at hand nor on a call. The compliance log stays as it was written: whom its entries
are about is found by way of the note.
"""

from dialer.core.ids import LeadId
from dialer.core.quality import DEAD, Quality
from dialer.store.compliance import About, Told, add
from dialer.store.database import Database, Session
from dialer.store.placement import place_again
from dialer.store.restrictions import keep_stopped

SWEPT_S = 172_800.0  # what an engine kept under the former person in the very moment of joining comes after

_DUE = "SELECT gone, done_at FROM people_joins WHERE done_at IS NULL OR done_at > $1 ORDER BY told_at, gone"
_KEPT = "SELECT kept FROM people_joins WHERE gone = $1"
_AT_WORK = """SELECT 1 FROM leads WHERE person = $1 AND state = 'claimed'
    UNION ALL SELECT 1 FROM reservations WHERE person = $1 LIMIT 1"""
_MOVED = ("accounts", "leads", "phones", "calls", "lines_out", "restrictions", "promises")
_MOVES = tuple(f"UPDATE {table} SET person = $2 WHERE person = $1" for table in _MOVED)  # noqa: S608 - our own names
_FILL = """UPDATE people SET name = CASE WHEN people.name = '' THEN g.name ELSE people.name END,
    zone = CASE WHEN people.zone = '' THEN g.zone ELSE people.zone END,
    region = CASE WHEN people.region = '' THEN g.region ELSE people.region END
    FROM people g WHERE g.id = $1 AND people.id = $2"""
_EMPTY = "UPDATE people SET name = '', national_id = NULL, id_kind = '', zone = '', region = '' WHERE id = $1"
# A number of both: what stands against it holds, of what its calls taught the newest, and no list is the only one to
# have told it.
_DEAD = ", ".join(f"'{one}'" for one in sorted(DEAD))
_NEWER = f"""(CASE WHEN phones.quality IN ({_DEAD}) THEN g.quality = '{Quality.GOOD}' AND g.tried_at > phones.tried_at
    ELSE g.quality IN ({_DEAD}) OR coalesce(g.tried_at, 0) > coalesce(phones.tried_at, 0) END)"""
_STRONGER = "(g.consent <> '' AND phones.consent <> 'refused' AND (g.consent = 'refused' OR phones.consent = ''))"
_BOTH = f"""UPDATE phones SET import_id = NULL, calls = phones.calls + g.calls, answers = phones.answers + g.answers,
    state = CASE WHEN phones.state = 'withdrawn' THEN g.state ELSE phones.state END,
    type = CASE WHEN phones.type = '' THEN g.type ELSE phones.type END,
    extension = CASE WHEN phones.extension = '' THEN g.extension ELSE phones.extension END,
    consent = CASE WHEN {_STRONGER} THEN g.consent ELSE phones.consent END,
    consent_at = CASE WHEN {_STRONGER} THEN g.consent_at ELSE phones.consent_at END,
    quality = CASE WHEN {_NEWER} THEN g.quality ELSE phones.quality END,
    quality_at = CASE WHEN {_NEWER} THEN g.quality_at ELSE phones.quality_at END,
    machines = CASE WHEN {_NEWER} THEN g.machines ELSE phones.machines END,
    tried_at = CASE WHEN coalesce(g.tried_at, 0) > coalesce(phones.tried_at, 0) THEN g.tried_at
        ELSE phones.tried_at END,
    due_at = CASE WHEN coalesce(g.due_at, 0) > coalesce(phones.due_at, 0) THEN g.due_at ELSE phones.due_at END
    FROM phones g WHERE g.person = $1 AND phones.person = $2 AND phones.number = g.number"""  # noqa: S608 - our own words
_SAME = "(SELECT k.id FROM phones g JOIN phones k ON k.number = g.number AND k.person = $2 WHERE g.id = {table}.phone)"
_POINTS = tuple(
    f"""UPDATE {table} SET phone = {_SAME.format(table=table)}
    WHERE person = $1 AND phone IS NOT NULL AND EXISTS {_SAME.format(table=table)}"""  # noqa: S608 - our own names
    for table in ("leads", "calls")
)
_DOUBLED = """DELETE FROM phones WHERE person = $1
    AND number IN (SELECT k.number FROM phones k WHERE k.person = $2)"""


async def join_told(database: Database, cell: int, now: float) -> tuple[int, int]:
    """Join the people whom lists told to be one; how many were, and how many wait for their calls to end."""
    async with database.reading() as connection:
        due = await Session(connection).all(_DUE, now - SWEPT_S)
    joined = waiting = 0
    for gone, done_at in due:
        async with database.writing() as session:
            if await _join(session, cell, gone, now, again=done_at is not None):
                joined += done_at is None
            else:
                waiting += done_at is None
    return joined, waiting


async def _join(session: Session, cell: int, gone: int, now: float, *, again: bool) -> bool:
    """Join one; False while the person is at hand or on a call. `again`: sweep what came after."""
    [(kept,)] = await session.all(_KEPT, gone)
    if not session.sqlite:
        await session.all("SELECT id FROM leads WHERE person = $1 FOR UPDATE", gone)
    if await session.all(_AT_WORK, gone):
        return False
    for statement in (_BOTH, *_POINTS, _DOUBLED, *_MOVES):
        await session.run(statement, gone, kept)
    if again:
        return True
    await session.run(_FILL, gone, kept)
    await session.run(_EMPTY, gone)
    await session.run("UPDATE people_joins SET done_at = $1 WHERE gone = $2", now, gone)
    leads = [LeadId(lead) for (lead,) in await session.all("SELECT id FROM leads WHERE person = $1", kept)]
    await keep_stopped(session, leads, now)
    await place_again(session, leads, now)
    about = About(kept, leads[0] if leads else 0, "")
    body = f"person {gone} is person {kept}, by the national id that a list told"
    await add(session, cell, [Told(kind="joined", at=now, body=body, about=about)])
    return True
