"""A trunk as the carrier offers it: delay before anything is heard, limits, false answers, and bad spells."""

import random
from collections import deque
from dataclasses import dataclass, replace

from dialer.core.outcomes import EndedBy, Ending
from simulation.world.bounds import bounded
from simulation.world.people import Fate, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What the carrier of one trunk does."""

    delay_s: float = 3.0  # mean post-dial delay; 0 = none
    delay_sigma: float = 0.35
    congestion_share: float = 0.02  # of calls, at any time
    lines_max: int = 10_000  # the carrier's own limit: beyond it calls are refused
    calls_per_second: float = 0.0  # beyond it calls are refused; 0 = no limit
    false_answer_share: float = 0.0  # of calls: the carrier answers by itself, with a voice of its own
    false_answer_s: float = 20.0  # how long that voice goes on
    bad_every_s: float = 0.0  # mean time between bad spells; 0 = none
    bad_for_s: float = 120.0  # mean length of a bad spell
    bad_mute_share: float = 0.5  # of bad spells: nothing is heard at all; the others refuse everything

    def __post_init__(self) -> None:
        bounded(self)
        if self.bad_every_s > 0 and self.bad_for_s <= 0:
            raise ValueError("bad_for_s is above 0 where there are bad spells")


NO_ROOM = Ending(cause=34, tech_cause=503, by=EndedBy.PERSON)


class Spells:
    """When a carrier is bad, and how; and whether it has room. Drawn as time goes by."""

    def __init__(self, carrier: Carrier, draw: random.Random, start: float) -> None:
        self.carrier = carrier
        self._draw = draw
        self._from = self._until = start
        self._mute = False
        self._taken = deque[float]()  # calls of the last second
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

    def takes(self, now: float) -> bool:
        """Whether one call more fits into this second; it is counted where it does."""
        limit = self.carrier.calls_per_second
        if limit <= 0:
            return True
        taken = self._taken
        while taken and taken[0] <= now - 1.0:
            taken.popleft()
        if len(taken) >= max(1.0, limit):
            return False
        taken.append(now)
        return True

    def heal(self) -> None:
        """No more bad spells."""
        self.carrier = replace(self.carrier, bad_every_s=0.0)

    def _next(self, after: float) -> None:
        if self.carrier.bad_every_s > 0:
            self._from = after + self._draw.expovariate(1 / self.carrier.bad_every_s)
            self._until = self._from + self._draw.expovariate(1 / self.carrier.bad_for_s)
            self._mute = self._draw.random() < self.carrier.bad_mute_share


def falsely_answered(fate: Fate, carrier: Carrier, delay_s: float) -> Fate:
    """The carrier itself answers, whatever the person would have done."""
    return replace(
        fate, kind=Kind.ANNOUNCEMENT, sign_at_s=None, over_at_s=delay_s, refusal=None, talk_s=carrier.false_answer_s,
        right_party=False, hangs_up=True, opts_out=False, at_once=False,
    )  # fmt: skip
