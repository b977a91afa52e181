"""What a list tells of its leads beside their numbers: balance, days past due, segment. Filters and orders go by it."""

import math
from dataclasses import dataclass

from simulation.world.chance import Chance

_BALANCE, _PAST_DUE, _SEGMENT = 15, 16, 17  # concerns of `Chance.share`


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a list. `answer_factor` is on its people's chance of answering."""

    name: str = "segment"
    share: float = 1.0
    answer_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """One list's accounts; the shares of segments add up to 1 at the most, the other leads are of none."""

    balance: float = 1000.0  # mean; lognormal
    balance_sigma: float = 1.0
    days_past_due_max: int = 90  # from 1 on, all alike
    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        if self.balance <= 0 or self.balance_sigma < 0 or self.days_past_due_max < 1:
            raise ValueError("balance is above 0, balance_sigma 0 or more, days_past_due_max 1 or more")
        shares = [one.share for one in self.segments]
        if shares and (min(shares) < 0 or math.fsum(shares) > 1 + 1e-9):
            raise ValueError(f"the shares of segments add up to {math.fsum(shares):g}; 1 is the most, 0 the least")
        if min((one.answer_factor for one in self.segments), default=0.0) < 0:
            raise ValueError("answer_factor is 0 or more")

    def balance_of(self, lead: int, chance: Chance) -> float:
        """What the lead owes."""
        sigma = self.balance_sigma
        return self.balance * math.exp(sigma * chance.normal(_BALANCE, lead) - sigma * sigma / 2)

    def days_past_due_of(self, lead: int, chance: Chance) -> int:
        """For how many days."""
        return 1 + int(chance.share(_PAST_DUE, lead) * self.days_past_due_max)

    def segment_of(self, lead: int, chance: Chance) -> str:
        """The lead's segment; empty for one of none."""
        if not self.segments:
            return ""
        at = chance.share(_SEGMENT, lead)
        for segment in self.segments:
            at -= segment.share
            if at < 0:
                return segment.name
        return ""
