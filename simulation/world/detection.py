"""Answering machine detection on the switch: the person waits while it listens, and it errs.

What a verdict makes of the call is the dialplan's and the engine's: here stand the detector's time and its errors, and
what listening to recorded machine calls shows of them.
"""

import random
from dataclasses import dataclass

from dialer.core import detection
from dialer.core.detection import OnMachine, Screening, Verdict
from simulation.world.bounds import bounded
from simulation.world.chance import lognormal
from simulation.world.people import Kind

_TOTAL = 3  # which of the detector's arguments is the time it may listen for, in milliseconds
_MESSAGE = "voicemail"  # nobody hears its words here


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How one campaign's detection works. Times in seconds from the answer to the verdict.

    It listens no longer than the campaign's `wait_max_s` leaves to an agent; whoever is not known by then is a person.
    """

    on: bool = False
    on_machine: OnMachine = OnMachine.HANG_UP  # or message, agent
    person_s: float = 1.6  # mean, where a person answered
    machine_s: float = 2.6
    sigma: float = 0.3
    limit_s: float = 5.0  # it listens no longer, whatever the campaign's limit leaves
    person_as_machine_share: float = 0.03  # people hung up on
    machine_as_person_share: float = 0.12  # machines passed on
    beep_s: float = 9.0  # mean, from the verdict to the machine's beep
    message_s: float = 20.0  # what is left there
    audit_share: float = 0.05  # of calls, recorded; those of machines are listened to ...
    audited_every_s: float = 1800.0  # ... so often, and the engine is told; 0: nobody listens

    def __post_init__(self) -> None:
        bounded(self)
        if min(self.person_s, self.machine_s, self.limit_s, self.beep_s, self.message_s) <= 0:
            raise ValueError("person_s, machine_s, limit_s, beep_s and message_s are above 0")

    def configured(self) -> detection.Detection:
        """What the dialer is told of it."""
        message = _MESSAGE if self.on_machine is OnMachine.MESSAGE else ""
        return detection.Detection(
            on=self.on, on_machine=self.on_machine, message=message, audit_share=self.audit_share
        )

    def verdict(self, kind: Kind, screening: Screening, draw: random.Random) -> tuple[float, Verdict]:
        """Seconds until the verdict on a call that is screened so, and the verdict."""
        person = kind is Kind.PERSON
        took_s = lognormal(draw, self.person_s if person else self.machine_s, self.sigma)
        errs = draw.random() < (self.person_as_machine_share if person else self.machine_as_person_share)
        limit_s = min(self.limit_s, int(screening.early.split(",")[_TOTAL]) / 1000.0)
        if took_s >= limit_s:
            return limit_s, Verdict.UNSURE
        return took_s, Verdict.PERSON if person is not errs else Verdict.MACHINE
