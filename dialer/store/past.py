"""The earlier calls that rules count, for those about to be made: of the person or the number, as far back as needed.

Told as they were; what counts is decided elsewhere. Lines by which somebody was brought into a talk are among them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dialer.core.ids import CallId, CampaignId, LeadId
from dialer.core.model import Campaign, Category
from dialer.core.nature import rang
from dialer.core.outcomes import OUTCOMES, EndedBy
from dialer.core.packs.schema import MEMORY_DAYS, Dial
from dialer.core.past import reached
from dialer.core.rules import DAY_S
from dialer.store.codec import from_json
from dialer.store.database import Database, Row, Session

Said = Mapping[tuple[int, str], Category]  # by campaign and disposition code

_RESERVED = """SELECT r.call AS asked_for, r.person, r.number, l.account, k.client, l.id AS lead
    FROM reservations r JOIN leads l ON l.id = r.lead JOIN campaigns k ON k.id = r.campaign WHERE r.call IN {calls}"""
_OF_LEAD = """SELECT l.id AS asked_for, l.person, CAST($1 AS text) AS number, l.account, k.client, l.id AS lead
    FROM leads l JOIN campaigns k ON k.id = l.campaign WHERE l.id = $3"""
# A call about an unknown account may have been about this one. One index each for person and number.
_PAST = """SELECT a.asked_for, c.placed_at, c.ended_at, c.bridged_at, c.answered_at, c.outcome, c.campaign,
    c.disposition, c.person = a.person, coalesce(o.account = a.account, 1 = 1), c.number = a.number,
    c.client = a.client, coalesce(c.lead = a.lead, 1 = 1), c.message_at IS NOT NULL,
    c.ringing_at IS NOT NULL OR c.answered_at IS NOT NULL OR c.ended_at IS NULL, c.ended_by, c.caller_id
    FROM asked a JOIN calls c ON {same} AND c.placed_at > $2 LEFT JOIN leads o ON o.id = c.lead"""
# A line beside a call: which account, and which lead, was spoken of there, nobody told: it may have been this one.
_BESIDE = """SELECT a.asked_for, o.placed_at, o.ended_at, o.answered_at, o.answered_at,
    CASE WHEN o.answered_at IS NULL THEN 'unknown' END, o.campaign, '',
    coalesce(o.person = a.person, 1 = 0), 1 = 1, o.number = a.number, o.client = a.client, 1 = 1, 1 = 0,
    o.answered_at IS NOT NULL, NULL, ''
    FROM asked a JOIN lines_out o ON (o.number = a.number OR o.person = a.person) AND o.placed_at > $2"""
_ALL = (
    "WITH asked AS ({asked}) "
    + _PAST.format(same="c.person = a.person")
    + " UNION ALL "
    + _PAST.format(same="c.number = a.number AND c.person <> a.person")
    + " UNION ALL "
    + _BESIDE
)


async def of_reserved(session: Session, calls: Sequence[CallId], now: float) -> dict[int, tuple[Dial, ...]]:
    """By reserved call, oldest first."""
    asked = _RESERVED.format(calls=session.listed("$1"))
    return await dials_of(session, asked, session.packed(calls), now - MEMORY_DAYS * DAY_S)


async def of_lead(database: Database, lead: LeadId, number: str, now: float) -> tuple[Dial, ...]:
    """What a reservation of the lead's number would find, oldest first."""
    async with database.reading() as connection:
        found = await dials_of(Session(connection), _OF_LEAD, number, now - MEMORY_DAYS * DAY_S, lead)
    return found.get(lead, ())


async def dials_of(session: Session, asked: str, *values: object) -> dict[int, tuple[Dial, ...]]:
    rows = await session.all(_ALL.format(asked=asked), *values)
    said = await _said(session, {row[6] for row in rows if row[7]})
    dials: dict[int, list[Dial]] = {}
    for row in sorted(rows, key=lambda row: row[1]):
        dials.setdefault(row[0], []).append(_dial(row, said))
    return {call: tuple(found) for call, found in dials.items()}


def _dial(row: Row, said: Said) -> Dial:
    _, placed_at, ended_at, bridged_at, answered_at, outcome, campaign, disposition, *same, ended_by, caller_id = row
    person, account, number, client, lead, message, heard = map(bool, same)
    ended = OUTCOMES[outcome] if outcome else None
    return Dial(
        at=placed_at,
        over_at=ended_at or bridged_at or answered_at or placed_at,
        reached=reached(
            ended,
            said.get((campaign, disposition)),
            answered=answered_at is not None,
            bridged=bridged_at is not None,
        ),
        person=person,
        account=account,
        number=number,
        client=client,
        lead=lead,
        message=message,
        rang=rang(ended, heard=heard, ended_by=EndedBy(ended_by) if ended_by else None),
        caller_id=caller_id,
    )


async def _said(session: Session, campaigns: set[CampaignId]) -> Said:
    """What the disposition codes of these campaigns mean."""
    if not campaigns:
        return {}
    sql = f"SELECT id, settings FROM campaigns WHERE id IN {session.listed('$1')}"  # noqa: S608 - our own names
    rows = await session.all(sql, session.packed(sorted(campaigns)))
    return {(campaign, code): category for campaign, settings in rows for code, category in _categories(settings)}


@lru_cache(maxsize=512)
def _categories(settings: str) -> tuple[tuple[str, Category], ...]:
    return tuple((one.code, one.category) for one in from_json(Campaign, settings).dispositions)
