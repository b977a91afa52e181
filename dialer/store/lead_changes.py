"""Leads changed by other systems: many in one transaction, each with its account's figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dialer.core.ids import CampaignId, ClientId, LeadId
from dialer.store.database import Database, Session
from dialer.store.placement import place_again
from dialer.store.rows import AuditEntry, LeadState

_KNOWN = """SELECT l.id, l.campaign, k.client, l.state, l.account, a.external_id, l.priority, l.due_at, l.expires_at,
    a.balance, a.currency, a.days_past_due, a.fields FROM leads l
    JOIN campaigns k ON k.id = l.campaign LEFT JOIN accounts a ON a.id = l.account WHERE {which}"""
_LEAD = """UPDATE leads SET priority = coalesce(CAST($1 AS integer), priority),
    due_at = CASE WHEN $2 = 'withdrawn' THEN NULL WHEN CAST($3 AS double precision) IS NOT NULL THEN $3
        WHEN $2 = 'open' AND due_at IS NULL THEN CAST($4 AS double precision) ELSE due_at END,
    state = CASE WHEN $2 = 'withdrawn' THEN 'withdrawn' WHEN $2 = 'open' AND state IN ('finished', 'withdrawn')
        THEN 'open' ELSE state END,
    expires_at = coalesce(CAST($5 AS double precision), expires_at) WHERE id = $6"""
_ACCOUNT = """UPDATE accounts SET balance = coalesce(CAST($1 AS text), balance),
    currency = coalesce(CAST($2 AS text), currency), days_past_due = coalesce(CAST($3 AS integer), days_past_due),
    updated_at = $4 WHERE id = $5"""


_TRAIL = "INSERT INTO audit (at, by_whom, action, detail, lead, who) VALUES ($1, $2, $3, $4, $5, $6)"
_OF_LEAD = ("priority", "due_at", "expires_at")
_OF_ACCOUNT = ("balance", "currency", "days_past_due")
_FIGURES = (*_OF_LEAD, *_OF_ACCOUNT)


_CLOSED = frozenset({LeadState.FINISHED, LeadState.WITHDRAWN})  # an opened lead is one of these, or stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChange:
    """What of a lead is to be other; None leaves it. The lead by its id, or by campaign and external id."""

    lead: LeadId | None = None
    campaign: CampaignId | None = None
    external_id: str = ""
    priority: int | None = None
    due_at: float | None = None
    expires_at: float | None = None
    state: str | None = None  # open, withdrawn
    balance: str | None = None
    currency: str | None = None
    days_past_due: int | None = None
    fields: Mapping[str, str] | None = None  # merged into the list's own columns

    @property
    def of_account(self) -> bool:
        figures = (self.balance, self.currency, self.days_past_due, self.fields)
        return any(one is not None for one in figures)


@dataclass(frozen=True, slots=True)
class Known:
    """A lead as it was found."""

    id: LeadId
    campaign: CampaignId
    client: ClientId
    state: LeadState
    account: int | None
    figures: Mapping[str, object]  # what stood, by the names of a change
    own: str  # the list's own columns, as JSON; of an account alone

    def settled(self, change: LeadChange, now: float) -> LeadChange:
        """The change with what follows from it: a lead that is opened without a time is due now."""
        opened = change.state == LeadState.OPEN and change.due_at is None and self.figures["due_at"] is None
        return replace(change, due_at=now) if opened else change

    def difference(self, change: LeadChange) -> tuple[dict[str, object], dict[str, object]]:
        """What a settled change makes other, as it was and as it will be; `fields` are the list's own columns."""
        names = _FIGURES if self.account is not None else _OF_LEAD
        after = {**self.figures, **{name: value for name in names if (value := getattr(change, name)) is not None}}
        if change.state == LeadState.WITHDRAWN:
            after |= {"state": LeadState.WITHDRAWN.value, "due_at": None}
        elif change.state == LeadState.OPEN and self.state in _CLOSED:
            after["state"] = LeadState.OPEN.value
        other = [name for name, value in after.items() if value != self.figures[name]]
        old, new = {name: self.figures[name] for name in other}, {name: after[name] for name in other}
        if change.fields and self.account is not None:
            known = json.loads(self.own)
            columns = {name: value for name, value in change.fields.items() if known.get(name) != value}
            if columns:
                old["fields"], new["fields"] = {name: known.get(name) for name in columns}, columns
        return old, new


class LeadChanges:
    """Changes of leads that come from outside of the engine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, changes: Sequence[LeadChange]) -> list[Known | None]:
        """The lead that each change is about, None where there is none."""
        async with self._database.reading() as connection:
            return await _known(Session(connection), changes)

    async def apply(
        self, changes: Sequence[tuple[Known, LeadChange]], now: float, trail: Sequence[AuditEntry] = ()
    ) -> None:
        """Make the changes, and note what `trail` says of them, together. Raises StoreError: then none was made."""
        async with self._database.writing() as session:
            await session.many(_LEAD, [_lead_row(known, one, now) for known, one in changes])
            of_accounts = [(known.account, one) for known, one in changes if known.account and one.of_account]
            await session.many(
                _ACCOUNT, [(one.balance, one.currency, one.days_past_due, now, account) for account, one in of_accounts]
            )
            for account, one in of_accounts:
                if one.fields is not None and account is not None:
                    await _merge_fields(session, account, one.fields)
            await place_again(session, [known.id for known, _ in changes], now)
            await session.many(
                _TRAIL, [(one.at, one.by_whom, one.action, one.detail, one.lead, one.who) for one in trail]
            )


def _lead_row(known: Known, one: LeadChange, now: float) -> tuple[object, ...]:
    return one.priority, one.state or "", one.due_at, now, one.expires_at, known.id


async def _merge_fields(session: Session, account: int, fields: Mapping[str, str]) -> None:
    [(text,)] = await session.all("SELECT fields FROM accounts WHERE id = $1", account)
    merged = json.dumps({**json.loads(text), **fields}, ensure_ascii=False)
    await session.run("UPDATE accounts SET fields = $1 WHERE id = $2", merged, account)


async def _known(session: Session, changes: Sequence[LeadChange]) -> list[Known | None]:
    found: dict[tuple[int, str], Known] = {}
    ids = [int(one.lead) for one in changes if one.lead is not None]
    if ids:
        sql = _KNOWN.format(which=f"l.id IN {session.listed('$1')}")
        for row in await session.all(sql, session.packed(ids)):
            found[int(row[0]), ""] = _row(row)
    by_campaign: dict[int, list[str]] = {}
    for one in changes:
        if one.lead is None and one.campaign is not None:
            by_campaign.setdefault(one.campaign, []).append(one.external_id)
    for campaign, names in by_campaign.items():
        sql = _KNOWN.format(which=f"l.campaign = $1 AND a.external_id IN {session.listed('$2', 'text')}")
        for row in await session.all(sql, campaign, session.packed(names)):
            found[-campaign, row[5]] = _row(row)
    return [
        found.get((one.lead, "") if one.lead is not None else (-(one.campaign or 0), one.external_id))
        for one in changes
    ]


def _row(row: Sequence[object]) -> Known:
    lead, campaign, client, state, account = row[:5]
    assert isinstance(lead, int)
    assert isinstance(campaign, int)
    assert isinstance(client, int)
    assert account is None or isinstance(account, int)
    figures = {"state": str(state), **dict(zip(_FIGURES, row[6:-1], strict=True))}
    own = str(row[-1] or "{}")
    return Known(LeadId(lead), CampaignId(campaign), ClientId(client), LeadState(str(state)), account, figures, own)
