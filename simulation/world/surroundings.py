"""What the simulated switch needs of the rest of the world."""

from typing import Protocol

from dialer.core.ids import AgentId
from dialer.core.messages import PlaceCall
from simulation.world.bridges import SimCall
from simulation.world.people import Fate


class Surroundings(Protocol):
    """What the switch needs of the rest of the world."""

    def fate_of(self, order: PlaceCall, delay_s: float) -> Fate:
        """What the person called will do."""

    def phone_rings(self, agent: AgentId) -> bool:
        """Whether the agent takes the phone."""

    def hears(self, agent: AgentId, call: SimCall | None) -> None:
        """The agent now hears this person, or nobody."""
