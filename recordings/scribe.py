"""Transcripts made one after the other, in a process that gives way to everything else. At most so many wait.

What is recorded while many wait is not queued: a queue that only grows tells nobody anything. `dialer recordings
transcribe` asks for older ones.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from dialer.core.ids import CallId
from dialer.errors import DialerError
from dialer.store import Store, Transcript
from recordings.archive import ArchiveSettings
from recordings.errors import EngineMissingError
from recordings.helping import helper
from recordings.renewal import renew_words
from recordings.transcribing import whisper
from recordings.tree import WORK, opened
from recordings.vault import Keys

log = structlog.get_logger()

WAITING_MAX = 500
POLL_S = 15.0

Writer = Callable[[Path, int], Transcript]  # transcribes a sound file of a call


class Scribe:
    """Takes the next call from the queue, writes its transcript, lets it be found."""

    def __init__(
        self,
        store: Store,
        settings: ArchiveSettings,
        *,
        now: Callable[[], float] = time.time,
        writer: Writer | None = None,
    ) -> None:
        """`writer` runs in a thread of this process; without one faster-whisper runs in a process of its own."""
        self._store = store
        self._settings = settings
        self._now = now
        self._writer = writer

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                done = await self.step()
            except (DialerError, OSError) as error:
                log.warning("no transcripts are made at the moment", error=str(error))
                done = False
            except Exception:  # the calls go on, whatever is wrong here
                log.exception("no transcripts are made at the moment")
                done = False
            if not done:
                await asyncio.sleep(POLL_S)

    async def step(self) -> bool:
        """Make one; whether there was one to make. One that cannot be made is set aside with its reason.

        Raises EngineMissingError where none can be made.
        """
        call = await self._store.transcripts.next()
        if call is None:
            return False
        recording = await self._store.recordings.by_call(call)
        assert recording is not None
        try:
            keys = Keys.read(self._settings.keys) if self._settings.keys is not None else None
            # What is unlocked here must not outlive a kill: the next start empties this folder.
            work = self._settings.folder / WORK
            work.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=work) as folder:
                plain = Path(folder) / Path(recording.file.removesuffix(".locked")).name
                await asyncio.to_thread(_unlocked, self._settings.folder, recording.file, keys, plain)
                transcript = await self._written(plain, call)
        except EngineMissingError:
            raise
        except Exception as error:  # noqa: BLE001 - an engine's own errors are of any kind: the others go on
            log.warning("a call was not transcribed", call=call, error=str(error))
            await self._store.transcripts.failed(call, str(error))
            return True
        if await self._store.transcripts.save(transcript):  # it takes minutes: it may be deleted by now
            await renew_words(self._store, [call])
        return True

    async def _written(self, plain: Path, call: CallId) -> Transcript:
        if self._writer is not None:
            return await asyncio.to_thread(self._writer, plain, call)
        assert self._settings.transcripts is not None
        with helper(niceness=15) as pool:
            job = (plain, self._settings.transcripts, call, "", self._now())
            return await asyncio.get_running_loop().run_in_executor(pool, whisper, *job)


def _unlocked(tree: Path, name: str, keys: Keys | None, plain: Path) -> None:
    with opened(tree, name, keys) as file, plain.open("wb") as out:
        for piece in file.read():
            out.write(piece)


async def queue_new(store: Store, settings: ArchiveSettings, calls: list[CallId], now: float) -> int:
    """Ask for transcripts of these calls, as far as there is room in the queue; how many were taken."""
    if settings.transcripts is None:
        return 0
    return await store.transcripts.queue(calls, now, waiting_max=WAITING_MAX)
