"""What clients tell of accounts, kept in one transaction with its effect: balances, stops, and the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dialer.core.accounts import AccountEvent, AccountEventKind, effect_of
from dialer.core.ids import ClientId, LeadId
from dialer.core.packs.schema import Kept
from dialer.store.compliance import About, Told, add
from dialer.store.database import Database, Session
from dialer.store.placement import place_again
from dialer.store.promises import credit_account
from dialer.store.restrictions import resume_leads, stop_leads

CHUNK = 500  # events in one transaction, so that the engine never waits long behind a file
_ACCOUNTS = "SELECT external_id, id, person, balance FROM accounts WHERE client = $1 AND external_id IN {accounts}"
_TOLD = "SELECT event FROM account_events WHERE client = $1 AND event IN {events}"
_NOTE = "INSERT INTO account_events (client, event, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_FIGURES = """UPDATE accounts SET balance = coalesce(CAST($1 AS text), balance),
    days_past_due = coalesce(CAST($2 AS integer), days_past_due), updated_at = $3 WHERE id = $4"""
_STOP = """INSERT INTO restrictions (person, account, kind, value, at, until, source)
    VALUES ($1, $2, $3, '', $4, $5, $6)"""
_LIFT = """UPDATE restrictions SET until = $1 WHERE account = $2 AND (until IS NULL OR until > $1)
    AND kind IN {kinds} RETURNING kind"""


@dataclass(slots=True)
class Applied:
    """What became of events: `unknown` accounts are told by their places in what was given."""

    applied: int = 0
    repeated: int = 0
    unknown: list[int] = field(default_factory=list)
    changed: list[LeadId] = field(default_factory=list)  # leads whose account changed
    stopped: list[LeadId] = field(default_factory=list)  # of them, those not to be called any more


class AccountEvents:
    """What clients tell of accounts."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell

    async def apply(self, client: ClientId, events: Sequence[AccountEvent], source: str, now: float) -> Applied:
        """Apply events in their order; each holds from the very next reservation on, and one told before is left out.

        `source` is who told them. Raises StoreError: then some chunks of CHUNK events are applied and the rest is
        not; to tell all of them again is safe where they have ids.
        """
        applied = Applied()
        for begin in range(0, len(events), CHUNK):
            chunk = events[begin : begin + CHUNK]
            async with self._database.writing() as session:
                work = _Chunk(session, client, source, now)
                found = await work.apply(chunk)
                await place_again(session, list(dict.fromkeys(found.changed)), now)
                await add(session, self._cell, work.entries)
            applied.applied += found.applied
            applied.repeated += found.repeated
            applied.unknown += [begin + place for place in found.unknown]
            applied.changed += found.changed
            applied.stopped += found.stopped
        return applied


class _Chunk:
    """Some events in one transaction."""

    def __init__(self, session: Session, client: ClientId, source: str, now: float) -> None:
        self._session = session
        self._client = client
        self._source = source
        self._now = now
        self.entries: list[Told] = []

    async def apply(self, events: Sequence[AccountEvent]) -> Applied:
        session, applied = self._session, Applied()
        sql = _ACCOUNTS.format(accounts=session.listed("$2", "text"))
        rows = await session.all(sql, self._client, session.packed(sorted({one.account for one in events})))
        accounts = {row[0]: _Account(row[1], row[2], None if row[3] is None else Decimal(row[3])) for row in rows}
        ids = session.packed([one.id for one in events if one.id])
        sql = _TOLD.format(events=session.listed("$2", "text"))
        told = {event for (event,) in await session.all(sql, self._client, ids)}
        for place, event in enumerate(events):
            account = accounts.get(event.account)
            if event.id and event.id in told:
                applied.repeated += 1
            elif account is None:
                applied.unknown.append(place)
            else:
                await self._one(event, account, applied)
                applied.applied += 1
                told.add(event.id)
        notes = [(self._client, one.id, self._now) for one in events if one.id and one.account in accounts]
        await session.many(_NOTE, notes)
        return applied

    async def _one(self, event: AccountEvent, account: "_Account", applied: Applied) -> None:
        session, now = self._session, self._now
        effect = effect_of(event, account.balance, now)
        if effect.balance is not None or event.days_past_due is not None:
            after = str(effect.balance) if effect.balance is not None else None
            await session.run(_FIGURES, after, event.days_past_due, now, account.id)
            account.balance = effect.balance if effect.balance is not None else account.balance
        if event.kind is AccountEventKind.PAYMENT and event.amount is not None:
            await credit_account(session, account.id, event.amount, now)
        if effect.stop is Kept.PAID:
            await credit_account(session, account.id, None, now)
        rows = await session.all("SELECT id FROM leads WHERE account = $1 ORDER BY id", account.id)
        leads = [LeadId(lead) for (lead,) in rows]
        applied.changed += leads
        if effect.lifts:
            await self._lift(account, sorted(effect.lifts), leads)
        if effect.stop is not None:
            values = (account.person, account.id, effect.stop.value, now, effect.until, self._source)
            await session.run(_STOP, *values)
            await stop_leads(session, leads, effect.stop, effect.until)
            applied.stopped += leads
            about = About(account.person, leads[0] if leads else 0, "")
            self.entries.append(Told(kind="kept", at=now, rule=effect.stop, body=self._source, about=about))

    async def _lift(self, account: "_Account", kinds: Sequence[Kept], leads: Sequence[LeadId]) -> None:
        """End stops of the account; its leads that they took from the lists come back."""
        session, names = self._session, [kind.value for kind in kinds]
        sql = _LIFT.format(kinds=session.listed("$3", "text"))
        ended = {kind for (kind,) in await session.all(sql, self._now, account.id, session.packed(names))}
        if ended:
            await resume_leads(session, leads, [f"stop.{name}" for name in sorted(ended)], self._now)
        about = About(account.person, leads[0] if leads else 0, "")
        self.entries += [
            Told(kind="lifted", at=self._now, rule=kind, body=self._source, about=about) for kind in sorted(ended)
        ]


@dataclass(slots=True)
class _Account:
    """As it stands within the transaction."""

    id: int
    person: int
    balance: Decimal | None
