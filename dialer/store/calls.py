"""Calls as they were: by id, in pages newest first, as a stream. They are written by the engine's commands alone."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, select, true, tuple_

from dialer.core.ids import AgentId, CallId, CampaignId, PersonId
from dialer.core.model import CallRecord
from dialer.store import schema
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.lines_out import LinesOut, lines_towards
from dialer.store.rows import CallFilter, CallRow, Cursor, DispositionRow, Page, Tally

_CALL = schema.calls.c
_SAID = schema.dispositions.c
_CHUNK = 1_000
_EQUALS = ("campaign", "client", "agent", "lead", "person", "number", "caller_id", "outcome", "disposition")
_ANY = CallFilter()
_PLACED = """FROM calls WHERE reserved_at >= $1 AND reserved_at < $2 AND placed_at IS NOT NULL
    AND (CAST($3 AS bigint) IS NULL OR campaign = $3)"""
_TALLIES = f"""SELECT campaign, {{step}} AS step, coalesce(outcome, ''), disposition, count(*),
    sum(CASE WHEN recording <> '' THEN 1 ELSE 0 END),
    sum(CASE WHEN bridged_at IS NOT NULL AND ended_at IS NOT NULL THEN ended_at - bridged_at ELSE 0 END)
    {_PLACED} GROUP BY campaign, step, outcome, disposition"""
_WAITS = f"""SELECT answered_at, agent_ready_at, bridged_at {_PLACED}
    AND answered_at IS NOT NULL AND bridged_at IS NOT NULL"""


class Calls:
    """The attempts to reach people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, call: CallId) -> CallRecord | None:
        async with self._database.reading() as connection:
            query = select(schema.calls).where(_CALL.id == call)
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else from_row(CallRecord, row)

    async def page(self, where: CallFilter = _ANY, *, after: Cursor | None = None, limit: int = 50) -> Page[CallRow]:
        """The newest calls, or those before the cursor of the page before."""
        query = _named().where(_condition(where)).order_by(_CALL.reserved_at.desc(), _CALL.id.desc()).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(_CALL.reserved_at, _CALL.id) < tuple_(*after))
        async with self._database.reading() as connection:
            rows = [_row(dict(row)) for row in (await connection.execute(query)).mappings()]
        shown = rows[:limit]
        more = (shown[-1].record.reserved_at, shown[-1].record.id) if len(rows) > limit else None
        return Page(tuple(shown), more)

    async def count(self, where: CallFilter = _ANY) -> int:
        """How many calls are meant."""
        query = select(func.count()).select_from(schema.calls).where(_condition(where))
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one()

    async def stream(self, where: CallFilter = _ANY) -> AsyncIterator[CallRow]:
        """Every call meant, oldest first, without holding the database meanwhile."""
        after: Cursor | None = None
        while True:
            query = _named().where(_condition(where)).order_by(_CALL.reserved_at, _CALL.id).limit(_CHUNK)
            if after is not None:
                query = query.where(tuple_(_CALL.reserved_at, _CALL.id) > tuple_(*after))
            async with self._database.reading() as connection:
                rows = [_row(dict(row)) for row in (await connection.execute(query)).mappings()]
            for row in rows:
                yield row
            if len(rows) < _CHUNK:
                return
            after = (rows[-1].record.reserved_at, rows[-1].record.id)

    async def dispositions(self, call: CallId) -> tuple[DispositionRow, ...]:
        """What was said of the call, oldest first: the last one holds."""
        columns = (_SAID.call, _SAID.agent, _SAID.at, _SAID.code, _SAID.notes, _SAID.unconfirmed)
        async with self._database.reading() as connection:
            query = select(*columns).where(_SAID.call == call).order_by(_SAID.id)
            return tuple(from_row(DispositionRow, row) for row in (await connection.execute(query)).mappings())

    async def say(
        self, call: CallId, agent: AgentId, code: str, notes: str, now: float, *, unconfirmed: bool = False
    ) -> None:
        """Add to what was said of a call that is over."""
        async with self._database.writing() as session:
            await session.run(
                "INSERT INTO dispositions (call, agent, at, code, notes, unconfirmed) VALUES ($1, $2, $3, $4, $5, $6)",
                *(call, agent, now, code, notes, unconfirmed),
            )

    async def lines_towards(self, number: str, person: PersonId) -> LinesOut:
        """The lines by which the number, or the person at another one, was brought into talks."""
        async with self._database.reading() as connection:
            return await lines_towards(Session(connection), number, person)

    async def tallies(
        self, since: float, until: float, campaign: CampaignId | None = None, *, step_s: float | None = None
    ) -> tuple[Tally, ...]:
        """The calls placed with since <= t < until, counted; in steps of time from `since` on, or in one."""
        async with self._database.reading() as connection:
            session = Session(connection)
            step = session.floor("(reserved_at - $1) / $4")
            sql = _TALLIES.format(step=step)
            rows = await session.all(sql, since, until, campaign, until - since if step_s is None else step_s)
        return tuple(
            Tally(
                campaign=CampaignId(row[0]),
                step=int(row[1]),
                outcome=row[2],
                disposition=row[3],
                calls=row[4],
                recordings=int(row[5]),
                talk_s=float(row[6]),
            )
            for row in rows
        )

    async def waits(
        self, since: float, until: float, campaign: CampaignId | None = None
    ) -> Sequence[tuple[float, float | None, float]]:
        """Of the calls placed with since <= t < until and bridged: when answered, since when the agent was free, when
        bridged."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_WAITS, since, until, campaign)
        return [(answered, ready, bridged) for answered, ready, bridged in rows]


def _named() -> Select[*tuple[object, ...]]:
    campaigns, agents, people = schema.campaigns, schema.agents, schema.people
    return (
        select(
            *schema.calls.columns,
            campaigns.c.name.label("campaign_name"),
            agents.c.name.label("agent_name"),
            people.c.name.label("person_name"),
        )
        .outerjoin(campaigns, campaigns.c.id == _CALL.campaign)
        .outerjoin(agents, agents.c.id == _CALL.agent)
        .outerjoin(people, people.c.id == _CALL.person)
    )


def _row(row: dict[str, object]) -> CallRow:
    campaign, agent, person = (str(row.pop(f"{name}_name") or "") for name in ("campaign", "agent", "person"))
    return CallRow(record=from_row(CallRecord, row), campaign=campaign, agent=agent, person=person)


def _condition(where: CallFilter) -> ColumnElement[bool]:
    meant = [_CALL[name] == value for name in _EQUALS if (value := getattr(where, name)) is not None]
    if where.campaigns is not None:
        meant.append(_CALL.campaign.in_(where.campaigns))
    if where.since is not None:
        meant.append(_CALL.reserved_at >= where.since)
    if where.until is not None:
        meant.append(_CALL.reserved_at < where.until)
    if where.not_over_by is not None:
        meant.append(_CALL.ended_at.is_(None) | (_CALL.ended_at > where.not_over_by))
    if where.lead_every is not None:
        meant.append(_CALL.lead % where.lead_every == 0)
    for wanted, there in (
        (where.recorded, _CALL.recording != ""),
        (where.placed, _CALL.placed_at.is_not(None)),
        (where.ended, _CALL.ended_at.is_not(None)),
    ):
        if wanted is not None:
            meant.append(there if wanted else ~there)
    return and_(true(), *meant)
