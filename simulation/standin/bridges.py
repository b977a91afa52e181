"""Who hears whom: waiting rooms, talks of two, and a third who joins. It decides nothing about places or calls.

A channel that a Bridge action takes out of a room keeps its way on (`then`): when the talk is over it continues behind
the place it was taken from. The room's limit is dropped by that, so that no talk is cut.
"""

from functools import partial

from simulation.standin import events
from simulation.standin.channels import Bridge, Channel, Registry, Then
from simulation.standin.events import Sheet
from simulation.standin.tape import Tape
from simulation.standin.world import World


class Bridges:
    """All rooms and talks."""

    def __init__(self, world: World, registry: Registry, sheet: Sheet, tape: Tape) -> None:
        self._world = world
        self._registry = registry
        self._sheet = sheet
        self._tape = tape
        self._rooms: dict[str, Bridge] = {}

    def wait(self, channel: Channel, room: str, *, limit_s: float | None, then: Then, music: bool = False) -> None:
        """BridgeWait: the channel waits in the room until its limit, then goes on with `then`."""
        place = self._rooms.get(room)
        if place is None:
            place = self._rooms[room] = self._registry.bridge(room)
            self._world.emit("BridgeCreate", events.bridge(place))
        place.holders.append(channel)
        channel.room = place
        channel.then = then
        self._enter(place, channel)
        if music:
            self.play_music(channel)
        if limit_s is not None:
            channel.limit = self._world.after(limit_s, partial(self._expire, channel))

    def talk(self, first: Channel, second: Channel) -> bool:
        """The Bridge action. False where Asterisk would answer Error; the pair may be apart all the same."""
        shared = first.bridge if first.bridge is second.bridge else None
        together = shared is not None and not shared.holding and len(shared.members) == 2
        new = self._registry.bridge()
        self._world.emit("BridgeCreate", events.bridge(new))
        for alone in self._move(first, new):
            self.go_on(alone)
        if together and (second.gone or self._world.version == 16):
            self.part(first, [])
            self.go_on(first)
            return self._world.version != 16
        left = self._move(second, new)
        oldest = min((first, second), key=lambda channel: channel.serial)
        first.linkedid = second.linkedid = oldest.linkedid
        for channel in (first, second):
            self._world.emit("NewConnectedLine", self._sheet.channel(channel))
            self._tape.talk_began(channel)
        self._world.shuffle(*(partial(self.go_on, alone) for alone in left))
        return True

    def couple(self, first: Channel, second: Channel, then: Then) -> None:
        """The bridge that Dial makes of caller and called; the caller goes on with `then`."""
        new = self._registry.bridge()
        self._world.emit("BridgeCreate", events.bridge(new))
        first.then = then
        self._enter(new, second)
        self._enter(new, first)

    def join(self, channel: Channel, other: Channel, then: Then) -> bool:
        """BridgeAdd: into the other's talk. False where there is none."""
        if other.bridge is None or other.bridge.holding:
            return False
        channel.then = then
        self._enter(other.bridge, channel)
        self._tape.talk_began(channel)
        return True

    def leave(self, channel: Channel) -> list[Channel]:
        """Take the channel out of everything. Answers with those left alone, who must `go_on`."""
        alone: list[Channel] = []
        self.part(channel, alone)
        self._give_up_room(channel)
        channel.then = None
        return alone

    def go_on(self, channel: Channel) -> None:
        """What waited or talked is over: behind the place."""
        if channel.gone:
            return
        self._give_up_room(channel)
        then, channel.then = channel.then, None
        if then is not None:
            then()

    def part(self, channel: Channel, alone: list[Channel]) -> None:
        """Take the channel out of its bridge; a talk's last member comes out too and is added to `alone`."""
        if channel.limit is not None:
            channel.limit.cancel()
            channel.limit = None
        self.stop_music(channel)
        bridge = channel.bridge
        if bridge is None:
            return
        channel.bridge = None
        bridge.members.remove(channel)
        self._world.emit("BridgeLeave", [*events.bridge(bridge), *self._sheet.channel(channel)])
        if bridge.holding:
            return
        self._tape.talk_ended(channel)
        if len(bridge.members) == 1:
            last = bridge.members[0]
            self.part(last, alone)
            alone.append(last)
        elif not bridge.members:
            self._world.emit("BridgeDestroy", events.bridge(bridge))

    def stop_music(self, channel: Channel) -> None:
        if channel.music:
            channel.music = False
            self._world.emit("MusicOnHoldStop", self._sheet.channel(channel))

    def play_music(self, channel: Channel) -> None:
        channel.music = True
        self._world.emit("MusicOnHoldStart", [*self._sheet.channel(channel), ("Class", "default")])

    def _move(self, channel: Channel, bridge: Bridge) -> list[Channel]:
        alone: list[Channel] = []
        self.part(channel, alone)
        self._enter(bridge, channel)
        return alone

    def _enter(self, bridge: Bridge, channel: Channel) -> None:
        bridge.members.append(channel)
        channel.bridge = bridge
        self._world.emit("BridgeEnter", [*events.bridge(bridge), *self._sheet.channel(channel)])

    def _expire(self, channel: Channel) -> None:
        channel.limit = None
        self.part(channel, [])
        self.go_on(channel)

    def _give_up_room(self, channel: Channel) -> None:
        room, channel.room = channel.room, None
        if room is None:
            return
        room.holders.remove(channel)
        if not room.holders:
            del self._rooms[room.name]
            self._world.emit("BridgeDestroy", events.bridge(room))
