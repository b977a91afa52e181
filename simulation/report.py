"""What a simulated day came to: figures of the world's truth, gathered as calls end, in flat memory.

A day is also kept as a course: what stood how at each few minutes, for plots.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import ceil, fsum, inf

from dialer.core.agents import BUSY, AgentState
from dialer.core.ids import CampaignId
from dialer.core.model import Mode
from simulation.scenario import CampaignPlan
from simulation.world.agents import code_of
from simulation.world.bridges import SimCall
from simulation.world.people import Kind
from simulation.world.world import World

BIN_S = 0.01
BINS = 6000  # the last one holds everything longer
COURSE_S = 300.0  # one point of a day's course
FUNNEL = ("placed", "answered", "people", "right_parties", "promises")  # each a part of the one before, but machines
GROUPS: dict[str, tuple[AgentState, ...]] = {
    "talking": (AgentState.TALKING, AgentState.HOLDING, AgentState.DIALLING, AgentState.PREVIEWING),
    "wrap-up": (AgentState.WRAPPING,),
    "ready": (AgentState.READY,),
    "break": (AgentState.BREAK,),
    "connecting": (AgentState.CONNECTING, AgentState.LEG_LOST),
}
_GROUP_OF = {str(state): group for group, states in GROUPS.items() for state in states}


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

    def within(self, seconds: float) -> int:
        """How many took no longer."""
        return sum(self._bins[: round(seconds / BIN_S)])


WAITS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)


@dataclass(slots=True, kw_only=True)
class Course:
    """A day point by point, each `COURSE_S` long, and what was counted in each hour."""

    opens_h: float = 0.0  # local time of the beginning, in hours
    agents: dict[str, list[float]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    lines: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)  # people without an agent
    answered: list[int] = field(default_factory=list)  # by people, up to here
    abandoned: list[int] = field(default_factory=list)  # up to here
    hourly: dict[str, list[int]] = field(default_factory=lambda: {step: [] for step in FUNNEL})


@dataclass(frozen=True, slots=True)
class Callers:
    """People who called us."""

    count: int = 0
    taken: int = 0  # who met an agent
    wait_p50_s: float | None = None  # from their call to the agent


NO_CALLERS = Callers()


@dataclass(frozen=True, slots=True)
class Kept:
    """How one campaign kept its own cap on a day: a cap holds for the campaign's people alone, never for all."""

    campaign: str
    cap: float | None  # None in modes that abandon nobody
    people: int = 0  # who answered
    missed: int = 0  # abandoned or cut off, among them

    @property
    def share(self) -> float:
        return self.missed / self.people if self.people else 0.0

    @property
    def above(self) -> bool:
        return self.cap is not None and self.share > self.cap

    @property
    def used(self) -> float:
        """The share as a part of the cap, so that campaigns with unlike caps compare."""
        if not self.share or self.cap is None:
            return 0.0
        return self.share / self.cap if self.cap else inf


RATIOS = (
    "abandon_ratio", "occupancy", "talk_share", "people_per_agent_hour", "right_parties_per_agent_hour",
    "promises_per_agent_hour",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures of one day. Times in seconds, shares from 0 to 1; None where nothing was there to measure.

    Counts and times are kept; what is one over the other follows from them, so that days can be summed up.
    """

    scenario: str
    seed: int
    day: int = 0  # of its run, from 0
    date: str = ""
    modes: tuple[str, ...]
    hours: float
    agents: int
    placed: int
    answered_people: int
    answered_machines: int
    connected: int
    connected_people: int
    right_parties: int = 0  # among them
    promises: int = 0  # among those
    abandoned: int  # people who heard the abandonment message
    hung_up_waiting: int  # people who hung up before that
    cut_off: int = 0  # people whom detection took for machines
    campaigns: tuple[Kept, ...] = ()  # in the scenario's order
    callers: Callers = NO_CALLERS  # apart from all figures of calls above
    at_work_s: float  # of all agents: busy, and ready
    busy_s: float
    talk_s: float
    wait_p50_s: float | None
    wait_p99_s: float | None
    waits: tuple[int, ...] = ()  # connected within WAITS_S
    lines_mean: float | None = None
    lines_most: int = 0
    outcomes: dict[str, int]
    events: int
    course: Course = field(default_factory=Course)

    @property
    def missed(self) -> int:
        """People who answered and were abandoned or cut off."""
        return self.abandoned + self.cut_off

    @property
    def abandon_ratio(self) -> float | None:
        """Those, of the people who answered."""
        return _over(self.missed, self.answered_people)

    @property
    def occupancy(self) -> float | None:
        """A share of the agents' time at work."""
        return _over(self.busy_s, self.at_work_s)

    @property
    def talk_share(self) -> float | None:
        """A share of the agents' time at work."""
        return _over(self.talk_s, self.at_work_s)

    @property
    def at_work_h(self) -> float:
        return self.at_work_s / 3600.0

    @property
    def people_per_agent_hour(self) -> float | None:
        return _over(self.connected_people, self.at_work_h)

    @property
    def right_parties_per_agent_hour(self) -> float | None:
        return _over(self.right_parties, self.at_work_h)

    @property
    def promises_per_agent_hour(self) -> float | None:
        return _over(self.promises, self.at_work_h)

    def as_dict(self) -> dict[str, object]:
        """For JSON; without the course."""
        found = asdict(self)
        del found["course"]
        return found | {name: getattr(self, name) for name in RATIOS}


class Tally:
    """Counts the calls of a world as they end, day by day.

    `take` now and then; `sample` at even steps of time; `day` closes the books of a day and opens those of the next.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seed = seed
        self._days = 0
        self._before = {"busy": 0.0, "idle": 0.0, "heard": 0.0}  # what the world has summed up before this day
        self._events_before = 0
        self._outcomes_before: Counter[str] = Counter()
        self._open()

    def _open(self) -> None:
        self._counts: Counter[str] = Counter()
        self._people: Counter[CampaignId] = Counter()  # who answered
        self._missed: Counter[CampaignId] = Counter()  # abandoned or cut off
        self._hour: Counter[str] = Counter()
        self._waits, self._caller_waits = Spread(), Spread()
        self._course = Course(opens_h=self.world.local_time()[0] / 3600.0)
        self._date = self.world.date()
        self._began = self.world.env.now
        self._samples: list[tuple[int, int]] = []  # lines, waiting; of the present point
        self._groups: Counter[str] = Counter()
        self._lines_sum, self._lines_most, self._sampled = 0, 0, 0

    def take(self) -> None:
        """Count what has ended since the last time."""
        finished = self.world.switch.finished
        for call in finished:
            self._count(call)
        finished.clear()

    def sample(self) -> None:
        """Look at what stands how now."""
        switch = self.world.switch
        lines = sum(switch.lines.values())
        waiting = sum(call.place == "park" and call.bridge is None for call in switch.calls.values())
        self._samples.append((lines, waiting))
        self._groups.update(Counter(_GROUP_OF.get(view.state, "") for view in self.world.screens.values()))
        self._lines_sum += lines
        self._lines_most = max(self._lines_most, lines)
        self._sampled += 1

    def point(self) -> None:
        """Close a point of the day's course."""
        self.take()
        course, count = self._course, max(1, len(self._samples))
        for group, points in course.agents.items():
            points.append(round(self._groups[group] / count, 3))
        course.lines.append(round(sum(lines for lines, _ in self._samples) / count, 2))
        course.waiting.append(round(sum(waiting for _, waiting in self._samples) / count, 3))
        course.answered.append(self._counts["answered_people"])
        course.abandoned.append(self._counts["abandoned"] + self._counts["cut_off"])
        self._samples.clear()
        self._groups.clear()
        if len(course.lines) * COURSE_S % 3600.0 == 0:
            self._close_hour()

    def _close_hour(self) -> None:
        for step, hours in self._course.hourly.items():
            hours.append(self._hour[step])
        self._hour.clear()

    def _close(self) -> None:
        if self._samples:
            self.point()
        self.take()
        if any(self._hour.values()):
            self._close_hour()

    def day(self) -> Day:
        """The day up to here."""
        self._close()
        world, counts = self.world, self._counts
        sums = self._sums()
        busy, idle, heard = (sums[name] - self._before[name] for name in ("busy", "idle", "heard"))
        outcomes = self._outcomes_so_far()
        day = Day(
            scenario=world.scenario.name,
            seed=self.seed,
            day=self._days,
            date=self._date,
            modes=tuple(str(plan.mode) for plan in world.scenario.campaigns),
            hours=(world.env.now - self._began) / 3600.0,
            agents=len(world.people),
            placed=counts["placed"],
            answered_people=counts["answered_people"],
            answered_machines=counts["answered_machines"],
            connected=counts["connected"],
            connected_people=counts["connected_people"],
            right_parties=counts["right_parties"],
            promises=counts["promises"],
            abandoned=counts["abandoned"],
            hung_up_waiting=counts["hung_up_waiting"],
            cut_off=counts["cut_off"],
            campaigns=tuple(self._kept()),
            callers=Callers(counts["callers"], counts["callers_taken"], self._caller_waits.quantile(0.5)),
            at_work_s=busy + idle,
            busy_s=busy,
            talk_s=heard,
            wait_p50_s=self._waits.quantile(0.5),
            wait_p99_s=self._waits.quantile(0.99),
            waits=tuple(self._waits.within(most_s) for most_s in WAITS_S),
            lines_mean=self._lines_sum / self._sampled if self._sampled else None,
            lines_most=self._lines_most,
            outcomes=dict(outcomes - self._outcomes_before),
            events=world.shell.handled - self._events_before,
            course=self._course,
        )
        self._before, self._outcomes_before, self._events_before = sums, outcomes, world.shell.handled
        self._days += 1
        return day

    def next_day(self) -> None:
        """Begin the books of another day."""
        self._open()

    def _kept(self) -> Iterator[Kept]:
        for number, plan in enumerate(self.world.scenario.campaigns, start=1):
            campaign = CampaignId(number)
            yield Kept(plan.name, cap_of(plan), self._people[campaign], self._missed[campaign])

    def _sums(self) -> dict[str, float]:
        """Seconds that agents have spent since the world began."""
        spent = [person.spent_until_now() for person in self.world.people.values()]
        busy = fsum(times.get(state, 0.0) for times in spent for state in BUSY)
        idle = fsum(times.get(AgentState.READY, 0.0) for times in spent)
        heard = fsum(person.heard_until_now() for person in self.world.people.values())
        return {"busy": busy, "idle": idle, "heard": heard}

    def _outcomes_so_far(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for view in self.world.shell.engine.view(self.world.time()).campaigns:
            found.update({str(outcome): count for outcome, count in view.outcomes})
        return found

    def _count(self, call: SimCall) -> None:
        if call.inbound:
            self._counts["callers"] += 1
            if call.joined_at is not None:
                self._counts["callers_taken"] += 1
                self._caller_waits.add(call.joined_at - call.placed_at)
            return
        self._note("placed")
        if call.answered_at is None:
            return
        person = call.fate.kind is Kind.PERSON
        self._counts["answered_people" if person else "answered_machines"] += 1
        self._note("answered")
        self._people[call.order.campaign] += person
        if call.joined_at is not None:
            self._counts["connected"] += 1
            self._waits.add(call.joined_at - call.answered_at)
            if person:
                self._reached(call)
        elif person:
            reason = "cut_off" if call.cut_off else "hung_up_waiting" if call.message_at is None else "abandoned"
            self._counts[reason] += 1
            self._missed[call.order.campaign] += reason != "hung_up_waiting"

    def _reached(self, call: SimCall) -> None:
        self._counts["connected_people"] += 1
        self._note("people", counted=False)
        if not call.fate.right_party:
            return
        self._note("right_parties")
        taker = self.world.people.get(call.taken_by) if call.taken_by is not None else None
        if taker is not None and code_of(call.fate, taker.promise_share) == "PTP":
            self._note("promises")

    def _note(self, step: str, *, counted: bool = True) -> None:
        self._hour[step] += 1
        self._counts[step] += counted


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def cap_of(plan: CampaignPlan) -> float | None:
    """The campaign's cap; None where it does not dial ahead."""
    return plan.abandon_cap if plan.mode is Mode.PREDICTIVE else None
