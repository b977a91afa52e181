"""Answers that cease all at once, and may come back as suddenly: a carrier that swallows calls, a list of dead numbers.

What is learned of answers then says that hardly any call is answered, so that it would take thousands to find the
agents something to do; if the next of them are answered as before, hundreds of people meet nobody. So while answers
are missing, calls in flight are held to what would be enough if they came as they last did. It estimates; it decides
nothing.
"""

from collections import deque

RECENT = 20  # answers that tell how they last came
FIRST_GAP = 4.0  # calls for each of them, before any
STRETCH = 8.0  # no answer counts for more than so many usual gaps: an outage says nothing of what follows it
LEAN = 0.6  # answers are missed by this share of what was usual, so that a rate that falls by a third is none
HARDLY, CERTAINLY = 5.0, 15.0  # answers missing: from where on, and up to where it counts


class Silence:
    """How often calls were answered of late, and how many answers are missing by that."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque([FIRST_GAP] * RECENT, maxlen=RECENT)
        self._gap = 0.0
        self._heard = 0
        self.missing = 0.0

    @property
    def usual_share(self) -> float:
        """Answers for each call, by the last RECENT answers."""
        return RECENT / sum(self._gaps)

    @property
    def share(self) -> float:
        """The share of answers that is to be reckoned with, however few there are: 0 where none is missing."""
        return self.usual_share * max(0.0, (self.missing - HARDLY) / (CERTAINLY - HARDLY))

    def pass_by(self, calls: float) -> None:
        """The ringing of so many calls has passed."""
        self._gap += calls
        self.missing = min(CERTAINLY, self.missing + LEAN * self.usual_share * calls)

    def hear(self, answered: int, share: float) -> None:
        """So many calls have been answered up to now, since the start; `share` of all calls are, as is learned."""
        new = answered - self._heard
        if new <= 0:
            return
        self._heard = answered
        self.missing = max(0.0, self.missing - new)
        gap = min(max(1.0, self._gap / new), STRETCH / self.usual_share)
        if not self._gap:  # told of the past, after a restart: how often was not heard
            gap = 1 / max(1e-3, share)
        self._gaps.extend([gap] * min(new, RECENT))
        self._gap = 0.0
