"""The two sides of a recorded call."""

from enum import StrEnum


class Leg(StrEnum):
    """In the order of a stereo file's channels: the agent left, the customer right."""

    AGENT = "agent"
    CUSTOMER = "customer"

    @property
    def other(self) -> "Leg":
        return Leg.CUSTOMER if self is Leg.AGENT else Leg.AGENT
