"""The life of a call.

Rule: whatever decides which state follows which stands in TRANSITIONS; what ends a state that no message ends stands in
`patience_s`. An event that a state does not name means nothing there: it is late or repeated, and is counted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from dialer.core.detection import Screening, Verdict
from dialer.core.ids import AgentId, CallId, LeadId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    CallAnswered,
    CallEnded,
    CallerQueued,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallReserved,
    CallTransferred,
    ReservationRefused,
)
from dialer.core.model import CallRecord, Campaign, Lead, Mode
from dialer.core.outcomes import EndedBy, Ending, Outcome
from pacing.fixed import fixed


class CallState(StrEnum):
    RESERVING = "reserving"  # the store is asked; nothing has left the machine
    PLACING = "placing"  # the switch is asked
    DIALLING = "dialling"  # the switch dials
    PROGRESSING = "progressing"  # 183 without ringing
    RINGING = "ringing"
    SCREENING = "screening"  # answered; the detector listens whether it is a person
    MACHINE = "machine"  # it is none: hung up on, or a message is left
    GUIDED = "guided"  # called us; hears the menu, a message or their place in the queue
    QUEUED = "queued"  # called us; waits with music
    WAITING = "waiting"  # a person answered, no agent yet
    CONNECTING = "connecting"  # bridging is asked for, not confirmed
    TALKING = "talking"
    HOLDING = "holding"  # the person hears music
    ALONE = "alone"  # the agent's leg was lost: the person hears a ring tone
    ABANDONING = "abandoning"  # the abandonment message plays
    TRANSFERRED = "transferred"  # with somebody outside, no agent of ours
    UNKNOWN = "unknown"  # cannot be seen for now
    ENDED = "ended"


# Steps that the engine itself takes; they stand in the table beside the switch's and the store's.


@fixed
class ConnectSent:
    call: CallId


@fixed
class ConnectFailed:
    call: CallId


@fixed
class TransferSent:
    call: CallId


@fixed
class CallerGuided:
    call: CallId


@fixed
class ScreeningBegun:
    call: CallId


@fixed
class FoundPerson:
    call: CallId


@fixed
class FoundMachine:
    call: CallId


@fixed
class SightLost:
    """Nothing was heard for longer than the state's patience."""

    call: CallId


CallEvent: TypeAlias = (
    CallReserved | ReservationRefused | CallQueued | CallProgressed | CallRang | CallAnswered | CallJoined | CallHeld
    | CallLeftAlone | AbandonmentPlayed | CallTransferred | CallEnded | ConnectSent | ConnectFailed | TransferSent
    | CallerGuided | CallerQueued | ScreeningBegun | FoundPerson | FoundMachine | SightLost
)  # fmt: skip

_S = CallState
# A call may be answered, or end, before the switch's word that it took it: events come from different threads.
_DIALLED: dict[type[CallEvent], CallState] = {
    CallProgressed: _S.PROGRESSING,
    CallRang: _S.RINGING,
    CallAnswered: _S.WAITING,
    ScreeningBegun: _S.SCREENING,
    AbandonmentPlayed: _S.ABANDONING,
    CallEnded: _S.ENDED,
    SightLost: _S.UNKNOWN,
}
_TALK: dict[type[CallEvent], CallState] = {
    CallHeld: _S.HOLDING,
    CallLeftAlone: _S.ALONE,
    TransferSent: _S.TRANSFERRED,
    CallEnded: _S.ENDED,
}

TRANSITIONS: dict[CallState, dict[type[CallEvent], CallState]] = {
    _S.RESERVING: {CallReserved: _S.PLACING, ReservationRefused: _S.ENDED, SightLost: _S.ENDED},
    _S.PLACING: {CallQueued: _S.DIALLING, **_DIALLED},
    _S.DIALLING: _DIALLED,
    _S.PROGRESSING: {**_DIALLED, CallProgressed: _S.PROGRESSING},
    _S.RINGING: {
        CallAnswered: _S.WAITING,
        ScreeningBegun: _S.SCREENING,
        AbandonmentPlayed: _S.ABANDONING,
        CallEnded: _S.ENDED,
        SightLost: _S.UNKNOWN,
    },
    _S.SCREENING: {
        FoundPerson: _S.WAITING,
        FoundMachine: _S.MACHINE,
        CallJoined: _S.TALKING,
        AbandonmentPlayed: _S.ABANDONING,
        CallEnded: _S.ENDED,
        SightLost: _S.ABANDONING,  # by then the dialplan has decided; the cautious reading
    },
    _S.MACHINE: {CallEnded: _S.ENDED, SightLost: _S.UNKNOWN},
    _S.GUIDED: {
        CallerGuided: _S.GUIDED,
        CallerQueued: _S.QUEUED,
        CallJoined: _S.TALKING,
        CallEnded: _S.ENDED,
        SightLost: _S.UNKNOWN,
    },
    _S.QUEUED: {
        CallerGuided: _S.GUIDED,
        ConnectSent: _S.CONNECTING,
        CallJoined: _S.TALKING,
        CallEnded: _S.ENDED,
        SightLost: _S.UNKNOWN,
    },
    _S.WAITING: {
        FoundMachine: _S.MACHINE,  # after a restart: nobody knew that it was being screened
        ConnectSent: _S.CONNECTING,
        CallJoined: _S.TALKING,
        AbandonmentPlayed: _S.ABANDONING,
        CallEnded: _S.ENDED,
        SightLost: _S.ABANDONING,
    },
    _S.CONNECTING: {
        **_TALK,
        CallJoined: _S.TALKING,
        ConnectFailed: _S.WAITING,
        AbandonmentPlayed: _S.ABANDONING,
        SightLost: _S.TALKING,  # the confirmation may be lost; hanging up could cut a talk. The switch's list tells.
    },
    _S.TALKING: {
        **_TALK,
        ConnectSent: _S.CONNECTING,
        AbandonmentPlayed: _S.ABANDONING,  # it was only taken for a talk: the bridging never came about
        CallerQueued: _S.QUEUED,  # likewise
        SightLost: _S.UNKNOWN,
    },
    _S.HOLDING: {**_TALK, ConnectSent: _S.CONNECTING, CallJoined: _S.TALKING, SightLost: _S.UNKNOWN},
    _S.ALONE: {
        **_TALK,
        ConnectSent: _S.CONNECTING,
        CallJoined: _S.TALKING,
        AbandonmentPlayed: _S.ABANDONING,
        SightLost: _S.UNKNOWN,
    },
    _S.ABANDONING: {
        CallJoined: _S.TALKING,  # a bridging that crossed with the message stops it, and they talk
        CallEnded: _S.ENDED,
        SightLost: _S.UNKNOWN,
    },
    _S.TRANSFERRED: {
        CallTransferred: _S.HOLDING,  # nobody took it there
        CallJoined: _S.TALKING,  # it never left the agent
        CallHeld: _S.HOLDING,
        CallLeftAlone: _S.ALONE,
        ConnectSent: _S.CONNECTING,
        CallEnded: _S.ENDED,
        SightLost: _S.UNKNOWN,
    },
    _S.UNKNOWN: {
        CallQueued: _S.DIALLING,
        **_DIALLED,
        FoundMachine: _S.MACHINE,
        CallerGuided: _S.GUIDED,
        CallerQueued: _S.QUEUED,
        CallJoined: _S.TALKING,
        CallLeftAlone: _S.ALONE,
        CallHeld: _S.HOLDING,
        TransferSent: _S.TRANSFERRED,
        SightLost: _S.ENDED,
    },
    _S.ENDED: {},
}

UNANSWERED = frozenset({_S.RESERVING, _S.PLACING, _S.DIALLING, _S.PROGRESSING, _S.RINGING})
WITH_AGENT = frozenset({_S.CONNECTING, _S.TALKING, _S.HOLDING, _S.ALONE})


@dataclass(slots=True, eq=False)
class Call:
    """One call in progress. Changed by `advance` and by the engine alone."""

    id: CallId
    campaign: Campaign  # as it was when the call was made
    reserved_at: float
    mode: Mode
    lead: Lead | None = None  # None while a typed number is looked up
    agent: AgentId | None = None
    state: CallState = CallState.RESERVING
    since: float = 0.0
    decision: int | None = None
    stopped: frozenset[LeadId] = frozenset()  # leads that were stopped while it was being reserved
    rule: str = ""
    trunk: str = ""
    placed_at: float | None = None
    progress_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    agent_ready_at: float | None = None
    bridged_at: float | None = None
    joined: bool = False  # the switch confirmed the bridging
    ended_at: float | None = None
    wrapped_at: float | None = None
    outcome: Outcome | None = None
    disposition: str = ""
    ending: Ending | None = None
    recording: str = ""
    talks: int = 0
    connected_from: CallState | None = None  # where it goes back to when the bridging is refused
    line_out: CallId | None = None  # the line by which the person was handed on
    leg: LegId | None = None  # whom it was last connected to
    hung_up: EndedBy | None = None  # whose wish it was, where we asked for the hang-up
    hung_up_at: float = 0.0  # when we last asked
    paced: bool = False  # placed by pacing, which is told of it
    counted_abandoned: bool = False
    screening: Screening | None = None
    audit: str = ""  # base name of the recording kept for an audit of the verdict
    verdict: Verdict | None = None
    verdict_reason: str = ""
    detection_s: float | None = None
    message_at: float | None = None
    after_beep: bool = False
    caller_id: str = ""  # shown to the person
    inbound: bool = False
    wanted: AgentId | None = None  # who spoke with the caller last
    lists: tuple[str, ...] = ()  # the do-not-call lists that forbid to call the caller back
    strange: bool = False  # not to be called on the caller's word
    guided_at: float = 0.0
    served_last: bool = False  # called us, and hears the last word: no agent is needed for them
    callback_at: float | None = None  # asked for by key
    cost: float | None = None
    currency: str = ""
    told_machine: bool = False  # pacing knows that it was one
    missed: int = 0  # lists of the switch in a row that did not hold it
    patient_in: CallState | None = None  # the state for which the next is known
    patient_until: float = 0.0  # for so long at least it may stay there without a word

    def record(self) -> CallRecord:
        """The record as it now stands. Only for a call whose lead is known."""
        assert self.lead is not None
        ending = self.ending
        return CallRecord(
            id=self.id,
            campaign=self.campaign.id,
            client=self.campaign.client,
            mode=self.mode,
            lead=self.lead.id,
            person=self.lead.person,
            phone=self.lead.phone,
            number=self.lead.number,
            trunk=self.trunk,
            caller_id=self.caller_id or self.campaign.caller_id,
            reserved_at=self.reserved_at,
            agent=self.agent,
            decision=self.decision,
            rule=self.rule,
            placed_at=self.placed_at,
            progress_at=self.progress_at,
            ringing_at=self.ringing_at,
            answered_at=self.answered_at,
            agent_ready_at=self.agent_ready_at,
            bridged_at=self.bridged_at,
            ended_at=self.ended_at,
            wrapped_at=self.wrapped_at,
            outcome=self.outcome,
            disposition=self.disposition,
            cause=ending.cause if ending else None,
            tech_cause=ending.tech_cause if ending else None,
            ended_by=ending.by if ending else None,
            recording=self.recording,
            verdict=self.verdict,
            verdict_reason=self.verdict_reason,
            detection_s=self.detection_s,
            message_at=self.message_at,
            after_beep=self.after_beep,
            inbound=self.inbound,
            cost=self.cost,
            currency=self.currency,
            audit=self.audit,
        )


def advance(call: Call, event: CallEvent, now: float) -> bool:
    """Move the call on. False where the event means nothing in the call's state; then nothing has changed."""
    target = TRANSITIONS[call.state].get(type(event))
    if target is None:
        return False
    call.state = target
    call.since = now
    match event:
        case CallProgressed():
            call.progress_at = call.progress_at or now
        case CallRang():
            call.ringing_at = call.ringing_at or now
        case CallAnswered() | ScreeningBegun() | AbandonmentPlayed():
            call.answered_at = call.answered_at or now
        case CallJoined():
            call.joined = True
            call.answered_at = call.answered_at or now
            call.bridged_at = call.bridged_at or now
        case _:
            pass
    return True


_PATIENCE_S = {
    CallState.RESERVING: 10.0,
    CallState.PLACING: 10.0,
    CallState.CONNECTING: 3.0,
    CallState.TALKING: 4 * 3600.0,
    CallState.HOLDING: 130.0,  # the dialplan's own limit is 120 s
    CallState.ALONE: 25.0,  # the dialplan's is 15 s, then an apology
    CallState.ABANDONING: 60.0,
    CallState.TRANSFERRED: 4 * 3600.0,
    CallState.UNKNOWN: 60.0,
    CallState.GUIDED: 180.0,  # every prompt of the dialplan has a limit of its own
    CallState.MACHINE: 200.0,  # the dialplan's own limits: 120 s for the beep, 60 s for the message
}
RING_SLACK_S = 15.0
WAIT_SLACK_S = 1.0
PATIENCE_MIN_S = 1.0 + WAIT_SLACK_S  # a campaign's wait_max_s is 1 at the least


def patience_s(call: Call) -> float:
    """How long the call may stay in its state without a word."""
    match call.state:
        case CallState.DIALLING | CallState.PROGRESSING | CallState.RINGING:
            return call.campaign.ring_timeout_s + RING_SLACK_S
        case CallState.WAITING | CallState.SCREENING:
            return call.campaign.wait_max_s + WAIT_SLACK_S
        case CallState.QUEUED:
            return call.campaign.inbound.queue_max_s + RING_SLACK_S
        case CallState.ENDED:
            return float("inf")
        case _:
            return _PATIENCE_S[call.state]
