"""Events and commands about who is at the other end: machines, people who call back, numbers shown, trial calls."""

from dataclasses import dataclass
from typing import TypeAlias

from dialer.core.detection import Verdict
from dialer.core.ids import CallId, CampaignId


@dataclass(frozen=True, slots=True)
class CallScreened:
    """The detector's verdict on an answered call, `took_s` after the answer and `age_s` after the dialling."""

    call: CallId
    verdict: Verdict
    reason: str
    took_s: float
    age_s: float


@dataclass(frozen=True, slots=True)
class MessageBegun:
    """The machine's beep was heard, and our message is being left."""

    call: CallId


@dataclass(frozen=True, slots=True)
class AuditTold:
    """What listening to the campaign's recorded machine calls showed so far, and the machines of the last day by hour
    (the time the hour begins, machines): a new engine goes on with them."""

    campaign: CampaignId
    heard: int
    persons: int
    machines: tuple[tuple[float, int], ...] = ()


LineEvent: TypeAlias = CallScreened | MessageBegun | AuditTold
