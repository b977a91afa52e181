"""Live changes of a campaign: made with author and end, shown, rolled back. Kept first, then told to the engine."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from dialer.core.control import CAMPAIGN, PACING, ChangeError, changed, in_force, next_number, rolled_back
from dialer.core.messages import CampaignSet, Refused
from dialer.core.model import Campaign, Change
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.change_bodies import ChangeGiven, shown_hours
from dialer.web.problems import ProblemError, RefusedError, responses

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))


_NOT_THE_CORES = {"minutes", "forecast", "hours", "mix", "trial_slot_minutes"}
_TOLD = (
    *("number", "by", "at", "ends_at", "note", "slot_s", "zone", "abandon_guard", "idle_guard"),
    *("rolled_back_at", "rolled_back_by"),
)


class ChangeShown(BaseModel):
    """One change: what it sets, by whom, when (Unix seconds), until when, and whether it lasts and is in force now.

    `rolled_back_at` null: nobody took it back; `rolled_back_by` is `cadencia` where its guard did.
    """

    number: int
    by: str
    at: float
    ends_at: float | None
    note: str
    hours: dict[str, Any] | None
    zone: str
    slot_s: float | None
    mix: dict[str, float] | None
    abandon_guard: float | None
    idle_guard: float | None
    rolled_back_at: float | None
    rolled_back_by: str
    lasts: bool
    stands: bool
    settings: dict[str, Any]


class Changes(BaseModel):
    """The settings in force now, and the changes that made them so, newest first."""

    settings: dict[str, Any]
    changes: list[ChangeShown]


def _shown(campaign: Campaign, now: float) -> Changes:
    force = in_force(campaign, now)
    settings = {name: getattr(force, name) for name in CAMPAIGN} | {
        name: getattr(force.pacing, name) for name in PACING
    }
    return Changes(settings=settings, changes=[_one(change, now) for change in reversed(campaign.changes)])


def _one(change: Change, now: float) -> ChangeShown:
    given = asdict(change)
    settings = {name: given[name] for name in (*CAMPAIGN, *PACING) if given[name] is not None}
    told = {name: given[name] for name in _TOLD}
    hours = shown_hours(change.hours)
    mix = dict(change.mix) or None
    return ChangeShown(
        **told, hours=hours, mix=mix, lasts=change.lasts(now), stands=change.stands(now), settings=settings
    )


@router.get("/{campaign}/changes", operation_id="listChanges")
async def list_changes(campaign: Id, session: Caller, console: TheConsole) -> Changes:
    """What is in force, and what was changed while the campaign dials."""
    return _shown(await console.campaign(campaign, session), console.now())


@router.post("/{campaign}/changes", status_code=201, operation_id="addChange", responses=responses(409))
async def add_change(campaign: Id, body: ChangeGiven, session: Caller, console: TheConsole) -> Changes:
    """Change mode, lines or pacing while it dials, for some minutes or until it is rolled back.

    The campaign's own abandonment cap is never exceeded.
    """
    now, given = console.now(), body.model_dump(exclude_unset=True, exclude=_NOT_THE_CORES)
    ends_at = now + 60.0 * body.minutes if body.minutes is not None else None
    async with console.changing:
        found = await console.campaign(campaign, session)
        try:
            given |= body.turns(round(now))
            change = Change(number=next_number(found), by=session.name, at=now, ends_at=ends_at, **given)
            wanted = changed(found, change)
        except ChangeError as error:
            raise RefusedError(Refused(error.code, str(error))) from error
        except ValueError as error:
            raise ProblemError("invalid", str(error)) from error
        kept = await console.store.campaigns.save(wanted)
        await console.ask(CampaignSet(kept))
    if body.forecast is not None and not (change.hours or change.slot_s):  # it spoke of one that stands all the time
        await console.store.floor_log.forecast_made(body.forecast, kept.id, change.number, now)
    console.disturbed(kept.id)
    await console.note(session, "campaign.change_live", campaign=kept.id, number=change.number,
                       **body.model_dump(mode="json", exclude_unset=True))  # fmt: skip
    return _shown(kept, now)


@router.delete("/{campaign}/changes/{number}", operation_id="rollBackChange", responses=responses(409))
async def roll_back_change(campaign: Id, number: Id, session: Caller, console: TheConsole) -> Changes:
    """Take one change back; later ones stand. Refused where it is over already."""
    async with console.changing:
        found = await console.campaign(campaign, session)
        if all(one.number != number for one in found.changes):
            raise ProblemError("not_found", f"there is no change {number} to roll back")
        try:
            wanted = rolled_back(found, number, by=session.name, at=console.now())
        except ChangeError as error:
            raise RefusedError(Refused(error.code, str(error))) from error
        kept = await console.store.campaigns.save(wanted)
        await console.ask(CampaignSet(kept))
    console.disturbed(kept.id)
    await console.note(session, "campaign.roll_back", campaign=kept.id, number=number)
    return _shown(kept, console.now())
