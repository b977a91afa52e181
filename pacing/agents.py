"""The agents of one floor as facts tell of them: free, talking, wrapping up, leaving.

Book-keeping with one lesson drawn on the way: how long talks and wrap-ups last goes to the law of busy agents. Repeated
facts change nothing.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from pacing.answers import IntArray
from pacing.busy import KINDS, TALK, WRAP, BusyLaw, phase_base_of, wrap_after
from pacing.horizons import COUNT
from pacing.rows import FloatArray, Rows

READY = 0
OVERDUE_S = 3.0  # a countdown that ran out so long ago is not believed any more
STAYED_S = 30.0  # a free agent who was to leave so long ago has stayed after all
_BASE, _SINCE, _FREE_AT, _FREE_BY = 0, 1, 2, 3
_NOBODY: FloatArray = np.zeros(0)


@dataclass(slots=True)
class Agent:
    """One agent who is signed in."""

    phase: int = READY  # a wrap-up: WRAP
    since: float = 0.0
    wrap: int = WRAP  # of a wrap-up: which kind, by the talk before it
    free_at: float = math.inf  # known end of wrap-up
    free_by: float = math.inf  # its latest end; it may come at any time before
    leaves_at: float = math.inf

    def gone(self, t: float) -> bool:
        """Whether a free agent is known to leave now: one who was to leave some time ago and is there still, stays."""
        return self.leaves_at <= t < self.leaves_at + STAYED_S


class AgentBook:
    """Who is signed in, and what they do."""

    def __init__(self, law: BusyLaw) -> None:
        self._law = law
        self._agents: dict[Hashable, Agent] = {}
        self._rows = Rows(4)
        self._leaving: dict[Hashable, Agent] = {}
        self._leave_from = math.inf  # the soonest of their times: before it nobody needs to be looked at
        self._ends_known = self._ends_limited = 0  # wrap-ups whose end, or whose latest end, is known
        self.ready = 0

    def __len__(self) -> int:
        return len(self._agents)

    def __contains__(self, agent: Hashable) -> bool:
        return agent in self._agents

    def phase_of(self, agent: Hashable) -> int | None:
        """What the agent does, None for one who is not signed in."""
        known = self._agents.get(agent)
        return known.phase if known else None

    def enter(self, t: float, agent: Hashable, phase: int, *, since: float | None = None) -> None:
        """The agent is in the phase from t on; a newcomer is signed in, who may have been in it `since` before."""
        known = self._agents.get(agent)
        if known is None:
            known = self._agents[agent] = Agent(phase, t if since is None else min(t, since))
            self.ready += phase == READY
        elif known.phase == phase:
            return
        else:
            self._learn(known, t, phase)
            self.ready += (phase == READY) - (known.phase == READY)
            known.phase, known.since = phase, t
        self._set_end(known)
        self._write(agent, known)

    def _learn(self, known: Agent, t: float, phase: int) -> None:
        if known.phase == TALK:
            known.wrap = wrap_after(t - known.since)
            self._law.talks.add(t - known.since)
            if phase == READY:
                self._law.wrapped(0.0, known.wrap)
        elif known.phase == WRAP:
            self._law.wrapped(t - known.since, known.wrap)
            known.wrap = WRAP

    def free_at(self, agent: Hashable, at: float) -> bool:
        """The agent's wrap-up ends then; False where there is no such agent in wrap-up."""
        return self._ends(agent, free_at=at)

    def free_by(self, agent: Hashable, at: float) -> bool:
        """The agent's wrap-up ends then at the latest; False where there is no such agent in wrap-up."""
        return self._ends(agent, free_by=at)

    def _ends(self, agent: Hashable, *, free_at: float = math.inf, free_by: float = math.inf) -> bool:
        known = self._agents.get(agent)
        if known is None or known.phase != WRAP:
            return False
        self._set_end(known, free_at, free_by)
        self._write(agent, known)
        return True

    def _set_end(self, known: Agent, free_at: float = math.inf, free_by: float = math.inf) -> None:
        self._ends_known += math.isfinite(free_at) - math.isfinite(known.free_at)
        self._ends_limited += math.isfinite(free_by) - math.isfinite(known.free_by)
        known.free_at, known.free_by = free_at, free_by

    def leaves_at(self, agent: Hashable, at: float) -> bool:
        """The agent leaves then (infinity: stays after all); False where there is no such agent."""
        known = self._agents.get(agent)
        if known is None:
            return False
        known.leaves_at = at
        if math.isfinite(at):
            self._leaving[agent] = known
            self._leave_from = min(self._leave_from, at)
        else:
            self._stay(agent)
        return True

    def _stay(self, agent: Hashable) -> None:
        if self._leaving.pop(agent, None) is not None:
            self._leave_from = min((each.leaves_at for each in self._leaving.values()), default=math.inf)

    def remove(self, agent: Hashable) -> bool:
        """The agent is gone; False where there was no such agent."""
        known = self._agents.pop(agent, None)
        if known is None:
            return False
        self._set_end(known)
        self.ready -= known.phase == READY
        self._stay(agent)
        self._rows.remove(agent)
        return True

    @staticmethod
    def _base_of(known: Agent) -> float:
        return phase_base_of(known.wrap if known.phase == WRAP else known.phase)

    def _write(self, agent: Hashable, known: Agent) -> None:
        believed = math.isfinite(known.free_at)  # then the countdown tells, not the law
        base = 0.0 if believed else self._base_of(known)
        self._rows.put(agent, (base, known.since, known.free_at, known.free_by))

    def free(self, t: float) -> int:
        """Agents free now who do not leave now."""
        if t < self._leave_from:
            return self.ready
        return self.ready - sum(1 for each in self._leaving.values() if each.phase == READY and each.gone(t))

    def staying(self, t: float) -> int:
        """Agents signed in who do not leave now."""
        if t < self._leave_from:
            return len(self._agents)
        leaving = self._leaving.values()
        gone = sum(1 for each in leaving if (each.gone(t) if each.phase == READY else each.leaves_at <= t))
        return len(self._agents) - gone

    def ages(self, t: float) -> tuple[FloatArray, dict[int, FloatArray]]:
        """Ages in seconds of the talks, and by kind of the wrap-ups, in progress."""
        used = self._rows.used
        phases = used[:, _BASE]
        ages = t - used[:, _SINCE]
        wraps = {kind: ages[phases == phase_base_of(kind)] for kind in range(WRAP, WRAP + KINDS + 1)}
        return ages[phases == phase_base_of(TALK)], wraps

    def releases(self, t: float) -> tuple[FloatArray, FloatArray | None]:
        """The agents to come free within each horizon and each horizon plus grace: those by chance, those known.

        By chance: mean, variance and third central moment, (3, 2, horizons). Known by countdown, less the free ones
        who are known to leave: (2, horizons), by the share of the interval before each horizon; None where nothing is
        known.
        """
        used = self._rows.used
        rows = self._law.rows(used[:, _BASE], t - used[:, _SINCE])
        total: FloatArray = np.add.reduce(self._law.table.take(rows, axis=0), axis=0).reshape(3, 2, -1)
        # The end of the last interval: what comes later is nothing to it.
        ends_at = t + self._law.horizons.last_s + self._law.grace_s
        left = used[:, _FREE_AT] - t if self._ends_known else _NOBODY
        left = left[np.isfinite(left)]
        soon = (used[:, _FREE_BY] < ends_at).nonzero()[0] if self._ends_limited else _NOBODY
        leavers = (
            [each for each in self._leaving.values() if each.leaves_at < ends_at] if ends_at > self._leave_from else []
        )
        if not (len(left) or len(soon) or leavers):
            return total, None
        sure = self._freed(left) if len(left) else np.zeros((2, COUNT))
        if len(soon):
            self._take_latest(used[soon, _FREE_BY] - t, rows[soon], total, sure)
        self._take_leavers(t, leavers, total, sure)
        return total, sure

    def _take_latest(self, left: FloatArray, rows: IntArray, total: FloatArray, sure: FloatArray) -> None:
        """Where a wrap-up is to end within an interval at the latest, that is known, and no longer left to the law."""
        ended = self._ended(left)
        law = self._law.table.take(rows, axis=0).reshape(len(rows), 3, 2, -1)
        total -= np.add.reduce(law * ended[:, None], axis=0)
        sure += np.add.reduce(ended, axis=0)

    def _freed(self, left: FloatArray) -> FloatArray:
        """Agents whose countdowns have so many seconds left, by the share of each interval in which they are free."""
        return np.asarray(np.add.reduce(self._ended(left), axis=0))

    def _ended(self, left: FloatArray) -> FloatArray:
        """The same of each of them: (agents, 2, horizons). One who is long overdue is not believed in any more."""
        return np.asarray(
            self._passed(left[:, None, None]) * np.minimum(1.0, np.maximum(0.0, left + OVERDUE_S))[:, None, None]
        )

    def _passed(self, left: FloatArray) -> FloatArray:
        """How much of the interval that ends at each horizon, and horizon plus grace, lies after `left` seconds."""
        passed = (self._law.ends_s - left) / self._law.horizons.widths_s
        return np.asarray(np.minimum(1.0, np.maximum(0.0, passed)))

    def _take_leavers(self, t: float, leavers: Sequence[Agent], total: FloatArray, sure: FloatArray) -> None:
        """All of them together: at the end of a shift that is everybody."""
        ready = [each.leaves_at - t for each in leavers if each.phase == READY and each.leaves_at > t]
        if ready:
            sure -= np.add.reduce(self._passed(np.array(ready)[:, None, None]), axis=0)
        busy = [each for each in leavers if each.phase != READY]
        if not busy:
            return
        left = np.array([(each.leaves_at, each.free_at, min(each.free_at, each.free_by)) for each in busy]) - t
        gone = self._passed(left[:, 0, None, None])
        limited = np.isfinite(left[:, 2])
        if limited.any():
            ended = np.zeros(gone.shape)
            ended[limited] = self._ended(left[limited, 2])
            sure -= np.add.reduce(np.minimum(gone, ended), axis=0)
            gone = gone * (1 - ended)
        by_law = (~np.isfinite(left[:, 1])).nonzero()[0]
        if len(by_law):
            bases = np.array([self._base_of(busy[n]) for n in by_law])
            ages = t - np.array([busy[n].since for n in by_law])
            law = self._law.table.take(self._law.rows(bases, ages), axis=0).reshape(-1, 3, 2, COUNT)
            total -= np.add.reduce(law * gone[by_law, None], axis=0)
