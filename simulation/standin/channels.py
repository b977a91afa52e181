"""What the stand-in keeps of each channel and bridge. Values and look-up alone: no events, no time."""

import itertools
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from random import Random
from uuid import UUID

from simulation.standin.world import Timer

Then = Callable[[], None]  # where a channel's dialplan goes on


class State(IntEnum):
    """Asterisk's channel states, as far as they occur here."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


class Nature(Enum):
    """Who or what a far end is, for those who listen."""

    PERSON = "person"
    MACHINE = "machine"
    TONES = "tones"  # a fax machine, or an operator's announcement


@dataclass(slots=True, eq=False)
class Bridge:
    """A room that several wait in (`holding`, by name), or a talk of two or three."""

    uniqueid: str
    name: str = ""  # of a holding room, else empty
    members: list["Channel"] = field(default_factory=list)
    holders: list["Channel"] = field(default_factory=list)  # whose BridgeWait has not returned, away in a talk or not

    @property
    def holding(self) -> bool:
        return bool(self.name)


@dataclass(slots=True, eq=False)
class Recording:
    """A running MixMonitor: what was heard, as spans for the writer."""

    file: str
    received: str  # file of what the channel sent, empty = none
    transmitted: str
    since: float
    talks: list[tuple[float, float]] = field(default_factory=list)
    mutes: list[tuple[float, float]] = field(default_factory=list)
    talk_since: float | None = None
    mute_since: float | None = None
    appends: bool = False  # to files that are there


@dataclass(slots=True, eq=False)
class Channel:
    """One leg, with the place in the dialplan where it is or was taken from."""

    name: str
    uniqueid: str
    linkedid: str
    context: str
    exten: str = "s"
    priority: int = 1
    state: State = State.DOWN
    account: str = ""
    caller: tuple[str, str] = ("", "")  # number, name
    variables: dict[str, str] = field(default_factory=dict)
    application: str = "AppDial2"
    data: str = "(Outgoing Line)"
    since: float = 0.0
    serial: int = 0
    bridge: Bridge | None = None
    room: Bridge | None = None
    then: Then | None = None  # runs when the channel comes out of a room or a talk
    limit: Timer | None = None  # of the waiting
    far: Timer | None = None  # the far end's next deed
    cancel: Callable[[int], None] | None = None  # gives up a leg that is still on its way out, with a cause
    on_hangup: Callable[[], None] | None = None  # what else ends with the channel
    spies: "list[Channel]" = field(default_factory=list)  # who hear it
    music: bool = False
    recording: Recording | None = None
    nature: Nature = Nature.PERSON
    keys: list[str] = field(default_factory=list)  # what the person will type, key by key
    gone: bool = False


class Registry:
    """All channels, by name and by unique id, and the ids that Asterisk would make."""

    def __init__(self, rng: Random, *, system: str, epoch: int) -> None:
        self._rng = rng
        self._prefix = f"{system}-{epoch}"
        self._serial = itertools.count()
        self._unique = itertools.count(1)
        self._by_name: dict[str, Channel] = {}
        self._by_id: dict[str, Channel] = {}
        self._lower: list[str] = []  # all unique ids, without regard to case, in order

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._by_name.values()))

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> Channel | None:
        """By name or by unique id: actions take both."""
        return self._by_name.get(name) or self._by_id.get(name)

    def taken(self, uniqueid: str, version: int) -> bool:
        """Whether Asterisk would refuse the id: 16 an equal one, 22 also the beginning of a living one's; any case."""
        wanted = uniqueid.lower()
        place = bisect_left(self._lower, wanted)
        if place == len(self._lower):
            return False
        return self._lower[place] == wanted if version == 16 else self._lower[place].startswith(wanted)

    def create(self, endpoint: str, *, uniqueid: str, context: str, since: float) -> Channel:
        serial = next(self._serial)
        made = uniqueid or f"{self._prefix}.{next(self._unique)}"
        channel = Channel(
            name=f"{endpoint}-{serial:08x}", uniqueid=made, linkedid=made, context=context, since=since, serial=serial
        )
        self._by_name[channel.name] = channel
        self._by_id[made] = channel
        insort(self._lower, made.lower())
        return channel

    def remove(self, channel: Channel) -> None:
        channel.gone = True
        del self._by_name[channel.name]
        del self._by_id[channel.uniqueid]
        del self._lower[bisect_left(self._lower, channel.uniqueid.lower())]

    def bridge(self, name: str = "") -> Bridge:
        return Bridge(uniqueid=str(UUID(int=self._rng.getrandbits(128), version=4)), name=name)
