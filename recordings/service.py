"""Everything that works on recordings beside a running dialer, put together: index, uploads, room on the disk."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from dialer.store import Store
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError
from recordings.scribe import Scribe
from recordings.target import Target, Uploader
from recordings.worker import Indexer, OwnProcess, alone

log = structlog.get_logger()

HELD_RETRY_S = 30.0


class RecordingService:
    """Indexes what a cell records for as long as it runs."""

    def __init__(
        self, store: Store, spool: Path, settings: ArchiveSettings, *, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._process = OwnProcess()
        self._store = store
        self._now = now
        self.indexer = Indexer(store, spool, settings, now=now, maker=self._process.make)

    async def run(self) -> None:
        """Work until cancelled. Where another process holds the tree, wait until it lets go."""
        try:
            while True:
                try:
                    with alone(self._settings.folder):
                        await self._work()
                except (RecordingError, OSError) as error:
                    log.warning("recordings are not indexed here at the moment", error=str(error))
                    await asyncio.sleep(HELD_RETRY_S)
        finally:
            self._process.close()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.indexer.run(), name="index recordings")
            if self._settings.target:
                uploader = Uploader(self._store, self._settings, Target(self._settings.target), now=self._now)
                tasks.create_task(uploader.run(), name="upload recordings")
            if self._settings.transcripts is not None:
                scribe = Scribe(self._store, self._settings, now=self._now)
                tasks.create_task(scribe.run(), name="transcribe recordings")
