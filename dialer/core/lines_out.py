"""A line outwards beside a call, by which a person was handed on or a third party called, and what it costs. Pure."""

from dataclasses import dataclass, replace

from dialer.core.ids import CallId, CampaignId, ClientId, PersonId
from dialer.core.routing import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOut:
    """One such line, as it is kept beside its call. Times are seconds since 1970."""

    id: CallId
    call: CallId
    campaign: CampaignId
    client: ClientId
    trunk: str
    number: str  # E.164, or one inside the house
    placed_at: float
    person: PersonId | None = None  # whose number it is, where a list told: it counts for the caps of that person
    answered_at: float | None = None
    ended_at: float | None = None
    cost: float | None = None  # by the trunk's tariff; None while it is not over, and where no tariff holds
    currency: str = ""

    def answered(self, at: float) -> "LineOut":
        """Somebody took it."""
        return self if self.answered_at is not None else replace(self, answered_at=at)

    def over(self, at: float, way: Way | None) -> "LineOut":
        """It is over; `way` is its trunk's, None where that is not configured any more."""
        answered_s = None if self.answered_at is None else at - self.answered_at
        cost, currency = way.bill(self.number, answered_s) if way is not None else (None, "")
        return replace(self, ended_at=at, cost=cost, currency=currency)
