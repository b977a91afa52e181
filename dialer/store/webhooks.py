"""Webhooks, and what each must still be told: kept until it was taken, or given up for good."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, text, update

from dialer.core.ids import ClientId
from dialer.store.admin_tables import deliveries, journal_marks, webhooks
from dialer.store.codec import from_row
from dialer.store.database import Database
from dialer.store.errors import ConflictError, NotFoundError

_HOOK, _TASK = webhooks.c, deliveries.c
_AT_ONCE = 2_000
_DUE = text("""SELECT * FROM deliveries d WHERE d.webhook = :webhook AND d.state = 'waiting' AND d.due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.webhook = d.webhook AND e.state = 'waiting'
        AND e.subject = d.subject AND e.id < d.id) ORDER BY d.id LIMIT :limit""")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DEAD = "dead"  # given up; told again by hand alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Whom to tell, of what. `kinds` is divided by spaces, empty = all."""

    id: int = 0
    name: str
    url: str
    secret: str
    kinds: str = ""
    client: ClientId | None = None
    active: bool = True
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to tell one webhook. Those of one subject are told in the order of their ids."""

    id: int = 0
    webhook: int
    subject: str
    kind: str
    at: float
    body: str
    attempts: int = 0
    due_at: float
    state: DeliveryState = DeliveryState.WAITING
    error: str = ""


class Webhooks:
    """Those who are told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[Webhook, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(webhooks).order_by(_HOOK.name))).mappings()
            return tuple(from_row(Webhook, row) for row in rows)

    async def get(self, webhook: int) -> Webhook | None:
        return next((one for one in await self.list() if one.id == webhook), None)

    async def save(self, webhook: Webhook) -> Webhook:
        """Add (id 0) or change. Raises ConflictError where the name is taken."""
        if any(one.name == webhook.name and one.id != webhook.id for one in await self.list()):
            raise ConflictError(f"there is a webhook {webhook.name!r} already")
        async with self._database.writing() as session:
            if webhook.id == 0:
                [fresh] = await session.ids("webhooks", 1)
                webhook = replace(webhook, id=fresh)
                await session.connection.execute(insert(webhooks).values(asdict(webhook)))
                return webhook
            query = update(webhooks).where(_HOOK.id == webhook.id).values(asdict(webhook))
            if (await session.connection.execute(query)).rowcount == 0:
                raise NotFoundError(f"there is no webhook {webhook.id}")
        return webhook

    async def remove(self, webhook: int) -> None:
        """Tell it nothing more, not even what waits. Raises NotFoundError."""
        async with self._database.writing() as session:
            await session.connection.execute(delete(deliveries).where(_TASK.webhook == webhook))
            if (await session.connection.execute(delete(webhooks).where(_HOOK.id == webhook))).rowcount == 0:
                raise NotFoundError(f"there is no webhook {webhook}")

    # ---------------------------------------------------------------- what must be told

    async def marks(self, reader: str) -> str | None:
        """Up to where the reader has read the journal."""
        async with self._database.reading() as connection:
            query = select(journal_marks.c.marks).where(journal_marks.c.reader == reader)
            return (await connection.execute(query)).scalar_one_or_none()

    async def put(self, reader: str, marks: str, tasks: Sequence[Delivery]) -> None:
        """Keep what is to be told, and up to where the journal is read: both or neither."""
        async with self._database.writing() as session:
            if tasks:
                ids = await session.ids("deliveries", len(tasks))
                rows = [
                    asdict(task) | {"id": fresh, "state": task.state.value}
                    for fresh, task in zip(ids, tasks, strict=True)
                ]
                await session.connection.execute(insert(deliveries), rows)
            await session.run(
                """INSERT INTO journal_marks (reader, marks) VALUES ($1, $2)
                ON CONFLICT (reader) DO UPDATE SET marks = excluded.marks""",
                reader, marks,
            )  # fmt: skip

    async def due(self, webhook: int, now: float, *, limit: int = 20) -> tuple[Delivery, ...]:
        """What may be told now: of each subject the oldest that waits."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(_DUE, {"webhook": webhook, "now": now, "limit": limit})).mappings()
            return tuple(from_row(Delivery, row) for row in rows)

    async def taken(self, delivery: int) -> None:
        """It was told."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM deliveries WHERE id = $1", delivery)

    async def failed(self, delivery: Delivery, error: str, due_at: float | None) -> None:
        """It could not be told: again at `due_at`; None: it is given up."""
        state = DeliveryState.WAITING if due_at is not None else DeliveryState.DEAD
        async with self._database.writing() as session:
            await session.run(
                "UPDATE deliveries SET attempts = $1, error = $2, due_at = $3, state = $4 WHERE id = $5",
                delivery.attempts + 1, error[:300], due_at or delivery.due_at, state.value, delivery.id,
            )  # fmt: skip

    async def dead(self, webhook: int, *, after: int = 0, limit: int = 50) -> tuple[Delivery, ...]:
        """What was given up, oldest first."""
        query = (
            select(deliveries)
            .where(_TASK.webhook == webhook, _TASK.state == DeliveryState.DEAD, _TASK.id > after)
            .order_by(_TASK.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return tuple(from_row(Delivery, row) for row in (await connection.execute(query)).mappings())

    async def revive(self, webhook: int, now: float) -> int:
        """Tell once more what was given up; how many."""
        async with self._database.writing() as session:
            return await session.run(
                """UPDATE deliveries SET state = 'waiting', attempts = 0, due_at = $1
                WHERE webhook = $2 AND state = 'dead'""",
                now, webhook,
            )  # fmt: skip

    async def let_go(self, webhook: int) -> int:
        """Forget what was given up; how many."""
        async with self._database.writing() as session:
            return await session.run("DELETE FROM deliveries WHERE webhook = $1 AND state = 'dead'", webhook)

    async def remove_before(self, at: float) -> int:
        """Let go of what happened before then and nobody took, whether it waits or was given up; how many."""
        count = 0
        while True:  # a few thousand at a time: the engine writes between
            async with self._database.writing() as session:
                sql = "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE at < $1 LIMIT $2)"
                gone = await session.run(sql, at, _AT_ONCE)
            count += gone
            if gone < _AT_ONCE:
                return count

    async def counts(self) -> dict[int, dict[str, int]]:
        """How many wait and how many are dead, by webhook."""
        query = select(_TASK.webhook, _TASK.state, func.count()).group_by(_TASK.webhook, _TASK.state)
        counted: dict[int, dict[str, int]] = {}
        async with self._database.reading() as connection:
            for webhook, state, count in await connection.execute(query):
                counted.setdefault(webhook, {})[state] = count
        return counted
