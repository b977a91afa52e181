"""Whose turn it is to write to SQLite, among processes: a raised hand that long work looks for between its steps.

SQLite lets one write and has the others ask again and again. A load that commits and begins anew at once would keep
an engine waiting by chance alone. So whoever wants to write raises a hand, a lock on a file beside the database: a load
commits when it sees one, and begins again only when no hand is up. The kernel lowers the hand of a process that dies.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_LOOK_AGAIN_S = 0.002
_LOOKS_MAX = 2_500  # then without: the database's own lock decides, as it always does


class Turn:
    """One hand. A file system without such locks has no hands: nobody waits, and all goes on as it would."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-turn")
        self._file: int | None = None

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[None]:
        """The hand is up within the block; waits until no other is."""
        up = False
        for _ in range(_LOOKS_MAX):
            up = self._raise()
            if up:
                break
            await asyncio.sleep(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            if up:
                self._lower()

    @property
    def wanted(self) -> bool:
        """Whether somebody else's hand is up."""
        if not self._raise():
            return True
        self._lower()
        return False

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _raise(self) -> bool:
        file = self._opened()
        if file is None:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _lower(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _opened(self) -> int | None:
        if self._file is None:
            with suppress(OSError):
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file
