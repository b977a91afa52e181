"""Who can be called when: the coming week of a campaign, hour by hour."""

from fastapi import APIRouter
from pydantic import BaseModel

from dialer.leads.calling_hours import calling_hours
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.problems import responses

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))


class HourShown(BaseModel):
    """`people` may be called in the hour from `at` (seconds since 1970) on; `shut` counts the others by rule."""

    at: float
    people: float
    shut: dict[str, float]


class CallingHoursShown(BaseModel):
    """A week, by calling hours, holidays and places; `people` were looked at, of `open_leads`."""

    people: int
    open_leads: int
    hours: list[HourShown]


@router.get("/{campaign}/calling-hours", operation_id="callingHours")
async def calling_hours_of(campaign: Id, session: Caller, console: TheConsole) -> CallingHoursShown:
    """How many of the campaign's people may be called at each hour of the coming week."""
    found = await console.campaign(campaign, session)
    week = await calling_hours(console.store, found, console.law, console.now(), console.floor.view().pools)
    return CallingHoursShown(
        people=week.people,
        open_leads=week.open_leads,
        hours=[HourShown(at=one.at, people=one.people, shut=dict(one.shut)) for one in week.hours],
    )
