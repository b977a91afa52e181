"""Identifiers. They are ours: Asterisk's own names stay in `dialer.asterisk`, the database's keys are these."""

from typing import NewType

CallId = NewType("CallId", int)  # one attempt to reach a person; unique over all cells
AgentId = NewType("AgentId", int)
CampaignId = NewType("CampaignId", int)
ClientId = NewType("ClientId", int)
LeadId = NewType("LeadId", int)  # an account in a campaign
PersonId = NewType("PersonId", int)
PhoneId = NewType("PhoneId", int)
LegId = NewType("LegId", str)  # an agent's nailed-up line to the switch, or a third party's

ANYBODY = AgentId(0)  # no agent has this id: of a callback that whoever is free makes

CELL_SHIFT = 40  # a cell's calls are numbered from cell << 40: below 2**53, so that JavaScript reads them exactly


def first_call(cell: int) -> CallId:
    """The lowest call id of a cell (0..8191)."""
    if not 0 <= cell < 1 << 13:
        raise ValueError(f"cell {cell}: must be 0 to 8191")
    return CallId((cell << CELL_SHIFT) + 1)


def leg_id(agent: AgentId, now: float) -> LegId:
    """A fresh name for an agent's leg; the time keeps it from ever being used twice."""
    return LegId(f"cadencia-a{agent}-{round(now * 1000)}")


def monitor_id(agent: AgentId, now: float) -> LegId:
    """A fresh name for the leg of somebody who hears the agent."""
    return LegId(f"cadencia-s{round(now * 1000)}{agent:06d}")


def third_id(agent: AgentId, now: float) -> LegId:
    """A fresh name for the leg of a third party whom the agent calls."""
    return LegId(f"cadencia-t{round(now * 1000)}{agent:06d}")
