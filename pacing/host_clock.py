"""The clock of whoever drives `dialer pace`: late lines, clocks that are set back, and times that make no sense.

A single odd time must not wreck what was counted: a leap of years would make every window forget, and a clock that was
set back would stand still until it has caught up. No input or output; it only reads times.
"""

import math

LEAP_S = 86_400.0  # further ahead than that, a time is believed when the next line says so too
LATE_S = 60.0  # a line may come so much later than others; beyond that its clock may have been set back ...
LATE_LINES = 10  # ... which is believed of so many lines in a row


class HostClock:
    """Times of lines made into times that never go back, in seconds from the host's own origin."""

    def __init__(self) -> None:
        self.latest = -math.inf  # the origin is the host's affair: times may be below 0
        self.offset = 0.0  # what is added since the clock was set back
        self._leap: float | None = None
        self._late = 0
        self._late_at = -math.inf

    def read(self, told: float) -> str:
        """Take the time of a line; what is wrong with it, or nothing. `latest` is the time to go by."""
        t = told + self.offset
        if self.latest == -math.inf:
            self.latest = t
            return ""
        if t > self.latest + LEAP_S and (self._leap is None or abs(t - self._leap) > LEAP_S):
            self._leap = t
            return f"t is {told:g}, {t - self.latest:.0f} s ahead; believed once the next line says so too"
        self._leap = None
        if t < self.latest - LATE_S:
            return self._far_behind(t)
        self._late = 0
        self.latest = max(self.latest, t)
        return ""

    def _far_behind(self, t: float) -> str:
        """A late line; many of them in their own order are a clock that was set back."""
        self._late = self._late + 1 if t >= self._late_at else 1
        self._late_at = t
        if self._late < LATE_LINES:
            return ""
        behind_s = self.latest - t
        self.offset += behind_s
        self._late = 0
        return f"the clock was set back by {behind_s:.0f} s; times go on from where they were"
