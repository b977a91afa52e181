"""What is known of calls beside their records, in one look: names, notes, what was said of them. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId
from dialer.store.database import Database, Session

_FACTS = """SELECT c.id, c.campaign, c.client, c.lead, c.agent, c.number, c.outcome, c.disposition, c.reserved_at,
    c.placed_at, c.answered_at, c.bridged_at, c.ended_at, c.rule, c.trunk, c.caller_id, c.ended_by, c.mode,
    coalesce(g.name, ''), coalesce(a.name, ''), coalesce(p.name, ''), coalesce(p.country, ''),
    coalesce(o.external_id, '')
    FROM calls c LEFT JOIN campaigns g ON g.id = c.campaign LEFT JOIN agents a ON a.id = c.agent
    LEFT JOIN people p ON p.id = c.person LEFT JOIN leads l ON l.id = c.lead LEFT JOIN accounts o ON o.id = l.account
    WHERE c.id IN {calls}"""
_NOTES = "SELECT call, code, notes FROM dispositions WHERE call IN {calls} ORDER BY id"
_HELD = """SELECT sum(until - since) FROM spells WHERE agent = $1 AND since >= $2
    AND since <= CAST($3 AS double precision) AND call = $4 AND state = 'holding'"""
_SAID_SINCE = "SELECT id, call FROM dispositions WHERE id > $1 ORDER BY id LIMIT $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """A call as somebody who looks for it may remember it. Times are seconds since 1970."""

    call: CallId
    campaign: CampaignId
    client: ClientId
    lead: LeadId
    agent: AgentId | None
    number: str
    outcome: str
    disposition: str
    reserved_at: float
    placed_at: float | None
    answered_at: float | None
    bridged_at: float | None
    ended_at: float | None
    rule: str
    trunk: str
    caller_id: str
    ended_by: str
    mode: str
    campaign_name: str
    agent_name: str
    person_name: str
    country: str
    account: str
    codes: tuple[str, ...] = ()  # every disposition, the last one last
    notes: tuple[str, ...] = ()


class CallFactsReader:
    """Reads them for many calls at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, calls: Sequence[CallId]) -> dict[CallId, CallFacts]:
        """Those of the calls that are known."""
        async with self._database.reading() as connection:
            session = Session(connection)
            packed, listed = session.packed(calls), session.listed("$1")
            rows = await session.all(_FACTS.format(calls=listed), packed)
            said = await session.all(_NOTES.format(calls=listed), packed)
        codes: dict[int, list[str]] = {}
        notes: dict[int, list[str]] = {}
        for call, code, note in said:
            codes.setdefault(call, []).append(code)
            if note:
                notes.setdefault(call, []).append(note)
        return {CallId(row[0]): _facts(row, tuple(codes.get(row[0], ())), tuple(notes.get(row[0], ()))) for row in rows}

    async def hold_s(self, calls: Sequence[CallFacts]) -> dict[CallId, float]:
        """How long each call's agent had the person on hold, as the agent's spells tell."""
        held: dict[CallId, float] = {}
        async with self._database.reading() as connection:
            session = Session(connection)
            for one in calls:
                if one.agent is not None and one.bridged_at is not None:
                    rows = await session.all(_HELD, one.agent, one.bridged_at, one.ended_at, one.call)
                    held[one.call] = float(rows[0][0] or 0.0)
        return held

    async def said_since(self, last: int, limit: int = 1000) -> tuple[int, tuple[CallId, ...]]:
        """The calls of which agents said something after that saying, and the last saying looked at."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(_SAID_SINCE, last, limit)
        return (int(rows[-1][0]) if rows else last, tuple(dict.fromkeys(CallId(call) for _, call in rows)))

    async def last_saying(self) -> int:
        """The number of the newest saying; 0 for none."""
        async with self._database.reading() as connection:
            [(last,)] = await Session(connection).all("SELECT coalesce(max(id), 0) FROM dispositions")
        return int(last)


def _facts(row: Sequence[object], codes: tuple[str, ...], notes: tuple[str, ...]) -> CallFacts:
    names = tuple(CallFacts.__dataclass_fields__)[: len(row)]
    values = dict(zip(names, row, strict=True))
    for name in ("outcome", "ended_by"):
        values[name] = values[name] or ""
    return CallFacts(**values, codes=codes, notes=notes)  # type: ignore[arg-type]  # the query's columns are the fields
