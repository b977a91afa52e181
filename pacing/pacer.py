"""The one door of pacing: facts in, decisions out.

Facts may be odd, late or repeated: they are clamped, ignored and counted in `ignored`, never raised. No clock, no
chance, no I/O: the same facts give the same decisions, and a pacer may be pickled between any two of them.
"""

import math
from collections.abc import Hashable

from pacing.agents import READY
from pacing.answers import Cause
from pacing.busy import TALK, WRAP
from pacing.calls import Outcome
from pacing.decision import Binding, Decision, Why
from pacing.floor import Floor
from pacing.ledger import Ledger
from pacing.policies import POLICIES, one_for_each
from pacing.settings import UNLIMITED, Limits, Policy, Settings
from pacing.wish import Wish

FAILURES_MAX = 15  # calls in a row that fail at once: the trunk is down
PROBE_EVERY_S = 5.0
LEDGER_POLICIES = {Policy.PREDICTIVE, Policy.PROGRESSIVE}  # those that keep the caps by themselves
CEILING_BAND = 0.01  # of occupancy below the agents' ceiling, in which calls become fewer, down to none
_OUTCOMES: dict[str, Outcome] = {each.value: each for each in Outcome}


class Pacer:
    """Paces one campaign. Times are seconds from any origin; ids of agents and calls are anything hashable."""

    def __init__(self, settings: Settings) -> None:
        self._floor = Floor(settings)
        self._policy = POLICIES[settings.policy](settings)
        self._t = -math.inf
        self._frozen = ""
        self._probed_at = -math.inf
        self.ignored = 0  # facts that meant nothing

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._floor.settings

    @property
    def ledger(self) -> Ledger:
        """People answered and abandoned, and what that leaves."""
        return self._floor.ledger

    @property
    def answer_share(self) -> float:
        """The share of new calls that reach the agents, as learned so far."""
        return self._floor.answers.answer_share

    @property
    def live_calls(self) -> int:
        """Calls that hold a line: in flight, waiting for an agent, or talking."""
        calls = self._floor.calls
        return calls.in_flight + calls.waiting + calls.talking

    # facts about agents

    def agent_ready(self, t: float, agent: Hashable) -> None:
        """The agent is free from now on."""
        self._floor.agents.enter(self._now(t), agent, READY)

    def agent_talking(self, t: float, agent: Hashable, *, since: float | None = None) -> None:
        """The agent is on a call: one of ours, their own, or another campaign's.

        `since`: of an agent not known before, who has been on it that long.
        """
        self._floor.agents.enter(self._now(t), agent, TALK, since=since)

    def agent_wrapping(self, t: float, agent: Hashable, *, since: float | None = None) -> None:
        """The talk is over, after-call work begins; `since` as above."""
        self._floor.agents.enter(self._now(t), agent, WRAP, since=since)

    def agent_free_at(self, t: float, agent: Hashable, at: float) -> None:
        """The agent's wrap-up is known to end then."""
        self._now(t)
        self._expect(not math.isnan(at) and self._floor.agents.free_at(agent, at))

    def agent_free_by(self, t: float, agent: Hashable, at: float) -> None:
        """The agent's wrap-up ends then at the latest: a limit that the desk counts down."""
        self._now(t)
        self._expect(not math.isnan(at) and self._floor.agents.free_by(agent, at))

    def agent_leaves_at(self, t: float, agent: Hashable, at: float) -> None:
        """The agent is known to leave then, for a break or for good; infinity takes that back.

        A free agent who is still there half a minute later stays; one who is busy leaves when that is over.
        """
        self._now(t)
        self._expect(not math.isnan(at) and self._floor.agents.leaves_at(agent, at))

    def agent_left(self, t: float, agent: Hashable) -> None:
        """The agent is gone: break, log-out, phone lost."""
        self._now(t)
        self._expect(self._floor.agents.remove(agent))

    # facts about calls

    def call_placed(self, t: float, call: Hashable, *, segment: str = "", p_answer: float | None = None) -> None:
        """The call is dialled; its segment and its own chance of an answer may be told."""
        if p_answer is not None and not 0 <= p_answer <= 1:
            p_answer = None
            self.ignored += 1
        self._expect(self._floor.calls.place(self._now(t), call, segment, p_answer))

    def call_progress(self, t: float, call: Hashable) -> None:
        """The switch reports progress (183)."""
        self._expect(self._floor.calls.move(self._now(t), call, Cause.TO_PROGRESS))

    def call_ringing(self, t: float, call: Hashable) -> None:
        """The switch reports ringing (180)."""
        self._expect(self._floor.calls.move(self._now(t), call, Cause.TO_RINGING))

    def call_answered(self, t: float, call: Hashable) -> None:
        """A person answered, or what is taken for one; they wait from now on."""
        self._expect(self._floor.calls.answer(self._now(t), call))

    def call_connected(self, t: float, call: Hashable, agent: Hashable) -> None:
        """The call has been bridged to the agent. Of a call that is over, or was never placed, it tells nothing."""
        t = self._now(t)
        connected = self._floor.calls.connect(t, call, agent)
        self._expect(connected)
        if connected:
            self._floor.agents.enter(t, agent, TALK)

    def call_ended(self, t: float, call: Hashable, outcome: Outcome | str) -> None:
        """The call is over. Its agent, if still talking, begins to wrap up."""
        t = self._now(t)
        known = _OUTCOMES.get(outcome)
        self._expect(known is not None)
        agent = self._floor.calls.agent_of(call)
        self._expect(self._floor.calls.end(t, call, known or Outcome.FAILED))
        if agent is not None and self._floor.agents.phase_of(agent) == TALK:
            self._floor.agents.enter(t, agent, WRAP)

    # facts about the campaign

    def closes_at(self, t: float, at: float | None) -> None:
        """Shift, legal hours or list end then; None when that is unknown."""
        self._now(t)
        self._floor.closes_at = None if at is None or math.isnan(at) else at

    def freeze(self, t: float, reason: str) -> None:
        """Place no more calls until `thaw`: trunk or detection trouble that pacing cannot see."""
        self._now(t)
        self._frozen = reason or "by hand"

    def thaw(self, t: float) -> None:
        """Go on after `freeze`."""
        self._now(t)
        self._frozen = ""

    def change(self, t: float, settings: Settings) -> None:
        """Go by other settings from now on; estimates and ledger are kept."""
        self._now(t)
        self._floor.change(settings)
        self._policy = POLICIES[settings.policy](settings)

    # decisions

    def decide(self, t: float, limits: Limits = UNLIMITED) -> Decision:
        """How many calls to place now, and why."""
        t = self._now(t)
        floor = self._floor
        floor.refresh(t)
        wish = self._policy.wish(floor, t, limits)
        calls, binding, detail = self._within(t, wish, limits)
        figures = floor.ledger.counts(floor.settings.every_rule[0]) | wish.figures
        why = Why(
            binding=binding,
            policy=floor.settings.policy.value,
            agents=len(floor.agents),
            free=floor.agents.free(t) - floor.calls.waiting,
            waiting=floor.calls.waiting,
            in_flight=floor.calls.in_flight,
            answered=int(figures.pop("answered")),
            abandoned=int(figures.pop("abandoned")),
            wanted=wish.calls,
            resets=floor.answers.resets,
            failures=floor.calls.failures,
            detail=detail,
            **figures,
        )
        return Decision(calls, why)

    def _within(self, t: float, wish: Wish, limits: Limits) -> tuple[int, Binding, str]:
        """The wish within what the world allows: (calls, what bound them, detail)."""
        floor = self._floor
        if floor.agents.staying(t) == 0:
            return 0, Binding.NO_AGENTS, ""
        if floor.closes_at is not None and t >= floor.closes_at:
            return 0, Binding.CLOSING, ""
        if self._frozen:
            return 0, Binding.FROZEN, self._frozen
        calls, binding = wish.calls, wish.binding
        if floor.settings.policy not in LEDGER_POLICIES and floor.ledger.used_up:
            safe = one_for_each(floor, t, limits)
            calls, binding = (safe, Binding.LAW) if safe < calls else (calls, binding)
        if limits.lines_free < calls:
            calls, binding = limits.lines_free, Binding.LINES
        if limits.calls_max < calls:
            calls, binding = limits.calls_max, Binding.LEADS
        ceiling = floor.settings.occupancy_max
        if calls and ceiling is not None and floor.occupancy > ceiling - CEILING_BAND:
            return int(calls * max(0.0, (ceiling - floor.occupancy) / CEILING_BAND)), Binding.OCCUPANCY, ""
        if calls and floor.calls.failures >= FAILURES_MAX:
            return self._probe(t), Binding.FROZEN, ""
        return calls, binding, wish.detail

    def _probe(self, t: float) -> int:
        """While every call fails: one call now and then, to see whether that is over."""
        if t < self._probed_at + PROBE_EVERY_S:
            return 0
        self._probed_at = t
        return 1

    def _now(self, t: float) -> float:
        """The time of a fact: never back, and always a finite number. Before any is known it is 0."""
        if self._t < t < math.inf:
            self._t = t
        elif not math.isfinite(t):
            self.ignored += 1
        return self._t if math.isfinite(self._t) else 0.0

    def _expect(self, meant: bool) -> None:
        self.ignored += not meant
