"""Promises to pay: kept with their call, credited by payments, judged as days pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.promises import Every, PayBy, Promise, PromiseState, credit, judged
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError

_CHUNK = 500
_COLUMNS = (
    "id, call, agent, campaign, at, amount, currency, due_on, instalments, every, pay_by, paid, state, unconfirmed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """A promise as kept, and what became of it."""

    id: int
    campaign: CampaignId
    at: float
    promise: Promise
    paid: Decimal
    state: PromiseState
    unconfirmed: bool = False  # taken when the wrap-up ran out: the agent did not save it


def day_of(now: float) -> date:
    """The day (UTC) on which promises are judged; the grace of `core.promises` is longer than any zone is wide."""
    return datetime.fromtimestamp(now, UTC).date()


class Promises:
    """The promises of all people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, promise: Promise, now: float, *, unconfirmed: bool = False) -> None:
        """Keep what was promised in a call, in place of what was said in it before. Raises NotFoundError (no call)."""
        async with self._database.writing() as session:
            rows = await session.all(
                """SELECT c.campaign, c.person, l.account FROM calls c LEFT JOIN leads l ON l.id = c.lead
                WHERE c.id = $1""",
                promise.call,
            )
            if not rows:
                raise NotFoundError(f"there is no call {promise.call}")
            campaign, person, account = rows[0]
            await session.run(
                """INSERT INTO promises (call, agent, campaign, person, account, at, amount, currency, due_on,
                    instalments, every, pay_by, paid, state, judged_at, unconfirmed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '0', 'open', $6, $13)
                ON CONFLICT (call) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
                    due_on = excluded.due_on, instalments = excluded.instalments, every = excluded.every,
                    pay_by = excluded.pay_by, state = 'open', judged_at = excluded.judged_at,
                    unconfirmed = excluded.unconfirmed""",
                promise.call, promise.agent, campaign, person, account, now, str(promise.amount), promise.currency,
                promise.due_on.isoformat(), promise.instalments, promise.every.value, promise.pay_by.value,
                unconfirmed,
            )  # fmt: skip

    async def of_call(self, call: CallId) -> PromiseRow | None:
        """What was promised in the call, taken back or not."""
        async with self._database.reading() as connection:
            rows = await Session(connection).all(f"SELECT {_COLUMNS} FROM promises WHERE call = $1", call)  # noqa: S608
        return _row(rows[0]) if rows else None

    async def put_back(self, call: CallId, before: PromiseRow | None, now: float) -> None:
        """The call's promise is again what it was before one was kept in its place; None: there was none."""
        if before is not None:
            await self.keep(before.promise, now, unconfirmed=before.unconfirmed)
        async with self._database.writing() as session:
            if before is None:
                await session.run("DELETE FROM promises WHERE call = $1", call)
            else:
                await session.run("UPDATE promises SET state = $1 WHERE call = $2", before.state.value, call)

    async def take_back(self, call: CallId, now: float) -> None:
        """What was promised in the call was a mistake of the agent's; nothing happens where there is none."""
        async with self._database.writing() as session:
            await session.run(
                "UPDATE promises SET state = 'cancelled', judged_at = $1 WHERE call = $2 AND state = 'open'", now, call
            )

    async def of_lead(self, lead: LeadId) -> tuple[PromiseRow, ...]:
        """What the lead's person promised about the lead's account (or about any, where it has none), newest first."""
        sql = f"""SELECT {_COLUMNS} FROM promises WHERE person = (SELECT person FROM leads WHERE id = $1)
            AND (account IS NULL OR account = (SELECT account FROM leads WHERE id = $1)) ORDER BY at DESC, id DESC"""  # noqa: S608
        async with self._database.reading() as connection:
            return tuple(_row(row) for row in await Session(connection).all(sql, lead))

    async def of_agent(self, agent: AgentId, since: float) -> tuple[PromiseRow, ...]:
        """What the agent was promised since then."""
        sql = f"SELECT {_COLUMNS} FROM promises WHERE agent = $1 AND at >= $2 ORDER BY at, id"  # noqa: S608
        async with self._database.reading() as connection:
            return tuple(_row(row) for row in await Session(connection).all(sql, agent, since))

    async def judge(self, now: float) -> int:
        """Look at every open promise that may have fallen due; how many were decided."""
        today, after, decided = day_of(now), 0, 0
        sql = f"""SELECT {_COLUMNS} FROM promises WHERE state = 'open' AND due_on <= $1 AND id > $2
            ORDER BY id LIMIT {_CHUNK}"""  # noqa: S608
        while True:
            async with self._database.writing() as session:
                rows = [_row(row) for row in await session.all(sql, today.isoformat(), after)]
                decided += await _judge(session, rows, today, now)
            if len(rows) < _CHUNK:
                return decided
            after = rows[-1].id


async def credit_account(session: Session, account: int, payment: Decimal | None, now: float) -> None:
    """A payment of the account (None: all was paid) counts for its open promises, the earliest first."""
    sql = f"SELECT {_COLUMNS} FROM promises WHERE account = $1 AND state = 'open' ORDER BY due_on, id"  # noqa: S608
    rows = [_row(row) for row in await session.all(sql, account)]
    owed = [(row.promise.amount, row.paid) for row in rows]
    paid = [amount for amount, _ in owed] if payment is None else credit(owed, payment)
    for row, after in zip(rows, paid, strict=True):
        state = judged(row.promise, after, day_of(now))
        await session.run(
            "UPDATE promises SET paid = $1, state = $2, judged_at = $3 WHERE id = $4",
            str(after),
            state.value,
            now,
            row.id,
        )


async def _judge(session: Session, rows: Sequence[PromiseRow], today: date, now: float) -> int:
    decided = [(row, state) for row in rows if (state := judged(row.promise, row.paid, today)) is not row.state]
    for row, state in decided:
        await session.run("UPDATE promises SET state = $1, judged_at = $2 WHERE id = $3", state.value, now, row.id)
    return len(decided)


def _row(row: Sequence[object]) -> PromiseRow:
    (
        number,
        call,
        agent,
        campaign,
        at,
        amount,
        currency,
        due_on,
        instalments,
        every,
        pay_by,
        paid,
        state,
        unconfirmed,
    ) = row
    assert isinstance(number, int)
    assert isinstance(call, int)
    assert isinstance(agent, int)
    assert isinstance(campaign, int)
    assert isinstance(instalments, int)
    return PromiseRow(
        id=number,
        campaign=CampaignId(campaign),
        at=float(str(at)),
        promise=Promise(
            call=CallId(call),
            agent=AgentId(agent),
            amount=Decimal(str(amount)),
            currency=str(currency),
            due_on=date.fromisoformat(str(due_on)),
            instalments=instalments,
            every=Every(str(every)),
            pay_by=PayBy(str(pay_by)),
        ),
        paid=Decimal(str(paid)),
        state=PromiseState(str(state)),
        unconfirmed=bool(unconfirmed),
    )
