"""A trunk as the carrier offers it: delay before anything is heard, lines, congestion, and hours of being broken."""

import random
from dataclasses import dataclass, replace

from dialer.core.outcomes import EndedBy, Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What the carrier of one trunk does."""

    delay_s: float = 3.0  # mean post-dial delay
    delay_sigma: float = 0.35
    congestion_share: float = 0.02  # of calls, at any time
    lines_max: int = 10_000  # the carrier's own limit: beyond it calls are refused
    bad_every_s: float = 0.0  # mean time between bad spells; 0 = none
    bad_for_s: float = 120.0  # mean length of a bad spell
    bad_mute_share: float = 0.5  # of bad spells: nothing is heard at all; the others refuse everything


NO_ROOM = Ending(cause=34, tech_cause=503, by=EndedBy.PERSON)


class Spells:
    """When a carrier is bad, and how. Drawn as time goes by."""

    def __init__(self, carrier: Carrier, draw: random.Random, start: float) -> None:
        self.carrier = carrier
        self._draw = draw
        self._from = self._until = start
        self._mute = False
        self._next(start)

    def at(self, now: float) -> str:
        """'' while the carrier is well, else 'mute' or 'refuses'."""
        if self.carrier.bad_every_s <= 0:
            return ""
        while now >= self._until:
            self._next(self._until)
        if now < self._from:
            return ""
        return "mute" if self._mute else "refuses"

    def heal(self) -> None:
        """No more bad spells."""
        self.carrier = replace(self.carrier, bad_every_s=0.0)

    def _next(self, after: float) -> None:
        if self.carrier.bad_every_s > 0:
            self._from = after + self._draw.expovariate(1 / self.carrier.bad_every_s)
            self._until = self._from + self._draw.expovariate(1 / self.carrier.bad_for_s)
            self._mute = self._draw.random() < self.carrier.bad_mute_share
