"""The policies behind one signature, and their registry: a floor at one instant -> the calls wished, and why.

A policy looks at the floor; lines, leads, closing and freezing are applied to every policy alike by the pacer.
"""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from pacing import bounds
from pacing.answers import LEVEL_ONE
from pacing.decision import Binding
from pacing.floor import Floor
from pacing.lookahead import NewCall, Outlook, calls_worth, most_for
from pacing.price import Scene
from pacing.rows import FloatArray
from pacing.settings import Limits, Policy, Settings
from pacing.vicidial import VicidialPolicy
from pacing.wish import Wish

SOON_S = 12.0  # in reasons
FIRST_CALLS = 20  # until so many calls have told how they end, one call for each free agent ...
SECOND_CALLS = 60  # ... and from so many on, as many as the answer rate allows
CAUTION = 2.5  # standard errors above the estimate that a start reckons with
CERTAIN_ANSWERS = 60.0  # from so many answers on, the answer rate is taken as known
BUDGET_FACTOR = 1.6  # a price so far above its start is the ledger's doing


class PacingPolicy(Protocol):
    """How many calls to place now, from what the floor shows."""

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """The calls wished at time t (seconds), before the limits from outside."""
        ...


class Progressive:
    """One call for each free agent; nobody is abandoned but by agents who leave."""

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """Free agents, less the calls that are to find one."""
        return _until_the_close(floor, t, one_for_each(floor, t, limits), Binding.FREE_AGENTS)


class Ratio:
    """A fixed number of calls in flight for each free agent."""

    def __init__(self, settings: Settings) -> None:
        self._ratio = settings.ratio * settings.intensity

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """ratio * free agents, less the calls in flight."""
        free = _free(floor, t, limits)
        calls = max(0, int(free * self._ratio) - floor.calls.in_flight)
        return _until_the_close(floor, t, calls, Binding.FREE_AGENTS)


class Erlang:
    """A constant rate, blind to who is free: offered load such that Erlang's loss formula gives the cap."""

    def __init__(self, settings: Settings) -> None:
        self._cap = settings.abandon_cap
        self._intensity = settings.intensity
        self._due = 0.0
        self._t: float | None = None

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """The calls that have fallen due since the last decision."""
        del limits
        passed = 0.0 if self._t is None else min(5.0, t - self._t)
        self._t = t
        agents = floor.agents.staying(t)
        handle_s = max(1.0, floor.busy.handle_s)
        answers = max(0.005, floor.answers.answer_share)
        rate = bounds.erlang_b_load(agents, self._cap) / handle_s / answers * self._intensity if agents else 0.0
        self._due = min(float(most_for(agents)), self._due + rate * passed)
        calls = int(self._due)
        self._due -= calls
        return _until_the_close(floor, t, calls, Binding.RATE)


class Predictive:
    """The priced look-ahead, with the price from the abandonment ledger."""

    def __init__(self, settings: Settings) -> None:
        self._careful = any(rule.cap <= 0 for rule in settings.every_rule)
        self._made: NewCall  # the last one, of the tables and the multiplier below
        self._tables: FloatArray | None = None
        self._multiplier = 1.0

    def wish(self, floor: Floor, t: float, limits: Limits) -> Wish:
        """Calls while each saves more idle time than its abandons cost."""
        free = _free(floor, t, limits)
        answers, (releases, sure) = floor.coming, floor.agents.releases(t)
        if limits.agents_shared:
            answers = answers.copy()
            answers[:2] += limits.agents_shared * np.minimum(1.0, floor.horizons.ends_s / 16.0)
        scene = floor_scene(floor)
        price, start, rule = floor.ledger.price(scene)
        found = {
            "frees": _soon(floor, releases[0, 0] if sure is None else releases[0, 0] + sure[0]),
            "answers": _soon(floor, answers[0]),
            "within_s": SOON_S,
            **floor.ledger.counts(rule),
        }
        if self._careful or floor.answers.calls < FIRST_CALLS:
            return _until_the_close(floor, t, one_for_each(floor, t, limits), Binding.FREE_AGENTS, found)
        found["price"] = price
        new = self._new_call(floor, t, limits)
        outlook = Outlook(free, answers, releases, sure, _doubt(floor))
        most = most_for(floor.staff)
        ceiling = min(_while_learning(floor, free, found["frees"]), _in_silence(floor, free, found["frees"]))
        looked = most if ceiling >= most else max(0, math.floor(ceiling) + 1)  # beyond it is enough to know: more
        calls, risk = calls_worth(outlook, new, price, floor.ledger.dearer(scene), most=looked)
        safe = _until_the_close(floor, t, one_for_each(floor, t, limits), Binding.FREE_AGENTS).calls
        calls = max(calls, safe)  # those meet nobody but an agent
        binding = Binding.BUDGET if price > BUDGET_FACTOR * start else Binding.RISK
        if calls > ceiling:
            calls, binding = max(0, math.floor(ceiling)), Binding.LEARNING
        elif calls >= most:
            binding = Binding.MOST
        return Wish(calls, binding, found | {"risk": risk})

    def _new_call(self, floor: Floor, t: float, limits: Limits) -> NewCall:
        law = floor.answers
        multiplier = law.placed_multiplier
        if limits.p_answer is not None or limits.segment:
            _, multiplier = law.multiplier(limits.segment, limits.p_answer)
        if floor.closes_at is not None and floor.closes_at - t < law.horizons.last_s:
            return NewCall(*law.new(multiplier), law.horizons, open_s=floor.closes_at - t)
        if self._tables is not law.new_answers or self._multiplier != multiplier:
            self._tables, self._multiplier = law.new_answers, multiplier
            self._made = NewCall(*law.new(multiplier), law.horizons)
        return self._made


def _soon(floor: Floor, by_horizon: FloatArray) -> float:
    """What is expected within SOON_S."""
    return floor.horizons.read(by_horizon, SOON_S)


def _while_learning(floor: Floor, free: int, frees: float) -> float:
    """At a start, no more calls than would meet an agent if the answer rate were as high as it can well be.

    How long a start lasts goes by the smoothed number of agents: one more of them must not call it back. It ends by and
    by: the bound is loosened over as many answers again, in which agents who are to come free count more and more.
    """
    law = floor.answers
    known, enough = law.calls * law.answer_share, 2 * floor.staff + 10
    loose = known / enough - 1
    if loose >= 1:
        return math.inf
    share = law.answer_share
    high = min(1.0, share + CAUTION * math.sqrt((share * (1 - share) + 0.02) / (law.calls + 5)))
    high += (1 - high) * max(0.0, (SECOND_CALLS - law.calls) / (SECOND_CALLS - FIRST_CALLS))
    loose = max(0.0, loose)
    return (free + loose**2 * frees) / max(1e-6, high * (1 - loose)) - floor.calls.in_flight


def _in_silence(floor: Floor, free: int, frees: float) -> float:
    """Where hardly an answer is expected, no more calls than would do if they came as they last did."""
    share = floor.silence.share(floor.answers.answer_share)
    return (free + frees) / share - floor.calls.in_flight if share > 0 else math.inf


def floor_scene(floor: Floor) -> Scene:
    """What the price depends on."""
    law = floor.answers
    return Scene(floor.staff, law.answer_share, law.answer_s, floor.busy.handle_s, floor.settings.connect_within_s)


def _free(floor: Floor, t: float, limits: Limits) -> int:
    return floor.agents.free(t) - floor.calls.waiting - limits.waiting_elsewhere


def one_for_each(floor: Floor, t: float, limits: Limits) -> int:
    """One call for each free agent who stays while it may ring, less the calls that are to find one."""
    staying = floor.agents.free(t + floor.ring_s)
    taken = floor.calls.waiting + limits.waiting_elsewhere + floor.calls.in_flight + limits.agents_shared
    return max(0, math.floor(staying - taken))


def _until_the_close(
    floor: Floor, t: float, calls: int, binding: Binding, figures: dict[str, float] | None = None
) -> Wish:
    """The calls wished, fewer of them the more of their answers would come after the close; none once most would."""
    left_s = math.inf if floor.closes_at is None else floor.closes_at - t
    figures = figures or {}
    if left_s >= floor.horizons.last_s:
        return Wish(calls, binding, figures)
    answers = floor.answers.new_answers[LEVEL_ONE]
    in_time = floor.horizons.read(answers, left_s)
    share = in_time / max(1e-9, float(answers[-1]))
    kept = int(calls * min(1.0, max(0.0, 2 * share - 0.5)))
    return Wish(kept, Binding.CLOSING if kept < calls else binding, figures)


def _doubt(floor: Floor) -> float:
    """Squared relative error of the answer rate, while few answers are known."""
    known = floor.answers.calls * floor.answers.answer_share
    return max(0.0, 1 / (known + 1.5) - 1 / CERTAIN_ANSWERS)


POLICIES: dict[Policy, Callable[[Settings], PacingPolicy]] = {
    Policy.PREDICTIVE: Predictive,
    Policy.PROGRESSIVE: lambda _settings: Progressive(),
    Policy.RATIO: Ratio,
    Policy.ERLANG: Erlang,
    Policy.VICIDIAL_ADAPT: VicidialPolicy,
}
