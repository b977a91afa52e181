"""Channels from their birth to their hang-up, with the events of both. It knows no dialplan."""

from functools import partial

from simulation.standin import events
from simulation.standin.bridges import Bridges
from simulation.standin.channels import Channel, Registry, State
from simulation.standin.events import Sheet
from simulation.standin.tape import Tape
from simulation.standin.wire import Fields
from simulation.standin.world import World

NORMAL = 16


class Calls:
    """Makes and ends channels."""

    def __init__(self, world: World, registry: Registry, sheet: Sheet, bridges: Bridges, tape: Tape) -> None:
        self.world = world
        self.registry = registry
        self.sheet = sheet
        self.bridges = bridges
        self.tape = tape
        self.kept_opt_outs: dict[str, str] = {}  # Asterisk's own database, by unique id

    def create(self, endpoint: str, *, uniqueid: str = "", context: str) -> Channel:
        channel = self.registry.create(endpoint, uniqueid=uniqueid, context=context, since=self.world.now())
        self.tell("Newchannel", channel)
        return channel

    def tell(self, event: str, channel: Channel, extra: Fields = ()) -> None:
        self.world.emit(event, [*self.sheet.channel(channel), *extra])

    def user_event(self, channel: Channel, name: str, *extra: tuple[str, str]) -> None:
        named = [("UserEvent", name), ("Attempt", channel.uniqueid), ("Lead", channel.variables.get("DIALER_LEAD", ""))]
        self.world.emit("UserEvent", [*self.sheet.channel(channel), *named, *extra], privilege="user,all")

    def set_state(self, channel: Channel, state: State) -> None:
        channel.state = state
        self.tell("Newstate", channel)

    def far_end_hangs_up(self, channel: Channel, cause: int, sip: int | None = None) -> None:
        """BYE or a refusal from the far end: told as HangupRequest before anything else."""
        if channel.gone:
            return
        self.tell("HangupRequest", channel, self.causes(cause, sip))
        self.hang_up(channel, cause, sip)

    def hang_up(self, channel: Channel, cause: int, sip: int | None = None) -> None:
        """End a channel. Those it talked with go on behind their places."""
        if channel.gone:
            return
        if channel.far is not None:
            channel.far.cancel()
        alone = self.bridges.leave(channel)
        ended, channel.on_hangup = channel.on_hangup, None
        self.world.shuffle(
            partial(self._farewell, channel, cause, sip),
            *(partial(self.bridges.go_on, other) for other in alone),
        )
        if ended is not None:
            ended()

    def stop_recording(self, channel: Channel) -> bool:
        """False where nothing was being recorded."""
        if channel.recording is None:
            return False
        self.tape.stop(channel)
        self.tell("MixMonitorStop", channel)
        return True

    def causes(self, cause: int, sip: int | None) -> list[tuple[str, str]]:
        tech = [("TechCause", str(sip))] if sip and self.world.version != 16 else []
        return [("Cause", str(cause)), *tech]

    def _farewell(self, channel: Channel, cause: int, sip: int | None) -> None:
        if channel.state == State.UP:
            self.tell("SoftHangupRequest", channel, [("Cause", str(NORMAL))])
        self.stop_recording(channel)
        for spy in channel.spies:
            self.world.soon(partial(self.hang_up, spy, NORMAL))
        self.registry.remove(channel)
        (code, *tech) = self.causes(cause, sip)
        self.tell("Hangup", channel, [code, ("Cause-txt", events.CAUSE_NAMES.get(cause, "Unknown")), *tech])
