"""One cell put together: engine, store, switch, AGI, console. Nothing is decided here."""

import asyncio
import os
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

import structlog

from dialer.asterisk.agi_scripts import AgentScripts, OptOutScript, routes
from dialer.asterisk.agi_server import AgiServer
from dialer.asterisk.names import call_of
from dialer.asterisk.switch import AsteriskSwitch
from dialer.audits import AuditKeeper
from dialer.clock import Clock
from dialer.config import Config
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import AgentSet, DiallingStopped, ListChanged, ScoreSet
from dialer.core.model import LedgerStep
from dialer.core.packs.lawbook import Lawbook
from dialer.core.packs.schema import Rulebook
from dialer.disk_guard import DiskGuard
from dialer.doctor.look import look
from dialer.errors import ConfigError, DialerError, StoreError
from dialer.feeds.run import Feed
from dialer.feeds.schedule import run_feeds
from dialer.nightly import learn_nightly
from dialer.notify import Notifier, apprise_of
from dialer.ports import Forecaster
from dialer.rereading import Rereader, known_pools, tell_pools
from dialer.rules.packs import rulebook
from dialer.runtime import Runtime
from dialer.scheduler import run_schedules
from dialer.scrub import Scrub
from dialer.shifts import tell_shifts
from dialer.store import Store
from dialer.telling.webhooks import KEPT_S as DELIVERIES_KEPT_S
from dialer.telling.webhooks import Teller
from dialer.watch import KEPT_S, Watchman
from dialer.web.app import create_app
from dialer.web.once import KEPT_S as REQUESTS_KEPT_S
from dialer.web.operations import Operations
from dialer.web.passwords import Verifier
from dialer.web.serving import listen, serve
from recordings.service import RecordingService

log = structlog.get_logger()

LEDGER_S = 32 * 86_400.0
LEARNED_S = 60.0
TIDY_S = 3600.0
DRAIN_S = 180.0  # the longest that talks are waited for when the dialer ends in peace


class Cell:
    """A running dialer. `run` ends by `drain`, by `leave` or by a failure that no retry mends."""

    def __init__(self, config: Config, file: Path | None = None) -> None:
        """`file`: where the configuration was read, and may be read anew."""
        self._config, self._file = config, file
        self._reread: Rereader | None = None
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

    async def reread(self) -> None:
        """Read the configuration anew; what is wrong with it is logged, and changes nothing."""
        if self._reread is None:
            return
        try:
            found = await self._reread()
        except DialerError as error:
            log.warning("the configuration was not taken up", error=str(error))
        else:
            log.info("configuration read anew", trunks=found.trunks, pools=found.pools, restart=found.restart)

    async def run(self, serving: Callable[[str], None]) -> None:
        """Serve; `serving` is called with the console's address once all doors are open.

        Raises ConfigError where what is configured cannot be used (a taken port, a wrong secret), StoreError where
        another engine runs for this cell.
        """
        config = self._config
        config.data_dir.mkdir(parents=True, exist_ok=True)
        async with await Store.open(config.database_url, cell=config.cell) as store:
            await self._serve(store, serving)

    async def _serve(self, store: Store, serving: Callable[[str], None]) -> None:
        config, clock = self._config, Clock()
        scrub = Scrub(config.scrub, clock, lists=store.do_not_call) if config.scrub.url else None
        runtime = Runtime(Engine(), store, clock, clock.behind_s, scrub=scrub)
        book = self._rules(clock())
        restored, run = await store.begin_run(clock())
        restored = replace(restored, ledger=await _ledger(store, clock()))
        if pools := await known_pools(config, store):
            await tell_pools(pools, store, runtime.tell, clock())
        if self._file is not None:
            self._reread = Rereader(config, self._file, store, runtime.tell, clock)
        runtime.begin(
            config.trunks,
            await store.campaigns.list(),
            [login.agent for login in await store.agents.list() if login.active],
            restored,
            book=book,
        )
        _keep_stop(config.data_dir / f"stopped-{config.cell}", runtime)
        switch = AsteriskSwitch(
            config.asterisk, runtime.tell, cell=config.cell, now=clock, chance=random.SystemRandom()
        )
        services, watch = await self._services(store, runtime, clock)
        log.info("run begins", run=run, cell=config.cell, open_calls=len(restored.open_calls))
        listening = listen(config.web)
        async with self._agi(store, runtime):
            with _forecaster(config.database_url, clock) as forecaster, _token(config.token_file) as token:
                app = create_app(
                    runtime,
                    store,
                    config.web,
                    recordings=Path(config.asterisk.recordings_dir),
                    archive=config.recordings,
                    admin_token=token,
                    law=Lawbook(book),
                    now=clock,
                    forecaster=forecaster,
                    uploads=config.uploads,
                    operations=_operations(config, store, runtime, switch, self._reread),
                    watch=watch,
                    scrub=scrub.refusal if scrub is not None else None,
                )
                web = serve(app, config.web, listening=listening)
                parts = _together(runtime.run(switch), web, *services)
                serving(f"http://{config.web.host}:{listening.getsockname()[1]}")
                await self._until_end(runtime, asyncio.create_task(parts))

    async def _services(
        self, store: Store, runtime: Runtime, clock: Clock
    ) -> tuple[list[Coroutine[object, object, None]], Watchman]:
        """What works beside the engine, ready to run; and the watchman, whom the console asks."""
        config = self._config
        folder = Path(config.asterisk.recordings_dir)
        kept = RecordingService(store, folder, config.recordings, now=clock)
        runtime.on_call_ended(lambda _: kept.indexer.wake())
        guard = DiskGuard(
            (folder, config.recordings.folder), config.recordings, store, runtime.tell,
            alarm=lambda told: runtime.alarms.append((clock(), told)),
        )  # fmt: skip
        audits = AuditKeeper(folder)
        runtime.on_call_ended(audits.ended)
        await _audited(store, runtime, clock())
        watch = self._watchman(runtime, store, clock)
        runtime.on_call_ended(watch.ended)
        parts = [
            kept.run(),
            guard.run(),
            watch.run(),
            audits.run(),
            run_schedules(store, runtime.tell, clock, watch.changing),
            tell_shifts(store, runtime.tell, clock),
            Teller(store, clock, config.webhooks).run(),
            _tidy(store, clock),
            _learned(store, runtime),
            arrange(store, runtime, clock),
            run_feeds([Feed(one, store, runtime.tell, clock) for one in config.feeds], clock),
        ]
        if config.learn_at:
            parts.append(learn_nightly(config.database_url, config.learn_at, clock))
        return parts, watch

    def _watchman(self, runtime: Runtime, store: Store, clock: Clock) -> Watchman:
        alarms = self._config.alarms
        return Watchman(
            runtime,
            store,
            alarms,
            now=clock,
            behind=clock.behind_s,
            folder=self._config.data_dir,
            notifier=Notifier(apprise_of(alarms.notify)),
        )

    def _rules(self, now: float) -> Rulebook:
        book = rulebook(built_in=self._config.built_in_rules, folder=self._config.rules_dir, now=now)
        if not book.rules:
            log.warning("no calling rules: calls are held against the campaigns' own hours and caps alone")
        unsure = [rule.name for rule in book.rules if rule.verify]
        if unsure:
            log.warning("calling rules that counsel should check", rules=unsure)
        return book

    @asynccontextmanager
    async def _agi(self, store: Store, runtime: Runtime) -> AsyncIterator[None]:
        settings, server = self._config.agi, self._agi_server(store, runtime)
        try:
            await server.__aenter__()
        except OSError as error:
            where = f"agi.host {settings.host}, agi.port {settings.port}"
            raise ConfigError(f"{where}: cannot listen there ({error.strerror})") from error
        try:
            yield
        finally:
            await server.__aexit__()

    def _agi_server(self, store: Store, runtime: Runtime) -> AgiServer:
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
        wishes = [asyncio.create_task(self._left()), asyncio.create_task(self._in_peace(runtime))]
        try:
            await asyncio.wait([parts, *wishes], return_when=asyncio.FIRST_COMPLETED)
            if parts.done():
                await parts
            await runtime.flush()
        finally:
            for one in (parts, *wishes):
                one.cancel()
            await asyncio.wait([parts, *wishes])

    async def _left(self) -> None:
        await self._leave.wait()

    async def _in_peace(self, runtime: Runtime) -> None:
        await self._drain.wait()
        log.info("draining", patience_s=DRAIN_S)
        if not await runtime.drain(DRAIN_S):
            log.warning("calls in progress after the patience; left on the switch")
        await runtime.send_home()


def _keep_stop(mark: Path, runtime: Runtime) -> None:
    """An emergency stop outlives the process: who said it stands in a file until somebody takes it back."""
    kept = mark.exists()
    if kept:
        runtime.tell(DiallingStopped(mark.read_text(encoding="utf-8")))

    def changed(_: frozenset[AgentId]) -> None:
        nonlocal kept
        if bool(runtime.stopped_by) == kept:
            return
        kept = bool(runtime.stopped_by)
        try:
            if kept:
                mark.write_text(runtime.stopped_by, encoding="utf-8")
            else:
                mark.unlink(missing_ok=True)
        except OSError as error:
            log.critical("the stop is not kept over a restart", path=str(mark), error=str(error))

    runtime.subscribe(changed)


async def _ledger(store: Store, now: float) -> tuple[LedgerStep, ...]:
    """What counts against the caps on abandoned calls, over the longest window that a rule knows."""
    return await store.ledger(now - LEDGER_S, now)


async def _audited(store: Store, runtime: Runtime, now: float) -> None:
    """Tell the engine what detection did in the last day, and what audits of it heard."""
    for campaign in await store.campaigns.list():
        if campaign.detection.on:
            runtime.tell(await store.detections.told(campaign.id, now))


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
def _token(path: Path) -> Iterator[str]:
    """A fresh token, left where only this user's commands find it, as long as the run lasts."""
    token = secrets.token_urlsafe(32)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(token)
    try:
        yield token
    finally:
        path.unlink(missing_ok=True)


async def _learned(store: Store, runtime: Runtime) -> None:
    """Tell the engine what was learned of who answers when: at the start, and soon after it is learned anew."""
    known: dict[CampaignId, float] = {}
    while True:
        try:
            for campaign, at, model in await store.scores.others(known):
                runtime.tell(ScoreSet(campaign, model))
                known[campaign] = at
        except DialerError as error:
            log.warning("what was learned of answers is not taken up", error=str(error))
        await asyncio.sleep(LEARNED_S)


async def arrange(store: Store, runtime: Runtime, now: Callable[[], float]) -> None:
    """Bring the lists into the order of their campaigns' settings where a former run was cut off before it had."""
    try:
        for campaign in await store.leads.unarranged():
            await store.leads.rearrange(campaign, now())
            runtime.tell(ListChanged(campaign))
    except DialerError as error:
        log.warning("the campaigns' leads are not all in their order", error=str(error))


def _operations(
    config: Config, store: Store, runtime: Runtime, switch: AsteriskSwitch, reread: Rereader | None
) -> Operations:
    """What the running cell tells of itself."""

    def vitals() -> dict[str, object]:
        told = switch.health()
        return {
            "loop_lag_seconds": runtime.lag_s,
            "engine_events_total": runtime.handled,
            "switch_silence_seconds": told.get("heard_s_ago"),
            "switch_ping_seconds": ping / 1000 if isinstance(ping := told.get("ping_ms"), float) else None,
            "switch_events_total": told.get("events"),
            "switch_actions_in_flight": told.get("actions_in_flight"),
        }

    def alarms() -> dict[str, int]:
        return dict(Counter(alarm.code for _, alarm in runtime.alarms))

    return Operations(vitals=vitals, alarms=alarms, doctor=partial(look, config, store), reread=reread)


@contextmanager
def _forecaster(database: str, clock: Callable[[], float]) -> Iterator[Forecaster | None]:
    """The forecaster that is installed beside the dialer, if any."""
    for point in entry_points(group="cadencia.forecasters"):
        made: Forecaster = point.load()(database, clock)
        try:
            yield made
        finally:
            made.close()
        return
    yield None


async def _tidy(store: Store, now: Callable[[], float]) -> None:
    """Once an hour, let go of what nobody needs any more."""
    while True:
        try:
            await store.tokens.remove_expired(now())
            await store.do_not_call.remove_expired(now())
            await store.people.join_told(now())
            await store.requests_done.remove_before(now() - REQUESTS_KEPT_S)
            await store.webhooks.remove_before(now() - DELIVERIES_KEPT_S)
            await store.floor_log.forget(now() - KEPT_S)
            await store.drafts.remove_old(now())
            await store.promises.judge(now())
        except StoreError as error:
            log.warning("not tidied up", error=str(error))
        await asyncio.sleep(TIDY_S)
