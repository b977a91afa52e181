"""When busy agents come free: the laws of talk and wrap-up, learned from those that ended and those that last.

Kaplan and Meier's estimator of both, each over the last SAMPLES; talks and wrap-ups in progress count as censored. How
long a wrap-up lasts depends on the talk before it: after a machine or a wrong number little is to be written. So there
is a law of wrap-ups after short, middling and long talks, each drawn towards that of all. It estimates; it decides
nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np

from pacing.answers import IntArray
from pacing.horizons import USUAL, Horizons
from pacing.rows import FloatArray

SAMPLES = 800
AGE_MAX_S = 3600
TALK_START_S = (12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 130.0, 180.0, 260.0, 400.0)
WRAP_START_S = (5.0, 8.0, 12.0, 16.0, 22.0, 32.0)
_TALK_EDGES = np.array([*range(0, 20, 2), *range(20, 60, 4), *range(60, 240, 15), *range(240, 1000, 100), 1800, 3600])
_WRAP_EDGES = np.array([*range(0, 24, 2), *range(24, 60, 4), *range(60, 300, 15), 300, 600, 3600])
TALK, WRAP = 1, 2  # WRAP after a talk of unknown length; WRAP + 1, 2, 3 by its length
TALK_LENGTHS_S = (15.0, 60.0)  # between short, middling and long talks
KINDS = len(TALK_LENGTHS_S) + 1
DRAWN = 20.0  # the law of all wrap-ups counts as so many of each kind


def wrap_after(talk_s: float) -> int:
    """The phase of a wrap-up after a talk so long."""
    return WRAP + 1 + sum(talk_s >= edge for edge in TALK_LENGTHS_S)


class Durations:
    """The last SAMPLES durations of one kind, and their survival function."""

    def __init__(self, start: tuple[float, ...]) -> None:
        self._ring: FloatArray = np.zeros(SAMPLES)
        self._ring[: len(start)] = start
        self._count = len(start)

    def add(self, seconds: float) -> None:
        """Count one that ended."""
        self._ring[self._count % SAMPLES] = max(0.0, seconds)
        self._count += 1

    def mean(self, running: FloatArray) -> float:
        """Mean seconds: all time spent, also by those in progress, over those that ended."""
        ended = self._ring[: min(self._count, SAMPLES)]
        return float(ended.sum() + running.sum()) / max(1, len(ended))

    def survival(self, running: FloatArray) -> "Survival":
        """Kaplan and Meier's estimate; `running` are the ages of those in progress."""
        ended = self._ring[: min(self._count, SAMPLES)]
        times = np.concatenate([ended, running])
        lasts = np.concatenate([np.zeros(len(ended)), np.ones(len(running))])
        order = np.lexsort((lasts, times))
        at_risk = len(times) - np.arange(len(times))
        left = np.cumprod(1 - (1 - lasts[order]) / at_risk)
        return Survival(times[order], np.concatenate([[1.0], left]), len(times))


class Survival:
    """A step function: the share that lasts longer than a time."""

    def __init__(self, times: FloatArray, left: FloatArray, count: int) -> None:
        self._times = times
        self._left = left
        self.count = count

    def __call__(self, at: FloatArray) -> FloatArray:
        return np.asarray(self._left[np.searchsorted(self._times, at, side="right")])


Law = Callable[[FloatArray], FloatArray]  # the share that lasts longer than each of these times


class BusyLaw:
    """The chance that a busy agent is free within each horizon, by phase and age."""

    def __init__(self, grace_s: float, horizons: Horizons = USUAL) -> None:
        self.talks = Durations(TALK_START_S)
        self.wraps = Durations(WRAP_START_S)
        self.wraps_after = {WRAP + 1 + kind: Durations(()) for kind in range(KINDS)}
        self.look(grace_s, horizons)
        self._row_of: IntArray = self._rows_by_age()
        self.rebuild(np.zeros(0), {})

    def look(self, grace_s: float, horizons: Horizons) -> None:
        """How long callers may wait, and how far ahead is looked. The table is to be made anew."""
        self.grace_s = grace_s
        self.horizons = horizons
        self.ends_s: FloatArray = np.stack([horizons.ends_s, horizons.ends_s + grace_s])

    @staticmethod
    def _rows_by_age() -> IntArray:
        """Row of `table` for (phase, age in whole seconds): phase 0 has the empty row 0, then talks, then wrap-ups."""
        ages = np.arange(AGE_MAX_S + 1)
        talk = np.searchsorted(_TALK_EDGES, ages, side="right")
        wrap = np.searchsorted(_WRAP_EDGES, ages, side="right") + len(_TALK_EDGES)
        wraps = [wrap + kind * len(_WRAP_EDGES) for kind in range(KINDS + 1)]
        return np.concatenate([np.zeros(len(ages), dtype=np.intp), talk, *wraps])

    def wrapped(self, seconds: float, phase: int) -> None:
        """Count a wrap-up that ended; `phase` is its own."""
        self.wraps.add(seconds)
        if phase in self.wraps_after:
            self.wraps_after[phase].add(seconds)

    def rows(self, phase_base: FloatArray, ages: FloatArray) -> IntArray:
        """The rows of `table` of agents; phase_base is phase_base_of their phase, ages in seconds."""
        index = np.minimum(ages, AGE_MAX_S)
        index = index + phase_base
        return self._row_of.take(index.astype(np.intp), mode="clip")

    def rebuild(self, talking: FloatArray, wrapping: dict[int, FloatArray]) -> None:
        """Make the table anew; the ages in seconds of what is in progress, of wrap-ups by their phase."""
        horizons = self.ends_s.ravel()
        every = np.concatenate([np.zeros(0), *wrapping.values()])
        self.handle_s = self.talks.mean(talking) + self.wraps.mean(every)
        talk, whole = self.talks.survival(talking), self.wraps.survival(every)
        wraps: list[Law] = [whole]
        for phase, durations in self.wraps_after.items():
            own = durations.survival(wrapping.get(phase, np.zeros(0)))
            wraps.append(_drawn(own, whole))
        ages = _middles(_WRAP_EDGES)
        freed = [_freed(wrap, whole.count, ages, horizons) for wrap in wraps]
        share = np.concatenate([np.zeros((1, len(horizons))), self._talks(talk, wraps[1:], horizons), *freed])
        share = np.clip(share, 0.0, 1.0)
        spread = share * (1 - share)
        self.table: FloatArray = np.concatenate([share, spread, spread * (1 - 2 * share)], axis=1)

    def _talks(self, talk: Survival, wraps: Sequence[Law], horizons: FloatArray) -> FloatArray:
        """Talks by age: each ends after some seconds more, and the wrap-up goes by the length it will then have."""
        ages = _middles(_TALK_EDGES)
        later = ages[:, None] + np.arange(self.horizons.steps + 3)
        ends = -np.diff(talk(later), axis=1)
        left = horizons[None, :] - np.arange(self.horizons.steps + 2)[:, None] - 0.5
        kinds = np.searchsorted(TALK_LENGTHS_S, later[:, :-1] + 0.5, side="right")
        freed: FloatArray = np.zeros((len(ages), len(horizons)))
        for kind, wrap in enumerate(wraps):
            after = np.where(left > 0, 1 - wrap(np.maximum(0.0, left)), 0.0)
            freed += (ends * (kinds == kind)) @ after
        return np.asarray(freed / (talk(ages)[:, None] + 0.3 / talk.count))


def _drawn(own: Survival, whole: Survival) -> Law:
    """The law of one kind of wrap-ups, drawn towards that of all while few of its own are known."""
    part = own.count / (own.count + DRAWN)
    return lambda at: np.asarray(part * own(at) + (1 - part) * whole(at))


def _freed(wrap: Law, count: int, ages: FloatArray, horizons: FloatArray) -> FloatArray:
    """Wrap-ups by age: the chance of an end within each horizon."""
    alive = wrap(ages)
    ended = alive[:, None] - wrap(ages[:, None] + horizons)
    return np.asarray((ended + 0.1 / count) / (alive[:, None] + 0.6 / count))


def phase_base_of(phase: int) -> float:
    """What `rows` wants for a phase: 0 none, TALK, WRAP and those after it."""
    return float(phase * (AGE_MAX_S + 1))


def _middles(edges: IntArray) -> FloatArray:
    widths = np.append(np.diff(edges), 0)
    return np.asarray(edges + 0.5 * widths, dtype=np.float64)
