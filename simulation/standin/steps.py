"""What the dialplan's places are made of: entering one, telling of it, waiting in a room, a sound, hanging up."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from simulation.standin.calls import NORMAL, Calls
from simulation.standin.channels import Channel

OPT_OUT_KEY = "9"
CUSTOMERS = "dialer-customer"

Place: TypeAlias = Callable[[Channel], None]


class Steps:
    """One step of an extension each."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def enter(self, channel: Channel, place: str) -> None:
        """The channel is at this place now."""
        channel.variables["DIALER_PLACE"] = place
        channel.exten, channel.priority = place, 2

    def tell(self, channel: Channel, place: str, event: str) -> None:
        """It is there, and says so."""
        self.enter(channel, place)
        self._calls.user_event(channel, event)

    def wait(
        self,
        channel: Channel,
        room: str,
        *,
        limit_s: float,
        options: str,
        priority: int,
        then: Callable[[], None],
        music: bool = False,
    ) -> None:
        """BridgeWait with a limit; `then` is what follows it."""
        self.enter(channel, room)
        channel.priority = priority
        channel.application, channel.data = "BridgeWait", f"{room},participant,{options}S({limit_s:.0f})"
        self._calls.bridges.wait(channel, room, limit_s=limit_s, then=then, music=music)

    def play(self, channel: Channel, seconds: float, then: Callable[[], None]) -> None:
        """A sound, or any other stretch of time in a place."""
        channel.application, channel.priority, channel.then = "Playback", 3, then
        channel.limit = self._calls.world.after(seconds, partial(self._calls.bridges.go_on, channel))

    def bye(self, channel: Channel) -> None:
        """Hangup(16)."""
        self._calls.hang_up(channel, NORMAL)
