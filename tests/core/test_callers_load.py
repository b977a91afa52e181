"""Twenty people call back within a minute, in the middle of a predictive campaign: nobody's cap is broken."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from dialer.core.ids import AgentId, CallId
from dialer.core.inbound import Inbound
from dialer.core.messages import (
    AbandonmentPlayed,
    AdoptCaller,
    CallAnswered,
    CallDispositioned,
    CallerArrived,
    CallerFound,
    CallerQueued,
    CallJoined,
    CallQueued,
    CallRang,
    CallReserved,
    ClaimLeads,
    Command,
    Connect,
    Guide,
    LeadsClaimed,
    LegUp,
    PlaceCall,
    ReserveCall,
    Ticked,
)
from dialer.core.model import DialFacts, Mode
from dialer.core.outcomes import EndedBy
from pacing import Settings
from tests.core.floor import CAMPAIGN, Floor, floor, hangup, lead

AGENTS, CAP = 12, 0.03


@dataclass
class World:
    """Store, switch and people around an engine, on a clock of events."""

    made: Floor
    chance: random.Random
    plan: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    order: "itertools.count[int]" = field(default_factory=itertools.count)
    answered: set[CallId] = field(default_factory=set)
    inbound: dict[CallId, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.plan, (self.made.now + delay_s, next(self.order), act))

    def tell(self, *events: object) -> None:
        for command in self.made.tell(*events):  # type: ignore[arg-type]
            self.carry_out(command)
        self.made.said.clear()

    def run(self, until: float) -> None:
        while self.plan and self.plan[0][0] <= until:
            at, _, act = heapq.heappop(self.plan)
            self.made.now = max(self.made.now, at)
            act()

    def tick(self) -> None:
        self.tell(Ticked())
        self.later(0.5, self.tick)

    def carry_out(self, command: Command) -> None:
        match command:
            case ClaimLeads(_, count):
                self.made.leads += count
                first = self.made.leads - count + 1
                self.later(
                    0.01, lambda: self.tell(LeadsClaimed(CAMPAIGN, tuple(map(lead, range(first, first + count)))))
                )
            case ReserveCall(call=call, lead=wanted) if wanted is not None:
                facts = DialFacts(lead=wanted)
                self.later(0.01, lambda: self.tell(CallReserved(call, facts)))
            case PlaceCall(call=call):
                self.place(call)
            case Connect(call, leg):
                self.later(0.002, lambda: self.talk(call, leg))
            case AdoptCaller(call, _):
                caller = lead(900_000 + call, number="+56999999999")
                self.later(0.02, lambda: self.tell(CallerFound(call, CAMPAIGN, caller)))
            case Guide(call=call, place=place):
                self.inbound.setdefault(call, self.made.now)
                self.later(0.05 if place == "queue" else 4.0, lambda: self.tell(CallerQueued(call)))
            case _:
                pass

    def place(self, call: CallId) -> None:
        self.tell(CallQueued(call))
        self.later(2.0, lambda: self.tell(CallRang(call)))
        ring_s = 2.0 + self.chance.gammavariate(3, 3)
        if self.chance.random() < 0.25 and ring_s < 27:
            self.later(ring_s, lambda: self.answer(call))
        else:
            self.later(28.0, lambda: self.tell(hangup(call, cause=19, tech_cause=480, by=EndedBy.TIMEOUT)))

    def answer(self, call: CallId) -> None:
        self.answered.add(call)
        self.later(2.0, lambda: self.abandon(call))
        self.tell(CallAnswered(call))

    def abandon(self, call: CallId) -> None:
        if call in self.answered:
            self.answered.discard(call)
            self.tell(AbandonmentPlayed(call))
            self.later(5.0, lambda: self.tell(hangup(call, by=EndedBy.DIALPLAN)))

    def talk(self, call: CallId, leg: str) -> None:
        self.answered.discard(call)
        if call in self.inbound:
            self.waits.append(self.made.now - self.inbound[call])
        agent = AgentId(int(leg.split("-")[1][1:]))
        self.tell(CallJoined(call, leg))  # type: ignore[arg-type]
        self.later(self.chance.lognormvariate(3.8, 0.6), lambda: self.over(call, agent, leg))

    def over(self, call: CallId, agent: AgentId, leg: str) -> None:
        self.tell(hangup(call))
        self.tell(LegUp(leg))  # type: ignore[arg-type]
        self.later(self.chance.uniform(5, 25), lambda: self.tell(CallDispositioned(agent, call, "RPC")))


@pytest.mark.parametrize("seed", range(2))
def test_twenty_returned_calls_within_a_minute_keep_the_cap_and_meet_an_agent(seed: int) -> None:
    made = floor(
        agents=AGENTS,
        mode=Mode.PREDICTIVE,
        inbound=Inbound(on=True),
        pacing=Settings(abandon_cap=CAP),
        attempts_max=10,
    )
    world = World(made, random.Random(f"callers {seed}"))
    first, *_ = [made.said.copy()]
    world.tick()
    for command in first:
        world.carry_out(command)
    began = made.now
    world.run(began + 500.0)  # the campaign runs in
    before = made.work().answered, made.work().abandoned
    assert before[0] > 50
    for n in range(20):
        world.later(3.0 * n, lambda n=n: world.tell(CallerArrived(f"host-{n}.1", "+56999999999", "+5622000000")))  # type: ignore[misc]
    world.run(began + 1000.0)
    after = made.work()
    assert len(world.waits) == 20  # every one of them met an agent
    assert max(world.waits) < 150.0
    assert after.abandoned <= CAP * after.answered
    assert after.answered > before[0] + 30  # and the campaign went on
