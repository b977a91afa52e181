"""What 300 live clients cost the dialer, and whether a floor of 500 agents stays smooth in a browser.

    python -m benchmarks floor_clients [--clients 300] [--agents 500] [--seconds 20] [--rounds 3] [--browser]

The whole dialer runs in this process, against the stand-in switch in another; the clients are a third, which reads
whatever comes. Seconds with the clients and without take turns, so that what else the machine does hits both alike.
"""

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from benchmarks.tables import table
from benchmarks.workload import campaign_of, import_leads, until
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.clock import Clock
from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import AgentReady, AgentSignedIn
from dialer.core.model import Agent, Mode, Trunk
from dialer.runtime import Runtime
from dialer.store import AgentLogin, Store
from dialer.watch import Watchman
from dialer.watch_settings import AlarmSettings
from dialer.web.app import create_app
from dialer.web.serving import listen, serve
from dialer.web.settings import WebSettings
from pacing import Policy, Settings

TRUNK = Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=2_000, calls_per_second=200.0)
PERSON = "+569{n}110120"  # rings a second, talks 20
SETTLE_S = 3.0
SHARE_MAX = 0.05
FRAME_MAX_MS = 50.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some seconds: this process's share of a core, and how late its event loop ran."""

    share: float
    lag_ms: float  # the median
    lag_p99_ms: float


async def stretch(seconds: float) -> Stretch:
    """Look at this process for so long."""
    lags, step = [], 0.02
    cpu, began = time.process_time(), time.monotonic()
    while time.monotonic() - began < seconds:
        due = time.monotonic() + step
        await asyncio.sleep(step)
        lags.append(1000 * (time.monotonic() - due))
    share = (time.process_time() - cpu) / (time.monotonic() - began)
    return Stretch(share, statistics.median(lags), statistics.quantiles(lags, n=100)[98])


async def furnish(store: Store, agents: int) -> None:
    """A campaign, its agents and a list of people who answer."""
    client = await store.clients.add("benchmark")
    pacing = Settings(policy=Policy.RATIO, ratio=1.0)
    campaign = await store.campaigns.save(campaign_of(client.id, TRUNK, Mode.PREDICTIVE, pacing))
    for n in range(agents):
        agent = Agent(id=AgentId(0), name=f"Agent {n:03d}", campaigns=(campaign.id,), endpoint=f"PJSIP/{n}")
        await store.agents.save(AgentLogin(agent=agent, login=f"a{n}", code=str(n + 1)))
    await import_leads(store, campaign, 40 * agents, PERSON)


@asynccontextmanager
async def far_switch(folder: Path) -> AsyncIterator[int]:
    """The stand-in switch in a process of its own; its port."""
    module = "simulation.demo.standin"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "1", "secret", str(folder)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield int((await process.stdout.readline()).split()[1])
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def far_clients(url: str, count: int) -> AsyncIterator[None]:
    """So many clients in a process of their own, all linked."""
    code = "import sys; from benchmarks.floor_clients import listen_all; listen_all(sys.argv[1], int(sys.argv[2]))"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, url, str(count)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        said = await process.stdout.readline()
        if said.strip() != b"linked":
            raise SystemExit(f"the clients did not come: {said.decode()!r}")
        yield
    finally:
        process.kill()
        await process.wait()


def listen_all(url: str, count: int) -> None:
    """Be so many clients of the floor's changes; says `linked` when each has heard something."""

    async def one(heard: asyncio.Semaphore) -> None:
        from websockets.asyncio.client import connect  # noqa: PLC0415 - of the clients' process alone

        address = f"ws{url.removeprefix('http')}/api/v1/live?topics=floor_changes"
        async with connect(address, proxy=None, max_size=None, compression=None) as socket:
            await socket.recv()
            heard.release()
            while True:
                await socket.recv()

    async def run() -> None:
        heard = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(one(heard)) for _ in range(count)]
        for _ in range(count):
            await heard.acquire()
        print("linked", flush=True)
        await asyncio.gather(*tasks)

    asyncio.run(run())


@asynccontextmanager
async def dialer(folder: Path, agents: int, *, admin_token: str = "") -> AsyncIterator[tuple[Runtime, str]]:
    """The whole dialer at work; where its pages are."""
    clock, web = Clock(), WebSettings(port=0, open_floor=True)
    async with far_switch(folder) as port, await Store.open(f"sqlite:///{folder / 'day.db'}") as store:
        await furnish(store, agents)
        runtime = Runtime(Engine(), store, clock)
        restored, _ = await store.begin_run(clock())
        logins = await store.agents.list()
        runtime.begin((TRUNK,), await store.campaigns.list(), [one.agent for one in logins], restored)
        ami = AmiSettings(username="dialer", secret="secret", port=port, recordings_dir=str(folder))
        switch = AsteriskSwitch(ami, runtime.tell, cell=0, now=clock, chance=random.Random(1))
        watch = Watchman(runtime, store, AlarmSettings(), now=clock, folder=folder)
        runtime.on_call_ended(watch.ended)
        app = create_app(runtime, store, web, recordings=folder, now=clock, watch=watch, admin_token=admin_token)
        listening = listen(web)
        parts = (runtime.run(switch), watch.run(), serve(app, web, listening=listening))
        tasks = [asyncio.create_task(part) for part in parts]
        await sign_in(runtime)
        try:
            yield runtime, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.wait(tasks)


async def sign_in(runtime: Runtime) -> None:
    """Let every agent sign in and be ready."""
    async with asyncio.timeout(120):
        await until(runtime, lambda floor: floor.switch_up, "the link to the stand-in")
        for agent in runtime.view().agents:
            await runtime.ask(AgentSignedIn(agent.id))
        await until(runtime, lambda floor: all(agent.leg_up for agent in floor.agents), "the agents' phones")
        for agent in runtime.view().agents:
            await runtime.ask(AgentReady(agent.id))


async def frames(url: str, seconds: float) -> dict[str, float]:
    """The floor in a headless Chromium: frames a second, the longest one, and the work of the page's thread."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - of those who ask for it alone

    from tests.private_browser import ARGUMENTS, chromium  # noqa: PLC0415

    watch = """async (seconds) => {
        const gaps = []; let last = performance.now(); const end = last + seconds * 1000;
        await new Promise((done) => { const step = (now) => { gaps.push(now - last); last = now;
            now < end ? requestAnimationFrame(step) : done(); }; requestAnimationFrame(step); });
        gaps.sort((a, b) => a - b);
        return { median: gaps[Math.floor(gaps.length / 2)], p99: gaps[Math.floor(gaps.length * 0.99)],
            longest: gaps.at(-1), tiles: document.querySelectorAll(".agent").length };
    }"""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{url}/")
        await page.wait_for_selector(".agent")
        await asyncio.sleep(SETTLE_S)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")

        async def busy_s() -> float:
            told = await session.send("Performance.getMetrics")
            return float({one["name"]: one["value"] for one in told["metrics"]}["TaskDuration"])

        before = await busy_s()
        found: dict[str, float] = await page.evaluate(watch, seconds)
        found["busy_share"] = (await busy_s() - before) / seconds
        await browser.close()
    return found


async def run(options: argparse.Namespace) -> None:
    """All rounds, and what they came to."""
    with tempfile.TemporaryDirectory() as name:
        async with dialer(Path(name), options.agents) as (runtime, url):
            await asyncio.sleep(SETTLE_S * 3)
            before = _placed(runtime)
            without, with_ = [], []
            for _ in range(options.rounds):
                without.append(await stretch(options.seconds))
                async with far_clients(url, options.clients):
                    await asyncio.sleep(SETTLE_S)
                    with_.append(await stretch(options.seconds))
            seen = await frames(url, options.seconds) if options.browser else None
            placed = _placed(runtime) - before
            if not runtime.view().switch_up or placed < options.agents / 10:
                raise SystemExit(
                    f"{placed} calls were placed meanwhile: the stand-in cannot keep up on so busy a machine"
                )
            print(f"{placed} calls were placed meanwhile")
    tell(options, without, with_, seen)


def _placed(runtime: Runtime) -> int:
    return sum(one.placed for one in runtime.view().campaigns)


def tell(
    options: argparse.Namespace, without: list[Stretch], with_: list[Stretch], seen: dict[str, float] | None
) -> None:
    """Print the figures, and what is met."""
    parts = ("share", "lag_ms", "lag_p99_ms")
    rows = [
        [name, *(f"{statistics.median(getattr(one, part) for one in found):.3f}" for part in parts)]
        for name, found in (("no clients", without), (f"{options.clients} clients", with_))
    ]
    print(table(("", "share of a core", "loop lag ms, median", "99 %"), rows))
    pushing = statistics.median(b.share - a.share for a, b in zip(without, with_, strict=True))
    met = "met" if pushing <= SHARE_MAX else "NOT met"
    print(f"pushing to {options.clients} clients: {pushing:.3f} of a core, at most {SHARE_MAX}: {met}")
    if seen is not None:
        print(f"{seen['tiles']:.0f} agents in a browser: {json.dumps({k: round(v, 3) for k, v in seen.items()})}")


def main(arguments: Sequence[str]) -> None:
    """As the module says."""
    parser = argparse.ArgumentParser(prog="floor_clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", action="store_true", help="look at the page's frames, too")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args(list(arguments))))
