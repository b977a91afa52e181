"""The states of an agent at work.

Rule: which state may follow which stands in NEXT; which console request means something in which state stands in
REQUESTS. An agent is owned by the engine alone: two bridgings for one agent would both succeed and lose a person.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from math import fsum, inf

from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    HangupRequested,
    HoldRequested,
    NumberDialled,
    PhoneBack,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import Agent, Lead


class AgentState(StrEnum):
    SIGNED_OUT = "signed_out"
    CONNECTING = "connecting"  # signed in, the phone is being called
    READY = "ready"
    PREVIEWING = "previewing"
    DIALLING = "dialling"  # a call of the agent's own is on its way
    TALKING = "talking"
    HOLDING = "holding"
    WRAPPING = "wrapping"
    BREAK = "break"
    LEG_LOST = "leg_lost"


_S = AgentState
_AT_REST = frozenset({_S.READY, _S.BREAK, _S.SIGNED_OUT, _S.LEG_LOST})

NEXT: dict[AgentState, frozenset[AgentState]] = {
    _S.SIGNED_OUT: frozenset({_S.CONNECTING, _S.READY, _S.TALKING}),  # ready or talking: dialled in, or found so
    _S.CONNECTING: _AT_REST | {_S.DIALLING, _S.TALKING, _S.HOLDING, _S.WRAPPING},
    _S.READY: _AT_REST | {_S.PREVIEWING, _S.DIALLING, _S.TALKING},
    _S.PREVIEWING: _AT_REST | {_S.DIALLING, _S.TALKING},  # talking: the switch shows so
    _S.DIALLING: _AT_REST | {_S.TALKING, _S.WRAPPING},
    _S.TALKING: _AT_REST | {_S.HOLDING, _S.WRAPPING},
    _S.HOLDING: _AT_REST | {_S.TALKING, _S.WRAPPING},
    _S.WRAPPING: _AT_REST | {_S.TALKING, _S.HOLDING},  # where the call goes on after all
    _S.BREAK: _AT_REST | {_S.DIALLING, _S.TALKING, _S.CONNECTING},
    _S.LEG_LOST: _AT_REST | {_S.CONNECTING, _S.DIALLING, _S.TALKING, _S.HOLDING, _S.WRAPPING},
}

PRESENT = frozenset(AgentState) - {_S.SIGNED_OUT}
PASSING = PRESENT - {_S.READY, _S.TALKING, _S.BREAK}  # time may end them at any tick
ON_CALL = frozenset({_S.DIALLING, _S.TALKING, _S.HOLDING})

REQUESTS: dict[type, frozenset[AgentState]] = {
    AgentSignedIn: frozenset({_S.SIGNED_OUT, _S.LEG_LOST, _S.BREAK}),
    AgentSignedOut: PRESENT,
    AgentReady: PRESENT - {_S.PREVIEWING},
    AgentPaused: PRESENT,
    PreviewAccepted: frozenset({_S.PREVIEWING}),
    PreviewSkipped: frozenset({_S.PREVIEWING}),
    NumberDialled: frozenset({_S.READY, _S.BREAK}),
    HangupRequested: ON_CALL | {_S.LEG_LOST},
    HoldRequested: frozenset({_S.TALKING}),
    ResumeRequested: frozenset({_S.HOLDING}),
    TransferRequested: frozenset({_S.TALKING, _S.HOLDING}),
    ConsultRequested: frozenset({_S.TALKING, _S.HOLDING}),
    ConsultCompleted: frozenset({_S.HOLDING, _S.TALKING}),
    ConsultCancelled: frozenset({_S.HOLDING}),
    ConferenceRequested: frozenset({_S.HOLDING}),
    CallDispositioned: frozenset({_S.TALKING, _S.HOLDING, _S.WRAPPING, _S.LEG_LOST}),
    PhoneBack: PRESENT,
    RecordingPaused: frozenset({_S.TALKING, _S.HOLDING}),
    WrapUpExtended: frozenset({_S.WRAPPING}),
}

# What an agent's time counts as: busy over (busy + idle) is occupancy; the rest is neither.
BUSY = frozenset({_S.DIALLING, _S.TALKING, _S.HOLDING, _S.WRAPPING, _S.PREVIEWING})
IDLE = frozenset({_S.READY})
AT_WORK = BUSY | IDLE

RECORDING_PAUSE_MAX_S = 180.0  # then a pause that was forgotten ends
WRAP_UP_MORE_S = 30.0  # what one extension of wrap-up brings
WRAP_UP_MORE_MAX = 3  # extensions of one wrap-up


@dataclass(slots=True, eq=False)
class Third:
    """Somebody whom the agent consults while the person holds."""

    leg: LegId
    line: CallId  # counts on the trunk
    called_at: float
    answered: bool = False
    joined: bool = False  # all three hear each other


@dataclass(slots=True, eq=False)
class Seat:
    """One agent at work. Changed by the engine alone."""

    agent: Agent  # with those campaigns alone whose skills the agent has; `assigned` has all
    state: AgentState = AgentState.SIGNED_OUT
    since: float = 0.0
    reason: str = ""
    pause_wanted: str | None = None
    out_wanted: bool = False
    endpoint: str = ""
    leg: LegId | None = None
    leg_up: bool = False
    leg_idle: bool = False  # the switch said that it waits, since it was last connected
    leg_called_at: float | None = None
    leg_failures: int = 0  # in a row
    call: CallId | None = None
    campaign: CampaignId | None = None
    preview: Lead | None = None
    skips: int = 0  # previews in a row
    news: int = 0  # how many times what is kept of a lead shown here changed beside the engine
    third: Third | None = None
    code: str = ""  # disposition given before the talk was over
    callback_at: float | None = None
    callback_mine: bool = False
    notes: str = ""
    muted_at: float | None = None  # since when the recording hears nothing, by the agent's wish
    extensions: int = 0  # of the present wrap-up
    leaves_at: float = inf  # by plan, for a break or for good
    not_before: float = 0.0  # a bridging that failed, or whose fate is not known: not offered to anybody before
    noted_at: float = 0.0  # when the present spell was last kept
    missed: int = 0  # lists of the switch in a row that did not hold the leg
    spent_s: dict[AgentState, float] = field(default_factory=dict)
    assigned: tuple[CampaignId, ...] = ()
    id: AgentId = field(init=False)  # as the agent's, whatever is configured anew of them

    def __post_init__(self) -> None:
        self.id = self.agent.id


def move(seat: Seat, state: AgentState, now: float) -> None:
    """Let the agent be in `state` from now on. What NEXT does not hold is a fault of ours."""
    assert state is seat.state or state in NEXT[seat.state], f"agent {seat.id}: {seat.state} -> {state}"
    seat.spent_s[seat.state] = seat.spent_s.get(seat.state, 0.0) + max(0.0, now - seat.since)
    seat.state = state
    seat.since = now


def occupancy(spent_s: dict[AgentState, float]) -> float | None:
    """Busy time over busy and idle time; None before there is any."""
    busy = fsum(spent_s.get(state, 0.0) for state in AgentState if state in BUSY)
    idle = fsum(spent_s.get(state, 0.0) for state in AgentState if state in IDLE)
    return busy / (busy + idle) if busy + idle > 0 else None
