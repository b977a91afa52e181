"""The simulated switch, carriers, people and talks without any dialer: queues whose answers are known by formula.

Calls come at random or by a table of levels; who waits longest is connected first. What it measures must agree with
Erlang's formulas and with the exact optimum of pacing, or the simulation proves nothing.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import simpy

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId
from dialer.core.messages import CallAnswered, CallEnded, Connect, Event, HangUp, LegUp, PlaceCall
from dialer.core.model import Lead
from simulation.world.bridges import SimCall
from simulation.world.carrier import NO_ROOM, Carrier
from simulation.world.chance import Chance
from simulation.world.lists import ListOrder, ListPlan, Lists
from simulation.world.people import Crowd, Fate, People
from simulation.world.switch import Switch

BATCHES = 20
MEMORYLESS = People(
    memoryless=True, by_hour=False, answer_share=1.0, machine_share=0.0, busy_share=0.0, rejects_share=0.0,
    off_share=0.0, invalid_share=0.0, right_party_share=1.0, hangs_up_share=1.0, opts_out_share=0.0,
    patience_s=0.0, patience_hazard=0.0, impatience_hazard=0.0, ring_s=1e-9, progress_only_share=0.0,
)  # fmt: skip
CLEAR = Carrier(delay_s=0.0, congestion_share=0.0, lines_max=1_000_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over batches of time and its standard error."""

    mean: float
    error: float

    def off_by(self, exact: float) -> float:
        """How many standard errors lie between it and the exact value."""
        return abs(self.mean - exact) / self.error


class Queue:
    """Agents on legs that stand, people on calls, first come first served. Counts one batch after the other."""

    def __init__(self, people: People, *, agents: int, carrier: Carrier = CLEAR, seed: int = 1) -> None:
        self.env = simpy.Environment()
        self._chance = Chance(seed)
        plan = ListPlan(
            campaign=CampaignId(1), leads=10_000_000, order=ListOrder.FRESH_FIRST, overlap=0.0, country="MX",
            zones=("America/Lima",), numbers=(1.0,), score_quality=0.0, lead_sigma=0.0, answer_share=0.5,
        )  # fmt: skip
        self._lists = Lists([plan], self._chance)
        self._crowd = Crowd(people, self._chance, 0.0)
        self._switch = Switch(self.env, self._chance, {"one": carrier}, self, tell=self._hear)
        self._agents = agents
        self._free = deque(LegId(f"a{number}") for number in range(agents))
        for number, leg in enumerate(self._free, start=1):
            self._switch.dial_in(AgentId(number), leg)
        self._waiting: deque[CallId] = deque()
        self._came_at: dict[CallId, float] = {}
        self._placed = 0
        self.in_flight = 0
        self.lost_at_once = False  # who finds no free agent is hung up on
        self.after: Callable[[], None] = lambda: None  # called when something has changed
        self.came = self.lost = self.waited = self.blocked = 0
        self._busy_s, self._busy, self._since = 0.0, 0, 0.0

    # ------------------------------------------------------------ calls

    def come(self, rate: float) -> None:
        """Let calls come at random, so many a second."""
        draw = self._chance.stream("arrivals")

        def one(_: simpy.Event) -> None:
            self.place()
            self.env.timeout(draw.expovariate(rate)).callbacks.append(one)

        self.env.timeout(draw.expovariate(rate)).callbacks.append(one)

    def place(self) -> None:
        """One call more."""
        self._placed += 1
        self.in_flight += 1
        self._switch.execute(
            PlaceCall(
                call=CallId(self._placed), trunk="one", dial="", caller_id="", ring_timeout_s=1e9, wait_max_s=1e9,
                message="", lead=LeadId(self._placed), campaign=CampaignId(1),
            )
        )  # fmt: skip

    @property
    def free(self) -> int:
        """Agents without a call."""
        return len(self._free)

    def _hear(self, event: Event) -> None:
        match event:
            case CallAnswered(call):
                self.in_flight -= 1
                self._answered(call)
            case CallEnded(call, ending):
                self._ended(call, blocked=ending == NO_ROOM)
            case LegUp(leg):
                self._count_busy(-1)
                self._free.append(leg)
                if self._waiting:
                    self._connect(self._waiting.popleft())
            case _:
                return
        self.after()

    def _answered(self, call: CallId) -> None:
        self.came += 1
        self._came_at[call] = self.env.now
        if self._free:
            self._connect(call)
        elif self.lost_at_once:
            self.lost += 1
            self._switch.execute(HangUp(call))
        else:
            self.waited += 1
            self._waiting.append(call)

    def _connect(self, call: CallId) -> None:
        leg = self._free.popleft()
        self._count_busy(1)
        refused = self._switch.execute(Connect(call, leg, 1))
        assert not refused, refused

    def _ended(self, call: CallId, *, blocked: bool) -> None:
        if call not in self._came_at:
            self.in_flight -= 1
            self.blocked += blocked
            return
        del self._came_at[call]
        if call in self._waiting:
            self._waiting.remove(call)
            self.lost += 1

    def _count_busy(self, change: int) -> None:
        self._busy_s += self._busy * (self.env.now - self._since)
        self._since = self.env.now
        self._busy += change

    # ------------------------------------------------------------ what the switch asks

    def fate_of(self, order: PlaceCall, delay_s: float) -> Fate:
        """Everybody is called once."""
        lead: Lead = self._lists.lead(order.lead)
        return self._crowd.fate(lead, attempt=1, now=self.env.now, delay_s=delay_s)

    def phone_rings(self, _: AgentId) -> bool:
        """Every phone is taken."""
        return True

    def hears(self, agent: AgentId, call: SimCall | None) -> None:
        """Nobody looks at it."""

    # ------------------------------------------------------------ measuring

    def batches(self, warm_up_s: float, length_s: float, of: Callable[["Queue"], tuple[float, float]]) -> Measured:
        """`of` gives a sum and its weight; the mean is of their ratio in each stretch of time."""
        self.env.run(until=warm_up_s)
        ratios = []
        before = of(self)
        for number in range(1, BATCHES + 1):
            self.env.run(until=warm_up_s + number * length_s)
            self._count_busy(0)
            self._switch.finished.clear()
            now = of(self)
            ratios.append((now[0] - before[0]) / (now[1] - before[1]))
            before = now
        return _measured(ratios)

    def occupancy(self) -> tuple[float, float]:
        """Agent-seconds in talks, and all of them."""
        return self._busy_s, self._agents * self.env.now


def _measured(values: Sequence[float]) -> Measured:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1))
    return Measured(mean, spread / math.sqrt(len(values)))


# ---------------------------------------------------------------- the formulas' worlds


def blocked_share(*, lines: int, load: float, calls: int, seed: int = 1) -> Measured:
    """Erlang B: calls refused by a carrier with so many lines; people hold theirs for a minute, waiting in vain."""
    people = replace(MEMORYLESS, impatience_hazard=1 / 60.0)
    queue = Queue(people, agents=0, carrier=replace(CLEAR, lines_max=lines), seed=seed)
    rate = load / 60.0
    queue.come(rate)
    return queue.batches(600.0, calls / rate / BATCHES, lambda one: (one.blocked, one.came + one.blocked))


def waiting_share(*, agents: int, load: float, calls: int, seed: int = 1) -> Measured:
    """Erlang C: people who do not find an agent at once, and wait as long as it takes."""
    queue = Queue(replace(MEMORYLESS, talk_s=100.0), agents=agents, seed=seed)
    rate = load / 100.0
    queue.come(rate)
    return queue.batches(2000.0, calls / rate / BATCHES, lambda one: (one.waited, one.came))


def leaving_share(*, agents: int, load: float, patience_s: float, calls: int, seed: int = 1) -> Measured:
    """Erlang A: people who leave before an agent comes."""
    people = replace(MEMORYLESS, talk_s=100.0, impatience_hazard=1 / patience_s)
    queue = Queue(people, agents=agents, seed=seed)
    rate = load / 100.0
    queue.come(rate)
    return queue.batches(2000.0, calls / rate / BATCHES, lambda one: (one.lost, one.came))


def levels_kept(
    levels: Sequence[int], *, answer_share: float, ring_s: float, handle_s: float, hours: float, seed: int = 1
) -> tuple[Measured, Measured]:
    """The memoryless dialer that keeps `levels[free]` calls in flight: occupancy, and the abandoned of the answered."""
    people = replace(MEMORYLESS, answer_share=answer_share, ring_s=ring_s, talk_s=handle_s)
    measured = []
    for of in (Queue.occupancy, lambda one: (one.lost, one.came)):
        queue = Queue(people, agents=len(levels) - 1, seed=seed)
        queue.lost_at_once = True

        def keep(queue: Queue = queue) -> None:
            while queue.in_flight < levels[queue.free]:
                queue.place()

        queue.after = keep
        keep()
        measured.append(queue.batches(3600.0, hours * 3600.0 / BATCHES, of))
    return measured[0], measured[1]


# ---------------------------------------------------------------- what is exact


def erlang_a(agents: int, load: float, patience: float) -> float:
    """The share that leaves: birth and death with rates in units of one completion; `patience` in mean talks."""
    logs = [0.0]
    for state in range(1, 20 * agents + 400):
        down = min(state, agents) + max(0, state - agents) / patience
        logs.append(logs[-1] + math.log(load / down))
    top = max(logs)
    weights = [math.exp(one - top) for one in logs]
    leaving = math.fsum(weight * max(0, state - agents) / patience for state, weight in enumerate(weights))
    return leaving / (load * math.fsum(weights))


def exact_levels(levels: Sequence[int], *, answer_share: float, ring_s: float, handle_s: float) -> tuple[float, float]:
    """Occupancy and abandoned share of the memoryless dialer that keeps `levels[free]` calls, from its Markov chain."""
    agents, most = len(levels) - 1, max(levels)
    size = (agents + 1) * (most + 1)
    flow = np.zeros((size, size))

    def filled(busy: int, flying: int) -> int:
        return busy * (most + 1) + max(flying, levels[agents - busy])

    for busy in range(agents + 1):
        for flying in range(most + 1):
            here = busy * (most + 1) + flying
            rates = (
                (min(busy + 1, agents), flying - 1, flying / ring_s * answer_share),
                (busy, flying - 1, flying / ring_s * (1 - answer_share)),
                (busy - 1, flying, busy / handle_s),
            )
            for after_busy, after_flying, rate in rates:
                if rate > 0:
                    flow[here, filled(after_busy, after_flying)] += rate
                    flow[here, here] -= rate
    start = filled(0, 0)
    reached = _reached(flow, start)
    flow = flow[np.ix_(reached, reached)]
    system = np.vstack([flow.T, np.ones(len(reached))])
    stays = np.linalg.lstsq(system, np.append(np.zeros(len(reached)), 1.0), rcond=None)[0]
    talking, ringing = np.divmod(np.array(reached), most + 1)
    answers = ringing / ring_s * answer_share
    return float(stays @ talking / agents), float(stays @ (answers * (talking == agents)) / (stays @ answers))


def _reached(flow: np.ndarray, start: int) -> list[int]:
    found, fresh = {start}, [start]
    while fresh:
        here = fresh.pop()
        for after in np.nonzero(flow[here] > 0)[0]:
            if int(after) not in found:
                found.add(int(after))
                fresh.append(int(after))
    return sorted(found)
