"""Who hears whom on the switch: calls, legs and the bridges between them, and what falls where when one leaves.

A bridge that is left with one member dissolves: a person falls to `lost`, an agent's leg to `idle`, a third party's leg
is hung up. This is the behaviour measured on Asterisk 16 and 22; no time passes here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from dialer.core.detection import Verdict
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import PlaceCall
from dialer.core.model import ChannelRow
from simulation.world.people import Fate, Kind


@dataclass(slots=True, eq=False)
class Bridge:
    members: list["Party"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class SimCall:
    """A person's channel."""

    id: CallId
    order: PlaceCall
    fate: Fate
    placed_at: float
    place: str = ""
    up: bool = False
    signs: bool = False  # something was heard of it
    answered_at: float | None = None
    joined_at: float | None = None  # first
    message_at: float | None = None  # the abandonment message began
    verdict: Verdict | None = None  # of the detector
    cut_off: bool = False  # a person whom it took for a machine, and who met no agent for that
    taken_by: AgentId | None = None  # the agent who was first to hear the person
    talks: int = 0
    muted: bool = False
    inbound: bool = False  # they called us
    stage: int = 0  # what was planned in an earlier stage is void
    bridge: Bridge | None = None
    talking_since: float | None = None
    talk_left_s: float = 0.0  # until the talk is over by itself

    def patience_left_s(self, now: float) -> float:
        """How much longer silence is borne after the answer; a machine does not mind it."""
        if self.fate.kind is not Kind.PERSON or self.answered_at is None:
            return inf
        return max(0.0, self.fate.wait_s - (now - self.answered_at))


@dataclass(slots=True, eq=False)
class SimLeg:
    """An agent's channel, or (agent None) a third party's."""

    id: LegId
    agent: AgentId | None
    up: bool = False
    bridge: Bridge | None = None


Party = SimCall | SimLeg


class Bridges:
    """Moves parties between bridges; `fell` is called for each that is left alone by it."""

    def __init__(self, fell: Callable[[Party], None]) -> None:
        self._fell = fell

    def leave(self, party: Party) -> None:
        """Take the party out of its bridge; who is then alone there falls."""
        bridge, party.bridge = party.bridge, None
        if bridge is None:
            return
        bridge.members.remove(party)
        if len(bridge.members) == 1:
            last = bridge.members.pop()
            last.bridge = None
            self._fell(last)

    def join(self, one: Party, other: Party) -> None:
        """Pull both out of wherever they are, and let them hear each other."""
        self.leave(one)
        self.leave(other)
        one.bridge = other.bridge = Bridge([one, other])

    def add(self, party: Party, host: Party) -> bool:
        """Let the party into the host's bridge. False where the host is in none."""
        self.leave(party)
        if host.bridge is None:
            return False
        host.bridge.members.append(party)
        party.bridge = host.bridge
        return True


def agent_with(call: SimCall) -> SimLeg | None:
    """The agent's leg, or else the third party's, that the person hears."""
    found = None
    for party in call.bridge.members if call.bridge is not None else ():
        if isinstance(party, SimLeg):
            if party.agent is not None:
                return party
            found = found or party
    return found


def call_with(leg: SimLeg) -> SimCall | None:
    """The person whom the leg hears."""
    members = leg.bridge.members if leg.bridge is not None else []
    return next((party for party in members if isinstance(party, SimCall)), None)


def row_of(call: SimCall) -> ChannelRow:
    """The call as a list of everything that exists shows it."""
    leg = agent_with(call)
    return ChannelRow(
        call=call.id,
        place=call.place,
        up=call.up,
        talking_with=leg.id if leg else None,
        talks=call.talks,
        muted=call.muted,
    )
