"""The core's commands as AMI actions. Pure: the sequences that were tried on Asterisk 16 and 22, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from dialer.asterisk.names import call_channel
from dialer.asterisk.protocol import Fields, pairs
from dialer.asterisk.settings import AmiSettings
from dialer.core.detection import Screening
from dialer.core.messages import (
    AdoptCaller,
    CallAgent,
    CallThird,
    Connect,
    ConnectLegs,
    DropLeg,
    Guide,
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
from dialer.errors import ActionRefusedError

NameOf = Callable[[str], str]  # Uniqueid to channel name; raises ActionRefusedError where there is no such channel
NORMAL_CLEARING = "16"  # else our own hang-ups read Cause 0
# ChanSpy, told so by its option d, takes these keys.
SPY_KEYS = {MonitorMode.LISTEN: "4", MonitorMode.WHISPER: "5", MonitorMode.BARGE: "6"}
_RECORDING = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The actions of one command, sent in one write: a session's actions run in their order."""

    before: tuple[Fields, ...] = ()
    decisive: Fields  # its answer says whether the command was carried out
    after: tuple[Fields, ...] = ()  # may fail without undoing the command
    undo: tuple[Fields, ...] = ()  # sent where the decisive action was refused


def parties(command: SwitchCommand) -> tuple[str, ...]:
    """The Uniqueids that a command touches."""
    match command:
        case Connect(call, leg) | JoinThree(call, leg):
            return (call_channel(call), leg)
        case PlaceCall() | HangUp() | Hold() | Transfer() | MuteRecording():
            return (call_channel(command.call),)
        case AdoptCaller(call, channel):
            return (call_channel(call), channel)
        case Guide():
            return (call_channel(command.call),)
        case ConnectLegs(leg, third):
            return (leg, third)
        case CallAgent() | DropLeg() | CallThird() | Monitor() | MonitorOther() | SetMonitorMode():
            return (command.leg,)
        case _:
            assert_never(command)


def plan(command: SwitchCommand, settings: AmiSettings, name_of: NameOf) -> Plan:
    """The actions for a command. Raises ActionRefusedError where it cannot be said or names a channel that is gone."""
    match command:
        case PlaceCall():
            made = Plan(decisive=_place(command, settings))
        case CallAgent() | CallThird():
            made = Plan(decisive=_call_leg(command, settings))
        case Monitor() | MonitorOther() | SetMonitorMode():
            made = _monitoring(command, settings, name_of)
        case HangUp() | DropLeg():
            made = Plan(decisive=_hangup(*parties(command)))
        case Connect():
            made = _connect(command, settings, name_of)
        case ConnectLegs(leg, third):
            made = Plan(decisive=_bridge(name_of(third), name_of(leg)))
        case Hold(call):
            made = Plan(decisive=_redirect(name_of(call_channel(call)), "hold", settings))
        case Transfer(call, dial, caller_id):
            name = name_of(call_channel(call))
            shown = (_setvar(name, "CALLERID(all)", caller_id),)  # a caller's own number is not ours to show
            made = Plan(before=(*shown, _setvar(name, "DIALER_DIAL", dial)), decisive=_redirect(name, "out", settings))
        case JoinThree(call, leg):
            name = name_of(call_channel(call))
            made = Plan(before=(_setvar(name, "DIALER_WITH", name_of(leg)),), decisive=_redirect(name, "add", settings))
        case AdoptCaller() | Guide():
            made = _of_caller(command, settings, name_of)
        case MuteRecording(call, muted):
            made = _mute(name_of(call_channel(call)), muted=muted)
        case _:
            assert_never(command)
    return made


def _of_caller(command: AdoptCaller | Guide, settings: AmiSettings, name_of: NameOf) -> Plan:
    if isinstance(command, AdoptCaller):
        return Plan(decisive=_setvar(name_of(command.channel), "DIALER_CALL", str(command.call)))
    name = name_of(call_channel(command.call))
    variables = {
        "DIALER_LEAD": "" if command.lead is None else str(command.lead),
        "DIALER_QUEUE_S": str(command.queue_s),
        "DIALER_POSITION": str(command.position),
        "DIALER_OFFER": "yes" if command.offer else "",
        "DIALER_WISH": command.wish,
        "DIALER_SOUND": command.sound,
    }
    if command.language:
        variables["CHANNEL(language)"] = command.language
    return Plan(
        before=tuple(_setvar(name, variable, value) for variable, value in variables.items()),
        decisive=_action("Redirect", name, Context=settings.inbound_context, Exten=command.place, Priority="1"),
    )


def _connect(command: Connect, settings: AmiSettings, name_of: NameOf) -> Plan:
    name = name_of(call_channel(command.call))
    return Plan(
        before=(_setvar(name, "DIALER_TALK", str(command.talk)),),
        decisive=_bridge(name, name_of(command.leg)),
        after=(_record(name, command.recording, settings),) if command.recording else (),
        undo=(_setvar(name, "DIALER_TALK", str(command.talk - 1)),),
    )


def _mute(name: str, *, muted: bool) -> Plan:
    """The channel carries it, too: nothing that Asterisk lists tells of a pause."""
    state, former = ("1", "0") if muted else ("0", "1")
    return Plan(
        before=(_setvar(name, "DIALER_MUTED", state),),
        decisive=_action("MixMonitorMute", name, Direction="both", State=state),
        undo=(_setvar(name, "DIALER_MUTED", former),),
    )


def _place(command: PlaceCall, settings: AmiSettings) -> Fields:
    variables = {
        "DIALER_WAIT": str(max(1, int(command.wait_max_s))),  # BridgeWait's limit takes whole seconds
        "DIALER_MESSAGE": command.message,
        "DIALER_LEAD": str(command.lead),
        "DIALER_CAMPAIGN": str(command.campaign),
    }
    screening = command.screening
    if screening is not None:
        variables |= _screening(screening, settings)
    return _originate(
        command.dial,
        call_channel(command.call),
        (settings.customer_context, "park" if screening is None else "screen"),
        timeout_s=command.ring_timeout_s,
        CallerID=command.caller_id,
        Account=f"campaign-{command.campaign}",
        Variable=pairs(variables),
    )


def _screening(screening: Screening, settings: AmiSettings) -> dict[str, str]:
    """What the dialplan's `screen` goes by. Commas part Originate's variables, so the thresholds have slashes."""
    audit = f"{settings.recordings_dir.rstrip('/')}/{screening.audit}.wav" if screening.audit else ""
    return {
        "DIALER_PLACED_MS": str(round(screening.placed_at * 1000)),
        "DIALER_DETECTOR": screening.detector,
        "DIALER_EARLY": screening.early.replace(",", "/"),
        "DIALER_LATE": screening.late.replace(",", "/"),
        "DIALER_LATE_MS": str(round(screening.late_from_s * 1000)),
        "DIALER_MACHINE": str(screening.on_machine),
        "DIALER_VOICEMAIL": screening.message,
        "DIALER_BEEP_S": str(screening.beep_wait_max_s),
        "DIALER_AUDIT": audit,
    }


def _call_leg(command: CallAgent | CallThird, settings: AmiSettings) -> Fields:
    return _call_agent(command, settings) if isinstance(command, CallAgent) else _call_third(command, settings)


def _call_agent(command: CallAgent, settings: AmiSettings) -> Fields:
    return _originate(
        command.endpoint,
        command.leg,
        (settings.agent_context, "idle"),
        timeout_s=settings.agent_ring_s,
        Account=f"agent-{command.agent}",
        Variable=pairs({"DIALER_AGENT": str(command.agent)}),
    )


def _call_third(command: CallThird, settings: AmiSettings) -> Fields:
    return _originate(
        command.dial,
        command.leg,
        (settings.third_context, "wait"),
        timeout_s=settings.third_ring_s,
        CallerID=command.caller_id,
        Account="third",
    )


def _monitoring(command: Monitor | MonitorOther | SetMonitorMode, settings: AmiSettings, name_of: NameOf) -> Plan:
    match command:
        case Monitor():
            return Plan(decisive=_monitor(command, settings, name_of))
        case MonitorOther(leg, agent_leg):
            name = name_of(leg)
            heard = _setvar(name, "DIALER_WITH", name_of(agent_leg))
            return Plan(before=(heard,), decisive=_redirect(name, "spy", settings, context=settings.spy_context))
        case SetMonitorMode(leg, mode):
            return Plan(decisive=_action("PlayDTMF", name_of(leg), Digit=SPY_KEYS[mode], Receive="true"))


def _monitor(command: Monitor, settings: AmiSettings, name_of: NameOf) -> Fields:
    return _originate(
        command.endpoint,
        command.leg,
        (settings.spy_context, "spy"),
        timeout_s=settings.agent_ring_s,
        Account="supervisor",
        Variable=pairs({"DIALER_WITH": name_of(command.agent_leg)}),
    )


def _originate(
    dial: str, uniqueid: str, place: tuple[str, str], *, timeout_s: float, **more: str | tuple[str, ...]
) -> Fields:
    return {
        "Action": "Originate",
        "Channel": dial,
        "ChannelId": uniqueid,
        "Context": place[0],
        "Exten": place[1],
        "Priority": "1",
        "Timeout": str(round(timeout_s * 1000)),
        "Async": "true",
        "EarlyMedia": "false",
        **more,
    }


def _record(name: str, base: str, settings: AmiSettings) -> Fields:
    """MixMonitor as three files that line up: the mix, what the person says, what the person hears. It goes on in files
    that are there: of a person who came back from where nobody took them."""
    if not _RECORDING.fullmatch(base):
        raise ActionRefusedError(f"recording {base!r}: use letters, digits, - _ and / only; nothing was sent")
    path = f"{settings.recordings_dir.rstrip('/')}/{base}"
    return _action("MixMonitor", name, File=f"{path}.wav", Options=f"r({path}-customer.wav)t({path}-agent.wav)Sa")


def _setvar(name: str, variable: str, value: str) -> Fields:
    return _action("Setvar", name, Variable=variable, Value=value)


def _bridge(first: str, second: str) -> Fields:
    return {"Action": "Bridge", "Channel1": first, "Channel2": second, "Tone": "no"}


def _redirect(name: str, exten: str, settings: AmiSettings, *, context: str = "") -> Fields:
    return _action("Redirect", name, Context=context or settings.customer_context, Exten=exten, Priority="1")


def _hangup(uniqueid: str) -> Fields:
    """By Uniqueid, which Asterisk takes as well: the channel may be so young that its name is not known."""
    return _action("Hangup", uniqueid, Cause=NORMAL_CLEARING)


def _action(action: str, channel: str, **more: str) -> Fields:
    return {"Action": action, "Channel": channel, **more}
