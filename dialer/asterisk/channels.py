"""What is remembered of the channels that exist: their names, their bridges, and the hints of how they will end. Pure.

Bounded by what exists on the switch: a channel is forgotten with its Hangup, or when two listings in a row miss it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dialer.core.ids import CallId, LegId
from dialer.core.outcomes import EndedBy

RINGING, UP = "5", "6"
"""ChannelState, as Asterisk numbers it: the far end rings; answered."""


@dataclass(slots=True)
class Channel:
    """One channel of ours. Exactly one of `call` and `leg` is set."""

    uniqueid: str
    name: str
    call: CallId | None
    leg: LegId | None
    bridge: str = ""  # the bridge it is in, empty on the way from one place to the next
    talking: bool = False  # that bridge is a talk, not a waiting room
    up: bool = False
    queued: bool = False  # told: CallQueued
    progressed: bool = False  # told: CallProgressed
    rang: bool = False  # told: CallRang
    answered: bool = False  # told: CallAnswered
    abandoned: bool = False  # the abandonment message plays
    ends_itself: bool = False  # the dialplan is about to hang up
    ended_by: EndedBy | None = None  # who asked first
    originate_reason: str = ""  # of a failed OriginateResponse
    network_cause: int = 0  # what the network's sounds before the answer meant, as a Q.850 cause


class Channels:
    """All channels of ours that exist, by Uniqueid and by bridge."""

    def __init__(self) -> None:
        self._all: dict[str, Channel] = {}
        self._in_bridge: dict[str, dict[str, None]] = {}  # of each bridge its Uniqueids, in the order of entering
        self._missed: set[str] = set()
        self._adopted: dict[str, str] = {}

    def get(self, uniqueid: str) -> Channel | None:
        return self._all.get(self._adopted.get(uniqueid, uniqueid))

    def adopt(self, name: str, channel: Channel) -> None:
        """Let a channel that came from outside be found by `name` as well: the one our own would have."""
        self._adopted[name] = channel.uniqueid
        self.add(channel)

    def add(self, channel: Channel) -> Channel:
        self._all[channel.uniqueid] = channel
        return channel

    def remove(self, uniqueid: str) -> Channel | None:
        channel = self._all.pop(uniqueid, None)
        if channel is not None:
            self.leave(channel)
            for name in [name for name, meant in self._adopted.items() if meant == uniqueid]:
                del self._adopted[name]
        return channel

    def enter(self, channel: Channel, bridge: str, *, talking: bool) -> None:
        self.leave(channel)
        channel.bridge, channel.talking = bridge, talking
        self._in_bridge.setdefault(bridge, {})[channel.uniqueid] = None

    def leave(self, channel: Channel) -> None:
        others = self._in_bridge.get(channel.bridge)
        if others is not None:
            others.pop(channel.uniqueid, None)
            if not others:
                del self._in_bridge[channel.bridge]
        channel.bridge, channel.talking = "", False

    def partners(self, channel: Channel) -> list[Channel]:
        """The others in the same talk, first come first."""
        if not channel.talking:
            return []
        return [self._all[one] for one in self._in_bridge[channel.bridge] if one != channel.uniqueid]

    def keep(self, listed: Iterable[str]) -> None:
        """Forget what two listings in a row did not show: its Hangup never came."""
        missed = self._all.keys() - set(listed)
        for uniqueid in missed & self._missed:
            self.remove(uniqueid)
        self._missed = missed & self._all.keys()

    def __len__(self) -> int:
        return len(self._all)
