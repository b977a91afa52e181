"""Which leads come next: the due ones by priority band, then time, then id, each given to one cell alone.

A claimed lead comes with the one number to try: its usable numbers by rank take turns with its attempts. Whether it
may be dialled at that moment is not decided here.
"""

import json
from collections.abc import Sequence

from dialer.core.ids import CampaignId, LeadId, PersonId, PhoneId
from dialer.core.messages import ClaimLeads, LeadsClaimed
from dialer.core.model import Lead
from dialer.store.batch import Moment
from dialer.store.database import Row, Session
from dialer.store.schema import PRIORITIES

NO_NUMBER = "no_number"  # the result of a lead none of whose numbers can be used

# One index range for each band, never a sort over all due leads: the best bands may hold millions that are not due yet.
_BAND = """SELECT * FROM (SELECT id, priority, due_at FROM leads
    WHERE campaign = $1 AND part = 0 AND state = 'open' AND agent IS NULL AND sort_key IS NULL AND priority = {band}
        AND due_at <= $2
    ORDER BY due_at, id LIMIT $3) AS band{band}"""
_DUE_SQLITE = (
    " UNION ALL ".join(_BAND.format(band=band) for band in PRIORITIES) + " ORDER BY priority, due_at, id LIMIT $3"
)
_DUE_POSTGRES = f"""SELECT due.id, due.priority, due.due_at
    FROM generate_series({PRIORITIES.start}, {PRIORITIES.stop - 1}) AS band
    CROSS JOIN LATERAL (SELECT id, priority, due_at FROM leads
        WHERE campaign = $1 AND part = 0 AND state = 'open' AND agent IS NULL AND sort_key IS NULL
            AND priority = band AND due_at <= $2
        ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
    LIMIT $3"""  # noqa: S608 - our own numbers
_NEXT_DUE = " UNION ALL ".join(
    f"SELECT min(due_at) AS due_at FROM leads WHERE campaign = $1 AND part = 0 AND state = 'open' "  # noqa: S608
    f"AND agent IS NULL AND sort_key IS NULL AND priority = {band}"
    for band in PRIORITIES
)
_ROUNDS_MAX = 20  # a list without usable numbers is cleared over several claims, not in one long transaction


async def claim(session: Session, commands: Sequence[ClaimLeads], moment: Moment) -> list[LeadsClaimed]:
    """Claim for each command, in order."""
    return [await _claim(session, command, moment) for command in commands]


async def _claim(session: Session, command: ClaimLeads, moment: Moment) -> LeadsClaimed:
    """Up to `count` due leads that have a usable number. Those without one are finished on the way."""
    claimed: list[Lead] = []
    for _ in range(_ROUNDS_MAX):
        wanted = command.count - len(claimed)
        ids = await _take(session, command.campaign, wanted, moment) if wanted > 0 else []
        if not ids:
            break
        leads = await with_numbers(session, ids)
        claimed += [leads[one] for one in ids if one in leads]
        await _finish(session, [one for one in ids if one not in leads])
    due_at = None if len(claimed) == command.count else await _next_due(session, command.campaign)
    return LeadsClaimed(command.campaign, tuple(claimed), due_at)


async def _take(session: Session, campaign: CampaignId, count: int, moment: Moment) -> list[LeadId]:
    sql = _DUE_SQLITE if session.sqlite else _DUE_POSTGRES
    due = await session.all(sql, campaign, moment.now, count)
    ids = [LeadId(lead) for lead, *_ in sorted(due, key=lambda row: (row[1], row[2], row[0]))]
    await session.run(
        f"UPDATE leads SET state = 'claimed', claimed_by = $1, listed = TRUE WHERE id IN {session.listed('$2')}",  # noqa: S608
        moment.cell, session.packed(ids),
    )  # fmt: skip
    return ids


async def with_numbers(session: Session, ids: Sequence[LeadId]) -> dict[LeadId, Lead]:
    """The leads with the number to try next; those that have no usable number are left out."""
    usable: dict[LeadId, list[Row]] = {}
    sql = f"""SELECT l.id, l.campaign, l.person, l.attempts, l.segment, l.p_answer, p.id, p.number, p.country, p.zones
        FROM leads l JOIN phones p ON p.person = l.person
        WHERE l.id IN {session.listed("$1")} AND p.state = 'valid'
            AND NOT EXISTS (SELECT 1 FROM do_not_call d WHERE d.number = p.number)
        ORDER BY l.id, p.rank, p.id"""  # noqa: S608 - our own names
    for row in await session.all(sql, session.packed(ids)):
        usable.setdefault(LeadId(row[0]), []).append(row)
    return {lead: lead_of(rows[rows[0][3] % len(rows)]) for lead, rows in usable.items()}


def lead_of(row: Row) -> Lead:
    """A row of lead and phone as the core's value."""
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
        zones=tuple(json.loads(row[9])),
    )


async def _finish(session: Session, ids: Sequence[LeadId]) -> None:
    await session.many(
        "UPDATE leads SET state = 'finished', claimed_by = NULL, due_at = NULL, result = $1 WHERE id = $2",
        [(NO_NUMBER, lead) for lead in ids],
    )


async def _next_due(session: Session, campaign: CampaignId) -> float | None:
    times = [due_at for (due_at,) in await session.all(_NEXT_DUE, campaign) if due_at is not None]
    return min(times, default=None)
