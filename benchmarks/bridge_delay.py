"""From a person's answer to the command that bridges them to an agent, through the real runtime, engine and store.

The switch is played within the same process by one that answers at once, so that nothing but the dialer's own time is
seen: from the answer's being told to the command's coming out, while calls are placed, end and are written to disk.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.call_rate_steps import share
from benchmarks.tables import table
from benchmarks.workload import campaign_of, import_leads, until
from dialer.clock import Clock
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import (
    AgentReady,
    AgentSignedIn,
    CallAgent,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallJoined,
    CallQueued,
    CallRang,
    Connect,
    Event,
    LegUp,
    PlaceCall,
    SwitchCommand,
    SwitchSeen,
)
from dialer.core.model import Agent, Mode, Trunk
from dialer.core.outcomes import EndedBy, Ending
from dialer.runtime import Runtime
from dialer.store import Store
from pacing import Policy, Settings

ANSWERED_SHARE = 0.3
RING_S, TALK_S = (0.2, 1.5), (1.0, 4.0)
SIZES = (30, 150)
TRUNK = Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=2000, calls_per_second=1000.0)


@dataclass(slots=True)
class FarEnds:
    """The switch and everybody behind it: some answer, talk and hang up, the others are busy."""

    runtime: Runtime
    chance: random.Random
    answered_at: dict[CallId, float] = field(default_factory=dict)
    delays_ms: list[float] = field(default_factory=list)
    calls: int = 0

    async def run(self) -> None:
        """Be connected, with nothing going on."""
        self._tell(SwitchSeen((), time.time(), reconnected=True))
        await asyncio.Event().wait()

    async def execute(self, command: SwitchCommand) -> None:
        """Do it at once, and let what follows happen in its time."""
        if isinstance(command, CallAgent):
            self._tell(LegUp(command.leg))
        elif isinstance(command, PlaceCall):
            self.calls += 1
            self._tell(CallQueued(command.call))
            self._tell(CallRang(command.call))
            self._later(RING_S, self._picks_up, command.call)
        elif isinstance(command, Connect):
            if (at := self.answered_at.pop(command.call, None)) is not None:
                self.delays_ms.append(1000 * (time.perf_counter() - at))
            self._tell(CallJoined(command.call, command.leg))
            self._later(TALK_S, self._hangs_up, command.call, command.leg)

    def health(self) -> dict[str, float | bool | str]:
        """Always well."""
        return {"connected": True}

    def _picks_up(self, call: CallId) -> None:
        if self.chance.random() < ANSWERED_SHARE:
            self.answered_at[call] = time.perf_counter()
            self._tell(CallAnswered(call))
        else:
            self._tell(CallEnded(call, Ending(cause=17, tech_cause=486, by=EndedBy.PERSON)))

    def _hangs_up(self, call: CallId, leg: LegId) -> None:
        self._tell(CallEnded(call, Ending(cause=16, by=EndedBy.PERSON)))
        self._tell(LegUp(leg))

    def _later(self, within_s: tuple[float, float], act: object, *arguments: object) -> None:
        assert callable(act)
        asyncio.get_running_loop().call_later(self.chance.uniform(*within_s), act, *arguments)

    def _tell(self, event: Event) -> None:
        self.runtime.tell(event)


def _disposition_at_once(runtime: Runtime) -> None:
    """Agents who write up every call in no time."""

    def changed(agents: frozenset[AgentId]) -> None:
        for agent in runtime.view().agents if agents else ():
            if agent.state == "wrapping" and agent.call is not None:
                runtime.tell(CallDispositioned(agent.id, agent.call, "RPC"))

    runtime.subscribe(changed)


async def one_size(count: int, folder: Path, *, seconds: float) -> tuple[float, ...]:
    """Calls per second, and the delays in milliseconds: median, 99 of 100, worst; how many talks."""
    clock = Clock()
    async with await Store.open(f"sqlite:///{folder / f'{count}.db'}") as store:
        client = await store.clients.add("benchmark")
        campaign = await store.campaigns.save(
            campaign_of(client.id, TRUNK, Mode.PREDICTIVE, Settings(policy=Policy.RATIO, ratio=2.0))
        )
        await import_leads(store, campaign, 100 * count, "+569{n}210000")
        restored, _ = await store.begin_run(clock())
        runtime = Runtime(Engine(), store, clock)
        agents = [Agent(id=AgentId(n), name=f"{n}", campaigns=(campaign.id,), endpoint=f"PJSIP/{n}")
                  for n in range(1, count + 1)]  # fmt: skip
        runtime.begin((TRUNK,), (campaign,), agents, restored)
        far = FarEnds(runtime, random.Random(1))
        running = asyncio.create_task(runtime.run(far))
        await until(runtime, lambda floor: floor.switch_up, "the switch")
        _disposition_at_once(runtime)
        for agent in agents:
            await runtime.ask(AgentSignedIn(agent.id))
            await runtime.ask(AgentReady(agent.id))
        await asyncio.sleep(2.0)
        far.delays_ms.clear()
        far.calls, began = 0, time.perf_counter()
        await asyncio.sleep(seconds)
        rate, delays = far.calls / (time.perf_counter() - began), list(far.delays_ms)
        running.cancel()
        await asyncio.wait([running])
    return rate, share(delays, 0.5), share(delays, 0.99), max(delays, default=0.0), len(delays)


HEAD = ("agents", "calls/s", "answer to bridge p50 ms", "p99", "worst", "talks")


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks bridge_delay", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="half the time")
    options = parser.parse_args(arguments)
    seconds = 4.0 if options.quick else 8.0
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        rows = [(n, *asyncio.run(one_size(n, Path(folder), seconds=seconds))) for n in SIZES]
    print(table(HEAD, rows))


if __name__ == "__main__":
    main(sys.argv[1:])
