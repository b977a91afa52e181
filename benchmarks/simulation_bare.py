"""The yard-stick: what somebody would write with SimPy alone for the same calls, in a page. No dialer, no records.

A process for each call (delay, ringing, answer or not, wait, talk) and for each agent's wrap-up; a dialer that looks
twice a second at who is free and keeps a fixed ratio of calls in flight.
"""

import random
from collections import Counter
from collections.abc import Generator

import simpy

from simulation.scenario import Scenario


class BareDay:
    """Calls of a scenario's kinds and lengths, with its agents, until `hours` are over."""

    def __init__(self, scenario: Scenario, seed: int, *, ratio: float) -> None:
        self.env = simpy.Environment()
        self.scenario = scenario
        self.counts: Counter[str] = Counter()
        self._draw = random.Random(seed)
        self._free = simpy.Container(self.env, capacity=max(1, scenario.staff), init=scenario.staff)
        self._ratio = ratio
        self._flying = 0

    def run(self, hours: float) -> None:
        """Let the hours pass."""
        self.env.process(self._dial())
        self.env.run(until=hours * 3600.0)

    def _dial(self) -> Generator[simpy.Event, object, None]:
        while True:
            wanted = int(self._free.level * self._ratio) - self._flying
            for _ in range(wanted):
                self.env.process(self._call())
            yield self.env.timeout(0.5)

    def _call(self) -> Generator[simpy.Event, object, None]:
        env, draw, people = self.env, self._draw, self.scenario.people
        self._flying += 1
        self.counts["placed"] += 1
        yield env.timeout(draw.lognormvariate(1.04, 0.35))
        at = draw.random()
        if at < people.answer_share:
            yield env.timeout(draw.gammavariate(3, people.ring_s / 3))
        elif at < people.answer_share + people.machine_share:
            yield env.timeout(draw.gammavariate(9, people.machine_ring_s / 9))
        else:
            away = at > 0.6
            yield env.timeout(25.0 if away else draw.uniform(0.1, 12.0))
            self._flying -= 1
            self.counts["no_answer" if away else "refused"] += 1
            return
        self._flying -= 1
        agent = self._free.get(1)
        yield agent | env.timeout(2.0)
        if not agent.triggered:
            agent.cancel()
            self.counts["abandoned"] += 1
            return
        self.counts["connected"] += 1
        yield env.timeout(self._talk_s(at))
        yield env.timeout(draw.lognormvariate(2.97, 0.7))
        self._free.put(1)

    def _talk_s(self, at: float) -> float:
        draw, people = self._draw, self.scenario.people
        if at >= people.answer_share:
            return draw.uniform(3.0, 10.0)
        if draw.random() < people.right_party_share:
            return draw.lognormvariate(5.16, people.talk_sigma)
        return draw.lognormvariate(3.56, people.short_talk_sigma)
