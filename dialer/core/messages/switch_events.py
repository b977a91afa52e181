"""Events: what the switch tells of calls, legs and the link to it."""

from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages.switch_commands import SwitchCommand
from dialer.core.model import ChannelRow
from dialer.core.outcomes import Ending
from pacing.fixed import fixed


@fixed
class CallQueued:
    """The switch took PlaceCall: from here on an attempt counts, whatever becomes of it."""

    call: CallId


@fixed
class CallProgressed:
    """183: early media, no proof of ringing."""

    call: CallId


@fixed
class CallRang:
    call: CallId


@fixed
class CallAnswered:
    call: CallId


@fixed
class CallJoined:
    """The call and the leg hear each other."""

    call: CallId
    leg: LegId


@fixed
class CallHeld:
    """The person waits with music."""

    call: CallId


@fixed
class CallLeftAlone:
    """The person came out of a talk and hears a ring tone: the agent's leg is gone."""

    call: CallId


@fixed
class AbandonmentPlayed:
    """The dialplan began the abandonment message. No bridging any more."""

    call: CallId


@fixed
class CallTransferred:
    """The person left for another number and that ended (`answered`), or comes back to hold (not answered)."""

    call: CallId
    answered: bool


@fixed
class CallEnded:
    call: CallId
    ending: Ending


@fixed
class OptedOut:
    """The person asked by key or word not to be called."""

    call: CallId


@fixed
class AgentDialledIn:
    """An agent signed in from a phone by code and PIN; the leg is up."""

    agent: AgentId
    leg: LegId


@fixed
class LegUp:
    """The leg stands in its waiting place. Said again whenever it comes back there."""

    leg: LegId


@fixed
class LegEnded:
    leg: LegId
    cause: int


@fixed
class ThirdAnswered:
    """A third party that an agent called has answered and waits."""

    leg: LegId


@fixed
class MonitorUp:
    """The leg hears the agent's, in the mode it begins with: listening."""

    leg: LegId


@fixed
class SwitchLost:
    """The link is down: what is in flight is unknown until the switch is seen again."""


@fixed
class SwitchSeen:
    """Everything that exists on the switch, asked at `asked_at`. Comes after each connect and every some seconds."""

    rows: tuple[ChannelRow, ...]
    asked_at: float
    reconnected: bool


@fixed
class CommandFailed:
    """A command to the switch was refused (`lost` False: it did not happen) or its answer was lost (True: unknown)."""

    command: SwitchCommand
    reason: str
    lost: bool
