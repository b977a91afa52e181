"""The calls of one floor as facts tell of them: in flight, waiting for an agent, talking.

Book-keeping, and what each end teaches: the answer law learns how calls end, the ledger counts people, each at the
time of the answer whenever it is known what they were: so that what is taken back is taken from where it was counted.
A fact about an unknown call, or one that means nothing for it, is told by False and changes nothing.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pacing.answers import AnswerLaw, Cause, Flight, Phase
from pacing.ledger import Ledger
from pacing.rows import FloatArray, Rows

CONNECT_TOLERANCE_S = 0.05  # a bridge takes a moment
WAIT_PATIENCE_S = 600.0
TALK_PATIENCE_S = 6 * 3600.0
FLIGHT_PATIENCE_S = 60.0  # beyond the ring time-out
GIVEN_UP_MAX = 200  # calls given up that may be answered after all
RECENT_ANSWERS, GIVEN_UP_ANSWERS = 20, 4  # so many of them by calls given up: calls ring for longer than was told ...
RING_SLACK = 1.25  # ... as long as those rang, and a quarter more
RING_MAX_S = 180.0


class Outcome(StrEnum):
    """How a call ended."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    MACHINE = "machine"  # by detection, or found by the agent
    ABANDONED = "abandoned"  # a person answered, and met no agent in time
    COMPLETED = "completed"
    CANCELLED = "cancelled"  # by us, while it rang


@dataclass(slots=True)
class Answered:
    """A call that was answered."""

    flight: Flight
    at: float
    agent: Hashable | None = None
    late: bool = False  # it counts as abandoned already


class CallBook:
    """Every live call, and the lessons of those that ended."""

    def __init__(self, law: AnswerLaw, ledger: Ledger, *, connect_within_s: float) -> None:
        self._law = law
        self._ledger = ledger
        self.connect_within_s = connect_within_s
        self._flying: dict[Hashable, Flight] = {}
        self._rows = Rows(2)  # when the phase began, first row of the answer table
        self._waiting: dict[Hashable, Answered] = {}
        self._talking: dict[Hashable, Answered] = {}
        self._given_up: dict[Hashable, Flight] = {}
        self._recent: deque[float] = deque(maxlen=RECENT_ANSWERS)  # how long calls given up rang, 0 for other answers
        self.rings_s = 0.0  # how long calls were found to ring at most, where that is longer than was told
        self.failures = 0  # calls in a row that failed at once

    @property
    def in_flight(self) -> int:
        """Calls placed and not answered yet."""
        return len(self._flying)

    @property
    def waiting(self) -> int:
        """Calls answered that have no agent yet."""
        return len(self._waiting)

    @property
    def talking(self) -> int:
        """Calls with an agent."""
        return len(self._talking)

    def agent_of(self, call: Hashable) -> Hashable | None:
        """The agent on the call, None without one."""
        known = self._talking.get(call)
        return known.agent if known else None

    def place(self, t: float, call: Hashable, segment: str, p_answer: float | None) -> bool:
        """The call is dialled."""
        if call in self._flying or call in self._waiting or call in self._talking:
            return False
        self._given_up.pop(call, None)
        flight = self._flying[call] = self._law.place(t, segment, p_answer)
        self._rows.put(call, (t, self._law.row_base(flight)))
        return True

    def move(self, t: float, call: Hashable, cause: Cause) -> bool:
        """The call makes progress, or rings."""
        flight = self._flying.get(call)
        goal = Phase.PROGRESS if cause is Cause.TO_PROGRESS else Phase.RINGING
        if flight is None or flight.phase >= goal:
            return False
        self._law.leave(flight, t, cause)
        self._rows.put(call, (t, self._law.row_base(flight)))
        self.failures = 0
        return True

    def answer(self, t: float, call: Hashable) -> bool:
        """A person answered, or what is taken for one; they wait from now on."""
        if call in self._flying:
            flight = self._land(t, call, Cause.ANSWER)
            self._recent.append(0.0)
        elif call in self._given_up:  # it rang for longer than anybody was told
            flight = self._given_up.pop(call)
            self._recent.append(t - flight.placed_at)
            if sum(rang > 0 for rang in self._recent) >= GIVEN_UP_ANSWERS:
                self.rings_s = max(self.rings_s, min(RING_MAX_S, RING_SLACK * max(self._recent)))
        else:
            return False
        self._waiting[call] = Answered(flight, t)
        self._ledger.add(t, answered=1)
        self.failures = 0
        return True

    def connect(self, t: float, call: Hashable, agent: Hashable) -> bool:
        """The call has its agent, or has been passed on to another one."""
        talking = self._talking.get(call)
        if talking is not None and talking.agent != agent:
            talking.agent = agent
            return True
        if call in self._flying or call in self._given_up:
            self.answer(t, call)
        known = self._waiting.pop(call, None)
        if known is None:
            return False
        known.agent = agent
        if t - known.at > self.connect_within_s + CONNECT_TOLERANCE_S:
            known.late = True
            self._ledger.late += 1
            self._ledger.add(known.at, abandoned=1)
        self._talking[call] = known
        return True

    def end(self, t: float, call: Hashable, outcome: Outcome) -> bool:
        """The call is over."""
        if call in self._flying:
            self._end_flying(t, call, outcome)
        elif call in self._waiting:
            self._end_waiting(t, self._waiting.pop(call), outcome)
        elif call in self._talking:
            self._end_talking(self._talking.pop(call), outcome)
        elif outcome in (Outcome.ABANDONED, Outcome.COMPLETED) and self.answer(t, call):
            self._end_waiting(t, self._waiting.pop(call), outcome)
        else:
            return self._given_up.pop(call, None) is not None
        return True

    def _end_flying(self, t: float, call: Hashable, outcome: Outcome) -> None:
        match outcome:
            case Outcome.ABANDONED | Outcome.COMPLETED:
                self.answer(t, call)
                self._end_waiting(t, self._waiting.pop(call), outcome)
            case Outcome.CANCELLED:
                self._land(t, call, Cause.CENSORED)
            case _:
                self._land(t, call, Cause.OTHER)
                self.failures = self.failures + 1 if outcome is Outcome.FAILED else 0

    def _end_waiting(self, t: float, known: Answered, outcome: Outcome) -> None:
        """Nobody served them: a machine, one who hung up early, or an abandoned person."""
        if outcome is Outcome.MACHINE:
            self._ledger.machines += 1
            self._ledger.add(known.at, answered=-1)
            self._law.served(known.flight, known.at, person=False)
            self._law.unserved(known.flight, known.at, abandoned=False)
        elif outcome is Outcome.ABANDONED or t - known.at > self.connect_within_s + CONNECT_TOLERANCE_S:
            self._ledger.add(known.at, abandoned=1)
            self._law.unserved(known.flight, known.at, abandoned=True)
        else:
            self._ledger.early_hangups += 1

    def _end_talking(self, known: Answered, outcome: Outcome) -> None:
        person = outcome is not Outcome.MACHINE
        self._law.served(known.flight, known.at, person=person)
        if not person:
            self._ledger.machines += 1
            self._ledger.add(known.at, answered=-1, abandoned=-1 if known.late else 0)

    def _land(self, t: float, call: Hashable, cause: Cause) -> Flight:
        flight = self._flying.pop(call)
        self._rows.remove(call)
        self._law.leave(flight, t, cause)
        return flight

    def lay_out(self) -> None:
        """Find the rows of all calls in flight anew: the table of answers has grown."""
        for call, flight in self._flying.items():
            self._rows.put(call, (flight.since, self._law.row_base(flight)))

    def answers(self, t: float) -> FloatArray:
        """Moments of the answers to come within each horizon: (3, horizons) mean, variance, third central moment."""
        used = self._rows.used
        ages = np.minimum(t - used[:, 0], self._law.bins - 1)
        rows = used[:, 1] + ages.astype(np.intp)
        total: FloatArray = np.add.reduce(self._law.table.take(rows.astype(np.intp), axis=0), axis=0)
        return total.reshape(3, -1)

    def answers_of(self, t: float, call: Hashable) -> FloatArray:
        """The same of one call in flight; KeyError where it is none."""
        since, row = self._rows[call]
        age = min(t - since, self._law.bins - 1)
        return np.asarray(self._law.table[int(row) + int(age)].reshape(3, -1))

    def exposure(self, t: float) -> FloatArray:
        """One row a call in flight: phase, age in the phase (s), multiplier."""
        rows = [(each.phase, t - each.since, each.multiplier) for each in self._flying.values()]
        return np.array(rows, dtype=np.float64).reshape(-1, 3)

    def sweep(self, t: float, ring_timeout_s: float) -> int:
        """Drop the calls whose end never came; how many. No state may wait for a message that may never come."""
        lost = [call for call, each in self._flying.items()
                if t - each.placed_at > ring_timeout_s + FLIGHT_PATIENCE_S]  # fmt: skip
        for call in lost:
            self._given_up[call] = self._land(t, call, Cause.CENSORED)
        for call in list(self._given_up)[:-GIVEN_UP_MAX]:
            del self._given_up[call]
        waits = [call for call, each in self._waiting.items() if t - each.at > WAIT_PATIENCE_S]
        talks = [call for call, each in self._talking.items() if t - each.at > TALK_PATIENCE_S]
        for call in waits:
            self._end_waiting(t, self._waiting.pop(call), Outcome.ABANDONED)
        for call in talks:
            del self._talking[call]
        return len(lost) + len(waits) + len(talks)
