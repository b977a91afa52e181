"""What the API takes as a change of a running campaign. Values only: what makes sense is decided in the core."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from dialer.core.rules import Window
from dialer.core.turns import hours_of
from dialer.web.bodies import PLAIN, Body, Id, ModeName, OpenHours, PolicyName
from dialer.web.campaigns import as_clock, as_minutes

MixShare = Annotated[float, Field(gt=0, le=1)]


class ChangeGiven(Body):
    """A change while the campaign dials; what is left out stays. Without `minutes` it stands until rolled back.

    With `hours` it is a schedule: it stands in these hours by the clock of `zone`; where they close earlier than they
    open, they pass midnight into the day after. With `trial_slot_minutes` it is on trial: in force in one of every two
    slots, which chance chooses. The guards take it back by themselves: where more than `abandon_guard` of those who
    answered met no agent, or agents were idle for more than `idle_guard` of their time. `forecast` is the number of the
    forecast that was looked at before.
    """

    mode: ModeName | None = None
    lines_max: Annotated[int, Field(ge=0, le=100_000)] | None = None
    policy: PolicyName | None = None
    abandon_cap: Annotated[float, Field(ge=0, le=0.5)] | None = None
    target: Annotated[float, Field(ge=0.05, le=1, examples=[0.8])] | None = None
    intensity: Annotated[float, Field(ge=0.1, le=10)] | None = None
    ratio: Annotated[float, Field(ge=0, le=100)] | None = None
    occupancy_max: Annotated[float, Field(ge=0.5, le=1)] | None = None
    ring_timeout_s: Annotated[float, Field(ge=5, le=120)] | None = None
    mix: Annotated[dict[str, MixShare], Field(max_length=32)] | None = None
    minutes: Annotated[float, Field(gt=0, le=525_600, examples=[30])] | None = None
    note: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""
    hours: OpenHours | None = None
    zone: Annotated[str, Field(max_length=60, pattern=PLAIN)] = "UTC"
    trial_slot_minutes: Annotated[float, Field(ge=1, le=1440)] | None = None
    abandon_guard: Annotated[float, Field(gt=0, le=0.5)] | None = None
    idle_guard: Annotated[float, Field(gt=0, lt=1)] | None = None
    forecast: Id | None = None

    def turns(self, seed: int) -> dict[str, Any]:
        """When it stands, and the mix, in the core's terms; `seed` is of a trial's chance. Raises ValueError."""
        found: dict[str, Any] = {}
        if self.hours is not None:
            if self.hours.opens == self.hours.closes:
                raise ValueError(
                    f"hours: they open and close at {self.hours.opens}; for a whole day write 00:00 to 24:00"
                )
            days = tuple(sorted(set(self.hours.days)))
            found["hours"] = hours_of(days, as_minutes(self.hours.opens), as_minutes(self.hours.closes))
        if self.mix:
            found["mix"] = tuple(self.mix.items())
        if self.trial_slot_minutes is not None:
            found |= {"slot_s": 60.0 * self.trial_slot_minutes, "seed": seed}
        return found


def shown_hours(hours: Sequence[Window]) -> dict[str, Any] | None:
    """Hours as they are given; None of none."""
    if not hours:
        return None
    first, last = hours[0], hours[-1]  # one, or two that pass midnight
    return {"days": list(first.days), "opens": as_clock(first.opens_min), "closes": as_clock(last.closes_min)}
