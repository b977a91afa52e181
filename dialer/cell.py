"""One cell put together: engine, store, switch, AGI, console. Nothing is decided here."""

import asyncio
import fcntl
import os
import random
import secrets
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from dialer.asterisk.agi_scripts import AgentScripts, OptOutScript, routes
from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.names import call_of
from dialer.asterisk.switch import AsteriskSwitch
from dialer.clock import Clock
from dialer.config import Config
from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import AgentSet
from dialer.core.packs.schema import Rulebook
from dialer.errors import ConfigError, DialerError
from dialer.recorder import Recorder
from dialer.rules.packs import rulebook
from dialer.runtime import Runtime
from dialer.store import Store
from dialer.web.app import create_app
from dialer.web.passwords import Verifier
from dialer.web.serving import listen, serve

log = structlog.get_logger()

DRAIN_S = 180.0  # the longest that talks are waited for when the dialer ends in peace


class Cell:
    """A running dialer. `run` ends by `drain`, by `leave` or by a failure that no retry mends."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._drain = asyncio.Event()
        self._leave = asyncio.Event()

    def drain(self) -> None:
        """End in peace: nothing more is placed, talks end, then hang up. Said twice: leave at once."""
        if self._drain.is_set():
            self._leave.set()
        self._drain.set()

    def leave(self) -> None:
        """End now and leave every talk on the switch: the next start takes them over."""
        self._leave.set()

    async def run(self, serving: Callable[[str], None]) -> None:
        """Serve; `serving` is called with the console's address once all doors are open.

        Raises ConfigError where what is configured cannot be used (a taken port, a second engine, a wrong secret).
        """
        config = self._config
        config.data_dir.mkdir(parents=True, exist_ok=True)
        with _alone(config.data_dir / f"cell-{config.cell}.lock"):
            async with await Store.open(config.database_url, cell=config.cell) as store:
                await self._serve(store, serving)

    async def _serve(self, store: Store, serving: Callable[[str], None]) -> None:
        config, clock = self._config, Clock()
        runtime = Runtime(Engine(), store, clock)
        restored, run = await store.begin_run(clock())
        runtime.begin(
            config.trunks,
            await store.campaigns.list(),
            [login.agent for login in await store.agents.list() if login.active],
            restored,
            book=self._rules(clock()),
        )
        switch = AsteriskSwitch(
            config.asterisk, runtime.tell, cell=config.cell, now=clock, chance=random.SystemRandom()
        )
        folder = Path(config.asterisk.recordings_dir)
        recorder = Recorder(folder, store.recordings)
        runtime.on_call_ended(recorder.ended)
        token = _leave_token(config.token_file)
        app = create_app(runtime, store, config.web, recordings=folder, admin_token=token, now=clock)
        listening = listen(config.web)
        log.info("run begins", run=run, cell=config.cell, open_calls=len(restored.open_calls))
        async with self._agi(store, runtime):
            parts = asyncio.create_task(
                _together(runtime.run(switch), serve(app, config.web, listening=listening), recorder.run())
            )
            try:
                serving(f"http://{config.web.host}:{listening.getsockname()[1]}")
                await self._until_end(runtime, parts)
                await runtime.flush()
            finally:
                parts.cancel()
                await asyncio.wait([parts])
                config.token_file.unlink(missing_ok=True)

    def _rules(self, now: float) -> Rulebook:
        book = rulebook(built_in=self._config.built_in_rules, folder=self._config.rules_dir, now=now)
        if not book.rules:
            log.warning("no calling rules: calls are held against the campaigns' own hours and caps alone")
        unsure = [rule.name for rule in book.rules if rule.verify]
        if unsure:
            log.warning("calling rules that counsel should check", rules=unsure)
        return book

    def _agi(self, store: Store, runtime: Runtime) -> AgiServer:
        verifier = Verifier()

        async def verified(code: str, pin: str) -> AgentId | None:
            login = await store.agents.by_code(code)
            good = await verifier.matches(login.pin_hash if login is not None and login.active else "", pin)
            if login is None or not good:
                return None
            runtime.tell(AgentSet(login.agent))  # added since the run began, perhaps
            return login.agent.id

        agents = AgentScripts(verify=verified, tell=runtime.tell, clock=asyncio.get_running_loop().time)
        opt_out = OptOutScript(call_of=partial(call_of, cell=self._config.cell), tell=runtime.tell)
        return AgiServer(self._config.agi.host, self._config.agi.port, routes(agents, opt_out))

    async def _until_end(self, runtime: Runtime, parts: asyncio.Task[None]) -> None:
        """Wait for a wish to end, or for a part that failed: that one's error is raised."""
        leave = asyncio.create_task(self._left())
        in_peace = asyncio.create_task(self._in_peace(runtime))
        try:
            await asyncio.wait([parts, leave, in_peace], return_when=asyncio.FIRST_COMPLETED)
            if parts.done():
                await parts
        finally:
            leave.cancel()
            in_peace.cancel()

    async def _left(self) -> None:
        await self._leave.wait()

    async def _in_peace(self, runtime: Runtime) -> None:
        await self._drain.wait()
        log.info("draining", patience_s=DRAIN_S)
        if not await runtime.drain(DRAIN_S):
            log.warning("calls in progress after the patience; left on the switch")
        await runtime.send_home()


async def _together(*parts: Coroutine[object, object, None]) -> None:
    """Run the parts until one fails; where one failed on purpose, raise its own error."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for part in parts:
                tasks.create_task(part)
    except BaseExceptionGroup as group:
        known = group.subgroup(DialerError)
        if known is None:
            raise
        raise _first(known) from group


def _first(group: BaseExceptionGroup[DialerError]) -> DialerError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, DialerError)
    return error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the cell's lock: two engines for one cell would bridge one agent twice."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{path} is held: another `dialer serve` runs for this cell") from error
        yield


def _leave_token(path: Path) -> str:
    """Leave a fresh token where only this user's commands find it."""
    token = secrets.token_urlsafe(32)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(token)
    return token
