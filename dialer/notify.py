"""Alarms on their way out: as words, to every address of the settings, without ever holding the dialer up."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, cast

import structlog

from dialer.core.alarms import Raised
from dialer.errors import ConfigError
from dialer.web.texts import CATALOGUES
from dialer.web.texts.saying import say

log = structlog.get_logger()

WAITING_MAX = 100  # the oldest are let go: news of an hour ago helps nobody
SEND_MAX_S = 30.0
UNDER_WAY_MAX = 4  # sendings that do not come back; more are not begun
_IN_WORDS = {"what": "told", "window": "window"}  # what an alarm may be about, and the group of its words


class Sender(Protocol):
    """What apprise is to us."""

    def notify(self, body: str, title: str = "") -> bool | None: ...


def words(raised: Raised, language: str, campaign: str = "") -> tuple[str, str]:
    """Title and text of an alarm in a language, with the campaign's name where it is of one."""
    finding, texts = raised.finding, CATALOGUES[language]
    named = {"subject": finding.subject, "campaign": campaign}
    named |= {
        "what": say(f"told.{finding.subject}", {}, language),
        "window": say(f"window.{finding.subject}", {}, language),
    }
    said = say(f"alarm.{finding.code}", {**dict(finding.figures), **named}, language)
    state = str(texts["alarms.over" if raised.cleared_at is not None else f"alarms.level.{finding.level}"])
    place = f"{campaign}: " if campaign else ""
    return f"Cadencia · {state}", f"{place}{said}"


def apprise_of(addresses: Sequence[str]) -> Sender | None:
    """The sender for these addresses; None of none. Raises ConfigError for one that cannot be used."""
    if not addresses:
        return None
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra: most centres look at the page alone
    except ImportError:
        raise ConfigError('alarms.notify needs apprise: pip install "cadencia[alarms]"') from None
    sender = Apprise()
    for place, address in enumerate(addresses):
        if not sender.add(address):
            scheme = address.split(":", 1)[0]
            raise ConfigError(f"alarms.notify[{place}] ({scheme}:...) is no address that apprise can use")
    return cast("Sender", sender)  # apprise answers None too where it sent nothing


class Notifier:
    """Sends one alarm after the other, each in a thread of its own that nobody waits for. `run` must be running.

    An address that never answers takes neither the threads that others work in nor the end of the process.
    """

    def __init__(self, sender: Sender | None, *, patience_s: float = SEND_MAX_S) -> None:
        self._sender, self._patience_s = sender, patience_s
        self._under_way = 0
        self._waiting: deque[tuple[str, str]] = deque(maxlen=WAITING_MAX)
        self._filled = asyncio.Event()
        self.sent = 0
        self.failed = 0

    def put(self, title: str, body: str) -> None:
        """Let it be sent; never blocks."""
        if self._sender is not None:
            self._waiting.append((title, body))
            self._filled.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                await self._send(*self._waiting.popleft())

    async def _send(self, title: str, body: str) -> None:
        done = False
        if self._under_way < UNDER_WAY_MAX:
            try:
                async with asyncio.timeout(self._patience_s):
                    done = await self._begun(body, title)
            except TimeoutError:
                log.warning("an alarm is still on its way; the next ones go on", under_way=self._under_way)
        if done:
            self.sent += 1
        else:
            self.failed += 1
            log.warning("an alarm did not reach every address", failed=self.failed)

    def _begun(self, body: str, title: str) -> "asyncio.Future[bool]":
        """Sending it, in a thread."""
        sender, loop = self._sender, asyncio.get_running_loop()
        assert sender is not None
        answer: asyncio.Future[bool] = loop.create_future()

        def back(done: bool) -> None:
            self._under_way -= 1
            if not answer.done():
                answer.set_result(done)

        def send() -> None:
            try:
                done = bool(sender.notify(body, title))
            except Exception as error:  # noqa: BLE001 - whatever an address's own plugin raises
                log.warning("an alarm was not sent", error=type(error).__name__)
                done = False
            with suppress(RuntimeError):  # the dialer has ended meanwhile
                loop.call_soon_threadsafe(back, done)

        self._under_way += 1
        threading.Thread(target=send, name="alarm", daemon=True).start()
        return answer
