"""When feeds go, and when one that failed is tried again."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import cast

import pytest

from dialer.feeds.run import Feed, Went
from dialer.feeds.schedule import next_go, retry_after_s, run_feeds
from dialer.feeds.settings import Column, FeedSettings, Layout
from dialer.store import Store
from tests.virtual_time import run


def settings(**given: object) -> FeedSettings:
    return FeedSettings(name="f", client="c", place="/nowhere", **given)  # type: ignore[arg-type]


def at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone().timestamp()


@pytest.mark.parametrize(
    ("given", "now", "due"),
    [
        ({"every_s": 300.0}, "2026-03-01T10:00:00", "2026-03-01T10:05:00"),
        ({"at": ("06:30", "13:00")}, "2026-03-01T05:00:00", "2026-03-01T06:30:00"),
        ({"at": ("06:30", "13:00")}, "2026-03-01T06:30:00", "2026-03-01T13:00:00"),
        ({"at": ("06:30", "13:00")}, "2026-03-01T13:00:01", "2026-03-02T06:30:00"),
        ({"at": ("06:30",), "every_s": 3600.0}, "2026-03-01T06:00:00", "2026-03-01T06:30:00"),
    ],
)
def test_the_next_time(given: dict[str, object], now: str, due: str) -> None:
    assert next_go(settings(**given), at(now)) == at(due)


def test_it_is_tried_again_ever_later_and_then_at_its_next_time() -> None:
    one = settings(every_s=1.0, retries=4, retry_s=60.0)
    assert [retry_after_s(one, n) for n in range(1, 6)] == [60.0, 120.0, 240.0, 480.0, None]
    assert retry_after_s(settings(every_s=1.0, retries=99), 50) == 3600.0


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "every_s"),
        ({"every_s": 5.0, "place": "sqlite:///x.db"}, "query"),
        ({"every_s": 5.0, "place": "sqlite:///x.db", "way": "out", "table": "x; DROP"}, "table"),
        ({"every_s": 5.0, "place": "sqlite:///x.db", "query": "SELECT :mark"}, "mark"),
        ({"every_s": 5.0, "place": "sftp://u@h/x"}, "known_hosts"),
        ({"every_s": 5.0, "retries": -1}, "retries"),
        ({"every_s": 5.0, "brings": "leads", "country": "MX"}, "campaign"),
        ({"every_s": 5.0, "brings": "leads", "campaign": "x", "country": "Mexico"}, "country"),
        ({"every_s": 5.0, "campaign": "x"}, "campaign"),
        ({"every_s": 5.0, "layout": Layout(decimal="x")}, "layout"),
        ({"every_s": 5.0, "layout": Layout(columns=(Column(name="a", means="phone"),))}, "layout"),
    ],
)
def test_what_is_wrong_between_settings_is_told(given: dict[str, object], key: str) -> None:
    whole = FeedSettings(**{"name": "f", "client": "c", "place": "/nowhere", **given})  # type: ignore[arg-type]
    assert [name for name, _ in whole.problems()] == [key]


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, AttributeError, ImportError, OSError])
def test_no_error_of_a_feed_ends_the_engine_beside_it(error: type[Exception]) -> None:
    class Wrong(Feed):
        goes = 0

        async def go(self) -> Went:
            self.goes += 1
            raise error("of a driver that nobody knew of")

    async def main() -> int:
        loop = asyncio.get_running_loop()
        feed = Wrong(settings(every_s=60.0, retry_s=60.0), cast("Store", None), lambda _: None, loop.time)
        with suppress(TimeoutError):
            async with asyncio.timeout(200):
                await run_feeds([feed], loop.time)
        return feed.goes

    assert run(main()) >= 2
