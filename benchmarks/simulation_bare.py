"""The yard-stick: what somebody would write with SimPy alone for the same calls, in a page. No dialer, no records.

The same people (each lead's fate from the same crowd), carrier and agents; a process for each call, a resource for the
agents, and a dialer that looks twice a second at who is free and keeps a fixed ratio of calls in flight.
"""

import random
from collections import Counter
from collections.abc import Generator

import simpy

from dialer.core.ids import LeadId
from simulation.configured import lists_of
from simulation.scenario import Scenario
from simulation.world.chance import Chance, lognormal
from simulation.world.people import Crowd, Kind


class BareDay:
    """Calls to a scenario's people, with its agents."""

    def __init__(self, scenario: Scenario, seed: int, *, ratio: float) -> None:
        self.env = simpy.Environment()
        self.counts: Counter[str] = Counter()
        self._scenario = scenario
        chance = Chance(seed)
        self._lists = lists_of(scenario, chance)
        self._crowd = Crowd(scenario.people, chance, scenario.start())
        self._draw = random.Random(seed)
        self._free = simpy.Container(self.env, capacity=scenario.staff, init=scenario.staff)
        self._ratio = ratio
        self._flying = 0

    def run(self, hours: float) -> None:
        """Let the hours pass."""
        self.env.process(self._dial())
        self.env.run(until=hours * 3600.0)

    def _dial(self) -> Generator[simpy.Event, object, None]:
        while True:
            for _ in range(int(self._free.level * self._ratio) - self._flying):
                self.env.process(self._call())
            yield self.env.timeout(0.5)

    def _call(self) -> Generator[simpy.Event, object, None]:
        env, draw, habits = self.env, self._draw, self._scenario.habits
        self._flying += 1
        self.counts["placed"] += 1
        carrier = self._scenario.trunks[0].carrier
        delay_s = lognormal(draw, carrier.delay_s, carrier.delay_sigma)
        lead = self._lists.lead(LeadId(1 + (self.counts["placed"] - 1) % len(self._lists)))
        fate = self._crowd.fate(lead, attempt=1, now=self._scenario.start() + env.now, delay_s=delay_s)
        yield env.timeout(min(28.0, fate.over_at_s))
        self._flying -= 1
        if fate.over_at_s >= 28.0 or fate.refusal is not None:
            self.counts[fate.kind] += 1
            return
        agent = self._free.get(1)
        yield agent | env.timeout(min(2.0, fate.wait_s))
        if not agent.triggered:
            agent.cancel()
            self.counts["abandoned"] += fate.kind is Kind.PERSON
            return
        self.counts["connected"] += 1
        yield env.timeout(fate.talk_s)
        person = fate.kind is Kind.PERSON
        yield env.timeout(lognormal(draw, habits.wrap_up_s if person else habits.machine_wrap_up_s, 0.7))
        self._free.put(1)
