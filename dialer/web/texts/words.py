"""Which values of the core have a word in the catalogues: the key is the group, a dot and the value."""

from collections.abc import Iterator
from enum import StrEnum

from dialer.core.agents import AgentState
from dialer.core.alarms import AlarmCode
from dialer.core.calls import CallState
from dialer.core.model import DISPOSITIONS, CampaignStatus, Mode
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept, Purpose
from dialer.core.promises import PromiseState
from dialer.core.standstill import Hindrance
from dialer.core.trials import Judgement
from dialer.core.trunks import Health
from dialer.doctor.findings import State
from dialer.store import RecordingState, Role
from pacing import Policy, WindowKind
from pacing.decision import Binding
from recordings.evaluating import Standing
from recordings.facets import RANGES
from recordings.forms import Answer, Critical
from recordings.measures import Flag
from recordings.sampling import Method

GROUPS: dict[str, type[StrEnum]] = {
    "mode": Mode,
    "status": CampaignStatus,
    "state": AgentState,
    "call": CallState,
    "outcome": Outcome,
    "trunk": Health,
    "recording": RecordingState,
    "kept": Kept,
    "role": Role,
    "purpose": Purpose,
    "finding": State,
    "promise_state": PromiseState,
    "alarm": AlarmCode,
    "standstill": Hindrance,
    "policy": Policy,
    "window": WindowKind,
    "binding": Binding,
    "verdict": Judgement,
    "flag": Flag,
    "answer": Answer,
    "critical": Critical,
    "evaluation": Standing,
    "method": Method,
}
STANDARD = "said"  # the usual dispositions, by code


def keys() -> Iterator[str]:
    """The key of each value of each group."""
    for group, kind in GROUPS.items():
        yield from (f"{group}.{value}" for value in kind)
    yield "alarms.over"  # of an alarm that is sent out
    yield from (f"measure.{name}" for name in RANGES)
    yield from (f"{STANDARD}.{one.code}" for one in DISPOSITIONS)
    yield from (f"schedule.{action}" for action in ("start", "pause", "archive"))
    yield from (f"token.{kind}" for kind in ("session", "api"))
    yield from (f"day.{day}" for day in range(7))
