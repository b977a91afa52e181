"""Tells webhooks: in the order of each call, signed, again and again for a day, and never beside the engine's way."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import partial

import structlog

from dialer.errors import StoreError
from dialer.store import Store
from dialer.store.webhooks import Delivery, Webhook
from dialer.telling.happenings import Happening
from dialer.telling.outward import Outward, OutwardError, OutwardSettings
from dialer.telling.reader import end_of, kept_marks, marks_text, read_on, with_owners

log = structlog.get_logger()

READER = "webhooks"
LOOK_EVERY_S = 1.0
# Waits after each try; some 24 hours in all, then it is given up. Never longer than an hour: a receiver that is back
# has all by then.
WAITS_S = (5.0, 15.0, 60.0, 300.0, 900.0, *(3600.0,) * 24)
KEPT_S = 30 * 86_400.0  # what nobody took by then is let go of: a receiver that is gone for good fills no disk
_PAUSE_MAX_S = 60.0


def signature(secret: str, at: int, body: bytes) -> str:
    """What `Cadencia-Signature` says: HMAC-SHA256 over the time, a dot and the body."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def wants(hook: Webhook, one: Happening) -> bool:
    """Whether a webhook is told of a happening."""
    kinds = hook.kinds.split()
    return hook.active and (not kinds or one.kind in kinds) and (hook.client is None or hook.client == one.client)


class Teller:
    """Feeds the list of what must be told from the journal, and tells it."""

    def __init__(self, store: Store, now: Callable[[], float], settings: OutwardSettings) -> None:
        self._store, self._now = store, now
        self._outward = Outward(settings)
        self._pauses: dict[int, tuple[int, float]] = {}  # webhook -> failures in a row, and until when it rests
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self.sent = 0
        self.failed = 0

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    try:
                        await self.feed()
                        await self._send_all(tasks)
                    except StoreError as error:
                        log.warning("webhooks rest", error=str(error))
                    except Exception:  # the engine beside it goes on, whatever is wrong here
                        log.exception("webhooks rest")
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await self._outward.close()

    async def feed(self) -> None:
        """Put what happened since the last look onto the list. Raises StoreError."""
        kept = await self._store.webhooks.marks(READER)
        if kept is None:
            await self._store.webhooks.put(READER, marks_text(await end_of(self._store)), [])
            return
        found, marks = await read_on(self._store, kept_marks(kept))
        if marks == kept_marks(kept):
            return
        hooks = await self._store.webhooks.list()
        owned = await with_owners(self._store, found) if hooks else []
        tasks = [_task(hook, one, self._now()) for one in owned for hook in hooks if wants(hook, one)]
        await self._store.webhooks.put(READER, marks_text(marks), tasks)

    async def _send_all(self, tasks: asyncio.TaskGroup) -> None:
        for hook in await self._store.webhooks.list():
            resting = self._pauses.get(hook.id, (0, 0.0))[1] > self._now()
            if hook.active and not resting and hook.id not in self._at_work:
                task = tasks.create_task(self._send(hook), name=f"webhook {hook.id}")
                self._at_work[hook.id] = task
                task.add_done_callback(partial(self._over, hook.id))

    def _over(self, webhook: int, _: asyncio.Task[None]) -> None:
        self._at_work.pop(webhook, None)

    async def _send(self, hook: Webhook) -> None:
        """Tell one webhook all that it may be told now; others are told meanwhile."""
        try:
            while due := await self._store.webhooks.due(hook.id, self._now()):
                if not all(await asyncio.gather(*(self.tell(hook, one) for one in due))):
                    return
        except StoreError as error:
            log.warning("webhook rests", webhook=hook.id, error=str(error))
        except Exception:  # whatever a receiver answers, others are told, and the engine goes on
            log.exception("webhook rests", webhook=hook.id)
            self._rest(hook.id)

    async def tell(self, hook: Webhook, one: Delivery) -> bool:
        """Tell one thing; whether it was taken. Raises StoreError."""
        body, at = one.body.encode(), int(self._now())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Cadencia",
            "Cadencia-Delivery": str(one.id),
            "Cadencia-Kind": one.kind,
            "Cadencia-Attempt": str(one.attempts + 1),
            "Cadencia-Signature": signature(hook.secret, at, body),
        }
        try:
            status = await self._outward.post(hook.url, body, headers)
        except OutwardError as error:
            return await self._not_taken(one, str(error))
        if 200 <= status < 300:
            await self._store.webhooks.taken(one.id)
            self._pauses.pop(hook.id, None)
            self.sent += 1
            return True
        return await self._not_taken(one, f"answered {status}")

    async def _not_taken(self, one: Delivery, error: str) -> bool:
        self.failed += 1
        self._rest(one.webhook)
        wait = WAITS_S[one.attempts] if one.attempts < len(WAITS_S) else None
        await self._store.webhooks.failed(one, error, self._now() + wait if wait is not None else None)
        if wait is None:
            log.warning("given up telling a webhook", webhook=one.webhook, delivery=one.id, error=error)
        return False

    def _rest(self, webhook: int) -> None:
        """Leave a webhook alone for a while, longer each time."""
        failures = self._pauses.get(webhook, (0, 0.0))[0] + 1
        self._pauses[webhook] = failures, self._now() + min(_PAUSE_MAX_S, 2.0 ** min(failures, 10))


def _task(hook: Webhook, one: Happening, now: float) -> Delivery:
    body = json.dumps(one.as_dict(), ensure_ascii=False)
    return Delivery(webhook=hook.id, subject=one.subject, kind=one.kind, at=one.at, body=body, due_at=now)
