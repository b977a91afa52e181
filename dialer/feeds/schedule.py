"""When feeds go, and again when one failed. Runs beside the engine and never takes it down."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from dialer.clock import next_time
from dialer.feeds.run import Feed
from dialer.feeds.settings import FeedSettings

log = structlog.get_logger()

RETRY_MAX_S = 3600.0


def next_go(settings: FeedSettings, now: float) -> float:
    """The next time after `now`, by the machine's own clock for times of day."""
    times = [now + settings.every_s] if settings.every_s > 0 else []
    return min(times + [next_time(text, now) for text in settings.at])


def retry_after_s(settings: FeedSettings, failures: int) -> float | None:
    """How long after so many failures in a row it is tried again; None: at its next time, not before."""
    return None if failures > settings.retries else min(RETRY_MAX_S, settings.retry_s * 2 ** (failures - 1))


async def run_feeds(feeds: Sequence[Feed], now: Callable[[], float]) -> None:
    """Let every feed go at its times, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for feed in feeds:
            tasks.create_task(_run(feed, now), name=f"feed {feed.settings.name}")


async def _run(feed: Feed, now: Callable[[], float]) -> None:
    failures, due = 0, now()
    if not feed.settings.every_s:
        due = next_go(feed.settings, now())
    while True:
        await asyncio.sleep(max(0.0, due - now()))
        try:
            went = await feed.go()
        except Exception as error:  # noqa: BLE001  whatever a client sends, the engine beside it goes on
            failures += 1
            log.warning("feed failed", feed=feed.settings.name, error=str(error), failures=failures)
            again = retry_after_s(feed.settings, failures)
            due = now() + again if again is not None else next_go(feed.settings, now())
            continue
        failures, due = 0, next_go(feed.settings, now())
        if went.rows or went.rejected:
            log.info("feed", feed=feed.settings.name, rows=went.rows, rejected=went.rejected, files=went.files)
