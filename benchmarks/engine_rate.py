"""How many events per second the engine decides on, with 30, 300 and 500 agents of the simulated world.

Only the time inside `Engine.handle` counts, as processor time of this process. A floor of 500 agents makes some
hundred events a second.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.call_rate_steps import share
from benchmarks.tables import table
from dialer.core.engine import Engine
from dialer.core.ids import AgentId
from dialer.core.messages import Command, Event
from dialer.core.view import AgentView, FloorView
from simulation.scenario import CampaignPlan, Scenario, TrunkPlan
from simulation.world.habits import Habits
from simulation.world.world import World

SIZES = (30, 300, 500)
WARM_UP_S, MEASURED_S = 240.0, 360.0  # of simulated time


@dataclass(slots=True)
class TimedEngine:
    """The engine with a stop-watch around `handle`."""

    engine: Engine = field(default_factory=Engine)
    took_us: list[float] = field(default_factory=list)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Let the engine decide, and note how long that took."""
        began = time.process_time_ns()
        commands = self.engine.handle(event, now)
        self.took_us.append((time.process_time_ns() - began) / 1000)
        return commands

    def view(self, now: float) -> FloorView:
        """The engine's view."""
        return self.engine.view(now)

    def agent_views(self, agents: Iterable[AgentId] | None = None) -> list[AgentView]:
        """The engine's agents."""
        return self.engine.agent_views(agents)

    def take_changed(self) -> frozenset[AgentId]:
        """The engine's changes."""
        return self.engine.take_changed()


def scenario(agents: int) -> Scenario:
    """One predictive campaign with lines and leads enough for its agents, all of them early."""
    return Scenario(
        name=f"{agents} agents",
        agents=agents,
        campaigns=(CampaignPlan(leads=200 * agents, lines_max=20 * agents),),
        trunks=(TrunkPlan(lines_max=20 * agents, calls_per_second=max(20.0, agents)),),
        habits=replace(Habits(), arrive_within_s=60.0),
    )


def one_size(agents: int, *, seed: int, measured_s: float) -> tuple[float, ...]:
    """Agents, events per simulated second, events decided per second, and the cost of an event."""
    engine = TimedEngine()
    world = World(lambda: engine, scenario(agents), seed)
    world.begin()
    world.run(WARM_UP_S)
    engine.took_us.clear()
    gc.collect()
    world.run(measured_s)
    took = engine.took_us
    return len(took) / measured_s, 1e6 * len(took) / sum(took), share(took, 0.5), share(took, 0.99), max(took)


HEAD = ("agents", "events/s made", "events/s decided", "us p50", "us p99", "us worst", "share of a core")


def main(arguments: Sequence[str]) -> None:
    """Print the table and what a larger floor costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks engine_rate", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a third of the time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    measured_s = MEASURED_S / 3 if options.quick else MEASURED_S
    found = {agents: one_size(agents, seed=options.seed, measured_s=measured_s) for agents in SIZES}
    print(table(HEAD, [(agents, *row, f"{100 * row[0] / row[1]:.2f} %") for agents, row in found.items()]))
    small, large = found[SIZES[0]][1], found[SIZES[-1]][1]
    print(f"events/s with {SIZES[-1]} agents / with {SIZES[0]}: {large / small:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
