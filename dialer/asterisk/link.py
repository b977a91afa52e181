"""One connection to Asterisk's manager interface: panoramisk's Manager, AMIProtocol and Action, their faults mended.

What is mended, and where: an action whose answer was lost is never sent again, its future fails (`close`); `Event`
decides before `Response`, so that OriginateResponse is an event (`data_received`); one answer ends an action,
whatever its English says, so that no list and no PlayDTMF can hang or break the link (`_answer`); characters that the
network split are whole, since only whole messages are decoded (`Parser`); line breaks in headers are refused
(`send`); each action has a time-out (`answer`); an unanswered ping ends the link (`ping`); a refused log-in is an
error (`open`); a slow reader at the other end holds us up (`ready`); no tasks are made.

It knows nothing of calls, and it does not reconnect: a link is used once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import cast

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message as Answer

from dialer.asterisk.protocol import Fields, Message, Parser, check
from dialer.asterisk.settings import AmiSettings
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError

_SILENT = logging.getLogger(f"{__name__}.panoramisk")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False  # it logs whole messages: phone numbers
_EVENT_CLASSES = "system,call,user"  # the dialplan's steps and the media's reports are most of the rest
_WRITE_BUFFER_MAX = 1 << 16  # bytes waiting for a slow Asterisk before we wait too


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    def __init__(self, parser: Parser, on_event: Callable[[Message], None]) -> None:
        self.parser = parser
        self.closed = True  # until the connection is made
        self.responses: dict[str, Action] = {}
        self._on_event = on_event
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.writable = asyncio.Event()
        self.writable.set()
        self.heard_at = 0.0
        self._unsent = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast("asyncio.WriteTransport", transport).set_write_buffer_limits(high=_WRITE_BUFFER_MAX)

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            messages = self.parser.feed(data)
        except SwitchUnavailableError as error:
            self.fail(str(error))
            return
        for message in messages:
            if "Event" in message:
                self._on_event(message)
            else:
                self._answer(message)

    def _answer(self, message: Message) -> None:
        action = self.responses.pop(message.get("ActionID", ""), None)
        if action is not None and not action.future.done():
            action.future.set_result(Answer(message))

    def send(self, data: Fields | Action, as_list: bool | None = None) -> asyncio.Future[Answer]:
        """Panoramisk's door for a single action, its own log-in and ping included."""
        return self.send_all((data,))[0]

    def send_all(self, actions: Iterable[Fields]) -> list[asyncio.Future[Answer]]:
        """Send actions, those of one turn of the event loop in one write.

        Raises ActionRefusedError, nothing sent, where one would break out of its line.
        """
        made = []
        for fields in actions:
            check(fields)
            made.append(fields if isinstance(fields, Action) else Action(fields))
        if self.closed:
            raise SwitchUnavailableError("there is no link to Asterisk; nothing was sent")
        self.responses.update((action.id, action) for action in made)
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent += "".join(map(str, made)).encode()
        if len(self._unsent) > _WRITE_BUFFER_MAX:
            self._flush()  # so that a slow reader is noticed at once
        return [action.future for action in made]

    def _flush(self) -> None:
        """Write what was sent. One write for each action would wake Asterisk, and make us stand back, for each."""
        unsent, self._unsent = self._unsent, bytearray()
        if unsent and not self.closed:
            self.transport.write(unsent)

    def forget(self, future: asyncio.Future[Answer]) -> None:
        """An answer that nobody waits for any more."""
        for key in [key for key, action in self.responses.items() if action.future is future]:
            del self.responses[key]

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, exc: object) -> None:
        self.fail(f"the link to Asterisk was lost ({exc})" if exc else "Asterisk closed the link")

    def fail(self, reason: str) -> None:
        """End the link: what waits fails, what was not written yet is never written."""
        if not self.closed:
            self.transport.abort()
        self.closed = True
        self.writable.set()
        pending, self.responses = list(self.responses.values()), {}
        for action in pending:
            if not action.future.done():
                action.future.set_exception(SwitchUnavailableError(f"{reason}; whether it happened is not known"))
                action.future.exception()  # nobody need be waiting
        if not self.lost.done():
            self.lost.set_result(reason)

    def close(self) -> None:
        self.fail("the link was closed")


class _Manager(Manager):  # type: ignore[misc]  # panoramisk has no types
    ping_ms = 0.0

    def __init__(self, settings: AmiSettings) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            secret=settings.secret,
            events=_EVENT_CLASSES,
            ping_delay=settings.ping_every_s,
            ping_interval=settings.ping_every_s,
            loop=asyncio.get_running_loop(),
            log=_SILENT,
        )
        self._pinged: asyncio.Future[Answer] | None = None

    def login(self, future: asyncio.Future[Answer]) -> bool:
        if future.cancelled() or future.exception() is not None:
            return False
        return bool(super().login(future))

    def ping(self) -> None:
        """Panoramisk's pinger; but one unanswered when the next is due ends the link."""
        if self.protocol.closed:
            return
        if self._pinged is not None and not self._pinged.done():
            self.protocol.fail(f"Asterisk did not answer a ping within {self.ping_interval} s")
            return
        self.pinger = self.loop.call_later(self.ping_interval, self.ping)
        sent_at = self.loop.time()
        self._pinged = self.protocol.send({"Action": "Ping"})
        self._pinged.add_done_callback(lambda answer: self._ponged(answer, sent_at))

    def _ponged(self, answer: asyncio.Future[Answer], sent_at: float) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self.ping_ms = (self.loop.time() - sent_at) * 1000


class Link:
    """One connection, from log-in to its end."""

    def __init__(self, settings: AmiSettings, wanted: Iterable[str], on_event: Callable[[Message], None]) -> None:
        self._settings = settings
        self._manager = _Manager(settings)
        self._protocol = _Protocol(Parser(wanted), on_event)

    @property
    def lost(self) -> asyncio.Future[str]:
        """Done, with the reason, when the link is gone."""
        return self._protocol.lost

    async def open(self) -> None:
        """Connect and log in. Raises OSError, SwitchUnavailableError, or ConfigError where the log-in is refused."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            async with asyncio.timeout(self._settings.action_timeout_s):
                loop = asyncio.get_running_loop()
                made = loop.create_task(
                    loop.create_connection(lambda: self._protocol, self._settings.host, self._settings.port)
                )
                await made
                self._manager.connection_made(made)
                answer = await self._manager.authenticated_future
        except TimeoutError:
            raise SwitchUnavailableError(f"Asterisk at {where} did not answer the log-in") from None
        except SwitchUnavailableError:
            raise SwitchUnavailableError(f"{where}: {self.lost.result()}") from None
        if not answer.success:
            raise ConfigError(
                f"Asterisk at {where} refused the log-in of {self._settings.username!r} ({answer.message}): "
                "mend username and secret here, or secret, permit and deny of that user in its manager.conf"
            )

    def send(self, *actions: Fields) -> list[asyncio.Future[Answer]]:
        """Send actions in one write, without waiting for anything; the futures fail when the link is lost."""
        return self._protocol.send_all(actions)

    async def ready(self) -> None:
        """Wait while Asterisk does not read what we write. Raises SwitchUnavailableError when that lasts too long."""
        if not self._protocol.writable.is_set():
            try:
                async with asyncio.timeout(self._settings.action_timeout_s):
                    await self._protocol.writable.wait()
            except TimeoutError:
                raise SwitchUnavailableError("Asterisk does not read what it is sent; nothing was sent") from None

    async def answer(self, future: asyncio.Future[Answer]) -> Answer:
        """The answer to a sent action. Raises ActionRefusedError for an error, SwitchUnavailableError for none."""
        try:
            async with asyncio.timeout(self._settings.action_timeout_s):
                answer = await future
        except TimeoutError:
            raise SwitchUnavailableError(
                f"no answer from Asterisk in {self._settings.action_timeout_s:g} s; whether it happened is not known"
            ) from None
        finally:
            if not future.done() or future.cancelled():
                self._protocol.forget(future)
        if not answer.success:
            raise ActionRefusedError(f"Asterisk refused: {answer.message or answer.response}")
        return answer

    def fail(self, reason: str) -> None:
        """End the link at once."""
        self._protocol.fail(reason)

    def close(self) -> None:
        """End the link; may be called twice, and before it was opened."""
        self._manager.close()
        self._protocol.close()

    def health(self) -> dict[str, float | bool | str]:
        """Figures of this link."""
        age_s = asyncio.get_running_loop().time() - self._protocol.heard_at
        return {
            "version": self._protocol.parser.version,
            "heard_s_ago": round(age_s, 3),
            "ping_ms": round(self._manager.ping_ms, 3),
            "actions_in_flight": len(self._protocol.responses),
            "events_skipped": self._protocol.parser.skipped,
        }
