"""Events: what agents ask for at their desks. Each is carried out or answered with a refusal.

`call` and `lead` say which one the agent saw when asking: where another is there by now, the request is refused. None:
whichever is there.
"""

from typing import TypeAlias

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.model import CallRecord, DialFacts, Lead
from pacing.fixed import fixed


@fixed
class AgentSignedIn:
    """At the desk. With a phone that must be called, or none where the agent dials in."""

    agent: AgentId
    endpoint: str | None = None  # another phone than the configured one


@fixed
class AgentSignedOut:
    agent: AgentId


@fixed
class AgentReady:
    agent: AgentId


@fixed
class AgentPaused:
    """A break, taken at once when free, else at the end of the call."""

    agent: AgentId
    reason: str


@fixed
class PreviewAccepted:
    agent: AgentId
    lead: LeadId | None = None


@fixed
class PreviewSkipped:
    agent: AgentId
    lead: LeadId | None = None


@fixed
class NumberDialled:
    """An agent typed a number (`number`, E.164) or picked a lead (`lead`); exactly one is given."""

    agent: AgentId
    campaign: CampaignId
    number: str | None = None
    lead: LeadId | None = None


@fixed
class HangupRequested:
    agent: AgentId
    call: CallId | None = None


@fixed
class HoldRequested:
    agent: AgentId
    call: CallId | None = None


@fixed
class ResumeRequested:
    agent: AgentId
    call: CallId | None = None


@fixed
class TransferRequested:
    """Blind: the person goes to `number` (E.164, of `country`, ISO 3166 alpha-2; or one inside the house), the agent is
    free.

    `facts` are what is known of the number; None alone where it is inside, or of the campaign's own directory.
    """

    agent: AgentId
    number: str
    country: str = ""
    facts: DialFacts | None = None
    call: CallId | None = None


@fixed
class ConsultRequested:
    """Attended transfer begins: the person holds, the agent speaks with `number` first. As in TransferRequested."""

    agent: AgentId
    number: str
    country: str = ""
    facts: DialFacts | None = None
    call: CallId | None = None


@fixed
class ConsultCompleted:
    """The person and the third party are joined, the agent is free."""

    agent: AgentId
    call: CallId | None = None


@fixed
class ConsultCancelled:
    """Back to the person alone."""

    agent: AgentId
    call: CallId | None = None


@fixed
class ConferenceRequested:
    """All three hear each other."""

    agent: AgentId
    call: CallId | None = None


@fixed
class CallDispositioned:
    """What the agent says of the call. Ends wrap-up, or is kept for its end while the talk goes on."""

    agent: AgentId
    call: CallId
    code: str
    callback_at: float | None = None
    notes: str = ""
    callback_mine: bool = False  # by this agent; else by anybody


@fixed(kw_only=True)
class CallWrittenUp:
    """A call is written up whose wrap-up is over: by its agent, or with what stood there when the time ran out.

    `record` and `lead` are as kept; `last`: nobody was called for the lead since, and it is in the same campaign still.
    """

    agent: AgentId
    record: CallRecord
    lead: Lead
    last: bool
    code: str
    callback_at: float | None = None
    notes: str = ""
    callback_mine: bool = False
    unconfirmed: bool = False  # the agent did not save it


@fixed
class PhoneBack:
    """The agent's phone began anew and holds no call: the leg that the switch still believes in is dead."""

    agent: AgentId
    endpoint: str | None = None  # another phone than before


@fixed
class RecordingPaused:
    """The recording hears nothing while something secret is said (a card's number), or goes on."""

    agent: AgentId
    paused: bool
    call: CallId | None = None


@fixed
class WrapUpExtended:
    """More time to write up, a few times for each call."""

    agent: AgentId
    call: CallId | None = None


OfCall: TypeAlias = (
    HangupRequested | HoldRequested | ResumeRequested | TransferRequested | ConsultRequested | ConsultCompleted
    | ConsultCancelled | ConferenceRequested | RecordingPaused | WrapUpExtended
)  # fmt: skip
OfPreview: TypeAlias = PreviewAccepted | PreviewSkipped
Request: TypeAlias = (
    AgentSignedIn | AgentSignedOut | AgentReady | AgentPaused | PreviewAccepted | PreviewSkipped | NumberDialled
    | HangupRequested | HoldRequested | ResumeRequested | TransferRequested
    | ConsultRequested | ConsultCompleted | ConsultCancelled | ConferenceRequested | CallDispositioned
    | PhoneBack | RecordingPaused | WrapUpExtended
)  # fmt: skip
