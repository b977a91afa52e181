"""Alarms on their way out: as words, to every address of the settings, without ever holding the dialer up."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol, cast

import structlog

from dialer.core.alarms import Raised
from dialer.errors import ConfigError
from dialer.web.texts import CATALOGUES
from dialer.web.texts.saying import say

log = structlog.get_logger()

WAITING_MAX = 100  # the oldest are let go: news of an hour ago helps nobody
SEND_MAX_S = 30.0


class Sender(Protocol):
    """What apprise is to us."""

    def notify(self, body: str, title: str = "") -> bool | None: ...


def words(raised: Raised, language: str, campaign: str = "") -> tuple[str, str]:
    """Title and text of an alarm in a language, with the campaign's name where it is of one."""
    finding, texts = raised.finding, CATALOGUES[language]
    said = say(
        f"alarm.{finding.code}", {**dict(finding.figures), "subject": finding.subject, "campaign": campaign}, language
    )
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
    """Sends one alarm after the other, in a thread of its own. `run` must be running."""

    def __init__(self, sender: Sender | None) -> None:
        self._sender = sender
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
        assert self._sender is not None
        try:
            async with asyncio.timeout(SEND_MAX_S):
                done = await asyncio.to_thread(self._sender.notify, body, title)
        except (TimeoutError, OSError, ValueError, RuntimeError) as error:
            log.warning("an alarm was not sent", error=type(error).__name__)
            done = False
        if done:
            self.sent += 1
        else:
            self.failed += 1
            log.warning("an alarm did not reach every address", failed=self.failed)
