"""Commands to the switch. Each may fail; the failure comes back as an event."""

from enum import StrEnum
from typing import TypeAlias

from dialer.core.detection import Screening
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId, LegId
from dialer.core.messages.lines import LineSwitchCommand
from pacing.fixed import fixed


@fixed(kw_only=True)
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
    screening: Screening | None = None  # person or machine first
    early_media: str = ""  # the detector that hears what the network sounds before the answer; empty: none


@fixed
class HangUp:
    call: CallId


@fixed
class CallAgent:
    """Make the agent's leg: call the phone, then let it wait."""

    agent: AgentId
    leg: LegId
    endpoint: str


@fixed
class DropLeg:
    """Hang up an agent's or a third party's leg."""

    leg: LegId


@fixed
class Connect:
    """Let person and leg hear each other. `talk` counts the engine's bridgings of this call, from 1."""

    call: CallId
    leg: LegId
    talk: int
    recording: str = ""  # base name to record under from now on; empty = none, or one runs already


@fixed
class Hold:
    call: CallId


@fixed
class Transfer:
    call: CallId
    dial: str
    caller_id: str  # shown to whom the person is handed on


@fixed
class CallThird:
    """Call a third party for a consultation; it waits to be connected."""

    leg: LegId
    dial: str
    caller_id: str


@fixed
class ConnectLegs:
    """Let an agent's leg and a third party's leg hear each other."""

    leg: LegId
    third: LegId


@fixed
class JoinThree:
    """Bring the held person into the talk of the agent's leg."""

    call: CallId
    leg: LegId


@fixed
class MuteRecording:
    """Silence (or not) of the same length in all files of the recording."""

    call: CallId
    muted: bool


class MonitorMode(StrEnum):
    """How somebody takes part in an agent's talk."""

    LISTEN = "listen"  # hears both, unheard
    WHISPER = "whisper"  # the agent alone hears it
    BARGE = "barge"  # both hear it


@fixed
class Monitor:
    """Call a phone that then hears an agent's leg; told by MonitorUp."""

    leg: LegId
    agent_leg: LegId
    endpoint: str


@fixed
class MonitorOther:
    """Let a leg that hears an agent hear another one from now on; told by MonitorUp."""

    leg: LegId
    agent_leg: LegId


@fixed
class SetMonitorMode:
    """Change how the leg takes part, without a break."""

    leg: LegId
    mode: MonitorMode


SwitchCommand: TypeAlias = (
    PlaceCall | HangUp | CallAgent | DropLeg | Connect | Hold | Transfer | CallThird | ConnectLegs | JoinThree
    | MuteRecording | Monitor | MonitorOther | SetMonitorMode
    | LineSwitchCommand
)  # fmt: skip
