"""Recordings of answers for the audit of detection: kept where the verdict was "machine", removed where it was not."""

import asyncio
from pathlib import Path

import structlog

from dialer.core.model import CallRecord
from dialer.core.outcomes import Outcome

log = structlog.get_logger()

SETTLE_S = 2.0  # Asterisk closes the file after the hang-up


class AuditKeeper:
    """Looks at each ended call that was sampled for an audit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended: asyncio.Queue[tuple[float, Path]] = asyncio.Queue()

    def ended(self, record: CallRecord) -> None:
        """The call is over. On the event loop's thread."""
        if record.audit and record.outcome is not Outcome.MACHINE:
            due = asyncio.get_running_loop().time() + SETTLE_S
            self._ended.put_nowait((due, self._folder / f"{record.audit}.wav"))

    async def run(self) -> None:
        """Remove what nobody needs to hear, until cancelled."""
        while True:
            due, path = await self._ended.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            try:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            except OSError as error:
                log.warning("a person's answer stays recorded", path=path.name, error=str(error))
