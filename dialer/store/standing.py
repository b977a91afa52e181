"""How a campaign's list stood at an instant, now or past: open leads counted by attempts and by when they are due.

Of leads that were called later, the table holds what became of them since; their calls are told beside, so that whoever
knows what a call makes of a lead can tell how it stood.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dialer.core.ids import CampaignId, LeadId
from dialer.core.outcomes import OUTCOMES, Outcome
from dialer.store.database import Database, Row, Session

STEP_S = 300.0  # leads due within the same stretch of this length are counted together
AHEAD_MAX_S = 8 * 86_400.0  # what is due later is counted as due then
ATTEMPTS_MAX = 30  # more are counted as so many
SAMPLE = 100_000  # leads of longer lists are counted by a sample of about so many
CALL_MAX_S = 3600.0  # no call is in progress longer than this

# Leads on a call that goes on, or with one that was over later; what was never placed changed nothing of a lead.
_LATER = f"""SELECT lead FROM calls WHERE reserved_at >= $2 - {CALL_MAX_S} AND campaign = $1
    AND (ended_at IS NULL OR (ended_at >= $2 AND placed_at IS NOT NULL))"""  # noqa: S608 - our own number
# One that nobody called since its list came is due since then, or later.
_GROUPS = f"""SELECT attempts, step, count(*) FROM (
        SELECT CASE WHEN l.attempts > {ATTEMPTS_MAX} THEN {ATTEMPTS_MAX} ELSE l.attempts END AS attempts,
            CASE WHEN l.state = 'claimed' OR l.due_at <= $2 THEN -1
                WHEN l.due_at >= $2 + {AHEAD_MAX_S} THEN {round(AHEAD_MAX_S / STEP_S)}
                ELSE {{step}} END AS step
        FROM leads l WHERE l.campaign = $1 AND l.state IN ('open', 'claimed') AND l.part >= 0
            AND (l.import_id IS NULL OR l.import_id NOT IN (SELECT id FROM imports WHERE at > $3))
            AND (l.expires_at IS NULL OR l.expires_at > $2) AND l.id % {{every}} = 0 AND l.id NOT IN ({_LATER})
    ) AS o GROUP BY attempts, step ORDER BY step, attempts"""  # noqa: S608 - our own words
_CALLED = """SELECT c.lead, l.attempts, c.reserved_at, c.ended_at, c.wrapped_at, c.outcome, c.disposition,
        c.number, coalesce(i.at, 0) FROM calls c JOIN leads l ON l.id = c.lead LEFT JOIN imports i ON i.id = l.import_id
    WHERE l.campaign = $1 AND (i.at IS NULL OR i.at <= $3) AND c.campaign = $1 AND c.placed_at IS NOT NULL
        AND c.lead IN {leads} ORDER BY c.lead, c.id"""
_ALL = "SELECT count(*) FROM leads WHERE campaign = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeads:
    """So many leads with so many attempts each, due in `due_in_s` seconds; 0: they are due."""

    attempts: int
    due_in_s: float
    leads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """What one call of a lead came to; `outcome` and `ended_at` are None while it goes on."""

    reserved_at: float
    ended_at: float | None
    wrapped_at: float | None
    outcome: Outcome | None
    disposition: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledLead:
    """A lead with its attempts as they are by now, and all its calls in the campaign that are kept, oldest first."""

    lead: LeadId
    attempts: int
    listed_at: float  # when the list came that told it last; 0 where none did
    calls: tuple[PastCall, ...]


class Standing:
    """How lists stood."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def at(
        self, campaign: CampaignId, at: float, *, until: float | None = None
    ) -> tuple[tuple[OpenLeads, ...], tuple[CalledLead, ...]] | None:
        """Open leads as they have stood since `at`, and those that were called since or were on a call.

        Lists that came later are left out; those that came by `until` are due when they came. None where no lead of
        the campaign is known at all. Of a long list the open leads are known from a sample.
        """
        until = at if until is None else until
        async with self._database.reading() as connection:
            session = Session(connection)
            [[count]] = await session.all(_ALL, campaign)
            if not count:
                return None
            every = max(1, count // SAMPLE)
            step = session.floor(f"(l.due_at - $2) / {STEP_S}")
            groups = await session.all(_GROUPS.format(step=step, every=every), campaign, at, until)
            called = await session.all(_CALLED.format(leads=f"({_LATER})"), campaign, at, until)
        return tuple(_open(row, every) for row in groups), _by_lead(called)

    async def of_leads(self, campaign: CampaignId, leads: Sequence[LeadId], until: float) -> tuple[CalledLead, ...]:
        """Those of the leads that came to the campaign's list by the instant, with all their calls."""
        async with self._database.reading() as connection:
            session = Session(connection)
            sql = _CALLED.format(leads=session.listed("$2"))
            return _by_lead(await session.all(sql, campaign, session.packed(leads), until))


def _open(row: Row, every: int) -> OpenLeads:
    attempts, step, leads = map(int, row)
    due_in_s = 0.0 if step < 0 else (step + 0.5) * STEP_S
    return OpenLeads(attempts=attempts, due_in_s=due_in_s, leads=leads * every)


def _by_lead(rows: Sequence[Row]) -> tuple[CalledLead, ...]:
    return tuple(_called(LeadId(lead), list(own)) for lead, own in groupby(rows, lambda row: row[0]))


def _called(lead: LeadId, rows: Sequence[Row]) -> CalledLead:
    calls = tuple(
        PastCall(
            reserved_at=reserved_at,
            ended_at=ended_at,
            wrapped_at=wrapped_at,
            outcome=OUTCOMES[outcome] if outcome else None,
            disposition=disposition,
            number=number,
        )
        for _, _, reserved_at, ended_at, wrapped_at, outcome, disposition, number, _ in rows
    )
    return CalledLead(lead=lead, attempts=int(rows[0][1]), listed_at=float(rows[0][8]), calls=calls)
