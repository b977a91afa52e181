"""A compact discrete-event floor for judging pacing: people, machines, agents and time. Every decision is the pacer's.

It knows nothing of how pacing works: it reports facts, asks for decisions at a fixed rhythm, and counts what came of
them. One seeded stream of chance for each concern, so that policies meet the same people.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns

from pacing import Limits, Outcome, Pacer, Settings

WAVE_KNOWN_S = 60.0  # before a wave of breaks, it is known where breaks are
LEADS_SEEN = 5  # leads at hand whose scores are told


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorSpec:
    """One floor and one day. Times in seconds, shares from 0 to 1."""

    name: str
    agents: int
    hours: float = 8.0
    people: float = 0.25  # share of calls that a person answers, before drift
    drift: float = 0.0  # amplitude of the slow wave on it
    lists: tuple[float, ...] = ()  # factors on `people`, one list after the other
    spread: float = 0.0  # sigma of each lead's own log-odds; told as p_answer where `scores`
    scores: bool = False
    machines: float = 0.0  # share answered by a machine that detection misses
    detected: float = 0.0  # share answered by a machine that detection finds
    dead: float = 0.0  # share that fails at once: busy, invalid
    setup_s: float = 2.5  # until it rings
    setup_shape: float = 0.0  # gamma shape of it; 0: constant
    ring_shape: float = 3.0
    ring_scale_s: float = 3.0
    machine_shape: float = 9.0
    machine_scale_s: float = 2.0
    timeout_s: float = 28.0
    talk_s: float = 180.0
    talk_sigma: float = 0.9
    short_share: float = 0.0  # share of short talks (third party, refusal) ...
    short_s: float = 45.0  # ... and their mean
    machine_talk_s: float = 9.0
    wrap_s: float = 25.0
    wrap_sigma: float = 0.7
    break_every_s: float = 0.0  # mean time between an agent's breaks, 0: none
    break_s: float = 600.0
    waves: bool = False  # a third of all go to lunch together
    memoryless: bool = False  # exponential outcome and handling times, no machines, no grace
    ringing: bool = True  # the switch reports 180
    countdown: bool = False  # the end of wrap-up is known when it begins
    wrap_limit_s: float = 0.0  # wrap-up ends by itself then, 0: never ...
    extend_share: float = 0.0  # ... but a share of those who are not done by then ask for as much again ...
    limit_told: bool = False  # ... and pacing hears when it ends at the latest
    plans_told: bool = False  # breaks are known beforehand
    grace_s: float = 2.0


@dataclass(slots=True)
class Day:
    """What came of one day; times in agent-seconds."""

    signed_in_s: float = 0.0
    occupied_s: float = 0.0
    talk_s: float = 0.0
    connects: int = 0
    people: int = 0
    abandoned: int = 0
    machine_drops: int = 0
    placed: int = 0
    outcomes: int = 0  # calls that were answered or ended otherwise ...
    answers: int = 0  # ... those of them that reached the agents, people and machines
    flight_s: float = 0.0  # from placing to the outcome, all together
    handled: int = 0  # people and machines served
    early_people: int = 0  # in the first ten minutes
    early_abandoned: int = 0
    decisions: int = 0
    decision_ns: list[int] = field(default_factory=list)
    reserved: float = 0.0

    @property
    def occupancy(self) -> float:
        """Talk and wrap-up as a share of the time signed in."""
        return self.occupied_s / max(1e-9, self.signed_in_s)

    @property
    def abandon(self) -> float:
        """Abandoned people over people who answered."""
        return self.abandoned / max(1, self.people)

    @property
    def abandon_vicidial(self) -> float:
        """VICIdial's figure: machines dropped without an agent count as drops, and as human answers."""
        return (self.abandoned + self.machine_drops) / max(1, self.people + self.machine_drops)

    @property
    def idle_per_connect(self) -> float:
        """Idle agent-seconds for each person served."""
        return (self.signed_in_s - self.occupied_s) / max(1, self.connects)


@dataclass(slots=True)
class Agent:
    """One agent of the floor."""

    id: int
    state: str = "away"
    since: float = 0.0
    break_due: float = math.inf


@dataclass(slots=True)
class Call:
    """One call of the floor; `kind` is person, machine, detected, dead or none."""

    id: int
    kind: str
    placed_at: float = 0.0
    live: bool = True


class World:
    """One day on one floor with one pacer."""

    def __init__(
        self, spec: FloorSpec, settings: Settings, seed: int, *, step_s: float = 0.5, count_from_s: float = 0.0
    ) -> None:
        self.spec = spec
        self.pacer = Pacer(settings)
        self.day = Day()
        self.t = 0.0
        self._step_s = step_s
        self._count_from_s = count_from_s
        self._end = spec.hours * 3600
        self._heap: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._count = 0
        self._chance = {name: random.Random(f"{seed}:{spec.name}:{name}")
                        for name in ("leads", "rings", "talks", "wraps", "breaks")}  # fmt: skip
        self._phase = random.Random(f"{seed}:{spec.name}:drift").uniform(0, 2 * math.pi)
        self._idle: deque[Agent] = deque()
        self._waiting: deque[Call] = deque()
        self._calls = 0
        self._present: list[Agent] = []
        self._leads = deque(self._lead() for _ in range(LEADS_SEEN))

    def run(self) -> Day:
        """The whole day."""
        for number in range(self.spec.agents):
            agent = Agent(number)
            self._plan_break(agent)
            self._come(agent)
        if self.spec.waves:
            for part, share in enumerate((0.45, 0.55)):
                self._at(self._end * share - WAVE_KNOWN_S, self._plan_wave, part)
                self._at(self._end * share, self._wave, part)
        self._at(0.0, self._decide)
        self._at(self._count_from_s, self._begin_count)
        while self._heap and self._heap[0][0] < self._end:
            self.t, _, action, arguments = heapq.heappop(self._heap)
            action(*arguments)
        self.t = self._end
        for agent in self._present:
            self._book(agent)
        return self.day

    def _begin_count(self) -> None:
        """Forget the warm-up, but for the first ten minutes."""
        for agent in self._present:
            self._book(agent)
        self.day = Day(early_people=self.day.early_people, early_abandoned=self.day.early_abandoned)

    def _at(self, t: float, action: Callable[..., None], *arguments: object) -> None:
        self._count += 1
        heapq.heappush(self._heap, (t, self._count, action, arguments))

    # the dialer's side

    def _decide(self) -> None:
        limits = Limits(p_answer=sum(share for _, share in self._leads) / LEADS_SEEN) if self.spec.scores else Limits()
        begun = perf_counter_ns()
        decision = self.pacer.decide(self.t, limits)
        self.day.decision_ns.append(perf_counter_ns() - begun)
        for _ in range(decision.calls):
            self._place()
        self._at(self.t + self._step_s, self._decide)

    def _place(self) -> None:
        spec, call = self.spec, Call(self._calls, "none", self.t)
        self._calls += 1
        self.day.placed += 1
        kind, score = self._leads.popleft()
        self._leads.append(self._lead())
        call.kind = kind
        self.pacer.call_placed(self.t, call.id, p_answer=score if spec.scores else None)
        if spec.memoryless:
            wait = self._chance["rings"].expovariate(1 / spec.setup_s)
            self._at(self.t + wait, self._answer if kind == "person" else self._fail, call)
            return
        setup = spec.setup_s
        if spec.setup_shape:
            setup = self._chance["rings"].gammavariate(spec.setup_shape, spec.setup_s / spec.setup_shape)
        if kind == "dead":
            self._at(self.t + setup * self._chance["rings"].uniform(0.5, 1.5), self._fail, call)
            return
        if spec.ringing:
            self._at(self.t + setup, self._ring, call)
        wait = math.inf
        if kind == "person":
            wait = setup + self._chance["rings"].gammavariate(spec.ring_shape, spec.ring_scale_s)
        elif kind in ("machine", "detected"):
            wait = setup + self._chance["rings"].gammavariate(spec.machine_shape, spec.machine_scale_s)
        if wait >= spec.timeout_s:
            self._at(self.t + spec.timeout_s, self._fail, call)
        elif kind == "detected":
            self._at(self.t + wait + 1.0, self._fail, call)
        else:
            self._at(self.t + wait, self._answer, call)

    def _lead(self) -> tuple[str, float]:
        """The next lead's fate, and its own chance of being a person's answer."""
        spec, chance = self.spec, self._chance["leads"]
        share = spec.people
        if spec.lists:
            share *= spec.lists[min(len(spec.lists) - 1, int(self.t / self._end * len(spec.lists)))]
        share *= 1 + spec.drift * math.sin(self._phase + 2 * math.pi * self.t / 9000.0)
        if spec.spread:
            odds = math.log(share / (1 - share)) + chance.gauss(-0.25 * spec.spread**2, spec.spread)
            share = 1 / (1 + math.exp(-odds))
        share = min(0.95, share)
        luck = chance.random()
        for kind, part in (
            ("person", share),
            ("dead", spec.dead),
            ("machine", spec.machines),
            ("detected", spec.detected),
        ):
            luck -= part
            if luck < 0:
                return kind, share
        return "none", share

    # the callee's side

    def _ring(self, call: Call) -> None:
        if call.live:
            self.pacer.call_ringing(self.t, call.id)

    def _fail(self, call: Call) -> None:
        call.live = False
        self._landed(call)
        outcome = {"dead": Outcome.FAILED, "detected": Outcome.MACHINE}.get(call.kind, Outcome.NO_ANSWER)
        if call.kind == "dead" and call.id % 2:
            outcome = Outcome.BUSY
        self.pacer.call_ended(self.t, call.id, outcome)

    def _landed(self, call: Call) -> None:
        self.day.outcomes += 1
        self.day.flight_s += self.t - call.placed_at

    def _answer(self, call: Call) -> None:
        self._landed(call)
        self.day.answers += 1
        self.pacer.call_answered(self.t, call.id)
        if call.kind == "person":
            self.day.people += 1
            self.day.early_people += self.t < 600
        self._waiting.append(call)
        self._match()
        if call in self._waiting:
            if self.spec.grace_s <= 0:
                self._give_up(call)
            else:
                self._at(self.t + self.spec.grace_s, self._give_up, call)

    def _give_up(self, call: Call) -> None:
        if call not in self._waiting:
            return
        self._waiting.remove(call)
        call.live = False
        if call.kind == "person":
            self.day.abandoned += 1
            self.day.early_abandoned += self.t < 600
            self.pacer.call_ended(self.t, call.id, Outcome.ABANDONED)
        else:
            self.day.machine_drops += 1
            self.pacer.call_ended(self.t, call.id, Outcome.MACHINE)

    # the agents' side

    def _match(self) -> None:
        while self._waiting and self._idle:
            call, agent = self._waiting.popleft(), self._idle.popleft()
            self._book(agent)
            agent.state = "talking"
            self.pacer.call_connected(self.t, call.id, agent.id)
            self._at(self.t + self._talk_s(call), self._hang_up, call, agent)

    def _talk_s(self, call: Call) -> float:
        spec, chance = self.spec, self._chance["talks"]
        if spec.memoryless:
            return chance.expovariate(1 / spec.talk_s)
        if call.kind == "machine":
            return chance.uniform(0.5, 1.5) * spec.machine_talk_s
        mean, sigma = (spec.short_s, 0.7) if chance.random() < spec.short_share else (spec.talk_s, spec.talk_sigma)
        return chance.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)

    def _hang_up(self, call: Call, agent: Agent) -> None:
        person = call.kind == "person"
        self.day.connects += person
        self.day.handled += 1
        self.day.talk_s += self.t - agent.since
        self._book(agent)
        self.pacer.call_ended(self.t, call.id, Outcome.COMPLETED if person else Outcome.MACHINE)
        if self.spec.wrap_s <= 0:
            self._free(agent)
            return
        agent.state = "wrapping"
        self.pacer.agent_wrapping(self.t, agent.id)
        sigma = self.spec.wrap_sigma
        wrap = self._chance["wraps"].lognormvariate(math.log(self.spec.wrap_s) - sigma**2 / 2, sigma)
        if not person:
            wrap = min(wrap, 5.0)
        if self.spec.countdown:
            self.pacer.agent_free_at(self.t, agent.id, self.t + wrap)
        if self.spec.wrap_limit_s:
            self._wrap_within(agent, wrap, self.spec.wrap_limit_s)
        else:
            self._at(self.t + wrap, self._free, agent)

    def _wrap_within(self, agent: Agent, left_s: float, limit_s: float) -> None:
        """Write up for as long as it takes, within the limit, which may be put off once it is reached."""
        if self.spec.limit_told:
            self.pacer.agent_free_by(self.t, agent.id, self.t + limit_s)
        if left_s > limit_s and self._chance["wraps"].random() < self.spec.extend_share:
            self._at(self.t + limit_s, self._wrap_within, agent, left_s - limit_s, limit_s)
        else:
            self._at(self.t + min(left_s, limit_s), self._free, agent)

    def _free(self, agent: Agent) -> None:
        self._book(agent)
        if agent.break_due <= self.t:
            self._leave(agent)
            return
        agent.state = "idle"
        self._idle.append(agent)
        self.pacer.agent_ready(self.t, agent.id)
        self._tell_plan(agent)
        self._match()

    def _come(self, agent: Agent) -> None:
        agent.since = self.t
        if agent not in self._present:
            self._present.append(agent)
        agent.state = "wrapping"
        self._free(agent)

    def _plan_break(self, agent: Agent) -> None:
        if self.spec.break_every_s:
            agent.break_due = self.t + self._chance["breaks"].expovariate(1 / self.spec.break_every_s)
            self._at(agent.break_due, self._break_now, agent)

    def _tell_plan(self, agent: Agent) -> None:
        if self.spec.plans_told and agent.break_due < math.inf:
            self.pacer.agent_leaves_at(self.t, agent.id, agent.break_due)

    def _break_now(self, agent: Agent) -> None:
        if agent.state == "idle" and agent.break_due <= self.t:
            self._idle.remove(agent)
            self._book(agent)
            self._leave(agent)

    def _leave(self, agent: Agent) -> None:
        self.pacer.agent_left(self.t, agent.id)
        agent.state = "away"
        self._at(self.t + self.spec.break_s, self._back, agent)
        agent.break_due = math.inf

    def _back(self, agent: Agent) -> None:
        self._plan_break(agent)
        self._come(agent)

    def _plan_wave(self, part: int) -> None:
        for agent in self._present[part::3]:
            if self.spec.plans_told and agent.state != "away":
                self.pacer.agent_leaves_at(self.t, agent.id, min(agent.break_due, self.t + WAVE_KNOWN_S))

    def _wave(self, part: int) -> None:
        for agent in self._present[part::3]:
            if agent.state != "away":
                agent.break_due = self.t
                self._break_now(agent)

    def _book(self, agent: Agent) -> None:
        if agent.state == "away":
            return
        passed = self.t - agent.since
        self.day.signed_in_s += passed
        if agent.state != "idle":
            self.day.occupied_s += passed
        agent.since = self.t


def memoryless(agents: int, people: float, hours: float = 8.0) -> FloorSpec:
    """The floor of the exact optimum: ringing 12 s, handling 200 s, no grace."""
    return FloorSpec(
        name=f"memoryless {agents}/{people:g}", agents=agents, people=people, hours=hours, memoryless=True,
        setup_s=12.0, talk_s=200.0, wrap_s=0.0, grace_s=0.0,
    )  # fmt: skip


REALISTIC: tuple[FloorSpec, ...] = (
    FloorSpec(name="r6", agents=6, people=0.24, drift=0.3, dead=0.1, detected=0.15, talk_s=150, short_share=0.5),
    FloorSpec(name="r8m", agents=8, people=0.15, drift=0.2, machines=0.25, dead=0.08, talk_s=170, short_share=0.4),
    FloorSpec(name="r12", agents=12, people=0.12, dead=0.1, detected=0.2, talk_s=110, short_share=0.6, wrap_s=12),
    FloorSpec(name="r16m", agents=16, people=0.18, machines=0.3, dead=0.05, talk_s=220, break_every_s=5400),
    FloorSpec(name="r20drift", agents=20, people=0.2, drift=0.5, lists=(1.2, 0.6, 1.4, 0.8), dead=0.1, talk_s=140,
              short_share=0.5),
    FloorSpec(name="r25long", agents=25, people=0.3, drift=0.1, dead=0.05, talk_s=380, wrap_s=45),
    FloorSpec(name="r32", agents=32, people=0.22, machines=0.15, dead=0.06, talk_s=160, short_share=0.5),
    FloorSpec(name="r40drift", agents=40, people=0.22, drift=0.4, lists=(1.0, 0.5, 1.3), dead=0.1, detected=0.2,
              talk_s=160, short_share=0.5),
    FloorSpec(name="r55low", agents=55, people=0.05, dead=0.15, detected=0.3, talk_s=200, short_share=0.4),
    FloorSpec(name="r70brk", agents=70, people=0.2, drift=0.2, dead=0.1, talk_s=120, short_share=0.5,
              break_every_s=4500, waves=True),
    FloorSpec(name="r110", agents=110, people=0.18, drift=0.2, dead=0.1, detected=0.2, talk_s=240, short_share=0.3),
    FloorSpec(name="r160", agents=160, people=0.35, drift=0.15, dead=0.05, talk_s=330, wrap_s=40,
              break_every_s=7200),
)  # fmt: skip
