"""What the store of the simulated world keeps of leads and calls, and how it forgets."""

from dataclasses import dataclass
from typing import TypeVar

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.core.model import CallRecord, Lead

Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(dict[Key, Value]):
    """A dictionary that forgets its oldest entries beyond so many."""

    def __init__(self, most: int | None) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        if self._most is not None and len(self) > self._most:
            del self[next(iter(self))]


@dataclass(slots=True, eq=False)
class StoredLead:
    """What has become of a lead since it was first claimed."""

    campaign: CampaignId
    attempts: int = 0
    due_at: float | None = 0.0  # None: finished
    claimed: bool = False
    result: str = ""
    streak: int = 0  # times in a row


@dataclass(slots=True, eq=False)
class Reservation:
    """A call that holds a person and a number."""

    call: CallId
    campaign: CampaignId
    lead: Lead
    at: float
    agent: AgentId | None
    record: CallRecord | None = None
    listed: bool = True  # the lead was not finished when a caller came to hold it
    inbound: bool = False
