"""After a recorded call is over: is its recording on the disk, and how long is it? Looks, never moves or deletes."""

import asyncio
import wave
from pathlib import Path
from typing import Protocol

import structlog

from dialer.core.ids import CallId
from dialer.core.model import CallRecord
from dialer.errors import StoreError
from dialer.store.rows import Recording, RecordingState

log = structlog.get_logger()

SETTLE_S = 2.0  # Asterisk writes the file's header when it closes it, after the hang-up
AGAIN_S = 10.0  # after the database refused
REMEMBERED = 10_000  # calls; wrap-up follows the end within minutes
LEGS = ("agent", "customer")


class Recordings(Protocol):
    """What is kept of recordings."""

    async def save(self, recording: Recording) -> None: ...


class Recorder:
    """Takes note of each ended call's recording."""

    def __init__(self, folder: Path, kept: Recordings) -> None:
        self._folder = folder
        self._kept = kept
        self._looked_at: dict[CallId, None] = {}
        self._ended: asyncio.Queue[tuple[float, CallRecord]] = asyncio.Queue()

    def ended(self, record: CallRecord) -> None:
        """The call is over. On the event loop's thread."""
        if record.recording and record.id not in self._looked_at:  # a record is saved again when it is written up
            self._looked_at[record.id] = None
            if len(self._looked_at) > REMEMBERED:
                del self._looked_at[next(iter(self._looked_at))]
            self._ended.put_nowait((asyncio.get_running_loop().time() + SETTLE_S, record))

    async def run(self) -> None:
        """Look at each recording once it has settled, until cancelled."""
        while True:
            due, record = await self._ended.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            seconds = await asyncio.to_thread(recorded_s, self._folder, record.recording)
            if seconds is None:
                log.error("recording missing", call=record.id)
            state = RecordingState.MISSING if seconds is None else RecordingState.PRESENT
            recording = Recording(
                call=record.id,
                campaign=record.campaign,
                agent=record.agent,
                base=record.recording,
                at=record.bridged_at or record.reserved_at,
                seconds=seconds,
                state=state,
            )
            try:
                await self._kept.save(recording)
            except StoreError as error:
                log.warning("recording not noted yet", call=record.id, error=str(error))
                self._ended.put_nowait((asyncio.get_running_loop().time() + AGAIN_S, record))


def legs_of(folder: Path, base: str) -> tuple[Path, ...]:
    """The files of the agent's and the customer's leg."""
    return tuple(folder / f"{base}-{leg}.wav" for leg in LEGS)


def recorded_s(folder: Path, base: str) -> float | None:
    """Seconds that both legs hold; None where one is missing or no sound file."""
    lengths = []
    for path in legs_of(folder, base):
        try:
            with wave.open(str(path), "rb") as file:
                lengths.append(file.getnframes() / file.getframerate())
        except (OSError, EOFError, ZeroDivisionError, wave.Error):
            return None
    return min(lengths)
