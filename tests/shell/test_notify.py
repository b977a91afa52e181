"""Alarms on their way out: in words of each language, by a real webhook, never holding anything up."""

import asyncio
import json

import pytest

from dialer.core.alarms import URGENT, AlarmCode, Finding, Raised
from dialer.errors import ConfigError
from dialer.notify import Notifier, apprise_of, words
from dialer.watch_settings import AlarmSettings

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise's own import on older Pythons

RAISED = Raised(
    number=1,
    finding=Finding(
        code=AlarmCode.TRUNK_DOWN, subject="carrier", level=URGENT, figures=(("reason", "without any sign"),)
    ),
    at=0.0,
)


@pytest.mark.parametrize(("language", "part"), [("en", "is resting"), ("es", "en reposo"), ("pt", "em repouso")])
def test_an_alarm_is_said_in_each_language(language: str, part: str) -> None:
    title, body = words(RAISED, language, "Spring")
    assert title.startswith("Cadencia")
    assert body.startswith("Spring: ")
    assert part in body
    assert "carrier" in body
    assert "{" not in body


async def test_a_webhook_hears_of_an_alarm() -> None:
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        heard.set_result(await reader.readexactly(size))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        notifier = Notifier(apprise_of([f"json://127.0.0.1:{port}/hook"]))
        running = asyncio.create_task(notifier.run())
        notifier.put(*words(RAISED, "es"))
        async with asyncio.timeout(20):
            told = json.loads(await heard)
            while not notifier.sent:
                await asyncio.to_thread(lambda: None)
        running.cancel()
    assert "carrier" in told["message"]


async def test_what_cannot_be_sent_is_counted_and_the_next_one_goes_on() -> None:
    tried: list[str] = []

    class Broken:
        def notify(self, body: str, title: str = "") -> bool:
            tried.append(body)
            if len(tried) == 1:
                raise OSError("no route")
            return True

    notifier = Notifier(Broken())
    running = asyncio.create_task(notifier.run())
    notifier.put("t", "one")
    notifier.put("t", "two")
    async with asyncio.timeout(10):
        while not notifier.sent:
            await asyncio.to_thread(lambda: None)
    assert (tried, notifier.failed, notifier.sent) == (["one", "two"], 1, 1)
    running.cancel()


def test_an_address_or_hour_that_cannot_be_used_is_named_without_its_secrets() -> None:
    with pytest.raises(ConfigError, match=r"notify\[0\]") as refused:
        apprise_of(["nonsense://secret@nowhere"])
    assert "secret" not in str(refused.value)
    for quiet in ("22-7", "25:00-07:00", "x"):
        with pytest.raises(ConfigError, match="quiet"):
            AlarmSettings(quiet=(quiet,))
    assert [(one.opens_min, one.closes_min) for one in AlarmSettings(quiet=("22:00-07:00",)).quiet_hours] == [
        (1320, 1440),
        (0, 420),
    ]
