"""One campaign's floor: agents, calls, what was learned of them, and the ledger, kept up to date together.

What every policy looks at. It decides nothing.
"""

import math

from pacing.agents import AgentBook
from pacing.answers import AnswerLaw
from pacing.busy import BusyLaw
from pacing.calls import CallBook
from pacing.horizons import Horizons
from pacing.ledger import Ledger
from pacing.settings import Settings
from pacing.silence import Silence

SMOOTHED_S = 600.0
REBUILD_S = 45.0
REBUILD_SOONEST_S = 2.0  # a tenth more knowledge is enough, and so is a sudden change


class Floor:
    """The books and laws of one campaign."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ring_s = settings.ring_timeout_s  # how long calls ring: as told, or as long as they were found to
        self.answers = AnswerLaw(self.ring_s)
        self.busy = BusyLaw(settings.connect_within_s, self.answers.horizons)
        self.ledger = Ledger(settings)
        self.agents = AgentBook(self.busy)
        self.calls = CallBook(self.answers, self.ledger, connect_within_s=settings.connect_within_s)
        self.closes_at: float | None = None
        self.lost_calls = 0
        self._rebuilt_at: float | None = None
        self._rebuilt_calls = self._rebuilt_resets = 0
        self.silence = Silence()
        self.coming = self.calls.answers(0.0)  # moments of the answers to come, as of the last refresh
        self.occupancy = 0.0  # share of agents in talk or wrap-up, smoothed over SMOOTHED_S
        # Agents signed in, averaged since the first of them came, at most over SMOOTHED_S: nights leave no trace.
        self.staff = 0.0
        self._staffed_at: float | None = None
        self._seen_at: float | None = None

    @property
    def horizons(self) -> Horizons:
        """How far ahead is looked."""
        return self.answers.horizons

    def change(self, settings: Settings) -> None:
        """Go by other settings; estimates and ledger are kept."""
        self.settings = settings
        self.ledger.change(settings)
        self.calls.connect_within_s = settings.connect_within_s
        self._look()

    def _look(self) -> None:
        """Look as far ahead as calls ring; tables are made anew."""
        self.ring_s = max(self.settings.ring_timeout_s, self.calls.rings_s)
        if self.answers.ring_for(self.ring_s):
            self.calls.lay_out()
        self.busy.look(self.settings.connect_within_s, self.horizons)
        self._rebuilt_at = None

    def refresh(self, t: float) -> None:
        """Bring everything up to t: agents at once, tables and forgetting where it is time."""
        self._hear(t)
        self._see_agents(t)
        if self.calls.rings_s > self.ring_s:
            self._look()
        self._learn(t)
        self.silence.hear(self.answers.answered, self.answers.answer_share)
        self.coming = self.calls.answers(t)

    def _hear(self, t: float) -> None:
        """How many calls' ringing has passed since the last refresh."""
        if self._seen_at is not None and t > self._seen_at:
            expected = self.horizons.read(self.coming[0], t - self._seen_at)
            self.silence.pass_by(expected / max(1e-9, self.answers.answer_share))

    def _learn(self, t: float) -> None:
        """Tables and forgetting, where it is time: also as soon as the answer rate has changed all at once."""
        since = REBUILD_S if self._rebuilt_at is None else t - self._rebuilt_at
        learned = self.answers.calls - self._rebuilt_calls
        known = min(self._rebuilt_calls, self.answers.memory)
        news = learned > 0.1 * (known + 20) or self.answers.resets != self._rebuilt_resets
        if since < REBUILD_S and not (since >= REBUILD_SOONEST_S and news):
            return
        self._rebuilt_at, self._rebuilt_calls, self._rebuilt_resets = t, self.answers.calls, self.answers.resets
        self.lost_calls += self.calls.sweep(t, self.ring_s)
        self.ledger.roll(t)
        self.answers.rebuild(self.calls.exposure(t))
        self.busy.rebuild(*self.agents.ages(t))

    def _see_agents(self, t: float) -> None:
        """Exponential smoothing by time, so that the rhythm of decisions does not matter."""
        agents = len(self.agents)
        busy = 1 - self.agents.ready / agents if agents else 0.0
        passed = 0.0 if self._seen_at is None else t - self._seen_at
        self.occupancy += (busy - self.occupancy) * -math.expm1(-passed / SMOOTHED_S)
        if not agents:
            self._staffed_at = None
        elif self._staffed_at is None:
            self._staffed_at, self.staff = t, float(agents)
        elif passed:
            memory_s = min(SMOOTHED_S, t - self._staffed_at)
            self.staff += (agents - self.staff) * -math.expm1(-passed / memory_s)
        self._seen_at = t
