"""Answering machine detection on the switch: the person waits while it listens, and it errs.

It stands between the answer and the dialer, which hears of an answer only when the verdict is that a person spoke. A
machine is hung up on; so is the person who is taken for one.
"""

import random
from dataclasses import dataclass

from dialer.core.outcomes import EndedBy, Ending
from simulation.world.chance import lognormal
from simulation.world.people import Kind

# As an unanswered call that the network gave up on: what a dialer without a word for machines is told.
CUT_OFF = Ending(cause=19, tech_cause=480, by=EndedBy.PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How one campaign's detection works. Times in seconds from the answer to the verdict."""

    on: bool = False
    person_s: float = 1.6  # mean, where a person answered
    machine_s: float = 2.6
    sigma: float = 0.3
    limit_s: float = 5.0  # the verdict is "person" by then
    person_as_machine_share: float = 0.03  # people hung up on
    machine_as_person_share: float = 0.12  # machines passed on

    def __post_init__(self) -> None:
        shares = (self.person_as_machine_share, self.machine_as_person_share)
        if min(shares) < 0 or max(shares) > 1:
            raise ValueError("person_as_machine_share and machine_as_person_share lie between 0 and 1")
        if min(self.person_s, self.machine_s, self.limit_s) <= 0:
            raise ValueError("person_s, machine_s and limit_s are above 0")

    def verdict(self, kind: Kind, draw: random.Random) -> tuple[float, bool]:
        """(seconds until the verdict, whether it says "person")."""
        person = kind is Kind.PERSON
        took_s = lognormal(draw, self.person_s if person else self.machine_s, self.sigma)
        errs = draw.random() < (self.person_as_machine_share if person else self.machine_as_person_share)
        return (self.limit_s, True) if took_s >= self.limit_s else (took_s, person is not errs)
