"""How likely a call is answered, and by the right party: learned from this centre's own calls.

A logistic model whose effects are drawn towards nothing by how little is known of them: of the hour of the day, of that
hour on such a day, of that very hour of the week, of the kind of number, of the segment, of how often the lead was
tried, and of what the number's own past says. What is rare thus takes what is known of its like. The newest calls are
kept out of the learning, and the model is bent until it is right about those (calibration). Pure.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What an effect is of, and how sure one is beforehand that there is none: the reciprocal of its variance.
PRIORS = {"hour": 4.0, "day_hour": 16.0, "week_hour": 40.0, "type": 4.0, "segment": 4.0, "tried": 4.0, "past": 2.0}
ROUNDS = 25
HELD_OUT = 0.2  # the newest calls
CALLS_MIN = 500  # of fewer nothing is learned
WORTH_MIN = 20  # calls that were answered, or not, below which nothing can be told apart
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of a lead and its number before a call."""

    type: str = ""
    segment: str = ""
    attempts: int = 0  # of the lead
    calls: int = 0  # of the number, and those of them that a person answered
    answers: int = 0
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call as it was, to learn from."""

    at: float
    asked: Asked
    answered: bool
    right_party: bool


@dataclass(frozen=True)
class Side:
    """One of the two questions: an effect for each level of each kind, in log odds, and the calibration."""

    base: float
    effects: tuple[tuple[str, float], ...]
    shift: float = 0.0
    slope: float = 1.0

    @cached_property
    def of(self) -> dict[str, float]:
        return dict(self.effects)

    def odds(self, levels: Iterable[str]) -> float:
        """Log odds before the calibration."""
        of = self.of
        return math.fsum((self.base, *(of.get(level, 0.0) for level in levels)))

    def p(self, levels: Iterable[str]) -> float:
        return _logistic(self.shift + self.slope * self.odds(levels))


@dataclass(frozen=True)
class Model:
    """What was learned, from how many calls."""

    answer: Side
    right: Side
    calls: int
    since: float
    until: float

    def answers(self, asked: Asked, at: float) -> float:
        """The probability that a person answers."""
        return self.answer.p(levels_of(asked, at))

    def right_party(self, asked: Asked, at: float) -> float:
        """The probability that the right party does."""
        return self.right.p(levels_of(asked, at))

    def explained(self, asked: Asked, at: float) -> tuple[tuple[str, float], ...]:
        """What each thing known of the lead does to the odds of a right party, as a factor; the strongest first."""
        of, slope = self.right.of, self.right.slope
        factors = [(level, math.exp(slope * of.get(level, 0.0))) for level in levels_of(asked, at)]
        return tuple(sorted(factors, key=lambda one: -abs(math.log(one[1]))))

    def best_hour(self, asked: Asked, hours: Sequence[float]) -> float | None:
        """Of these instants the one at which a right party is likeliest; the earliest among equals."""
        return max(hours, key=lambda at: (self.right_party(asked, at), -at), default=None)


def levels_of(asked: Asked, at: float) -> tuple[str, ...]:
    """The levels that hold for a call at that time."""
    local = datetime.fromtimestamp(at, UTC).astimezone(_zone(asked.zone))
    hour, weekday = local.hour, local.weekday()
    day = "weekday" if weekday < 5 else "saturday" if weekday == 5 else "sunday"
    return (
        f"hour:{hour}",
        f"day_hour:{day} {hour}",
        f"week_hour:{weekday} {hour}",
        f"type:{asked.type}",
        f"segment:{asked.segment}",
        f"tried:{_tried(asked.attempts)}",
        f"past:{_past(asked.calls, asked.answers)}",
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def _tried(attempts: int) -> str:
    for most, name in ((2, str(attempts)), (4, "3-4"), (8, "5-8")):
        if attempts <= most:
            return name
    return "9+"


def _past(calls: int, answers: int) -> str:
    if calls == 0:
        return "none"
    if answers == 0:
        return "no answer in 1-2" if calls <= 2 else "no answer in 3-5" if calls <= 5 else "no answer in 6+"
    return "often answers" if answers / calls >= 0.3 else "sometimes answers"


# ---------------------------------------------------------------- learning


def learn(attempts: Sequence[Attempt]) -> Model | None:
    """The model of these calls, oldest first; None where they are too few to tell anything."""
    cut = round(len(attempts) * (1 - HELD_OUT))
    if len(attempts) < CALLS_MIN:
        return None
    answered = np.array([one.answered for one in attempts], dtype=np.float64)
    right = np.array([one.right_party for one in attempts], dtype=np.float64)
    if min(answered.sum(), len(answered) - answered.sum()) < WORTH_MIN:
        return None
    levels = [levels_of(one.asked, one.at) for one in attempts]
    sides = [_side(levels, said, cut) for said in (answered, right)]
    return Model(sides[0], sides[1], len(attempts), attempts[0].at, attempts[-1].at)


def _side(levels: Sequence[tuple[str, ...]], said: Floats, cut: int) -> Side:
    names = sorted({level for of_one in levels[:cut] for level in of_one})
    number = {level: n for n, level in enumerate(names)}
    columns = [
        np.array([number.get(of_one[kind], -1) for of_one in levels], dtype=np.int64) for kind in range(len(PRIORS))
    ]
    base, effects = _fitted([column[:cut] for column in columns], said[:cut], names)
    padded = np.append(effects, 0.0)  # what was never seen has no effect
    odds = base + sum((padded[column[cut:]] for column in columns), np.zeros(len(said) - cut))
    shift, slope = _calibrated(odds, said[cut:])
    kept = tuple((name, round(float(effect), 5)) for name, effect in zip(names, effects, strict=True))
    return Side(round(base, 5), kept, shift, slope)


def _fitted(columns: Sequence[NDArray[np.int64]], said: Floats, names: Sequence[str]) -> tuple[float, Floats]:
    """Base and effects that make the calls likeliest, given the priors: by Newton, one kind of level after another."""
    share = min(1 - 1e-4, max(1e-4, float(said.mean())))
    base = math.log(share / (1 - share))
    effects = np.zeros(len(names))
    strengths = np.array([PRIORS[name.split(":")[0]] for name in names])
    odds = np.full(len(said), base)
    for _ in range(ROUNDS):
        moved = 0.0
        for column in columns:
            p = _logistics(odds)
            pull = np.bincount(column, said - p, len(names)) - strengths * effects
            hold = np.bincount(column, p * (1 - p), len(names)) + strengths
            step = np.where(np.bincount(column, minlength=len(names)) > 0, pull / hold, 0.0)
            effects += step
            odds += step[column]
            moved = max(moved, float(np.abs(step).max(initial=0.0)))
        p = _logistics(odds)
        step_base = float((said - p).sum() / max(1e-9, (p * (1 - p)).sum()))
        base += step_base
        odds += step_base
        if max(moved, abs(step_base)) < 1e-4:
            break
    return base, effects


def _calibrated(odds: Floats, said: Floats) -> tuple[float, float]:
    """Shift and slope that make the model right about calls that it did not learn from."""
    shift, slope = 0.0, 1.0
    if min(said.sum(), len(said) - said.sum()) < WORTH_MIN:
        return shift, slope
    for _ in range(ROUNDS):
        p = _logistics(shift + slope * odds)
        weight = p * (1 - p) + 1e-9
        gradient = np.array([(said - p).sum(), ((said - p) * odds).sum()])
        cross = (weight * odds).sum()
        hessian = np.array([[weight.sum() + 1e-6, cross], [cross, (weight * odds * odds).sum() + 1e-6]])
        step = np.linalg.solve(hessian, gradient)
        shift, slope = shift + float(step[0]), slope + float(step[1])
        if np.abs(step).max() < 1e-6:
            break
    if not 0.1 <= slope <= 10:  # it told nothing apart there: keep it as it was learned
        return 0.0, 1.0
    return round(shift, 5), round(slope, 5)


def _logistics(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float64)


def _logistic(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(30.0, max(-30.0, odds))))


# ---------------------------------------------------------------- how good it is


@dataclass(frozen=True, slots=True)
class Merit:
    """How a model does on calls that it did not learn from. `lift`: right parties among the tenth and the half of the
    calls that it puts first, over those in as many taken by chance. `off` is the mean distance between what was
    foretold and what came, by tenths of the calls (0 = right)."""

    calls: int
    right_parties: int
    lift_tenth: float
    lift_half: float
    off: float


def merit(attempts: Sequence[Attempt]) -> Merit | None:
    """Learn from the older part of the calls and try it on the newer, so that nothing is tried on what taught it."""
    cut = round(len(attempts) * (1 - HELD_OUT))
    model = learn(attempts[:cut])
    held = attempts[cut:]
    right = sum(one.right_party for one in held)
    if model is None or not right:
        return None
    foretold = sorted(((model.right_party(one.asked, one.at), one.right_party) for one in held), reverse=True)
    share = right / len(held)
    tenths = [foretold[n * len(held) // 10 : (n + 1) * len(held) // 10] for n in range(10)]
    off = [abs(math.fsum(p for p, _ in tenth) - sum(said for _, said in tenth)) for tenth in tenths if tenth]
    return Merit(
        calls=len(held),
        right_parties=right,
        lift_tenth=_share(foretold[: max(1, len(held) // 10)]) / share,
        lift_half=_share(foretold[: max(1, len(held) // 2)]) / share,
        off=math.fsum(off) / len(held),
    )


def _share(foretold: Sequence[tuple[float, bool]]) -> float:
    return sum(said for _, said in foretold) / len(foretold)
