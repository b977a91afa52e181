"""The fields of each event, in Asterisk's order and spelling. Pure: nothing here changes a channel."""

from collections.abc import Sequence

from simulation.standin.channels import Bridge, Channel, State
from simulation.standin.wire import Fields

STATE_NAMES = {State.DOWN: "Down", State.RING: "Ring", State.RINGING: "Ringing", State.UP: "Up"}

CAUSE_NAMES = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    20: "Subscriber absent",
    21: "Call Rejected",
    22: "Number changed",
    23: "Redirected to new destination",
    26: "Answered elsewhere",
    27: "Destination out of order",
    28: "Invalid number format",
    34: "Circuit/channel congestion",
    38: "Network out of order",
    44: "Requested channel not available",
    127: "Interworking, unspecified",
}

UNKNOWN = "<unknown>"


class Sheet:
    """Writes channels down; `variables` are those that manager.conf's channelvars names."""

    def __init__(self, variables: Sequence[str]) -> None:
        self._variables = tuple(variables)

    def channel(self, channel: Channel, prefix: str = "") -> list[tuple[str, str]]:
        number, name = channel.caller
        fields = [
            ("Channel", channel.name),
            ("ChannelState", str(int(channel.state))),
            ("ChannelStateDesc", STATE_NAMES[channel.state]),
            *self.caller(channel.caller),
            ("ConnectedLineNum", number or UNKNOWN),
            ("ConnectedLineName", name or UNKNOWN),
            ("Language", "en"),
            ("AccountCode", channel.account),
            ("Context", channel.context),
            ("Exten", channel.exten),
            ("Priority", str(channel.priority)),
            ("Uniqueid", channel.uniqueid),
            ("Linkedid", channel.linkedid),
            *self.named(channel, "ChanVariable"),
        ]
        return [(prefix + key, value) for key, value in fields] if prefix else fields

    def row(self, channel: Channel, *, action_id: Fields, age_s: float) -> list[tuple[str, str]]:
        """A row of CoreShowChannels."""
        hours, seconds = divmod(int(age_s), 3600)
        return [
            *action_id,
            *self.channel(channel),
            ("Application", channel.application),
            ("ApplicationData", channel.data),
            ("Duration", f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"),
            ("BridgeId", channel.bridge.uniqueid if channel.bridge else ""),
        ]

    def caller(self, caller: tuple[str, str]) -> list[tuple[str, str]]:
        number, name = caller
        return [("CallerIDNum", number or UNKNOWN), ("CallerIDName", name or UNKNOWN)]

    def named(self, channel: Channel, header: str) -> list[tuple[str, str]]:
        """The variables that ride on every event of a channel."""
        return [(header, f"{name}={channel.variables.get(name, '')}") for name in self._variables]


def bridge(room: Bridge) -> list[tuple[str, str]]:
    technology = "holding_bridge" if room.holding else "softmix" if len(room.members) > 2 else "simple_bridge"
    return [
        ("BridgeUniqueid", room.uniqueid),
        ("BridgeType", "base" if room.holding else "basic"),
        ("BridgeTechnology", technology),
        ("BridgeCreator", "BridgeWait" if room.holding else UNKNOWN),
        ("BridgeName", room.name or UNKNOWN),
        ("BridgeNumChannels", str(len(room.members))),
        ("BridgeVideoSourceMode", "none"),
    ]
