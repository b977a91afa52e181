"""The whole dialer as a client: engine, runtime, store (SQLite, synchronous, with journal) and Asterisk switch.

    python -m benchmarks.call_rate_whole '{"host": ..., "port": ..., "user": ..., "secret": ..., "folder": ..., ...}'

Nothing of the dialer is changed or left out. The switch is wrapped where the runtime meets it, to note when a command
goes in and an event comes out, and to leave Asterisk between two steps.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from benchmarks.call_rate_steps import BUSY_CAUSE, Figures, Meter, Order, measure, obey
from benchmarks.workload import campaign_of, import_leads, until
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.clock import Clock
from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import AgentReady, AgentSignedIn, CallEnded, Event, PlaceCall, SwitchCommand, TrunkSet
from dialer.core.model import Agent, Mode, Trunk
from dialer.errors import DialerError
from dialer.runtime import Runtime
from dialer.store import AgentLogin, Store
from pacing import Policy, Settings

TRUNK = Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=0, calls_per_second=2000.0)


class Door:
    """The switch as the runtime sees it, with a watch at the door; connected only between `attach` and `detach`."""

    def __init__(self, settings: AmiSettings, tell: Callable[[Event], None], meter: Meter, clock: Clock) -> None:
        self._attached = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._tell = tell
        self._meter = meter
        chance = random.Random(1)
        self._switch = AsteriskSwitch(settings, self._told, cell=0, now=clock, chance=chance)

    async def run(self) -> None:
        """Connect whenever attached."""
        while True:
            await self._attached.wait()
            self._session = asyncio.create_task(self._switch.run())
            await asyncio.wait([self._session])
            if not self._session.cancelled():
                self._session.result()

    def attach(self) -> None:
        """Connect."""
        self._attached.set()

    def detach(self) -> None:
        """Leave Asterisk."""
        self._attached.clear()
        if self._session is not None:
            self._session.cancel()

    async def execute(self, command: SwitchCommand) -> None:
        """Carry a command out."""
        if not isinstance(command, PlaceCall):
            await self._switch.execute(command)
            return
        call = str(command.call)
        self._meter.place(call)
        try:
            await self._switch.execute(command)
        except DialerError as error:
            print(f"not placed: {error}", file=sys.stderr)
            self._meter.end(call, as_expected=False)
            raise
        self._meter.answer(call)

    def health(self) -> dict[str, float | bool | str]:
        """The switch's own."""
        return self._switch.health()

    def _told(self, event: Event) -> None:
        if isinstance(event, CallEnded):
            expected = event.ending.cause == BUSY_CAUSE
            self._meter.outcome(str(event.call))
            self._meter.end(str(event.call), as_expected=expected)
            if not expected:
                print(f"not busy: {event}", file=sys.stderr)
        self._tell(event)


async def furnish(store: Store, settings: dict[str, str]) -> None:
    """A campaign that always dials, its agents, and a list of people who are all busy."""
    client = await store.clients.add("benchmark")
    pacing = Settings(policy=Policy.RATIO, ratio=100.0)
    campaign = await store.campaigns.save(campaign_of(client.id, TRUNK, Mode.PREDICTIVE, pacing))
    for name in settings["phones"].split(","):
        agent = Agent(id=AgentId(0), name=name, campaigns=(campaign.id,), endpoint=f"PJSIP/{name}")
        await store.agents.save(AgentLogin(agent=agent, login=name, code=name))
    await import_leads(store, campaign, int(settings["leads"]), settings["number"])


async def sign_in(runtime: Runtime) -> None:
    """Let every agent sign in and be ready."""
    for agent in runtime.view().agents:
        await runtime.ask(AgentSignedIn(agent.id))
    await until(runtime, lambda floor: all(agent.leg_up for agent in floor.agents), "the agents' phones")
    for agent in runtime.view().agents:
        await runtime.ask(AgentReady(agent.id))


async def calls_kept(store: Store) -> int:
    """How many calls the store holds as ended busy."""
    count = 0
    async for row in store.calls.stream():
        count += row.record.outcome == "busy" and row.record.ended_at is not None
    return count


async def serve(store: Store, settings: dict[str, str]) -> None:
    """Run the dialer and obey orders until standard input ends; then hold the store against what was seen."""
    clock, meter = Clock(), Meter()
    runtime = Runtime(Engine(), store, clock)
    restored, _ = await store.begin_run(clock())
    logins = await store.agents.list()
    runtime.begin((TRUNK,), await store.campaigns.list(), [login.agent for login in logins], restored)
    door = Door(
        AmiSettings(
            username=settings["user"], secret=settings["secret"], host=settings["host"], port=int(settings["port"])
        ),
        runtime.tell, meter, clock,
    )  # fmt: skip
    running = asyncio.create_task(runtime.run(door))

    def keep(in_flight: int) -> None:
        runtime.tell(TrunkSet(replace(TRUNK, lines_max=in_flight)))

    async def attach() -> None:
        door.attach()
        await until(runtime, lambda floor: floor.switch_up, "the link to Asterisk")

    async def step(order: Order) -> Figures:
        await attach()
        figures = await measure(meter, order, keep)
        await runtime.flush()
        door.detach()
        await until(runtime, lambda floor: not floor.switch_up, "the end of the link")
        return figures

    await attach()
    await sign_in(runtime)
    door.detach()
    await obey(step)
    running.cancel()
    await asyncio.wait([running])
    kept = await calls_kept(store)
    if kept != meter.ended:
        print(f"the store holds {kept} ended calls, the switch told of {meter.ended}", file=sys.stderr)


async def main(settings: dict[str, str]) -> None:
    """Everything, in a database of its own."""
    async with await Store.open(f"sqlite:///{Path(settings['folder']) / 'whole.db'}") as store:
        await furnish(store, settings)
        await serve(store, settings)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(json.loads(sys.argv[1])))
