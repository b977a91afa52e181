"""AMI's actions: one function each, from the action to its response. The other parts do what it sets off."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from asterisk_config import edition
from simulation.standin.calls import NORMAL, Calls
from simulation.standin.channels import Channel, State
from simulation.standin.dialling import Leg
from simulation.standin.dialplan import Dialplan
from simulation.standin.people import People, far_end
from simulation.standin.wire import Action, Fields
from simulation.standin.world import Session

RING_MS = "30000"
GLOBALS = {edition.GLOBAL: edition.edition()}  # of the dialplan that it follows


class ActionError(Exception):
    """The action is refused; its text is the response's Message."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What actions work on."""

    calls: Calls
    dialplan: Dialplan
    people: People
    endpoints: frozenset[str]  # those there are; empty = any


def answer(desk: Desk, session: Session, action: Action) -> None:
    """Carry one action out and answer it."""
    handler = HANDLERS.get(action.get("Action").lower(), unknown)
    try:
        handler(desk, session, action)
    except ActionError as error:
        respond(desk, session, action, ("Message", str(error)), success=False)


def respond(desk: Desk, session: Session, action: Action, *fields: tuple[str, str], success: bool = True) -> None:
    outcome = "Success" if success else "Error"
    desk.calls.world.answer(session, [("Response", outcome), *action_id(action), *fields])


def action_id(action: Action) -> list[tuple[str, str]]:
    """ActionID comes back only where one was given."""
    given = action.get("ActionID")
    return [("ActionID", given)] if given else []


def channel_of(desk: Desk, action: Action, header: str = "Channel", error: str = "No such channel") -> Channel:
    name = action.get(header)
    if not name:
        raise ActionError(f"{header} not specified" if header != "Channel" else "No channel specified")
    channel = desk.calls.registry.find(name)
    if channel is None:
        raise ActionError(error.format(name))
    return channel


# ---------------------------------------------------------------- calls


def originate(desk: Desk, session: Session, action: Action) -> None:
    dialled = action.get("Channel")
    technology, slash, rest = dialled.partition("/")
    if not dialled:
        raise ActionError("Channel not specified")
    if not slash or not rest:
        raise ActionError("Invalid channel")
    if action.get("Async").lower() not in {"true", "yes", "1"}:
        raise ActionError("the stand-in originates with Async: true only")
    if technology == "Local":
        local(desk, session, action, rest)
        return
    placed = Originated(desk, action, dialled, technology, rest)
    respond(desk, session, action, ("Message", "Originate successfully queued"))
    desk.calls.world.soon(placed.place)


def local(desk: Desk, session: Session, action: Action, where: str) -> None:
    """What the dialer runs beside calls: here every sound is known, and early media is never heard."""
    respond(desk, session, action, ("Message", "Originate successfully queued"))
    if where.startswith("look@"):
        mark = variables_of(action).get("DIALER_LOOK", "")
        told = [("UserEvent", "DialerLooked"), ("Look", mark), ("Listens", "3"), ("Program", "the stand-in")]
        desk.calls.world.soon(partial(desk.calls.world.emit, "UserEvent", told, privilege="user,all"))


@dataclass(slots=True, eq=False)
class Originated:
    """One Originate on its way: makes the channel and says how it went."""

    desk: Desk
    action: Action
    dialled: str
    technology: str
    rest: str
    channel: Channel | None = None

    def place(self) -> None:
        endpoint, far = far_end(self.desk.people, self.rest)
        uniqueid = self.action.get("ChannelId")
        taken = bool(uniqueid) and self.desk.calls.registry.taken(uniqueid, self.desk.calls.world.version)
        if taken or (self.desk.endpoints and endpoint not in self.desk.endpoints):
            self._told(success=False, reason=0)
            return
        context = "from-trunk" if "@" in self.rest else "from-agent"
        channel = self.desk.calls.create(f"{self.technology}/{endpoint}", uniqueid=uniqueid, context=context)
        self.channel = channel
        self._dress(channel)
        timeout_s = int(self.action.get("Timeout", RING_MS)) / 1000
        Leg(self.desk.calls, channel, far, self, self.rest).start(timeout_s)

    def _dress(self, channel: Channel) -> None:
        """Account, caller id and variables come after Newchannel, as their events tell."""
        calls = self.desk.calls
        channel.variables.update(variables_of(self.action))
        if account := self.action.get("Account"):
            channel.account = account
            calls.tell("NewAccountCode", channel, [("OldAccountCode", "")])
        if caller := self.action.get("CallerID"):
            name, _, number = caller.rpartition("<")
            channel.caller = (number.rstrip(">"), name.strip().strip('"'))
            calls.tell("NewCallerid", channel, [("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")])
            calls.tell("NewConnectedLine", channel)

    def answered(self) -> None:
        self._told(success=True, reason=4)

    def start(self) -> None:
        assert self.channel is not None
        self.desk.dialplan.go_to(self.channel, self.action.get("Context"), self.action.get("Exten"))

    def failed(self, reason: int, status: str) -> None:
        self._told(success=False, reason=reason)

    def fields(self) -> Fields:
        return []

    def _told(self, *, success: bool, reason: int) -> None:
        sheet = self.desk.calls.sheet
        channel = self.channel
        told = [
            *action_id(self.action),
            ("Response", "Success" if success else "Failure"),
            ("Channel", channel.name if success and channel else self.dialled),
            ("Context", self.action.get("Context")),
            ("Exten", self.action.get("Exten")),
            ("Reason", str(reason)),
            ("Uniqueid", channel.uniqueid if channel else self.action.get("ChannelId") or "<null>"),
            *sheet.caller(channel.caller if channel else ("", "")),
            *(sheet.named(channel, f"ChanVariable({channel.name})") if success and channel else ()),
        ]
        self.desk.calls.world.emit("OriginateResponse", told)


def variables_of(action: Action) -> dict[str, str]:
    """`Variable: a=1,b=2`, as often as it comes."""
    pairs = (pair for header in action.get_all("Variable") for pair in header.split(","))
    return {name.strip().lstrip("_"): value for name, found, value in (pair.partition("=") for pair in pairs) if found}


def hangup(desk: Desk, session: Session, action: Action) -> None:
    channel = channel_of(desk, action)
    given = action.get("Cause")
    cause = int(given) if given.isdigit() else NORMAL if channel.state == State.UP else 0
    respond(desk, session, action, ("Message", "Channel Hungup"))
    if channel.cancel is not None:
        desk.calls.world.soon(partial(cancel, channel, cause))
    else:
        desk.calls.world.soon(partial(desk.calls.hang_up, channel, cause))


def cancel(channel: Channel, cause: int) -> None:
    if channel.cancel is not None:
        channel.cancel(cause)


def bridge(desk: Desk, session: Session, action: Action) -> None:
    first, second = (
        channel_of(desk, action, header, f"{header} does not exist: {{}}") for header in ("Channel1", "Channel2")
    )
    for header, channel in (("Channel1", first), ("Channel2", second)):
        if channel.state != State.UP or first is second:
            raise ActionError(f"Unable to add {header} to bridge")
    result: list[bool] = []

    def told() -> None:
        if result[0]:
            respond(desk, session, action, ("Message", "Channels have been bridged"))
        else:
            respond(desk, session, action, ("Message", "Unable to add Channel2 to bridge"), success=False)

    desk.calls.world.shuffle(lambda: result.append(desk.calls.bridges.talk(first, second)), told)


def redirect(desk: Desk, session: Session, action: Action) -> None:
    channel = channel_of(desk, action, error="Channel does not exist: {}")
    if channel.state not in {State.UP, State.RING}:  # one that calls us runs a dialplan before it is answered
        raise ActionError("Redirect failed")
    respond(desk, session, action, ("Message", "Redirect successful"))
    move = partial(desk.dialplan.redirect, channel, action.get("Context"), action.get("Exten"))
    desk.calls.world.soon(move)


# ---------------------------------------------------------------- variables and sound


def setvar(desk: Desk, session: Session, action: Action) -> None:
    channel_of(desk, action).variables[action.get("Variable")] = action.get("Value")
    respond(desk, session, action, ("Message", "Variable Set"))


def getvar(desk: Desk, session: Session, action: Action) -> None:
    name = action.get("Variable")
    if not action.get("Channel"):
        respond(desk, session, action, ("Variable", name), ("Value", GLOBALS.get(name, "")))
        return
    value = channel_of(desk, action).variables.get(name, "")
    respond(desk, session, action, ("Variable", name), ("Value", value))


def mix_monitor(desk: Desk, session: Session, action: Action) -> None:
    channel = channel_of(desk, action)
    if not desk.calls.tape.start(channel, action.get("File"), action.get("Options")):
        raise ActionError("Could not start monitoring channel")
    channel.variables["MIXMONITOR_FILENAME"] = action.get("File")
    told = partial(respond, desk, session, action)
    desk.calls.world.shuffle(told, partial(desk.calls.tell, "MixMonitorStart", channel))


def mix_monitor_mute(desk: Desk, session: Session, action: Action) -> None:
    channel = channel_of(desk, action)
    if channel.recording is None:
        raise ActionError("Cannot set mute flag")
    state = action.get("State")
    desk.calls.tape.mute(channel.recording, state == "1")
    fields = [("Direction", action.get("Direction")), ("State", state)]
    told = partial(respond, desk, session, action)
    desk.calls.world.shuffle(told, partial(desk.calls.tell, "MixMonitorMute", channel, fields))


def stop_mix_monitor(desk: Desk, session: Session, action: Action) -> None:
    if not desk.calls.stop_recording(channel_of(desk, action)):
        raise ActionError("Could not stop monitoring channel")
    respond(desk, session, action)


def play_dtmf(desk: Desk, session: Session, action: Action) -> None:
    channel_of(desk, action).keys.append(action.get("Digit"))
    respond(desk, session, action, ("Message", "DTMF successfully queued"))


def mute_audio(desk: Desk, session: Session, action: Action) -> None:
    channel_of(desk, action)
    respond(desk, session, action)


# ---------------------------------------------------------------- the rest


def ping(desk: Desk, session: Session, action: Action) -> None:
    respond(desk, session, action, ("Ping", "Pong"), ("Timestamp", f"{desk.calls.world.now():.6f}"))


def core_settings(desk: Desk, session: Session, action: Action) -> None:
    version = f"{desk.calls.world.version}.0.0 (stand-in)"
    respond(desk, session, action, ("AsteriskVersion", version), ("SystemName", "standin"))


def pjsip_show_endpoint(desk: Desk, session: Session, action: Action) -> None:
    """An endpoint and its one contact, which nobody qualifies."""
    name, given, world = action.get("Endpoint"), action_id(action), desk.calls.world
    if not name or (desk.endpoints and name not in desk.endpoints):
        raise ActionError(f"Unable to retrieve endpoint {name}")
    respond(desk, session, action, ("EventList", "start"), ("Message", "Following are Events for each object"))
    world.answer(session, [("Event", "EndpointDetail"), *given, ("ObjectType", "endpoint"), ("ObjectName", name)])
    contact = [("EndpointName", name), ("Status", "NonQualified")]
    world.answer(session, [("Event", "ContactStatusDetail"), *given, *contact])
    end = [("EventList", "Complete"), ("ListItems", "2")]
    world.answer(session, [("Event", "EndpointDetailComplete"), *given, *end])


def core_show_channels(desk: Desk, session: Session, action: Action) -> None:
    given = action_id(action)
    respond(desk, session, action, ("EventList", "start"), ("Message", "Channels will follow"))
    world, sheet = desk.calls.world, desk.calls.sheet
    channels = list(desk.calls.registry)
    for channel in channels:
        row = sheet.row(channel, action_id=given, age_s=world.now() - channel.since)
        world.answer(session, [("Event", "CoreShowChannel"), *row])
    end = [("EventList", "Complete"), ("ListItems", str(len(channels)))]
    world.answer(session, [("Event", "CoreShowChannelsComplete"), *given, *end])


def db_get_tree(desk: Desk, session: Session, action: Action) -> None:
    """Of the one family that there is here."""
    given, family = action_id(action), action.get("Family")
    kept = desk.calls.kept_opt_outs if family == "dialer-opt-out" else {}
    respond(desk, session, action, ("EventList", "start"), ("Message", "Result will follow"))
    for key, value in kept.items():
        row = [("Event", "DBGetTreeResponse"), ("Key", f"/{family}/{key}"), ("Val", value), *given]
        desk.calls.world.answer(session, row)
    end = [("EventList", "Complete"), ("ListItems", str(len(kept)))]
    desk.calls.world.answer(session, [("Event", "DBGetTreeComplete"), *given, *end])


def db_del(desk: Desk, session: Session, action: Action) -> None:
    if desk.calls.kept_opt_outs.pop(action.get("Key"), None) is None:
        raise ActionError("Database entry not found")
    respond(desk, session, action, ("Message", "Key deleted successfully"))


def command(desk: Desk, session: Session, action: Action) -> None:
    text = action.get("Command")
    if text == "core show version":
        output = f"Asterisk {desk.calls.world.version}.0.0-standin"
        respond(desk, session, action, ("Message", "Command output follows"), ("Output", output))
        return
    output = f"No such command '{text}' (type 'core show help {text}' for other possible commands)"
    respond(desk, session, action, ("Message", "Command output follows"), ("Output", output), success=False)


def unknown(desk: Desk, session: Session, action: Action) -> None:
    name = action.get("Action")
    raise ActionError(f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands.")


HANDLERS: dict[str, Callable[[Desk, Session, Action], None]] = {
    "bridge": bridge,
    "command": command,
    "coresettings": core_settings,
    "coreshowchannels": core_show_channels,
    "dbdel": db_del,
    "dbgettree": db_get_tree,
    "getvar": getvar,
    "hangup": hangup,
    "mixmonitor": mix_monitor,
    "mixmonitormute": mix_monitor_mute,
    "muteaudio": mute_audio,
    "originate": originate,
    "ping": ping,
    "pjsipshowendpoint": pjsip_show_endpoint,
    "playdtmf": play_dtmf,
    "redirect": redirect,
    "setvar": setvar,
    "stopmixmonitor": stop_mix_monitor,
}
