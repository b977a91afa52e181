"""People who call back in the middle of a predictive campaign: who takes them, how long they wait, which caps hold.

Engine, runtime, store and switch on a real Asterisk with a carrier behind it, over SIP. A campaign dials; then callers
come in, one every few seconds, from numbers that it called; then it goes on alone. Calls that ended are counted, by
when they were placed.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from asterisk_config.lab import HOME_VARIABLE, Lab
from benchmarks.tables import table
from benchmarks.workload import campaign_of, until
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.clock import Clock
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId
from dialer.core.inbound import Inbound
from dialer.core.messages import AgentReady, AgentSignedIn, CallDispositioned
from dialer.core.model import Agent, CallRecord, Campaign, Mode, Trunk
from dialer.core.outcomes import Outcome
from dialer.runtime import Runtime
from dialer.store import Store
from dialer.store.loading import NewLead, NewPhone
from pacing import Settings
from simulation.carrier.numbers import Behaviour, number
from tests.lab_fixtures import Floor, start_floor

CAP, WAIT_MAX_S, LINES_MAX = 0.03, 2.0, 40
TRUNK = Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=LINES_MAX, calls_per_second=10.0)
ANSWERED = frozenset({Outcome.CONNECTED, Outcome.ABANDONED, Outcome.EARLY_HANGUP})
LEADS = 3000
PARTS = ("before", "callers", "after")


def people(chance: random.Random) -> list[str]:
    """Numbers of which one in four is answered, and talked on for half a minute; the others ring or are engaged."""
    made = []
    for n in range(LEADS):
        answers, ring_s = chance.random() < 0.25, chance.randint(3, 14)
        talk_s = min(90, max(5, round(chance.lognormvariate(3.2, 0.6))))
        other = chance.choice((Behaviour.NO_ANSWER, Behaviour.BUSY, Behaviour.UNAVAILABLE))
        made.append(number(f"+569{n:04d}", Behaviour.PERSON if answers else other, ring_s=ring_s, talk_s=talk_s))
    return made


@dataclass
class Seen:
    """Calls that ended, and the most lines that were in use for calls placed."""

    runtime: Runtime
    chance: random.Random
    ended: dict[CallId, CallRecord] = field(default_factory=dict)
    lines_most: int = 0

    def over(self, record: CallRecord) -> None:
        """Keep it; the agent writes it up."""
        known = record.id in self.ended
        self.ended[record.id] = record
        if not known and record.bridged_at is not None and record.agent is not None:
            done = CallDispositioned(record.agent, record.id, "RPC")
            asyncio.get_running_loop().call_later(self.chance.uniform(5, 15), self.runtime.tell, done)

    def changed(self, _: object) -> None:
        """Count the lines in use."""
        [trunk] = self.runtime.view().trunks
        self.lines_most = max(self.lines_most, trunk.lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many, and for how long."""

    agents: int
    callers: int
    apart_s: float
    part_s: float


async def furnish(store: Store) -> Campaign:
    """A campaign that takes callers, and its list."""
    client = await store.clients.add("benchmark")
    made = campaign_of(client.id, TRUNK, Mode.PREDICTIVE, Settings(abandon_cap=CAP))
    made = replace(made, inbound=Inbound(on=True, windows=made.rules.windows), wait_max_s=WAIT_MAX_S, record=False)
    campaign = await store.campaigns.save(made)
    began = await store.imports.begin(campaign.id, "benchmark.csv", time.time())
    rows = [
        NewLead(
            external_id=f"x{n}", national_id=None, country="CL", name=f"Person {n}",
            phones=(NewPhone(number=one, valid=True, country="CL", zones=("America/Santiago",)),),
        )
        for n, one in enumerate(people(random.Random("people")))
    ]  # fmt: skip
    await store.imports.add(began, campaign, rows, time.time())
    return campaign


async def day(plan: Plan, floor: Floor, folder: Path) -> tuple[Seen, tuple[float, float]]:
    """The whole of it; what was seen, and when callers began and ceased to come."""
    clock = Clock()
    async with await Store.open(f"sqlite:///{folder / 'callers.db'}") as store:
        campaign = await furnish(store)
        restored, _ = await store.begin_run(clock())
        runtime = Runtime(Engine(), store, clock)
        agents = [Agent(id=AgentId(n), name=f"{n}", campaigns=(campaign.id,), endpoint=floor.phone(f"{1000 + n}"))
                  for n in range(1, plan.agents + 1)]  # fmt: skip
        runtime.begin((TRUNK,), (campaign,), agents, restored)
        (host, port), (user, secret) = floor.ami, floor.user
        settings = AmiSettings(username=user, secret=secret, host=host, port=port)
        switch = AsteriskSwitch(settings, runtime.tell, cell=0, now=clock, chance=random.Random(1))
        seen = Seen(runtime, random.Random("wrap-up"))
        runtime.on_call_ended(seen.over)
        runtime.subscribe(seen.changed)
        running = asyncio.create_task(runtime.run(switch))
        await until(runtime, lambda shown: shown.switch_up, "the switch")
        for agent in agents:
            await runtime.ask(AgentSignedIn(agent.id))
        await until(runtime, lambda shown: all(one.leg_up for one in shown.agents), "the agents' phones")
        for agent in agents:
            await runtime.ask(AgentReady(agent.id))
        await asyncio.sleep(plan.part_s)
        begun = clock()
        called = [one.number for one in seen.ended.values() if one.bridged_at is None]
        for caller in called[: plan.callers]:
            await asyncio.to_thread(floor.carrier.calls_in, "56220000000", caller=caller.removeprefix("+"), talk_s=30)
            await asyncio.sleep(plan.apart_s)
        ceased = clock()
        await asyncio.sleep(plan.part_s)
        running.cancel()
        await asyncio.wait([running])
    return seen, (begun, ceased)


def rank(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[max(0, round(share * len(values)) - 1)] if values else 0.0


def rows(seen: Seen, spans: tuple[float, float]) -> list[tuple[object, ...]]:
    """What the campaign did in each part, by when calls were placed."""
    found: list[tuple[object, ...]] = []
    placed = [one for one in seen.ended.values() if one.placed_at is not None and not one.inbound]
    for n, part in enumerate(PARTS):
        these = [one for one in placed if sum((one.placed_at or 0.0) >= at for at in spans) == n]
        answered = sum(one.outcome in ANSWERED for one in these)
        waits = [one.bridged_at - one.answered_at for one in these if one.bridged_at and one.answered_at]
        abandoned = sum(one.outcome is Outcome.ABANDONED for one in these)
        found.append((part, len(these), answered, abandoned, 1000 * rank(waits, 0.95), 1000 * max(waits, default=0.0)))
    return found


def callers(seen: Seen) -> list[tuple[object, ...]]:
    """Those who called: with whom they spoke, and after how long."""
    came = [one for one in seen.ended.values() if one.inbound]
    waits = [one.bridged_at - one.answered_at for one in came if one.bridged_at and one.answered_at]
    return [
        (len(came), len(waits), len(came) - len(waits), rank(waits, 0.5), rank(waits, 0.95), max(waits, default=0.0))
    ]


def main(arguments: Sequence[str]) -> None:
    """Print two tables, and which caps held."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks callers", description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=12)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--apart", type=float, default=3.0, help="seconds between two callers")
    parser.add_argument("--part", type=float, default=60.0, help="seconds before the first caller, and after the last")
    options = parser.parse_args(arguments)
    plan = Plan(options.agents, options.callers, options.apart, options.part)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        lab = Lab.of(None if HOME_VARIABLE in os.environ else Path(".lab"), "forky")
        lab.install()
        floor = start_floor(folder / "floor", lab, held)
        seen, spans = asyncio.run(day(plan, floor, folder))
    found = rows(seen, spans)
    print(table(("part", "placed", "answered", "abandoned", "answer to agent p95 ms", "worst"), found), end="\n\n")
    print(table(("callers", "met an agent", "did not", "waited p50 s", "p95", "worst"), callers(seen)), end="\n\n")
    outcomes = [one.outcome for one in seen.ended.values() if not one.inbound and one.placed_at is not None]
    answered, abandoned = sum(one in ANSWERED for one in outcomes), outcomes.count(Outcome.ABANDONED)
    print(
        f"abandoned {abandoned} of {answered} answered: {100 * abandoned / max(1, answered):.1f} %, cap {100 * CAP:g} %"
    )
    print(f"lines at most {seen.lines_most} of {LINES_MAX}; limit of the wait {WAIT_MAX_S:g} s")


if __name__ == "__main__":
    main(sys.argv[1:])
