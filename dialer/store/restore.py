"""What a new run finds of the former ones: open calls, finished ones, counters; and the beginning of the run itself.

Reads, and gives back the leads that the cell held without a call. Decides nothing of the calls found open.
"""

from dataclasses import replace

from dialer.core.ids import CELL_SHIFT, AgentId, CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId, first_call
from dialer.core.messages import Restored
from dialer.core.model import CallRecord, Campaign, Category, Lead, LedgerStep, Mode
from dialer.core.rules import DAY_S
from dialer.store.claim import LEAD_COLUMNS, lead_of
from dialer.store.codec import from_json, from_row
from dialer.store.database import Row, Session
from dialer.store.lines_out import open_lines
from dialer.store.writes import CALL_COLUMNS

FINISHED_MAX = 2_000  # enough to warm every estimator
FINISHED_DAYS = 30
SEEN_WITHIN_S = DAY_S  # an agent's state older than this says nothing
SIGNED_OUT, WRAPPING = "signed_out", "wrapping"
_RESERVED_BEFORE_S = 3600.0  # no call rings longer: lets the index on the reservation serve

_COLUMNS = ", ".join(CALL_COLUMNS)
# Agents whose last spell, wherever it was, was begun in this cell and never ended.
_AT_WORK = """FROM spells s
    JOIN (SELECT agent, max(since) AS since FROM spells WHERE until > $2 GROUP BY agent) AS last
        ON last.agent = s.agent AND last.since = s.since
    WHERE s.cell = $1 AND NOT s.ended AND s.state <> $3"""


async def begin_run(session: Session, *, cell: int, now: float) -> tuple[Restored, int]:
    """Note that a run of the cell begins, and collect what the former ones left."""
    first, beyond = first_call(cell), first_call(cell) + (1 << CELL_SHIFT)
    [run] = await session.ids("runs", 1)
    await session.run("INSERT INTO runs (id, cell, begun_at) VALUES ($1, $2, $3)", run, cell, now)
    open_calls = await _open_calls(session, first, beyond)
    unwrapped = await _unwrapped(session, cell, now)
    await _return_leads(session, cell, unwrapped)
    restored = Restored(
        open_calls=open_calls,
        finished=await _finished(session, now),
        next_call=CallId(await _next_call(session, first, beyond, {call.id for call in open_calls})),
        next_decision=await _next(session, "decisions", first, beyond, set()),
        leads=await leads_of(session, (*open_calls, *unwrapped)),
        signed_in=await _signed_in(session, cell, now),
        unwrapped=unwrapped,
        lines_out=await open_lines(session, first, beyond),
    )
    return restored, run


async def _open_calls(session: Session, first: int, beyond: int) -> tuple[CallRecord, ...]:
    saved = await session.all(
        f"SELECT {_COLUMNS} FROM calls WHERE ended_at IS NULL AND id >= $1 AND id < $2 ORDER BY id",  # noqa: S608
        first, beyond,
    )  # fmt: skip
    reserved = await session.all(
        """SELECT r.call, r.campaign, c.client, c.settings, r.lead, r.person, r.phone, r.number, r.reserved_at, r.agent,
            r.by_wish
        FROM reservations r JOIN campaigns c ON c.id = r.campaign
        WHERE r.call >= $1 AND r.call < $2 AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = r.call)
        ORDER BY r.call""",
        first, beyond,
    )  # fmt: skip
    return (*(record_of(row) for row in saved), *(_reserved(row) for row in reserved))


def record_of(row: Row) -> CallRecord:
    """A row of the columns CALL_COLUMNS as the core's value."""
    return from_row(CallRecord, dict(zip(CALL_COLUMNS, row, strict=True)))


def _reserved(row: Row) -> CallRecord:
    """A reservation that nothing was saved of: it may have left the machine in the last moment, or not.

    One by wish, and no agent's, is that of somebody who called us.
    """
    inbound = bool(row[10]) and row[9] is None
    return CallRecord(
        id=CallId(row[0]),
        campaign=CampaignId(row[1]),
        client=ClientId(row[2]),
        mode=Mode.MANUAL if inbound else from_json(Campaign, row[3]).mode,
        lead=LeadId(row[4]),
        person=PersonId(row[5]),
        phone=PhoneId(row[6]),
        number=row[7],
        trunk="",
        caller_id="",
        reserved_at=row[8],
        agent=row[9],
        answered_at=row[8] if inbound else None,
        inbound=inbound,
    )


async def leads_of(session: Session, calls: tuple[CallRecord, ...]) -> tuple[Lead, ...]:
    """The leads of the calls, each with the number that the call went to."""
    sql = f"""SELECT {LEAD_COLUMNS}, l.listed FROM leads l JOIN phones p ON p.person = l.person
        WHERE l.id IN {session.listed("$1")} AND p.id IN {session.listed("$2")} ORDER BY l.id, p.id"""  # noqa: S608
    numbers = {(call.lead, call.phone) for call in calls}
    rows = await session.all(
        sql, session.packed([call.lead for call in calls]), session.packed([call.phone for call in calls])
    )
    leads = (replace(lead_of(row), listed=bool(row[-1])) for row in rows)
    return tuple(lead for lead in leads if (lead.id, lead.phone) in numbers)


async def _return_leads(session: Session, cell: int, unwrapped: tuple[CallRecord, ...]) -> None:
    """Put back what the cell held without a call; an agent's wish that came to none leaves nothing on the list."""
    await session.run(
        f"""UPDATE leads SET state = CASE WHEN listed THEN 'open' ELSE 'finished' END, claimed_by = NULL
        WHERE state = 'claimed' AND claimed_by = $1
            AND id NOT IN (SELECT lead FROM reservations) AND id NOT IN {session.listed("$2")}""",  # noqa: S608
        cell, session.packed([call.lead for call in unwrapped]),
    )  # fmt: skip


async def _finished(session: Session, now: float) -> tuple[CallRecord, ...]:
    rows = await session.all(
        f"""SELECT {_COLUMNS} FROM calls WHERE reserved_at > $1 AND ended_at IS NOT NULL AND placed_at IS NOT NULL
        ORDER BY reserved_at DESC, id DESC LIMIT $2""",  # noqa: S608 - our own names
        now - FINISHED_DAYS * DAY_S, FINISHED_MAX,
    )  # fmt: skip
    return tuple(record_of(row) for row in reversed(rows))


async def _next_call(session: Session, first: int, beyond: int, taken: set[CallId]) -> int:
    """Lines beside calls have their ids in the same row."""
    tables = ("calls", "lines_out")
    return max([await _next(session, one, first, beyond, taken) for one in tables])


async def _next(session: Session, table: str, first: int, beyond: int, taken: set[CallId]) -> int:
    sql = f"SELECT max(id) FROM {table} WHERE id >= $1 AND id < $2"  # noqa: S608 - our own names
    [(last,)] = await session.all(sql, first, beyond)
    return max(first - 1, int(last or 0), *taken) + 1


async def _signed_in(session: Session, cell: int, now: float) -> tuple[tuple[AgentId, str, str], ...]:
    """The agents who were at work here when the run was cut off."""
    rows = await session.all(
        f"SELECT s.agent, s.state, s.reason {_AT_WORK} ORDER BY s.agent",
        cell, now - SEEN_WITHIN_S, SIGNED_OUT,
    )  # fmt: skip
    return tuple((AgentId(agent), state, reason) for agent, state, reason in rows)


async def _unwrapped(session: Session, cell: int, now: float) -> tuple[CallRecord, ...]:
    """The calls that are over while their agents were still writing them up."""
    rows = await session.all(
        f"""SELECT {_COLUMNS} FROM calls WHERE ended_at IS NOT NULL AND wrapped_at IS NULL
        AND id IN (SELECT s.call {_AT_WORK} AND s.state = $4) ORDER BY id""",  # noqa: S608 - our own text
        cell, now - SEEN_WITHIN_S, SIGNED_OUT, WRAPPING,
    )  # fmt: skip
    return tuple(record_of(row) for row in rows)


async def ledger(session: Session, since: float, until: float, step_s: float) -> tuple[LedgerStep, ...]:
    """People who answered, and abandoned calls, for each campaign and step of time (of the answer), oldest first."""
    step = session.floor("answered_at / $3")
    rows = await session.all(
        f"""SELECT campaign, {step} AS step, disposition, count(*),
            sum(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END)
        FROM calls WHERE reserved_at >= $4 AND answered_at >= $1 AND answered_at < $2
            AND outcome IN ('connected', 'abandoned', 'early_hangup') AND NOT inbound
        GROUP BY campaign, step, disposition ORDER BY step, campaign""",  # noqa: S608 - our own names
        since, until, step_s, since - _RESERVED_BEFORE_S,
    )  # fmt: skip
    machines = await _machine_codes(session)
    steps: dict[tuple[int, int], LedgerStep] = {}
    for campaign, at, disposition, answered, abandoned in rows:
        if (campaign, disposition) not in machines:
            bare = LedgerStep(campaign=CampaignId(campaign), since=int(at) * step_s, answered=0, abandoned=0)
            so_far = steps.get((at, campaign), bare)
            steps[at, campaign] = replace(
                so_far, answered=so_far.answered + answered, abandoned=so_far.abandoned + int(abandoned)
            )
    return tuple(steps.values())


async def _machine_codes(session: Session) -> frozenset[tuple[int, str]]:
    """What agents of each campaign say of a machine: it is no person who answered."""
    rows = await session.all("SELECT id, settings FROM campaigns")
    return frozenset(
        (campaign, one.code)
        for campaign, settings in rows
        for one in from_json(Campaign, settings).dispositions
        if one.category is Category.MACHINE
    )
