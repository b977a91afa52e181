"""The telephone switch of the simulated world: does what it is told, and tells what happens, as a real Asterisk does.

Limits of waiting are the dialplan's own, so a person is looked after with the engine dead. It knows nothing of links
and faults: those stand between it and the engine.
"""

from collections.abc import Callable, Mapping

import simpy

from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    AdoptCaller,
    CallAgent,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallThird,
    CallTransferred,
    Connect,
    ConnectLegs,
    DropLeg,
    Event,
    Guide,
    HangUp,
    Hold,
    JoinThree,
    LegEnded,
    LegUp,
    Monitor,
    MonitorOther,
    MuteRecording,
    OnwardAnswered,
    OptedOut,
    PlaceCall,
    SetMonitorMode,
    SwitchCommand,
    ThirdAnswered,
    Transfer,
)
from dialer.core.model import ChannelRow
from dialer.core.outcomes import EndedBy, Ending
from simulation.world.bridges import Bridges, Party, SimCall, SimLeg, row_of
from simulation.world.callers import Lobby
from simulation.world.carrier import NO_ROOM, Carrier, Spells, falsely_answered
from simulation.world.chance import Chance, lognormal
from simulation.world.detection import Detection
from simulation.world.detector import BY_DIALPLAN, Detector
from simulation.world.people import Kind
from simulation.world.planned import Planned
from simulation.world.surroundings import Surroundings

HOLD_MAX_S = 120.0
LOST_MAX_S = 15.0
MESSAGE_S = 6.0
SORRY_S = 4.0
TRANSFER_RING_S = 20.0
THIRD_WAIT_S = 30.0
NORMAL = 16
OUR_TIMEOUT = Ending(cause=19, tech_cause=480, by=EndedBy.TIMEOUT)


class Switch:
    """All calls and legs, and what is planned for them. `tell` takes each event at the instant it happens."""

    def __init__(
        self,
        env: simpy.Environment,
        chance: Chance,
        carriers: dict[str, Carrier],
        around: Surroundings,
        *,
        tell: Callable[[Event], None],
        detections: Mapping[CampaignId, Detection] | None = None,
    ) -> None:
        self.env = env
        self.calls: dict[CallId, SimCall] = {}
        self.legs: dict[LegId, SimLeg] = {}
        self.lines = dict.fromkeys(carriers, 0)  # in use, by trunk
        self.finished: list[SimCall] = []  # whoever counts them takes them away
        self._draw = chance.stream("switch")
        self._carriers = {
            name: Spells(carrier, chance.stream(f"carrier:{name}"), env.now) for name, carrier in carriers.items()
        }
        self.detector = Detector(
            detections or {}, chance.stream("detection"),
            enter=self._enter, later=self._later, wait=self._let_wait, bear=self._bear, end=self._end, tell=tell,
        )  # fmt: skip
        self._around = around
        self._tell = tell
        self._bridges = Bridges(self._fell)
        self.lobby = Lobby(
            env, self.calls,
            leave=self._bridges.leave, enter=self._enter, later=self._later, end=self._end, tell=tell,
        )  # fmt: skip

    # ------------------------------------------------------------ commands

    def execute(self, command: SwitchCommand) -> str:
        """Carry the command out. The answer is why it was refused, empty where it was not."""
        match command:
            case PlaceCall():
                reason = self._place(command)
            case HangUp(call):
                reason = self._hang_up(call)
            case CallAgent(agent, leg, _):
                reason = self._call_agent(agent, leg)
            case DropLeg(leg):
                reason = self._drop_leg(leg)
            case Connect(call, leg, talk):
                reason = self._connect(call, leg, talk)
            case Hold(call):
                reason = self._redirect(call, self._hold)
            case Transfer(call):
                reason = self._redirect(call, self._transfer)
            case CallThird(leg):
                reason = self._call_third(leg)
            case ConnectLegs(leg, third):
                reason = self._connect_legs(leg, third)
            case JoinThree(call, leg):
                reason = self._join_three(call, leg)
            case MuteRecording() | AdoptCaller() | Guide() | Monitor() | MonitorOther() | SetMonitorMode():
                reason = self._beside(command)
        return reason

    def rows(self) -> tuple[ChannelRow, ...]:
        """Everything that exists now."""
        calls = [row_of(call) for call in self.calls.values()]
        legs = [ChannelRow(leg=leg.id, agent=leg.agent, place="idle", up=leg.up) for leg in self.legs.values()]
        return (*calls, *legs)

    def _beside(self, command: SwitchCommand) -> str:
        """What nobody who was called by us is moved by."""
        match command:
            case AdoptCaller():
                return self.lobby.adopt(command)
            case Guide():
                return self.lobby.guide(command)
            case MuteRecording(call, muted):
                if call in self.calls:
                    self.calls[call].muted = muted
                return ""
            case _:
                return "nobody listens in the simulated world"

    def restart(self) -> None:
        """Everything is gone at once, and nobody is told."""
        for call in list(self.calls.values()):
            self._forget(call)
        self.lobby.restart()
        for leg in list(self.legs.values()):
            leg.bridge = None
            self._drop_silently(leg)

    def lose_leg(self, leg: SimLeg, cause: int) -> None:
        """The phone is dead, or was put down."""
        self._end_leg(leg, cause)

    def dial_in(self, agent: AgentId, leg: LegId) -> None:
        """An agent's phone is up, called by the agent."""
        self.legs[leg] = SimLeg(leg, agent, up=True)

    def leg_of(self, agent: AgentId) -> SimLeg | None:
        """The agent's newest leg that is up."""
        return next((leg for leg in reversed(self.legs.values()) if leg.agent == agent and leg.up), None)

    def heal(self) -> None:
        """From now on every carrier is well."""
        for spells in self._carriers.values():
            spells.heal()

    def bad_spell(self, trunk: str) -> str:
        """What the trunk's carrier suffers from now; empty while it is well."""
        return self._carriers[trunk].at(self.env.now)

    # ------------------------------------------------------------ a call until its answer

    def _place(self, order: PlaceCall) -> str:
        if order.call in self.calls:
            return ""  # Originate with a ChannelId in use: Success, and no INVITE leaves
        spells = self._carriers[order.trunk]
        carrier, bad = spells.carrier, spells.at(self.env.now)
        self.lines[order.trunk] += 1
        delay_s = lognormal(self._draw, carrier.delay_s, carrier.delay_sigma) if carrier.delay_s > 0 else 0.0
        full = self.lines[order.trunk] > carrier.lines_max or not spells.takes(self.env.now)
        full = self._draw.random() < carrier.congestion_share or full
        fate = self._around.fate_of(order, delay_s)
        if carrier.false_answer_share > 0 and self._draw.random() < carrier.false_answer_share:
            fate = falsely_answered(fate, carrier, delay_s)
        call = SimCall(order.call, order, fate, self.env.now, talk_left_s=fate.talk_s)
        self.calls[call.id] = call
        self._tell(CallQueued(call.id))
        if bad == "refuses" or full:
            self._later(call, min(delay_s, 0.4), lambda: self._end(call, NO_ROOM))
        elif bad == "mute":
            self._later(call, order.ring_timeout_s, lambda: self._end(call, OUR_TIMEOUT))
        else:
            self._ring(call)
        return ""

    def _ring(self, call: SimCall) -> None:
        fate, limit_s = call.fate, call.order.ring_timeout_s
        if fate.sign_at_s is not None and fate.sign_at_s < limit_s:
            self._later(call, fate.sign_at_s, lambda: self._sign(call))
        if fate.over_at_s >= limit_s:
            self._later(call, limit_s, lambda: self._end(call, OUR_TIMEOUT))
        elif fate.refusal is None:
            self._later(call, fate.over_at_s, lambda: self._answer(call))
        else:
            refusal = fate.refusal
            self._later(call, fate.over_at_s, lambda: self._end(call, refusal))

    def _sign(self, call: SimCall) -> None:
        call.signs = True
        self._tell(CallProgressed(call.id) if call.fate.progress else CallRang(call.id))

    def _answer(self, call: SimCall) -> None:
        call.up, call.answered_at = True, self.env.now
        if call.order.screening is None:
            self._let_wait(call, call.order.wait_max_s)
        else:
            self.detector.listen(call, call.order.screening)
        self._tell(CallAnswered(call.id))  # last: whoever hears it may act at once

    def _let_wait(self, call: SimCall, limit_s: float) -> None:
        """Whoever answered waits for an agent, so long as the dialplan lets them, or their patience lasts."""
        self._enter(call, "park")
        if call.patience_left_s(self.env.now) < limit_s:
            self._bear(call)
        else:
            self._later(call, limit_s, lambda: self._abandon(call))

    def _bear(self, call: SimCall) -> None:
        """A person bears the silence for so long, from the answer on."""
        if call.fate.kind is Kind.PERSON:
            self._later(call, call.patience_left_s(self.env.now), lambda: self._person_leaves(call))

    # ------------------------------------------------------------ the places where a person waits

    def _enter(self, call: SimCall, place: str) -> None:
        if call.talking_since is not None:
            call.talk_left_s = max(1.0, call.talk_left_s - (self.env.now - call.talking_since))
            call.talking_since = None
        call.place = place
        call.stage += 1

    def _abandon(self, call: SimCall) -> None:
        self._enter(call, "abandon")
        call.message_at = self.env.now
        self._tell(AbandonmentPlayed(call.id))
        if call.fate.opts_out and call.fate.kind is Kind.PERSON:
            self._later(call, MESSAGE_S * 0.8, lambda: self._tell(OptedOut(call.id)))
        self._later(call, MESSAGE_S, lambda: self._end(call, BY_DIALPLAN))

    def _hold(self, call: SimCall) -> None:
        self._enter(call, "hold")
        self._tell(CallHeld(call.id))
        self._later(call, HOLD_MAX_S, lambda: self._apologise(call))

    def _lose(self, call: SimCall) -> None:
        self._enter(call, "lost")
        self._tell(CallLeftAlone(call.id))
        self._later(call, LOST_MAX_S, lambda: self._apologise(call))
        self._later(call, call.fate.wait_s + 5.0, lambda: self._person_leaves(call))

    def _apologise(self, call: SimCall) -> None:
        self._enter(call, "sorry")
        self._later(call, SORRY_S, lambda: self._end(call, BY_DIALPLAN))

    def _transfer(self, call: SimCall) -> None:
        self._enter(call, "out")
        if self._draw.random() < 0.6:
            talk_s = self._draw.uniform(5, 60)
            self._tell(OnwardAnswered(call.id))
            self._later(call, talk_s, lambda: self._transferred(call))
        else:
            ring_s = self._draw.uniform(1, TRANSFER_RING_S)
            self._later(call, ring_s, lambda: self._transfer_failed(call))

    def _transferred(self, call: SimCall) -> None:
        self._tell(CallTransferred(call.id, answered=True))
        self._end(call, BY_DIALPLAN)

    def _transfer_failed(self, call: SimCall) -> None:
        self._tell(CallTransferred(call.id, answered=False))
        self._hold(call)

    def _person_leaves(self, call: SimCall) -> None:
        self._end(call, Ending(cause=NORMAL, by=EndedBy.PERSON))

    # ------------------------------------------------------------ who hears whom

    def _connect(self, call_id: CallId, leg_id: LegId, talk: int) -> str:
        call, leg = self.calls.get(call_id), self.legs.get(leg_id)
        if call is None or not call.up:
            return "no such call"
        if leg is None or not leg.up:
            return "no such leg"
        if call.bridge is not None and call.bridge is leg.bridge and len(call.bridge.members) == 2:
            return "they hear each other already"
        call.talks = talk
        self._bridges.join(call, leg)
        self._talk(call, leg)
        return ""

    def _talk(self, call: SimCall, leg: SimLeg) -> None:
        call.stage += 1
        call.talking_since = self.env.now
        if call.joined_at is None:
            call.joined_at = self.env.now
        self._tell(CallJoined(call.id, leg.id))
        if leg.agent is not None:
            self._around.hears(leg.agent, call)
        if call.fate.hangs_up:
            self._later(call, call.talk_left_s, lambda: self._person_leaves(call))

    def _fell(self, party: Party) -> None:
        if isinstance(party, SimCall):
            if party.place == "abandon":  # it goes on behind the message
                self._end(party, BY_DIALPLAN)
            else:
                self._lose(party)
        elif party.agent is None:
            self._end_leg(party, NORMAL)
        else:
            self._around.hears(party.agent, None)
            self._tell(LegUp(party.id))

    def _redirect(self, call_id: CallId, to: Callable[[SimCall], None]) -> str:
        call = self.calls.get(call_id)
        if call is None or not call.up:
            return "no such call"
        self._bridges.leave(call)
        to(call)
        return ""

    def _connect_legs(self, leg_id: LegId, third_id: LegId) -> str:
        leg, third = self.legs.get(leg_id), self.legs.get(third_id)
        if leg is None or third is None or not (leg.up and third.up):
            return "no such leg"
        self._bridges.join(leg, third)
        return ""

    def _join_three(self, call_id: CallId, leg_id: LegId) -> str:
        call, leg = self.calls.get(call_id), self.legs.get(leg_id)
        if call is None or not call.up or leg is None or not leg.up:
            return "no such call or leg"
        if self._bridges.add(call, leg):
            self._talk(call, leg)
        else:
            self._lose(call)
        return ""

    # ------------------------------------------------------------ legs

    def _call_agent(self, agent: AgentId, leg_id: LegId) -> str:
        if leg_id in self.legs:
            return ""
        leg = self.legs[leg_id] = SimLeg(leg_id, agent)
        takes = self._around.phone_rings(agent)
        self._after(self._draw.uniform(0.3, 2.0) if takes else 15.0, lambda: self._phone(leg, takes=takes))
        return ""

    def _call_third(self, leg_id: LegId) -> str:
        leg = self.legs[leg_id] = SimLeg(leg_id, None)
        takes = self._draw.random() < 0.7
        self._after(self._draw.uniform(2, 10), lambda: self._phone(leg, takes=takes))
        return ""

    def _phone(self, leg: SimLeg, *, takes: bool) -> None:
        if self.legs.get(leg.id) is not leg or leg.up:
            return
        if not takes:
            self._end_leg(leg, 19)
            return
        leg.up = True
        self._tell(LegUp(leg.id) if leg.agent is not None else ThirdAnswered(leg.id))
        if leg.agent is None:
            self._after(THIRD_WAIT_S, lambda: self._third_leaves(leg, only_alone=True))
            self._after(self._draw.uniform(10, 120), lambda: self._third_leaves(leg, only_alone=False))

    def _third_leaves(self, leg: SimLeg, *, only_alone: bool) -> None:
        if leg.bridge is None or not only_alone:
            self._end_leg(leg, NORMAL)

    def _drop_leg(self, leg_id: LegId) -> str:
        leg = self.legs.get(leg_id)
        if leg is None:
            return "no such leg"
        self._end_leg(leg, NORMAL)
        return ""

    def _end_leg(self, leg: SimLeg, cause: int) -> None:
        if self.legs.get(leg.id) is leg:
            self._drop_silently(leg)
            self._tell(LegEnded(leg.id, cause))

    def _drop_silently(self, leg: SimLeg) -> None:
        del self.legs[leg.id]
        leg.up = False
        self._bridges.leave(leg)
        if leg.agent is not None:
            self._around.hears(leg.agent, None)

    # ------------------------------------------------------------ the end, and what is planned

    def _hang_up(self, call_id: CallId) -> str:
        call = self.calls.get(call_id)
        if call is None:
            return "no such call"
        self._end(call, Ending(cause=NORMAL if call.up else 0, by=EndedBy.DIALER))
        return ""

    def _end(self, call: SimCall, ending: Ending) -> None:
        if self.calls.get(call.id) is not call:
            return
        ended = CallEnded(call.id, ending)
        if self._draw.random() < 0.5:  # the end of the call and the agent's return come in either order
            self._tell(ended)
            self._forget(call)
        else:
            self._forget(call)
            self._tell(ended)

    def _forget(self, call: SimCall) -> None:
        del self.calls[call.id]
        if call.inbound:
            self.lobby.forget(call)
        else:
            self.lines[call.order.trunk] -= 1
        call.up = False
        call.stage += 1
        self.finished.append(call)
        self._bridges.leave(call)

    def _later(self, call: SimCall, delay_s: float, act: Callable[[], None]) -> None:
        """Plan for this stage of the call: void as soon as the call moves on."""
        stage = call.stage
        Planned(self.env, delay_s, lambda _: act() if call.stage == stage else None)

    def _after(self, delay_s: float, act: Callable[[], None]) -> None:
        Planned(self.env, delay_s, lambda _: act())
