"""An engine with a campaign, agents and a trunk, and words to drive it by. Plays the store and the switch by hand."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId, LegId, PersonId, PhoneId
from dialer.core.messages import (
    AgentReady,
    AgentSet,
    AgentSignedIn,
    CallAgent,
    CallAnswered,
    CallEnded,
    CallJoined,
    CallQueued,
    CallRang,
    CallReserved,
    CampaignSet,
    ClaimLeads,
    Command,
    Connect,
    Event,
    LeadsClaimed,
    LegUp,
    PlaceCall,
    ReserveCall,
    Restored,
    SwitchSeen,
    Ticked,
    TrunkSet,
)
from dialer.core.model import Agent, Campaign, CampaignStatus, Contact, DialFacts, Lead, Mode, Trunk
from dialer.core.outcomes import EndedBy, Ending
from dialer.core.view import AgentView, CampaignView

NOON = 1_795_449_600.0  # Monday 2026-11-23, 16:00 UTC: noon in Santiago is an hour ago
CAMPAIGN = CampaignId(1)
HOUSE = ("+56922222222", "+56981110000", "+56222222222", "+525512345678")  # whom agents may hand people on to
T = TypeVar("T")


def campaign(**changes: Any) -> Campaign:
    base = Campaign(
        id=CAMPAIGN,
        client=ClientId(1),
        name="spring",
        mode=Mode.PROGRESSIVE,
        status=CampaignStatus.RUNNING,
        trunks=("carrier",),
        caller_id="+5622000000",
        directory=tuple(Contact("desk", number) for number in HOUSE),
    )
    return replace(base, **changes)


def lead(id_: int, /, **changes: Any) -> Lead:
    base = Lead(
        id=LeadId(id_),
        campaign=CAMPAIGN,
        person=PersonId(id_),
        phone=PhoneId(id_),
        number=f"+569{id_:08d}",
        country="CL",
        zones=("America/Santiago",),
    )
    return replace(base, **changes)


@dataclass
class Floor:
    """The engine and what it wished so far."""

    engine: Engine = field(default_factory=Engine)
    now: float = NOON
    said: list[Command] = field(default_factory=list)
    leads: int = 0  # handed out so far

    def tell(self, *events: Event, after_s: float = 0.0) -> list[Command]:
        """Tell the events, `after_s` later; what the engine answered to them."""
        self.now += after_s
        said = [command for event in events for command in self.engine.handle(event, self.now)]
        self.said += said
        return said

    def tick(self, seconds: float = 0.5) -> list[Command]:
        """Let time pass in half seconds."""
        said = []
        for _ in range(max(1, round(seconds / 0.5))):
            said += self.tell(Ticked(), after_s=0.5)
        return said

    def agent(self, number: int) -> AgentView:
        return next(one for one in self.engine.view(self.now).agents if one.id == number)

    def leg(self, number: int) -> LegId:
        """The leg that was last asked for the agent."""
        return [one.leg for one in those(self.said, CallAgent) if one.agent == number][-1]

    def work(self) -> CampaignView:
        return self.engine.view(self.now).campaigns[0]

    def sign_in(self, number: int) -> LegId:
        """Sign the agent in, up to READY."""
        wish = only(self.tell(AgentSignedIn(AgentId(number))), CallAgent)
        self.tell(LegUp(wish.leg), AgentReady(AgentId(number)))
        return wish.leg

    def give_leads(self, count: int) -> list[Command]:
        given = tuple(lead(self.leads + n + 1) for n in range(count))
        self.leads += count
        return self.tell(LeadsClaimed(CAMPAIGN, given))

    def reserve(self, wish: ReserveCall, **facts: Any) -> list[Command]:
        """Let the store answer a reservation."""
        found = wish.lead or lead(900_000 + wish.call, number=wish.number or "+56911111111")
        return self.tell(CallReserved(wish.call, DialFacts(lead=found, **facts)))

    def place(self) -> CallId:
        """Let the engine place one call of its own: an agent is ready, a lead is at hand."""
        wish = only(self.give_leads(1), ReserveCall)
        placed = only(self.reserve(wish), PlaceCall)
        self.tell(CallQueued(placed.call), CallRang(placed.call))
        return placed.call

    def talk(self, agent: int = 1) -> CallId:
        """A call in conversation with the agent, who must be the one ready."""
        call = self.place()
        wish = only(self.tell(CallAnswered(call), after_s=5.0), Connect)
        self.tell(CallJoined(call, wish.leg))
        assert self.agent(agent).call == call
        return call


def floor(*, agents: int = 1, **changes: Any) -> Floor:
    """A floor at work: one campaign (changed as told), one trunk, agents signed in and ready."""
    return begun(Floor(), agents=agents, **changes)


def begun(made: Floor, *, agents: int = 1, **changes: Any) -> Floor:
    """The same of an engine that is given."""
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=50, calls_per_second=1000.0)))
    made.tell(CampaignSet(campaign(**changes)))
    for number in range(1, agents + 1):
        phone = f"PJSIP/{number}"
        made.tell(AgentSet(Agent(id=AgentId(number), name=f"Agent {number}", campaigns=(CAMPAIGN,), endpoint=phone)))
    made.tell(Restored((), (), CallId(1), 1))
    made.tell(SwitchSeen((), made.now, reconnected=True))
    for number in range(1, agents + 1):
        made.sign_in(number)
    return made


def those(said: list[Command], kind: type[T]) -> list[T]:
    return [command for command in said if isinstance(command, kind)]


def only(said: list[Command], kind: type[T]) -> T:
    """The one command of its kind."""
    found = those(said, kind)
    assert len(found) == 1, f"{len(found)} {kind.__name__} in {said}"
    return found[0]


def hangup(call: CallId, cause: int = 16, by: EndedBy = EndedBy.PERSON, tech_cause: int | None = None) -> CallEnded:
    return CallEnded(call, Ending(cause=cause, tech_cause=tech_cause, by=by))


__all__ = ["CAMPAIGN", "NOON", "ClaimLeads", "Floor", "campaign", "floor", "hangup", "lead", "only", "those"]
