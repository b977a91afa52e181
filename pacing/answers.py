"""What becomes of calls in flight: answer hazards by age, learned call by call.

A call is first dialled, then perhaps makes progress (183), then rings (180): three phases, each with its own clock, so
that "no 18x yet" and "ringing for 9 s" both tell. In each phase the causes of leaving compete (Aalen-Johansen), and
calls still in flight count as at risk, so that a start or a ramp biases nothing. Lists and scores multiply the answer
hazard (a frailty of each, shrunk towards 1).

It estimates; it decides nothing.
"""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from pacing.horizons import COUNT, Horizons, horizons_for
from pacing.rows import FloatArray

MEMORY_CALLS = 667.0  # a call's weight falls to 1/e after so many later ones ...
MEMORY_FLIGHTS = 10.0  # ... and after so many generations of calls in flight, whose weight is 1
USUAL_CALLS = 300  # so many calls tell which multiplier is the usual one
DRIFT_CALLS = 400  # calls between two resets, and before the first; as many as are in flight, where that is more
DRIFT_STEP, DRIFT_ALARM = 0.2, 26.0  # of Page's test, in standard deviations
DRIFT_CROWD = 0.25  # ... or this share of how far a crowd in flight moves the sums: answers come before silences
LEVELS = 17
LEVEL_ONE = 8  # the level whose multiplier is 1
# One level's multiplier is 2 ** 0.375 times the last one's: 1/8 .. 8.
MULTIPLIERS: FloatArray = np.exp2((np.arange(LEVELS) - LEVEL_ONE) * 0.375)
REFERENCE = -math.log(1 - 0.25)  # a score of 0.25 has the multiplier 1; the baseline absorbs what is wrong with that
SEGMENTS_MAX = 256
_EPSILON = 1e-3

IntArray = npt.NDArray[np.intp]


class Phase(IntEnum):
    """Where a call in flight is."""

    DIALLED = 0
    PROGRESS = 1
    RINGING = 2


class Cause(IntEnum):
    """How a phase ends."""

    ANSWER = 0
    OTHER = 1
    TO_PROGRESS = 2
    TO_RINGING = 3
    CENSORED = 4  # cancelled or lost: it was at risk, and no more is known


class Frailty:
    """Factors on the answer hazard, one a key: answers seen over answers expected, shrunk towards 1.

    With a gamma prior of mean 1 and `strength` expected answers, the posterior mean is (seen + strength) /
    (expected + strength). Old calls fade; the least known key is forgotten beyond SEGMENTS_MAX.
    """

    def __init__(self, strength: float, memory: float = 0.997) -> None:
        self._strength = strength
        self._memory = memory
        self._seen: dict[str, list[float]] = {}

    def __getitem__(self, key: str) -> float:
        seen, expected = self._seen.get(key, (0.0, 0.0))
        return (seen + self._strength) / (expected + self._strength)

    def learn(self, key: str, seen: float, expected: float) -> None:
        """Count a finished call: whether it was answered (0 or 1) and its cumulative hazard before the factor."""
        counts = self._seen.setdefault(key, [0.0, 0.0])
        counts[0] = counts[0] * self._memory + seen
        counts[1] = counts[1] * self._memory + expected
        if len(self._seen) > SEGMENTS_MAX:
            del self._seen[min(self._seen, key=lambda each: self._seen[each][1] if each != key else math.inf)]


@dataclass(slots=True)
class Flight:
    """One call in flight, as its law sees it."""

    placed_at: float
    since: float  # when its phase began
    phase: Phase
    multiplier: float  # on the answer hazard
    score: str  # the bucket of its p_answer, "" without one
    segment: str
    hazard: float = 0.0  # baseline answer hazard gathered in earlier phases


class AnswerLaw:
    """Hazards of all phases, and the tables of answers to come that follow from them."""

    def __init__(self, ring_timeout_s: float) -> None:
        self.horizons = horizons_for(ring_timeout_s)
        self.bins = _bins_for(ring_timeout_s)
        shape = (len(Phase), self.bins)
        self._exits: FloatArray = np.zeros((len(Phase), len(Cause), self.bins))
        self._gone: FloatArray = np.zeros(shape)
        self._gone_weighted: FloatArray = np.zeros(shape)  # each call with its multiplier (Breslow)
        self._people: FloatArray = np.zeros(shape)
        self._served: FloatArray = np.zeros(shape)
        self._weight = 1.0  # of the next call; growing it ages the earlier ones
        self._served_weight = 1.0
        self._unserved_abandoned = 1.0  # of answers that met no agent and were no people by the shares ...
        self._unserved_machines = 2.0  # ... those that counted as abandoned all the same
        self.segments = Frailty(strength=4.0)
        self.scores = Frailty(strength=8.0)
        self._up = self._down = 0.0  # Page's sums: evidence that more are answered than expected, and that fewer are
        self.resets = 0
        self.calls = 0
        self.answered = 0  # of them
        self._flying = 0
        self._reset_at = 0
        self.placed_multiplier = 1.0  # of the calls placed last
        self._usual_multiplier = 1.0  # of the last few hundred
        self._placed = 0
        self._start(ring_timeout_s)
        self.rebuild(np.zeros((0, 3)))

    def _start(self, ring_timeout_s: float) -> None:
        """Ten answers and thirty other ends to begin with, a quarter of them where calls ring."""
        middle = np.arange(self.bins) + 0.5
        answers = np.exp(-0.5 * ((middle - 10) / 5) ** 2)
        others = np.exp(-0.5 * ((middle - ring_timeout_s + 1) / 2) ** 2) + 0.15 * np.exp(-0.5 * ((middle - 3) / 2) ** 2)
        for phase, strength in ((Phase.DIALLED, 1.0), (Phase.PROGRESS, 0.25), (Phase.RINGING, 0.25)):
            self._exits[phase, Cause.ANSWER] = 10 * strength * answers / answers.sum()
            self._exits[phase, Cause.OTHER] = 30 * strength * others / others.sum()
        self._gone = self._exits.sum(axis=1)
        self._gone_weighted = self._gone.copy()
        # A twentieth of the start is never forgotten: a rate that fell to nothing can still be learned anew.
        self._first = self._exits.copy()
        self._first_risk = _from_the_end(self._gone)

    def ring_for(self, ring_timeout_s: float) -> bool:
        """From now on calls ring so long; whether rows of calls in flight have moved. Tables are to be made anew."""
        self.horizons = horizons_for(ring_timeout_s)
        more = _bins_for(ring_timeout_s) - self.bins
        if more <= 0:
            return False
        self.bins += more
        for name in ("_exits", "_gone", "_gone_weighted", "_people", "_served", "_first", "_first_risk"):
            setattr(self, name, _widened(getattr(self, name), more, "constant"))
        for name in ("_hazard_sum", "_shares", "_cost_shares"):  # until the tables are made anew
            setattr(self, name, _widened(getattr(self, name), more, "edge"))
        return True

    # calls

    def place(self, t: float, segment: str, p_answer: float | None) -> Flight:
        """A call that is dialled now."""
        self._flying += 1
        score, multiplier = self.multiplier(segment, p_answer)
        self.placed_multiplier *= (multiplier / self.placed_multiplier) ** 0.1
        self._placed += 1
        self._usual_multiplier += (multiplier - self._usual_multiplier) / min(USUAL_CALLS, self._placed)
        return Flight(t, t, Phase.DIALLED, multiplier, score, segment)

    def multiplier(self, segment: str, p_answer: float | None) -> tuple[str, float]:
        """The bucket of the score, and the factor on the answer hazard that score and segment make together."""
        score, factor = "", 1.0
        if p_answer is not None:
            factor = -math.log(1 - min(0.95, max(0.005, p_answer))) / REFERENCE
            score = str(level_of(factor))
            factor *= self.scores[score]
        if segment:
            factor *= self.segments[segment]
        return score, min(8.0, max(0.125, factor))

    def leave(self, flight: Flight, t: float, cause: Cause) -> None:
        """Count how a phase of the call ended. It counts now: an answer when it is answered."""
        age = max(0.0, t - flight.since)
        b = min(int(age), self.bins - 1)
        self._exits[flight.phase, cause, b] += self._weight
        self._gone[flight.phase, b] += self._weight
        self._gone_weighted[flight.phase, b] += self._weight * flight.multiplier
        flight.hazard += float(self._hazard_sum[flight.phase, b])
        if cause in (Cause.TO_PROGRESS, Cause.TO_RINGING):
            flight.since, flight.phase = t, Phase.PROGRESS if cause is Cause.TO_PROGRESS else Phase.RINGING
            return
        self._weight *= 1 + 1 / self.memory
        self._flying -= 1
        self.calls += 1
        self.answered += cause is Cause.ANSWER
        self._learn_factors(flight, cause)

    @property
    def memory(self) -> float:
        """After so many calls more one counts for 1/e of what it does now."""
        return MEMORY_CALLS + MEMORY_FLIGHTS * self._flying

    def _learn_factors(self, flight: Flight, cause: Cause) -> None:
        if cause is Cause.CENSORED:
            return
        seen, expected = float(cause is Cause.ANSWER), flight.hazard * flight.multiplier
        if flight.score:
            self.scores.learn(flight.score, seen, expected / self.scores[flight.score])
        if flight.segment:
            self.segments.learn(flight.segment, seen, expected / self.segments[flight.segment])
        elif not flight.score:
            self._watch_drift(seen - expected)

    def _watch_drift(self, residual: float) -> None:
        """Page's test on both sides; after an alarm the past counts a third, so that a new rate is learned quickly."""
        step = residual / math.sqrt(max(0.02, self.answer_share))
        self._up = max(0.0, self._up + (step - DRIFT_STEP))
        self._down = max(0.0, self._down + (-step - DRIFT_STEP))
        if self.calls < self._reset_at + max(DRIFT_CALLS, self._flying):
            self._up = self._down = 0.0
        elif max(self._up, self._down) > max(DRIFT_ALARM, DRIFT_CROWD * self._flying * math.sqrt(self.answer_share)):
            self._weight *= 3.0
            self._reset_at = self.calls
            self.resets += 1

    # people and machines among the answers

    def served(self, flight: Flight, answered_at: float, *, person: bool) -> None:
        """An agent found out who had answered."""
        b = min(int(max(0.0, answered_at - flight.since)), self.bins - 1)
        self._served[flight.phase, b] += self._served_weight
        self._people[flight.phase, b] += self._served_weight * person
        self._served_weight /= 0.998

    def unserved(self, flight: Flight, answered_at: float, *, abandoned: bool) -> None:
        """An answer met no agent: did it count as an abandoned person?"""
        b = min(int(max(0.0, answered_at - flight.since)), self.bins - 1)
        share = float(self._shares[flight.phase, b])
        self._unserved_machines = self._unserved_machines * 0.99 + 1 - share
        self._unserved_abandoned = self._unserved_abandoned * 0.99 + abandoned - share

    # tables

    def rebuild(self, in_flight: FloatArray) -> None:
        """Make the tables anew; in_flight has one row a call: phase, age in the phase (s), multiplier."""
        self._normalise()
        risk, risk_weighted = self._at_risk(in_flight)
        exits = self._exits[:, : Cause.CENSORED] + 0.05 * self._first[:, : Cause.CENSORED]
        rates = exits / np.maximum(_EPSILON, risk + 0.05 * self._first_risk)[:, None]
        rates[:, Cause.ANSWER] = exits[:, Cause.ANSWER] / np.maximum(_EPSILON, risk_weighted + 0.05 * self._first_risk)
        self._hazard_sum = np.cumsum(np.minimum(0.95, rates[:, Cause.ANSWER]), axis=1)
        self._make_tables(np.minimum(0.95, rates))

    def _normalise(self) -> None:
        self._exits /= self._weight
        self._gone /= self._weight
        self._gone_weighted /= self._weight
        self._people /= self._served_weight
        self._served /= self._served_weight
        self._weight = self._served_weight = 1.0
        overall = (self._people.sum() + 3) / (self._served.sum() + 3)
        self._shares = (self._people + 4 * overall) / (self._served + 4)
        blamed = min(1.0, max(0.0, self._unserved_abandoned / self._unserved_machines))
        self._cost_shares = self._shares + (1 - self._shares) * blamed

    def _at_risk(self, in_flight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Calls at risk in each bin: those that left in it or later, and those that are in flight beyond it."""
        risk = _from_the_end(self._gone)
        weighted = _from_the_end(self._gone_weighted)
        if len(in_flight):
            index = in_flight[:, 0].astype(np.intp) * self.bins
            index += np.clip(in_flight[:, 1], 0, self.bins - 1).astype(np.intp)
            for each, weights in ((risk, np.ones(len(in_flight))), (weighted, in_flight[:, 2])):
                flying: FloatArray = np.zeros(each.shape)
                np.add.at(flying.reshape(-1), index, weights)
                each += _from_the_end(flying) - flying  # noqa: PLW2901 - in place
        return risk, weighted

    def _make_tables(self, rates: FloatArray) -> None:
        """Answers to come by phase, level and age: `table` rows of (q, q(1-q), q(1-q)(1-2q)) at the horizons.

        All sums run on a grid of half seconds: ages are the middles of bins, horizons are multiples of it.
        """
        curves = [_Curve(rates[phase], self._cost_shares[phase], self.horizons) for phase in Phase]
        grid = 2 * self.horizons.steps + 1
        ringing = curves[Phase.RINGING].from_start(grid, [])
        progress = curves[Phase.PROGRESS].from_start(grid, [(Cause.TO_RINGING, ringing)])
        after: list[list[tuple[Cause, FloatArray]]] = [
            [(Cause.TO_PROGRESS, progress), (Cause.TO_RINGING, ringing)],
            [(Cause.TO_RINGING, ringing)],
            [],
        ]
        q = np.stack([curves[phase].by_age(self.bins, after[phase]) for phase in Phase])
        q = np.clip(q, 0.0, 1.0).reshape(-1, COUNT)
        spread = q * (1 - q)
        self.table: FloatArray = np.concatenate([q, spread, spread * (1 - 2 * q)], axis=1)
        new = curves[Phase.DIALLED].from_start(grid, after[Phase.DIALLED])
        at = (2 * self.horizons.ends_s).astype(np.intp)
        self.new_answers: FloatArray = np.clip(new[0][:, at], 0.0, 1.0)  # (level, horizon): reaching the agents
        self.new_people: FloatArray = np.clip(new[1][:, at], 0.0, 1.0)  # those that would count if abandoned
        # Of calls such as are placed: a told score of 0.25 has the multiplier 1, which may be far from all of them.
        answered = _between(new[0], self._usual_multiplier)[: int(at[-1]) + 1]
        self.answer_share = min(1.0, max(0.0, float(answered[-1])))
        self.answer_s = float(0.5 * (answered[-1] - answered[:-1]).sum() / max(1e-9, answered[-1] - answered[0]))

    def new(self, multiplier: float) -> tuple[FloatArray, FloatArray]:
        """Answers of a new call at the horizons, all and those that would count: between the levels, without a step."""
        return _between(self.new_answers, multiplier), _between(self.new_people, multiplier)

    def row_base(self, flight: Flight) -> int:
        """The first row of `table` of the call's phase and level; its age in whole seconds is to be added."""
        return (int(flight.phase) * LEVELS + level_of(flight.multiplier)) * self.bins


class _Curve:
    """One phase's survival and incidences at the edges of half-second bins, for all levels."""

    def __init__(self, rates: FloatArray, shares: FloatArray, horizons: Horizons) -> None:
        self._at = (2 * horizons.ends_s).astype(np.intp)
        self._steps = horizons.steps
        answer = np.minimum(0.95, MULTIPLIERS[:, None] * rates[Cause.ANSWER])
        leave = answer + rates[Cause.OTHER] + rates[Cause.TO_PROGRESS] + rates[Cause.TO_RINGING]
        scale = np.minimum(1.0, 0.98 / np.maximum(leave, 1e-12))  # no more leave than there are
        survive = 1 - leave * scale
        self.bins = rates.shape[1]
        before = np.concatenate([np.ones((LEVELS, 1)), np.cumprod(survive, axis=1)], axis=1)
        self.survival = _halves(before)
        self.incidence = {
            cause: _halves(_running(before[:, :-1] * scale * part))
            for cause, part in (
                (Cause.ANSWER, answer),
                (Cause.TO_PROGRESS, np.broadcast_to(rates[Cause.TO_PROGRESS], answer.shape)),
                (Cause.TO_RINGING, np.broadcast_to(rates[Cause.TO_RINGING], answer.shape)),
            )
        }
        self.people = _halves(_running(before[:, :-1] * scale * answer * shares))

    def from_start(self, grid: int, after: list[tuple[Cause, FloatArray]]) -> FloatArray:
        """Answers of a call that enters the phase now: (2, level, half seconds), all answers and those that count."""
        end = min(grid, self.people.shape[1])
        made = np.empty((2, LEVELS, grid))
        for row, curve in enumerate((self.incidence[Cause.ANSWER], self.people)):
            made[row, :, :end] = curve[:, :end]
            made[row, :, end:] = curve[:, -1:]
        for cause, later in after:
            moves = np.diff(self.incidence[cause][:, : 2 * self._steps + 1 : 2], axis=1)  # (level, whole second)
            for k in np.flatnonzero(moves[LEVEL_ONE] > 1e-9).tolist():
                made[:, :, 2 * k + 1 :] += moves[:, k, None] * later[:, :, : grid - 2 * k - 1]
        return made

    def by_age(self, bins: int, after: list[tuple[Cause, FloatArray]]) -> FloatArray:
        """Answers within each horizon of a call in the middle of each bin: (level, bin, horizon)."""
        middle = 2 * np.arange(bins) + 1
        last = self.survival.shape[1] - 1
        ahead = np.minimum(last, middle[:, None] + self._at)
        alive = np.maximum(1e-6, self.survival[:, middle])
        answers = self.incidence[Cause.ANSWER]
        q: FloatArray = (answers[:, ahead] - answers[:, middle][:, :, None]) / alive[:, :, None]
        for cause, later in after:
            if self.incidence[cause][LEVEL_ONE, -1] < 1e-9:
                continue
            edges = np.minimum(last, middle[:, None] + 2 * np.arange(self._steps + 1))
            moves = np.diff(self.incidence[cause][:, edges], axis=2) / alive[:, :, None]
            left = self._at[None, :] - 2 * np.arange(self._steps)[:, None] - 1
            reach = later[0][:, np.maximum(0, left)] * (left > 0)
            q += moves @ reach
        return q


def _widened(by_age: FloatArray, more: int, mode: Literal["constant", "edge"]) -> FloatArray:
    return np.pad(by_age, [*[(0, 0)] * (by_age.ndim - 1), (0, more)], mode=mode)


def _bins_for(ring_timeout_s: float) -> int:
    return int(ring_timeout_s) + 17


def level_of(multiplier: float) -> int:
    """The level nearest to a multiplier."""
    return min(LEVELS - 1, max(0, round(_level(multiplier))))


def _level(multiplier: float) -> float:
    return LEVEL_ONE + math.log2(multiplier) * 8 / 3


def _between(table: FloatArray, multiplier: float) -> FloatArray:
    """The row of a multiplier between those of the levels next to it."""
    place = min(LEVELS - 1.0, max(0.0, _level(multiplier)))
    low = min(LEVELS - 2, int(place))
    part = place - low
    return np.asarray((1 - part) * table[low] + part * table[low + 1])


def _from_the_end(counts: FloatArray) -> FloatArray:
    return np.cumsum(counts[:, ::-1], axis=1)[:, ::-1].copy()


def _running(parts: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros((len(parts), 1)), np.cumsum(parts, axis=1)], axis=1)


def _halves(edges: FloatArray) -> FloatArray:
    """Values at whole seconds, with the middles put between them."""
    made = np.empty((len(edges), 2 * edges.shape[1] - 1))
    made[:, ::2] = edges
    made[:, 1::2] = 0.5 * (edges[:, 1:] + edges[:, :-1])
    return made
