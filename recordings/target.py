"""The place beyond the tree: any that fsspec knows. Files go there as they stand, locked or not, and are read back.

Nothing leaves the tree before the target gave it back as it is. A target that is down costs time, never a recording.
"""

import asyncio
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog

from dialer.store import Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings
from recordings.errors import RecordingError
from recordings.states import Step, after
from recordings.tree import PART, inside, regular, remove, written_whole

log = structlog.get_logger()

BATCH = 20
RETRY_MIN_S, RETRY_MAX_S = 5.0, 300.0
NO_FILE_RETRY_S = 3600.0  # of an upload
ALARM_S = 600.0  # down for so long is worth a person
POLL_S = 10.0
_PIECE = 1 << 20


class Target:
    """Where copies go. Raises RecordingError where the address cannot be used; what it will when it is down."""

    def __init__(self, address: str) -> None:
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise RecordingError(
                "a target needs fsspec: pip install 'cadencia[target]' and what its kind needs"
            ) from error
        try:
            self._files, self._root = url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise RecordingError(f"[recordings] target {address!r} cannot be used: {error}") from error

    def _place(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def put(self, tree: Path, name: str) -> None:
        """Copy a file of the tree there and read it back. Raises RecordingError where it came back otherwise."""
        place = self._place(name)
        with regular(inside(tree, name)) as (file, _):
            sent = sha256()
            self._files.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
            with self._files.open(place, "wb") as out:
                while piece := file.read(_PIECE):
                    sent.update(piece)
                    out.write(piece)
        back = sha256()
        with self._files.open(place, "rb") as stored:
            while piece := stored.read(_PIECE):
                back.update(piece)
        if back.digest() != sent.digest():
            raise RecordingError(f"{name}: the target did not give it back as it was sent; it is sent again")

    def get(self, tree: Path, name: str) -> None:
        """Fetch a file back into the tree, whole or not at all. Two may fetch the same: each writes its own part."""
        place = inside(tree, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.{token_hex(4)}{PART}")
        with self._files.open(self._place(name), "rb") as stored, written_whole(place, part) as out:
            while piece := stored.read(_PIECE):
                out.write(piece)

    def size(self, name: str) -> int | None:
        """Bytes of the file there; None where it is not."""
        try:
            facts: dict[str, Any] = self._files.info(self._place(name))
        except FileNotFoundError:
            return None
        return int(facts["size"])

    def remove(self, name: str) -> None:
        """Delete it there; one that is not there is no error."""
        try:
            self._files.rm_file(self._place(name))
        except FileNotFoundError:
            return


class Uploader:
    """Works through what the target does not have yet, and frees the tree of what it has had for long."""

    def __init__(
        self, store: Store, settings: ArchiveSettings, target: Target, *, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._settings = settings
        self._target = target
        self._now = now
        self._wait_s = 0.0
        self._down_since: float | None = None
        self._told = False

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                done = await self.step()
            except Exception as error:  # noqa: BLE001 - whatever a target's own library raises
                log.warning("recordings are not uploaded at the moment", error=str(error))
                done = 0
            if not done:
                await asyncio.sleep(max(POLL_S, self._wait_s))

    async def step(self) -> int:
        """Upload what waits, oldest first, until one fails; then let go of old local copies. How many moved."""
        done = 0
        for one in await self._store.recordings.queued(self._now(), limit=BATCH):
            if not await self._at_hand(one):
                continue
            if not await self._upload(one):
                return done
            done += 1
        return done + await self._trim()

    async def _at_hand(self, one: Recording) -> bool:
        """Whether its file can be read; one that cannot is set aside for a while, and keeps no other from going."""
        try:
            with regular(inside(self._settings.folder, one.file)):
                return True
        except RecordingError as error:
            log.warning("a recording cannot be uploaded: its file cannot be read", call=one.call, error=str(error))
            await self._store.recordings.change(one.call, one.state, due_at=self._now() + NO_FILE_RETRY_S)
            return False

    async def _upload(self, one: Recording) -> bool:
        try:
            await asyncio.to_thread(self._target.put, self._settings.folder, one.file)
        except Exception as error:  # noqa: BLE001 - whatever a target's own library raises: it stays queued
            self._failed(one, error)
            return False
        self._wait_s, self._down_since, self._told = 0.0, None, False
        state = after(one.state, Step.UPLOADED)
        assert state is not None
        if not await self._store.recordings.change(one.call, one.state, state=state, stored_at=self._now()):
            await self._unsent(one)
        return True

    async def _unsent(self, one: Recording) -> None:
        """It moved on while it was sent. What was deleted meanwhile must not live on at the target."""
        now = await self._store.recordings.by_call(one.call)
        if now is None or now.deleted_at is not None:
            await asyncio.to_thread(self._target.remove, one.file)

    def _failed(self, one: Recording, error: Exception) -> None:
        self._wait_s = min(RETRY_MAX_S, max(RETRY_MIN_S, 2 * self._wait_s))
        if self._down_since is None:
            self._down_since = self._now()
            log.warning("the target does not take recordings", call=one.call, error=str(error))
        elif not self._told and self._now() - self._down_since > ALARM_S:
            log.critical("the target has not taken recordings for long", minutes=round(ALARM_S / 60), error=str(error))
            self._told = True

    async def _trim(self) -> int:
        before = self._now() - self._settings.local_days * 86_400
        trimmed = 0
        for one in await self._store.recordings.trimmable(before, limit=BATCH):
            path = inside(self._settings.folder, one.file)
            there = await asyncio.to_thread(self._target.size, one.file)
            if there is None or (path.exists() and there != path.stat().st_size):
                log.error("the target lost a recording; its local copy stays", call=one.call)
                await self._store.recordings.change(one.call, one.state, stored_at=self._now())
                continue
            # The index first: a kill in between leaves a copy too many, never one too few.
            if await self._store.recordings.change(one.call, one.state, local=False):
                await asyncio.to_thread(remove, path)
                trimmed += 1
        return trimmed


async def at_hand(store: Store, settings: ArchiveSettings, one: Recording, now: float) -> Recording:
    """The recording with its file in the tree, if there is one: fetched where the target alone has it, or where it is
    gone from here and the target has it too. Raises as `fetch`.
    """
    if not one.file or one.deleted_at is not None:
        return one
    lost = one.state is State.STORED and not await asyncio.to_thread(inside(settings.folder, one.file).is_file)
    return await fetch(store, settings, one, now) if lost or not one.local else one


async def fetch(store: Store, settings: ArchiveSettings, one: Recording, now: float) -> Recording:
    """Have a recording's file in the tree again. Raises RecordingError where there is no target, it has it not, or the
    recording was deleted meanwhile.
    """
    if not settings.target:
        raise RecordingError(f"{one.file}: is not in the tree, and no target is configured")
    # The index first: who asked may be gone before the file is here, and nobody would ever free the tree of it.
    await store.recordings.change(one.call, one.state, local=True, stored_at=now)
    try:
        await asyncio.to_thread(Target(settings.target).get, settings.folder, one.file)
    except Exception as error:  # whatever a target's own library raises
        await store.recordings.change(one.call, one.state, local=False)
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{one.file}: the target does not give it: {error}") from error
    fetched = await store.recordings.by_call(one.call)
    if fetched is None or fetched.deleted_at is not None:
        await asyncio.to_thread(remove, inside(settings.folder, one.file))
        raise RecordingError(f"{one.file}: was deleted meanwhile")
    return fetched
