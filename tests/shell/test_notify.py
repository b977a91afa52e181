"""Alarms on their way out: in words of each language, by a real webhook, never holding anything up."""

import asyncio
import json
import threading
from dataclasses import replace
from datetime import datetime

import pytest

from dialer.core.alarms import URGENT, AlarmCode, Finding, Raised
from dialer.errors import ConfigError
from dialer.notify import UNDER_WAY_MAX, Notifier, apprise_of, words
from dialer.watch_settings import AlarmSettings
from dialer.web.texts.saying import say

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise's own import on older Pythons

RAISED = Raised(
    number=1,
    finding=Finding(
        code=AlarmCode.TRUNK_DOWN,
        subject="carrier",
        level=URGENT,
        figures=(("fault", "no_sign"), ("bad", 8.0), ("calls", 9.0)),
    ),
    at=0.0,
)


@pytest.mark.parametrize(
    ("language", "part"),
    [
        ("en", "8 of its latest 9 calls without any sign"),
        ("es", "8 de sus últimas 9 llamadas sin ninguna señal"),
        ("pt", "em repouso"),
    ],
)
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


async def test_an_address_that_never_answers_holds_up_neither_the_next_alarm_nor_the_end() -> None:
    over, told = threading.Event(), []

    class Silent:
        def notify(self, body: str, title: str = "") -> bool:
            told.append(body)
            if body.startswith("lost"):
                over.wait(60)
            return True

    notifier = Notifier(Silent(), patience_s=0.01)
    running = asyncio.create_task(notifier.run())
    for n in range(UNDER_WAY_MAX - 1):
        notifier.put("t", f"lost {n}")
    notifier.put("t", "heard")
    async with asyncio.timeout(10):
        while not notifier.sent:
            await asyncio.to_thread(lambda: None)
    for n in range(3):
        notifier.put("t", f"lost again {n}")
    async with asyncio.timeout(10):
        while notifier.failed < UNDER_WAY_MAX - 1 + 3:
            await asyncio.to_thread(lambda: None)
    assert sum(one.startswith("lost again") for one in told) == 1  # no threads without end
    assert all(one.daemon for one in threading.enumerate() if one.name == "alarm")
    running.cancel()
    over.set()


def test_what_the_engine_says_and_another_days_time_are_said_in_each_language() -> None:
    said = Finding(code=AlarmCode.TOLD, subject="phone_gone", level=URGENT, figures=(("text", "agent 7"),))
    assert words(replace(RAISED, finding=said), "es")[1] == (
        "Se cerró la sesión de un agente: su teléfono no contesta (agent 7)"
    )
    now = datetime.now().astimezone()
    later = datetime.fromtimestamp(now.timestamp() + 40 * 3600.0).astimezone()
    for language, day in {"es": f"{later.day} ", "pt": f"{later.day} de", "en": f"{later:%b} {later.day}"}.items():
        shown = say("standstill.leads_later", {"due_at": later.timestamp()}, language)
        assert day in shown
        assert f"{later:%H:%M}" in shown
    today = say("standstill.leads_later", {"due_at": now.timestamp()}, "es")
    assert today == f"No marca: hay registros para más tarde; el primero, {now:%H:%M}."


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
