"""Campaigns cloned, compared, scheduled and put away."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialer.core.ids import CampaignId
from dialer.core.messages import CampaignSet, CampaignStatusSet
from dialer.core.model import CampaignStatus
from dialer.store.schedules import Schedule
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id, Named
from dialer.web.campaigns import CampaignShown, shown
from dialer.web.problems import ProblemError, responses

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))


class CloneGiven(Body):
    """The name of the copy."""

    name: Named


class ComparedShown(BaseModel):
    """Settings that differ, by their place (`pacing.abandon_cap`), with the value of each campaign."""

    campaigns: list[int]
    names: list[str]
    differ: dict[str, list[Any]]
    same: int


class ScheduleGiven(Body):
    """What is to be done at `at` (seconds since 1970)."""

    action: Literal["start", "pause", "archive"]
    at: Annotated[float, Field(gt=0, lt=1e11)]


class ScheduleShown(BaseModel):
    """What is planned; done when `done_at` is set, with `error` where it could not be."""

    id: int
    action: str
    at: float
    by: str
    done_at: float | None
    error: str


def _plan(one: Schedule) -> ScheduleShown:
    return ScheduleShown(id=one.id, action=one.action, at=one.at, by=one.by_whom, done_at=one.done_at, error=one.error)


@router.post("/{campaign}/clone", status_code=201, operation_id="cloneCampaign", responses=responses(409))
async def clone_campaign(campaign: Id, body: CloneGiven, session: Caller, console: TheConsole) -> CampaignShown:
    """The same settings under another name: paused, without leads, without changes made while it dialled."""
    found = await console.campaign(campaign, session)
    bare = replace(found, id=CampaignId(0), name=body.name, status=CampaignStatus.PAUSED, changes=())
    made = await console.store.campaigns.save(bare)
    await console.ask(CampaignSet(made))
    await console.note(session, "campaign.clone", campaign=made.id, of=found.id)
    return shown(made)


def flat(value: object, place: str = "") -> dict[str, Any]:
    """Settings by their place: {"pacing": {"ratio": 1}} as {"pacing.ratio": 1}."""
    if isinstance(value, dict):
        return {
            name: one
            for key, part in value.items()
            for name, one in flat(part, f"{place}.{key}" if place else str(key)).items()
        }
    return {place: value}


@router.get("/compare/settings", operation_id="compareCampaigns")
async def compare_campaigns(
    session: Caller,
    console: TheConsole,
    campaign: Annotated[list[Id], Query(min_length=2, max_length=5, description="Two to five.")],
) -> ComparedShown:
    """What is set otherwise in some campaigns."""
    found = [await console.campaign(one, session) for one in campaign]
    flats = [flat(shown(one).model_dump(mode="json", exclude={"id", "name", "status"})) for one in found]
    places = sorted({place for one in flats for place in one})
    differ = {place: [one.get(place) for one in flats] for place in places}
    differ = {place: values for place, values in differ.items() if any(one != values[0] for one in values)}
    return ComparedShown(
        campaigns=[one.id for one in found],
        names=[one.name for one in found],
        differ=differ,
        same=len(places) - len(differ),
    )


@router.get("/{campaign}/schedules", operation_id="listSchedules")
async def list_schedules(campaign: Id, session: Caller, console: TheConsole) -> list[ScheduleShown]:
    """What is planned for a campaign, and what was done, by time."""
    found = await console.campaign(campaign, session)
    return [_plan(one) for one in await console.store.schedules.list(found.id)]


@router.post("/{campaign}/schedules", status_code=201, operation_id="addSchedule", responses=responses(409))
async def add_schedule(campaign: Id, body: ScheduleGiven, session: Caller, console: TheConsole) -> ScheduleShown:
    """Let a campaign start, pause or go to the archive by itself."""
    found = await console.campaign(campaign, session)
    if body.at <= console.now():
        raise ProblemError("in_the_past")
    made = await console.store.schedules.add(found.id, body.at, body.action, session.name)
    await console.note(session, "campaign.schedule", campaign=found.id, what=body.action, at=body.at)
    return _plan(made)


@router.delete("/{campaign}/schedules/{schedule}", status_code=204, operation_id="removeSchedule")
async def remove_schedule(campaign: Id, schedule: Id, session: Caller, console: TheConsole) -> None:
    """Take a plan back that is not done yet."""
    found = await console.campaign(campaign, session)
    if not await console.store.schedules.remove(schedule, found.id):
        raise ProblemError("not_found", "there is no such plan")
    await console.note(session, "campaign.unschedule", campaign=found.id, schedule=schedule)


@router.post("/{campaign}/archive", operation_id="archiveCampaign", responses=responses(409))
async def archive_campaign(campaign: Id, session: Caller, console: TheConsole) -> CampaignShown:
    """Pause a campaign and put it away: lists leave it out; what it did stays."""
    async with console.changing:
        found = replace(await console.campaign(campaign, session), status=CampaignStatus.PAUSED)
        await console.store.campaigns.set_status(found.id, CampaignStatus.PAUSED)
        await console.store.schedules.archive(found.id, console.now())
        await console.floor.ask(CampaignStatusSet(found.id, CampaignStatus.PAUSED))
    await console.note(session, "campaign.archive", campaign=found.id)
    return shown(found)


@router.post("/{campaign}/unarchive", operation_id="unarchiveCampaign", responses=responses(409))
async def unarchive_campaign(campaign: Id, session: Caller, console: TheConsole) -> CampaignShown:
    """Fetch a campaign from the archive; it stays paused."""
    found = await console.campaign(campaign, session)
    await console.store.schedules.restore(found.id)
    await console.note(session, "campaign.unarchive", campaign=found.id)
    return shown(found)
