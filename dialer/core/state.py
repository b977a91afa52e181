"""All that the engine knows, and the few ways in which it changes. No decision is taken here."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dialer.core.agents import AT_WORK, BUSY, PASSING, PRESENT, WRAP_UP_MORE_S, AgentState, Seat, move
from dialer.core.caller_ids import Shown
from dialer.core.calls import Call, CallEvent, advance
from dialer.core.campaigns import Work
from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.lawful import NO_LAW
from dialer.core.lines_out import LineOut
from dialer.core.messages import CallerArrived, Command, MonitorMode, SaveCall, SaveLineOut, SaveSpell
from dialer.core.model import Spell
from dialer.core.outcomes import Outcome
from dialer.core.packs.lawbook import Lawbook
from dialer.core.score import Model
from dialer.core.trunks import Trunk
from pacing import Pacer, Settings

if TYPE_CHECKING:
    from dialer.core.screening import Screen
    from dialer.core.trunk_tests import TrunkTest

LAST_CALLS = 20
TURNED_AWAY = 200


class OfCall(Protocol):
    """An event about one call."""

    @property
    def call(self) -> CallId: ...


@dataclass(slots=True, eq=False)
class Watch:
    """A supervisor who hears an agent."""

    by: str  # who, apart from all others
    name: str
    leg: LegId
    agent: AgentId
    mode: MonitorMode  # as wished; what the switch does follows
    called_at: float
    up: bool = False
    taken: CallId | None = None  # the call that was taken over: the leg talks, and hears nobody any more
    campaigns: frozenset[CampaignId] | None = None  # that the supervisor may hear of; None = all


@dataclass(slots=True, eq=False)
class State:
    """The engine's whole state at `now`, and the commands of the event in hand."""

    make_pacer: Callable[[Settings], Pacer] = Pacer
    now: float = 0.0
    out: list[Command] = field(default_factory=list)
    campaigns: dict[CampaignId, Work] = field(default_factory=dict)
    seats: dict[AgentId, Seat] = field(default_factory=dict)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    outwards: dict[tuple[str, ...], tuple[Trunk, ...]] = field(default_factory=dict)  # of those named: see `ways_out`
    calls: dict[CallId, Call] = field(default_factory=dict)  # in progress
    wrapping: dict[CallId, Call] = field(default_factory=dict)  # over, the agent's after-call work is not
    arrivals: dict[CallId, str] = field(default_factory=dict)  # callers whom the store is asked about; their channels
    early: deque[CallerArrived] = field(default_factory=lambda: deque(maxlen=TURNED_AWAY))  # before any list
    turned_away: deque[CallId] = field(default_factory=lambda: deque(maxlen=TURNED_AWAY))  # callers of no campaign
    trunk_tests: dict[CallId, "TrunkTest"] = field(default_factory=dict)  # trial calls, under way and over
    shown: Shown = field(default_factory=Shown)  # numbers of ours that people see
    legs: dict[LegId, AgentId] = field(default_factory=dict)
    thirds: dict[LegId, AgentId] = field(default_factory=dict)
    watches: dict[LegId, Watch] = field(default_factory=dict)
    law: Lawbook = NO_LAW
    screens: dict[CampaignId, "Screen"] = field(default_factory=dict)  # how detection fares
    caps_day: int = -1  # since 1970: when the caps of the law were last looked at
    models: dict[CampaignId, Model] = field(default_factory=dict)  # who answers when
    sharing: dict[CampaignId, tuple[CampaignId, ...]] = field(default_factory=dict)  # campaigns with agents in common
    signed_in: Counter[CampaignId] = field(default_factory=Counter)  # agents, by each campaign they work for
    ready: dict[AgentId, None] = field(default_factory=dict)  # longest ready first
    last_calls: deque[Call] = field(default_factory=lambda: deque(maxlen=LAST_CALLS))
    ignored: Counter[str] = field(default_factory=Counter)
    changed: dict[AgentId, None] = field(default_factory=dict)  # agents whose view changed
    strangers: frozenset[CallId] = frozenset()  # calls on the switch that nobody knows, as reported
    switch_up: bool = False
    stopped_by: str = ""
    clock_behind_s: float = 0.0  # of the wall clock, where it cannot be trusted
    draining: bool = False
    patient_until: float = 0.0  # no call in progress can outlast its patience before
    passing: dict[AgentId, float] = field(default_factory=dict)  # agents in a state that time may end; when at first
    round_at: float = 0.0  # when every agent is looked at again
    next_call: int = 1
    next_decision: int = 1
    awake: dict[CampaignId, None] = field(default_factory=dict)  # something came free for them: pace before the tick
    turn: int = 0  # whose turn it is to dial first, among campaigns

    def say(self, command: Command) -> None:
        self.out.append(command)

    def ignore(self, event: object) -> None:
        """Count an event that means nothing here: late, repeated or unknown."""
        self.ignored[type(event).__name__] += 1

    def wake_all(self) -> None:
        """Let every campaign be paced when the event in hand is done with."""
        for campaign in self.campaigns:
            self.awake[campaign] = None

    def call_of(self, event: OfCall) -> Call | None:
        """The call in progress that the event is about; None, and counted, where there is none."""
        call = self.calls.get(event.call)
        if call is None:
            self.ignore(event)
        return call

    @property
    def may_place(self) -> bool:
        """Whether any call may leave at all, for a campaign or by an agent's own wish."""
        return self.switch_up and not (self.stopped_by or self.draining or self.clock_behind_s)

    def call_on(self, seat: Seat) -> Call | None:
        """The call in progress that the agent is on, if any."""
        return self.calls.get(seat.call) if seat.call is not None else None

    def seat_of(self, call: Call) -> Seat | None:
        """The agent who is on this call now, if any."""
        seat = self.seats.get(call.agent) if call.agent is not None else None
        return seat if seat is not None and seat.call == call.id else None

    def advance(self, call: Call, event: CallEvent) -> bool:
        """Move the call on; count the event where it means nothing."""
        moved = advance(call, event, self.now)
        if not moved:
            self.ignore(event)
        elif call.agent is not None:
            self.changed[call.agent] = None
        return moved

    def save(self, call: Call) -> None:
        self.say(SaveCall(call.record()))

    def works_of(self, seat: Seat) -> Iterator[Work]:
        """The campaigns the agent works for, as configured now."""
        for campaign in seat.agent.campaigns:
            if (work := self.campaigns.get(campaign)) is not None:
                yield work

    def put(self, seat: Seat, state: AgentState, reason: str = "") -> None:
        """Let the agent be in `state`: time sheet, pacing and the list of the ready follow."""
        self._close_spell(seat)
        if (seat.state in PRESENT) is not (state in PRESENT):
            change = 1 if state in PRESENT else -1
            self.signed_in.update(dict.fromkeys(seat.agent.campaigns, change))
        move(seat, state, self.now)
        # A break that is only interrupted is kept with what interrupts it, for a restart to know.
        interrupted = state in {AgentState.CONNECTING, AgentState.LEG_LOST}
        seat.reason = reason or (seat.pause_wanted or "" if interrupted else "")
        if state is not AgentState.SIGNED_OUT:
            self.save_spell(seat, ended=False)  # as begun: what a restart goes by
        self.ready.pop(seat.id, None)
        if state in PASSING:
            self.passing[seat.id] = 0.0
        else:
            self.passing.pop(seat.id, None)
        if state is AgentState.READY:
            self.ready[seat.id] = None
            self.awake.update(dict.fromkeys(seat.agent.campaigns))
        self.changed[seat.id] = None
        self.tell_pacers(seat)

    def _close_spell(self, seat: Seat) -> None:
        if seat.state is AgentState.SIGNED_OUT:
            return
        lasted_s = max(0.0, self.now - seat.since)
        for work in self.works_of(seat):
            work.spent_s[seat.state] = work.spent_s.get(seat.state, 0.0) + lasted_s
        self.save_spell(seat, ended=True)  # one without length too: as begun it would last until it is told otherwise

    def save_spell(self, seat: Seat, *, ended: bool) -> None:
        """Keep the agent's present spell as it now stands."""
        seat.noted_at = self.now
        spell = Spell(
            agent=seat.id,
            state=seat.state,
            since=seat.since,
            until=self.now,
            ended=ended,
            reason=seat.reason,
            campaign=seat.campaign,
            call=seat.call,
        )
        self.say(SaveSpell(spell))

    def tell_pacers(self, seat: Seat) -> None:
        """Say the agent's present state to the pacing of every campaign that shares the agent."""
        for work in self.works_of(seat):
            pacer = work.pacer
            if seat.state is AgentState.READY and seat.leg_idle:
                pacer.agent_ready(self.now, seat.id)
            elif seat.state is AgentState.WRAPPING:
                pacer.agent_wrapping(self.now, seat.id, since=self._over_since(seat))
                pacer.agent_free_by(self.now, seat.id, self.wrap_up_ends_at(seat))
            elif seat.state is AgentState.READY:  # the leg is on its way back
                pacer.agent_wrapping(self.now, seat.id)
            elif seat.state in BUSY:
                pacer.agent_talking(self.now, seat.id, since=self._talks_since(seat))
            else:
                pacer.agent_left(self.now, seat.id)
            if seat.state in AT_WORK:
                leaves = seat.state in BUSY and (seat.out_wanted or seat.pause_wanted is not None)
                pacer.agent_leaves_at(self.now, seat.id, self.now if leaves else seat.leaves_at)

    def wrap_up_ends_at(self, seat: Seat) -> float:
        """When the present wrap-up ends at the latest, with what the agent asked for beyond; at once without a call."""
        call = self.wrapping.get(seat.call) if seat.call is not None else None
        allowed_s = call.campaign.wrap_up_max_s + seat.extensions * WRAP_UP_MORE_S if call is not None else 0.0
        return seat.since + allowed_s

    def _talks_since(self, seat: Seat) -> float | None:
        """After a restart a talk goes on that began before it: pacing must not take it for a fresh one."""
        call = self.call_on(seat)
        return call.bridged_at if call is not None else None

    def _over_since(self, seat: Seat) -> float | None:
        call = self.wrapping.get(seat.call) if seat.call is not None else None
        return call.ended_at if call is not None else None

    def take_line(self, work: Work, line: LineOut) -> None:
        """A line leads outwards for an agent: it counts on its trunk and for the campaign until it is over."""
        work.lines_out[line.id] = line
        if (trunk := self.trunks.get(line.trunk)) is not None:
            trunk.placed(self.now, line.id, watched=False)

    def line_taken(self, line: CallId | None, at: float | None = None) -> None:
        """Somebody outside took the line: it costs from then on. None: nobody heard when, so from its placing on."""
        for work in self.campaigns.values():
            if line in work.lines_out and (known := work.lines_out[line]).answered_at is None:
                work.lines_out[line] = known.answered(known.placed_at if at is None else at)
                self.say(SaveLineOut(work.lines_out[line]))

    def free_line(self, line: CallId | None) -> None:
        """A line that led outwards for an agent is over."""
        for work in self.campaigns.values():
            if line in work.lines_out:
                self.end_line(work.lines_out.pop(line))

    def end_line(self, line: LineOut) -> None:
        """Keep what the line came to."""
        trunk = self.trunks.get(line.trunk)
        if trunk is not None:
            trunk.ended(self.now, line.id, Outcome.UNKNOWN, None)
        self.say(SaveLineOut(line.over(self.now, trunk.config if trunk is not None else None)))

    def share(self) -> None:
        """Find out anew which campaigns have which agents, and which have some in common."""
        present = (seat for seat in self.seats.values() if seat.state in PRESENT)
        self.signed_in = Counter(one for seat in present for one in set(seat.agent.campaigns))
        found: dict[CampaignId, dict[CampaignId, None]] = {}
        for seat in self.seats.values():
            for one in seat.agent.campaigns:
                found.setdefault(one, {}).update(dict.fromkeys(seat.agent.campaigns))
        self.sharing = {one: tuple(sorted(other for other in others if other != one)) for one, others in found.items()}

    def present(self, work: Work) -> int:
        """Agents of the campaign who are signed in."""
        return self.signed_in[work.campaign.id]
