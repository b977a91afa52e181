"""Events: what the switch tells of calls, legs and the link to it."""

from dataclasses import dataclass

from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages.switch_commands import SwitchCommand
from dialer.core.model import ChannelRow
from dialer.core.outcomes import Ending


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


@dataclass(frozen=True, slots=True)
class MonitorUp:
    """The leg hears the agent's, in the mode it begins with: listening."""

    leg: LegId


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

    command: SwitchCommand
    reason: str
    lost: bool
