"""The index at work beside the dialer: each recorded call becomes one measured file that belongs to it for certain.

The database says what to expect, never the folder: a file is looked for by the name that the engine gave to its call.
Each step is one compare-and-set on the recording's state, and can be done again: a kill at any point loses nothing.
The heavy work goes to a process of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

import structlog

from dialer.core.ids import CELL_SHIFT
from dialer.errors import StoreError
from dialer.store import IndexEntry, Recording, Store
from dialer.store import RecordingState as State
from recordings.archive import ArchiveSettings
from recordings.entries import entry_of, known, words_of
from recordings.errors import NoRoomError, RecordingError, RecordingNotFoundError
from recordings.helping import helper
from recordings.making import Job, Made, finished, legs_of, make, raw_files, remove_raw, sweep
from recordings.orphans import lately, named
from recordings.problems import Lacking, Problem, lacking, packed
from recordings.renewal import renew_words
from recordings.scribe import queue_new
from recordings.settings import Settings
from recordings.silenced import said_in
from recordings.states import Step, after
from recordings.tree import INDEXING, held, inside
from recordings.vault import Keys

log = structlog.get_logger()

SETTLE_S = 2.0  # the switch writes a file's header when it closes it, after the hang-up
QUIET_S = 60.0  # a file that nobody has written to for so long is as whole as it will be
PATIENCE_S = 180.0  # for a file to appear
POLL_S = 5.0
FULL_RETRY_S = 30.0
RETRY_S = 15.0
LEGS_RETRY_S = 300.0  # of removing the switch's files, where the dialer may not
TRIES_MAX = 3  # of what fails in a way that nobody foresaw
BATCH = 25
ORPHANS_EVERY_S = 60.0

Maker = Callable[[Job], Awaitable[Made]]


class Indexer:
    """Works through what one cell recorded."""

    def __init__(
        self,
        store: Store,
        spool: Path,
        settings: ArchiveSettings,
        *,
        now: Callable[[], float] = time.time,
        maker: Maker | None = None,
        measures: Settings | None = None,
    ) -> None:
        """`maker` makes a recording, by default in a thread of this process; `OwnProcess.make` uses another."""
        self._store = store
        self._spool = spool
        self._settings = settings
        self._now = now
        self._make = maker or _in_thread
        self._measures = measures or Settings(detector=settings.detector)
        self._keys = self._keys_now()
        first = store.cell << CELL_SHIFT
        self._calls = range(first, first + (1 << CELL_SHIFT))
        self._wake = asyncio.Event()
        self._orphans_at = 0.0  # when they were last looked for
        self._said: int | None = None  # the last saying of an agent that the words know
        self.full = False  # the last file found no room

    def wake(self) -> None:
        """A recorded call is over. On the event loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. Whatever goes wrong is logged and tried again."""
        while True:
            try:
                done = await self.step()
            except (StoreError, RecordingError, OSError) as error:
                log.warning("recordings are not indexed at the moment", error=str(error))
                done = 0
            except Exception:  # the calls go on, whatever is wrong here
                log.exception("recordings are not indexed at the moment")
                done = 0
            if not done:
                self._wake.clear()
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    def _keys_now(self) -> Keys | None:
        """The keys as they stand in their file now: one may have been added. Raises LockedRecordingError."""
        return Keys.read(self._settings.keys) if self._settings.keys is not None else None

    async def step(self) -> int:
        """Work on what is due now, at most BATCH recordings; how many moved on."""
        now = self._now()
        self._keys = self._keys_now()
        moved = await self._take_in_orphans(now)
        due = await self._store.recordings.workable(now, settled_before=now - SETTLE_S, calls=self._calls, limit=BATCH)
        raw = []
        for one in due:
            if one.state is State.EXPECTED:
                looked = await self._look(one, now)
                moved += looked is not None
                raw += [looked] if looked is not None and looked.state is State.RAW else []
            elif one.state is State.RAW:
                raw.append(one)
            else:
                moved += await self._let_go(one)
        moved += await self._index(raw)
        await self._renew_words()
        return moved

    async def _take_in_orphans(self, now: float) -> int:
        """Look for sound that no call names: in all days at first, then in the last ones."""
        if now - self._orphans_at < ORPHANS_EVERY_S:
            return 0
        since = lately(now) if self._orphans_at else 0.0
        there = await asyncio.to_thread(named, self._spool, self._calls, since)
        taken = await self._store.recordings.expect(there)
        self._orphans_at = now
        for call in taken:
            log.warning("a recording of a call that does not name it is taken in", call=call)
        return len(taken)

    async def _look(self, one: Recording, now: float) -> Recording | None:
        """See what the switch left. The recording in its new state; None where it must be waited for."""
        there = [finished(path) for path in legs_of(self._spool, one.base)]
        since = await self._over_since(one)
        if all(there):
            return await self._moved(one, Step.WHOLE)
        if any(whole is not None for whole in there):
            if now - since > QUIET_S and now - _written_at(self._spool, one.base) > QUIET_S:
                return await self._moved(one, Step.WHOLE)
        elif now - since > PATIENCE_S:
            log.error("recording missing", call=one.call)
            return await self._moved(one, Step.NEVER_CAME, problem=packed(Lacking(Problem.NO_FILE)))
        await self._store.recordings.change(one.call, one.state, due_at=now + POLL_S)
        return None

    async def _over_since(self, one: Recording) -> float:
        facts = (await self._store.call_facts.of([one.call])).get(one.call)
        return one.at if facts is None or facts.ended_at is None else facts.ended_at

    async def _moved(self, one: Recording, step: Step, **columns: object) -> Recording | None:
        state = after(one.state, step)
        assert state is not None, (one.state, step)
        if not await self._store.recordings.change(one.call, one.state, state=state, due_at=None, **columns):
            return None
        moved = await self._store.recordings.by_call(one.call)
        if moved is not None and state in (State.MISSING, State.DAMAGED):
            await self._list(moved)
        return moved

    async def _list(self, one: Recording) -> None:
        """Let a recording be found that has no file: what is missing must not be out of sight."""
        facts = (await self._store.call_facts.of([one.call])).get(one.call)
        listed = known(one, facts)
        body, facets = words_of(listed, None, facts, "")
        await self._store.recordings.index([IndexEntry(recording=listed, measures=None, body=body, facets=facets)])

    async def _index(self, raw: list[Recording]) -> int:
        """Make the files, then take them into the index in one transaction."""
        made = [(one, result) for one in raw if (result := await self._made(one)) is not None]
        if not made:
            return 0
        calls = [one.call for one, _ in made]
        facts = await self._store.call_facts.of(calls)
        held = await self._store.call_facts.hold_s(list(facts.values()))
        transcripts = await self._store.transcripts.of(calls)
        entries = [
            entry_of(
                one, facts.get(one.call), result, hold_s=held.get(one.call, 0.0), now=self._now(),
                said=said_in(transcripts.get(one.call), one.muted),
            )
            for one, result in made
        ]  # fmt: skip
        for one in await self._store.recordings.index(entries):
            if await self._let_go(one) and one.problem:
                log.warning("recording mended", call=one.call, problem=one.problem)
        await queue_new(self._store, self._settings, calls, self._now())
        return len(made)

    async def _made(self, one: Recording) -> Made | None:
        """The recording's file; None where it could not be made now, or not at all."""
        job = Job(
            call=one.call, at=one.at, base=one.base, spool=self._spool, tree=self._settings.folder,
            format=self._settings.format, keys=self._keys, settings=self._measures,
        )  # fmt: skip
        try:
            inside(self._spool, one.base)
            result = await self._make(job)
        except NoRoomError as error:
            if not self.full:
                log.critical("no room for recordings", error=str(error))
            self.full = True
            await self._later(one, FULL_RETRY_S, Lacking(Problem.NO_ROOM, str(error)))
        except RecordingNotFoundError as error:
            await self._moved(one, Step.NEVER_CAME, problem=packed(lacking(error)))
        except RecordingError as error:
            log.warning("recording cannot be read", call=one.call, error=str(error))
            await self._moved(one, Step.UNREADABLE, problem=packed(lacking(error)))
        except OSError as error:
            await self._later(one, RETRY_S, Lacking(Problem.NOT_YET, str(error)))
        except Exception as error:  # noqa: BLE001 - one that nobody can make must keep no other from being made
            await self._failed(one, error)
        else:
            self.full = False
            return result
        return None

    async def _failed(self, one: Recording, error: Exception) -> None:
        """It brought its process down, or did what nobody foresaw: set aside after some tries."""
        down = isinstance(error, BrokenProcessPool)
        problem = Lacking(Problem.BRINGS_DOWN) if down else Lacking(Problem.NOT_MADE, repr(error))
        if one.tries + 1 < TRIES_MAX:
            await self._later(one, RETRY_S, problem)
            return
        log.warning("recording cannot be made", call=one.call, problem=problem.code, error=problem.detail)
        await self._moved(one, Step.UNREADABLE, problem=packed(problem))

    async def _later(self, one: Recording, seconds: float, problem: Lacking) -> None:
        await self._store.recordings.change(
            one.call, one.state, due_at=self._now() + seconds, tries=one.tries + 1, problem=packed(problem)
        )

    async def _let_go(self, one: Recording) -> bool:
        """Delete the switch's files of a recording that stands in the index, unless they are to be kept."""
        if not self._settings.keep_legs and one.base and one.local:
            if not inside(self._settings.folder, one.file).is_file():
                log.error("an indexed recording's file is gone; its raw files stay", call=one.call)
                problem = packed(Lacking(Problem.GONE_BUT_LEGS))
                await self._store.recordings.change(one.call, one.state, legs=False, problem=problem)
                await renew_words(self._store, [one.call])
                return False
            try:
                await asyncio.to_thread(remove_raw, self._spool, one.base)
            except OSError as error:
                log.warning("the switch's files of a recording cannot be removed", call=one.call, error=str(error))
                await self._store.recordings.change(one.call, one.state, due_at=self._now() + LEGS_RETRY_S)
                return False
        return await self._store.recordings.change(one.call, one.state, legs=False)

    async def _renew_words(self) -> None:
        """Take in what agents said after their calls were indexed."""
        if self._said is None:
            self._said = max(0, await self._store.call_facts.last_saying() - 1000)
        self._said, calls = await self._store.call_facts.said_since(self._said)
        if calls:
            await renew_words(self._store, calls)


def _written_at(spool: Path, base: str) -> float:
    """When the switch last wrote to any of the files."""
    return max((path.stat().st_mtime for path in raw_files(spool, base) if path.exists()), default=0.0)


async def _in_thread(job: Job) -> Made:
    return await asyncio.to_thread(make, job)


class OwnProcess:
    """A process that makes recordings, and gives way to everything else on the machine."""

    def __init__(self) -> None:
        self._pool: Executor | None = None

    async def make(self, job: Job) -> Made:
        """Make one there. Raises what `make` raises, and BrokenProcessPool where the process was brought down."""
        if self._pool is None:
            self._pool = helper(niceness=10)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, make, job)
        except BrokenProcessPool:
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


@contextmanager
def alone(tree: Path) -> Iterator[None]:
    """Hold the tree: one indexer at a time. What a killed one left half made is removed. Raises RecordingError."""
    with held(tree, INDEXING):
        sweep(tree)
        yield
