"""Answers that cease all at once, and may come back as suddenly: a carrier that swallows calls, a list of dead numbers.

What is learned of answers then says that hardly any call is answered, so that it would take thousands to find the
agents something to do; if the next of them are answered as before, hundreds of people meet nobody, and more of them
until that has been learned too. So the share that is learned is held against how often calls were answered when they
last were: where it is far below, calls in flight are held to what would be enough by that. It estimates; it decides
nothing.
"""

from collections import deque

RECENT = 20  # answers that tell how they last came
FIRST_GAP = 4.0  # calls for each of them, before any
STRETCH = 8.0  # no answer counts for more than so many usual gaps: an outage says nothing of what follows it
BELOW, FAR_BELOW = 0.5, 0.2  # of the usual share: from where on that counts in part, and where wholly


class Silence:
    """How often calls were answered when they last were."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque([FIRST_GAP] * RECENT, maxlen=RECENT)
        self._gap = 0.0
        self._heard = 0

    @property
    def usual_share(self) -> float:
        """Answers for each call, by the last RECENT answers."""
        return RECENT / sum(self._gaps)

    def share(self, learned: float) -> float:
        """The share of answers that is to be reckoned with at least, where so many are to be expected; 0: no such."""
        usual = self.usual_share
        return usual * min(1.0, max(0.0, (BELOW - learned / usual) / (BELOW - FAR_BELOW)))

    def pass_by(self, calls: float) -> None:
        """The ringing of so many calls has passed."""
        self._gap += calls

    def hear(self, answered: int, learned: float) -> None:
        """So many calls have been answered up to now, since the start; `learned` is the share of all calls."""
        new = answered - self._heard
        if new <= 0:
            return
        self._heard = answered
        gap = min(max(1.0, self._gap / new), STRETCH / self.usual_share)
        if not self._gap:  # told of the past, after a restart: how often was not heard
            gap = 1 / max(1e-3, learned)
        self._gaps.extend([gap] * min(new, RECENT))
        self._gap = 0.0
