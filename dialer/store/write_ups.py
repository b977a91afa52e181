"""Calls whose wrap-up was over before all was said: what is known of them, and how they stand. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CallId
from dialer.core.model import CallRecord, Lead
from dialer.store.database import Database, Session
from dialer.store.restore import leads_of, record_of
from dialer.store.rows import WrapUp
from dialer.store.writes import CALL_COLUMNS

_CALL = f"SELECT {', '.join(CALL_COLUMNS)} FROM calls WHERE id = $1"  # noqa: S608 - our own names
_SINCE = """SELECT EXISTS(SELECT 1 FROM calls WHERE lead = $1 AND reserved_at > $2 AND placed_at IS NOT NULL),
    EXISTS(SELECT 1 FROM reservations WHERE lead = $1)"""
# Of each call the last that was said, and whether something of it waits for its agent.
_STANDING = """SELECT c.id,
    coalesce((SELECT d.standing FROM drafts d WHERE d.call = c.id AND d.agent = c.agent AND d.waits), ''),
    coalesce((SELECT s.unconfirmed FROM dispositions s WHERE s.call = c.id ORDER BY s.id DESC LIMIT 1), FALSE)
    FROM calls c WHERE c.id IN {calls}"""


@dataclass(frozen=True, slots=True)
class ToWriteUp:
    """A call that is over. `last`: nobody was called for its lead since, and that is in the same campaign still."""

    record: CallRecord
    lead: Lead
    last: bool


class WriteUps:
    """Reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, call: CallId) -> ToWriteUp | None:
        """What the engine must know to keep what is said of the call; None where call or lead is not kept any more."""
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all(_CALL, call)
            if not rows:
                return None
            record = record_of(rows[0])
            leads = await leads_of(session, (record,))
            [(called, being)] = await session.all(_SINCE, record.lead, record.reserved_at)
        if not leads:
            return None
        last = not (called or being) and leads[0].campaign == record.campaign
        return ToWriteUp(record, leads[0], last)

    async def standing(self, calls: Sequence[CallId]) -> dict[CallId, WrapUp]:
        """How the wrap-ups of the calls stand; those alone are told that ran out."""
        if not calls:
            return {}
        async with self._database.reading() as connection:
            session = Session(connection)
            rows = await session.all(_STANDING.format(calls=session.listed("$1")), session.packed(list(calls)))
        said = {CallId(call): WrapUp(standing or ("unconfirmed" if taken else "")) for call, standing, taken in rows}
        return {call: standing for call, standing in said.items() if standing}
