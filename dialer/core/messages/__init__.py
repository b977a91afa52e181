"""The vocabulary: every event the engine takes in (facts, past tense) and every command it answers with (wishes).

An event is never refused by the engine: late, repeated and unknown ones are counted. A command may fail; its failure
comes back as an event. Adding a case here makes the type checker ask for it wherever it is not handled.
"""

from typing import TypeAlias

from dialer.core.ids import CampaignId
from dialer.core.messages.control import (
    AgentSet,
    CallbacksClaimed,
    CallReserved,
    CampaignSet,
    CampaignStatusSet,
    ClockDoubted,
    DiallingResumed,
    DiallingStopped,
    LeadsChanged,
    LeadsClaimed,
    LeavesPlanned,
    ListChanged,
    PaceSet,
    ReservationRefused,
    Restored,
    RulesSet,
    ScoreSet,
    ShutdownBegun,
    Ticked,
    TrunkSet,
)
from dialer.core.messages.lines import (
    AdoptCaller,
    AuditTold,
    CallbackAsked,
    CallerArrived,
    CallerFound,
    CallerIdRested,
    CallerIdsSet,
    CallerIdsTold,
    CallerQueued,
    CallScreened,
    FindCaller,
    Guide,
    LineEvent,
    MessageBegun,
    NumberKnown,
    OnwardAnswered,
    SaveCallerIdRest,
    SaveLineOut,
    TrunkTestAsked,
)
from dialer.core.messages.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    CallWrittenUp,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    HangupRequested,
    HoldRequested,
    NumberDialled,
    OfCall,
    OfPreview,
    PhoneBack,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    Request,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.messages.store_commands import (
    AddDoNotCall,
    ClaimCallbacks,
    ClaimLeads,
    DeferLead,
    ReleaseCall,
    ReserveCall,
    RestPhone,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveDecision,
    SaveDisposition,
    SaveLead,
    SavePhone,
    SaveReceipt,
    SaveSpell,
    StoreCommand,
)
from dialer.core.messages.supervision import CallTakenOver, CampaignStopped, MonitorEnded, MonitorRequested
from dialer.core.messages.switch_commands import (
    CallAgent,
    CallThird,
    Connect,
    ConnectLegs,
    DropLeg,
    HangUp,
    Hold,
    JoinThree,
    Monitor,
    MonitorMode,
    MonitorOther,
    MuteRecording,
    PlaceCall,
    SetMonitorMode,
    SwitchCommand,
    Transfer,
)
from dialer.core.messages.switch_events import (
    AbandonmentPlayed,
    AgentDialledIn,
    CallAnswered,
    CallEnded,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallProgressed,
    CallQueued,
    CallRang,
    CallTransferred,
    CommandFailed,
    LegEnded,
    LegUp,
    MonitorUp,
    OptedOut,
    SwitchLost,
    SwitchSeen,
    ThirdAnswered,
)
from pacing.fixed import fixed

Event: TypeAlias = (
    CampaignSet | CampaignStatusSet | PaceSet | AgentSet | LeavesPlanned | TrunkSet | RulesSet | LeadsChanged
    | ScoreSet | ListChanged
    | DiallingStopped | DiallingResumed | ShutdownBegun | ClockDoubted | Ticked
    | Restored | LeadsClaimed | CallbacksClaimed | CallReserved | ReservationRefused
    | CallQueued | CallProgressed | CallRang | CallAnswered | CallJoined | CallHeld | CallLeftAlone
    | AbandonmentPlayed | CallTransferred | CallEnded | OptedOut
    | AgentDialledIn | LegUp | LegEnded | ThirdAnswered | MonitorUp
    | SwitchLost | SwitchSeen | CommandFailed
    | LineEvent
    | MonitorRequested | MonitorEnded | CallTakenOver | CampaignStopped
    | CallWrittenUp
    | Request
)  # fmt: skip


@fixed
class Refused:
    """The answer to a request that means nothing in the present state. `code` is stable, `reason` is for people."""

    code: str
    reason: str


@fixed
class Alarm:
    """Something a supervisor should know."""

    code: str
    text: str
    campaign: CampaignId | None = None


Command: TypeAlias = SwitchCommand | StoreCommand | Refused | Alarm

__all__ = [
    "AbandonmentPlayed",
    "AddDoNotCall",
    "AdoptCaller",
    "AgentDialledIn",
    "AgentPaused",
    "AgentReady",
    "AgentSet",
    "AgentSignedIn",
    "AgentSignedOut",
    "Alarm",
    "AuditTold",
    "CallAgent",
    "CallAnswered",
    "CallDispositioned",
    "CallEnded",
    "CallHeld",
    "CallJoined",
    "CallLeftAlone",
    "CallProgressed",
    "CallQueued",
    "CallRang",
    "CallReserved",
    "CallScreened",
    "CallTakenOver",
    "CallThird",
    "CallTransferred",
    "CallWrittenUp",
    "CallbackAsked",
    "CallbacksClaimed",
    "CallerArrived",
    "CallerFound",
    "CallerIdRested",
    "CallerIdsSet",
    "CallerIdsTold",
    "CallerQueued",
    "CampaignSet",
    "CampaignStatusSet",
    "CampaignStopped",
    "ClaimCallbacks",
    "ClaimLeads",
    "ClockDoubted",
    "Command",
    "CommandFailed",
    "ConferenceRequested",
    "Connect",
    "ConnectLegs",
    "ConsultCancelled",
    "ConsultCompleted",
    "ConsultRequested",
    "DeferLead",
    "DiallingResumed",
    "DiallingStopped",
    "DropLeg",
    "Event",
    "FindCaller",
    "Guide",
    "HangUp",
    "HangupRequested",
    "Hold",
    "HoldRequested",
    "JoinThree",
    "LeadsChanged",
    "LeadsClaimed",
    "LeavesPlanned",
    "LegEnded",
    "LegUp",
    "ListChanged",
    "MessageBegun",
    "Monitor",
    "MonitorEnded",
    "MonitorMode",
    "MonitorOther",
    "MonitorRequested",
    "MonitorUp",
    "MuteRecording",
    "NumberDialled",
    "NumberKnown",
    "OfCall",
    "OfPreview",
    "OnwardAnswered",
    "OptedOut",
    "PaceSet",
    "PhoneBack",
    "PlaceCall",
    "PreviewAccepted",
    "PreviewSkipped",
    "RecordingPaused",
    "Refused",
    "ReleaseCall",
    "Request",
    "ReservationRefused",
    "ReserveCall",
    "RestPhone",
    "Restored",
    "Restrict",
    "ResumeRequested",
    "ReturnLeads",
    "RulesSet",
    "SaveCall",
    "SaveCallerIdRest",
    "SaveDecision",
    "SaveDisposition",
    "SaveLead",
    "SaveLineOut",
    "SavePhone",
    "SaveReceipt",
    "SaveSpell",
    "ScoreSet",
    "SetMonitorMode",
    "ShutdownBegun",
    "StoreCommand",
    "SwitchCommand",
    "SwitchLost",
    "SwitchSeen",
    "ThirdAnswered",
    "Ticked",
    "Transfer",
    "TransferRequested",
    "TrunkSet",
    "TrunkTestAsked",
    "WrapUpExtended",
]
