"""The floor over time: minutes for the curves, the day's funnel, hours against yesterday and plan, where the list and
the shift end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialer.core.agents import AgentState
from dialer.core.ids import CampaignId
from dialer.core.model import Campaign, Category
from dialer.core.series import CLOSE_S, MINUTE_S, Minute
from dialer.core.shifts import Pace, Shift, planned_s, read_shift, shift_end
from dialer.store.day import IN_PROGRESS, LIVE
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses

router = APIRouter(tags=["floor"], responses=responses(401, 403, 404))

At = Annotated[float, Query(ge=0, lt=1e11)]
DAY_S = 86_400.0
STEPS_MAX = 2_000
PACE_S = 900.0  # the list's end is told from the pace of so long a time
RIGHT = {Category.RIGHT_PARTY, Category.PROMISE, Category.CALLBACK, Category.REFUSED, Category.DISPUTE}


class MinuteShown(BaseModel):
    """One step of a campaign's curves. `occupancy`, `wait_s` and `idle_s` (of each agent, in the step) may be null."""

    at: float
    placed: int
    answered: int
    connected: int
    abandoned: int
    agents: float
    lines: float
    occupancy: float | None
    wait_s: float | None
    idle_s: float | None


class TrunkMinuteShown(BaseModel):
    trunk: str
    at: float
    lines: int
    lines_max: int
    state: str


class HourShown(BaseModel):
    """An hour of today beside the same of yesterday and the plan."""

    hour: int
    since: float
    placed: int
    connected: int
    abandoned: int
    yesterday: int | None
    planned: int | None


class Funnel(BaseModel):
    """The day in steps: each is a part of the one before. `amounts`: what was promised, by currency."""

    attempts: int
    connections: int  # picked up, by person or machine
    contacts: int  # people who talked with an agent
    right_parties: int
    promises: int
    amounts: dict[str, float]


class ShiftEndShown(BaseModel):
    """When the last shift of the campaign's agents ends: talks of the day by then (90 % interval), leads still open."""

    at: float
    connected: float
    low: float
    high: float
    leads_open: int


class Today(BaseModel):
    """A campaign's day since midnight by `zone`. `list_ends_at`: at the present pace; null where nothing says.

    `shift_end`: at the pace of the last quarter of an hour, for the agents whose shifts are planned; null where no
    shift is on or to come, or nothing was dialled of late.
    """

    since: float
    zone: str
    funnel: Funnel
    hours: list[HourShown]
    leads_open: int
    leads_done: int
    list_ends_at: float | None
    shift_end: ShiftEndShown | None


class PlanGiven(Body):
    """Talks to be reached, by hour of the day."""

    hours: Annotated[dict[str, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=24)]


def _shown(minute: Minute, step_s: float) -> MinuteShown:
    work_s = minute.idle_s + minute.busy_s
    return MinuteShown(
        at=minute.at,
        placed=minute.placed,
        answered=minute.answered,
        connected=minute.connected,
        abandoned=minute.abandoned,
        agents=round(minute.agents, 2),
        lines=round(minute.lines, 2),
        occupancy=round(minute.busy_s / work_s, 4) if work_s else None,
        wait_s=round(minute.wait_s / minute.waits, 3) if minute.waits else None,
        idle_s=round(minute.idle_s / work_s * step_s, 2) if work_s else None,
    )


@router.get("/campaigns/{campaign}/minutes", operation_id="campaignMinutes")
async def campaign_minutes(
    campaign: Id,
    session: Caller,
    console: TheConsole,
    *,
    since: At,
    until: At,
    step_s: Annotated[float, Query(ge=CLOSE_S, le=86_400)] = 60.0,
) -> list[MinuteShown]:
    """What the curves show, oldest first; steps in which nothing was looked at are left out.

    Steps are of 5 s, of the last quarter of an hour alone, or of a minute and more.
    """
    found = await console.campaign(campaign, session)
    if step_s == CLOSE_S:
        return [_shown(one, step_s) for one in (console.watch.closely(found.id, since, until) if console.watch else ())]
    if step_s < MINUTE_S:
        raise ProblemError("invalid", "step_s is 5, or 60 and more")
    if (until - since) / step_s > STEPS_MAX:
        raise ProblemError("invalid", f"at most {STEPS_MAX} steps: ask for longer ones, or a shorter time")
    minutes = await console.store.floor_log.minutes(found.id, since, until, step_s=step_s)
    return [_shown(one, step_s) for one in minutes]


@router.get("/floor/trunk-minutes", operation_id="trunkMinutes")
async def trunk_minutes(session: Caller, console: TheConsole, since: At, until: At) -> list[TrunkMinuteShown]:
    """The lines of every trunk, minute by minute, oldest first. They are the house's own."""
    if session.limited:
        return []
    if until - since > STEPS_MAX * 60:
        raise ProblemError("invalid", "at most a day and a half at once")
    rows = await console.store.floor_log.trunk_minutes(since, until)
    return [TrunkMinuteShown.model_validate(row, from_attributes=True) for row in rows]


@router.get("/campaigns/{campaign}/today", operation_id="campaignToday")
async def campaign_today(
    campaign: Id, session: Caller, console: TheConsole, zone: Annotated[str, Query(max_length=60)] = "UTC"
) -> Today:
    """The day of a campaign: its funnel, its hours against yesterday and plan, and how far the list is."""
    found = await console.campaign(campaign, session)
    midnight = _midnight(console.now(), zone)
    counts = await console.store.leads.counts(found.id, console.now())
    left = counts.open + counts.claimed
    recent = await console.store.floor_log.minutes(found.id, console.now() - PACE_S, console.now())
    funnel = await _funnel(console, found, midnight.timestamp())
    return Today(
        since=midnight.timestamp(),
        zone=zone,
        funnel=funnel,
        hours=await _hours(console, found.id, midnight),
        leads_open=left,
        leads_done=counts.finished,
        list_ends_at=_list_end(console.now(), recent, left),
        shift_end=await _shift_end(console, found, recent, midnight, connected=funnel.contacts, left=left),
    )


def _midnight(now: float, zone: str) -> datetime:
    try:
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise ProblemError("invalid", f"zone {zone!r} is no IANA time zone") from None
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


async def _funnel(console: Console, campaign: Campaign, since: float) -> Funnel:
    tallies = await console.store.calls.tallies(since, since + 2 * DAY_S, campaign.id)
    categories = {one.code: one.category for one in campaign.dispositions}
    picked_up = {*LIVE, "machine", IN_PROGRESS}
    talks = [one for one in tallies if one.outcome == "connected"]
    people = [one for one in talks if categories.get(one.disposition) is not Category.MACHINE]
    return Funnel(
        attempts=sum(one.calls for one in tallies),
        connections=sum(one.calls for one in tallies if one.outcome in picked_up),
        contacts=sum(one.calls for one in people),
        right_parties=sum(one.calls for one in people if categories.get(one.disposition) in RIGHT),
        promises=sum(one.calls for one in people if categories.get(one.disposition) is Category.PROMISE),
        amounts=await console.store.floor_log.promised(campaign.id, since),
    )


async def _hours(console: Console, campaign: CampaignId, midnight: datetime) -> list[HourShown]:
    plan = await console.store.floor_log.plan(campaign)
    today = await _by_hour(console, campaign, midnight)
    yesterday = await _by_hour(console, campaign, midnight - timedelta(days=1))
    hours = sorted({*today, *yesterday, *plan})
    return [
        HourShown(
            hour=hour,
            since=(midnight + timedelta(hours=hour)).timestamp(),
            placed=today[hour].placed if hour in today else 0,
            connected=today[hour].connected if hour in today else 0,
            abandoned=today[hour].abandoned if hour in today else 0,
            yesterday=yesterday[hour].connected if hour in yesterday else None,
            planned=plan.get(hour),
        )
        for hour in hours
    ]


async def _by_hour(console: Console, campaign: CampaignId, midnight: datetime) -> dict[int, Minute]:
    """The hours of a day by the clock of its zone: one that comes twice counts whole, one that is left out is none."""
    since, until = midnight.timestamp(), (midnight + timedelta(days=1)).timestamp()
    found: dict[int, Minute] = {}
    for one in await console.store.floor_log.minutes(campaign, since, until, step_s=3600.0):
        hour = datetime.fromtimestamp(one.at, midnight.tzinfo).hour
        if (first := found.get(hour)) is not None:
            both = {name: getattr(first, name) + getattr(one, name) for name in ("placed", "connected", "abandoned")}
            found[hour] = replace(one, **both)
        else:
            found[hour] = one
    return found


def _list_end(now: float, recent: Sequence[Minute], left: int) -> float | None:
    placed = sum(one.placed for one in recent)
    return now + left / placed * len(recent) * MINUTE_S if placed else None


async def _shift_end(
    console: Console, campaign: Campaign, recent: Sequence[Minute], midnight: datetime, *, connected: int, left: int
) -> ShiftEndShown | None:
    profiles = await console.store.profiles.all()
    serving = {
        one.agent.id for one in await console.store.agents.list() if one.active and campaign.id in one.agent.campaigns
    }
    read = {agent: read_shift(profiles[agent].shift) for agent in serving & profiles.keys()}
    shifts: dict[int, Shift] = {agent: shift for agent, shift in read.items() if shift is not None}
    seats = [one for one in console.floor.view().agents if campaign.id in one.campaigns]
    here = frozenset(one.id for one in seats if one.state != AgentState.SIGNED_OUT)
    left_s, last = planned_s(console.now(), midnight, shifts, here)
    if last is None:
        return None
    pace = Pace(
        seconds=len(recent) * MINUTE_S,
        agents=len(here),
        placed=sum(one.placed for one in recent),
        connected=sum(one.connected for one in recent),
    )
    found = shift_end(left_s=left_s, at=last, pace=pace, connected=connected, leads_open=left)
    return ShiftEndShown.model_validate(found, from_attributes=True) if found is not None else None


@router.put("/campaigns/{campaign}/plan", operation_id="setPlan")
async def set_plan(campaign: Id, body: PlanGiven, session: Caller, console: TheConsole) -> dict[int, int]:
    """Keep what the campaign is to reach in each hour of the day, in place of the plan before."""
    found = await console.campaign(campaign, session)
    if not all(hour.isascii() and hour.isdigit() and int(hour) < 24 for hour in body.hours):
        raise ProblemError("invalid", "hours are 0 to 23")
    await console.store.floor_log.set_plan(found.id, {int(hour): count for hour, count in body.hours.items()})
    await console.note(session, "campaign.plan", campaign=found.id, hours=dict(body.hours))
    return await console.store.floor_log.plan(found.id)
