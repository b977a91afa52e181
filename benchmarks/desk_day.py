"""A working day at the desk: six agents in real browsers with the phone in the page, six beside them on SIP phones.

    python -m benchmarks desk_day --minutes 10 [--json FILE]

A real Asterisk and carrier, `dialer serve` as a process, predictive calls that are answered, talked and hung up. The
agents hold, mute, pause recordings, lose their pages, take breaks and write up; half way the server is killed with
SIGKILL and started again. Told are: stuck states, words that were typed and not kept, pages that grow, and how long
after the bridge the lead was on the screen.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from asterisk_config.lab import Lab
from benchmarks.desk_agents import PageAgent
from benchmarks.tables import table
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId
from dialer.core.model import Agent, Campaign, CampaignStatus, Mode
from dialer.store import AgentLogin, CallFilter, Store
from simulation.carrier.numbers import Behaviour, number
from simulation.demo.robots import Login, Shift
from tests.lab_fixtures import Floor, start_floor
from tests.shell.served import dialer, serving
from tests.web.bridgings import bridgings
from tests.web.browsers import agent_browser, browsing, sign_in
from tests.web.phones import FIRST, phone_config, with_browsers_phones
from tests.web.world import ALWAYS, HASHES, PIN

BROWSERS, ROBOTS = 6, 6
CALLS_PER_MINUTE = 120
MEASURE_EVERY_S = 20.0
KEEP_EVERY_S = 300.0
LAST_CALL_S = 90.0
WARM = 15  # looks at a page's memory until it has seen all that it will keep: five minutes
GROWTH_MAX = 1.3  # of that memory, the last third of the day to the first, both once it is warm
SHOWN_WITHIN_S = 0.3


@dataclass(slots=True)
class Day:
    """What the day brought."""

    minutes: float
    agents: list[PageAgent]
    killed_s: list[float] = field(default_factory=list)  # until each page was live again
    calls: int = 0
    bridged_at: dict[CallId, float] = field(default_factory=dict)  # by Asterisk's own clock
    connected: int = 0
    by_browsers: int = 0
    shown_ms: list[float] = field(default_factory=list)
    kept_notes: set[str] = field(default_factory=set)
    promises: int = 0

    def summary(self) -> dict[str, object]:
        """The figures as plain values."""
        kept = [agent.kept for agent in self.agents]
        typed = [text for one in kept for text in one.typed]
        shown = sorted(self.shown_ms)
        return {
            "minutes": self.minutes,
            "browser_agents": len(self.agents),
            "other_agents": ROBOTS,
            "calls_placed": self.calls,
            "conversations": self.connected,
            "conversations_in_browsers": self.by_browsers,
            "promises_kept_in_store": self.promises,
            "stuck": [text for one in kept for text in one.stuck],
            "notes_typed": len(typed),
            "notes_lost": [text for text in typed if text not in self.kept_notes],
            "page_errors": [text for one in kept for text in one.wrong],
            "reloads_in_mid_talk": sum(one.reloads for one in kept),
            "reload_to_talk_s_max": round(max((s for one in kept for s in one.back_s), default=0.0), 2),
            "live_again_after_kill_s": [round(one, 2) for one in self.killed_s],
            "lead_shown_after_bridge_ms": _spread(shown),
            "lead_shown_within_300_ms": round(
                sum(one <= 1000 * SHOWN_WITHIN_S for one in shown) / max(1, len(shown)), 4
            ),
            "heap_mb": [_growth(one.heap_mb[WARM:] or one.heap_mb) for one in kept],
            "nodes": [_growth([float(n) for n in one.nodes[WARM:] or one.nodes]) for one in kept],
        }

    def faults(self) -> list[str]:
        """What must not be, in words; none after a good day."""
        told = self.summary()
        found = [name for name in ("stuck", "notes_lost", "page_errors") if told[name]]
        warm = [agent.kept.heap_mb[WARM:] for agent in self.agents if len(agent.kept.heap_mb) > 2 * WARM]
        pages = [_growth(values) for values in warm]
        found += [f"a page that grew from {first} to {last} MB" for first, last in pages if last > GROWTH_MAX * first]
        return found + (["no conversation"] if not self.by_browsers else [])


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(values[min(len(values) - 1, int(share * len(values)))], 1) for name, share in at.items()}


def _growth(values: list[float]) -> list[float]:
    """The median of the first and of the last third of what was seen once the page was warm."""
    third = max(1, len(values) // 3)
    return [round(median(values[:third]), 2), round(median(values[-third:]), 2)] if values else []


async def _set_up(config: Path, floor: Floor, minutes: float) -> None:
    async with await Store.open(f"sqlite:///{config.parent / 'day.db'}") as store:
        client = await store.clients.add("lender")
        campaign = await store.campaigns.save(
            Campaign(
                id=CampaignId(0),
                client=ClientId(client.id),
                name="spring",
                mode=Mode.PREDICTIVE,
                status=CampaignStatus.RUNNING,
                trunks=("carrier",),
                caller_id="+56220000000",
                rules=ALWAYS,
                wrap_up_max_s=60.0,
            )
        )
        for n in range(BROWSERS + ROBOTS):
            endpoint = "" if n < BROWSERS else floor.phone(str(1001 + n - BROWSERS))
            agent = Agent(id=AgentId(0), name=f"Agente {n + 1}", campaigns=(campaign.id,), endpoint=endpoint)
            login = AgentLogin(
                agent=agent, login=f"agent{n}", code=str(FIRST + n), pin_hash=HASHES[PIN], password_hash=""
            )
            await store.agents.save(login)
    path = config.parent / "list.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("external_id,name,phone,balance\n")
        for n in range(max(200, round(minutes * CALLS_PER_MINUTE))):
            behaviour = (Behaviour.PERSON, Behaviour.PERSON, Behaviour.NO_ANSWER, Behaviour.BUSY)[n % 4]
            told = number(
                f"+569{30 + n % 70}", behaviour, ring_s=1 + n // 70 % 5, talk_s=15 + n // 350 % 45
            )  # eleven digits, as Chile's mobile numbers have
            file.write(f"A{n},Persona {n},{told},{100 + n}\n")
    await asyncio.to_thread(
        dialer, "leads", "import", str(path), "--campaign", "spring", "--country", "CL", "-c", str(config), "--json"
    )


async def _day(floor: Floor, folder: Path, minutes: float, kept_at: Path | None) -> Day:
    config = phone_config(folder, floor)
    await _set_up(config, floor, minutes)
    async with AsyncExitStack() as held:
        browser = await held.enter_async_context(browsing())
        served = await held.enter_async_context(serving(config))
        heard = await held.enter_async_context(bridgings(floor))
        agents = []
        for n in range(BROWSERS):
            watched = await held.enter_async_context(agent_browser(browser, served.url))
            page = await watched.page()
            await sign_in(page, str(FIRST + n), PIN)
            agents.append(PageAgent(f"Agente {n + 1}", page, seed=1))
        day = Day(minutes, agents, bridged_at=heard.at)
        shift = Shift(
            url=served.url,
            campaign=1,
            mode=Mode.PREDICTIVE,
            agents=tuple(Login(code=str(FIRST + BROWSERS + n), pin=PIN) for n in range(ROBOTS)),
            leads=folder / "list.csv",
            seed=1,
            gone_s=90.0,
        )
        await held.enter_async_context(_robots(shift, folder))
        work = [asyncio.create_task(agent.work()) for agent in agents]
        end = time.monotonic() + 60 * minutes
        measuring = asyncio.create_task(_measure(agents))
        keeping = asyncio.create_task(_keep(config, day, kept_at))
        await asyncio.sleep((end - time.monotonic()) / 2)
        served.signal(signal.SIGKILL)  # not waited for by its pipes: children of its may hold them for a while
        await held.enter_async_context(serving(config))
        day.killed_s = await _live_again(agents)
        await asyncio.sleep(max(0.0, end - time.monotonic()))
        for agent in agents:
            agent.stopping = True
        await asyncio.wait(work, timeout=LAST_CALL_S)
        for agent, task in zip(agents, work, strict=True):
            if not task.done():
                agent.kept.stuck.append(f"{agent.name}: not through with the last call")
            elif (fault := task.exception()) is not None:
                agent.kept.wrong.append(repr(fault))
        measuring.cancel()
        keeping.cancel()
        await asyncio.sleep(2)  # the last drafts and the writer's last batch
    await _count(config, day)
    return day


@asynccontextmanager
async def _robots(shift: Shift, folder: Path) -> AsyncIterator[None]:
    """The agents beside, on SIP phones: the demo's own."""
    with (folder / "robots.log").open("ab") as log:
        robots = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulation.demo.robots"), stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
        )
    assert robots.stdin is not None
    robots.stdin.write(shift.as_json().encode())
    robots.stdin.close()
    try:
        yield
        assert robots.returncode is None, (folder / "robots.log").read_text()
    finally:
        if robots.returncode is None:
            robots.kill()
        await robots.wait()


async def _measure(agents: Sequence[PageAgent]) -> None:
    while True:
        for agent in agents:
            await agent.measure()
        await asyncio.sleep(MEASURE_EVERY_S)


async def _keep(config: Path, day: Day, kept_at: Path | None) -> None:
    """Keep the summary of what was so far: a long day may be cut short."""
    began = time.monotonic()
    while kept_at is not None:
        await asyncio.sleep(KEEP_EVERY_S)
        for agent in day.agents:
            await agent.note_shown()
        await _count(config, day)
        so_far = {"minutes_so_far": round((time.monotonic() - began) / 60, 1), **day.summary()}
        await asyncio.to_thread(_write, kept_at, so_far)


def _write(path: Path, summary: dict[str, object]) -> None:
    path.write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")


async def _live_again(agents: Sequence[PageAgent]) -> list[float]:
    began = time.monotonic()

    async def one(agent: PageAgent) -> float:
        await agent.until_live()
        return time.monotonic() - began

    return list(await asyncio.gather(*(one(agent) for agent in agents)))


async def _count(config: Path, day: Day) -> None:
    shown = {call: at for agent in day.agents for call, at in agent.kept.shown.items()}
    day.calls = day.connected = day.by_browsers = day.promises = 0
    day.shown_ms.clear()
    async with await Store.open(f"sqlite:///{config.parent / 'day.db'}") as store:
        async for row in store.calls.stream(CallFilter(placed=True)):
            call = row.record
            day.calls += 1
            if call.bridged_at is None:
                continue
            day.connected += 1
            day.by_browsers += call.agent is not None and call.agent <= BROWSERS
            bridged_at = day.bridged_at.get(call.id)
            if bridged_at is not None and bridged_at - 5 < shown.get(call.id, 0) < bridged_at + 30:  # not a page anew
                day.shown_ms.append(1000 * max(0.0, shown[call.id] - bridged_at))
            day.kept_notes |= {one.notes for one in await store.calls.dispositions(CallId(call.id))}
        for n in range(BROWSERS + ROBOTS):
            agent = AgentId(n + 1)
            day.promises += len(await store.promises.of_agent(agent, 0.0))
            day.kept_notes |= {json.loads(one.typed.body).get("notes", "") for one in await store.drafts.waiting(agent)}


def main(arguments: Sequence[str] = ()) -> None:
    """Run the day and print its summary."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks desk_day", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", type=Path, help="write the summary there")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place, ExitStack() as held:
        folder = Path(place)
        floor = start_floor(folder, _lab(), held, with_browsers_phones)
        try:
            day = asyncio.run(_day(floor, folder, given.minutes, given.json))
        except BaseException:
            print((folder / "serve.log").read_text()[-3000:], file=sys.stderr)  # what the server said last
            raise
    summary = day.summary()
    if given.json is not None:
        _write(given.json, summary)
    print(
        table(("figure", "value"), [(name, json.dumps(value, ensure_ascii=False)) for name, value in summary.items()])
    )
    if faults := day.faults():
        raise SystemExit(f"desk_day: {'; '.join(faults)}")


def _lab() -> Lab:
    lab = Lab.of()
    lab.install()
    return lab


if __name__ == "__main__":
    main(sys.argv[1:])
