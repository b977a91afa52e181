"""Agents as people: they look at their screens, think, and press; they hear who is on the line and behave accordingly.

A person presses again when the screen does not change, and knows nothing that the screen or the ear does not tell.
"""

import random
from enum import StrEnum
from functools import partial
from typing import Protocol

import simpy

from dialer.core.agents import AgentState
from dialer.core.ids import AgentId, CampaignId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    Event,
    HangupRequested,
    HoldRequested,
    NumberDialled,
    PreviewAccepted,
    PreviewSkipped,
    ResumeRequested,
    TransferRequested,
)
from dialer.core.model import Agent
from dialer.core.view import AgentView
from simulation.world.bridges import SimCall
from simulation.world.chance import lognormal
from simulation.world.habits import COLLEAGUE, Habits
from simulation.world.people import Fate, Kind
from simulation.world.planned import Planned

NEVER = float("inf")
AGAIN_S = 5.0  # pressed and nothing changed: pressed again


class Twist(StrEnum):
    """What an agent does in the middle of a talk."""

    NONE = "none"
    HOLD = "hold"
    TRANSFER = "transfer"
    COMPLETE = "complete"  # a consultation that ends in a transfer
    CANCEL = "cancel"  # one that ends with the person alone
    CONFERENCE = "conference"
    LEAVE = "leave"


class Office(Protocol):
    """What an agent can do: press, look, dial in."""

    def press(self, event: Event) -> None:
        """Send a console's request."""

    def screen(self, agent: AgentId) -> AgentView | None:
        """What the agent's console shows; None where it shows nothing."""

    def dial_in(self, agent: AgentId) -> None:
        """Call in from the phone."""

    def lead_to_dial(self, agent: AgentId) -> tuple[CampaignId, str | None, LeadId | None] | None:
        """A campaign in manual mode with a number or a lead for this agent to dial."""

    def time(self) -> float:
        """The wall clock."""


class Person:
    """One agent at work."""

    def __init__(
        self, env: simpy.Environment, agent: Agent, habits: Habits, draw: random.Random, office: Office
    ) -> None:
        self.env = env
        self.agent = agent
        self.habits = habits
        self.new = draw.random() < habits.new_share
        self._skill, self._charm = draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0)
        self.promise_share = habits.promises(self._charm)
        self.wants_in = False
        self.on_break_until = 0.0
        self.away_until = 0.0  # the console is gone: nothing is seen or pressed
        self.hears: SimCall | None = None
        self.heard_s = 0.0  # with somebody on the line, in all
        self.spent_s: dict[str, float] = {}  # by the state that the screen showed
        self._seen_at = 0.0
        self._heard_since = 0.0
        self._silent_since = 0.0
        self._draw = draw
        self._office = office
        self._nudged = False
        self._timers: set[float] = set()  # times that timers are set for; only the earliest is ever looked for
        self._seen: tuple[str, float, object] = ("", 0.0, None)
        self._act_at = NEVER
        self._tries = 0
        self._twist = Twist.NONE
        self._twist_at = NEVER
        self._talk: SimCall | None = None
        self._break_at = NEVER
        self._rest_at = NEVER  # the next break of the agent's own accord
        self._planned: list[tuple[float, float]] = []  # breaks of the shift to come: from, length
        self._stays = False
        self.nudge()

    # ------------------------------------------------------------ what happens to the agent

    def arrive(self, breaks: tuple[tuple[float, float], ...] = ()) -> None:
        """Come to work; the breaks of the shift begin and last so many seconds from now."""
        self.wants_in = True
        self._planned = sorted((self.env.now + max(0.0, at), lasts) for at, lasts in breaks)
        self._rest_at = self._next_rest()
        self._plan_break()
        self.nudge()

    def stay(self) -> None:
        """Be at the desk from now on, without a break."""
        self.wants_in = True
        self.on_break_until = self.away_until = 0.0
        self._break_at = self._rest_at = NEVER
        self._planned, self._stays = [], True
        self._act_at = self.env.now  # whatever was waited for
        self.nudge()

    def takes_phone(self) -> bool:
        """Whether a call to the agent's own phone is taken."""
        return self._stays or self._draw.random() >= self.habits.off_phone_share

    def leave(self) -> None:
        """Go home, at the end of what is being done."""
        self.wants_in = self._stays
        if self._seen[0] in {AgentState.READY, AgentState.BREAK}:
            self._act_at = self.env.now
        self.nudge()

    def nudge(self) -> None:
        """The screen has changed."""
        if not self._nudged:
            self._nudged = True
            Planned(self.env, 0.0, self._wake)

    def ear(self, call: SimCall | None) -> None:
        """Who is on the line now."""
        if call is self.hears:
            return
        if self.hears is not None:
            self.heard_s += self.env.now - self._heard_since
            self._silent_since = self.env.now
        self.hears, self._heard_since = call, self.env.now
        if call is not None and call.taken_by is None:
            call.taken_by = self.agent.id
            if call.fate.kind is Kind.PERSON and not call.fate.at_once:
                call.talk_left_s *= self.pace
        if call is not None and call is not self._talk:
            self._talk = call
            self._draw_twist(call)
        self.nudge()

    def spent_until_now(self) -> dict[str, float]:
        """Seconds by the state that the screen showed, the present one with them."""
        state = self._seen[0]
        return self.spent_s | {state: self.spent_s.get(state, 0.0) + self.env.now - self._seen_at}

    def heard_until_now(self) -> float:
        """Seconds with somebody on the line, the present talk with them."""
        return self.heard_s + (self.env.now - self._heard_since if self.hears is not None else 0.0)

    @property
    def pace(self) -> float:
        """The factor on talk and wrap-up that skill and experience make."""
        return self.habits.factor(self._skill, self.heard_s / 3600.0, new=self.new)

    @property
    def works_again(self) -> bool:
        """At the desk, and meaning to take calls."""
        return self.wants_in and self.env.now >= max(self.on_break_until, self.away_until)

    # ------------------------------------------------------------ look, think, press

    def _wake(self, _: simpy.Event) -> None:
        """Look now, and again when there will be something to do; a timer that stands already is used for that."""
        self._nudged = False
        now = self.env.now
        wanted = max(now + 0.05, self._look())
        if wanted != NEVER and (not self._timers or wanted < min(self._timers)):
            self._timers.add(wanted)
            Planned(self.env, wanted - now, partial(self._ring, wanted))

    def _ring(self, at: float, event: simpy.Event) -> None:
        self._timers.remove(at)
        self._wake(event)

    def _look(self) -> float:
        """Do what the moment calls for; the answer is when to look again of one's own accord."""
        now = self.env.now
        if now < self.away_until:
            return self.away_until
        view = self._office.screen(self.agent.id)
        if view is None:
            return now + AGAIN_S
        seen = (view.state, view.since, self.hears)
        if seen != self._seen:
            state = self._seen[0]
            self.spent_s[state] = self.spent_s.get(state, 0.0) + now - self._seen_at
            self._seen_at = now
            self._seen, self._tries = seen, 0
            self._act_at = now + self._think_s(view)
        if now >= self._break_at and self.wants_in:
            self._take_break(view)
        if now >= self._act_at - 1e-6:
            self._act_at = now + AGAIN_S
            self._act(view)
            self._tries += 1
        return min(self._act_at, self._next_wish())

    def _next_wish(self) -> float:
        if self.env.now < self.on_break_until:
            return self.on_break_until
        return self._break_at if self.wants_in else NEVER

    def _think_s(self, view: AgentView) -> float:  # noqa: PLR0911 - one line for each state
        habits, draw = self.habits, self._draw
        match view.state:
            case AgentState.WRAPPING:
                if self._talk is not None and self._talk.fate.kind is Kind.MACHINE:
                    return draw.uniform(0.3, 1.7) * habits.machine_wrap_up_s
                return self.pace * lognormal(draw, habits.wrap_up_s, habits.wrap_up_sigma) if habits.wrap_up_s else 0.0
            case AgentState.PREVIEWING:
                return draw.uniform(0.3, 1.7) * habits.preview_s
            case AgentState.READY if self.wants_in:
                return draw.uniform(0.3, 1.7) * habits.manual_s if self._may_dial() else NEVER
            case AgentState.TALKING | AgentState.DIALLING:
                return self._talk_s()
            case AgentState.HOLDING:
                return draw.uniform(3.0, 30.0) if draw.random() < 0.95 else 140.0
            case AgentState.SIGNED_OUT | AgentState.BREAK | AgentState.READY:  # ready, and on the way home
                return draw.uniform(0.3, 1.7) * habits.reaction_s
            case AgentState.CONNECTING:
                return 0.2
            case _:
                return 20.0

    def _may_dial(self) -> bool:
        return self._office.lead_to_dial(self.agent.id) is not None

    def _talk_s(self) -> float:
        """How long until something is to be done in a talk."""
        call = self.hears
        if call is None or call.talking_since is None:
            return 45.0 if call is None and self._seen[0] == AgentState.DIALLING else 8.0  # silence: hang up
        left_s = max(0.0, call.talk_left_s - (self.env.now - call.talking_since))
        if self._twist_at < self.env.now + left_s:
            return max(0.05, self._twist_at - self.env.now)
        return left_s + (5.0 if call.fate.hangs_up else 0.0)

    # ------------------------------------------------------------ what is pressed

    def _act(self, view: AgentView) -> None:
        if view.state == AgentState.SIGNED_OUT:
            self._come_in()
        elif not self.wants_in:
            self._go(view)
        else:
            self._work(view)

    def _come_in(self) -> None:
        if not self.wants_in or self.env.now < self.on_break_until:
            return
        if not self.agent.endpoint:
            self._office.dial_in(self.agent.id)
        else:
            self._office.press(AgentSignedIn(self.agent.id))

    def _go(self, view: AgentView) -> None:
        if view.state == AgentState.WRAPPING:
            self._write_up(view)
        if view.state not in {AgentState.TALKING, AgentState.HOLDING, AgentState.DIALLING} or self._tries > 2:
            self._office.press(AgentSignedOut(self.agent.id))
        else:
            self._work(view)

    def _take_break(self, view: AgentView) -> None:
        if view.state in {AgentState.SIGNED_OUT, AgentState.CONNECTING, AgentState.LEG_LOST}:
            self._break_at = self.env.now + 30.0
            return
        planned = bool(self._planned) and self.env.now >= self._planned[0][0]
        lasts_s = self._planned.pop(0)[1] if planned else self._draw.expovariate(1 / self.habits.break_s)
        if self._draw.random() < self.habits.overrun_share:
            lasts_s += self._draw.expovariate(1 / self.habits.overrun_s)
        self.on_break_until = self.env.now + lasts_s
        if not planned:
            self._rest_at = self._next_rest()
        self._plan_break()
        self._office.press(AgentPaused(self.agent.id, "lunch" if planned else "rest"))

    def _next_rest(self) -> float:
        every_s = 0.0 if self._stays else self.habits.break_every_s
        start = max(self.env.now, self.on_break_until)
        return start + self._draw.expovariate(1 / every_s) if every_s > 0 else NEVER

    def _plan_break(self) -> None:
        self._break_at = min(self._rest_at, self._planned[0][0] if self._planned else NEVER)

    def _work(self, view: AgentView) -> None:
        match view.state:
            case AgentState.CONNECTING if not (self.agent.endpoint or view.leg_up) and self._tries % 4 == 3:
                self._office.dial_in(self.agent.id)
            case AgentState.BREAK | AgentState.CONNECTING:
                if self.env.now >= self.on_break_until:
                    self._office.press(AgentReady(self.agent.id))
                else:
                    self._act_at = self.on_break_until
            case AgentState.READY:
                self._dial()
            case AgentState.PREVIEWING:
                skips = self._draw.random() < self.habits.preview_skip_share
                self._office.press(PreviewSkipped(self.agent.id) if skips else PreviewAccepted(self.agent.id))
            case AgentState.TALKING:
                self._in_talk(view)
            case AgentState.DIALLING:
                self._office.press(HangupRequested(self.agent.id))
            case AgentState.HOLDING:
                self._on_hold()
            case AgentState.WRAPPING:
                self._write_up(view)
            case AgentState.LEG_LOST if not self.agent.endpoint:
                self._office.dial_in(self.agent.id)
            case _:
                self._act_at = self.env.now + 20.0

    def _dial(self) -> None:
        wanted = self._office.lead_to_dial(self.agent.id)
        if wanted is None:
            self._act_at = NEVER
        else:
            campaign, number, lead = wanted
            self._office.press(NumberDialled(self.agent.id, campaign, number=number, lead=lead))

    def _in_talk(self, view: AgentView) -> None:
        agent, twist = self.agent.id, self._twist
        if self.hears is None or self.env.now < self._twist_at - 1e-6 or twist is Twist.NONE:
            if self.hears is not None and view.call is not None and self._draw.random() < self.habits.code_early_share:
                self._write_up(view)
            self._office.press(HangupRequested(agent))
            return
        self._twist_at = NEVER
        match twist:
            case Twist.HOLD:
                self._office.press(HoldRequested(agent))
            case Twist.TRANSFER:
                self._office.press(TransferRequested(agent, COLLEAGUE, "MX"))
            case Twist.LEAVE:
                self._office.press(AgentSignedOut(agent))  # and comes back at once
            case _:
                self._office.press(ConsultRequested(agent, COLLEAGUE, "MX"))
        self._act_at = self.env.now + max(1.0, self._talk_s())

    def _on_hold(self) -> None:
        agent = self.agent.id
        ways: dict[Twist, tuple[Event, ...]] = {
            Twist.COMPLETE: (ConsultCompleted(agent), ConsultCompleted(agent), ConsultCancelled(agent)),
            Twist.CONFERENCE: (ConferenceRequested(agent), ConferenceRequested(agent), ConsultCancelled(agent)),
            Twist.CANCEL: (ConsultCancelled(agent),),
        }
        way = (*ways.get(self._twist, ()), ResumeRequested(agent), HangupRequested(agent))
        self._office.press(way[min(self._tries, len(way) - 1)])

    def _write_up(self, view: AgentView) -> None:
        if view.call is None:
            return
        talked = self._talk
        code, callback_at = "OTHER", None
        if talked is not None:
            code = code_of(talked.fate, self.promise_share)
            if self._draw.random() < self.habits.callback_share:
                code, callback_at = "CALLBACK", self._office.time() + self._draw.uniform(600, 7200)
        self._office.press(CallDispositioned(self.agent.id, view.call, code, callback_at))

    def _draw_twist(self, call: SimCall) -> None:
        habits, at = self.habits, self._draw.random()
        self._twist = Twist.NONE
        consult = habits.consult_share / 3
        shares = (
            (Twist.HOLD, habits.hold_share),
            (Twist.TRANSFER, habits.transfer_share),
            (Twist.LEAVE, habits.leave_early_share),
            (Twist.COMPLETE, consult),
            (Twist.CANCEL, consult),
            (Twist.CONFERENCE, consult),
        )
        for twist, share in shares:
            at -= share
            if at < 0:
                self._twist = twist
                break
        talks_on = call.fate.kind is Kind.PERSON and self._twist is not Twist.NONE
        self._twist_at = self.env.now + self._draw.uniform(0.1, 0.9) * call.talk_left_s if talks_on else NEVER


def code_of(fate: Fate, promise_share: float) -> str:
    """What an agent says of a talk with this person, who promises to so many in a hundred of them."""
    if fate.kind is not Kind.PERSON:
        return "MACHINE"
    if not fate.right_party:
        return "OTHER" if fate.at_once else "THIRD" if fate.softness < 0.6 else "WRONG"
    if fate.softness < promise_share:
        return "PTP"
    rest = (fate.softness - promise_share) / (1 - promise_share)
    return "RPC" if rest < 0.69 else "REFUSED" if rest < 0.95 else "DNC"
