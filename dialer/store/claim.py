"""Which leads come next: the due ones by priority, then time or the campaign's order, each given to one cell alone.

A claimed lead comes with the one number to try: its usable numbers by rank take turns with its attempts. Whether it
may be dialled at that moment is not decided here.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from dialer.core.ids import AgentId, CampaignId, LeadId, PersonId, PhoneId
from dialer.core.messages import CallbacksClaimed, ClaimCallbacks, ClaimLeads, LeadsClaimed
from dialer.core.model import Lead
from dialer.core.quality import DEAD
from dialer.core.selection import Selection, portions
from dialer.store.batch import Moment
from dialer.store.database import Row, Session
from dialer.store.forbidden import FOR_GOOD
from dialer.store.loading import EXPIRED, NO_NUMBER
from dialer.store.placement import fetch_astray, ripen, selection_in_force
from dialer.store.schema import PRIORITIES

NUMBER_NOT_DUE = "number_not_due"

# One index range for each band, never a sort over all due leads: the best bands may hold millions that are not due yet.
_WHERE = "campaign = $1 AND part = $4 AND state = 'open' AND agent IS NULL AND {which} AND priority = {band}"
_BY_TIME = ("sort_key IS NULL", "due_at", "AND due_at <= $2")
_BY_KEY = ("sort_key IS NOT NULL", "sort_key", "AND due_at <= $2")
_NEXT_DUE = " UNION ALL ".join(
    f"SELECT min(due_at) AS due_at FROM leads WHERE campaign = $1 AND part = $2 AND state = 'open' "  # noqa: S608
    f"AND agent IS NULL AND sort_key IS NULL AND priority = {band}"
    for band in PRIORITIES
)
_NEXT_PROMISED = """SELECT min(due_at) AS due_at FROM leads
    WHERE campaign = $1 AND state = 'open' AND agent IS NOT NULL"""
_DUE_CALLBACKS = "SELECT id, due_at FROM leads WHERE campaign = $1 AND state = 'open' AND {whose}"
_ASKED = """SELECT k.settings, EXISTS(SELECT 1 FROM leads l WHERE l.campaign = $1 AND l.state = 'open'
    AND l.agent IS NOT NULL AND l.due_at <= $2), k.version FROM campaigns k WHERE k.id = $1"""
_GUARD = """WHERE EXISTS (SELECT 1 FROM campaigns k WHERE k.id = $1 AND k.version = $6)
    AND NOT EXISTS (SELECT 1 FROM leads c WHERE c.campaign = $1 AND c.state = 'open' AND c.agent IS NOT NULL
        AND c.due_at <= $2)"""
_CLAIMED = "UPDATE leads SET state = 'claimed', claimed_by = $1, listed = TRUE WHERE id IN {ids}"
_ROUNDS_MAX = 20  # a list without usable numbers is cleared over several claims, not in one long transaction

LEAD_COLUMNS = """l.id, l.campaign, l.person, l.attempts, l.segment, l.p_answer, p.id, p.number, p.country, p.zones,
    p.type, p.quality, p.machines, l.result, l.streak, l.agent, p.answers, p.calls"""
_DEAD = ", ".join(f"'{one}'" for one in sorted(DEAD))
USABLE = f"p.state = 'valid' AND p.consent <> 'refused' AND p.quality NOT IN ({_DEAD})"


_ALIVE = "(l.expires_at IS NULL OR l.expires_at > $2)"


async def claim(session: Session, commands: Sequence[ClaimLeads], moment: Moment) -> list[LeadsClaimed]:
    """Claim for each command, in order."""
    return [await _claim(session, command, moment) for command in commands]


async def _claim(session: Session, command: ClaimLeads, moment: Moment) -> LeadsClaimed:
    """Up to `count` due leads that have a usable number. Those without one are finished on the way."""
    quick = await _quick(session, command, moment)
    if len(quick) == command.count:
        return LeadsClaimed(command.campaign, tuple(quick), None)
    command = replace(command, count=command.count - len(quick))
    selection, promised = await _asked(session, command.campaign, moment)
    claimed = await _left_over(session, command, moment, selection) if promised else []
    if selection.sorts:
        await ripen(session, command.campaign, selection, moment.now)
    for _ in range(_ROUNDS_MAX):
        wanted = command.count - len(claimed)
        if wanted <= 0:
            break
        leads, ids = await _take(session, command.campaign, wanted, moment, selection)
        if not ids:
            if await fetch_astray(session, command.campaign, selection, moment.now) == 0:
                break
            continue
        claimed += [leads[one] for one in ids if one in leads]
        await _settle(session, [one for one in ids if one not in leads], moment.now)
    short = len(claimed) < command.count
    due_at = await _next_due(session, command.campaign, selection) if short else None
    return LeadsClaimed(command.campaign, (*quick, *claimed), due_at)


async def _asked(session: Session, campaign: CampaignId, moment: Moment) -> tuple[Selection, bool]:
    """How the campaign chooses, and whether a callback is due."""
    rows = await session.all(_ASKED, campaign, moment.now)
    if not rows:
        return Selection(), False
    selection = selection_in_force(rows[0][0], moment.now)
    if selection.places:
        moment.plain.pop(campaign, None)
    else:
        moment.plain[campaign] = int(rows[0][2])
    return selection, bool(rows[0][1])


async def _quick(session: Session, command: ClaimLeads, moment: Moment) -> list[Lead]:
    """On a server, in one statement where nothing but time decides; fewer leads, or none, where something else does."""
    version = moment.plain.get(command.campaign)
    if session.sqlite or version is None or command.count <= 0:
        return []
    sql = _taken_postgres(sorts=False, guarded=True)
    leads, ids = _chosen(await session.all(sql, command.campaign, moment.now, command.count, 0, moment.cell, version))
    await _settle(session, [one for one in ids if one not in leads], moment.now)
    return [leads[one] for one in ids if one in leads]


async def claim_callbacks(
    session: Session, commands: Sequence[ClaimCallbacks], moment: Moment
) -> list[CallbacksClaimed]:
    """The callbacks of agents whose time has come, at most one for each agent."""
    answers = []
    for command in commands:
        rows = await session.all(
            f"""SELECT id, agent FROM leads WHERE campaign = $1 AND state = 'open' AND agent IN {session.listed("$2")}
                AND due_at <= $3 ORDER BY due_at, id LIMIT 1000""",  # noqa: S608 - our own names
            command.campaign, session.packed(list(command.agents)), moment.now,
        )  # fmt: skip
        first = {agent: LeadId(lead) for lead, agent in reversed(rows)}
        leads = await _take_promised(session, list(first.values()), moment)
        answers.append(CallbacksClaimed(command.campaign, tuple(leads)))
    return answers


async def _left_over(session: Session, command: ClaimLeads, moment: Moment, selection: Selection) -> list[Lead]:
    """Callbacks that are anybody's, promised so or because their agent has not come: they go before all other leads."""
    rows = await session.all(
        f"""SELECT id FROM ({_DUE_CALLBACKS.format(whose="agent = 0 AND due_at <= $2")} UNION ALL
            {_DUE_CALLBACKS.format(whose="agent > 0 AND due_at <= $3")}) AS callbacks ORDER BY due_at, id LIMIT $4""",  # noqa: S608 - our own words
        command.campaign, moment.now, moment.now - selection.callback_grace_s, command.count,
    )  # fmt: skip
    leads = await _take_promised(session, [LeadId(lead) for (lead,) in rows], moment)
    return [replace(lead, agent=None) for lead in leads]


async def _take_promised(session: Session, ids: Sequence[LeadId], moment: Moment) -> list[Lead]:
    if not ids:
        return []
    taken = await session.all(
        f"""UPDATE leads SET state = 'claimed', claimed_by = $1, listed = TRUE
        WHERE id IN {session.listed("$2")} AND state = 'open' RETURNING id""",  # noqa: S608 - our own names
        moment.cell, session.packed(ids),
    )  # fmt: skip
    ours = {LeadId(lead) for (lead,) in taken}
    leads = await usable(session, [one for one in ids if one in ours], moment.now)
    await _settle(session, [one for one in ids if one in ours and one not in leads], moment.now)
    return [leads[one] for one in ids if one in leads]


Taken = tuple[dict[LeadId, Lead], list[LeadId]]  # those with a usable number, and all in their order


async def _take(session: Session, campaign: CampaignId, count: int, moment: Moment, selection: Selection) -> Taken:
    """The next leads, marked as this cell's: from each part of the mix its portion, then from whichever has more."""
    left = await moment.quotas.left(session, campaign, selection, moment.now)
    closed = [part for part, most in left.items() if most == 0]
    leads, ids = dict[LeadId, Lead](), list[LeadId]()
    asked = portions(selection, count, moment.now % 1, closed)
    if selection.parts:
        asked += [(n, count) for n in range(len(selection.parts) + 1) if n not in closed]
    for part, portion in asked:
        if (size := min(portion, count - len(ids), left.get(part, count))) > 0:
            found, some = await _take_from(session, campaign, moment, part=part, count=size, sorts=selection.sorts)
            leads |= found
            ids += some
            if part in left:
                left[part] -= len(found)
                moment.quotas.handed(campaign, part, len(found))
    return leads, ids


async def _take_from(
    session: Session, campaign: CampaignId, moment: Moment, *, part: int, count: int, sorts: bool
) -> Taken:
    if session.sqlite:
        due = await session.all(_due_sqlite(sorts=sorts), campaign, moment.now, count, part)
        ids = [LeadId(lead) for lead, *_ in due]
        await session.run(_CLAIMED.format(ids=session.listed("$2")), moment.cell, session.packed(ids))
        return await usable(session, ids, moment.now), ids
    sql = _taken_postgres(sorts=sorts)
    return _chosen(await session.all(sql, campaign, moment.now, count, part, moment.cell))


def _chosen(rows: Sequence[Row]) -> Taken:
    """The leads of rows of lead and number, where a lead without a usable number has one row without it."""
    found: dict[LeadId, list[Row]] = {}
    for row in rows:
        found.setdefault(LeadId(row[0]), []).append(row)
    leads = {lead: lead_of(_whose_turn(some)) for lead, some in found.items() if some[0][6] is not None}
    return leads, list(found)


@cache
def _due_sqlite(*, sorts: bool) -> str:
    """The query for the next leads of a part: id, priority, and what they are ordered by."""
    which, order, due = _BY_KEY if sorts else _BY_TIME
    bands = (
        f"""SELECT * FROM (SELECT id, priority, {order} AS place FROM leads
            WHERE {_WHERE.format(which=which, band=band)} {due} ORDER BY {order}, id LIMIT $3) AS band{band}"""  # noqa: S608
        for band in PRIORITIES
    )
    return " UNION ALL ".join(bands) + " ORDER BY priority, place, id LIMIT $3"


@cache
def _taken_postgres(*, sorts: bool, guarded: bool = False) -> str:
    """The same, marked as taken and with their numbers: one statement, since each is a way to the server and back."""
    which, order, due = _BY_KEY if sorts else _BY_TIME
    return f"""WITH due AS (SELECT due.id, due.place
            FROM generate_series({PRIORITIES.start}, {PRIORITIES.stop - 1}) AS band
            CROSS JOIN LATERAL (SELECT id, {order} AS place FROM leads
                WHERE {_WHERE.format(which=which, band="band")} {due}
                ORDER BY {order}, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
            {_GUARD if guarded else ""} LIMIT $3),
        taken AS (UPDATE leads SET state = 'claimed', claimed_by = $5, listed = TRUE
            FROM due WHERE leads.id = due.id RETURNING leads.*, due.place)
        SELECT {LEAD_COLUMNS}, l.phone FROM taken l LEFT JOIN phones p ON p.person = l.person AND {USABLE}
            AND (p.due_at IS NULL OR p.due_at <= $2) AND {_ALIVE}
            AND NOT {FOR_GOOD}
        ORDER BY l.priority, l.place, l.id, p.rank, p.id"""  # noqa: S608 - our own numbers


# ---------------------------------------------------------------- the number to try


async def usable(session: Session, ids: Sequence[LeadId], now: float) -> dict[LeadId, Lead]:
    """The leads with the number to try next; those that have no usable number now, or are expired, are left out."""
    return await with_numbers(session, ids, now=now, alive=_ALIVE)


async def with_numbers(
    session: Session, ids: Sequence[LeadId], *, now: float, alive: str = "$2 = $2"
) -> dict[LeadId, Lead]:
    """The leads with the number to try next; those that have no usable number are left out."""
    sql = f"""SELECT {LEAD_COLUMNS}, l.phone FROM leads l JOIN phones p ON p.person = l.person
        WHERE l.id IN {session.listed("$1")} AND {USABLE} AND (p.due_at IS NULL OR p.due_at <= $2) AND {alive}
            AND NOT {FOR_GOOD}
        ORDER BY l.id, p.rank, p.id"""  # noqa: S608 - our own names
    return _chosen(await session.all(sql, session.packed(ids), now))[0]


def _whose_turn(rows: Sequence[Row]) -> Row:
    """The number that was asked for; else they take turns with the lead's attempts."""
    asked = rows[0][-1]
    if asked is not None:
        for row in rows:
            if row[6] == asked:
                return row
    return rows[rows[0][3] % len(rows)]


def lead_of(row: Row) -> Lead:
    """A row of lead and phone, by LEAD_COLUMNS, as the core's value."""
    return Lead(
        id=LeadId(row[0]),
        campaign=CampaignId(row[1]),
        person=PersonId(row[2]),
        attempts=row[3],
        segment=row[4],
        p_answer=row[5],
        phone=PhoneId(row[6]),
        number=row[7],
        country=row[8],
        zones=zones_of(row[9]),
        phone_type=row[10],
        quality=row[11],
        machines=row[12],
        result=row[13],
        streak=row[14],
        agent=None if row[15] is None else AgentId(row[15]),
        answered_before=row[16],
        called_before=row[17],
    )


@cache
def zones_of(text: str) -> tuple[str, ...]:
    """Zones as the table keeps them."""
    return tuple(json.loads(text))


async def _settle(session: Session, ids: Sequence[LeadId], now: float) -> None:
    """What becomes of leads that have no number now: they wait for one that is not due, or are finished."""
    if not ids:
        return
    sql = f"""SELECT l.id, l.expires_at, min(p.due_at) FROM leads l LEFT JOIN phones p ON p.person = l.person
            AND {USABLE} AND p.due_at > $2 AND NOT {FOR_GOOD}
        WHERE l.id IN {session.listed("$1")} GROUP BY l.id, l.expires_at"""  # noqa: S608 - our own names
    waits, over = list[tuple[object, ...]](), list[tuple[object, ...]]()
    for lead, expires_at, due_at in await session.all(sql, session.packed(ids), now):
        if expires_at is not None and expires_at <= now:
            over.append((EXPIRED, lead))
        elif due_at is None:
            over.append((NO_NUMBER, lead))
        else:
            waits.append((due_at, NUMBER_NOT_DUE, lead))
    await session.many(
        """UPDATE leads SET state = 'open', claimed_by = NULL, due_at = $1, result = $2, sort_key = NULL
        WHERE id = $3""",
        waits,
    )
    await session.many(
        "UPDATE leads SET state = 'finished', claimed_by = NULL, due_at = NULL, result = $1 WHERE id = $2", over
    )


async def _next_due(session: Session, campaign: CampaignId, selection: Selection) -> float | None:
    times: list[float] = []
    for part in range(len(selection.parts) + 1):
        times += [due_at for (due_at,) in await session.all(_NEXT_DUE, campaign, part) if due_at is not None]
    [(promised,)] = await session.all(_NEXT_PROMISED, campaign)
    return min([*times, *([promised] if promised is not None else [])], default=None)
