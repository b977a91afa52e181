"""The vocabulary: every event the engine takes in (facts, past tense) and every command it answers with (wishes).

An event is never refused by the engine: late, repeated and unknown ones are counted. A command may fail; its failure
comes back as an event. Adding a case here makes the type checker ask for it wherever it is not handled.
"""

from dataclasses import dataclass
from typing import TypeAlias

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId, PhoneId
from dialer.core.model import (
    Agent,
    CallRecord,
    Campaign,
    CampaignStatus,
    ChannelRow,
    DecisionRecord,
    DialFacts,
    Lead,
    LedgerStep,
    Spell,
    Trunk,
)
from dialer.core.outcomes import Ending
from dialer.core.packs.schema import Rulebook
from dialer.core.score import Model
from pacing import Settings

# ---------------------------------------------------------------- events: configuration and control


@dataclass(frozen=True, slots=True)
class CampaignSet:
    """A campaign was created or changed."""

    campaign: Campaign


@dataclass(frozen=True, slots=True)
class CampaignStatusSet:
    campaign: CampaignId
    status: CampaignStatus


@dataclass(frozen=True, slots=True)
class PaceSet:
    """Pacing was changed in mid-campaign."""

    campaign: CampaignId
    settings: Settings
    by: str


@dataclass(frozen=True, slots=True)
class AgentSet:
    agent: Agent


@dataclass(frozen=True, slots=True)
class TrunkSet:
    trunk: Trunk


@dataclass(frozen=True, slots=True)
class RulesSet:
    """The calling rules that hold from now on, in place of those before."""

    book: Rulebook


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """What this centre's calls taught of who answers when, for a campaign. Numbers alone, no person."""

    campaign: CampaignId
    model: Model


@dataclass(frozen=True, slots=True)
class ListChanged:
    """The campaign's leads or their order changed: those at hand go back, and the next ones are claimed at once."""

    campaign: CampaignId


@dataclass(frozen=True, slots=True)
class DiallingStopped:
    """Emergency stop: nothing more is placed, ringing calls are hung up, talks go on."""

    by: str


@dataclass(frozen=True, slots=True)
class DiallingResumed:
    by: str


@dataclass(frozen=True, slots=True)
class ShutdownBegun:
    """The shell is about to end: place nothing more, let talks end."""


@dataclass(frozen=True, slots=True)
class ClockDoubted:
    """The wall clock stands `behind_s` behind ours: it was ahead for a while. 0 = they agree again."""

    behind_s: float


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed. Comes twice a second."""


# ---------------------------------------------------------------- events: the store


@dataclass(frozen=True, slots=True)
class Restored:
    """What a former run left: its open calls, and enough finished ones to warm the estimators and the ledger."""

    open_calls: tuple[CallRecord, ...]
    finished: tuple[CallRecord, ...]  # the newest, oldest first: they warm the estimators
    next_call: CallId
    next_decision: int
    leads: tuple[Lead, ...] = ()  # of the open calls and of those not written up
    signed_in: tuple[tuple[AgentId, str, str], ...] = ()  # agent, state, reason; as last seen
    ledger: tuple[LedgerStep, ...] = ()  # of the longest window, by hour, oldest first; `finished` counts in it too
    unwrapped: tuple[CallRecord, ...] = ()  # over, but the agent was still writing them up


@dataclass(frozen=True, slots=True)
class LeadsClaimed:
    """The answer to ClaimLeads. Fewer than asked for: no more are due before `due_at` (None = none at all)."""

    campaign: CampaignId
    leads: tuple[Lead, ...]
    due_at: float | None = None


@dataclass(frozen=True, slots=True)
class CallbacksClaimed:
    """The answer to ClaimCallbacks: at most one for each agent, the longest due."""

    campaign: CampaignId
    leads: tuple[Lead, ...]


@dataclass(frozen=True, slots=True)
class CallReserved:
    """The reservation is durable; nothing has left the machine yet."""

    call: CallId
    facts: DialFacts


@dataclass(frozen=True, slots=True)
class ReservationRefused:
    """Nothing was reserved: the person or the number is on a live call, or the store failed."""

    call: CallId
    reason: str


# ---------------------------------------------------------------- events: calls, as the switch tells


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The switch took PlaceCall: from here on an attempt counts, whatever becomes of it."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallProgressed:
    """183: early media, no proof of ringing."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallRang:
    call: CallId


@dataclass(frozen=True, slots=True)
class CallAnswered:
    call: CallId


@dataclass(frozen=True, slots=True)
class CallJoined:
    """The call and the leg hear each other."""

    call: CallId
    leg: LegId


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The person waits with music."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallLeftAlone:
    """The person came out of a talk and hears a ring tone: the agent's leg is gone."""

    call: CallId


@dataclass(frozen=True, slots=True)
class AbandonmentPlayed:
    """The dialplan began the abandonment message. No bridging any more."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """The person left for another number and that ended (`answered`), or comes back to hold (not answered)."""

    call: CallId
    answered: bool


@dataclass(frozen=True, slots=True)
class CallEnded:
    call: CallId
    ending: Ending


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The person asked by key or word not to be called."""

    call: CallId


# ---------------------------------------------------------------- events: agents' legs, as the switch tells


@dataclass(frozen=True, slots=True)
class AgentDialledIn:
    """An agent signed in from a phone by code and PIN; the leg is up."""

    agent: AgentId
    leg: LegId


@dataclass(frozen=True, slots=True)
class LegUp:
    """The leg stands in its waiting place. Said again whenever it comes back there."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class LegEnded:
    leg: LegId
    cause: int


@dataclass(frozen=True, slots=True)
class ThirdAnswered:
    """A third party that an agent called has answered and waits."""

    leg: LegId


# ---------------------------------------------------------------- events: the link to the switch


@dataclass(frozen=True, slots=True)
class SwitchLost:
    """The link is down: what is in flight is unknown until the switch is seen again."""


@dataclass(frozen=True, slots=True)
class SwitchSeen:
    """Everything that exists on the switch, asked at `asked_at`. Comes after each connect and every some seconds."""

    rows: tuple[ChannelRow, ...]
    asked_at: float
    reconnected: bool


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """A command to the switch was refused (`lost` False: it did not happen) or its answer was lost (True: unknown)."""

    command: "SwitchCommand"
    reason: str
    lost: bool


# ---------------------------------------------------------------- events: consoles


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    """At the desk. With a phone that must be called, or none where the agent dials in."""

    agent: AgentId
    endpoint: str | None = None  # another phone than the configured one


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentReady:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """A break, taken at once when free, else at the end of the call."""

    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class PreviewAccepted:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class PreviewSkipped:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class NumberDialled:
    """An agent typed a number (`number`, E.164) or picked a lead (`lead`); exactly one is given."""

    agent: AgentId
    campaign: CampaignId
    number: str | None = None
    lead: LeadId | None = None


@dataclass(frozen=True, slots=True)
class HangupRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class HoldRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """Blind: the person goes to `number` (E.164), the agent is free."""

    agent: AgentId
    number: str


@dataclass(frozen=True, slots=True)
class ConsultRequested:
    """Attended transfer begins: the person holds, the agent speaks with `number` first."""

    agent: AgentId
    number: str


@dataclass(frozen=True, slots=True)
class ConsultCompleted:
    """The person and the third party are joined, the agent is free."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultCancelled:
    """Back to the person alone."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConferenceRequested:
    """All three hear each other."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class CallDispositioned:
    """What the agent says of the call. Ends wrap-up, or is kept for its end while the talk goes on."""

    agent: AgentId
    call: CallId
    code: str
    callback_at: float | None = None
    notes: str = ""
    callback_mine: bool = False  # by this agent; else by anybody


Request: TypeAlias = (
    AgentSignedIn | AgentSignedOut | AgentReady | AgentPaused | PreviewAccepted | PreviewSkipped | NumberDialled
    | HangupRequested | HoldRequested | ResumeRequested | TransferRequested
    | ConsultRequested | ConsultCompleted | ConsultCancelled | ConferenceRequested | CallDispositioned
)  # fmt: skip

Event: TypeAlias = (
    CampaignSet | CampaignStatusSet | PaceSet | AgentSet | TrunkSet | RulesSet | ScoreSet | ListChanged
    | DiallingStopped | DiallingResumed | ShutdownBegun | ClockDoubted | Ticked
    | Restored | LeadsClaimed | CallbacksClaimed | CallReserved | ReservationRefused
    | CallQueued | CallProgressed | CallRang | CallAnswered | CallJoined | CallHeld | CallLeftAlone
    | AbandonmentPlayed | CallTransferred | CallEnded | OptedOut
    | AgentDialledIn | LegUp | LegEnded | ThirdAnswered
    | SwitchLost | SwitchSeen | CommandFailed
    | Request
)  # fmt: skip

# ---------------------------------------------------------------- commands: to the switch


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCall:
    """Dial. Sent at most once for each call id, after its reservation is durable."""

    call: CallId
    trunk: str
    dial: str  # the switch's dial string, number filled in
    caller_id: str
    ring_timeout_s: float
    wait_max_s: float
    message: str
    lead: LeadId
    campaign: CampaignId


@dataclass(frozen=True, slots=True)
class HangUp:
    call: CallId


@dataclass(frozen=True, slots=True)
class CallAgent:
    """Make the agent's leg: call the phone, then let it wait."""

    agent: AgentId
    leg: LegId
    endpoint: str


@dataclass(frozen=True, slots=True)
class DropLeg:
    """Hang up an agent's or a third party's leg."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Connect:
    """Let person and leg hear each other. `talk` counts the engine's bridgings of this call, from 1."""

    call: CallId
    leg: LegId
    talk: int
    recording: str = ""  # base name to record under from now on; empty = none, or one runs already


@dataclass(frozen=True, slots=True)
class Hold:
    call: CallId


@dataclass(frozen=True, slots=True)
class Transfer:
    call: CallId
    dial: str


@dataclass(frozen=True, slots=True)
class CallThird:
    """Call a third party for a consultation; it waits to be connected."""

    leg: LegId
    dial: str
    caller_id: str


@dataclass(frozen=True, slots=True)
class ConnectLegs:
    """Let an agent's leg and a third party's leg hear each other."""

    leg: LegId
    third: LegId


@dataclass(frozen=True, slots=True)
class JoinThree:
    """Bring the held person into the talk of the agent's leg."""

    call: CallId
    leg: LegId


@dataclass(frozen=True, slots=True)
class MuteRecording:
    """Silence (or not) of the same length in all files of the recording."""

    call: CallId
    muted: bool


SwitchCommand: TypeAlias = (
    PlaceCall | HangUp | CallAgent | DropLeg | Connect | Hold | Transfer | CallThird | ConnectLegs | JoinThree
    | MuteRecording
)  # fmt: skip

# ---------------------------------------------------------------- commands: to the store


@dataclass(frozen=True, slots=True)
class ClaimLeads:
    """Claim up to `count` due leads of the campaign; answered by LeadsClaimed."""

    campaign: CampaignId
    count: int


@dataclass(frozen=True, slots=True)
class ClaimCallbacks:
    """Claim the callbacks of these agents whose time has come, one for each; answered by CallbacksClaimed."""

    campaign: CampaignId
    agents: tuple[AgentId, ...]


@dataclass(frozen=True, slots=True)
class ReturnLeads:
    """Give claimed leads back, untouched."""

    leads: tuple[LeadId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveCall:
    """Lock person and number, read the facts, keep the reservation; answered by CallReserved or ReservationRefused.

    Exactly one of `lead` (claimed), `lead_id` (picked by an agent) and `number` (typed by one) is given.
    """

    call: CallId
    campaign: CampaignId
    lead: Lead | None = None
    lead_id: LeadId | None = None
    number: str | None = None
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """Undo a reservation: nothing left the machine. The lead is due again at `retry_at` (None = by its own rules)."""

    call: CallId
    reason: str
    retry_at: float | None


@dataclass(frozen=True, slots=True)
class SaveCall:
    """Keep the record as it now stands. An ended record frees person and number."""

    record: CallRecord


@dataclass(frozen=True, slots=True)
class SaveLead:
    """What becomes of a lead after a call: due again at `due_at`, or finished (None). `attempts` is its new count."""

    lead: LeadId
    attempts: int
    due_at: float | None
    result: str  # the outcome or disposition code that decided
    streak: int = 1  # how many times in a row it was this
    phone: PhoneId | None = None  # the number to try next; None = whose turn it is
    campaign: CampaignId | None = None  # goes over to this one
    agent: AgentId | None = None  # who promised to call back


@dataclass(frozen=True, slots=True)
class SavePhone:
    """What a call taught of a number. Not to be dialled before `due_at`. Counts are of all its calls so far."""

    phone: PhoneId
    quality: str
    machines: int  # that answered there in a row
    calls: int
    answers: int
    tried_at: float
    due_at: float | None = None


@dataclass(frozen=True, slots=True)
class DeferLead:
    """Give a claimed lead back without an attempt, due again at `due_at`. Nothing where it is no longer claimed."""

    lead: LeadId
    due_at: float
    reason: str


@dataclass(frozen=True, slots=True)
class SaveDisposition:
    call: CallId
    agent: AgentId
    code: str
    notes: str


@dataclass(frozen=True, slots=True)
class SaveDecision:
    record: DecisionRecord


@dataclass(frozen=True, slots=True)
class SaveSpell:
    spell: Spell


@dataclass(frozen=True, slots=True)
class AddDoNotCall:
    """Effective on the very next reservation. Without a number: the one that `call` dialled, as the store keeps it."""

    number: str | None
    source: str
    call: CallId | None = None


StoreCommand: TypeAlias = (
    ClaimLeads | ClaimCallbacks | ReturnLeads | ReserveCall | ReleaseCall | SaveCall | SaveLead | SavePhone | DeferLead
    | SaveDisposition | SaveDecision | SaveSpell | AddDoNotCall
)  # fmt: skip

# ---------------------------------------------------------------- commands: to whoever asked


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer to a request that means nothing in the present state. `code` is stable, `reason` is for people."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a supervisor should know."""

    code: str
    text: str
    campaign: CampaignId | None = None


Command: TypeAlias = SwitchCommand | StoreCommand | Refused | Alarm
