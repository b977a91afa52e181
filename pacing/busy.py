"""When busy agents come free: the laws of talk and wrap-up, learned from those that ended and those that last.

Kaplan and Meier's estimator of both, each over the last SAMPLES; talks and wrap-ups in progress count as censored. It
estimates; it decides nothing.
"""

import numpy as np

from pacing.answers import HORIZONS_S, STEPS, IntArray
from pacing.rows import FloatArray

SAMPLES = 800
AGE_MAX_S = 3600
TALK_START_S = (12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 130.0, 180.0, 260.0, 400.0)
WRAP_START_S = (5.0, 8.0, 12.0, 16.0, 22.0, 32.0)
_TALK_EDGES = np.array([*range(0, 20, 2), *range(20, 60, 4), *range(60, 240, 15), *range(240, 1000, 100), 1800, 3600])
_WRAP_EDGES = np.array([*range(0, 24, 2), *range(24, 60, 4), *range(60, 300, 15), 300, 600, 3600])
TALK, WRAP = 1, 2


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
        return float(ended.sum() + running.sum()) / len(ended)

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


class BusyLaw:
    """The chance that a busy agent is free within each horizon, by phase and age."""

    def __init__(self, grace_s: float) -> None:
        self.talks = Durations(TALK_START_S)
        self.wraps = Durations(WRAP_START_S)
        self.grace_s = grace_s
        self._row_of: IntArray = self._rows_by_age()
        self.rebuild(np.zeros(0), np.zeros(0))

    @staticmethod
    def _rows_by_age() -> IntArray:
        """Row of `table` for (phase, age in whole seconds): phase 0 has the empty row 0, then talks, then wrap-ups."""
        ages = np.arange(AGE_MAX_S + 1)
        talk = np.searchsorted(_TALK_EDGES, ages, side="right")
        wrap = np.searchsorted(_WRAP_EDGES, ages, side="right") + len(_TALK_EDGES)
        return np.concatenate([np.zeros(len(ages), dtype=np.intp), talk, wrap])

    def rows(self, phase_base: FloatArray, ages: FloatArray) -> IntArray:
        """The rows of `table` of agents; phase_base is phase_base_of their phase, ages in seconds."""
        index = np.minimum(ages, AGE_MAX_S)
        index = index + phase_base
        return self._row_of.take(index.astype(np.intp), mode="clip")

    def rebuild(self, talking: FloatArray, wrapping: FloatArray) -> None:
        """Make the table anew; the ages in seconds of what is in progress."""
        horizons = np.concatenate([HORIZONS_S, HORIZONS_S + self.grace_s])
        self.handle_s = self.talks.mean(talking) + self.wraps.mean(wrapping)
        wrap, talk = self.wraps.survival(wrapping), self.talks.survival(talking)
        ages = _middles(_WRAP_EDGES)
        alive = wrap(ages)
        freed = alive[:, None] - wrap(ages[:, None] + horizons)
        wraps = (freed + 0.1 / wrap.count) / (alive[:, None] + 0.6 / wrap.count)
        ages = _middles(_TALK_EDGES)
        ends = -np.diff(talk(ages[:, None] + np.arange(STEPS + 3)), axis=1)
        left = horizons[None, :] - np.arange(STEPS + 2)[:, None] - 0.5
        after = np.where(left > 0, 1 - wrap(np.maximum(0.0, left)), 0.0)
        talks = (ends @ after) / (talk(ages)[:, None] + 0.3 / talk.count)
        share = np.clip(np.concatenate([np.zeros((1, len(horizons))), talks, wraps]), 0.0, 1.0)
        spread = share * (1 - share)
        self.table: FloatArray = np.concatenate([share, spread, spread * (1 - 2 * share)], axis=1)


def phase_base_of(phase: int) -> float:
    """What `rows` wants for a phase: 0 none, TALK, WRAP."""
    return float(phase * (AGE_MAX_S + 1))


def _middles(edges: IntArray) -> FloatArray:
    widths = np.append(np.diff(edges), 0)
    return np.asarray(edges + 0.5 * widths, dtype=np.float64)
