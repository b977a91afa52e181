"""What a simulated stretch of work came to: figures of the world's truth, gathered as calls end, in flat memory."""

from array import array
from dataclasses import asdict, dataclass, field
from math import ceil

from dialer.core.agents import BUSY, AgentState
from simulation.world.bridges import SimCall
from simulation.world.people import Kind
from simulation.world.world import World

BIN_S = 0.01
BINS = 6000  # the last one holds everything longer


@dataclass(slots=True)
class Spread:
    """A distribution of times, in bins of a hundredth of a second."""

    count: int = 0
    _bins: "array[int]" = field(default_factory=lambda: array("L", bytes(BINS * array("L").itemsize)))

    def add(self, seconds: float) -> None:
        self.count += 1
        self._bins[min(BINS - 1, int(seconds / BIN_S))] += 1

    def quantile(self, share: float) -> float | None:
        """The time that so large a share does not exceed, in seconds; None without any."""
        rank, seen = max(1, ceil(share * self.count)), 0
        for number, count in enumerate(self._bins):
            seen += count
            if count and seen >= rank:
                return round((number + 1) * BIN_S, 3)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures of one run. Times in seconds, shares from 0 to 1; None where nothing was there to measure."""

    scenario: str
    seed: int
    modes: tuple[str, ...]
    hours: float
    agents: int
    placed: int
    answered_people: int
    answered_machines: int
    connected: int
    connected_people: int
    abandoned: int  # people who heard the abandonment message
    hung_up_waiting: int  # people who hung up before that
    abandon_ratio: float | None  # of the people who answered
    occupancy: float | None
    talk_share: float | None  # of the agents' time at work
    people_per_agent_hour: float | None
    wait_p50_s: float | None
    wait_p99_s: float | None
    outcomes: dict[str, int]
    events: int

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


class Tally:
    """Counts the calls of a world as they end. Take them with `take` every now and then; `day` closes the books."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seed = seed
        self.placed = self.people = self.machines = 0
        self.connected = self.connected_people = self.abandoned = self.hung_up = 0
        self.waits = Spread()
        self.outcomes: dict[str, int] = {}

    def take(self) -> None:
        """Count what has ended since the last time."""
        finished = self.world.switch.finished
        for call in finished:
            self._count(call)
        finished.clear()

    def day(self) -> Day:
        self.take()
        world = self.world
        hours = world.env.now / 3600.0
        spent = [person.spent_s for person in world.people.values()]
        busy = sum(times.get(state, 0.0) for times in spent for state in BUSY)
        idle = sum(times.get(AgentState.READY, 0.0) for times in spent)
        heard = sum(person.heard_s for person in world.people.values())
        for view in world.shell.engine.view(world.time()).campaigns:
            for outcome, count in view.outcomes:
                self.outcomes[str(outcome)] = self.outcomes.get(str(outcome), 0) + count
        at_work_h = (busy + idle) / 3600.0
        return Day(
            scenario=world.scenario.name,
            seed=self.seed,
            modes=tuple(str(plan.mode) for plan in world.scenario.campaigns),
            hours=hours,
            agents=len(world.people),
            placed=self.placed,
            answered_people=self.people,
            answered_machines=self.machines,
            connected=self.connected,
            connected_people=self.connected_people,
            abandoned=self.abandoned,
            hung_up_waiting=self.hung_up,
            abandon_ratio=self.abandoned / self.people if self.people else None,
            occupancy=busy / (busy + idle) if busy + idle > 0 else None,
            talk_share=heard / (busy + idle) if busy + idle > 0 else None,
            people_per_agent_hour=self.connected_people / at_work_h if at_work_h > 0 else None,
            wait_p50_s=self.waits.quantile(0.5),
            wait_p99_s=self.waits.quantile(0.99),
            outcomes=self.outcomes,
            events=world.shell.handled,
        )

    def _count(self, call: SimCall) -> None:
        self.placed += 1
        if call.answered_at is None:
            return
        person = call.fate.kind is Kind.PERSON
        self.people += person
        self.machines += not person
        if call.joined_at is not None:
            self.connected += 1
            self.connected_people += person
            self.waits.add(call.joined_at - call.answered_at)
        elif person:
            self.abandoned += call.message_at is not None
            self.hung_up += call.message_at is None
