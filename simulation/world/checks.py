"""What must hold in every run, whatever goes wrong. Looks at the world's truth, never at the engine's inside.

A broken law raises Violation at once, at the event that broke it. What must hold when all is quiet stands in `rest`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dialer.core.agents import ON_CALL, AgentState
from dialer.core.callers import OUTBOUND_FIRST_S
from dialer.core.calls import CallState
from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.inbound import Inbound
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAnswered,
    CallDispositioned,
    CallerQueued,
    CallJoined,
    CallReserved,
    CampaignSet,
    ClockDoubted,
    Command,
    CommandFailed,
    Connect,
    DiallingResumed,
    DiallingStopped,
    Event,
    OptedOut,
    PlaceCall,
    Refused,
    ReserveCall,
    SaveCall,
    SaveDisposition,
    SaveSpell,
    SwitchCommand,
    Ticked,
)
from dialer.core.model import CallRecord, CampaignStatus, DialFacts, Mode, Spell
from dialer.core.rules import Rules
from dialer.core.view import AgentView
from simulation.world.bridges import SimCall, call_with
from simulation.world.wire import ANSWER_MAX_S
from simulation.world.world import World

CHANGED_S = 60.0  # so long after a limit was lowered, calls of before may exceed it
GONE_MAX_S = 90.0  # what is gone from the switch for so long must be gone for the engine too;
GONE_AT_ONCE_S = 4.0  # for so long where all messages arrive: a tick, a refreshed screen, and slow store and link
DEADLINE_SLACK_S = 5.0
SERVED_S = 1.6  # longer than the engine waits after a refused bridging
CALLER_SERVED_S = SERVED_S + max(OUTBOUND_FIRST_S, Inbound().last_agent_wait_s)  # those whom we called go first
IN_FLIGHT = (
    CallState.RESERVING, CallState.PLACING, CallState.DIALLING, CallState.PROGRESSING, CallState.RINGING,
    CallState.WAITING,
)  # fmt: skip


class Violation(Exception):  # noqa: N818 - it is the finding, not a fault of the checker
    """A law was broken. `check` names the law."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(check, text)
        self.check = check
        self.text = text

    def __str__(self) -> str:
        return f"{self.check}: {self.text}"


def hold(check: str, claim: bool, text: str) -> None:
    """Raise Violation unless the claim holds."""
    if not claim:
        raise Violation(check, text)


class Checks:
    """All laws, watched from the beginning of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.reserved: dict[CallId, DialFacts] = {}  # by this process
        self.placed: dict[CallId, PlaceCall] = {}  # ever
        self.dialled: dict[CallId, PlaceCall] = {}  # the switch did it
        self.ended: dict[CallId, CallRecord] = {}  # as the engine said
        self.answered: dict[CallId, None] = {}  # this process knows
        self.messages: dict[CallId, None] = {}  # the engine knows that the abandonment message began
        self.opted_out: dict[str, None] = {}
        self.said: dict[CallId, str] = {}  # what agents said of calls, and the engine took
        self.truth: dict[CallId, SimCall] = {}  # calls as they really went
        self._dialled_at: dict[str, list[float]] = {}  # numbers, on the dialer's clock
        self._placed_at: dict[CallId, float] = {}
        self._sheet: dict[AgentId, tuple[float, float]] = {}  # the last spell of each time sheet: since, until
        self._waits_since: dict[CallId, float] = {}
        self._sent_at: dict[LegId, float] = {}  # bridgings of which nothing was heard yet
        self.other_modes: dict[CampaignId, None] = {}  # not progressive, now or once
        self.stopped = self.clock_doubted = False
        self._limits: dict[CampaignId | str, tuple[int, float]] = {}
        self._gone_at: dict[CallId, float] = {}
        self._astray_since: dict[AgentId, float] = {}
        self._settled_at = 0.0
        self._gone_max_s = GONE_AT_ONCE_S if world.scenario.faults.messages_arrive else GONE_MAX_S
        world.watch(self)

    # ------------------------------------------------------------ hooks

    def restarted(self) -> None:
        """A new process knows only what the store holds."""
        self.stopped = self.clock_doubted = False
        self.reserved.clear()
        self.answered.clear()
        self.messages.clear()
        self.ended = dict(self.world.store.ended)
        self._settled_at = self.world.env.now

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        """Look at an event and what the engine made of it, before anything is carried out."""
        self._hear(event, commands)
        for command in commands:
            match command:
                case PlaceCall():
                    self._placed_once_and_reserved(command)
                    self._lawful(command, now)
                    self._stopped_means_stopped(command)
                    self.placed[command.call] = command
                    self._placed_at[command.call] = now
                case Connect(call, leg):
                    self._no_agent_after_message(call)
                    self._sent_at[leg] = self.world.env.now
                case SaveCall(record):
                    self._one_outcome(record)
                case SaveSpell(spell):
                    self._time_sheet(spell)
                case SaveDisposition(call, agent, code):
                    said = self.said.get(call)
                    hold("said", code == said, f"agent {agent} said {said} of call {call}, {code} is kept")
        self._progressive_within_ready_agents(commands)
        if isinstance(event, Ticked):
            self._nothing_outlives_its_patience(now)
            self._nobody_waits_for_a_ready_agent()

    def _hear(self, event: Event, commands: list[Command]) -> None:
        """Keep what the engine has been told."""
        match event:
            case CampaignSet(campaign) if campaign.mode is not Mode.PROGRESSIVE:
                self.other_modes[campaign.id] = None
            case CallReserved(call, facts):
                self.reserved[call] = facts
            case CallAnswered(call) | CallerQueued(call):
                self.answered[call] = None
            case AbandonmentPlayed(call):
                self.messages[call] = None
            case CallJoined(call, leg):
                self.messages.pop(call, None)  # the two crossed
                self._sent_at.pop(leg, None)
            case CommandFailed(Connect(leg=leg), lost=False):
                self._sent_at.pop(leg, None)
            case OptedOut(call) if call in self.dialled:
                self.opted_out[number_of(self.dialled[call])] = None
            case CallDispositioned(call=call, code=code) if not any(isinstance(one, Refused) for one in commands):
                self.said[call] = code
            case ClockDoubted(behind_s):
                self.clock_doubted = behind_s > 0
            case DiallingStopped():
                self.stopped = True
            case DiallingResumed():
                self.stopped = False

    def executing(self, command: SwitchCommand) -> None:
        """Look at a command as the switch is about to do it."""
        match command:
            case PlaceCall():
                if command.call not in self.dialled:
                    self._one_call_per_person(command)
                    self._lines_within_limits(command)
                    self._caps_hold_in_truth(command)
                    self.dialled[command.call] = command
            case Connect():
                self._agent_on_one_call(command)
                self._answered_first(command)

    # ------------------------------------------------------------ placing

    def _placed_once_and_reserved(self, order: PlaceCall) -> None:
        hold("placed_once", order.call not in self.placed, f"call {order.call} was placed twice")
        facts = self.reserved.get(order.call)
        hold("reserved_first", facts is not None, f"call {order.call} was placed without a reservation")
        assert facts is not None
        same = facts.lead.id == order.lead and facts.lead.number.removeprefix("+") in order.dial
        hold("reserved_first", same, f"call {order.call} goes to another lead or number than was reserved")

    def _lawful(self, order: PlaceCall, now: float) -> None:
        facts = self.reserved[order.call]
        rules = self.world.campaigns[order.campaign].rules
        hold("lawful", not facts.do_not_call, f"call {order.call} to a number on {facts.do_not_call}")
        for zone in facts.lead.zones:
            hold("lawful", _open(rules, zone, now), f"call {order.call} outside the hours in {zone}")
        for text in _over(rules, facts, now):
            raise Violation("lawful", f"call {order.call}: {text}")

    def _stopped_means_stopped(self, order: PlaceCall) -> None:
        hold("stopped", not self.stopped, f"call {order.call} was placed while all dialling was stopped")
        hold("clock", not self.clock_doubted, f"call {order.call} was placed while the clock could not be trusted")
        campaign = self.world.campaigns[order.campaign]
        record = self.world.store.open.get(order.call)
        by_agent = record is not None and record.agent is not None
        running = campaign.status is CampaignStatus.RUNNING or by_agent
        hold("stopped", running, f"call {order.call} was placed for a paused campaign")

    def _one_call_per_person(self, order: PlaceCall) -> None:
        store, number = self.world.store, number_of(order)
        person = store.lead(order.lead).person
        for call in self.world.switch.calls.values():
            if call.inbound and not store.holds(
                call.id
            ):  # who calls while we dial them is on two calls by their own doing
                continue
            both = store.lead(call.order.lead).person == person or number_of(call.order) == number
            hold("one_call_per_person", not both, f"calls {call.id} and {order.call} to {number} at one time")

    def _caps_hold_in_truth(self, order: PlaceCall) -> None:
        """What the store knew may have been wrong; what the number has suffered is not."""
        number = number_of(order)
        rules = self.world.campaigns[order.campaign].rules
        at, dials = self._placed_at[order.call], self._dialled_at.setdefault(number, [])
        day = [one for one in dials if at - one < 86_400.0]
        cap = rules.number_dials_24h_max
        hold("caps", cap is None or len(day) < cap, f"call {order.call} is dial {len(day) + 1} of {number} in 24 hours")
        gap_s = at - dials[-1] if dials else rules.number_gap_min_s
        hold("caps", gap_s >= rules.number_gap_min_s, f"call {order.call} to {number} {gap_s:.0f} s after the last")
        dials.append(at)

    def _lines_within_limits(self, order: PlaceCall) -> None:
        calls = [call for call in self.world.switch.calls.values() if not call.inbound]
        campaign, env_now = self.world.campaigns[order.campaign], self.world.env.now
        trunk = next(one for one in self.world.trunks if one.name == order.trunk)
        uses = (
            (campaign.id, campaign.lines_max, sum(call.order.campaign == campaign.id for call in calls)),
            (trunk.name, trunk.lines_max, sum(call.order.trunk == trunk.name for call in calls)),
        )
        for key, limit, used in uses:
            known = self._limits.get(key)
            if known is None or known[0] != limit:
                self._limits[key] = known = (limit, env_now if known is not None else -CHANGED_S)
            if env_now - known[1] >= CHANGED_S:
                hold("lines", used < limit, f"call {order.call} is number {used + 1} of {limit} lines of {key}")

    def _progressive_within_ready_agents(self, commands: list[Command]) -> None:
        new = {
            command.campaign: None
            for command in commands
            if isinstance(command, ReserveCall) and command.agent is None
        }  # fmt: skip
        for campaign in new:
            if campaign in self.other_modes or self._stepped_within(CHANGED_S):  # calls may be of another mode
                continue
            floor = self.world.shell.engine.view(self.world.time())
            view = next(one for one in floor.campaigns if one.id == campaign)
            flying = sum(count for state, count in view.calls_by_state if state in IN_FLIGHT)
            ready = dict(view.agents_by_state).get(AgentState.READY, 0)
            hold("progressive", flying <= ready, f"{flying} calls in flight for {ready} ready agents")

    # ------------------------------------------------------------ connecting

    def _no_agent_after_message(self, call_id: CallId) -> None:
        call = self.world.switch.calls.get(call_id)
        hears_it = call is not None and call.place == "abandon" and call.bridge is None
        text = f"call {call_id} hears the message already"
        hold("no_agent_after_message", not (hears_it and call_id in self.messages), text)

    def _agent_on_one_call(self, order: Connect) -> None:
        legs = self.world.switch.legs
        leg = legs.get(order.leg)
        if leg is None or leg.agent is None:
            return
        for one in legs.values():
            other = call_with(one) if one.agent == leg.agent else None
            alone = other is None or other.id == order.call
            hold("agent_on_one_call", alone, f"agent {leg.agent} talks on another call than {order.call}")

    def _answered_first(self, order: Connect) -> None:
        call = self.world.switch.calls.get(order.call)
        hold("answered_first", call is None or call.up, f"call {order.call} was connected before an answer")

    # ------------------------------------------------------------ records

    def _one_outcome(self, record: CallRecord) -> None:
        former = self.ended.get(record.id)
        if former is not None:
            same = record.ended_at == former.ended_at and record.outcome == former.outcome
            hold("one_outcome", same, f"call {record.id} was {former.outcome}, then {record.outcome}")
        over = record.ended_at is not None
        hold("one_outcome", over == (record.outcome is not None), f"call {record.id}: {record.outcome}, ended: {over}")
        milestones = (record.reserved_at, record.placed_at, record.answered_at, record.bridged_at, record.ended_at)
        times = [at for at in milestones if at is not None]
        hold("one_outcome", times == sorted(times), f"call {record.id}: times out of order {milestones}")
        if over:
            self.ended[record.id] = record

    def _time_sheet(self, spell: Spell) -> None:
        """Each agent's spells follow one another: none begins before the last has ended."""
        begun, written = self._sheet.get(spell.agent, (0.0, 0.0))
        same = spell.since == begun  # kept again, as it goes on or ends
        fits = (same or spell.since >= written - 1e-6) and spell.until >= spell.since
        text = f"agent {spell.agent}: {spell.state} from {spell.since} to {spell.until}, written until {written}"
        hold("time_sheet", fits, text)
        self._sheet[spell.agent] = (spell.since, spell.until)

    # ------------------------------------------------------------ patience

    def _ready_for(self, call: SimCall) -> list[AgentId]:
        """Agents who are free to take the call, as the engine itself sees it."""
        held = self.world.store.open.get(call.id)
        floor = self.world.shell.engine.view(self.world.time())
        campaign = held.campaign if call.inbound and held is not None else call.order.campaign  # whose lead they are
        states = next(dict(view.calls_by_state) for view in floor.campaigns if view.id == campaign)
        waits = CallState.QUEUED if call.inbound else CallState.WAITING
        own = next((one.state for one in floor.last_calls if one.id == call.id), waits)
        if waits not in states or own != waits:  # a bridging that was lost has to be missed first
            return []
        return [
            view.id
            for view in floor.agents
            if view.state == AgentState.READY
            and view.leg_up
            and campaign in view.campaigns
            and (held is None or held.agent in {None, view.id})
            and not self._may_be_taken(view.id)
        ]

    def _may_be_taken(self, agent: AgentId) -> bool:
        """Whether a bridging that was sent for the agent's leg may still come."""
        lost_at: float = self.world.env.now - ANSWER_MAX_S
        legs = [leg.id for leg in self.world.switch.legs.values() if leg.agent == agent]
        return any(self._sent_at.get(leg, lost_at) > lost_at for leg in legs)

    def _nobody_waits_for_a_ready_agent(self) -> None:
        world, at = self.world, self.world.env.now
        places = ("park", "queue")
        waiting = [call for call in world.switch.calls.values() if call.place in places and call.bridge is None]
        for call_id in [one for one in self._waits_since if world.switch.calls.get(one) not in waiting]:
            del self._waits_since[call_id]
        for call in waiting:
            if call.id not in self.answered or at - self._settled_at < SERVED_S:
                continue
            ready = self._ready_for(call)
            assert call.answered_at is not None
            if not ready or self._stepped_within(at - call.answered_at):  # by the dialer's clock the limit is over
                self._waits_since.pop(call.id, None)
            else:
                lasted_s = at - self._waits_since.setdefault(call.id, at)
                most_s = CALLER_SERVED_S if call.inbound else SERVED_S
                hold("served", lasted_s <= most_s, f"call {call.id} waits while agents {ready} are ready")

    def _nothing_outlives_its_patience(self, now: float) -> None:
        world, at = self.world, self.world.env.now
        for call in world.switch.finished:
            self._gone_at[call.id] = at
            self.truth[call.id] = call
        world.switch.finished.clear()
        if not world.wire.up or world.wire.lost_told:
            self._settled_at = at
        for call_id, gone_at in list(self._gone_at.items()):
            unknown = self.truth[call_id].inbound and not world.store.holds(call_id)  # gone before they were found
            if call_id in self.ended or unknown:
                del self._gone_at[call_id]
            else:
                lasted_s = at - max(gone_at, self._settled_at)
                hold(
                    "patience",
                    lasted_s <= self._gone_max_s,
                    f"call {call_id} is gone for {lasted_s:.0f} s and not over",
                )
        self._agents_are_not_stuck(now, at)

    def _stepped_within(self, seconds: float) -> bool:
        """Whether the clock was set ahead a short time ago."""
        stepped_at = self.world.stepped_at
        return stepped_at is not None and self.world.env.now - stepped_at < seconds

    def _astray(self, view: AgentView) -> bool:
        """Whether the screen shows something of an agent that is not so."""
        legs = [leg for leg in self.world.switch.legs.values() if leg.agent == view.id and leg.up]
        if view.state == AgentState.DIALLING:
            return view.call in self.ended
        if view.state in ON_CALL:
            return view.call not in self.world.switch.calls
        return view.state == AgentState.READY and (not legs or any(call_with(leg) is not None for leg in legs))

    def _agents_are_not_stuck(self, now: float, at: float) -> None:
        for agent, view in self.world.screens.items():
            astray = self._astray(view)
            if not astray:
                self._astray_since.pop(agent, None)
            else:
                lasted_s = at - max(self._astray_since.setdefault(agent, at), self._settled_at)
                text = f"agent {agent} is {view.state} with call {view.call}, which is not so for {lasted_s:.0f} s"
                hold("patience", lasted_s <= self._gone_max_s, text)
            if view.deadline is not None and at - self._settled_at > DEADLINE_SLACK_S:
                late_s = now - view.deadline
                stepped = self._stepped_within(DEADLINE_SLACK_S)
                text = f"agent {agent} is {view.state} {late_s:.0f} s past the deadline"
                hold("patience", late_s <= DEADLINE_SLACK_S or stepped, text)


def number_of(order: PlaceCall) -> str:
    """The number that the order dials, as it is kept."""
    return "+" + order.dial.split("/")[1].split("@")[0]


# ---------------------------------------------------------------- the law, written a second time


def _open(rules: Rules, zone: str, now: float) -> bool:
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in one.days and one.opens_min <= minute < one.closes_min for one in rules.windows)


def _over(rules: Rules, facts: DialFacts, now: float) -> Iterator[str]:
    caps = (
        ("dials of the number in 24 h", facts.dials_of_number_24h, rules.number_dials_24h_max),
        ("dials of the person in 24 h", facts.dials_of_person_24h, rules.person_dials_24h_max),
        ("dials of the person in 7 days", facts.dials_of_person_7d, rules.person_dials_7d_max),
    )
    for what, count, cap in caps:
        if cap is not None and count >= cap:
            yield f"{count} {what}, {cap} allowed"
    gaps = (
        ("dialled", facts.number_dialled_at, rules.number_gap_min_s),
        ("spoken with", facts.person_contacted_at, rules.contact_gap_min_s),
    )
    for what, last, gap_s in gaps:
        if last is not None and now - last < gap_s:
            yield f"{what} {now - last:.0f} s ago, {gap_s:.0f} s wanted"
