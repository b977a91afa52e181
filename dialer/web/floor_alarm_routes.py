"""Alarms: those that stand and those of late, and that somebody has seen them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dialer.core.alarms import AlarmCode
from dialer.core.ids import CampaignId
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from dialer.web.views import AlarmNow

router = APIRouter(prefix="/floor/alarms", tags=["floor"], responses=responses(401, 403))

DAY_S = 86_400.0


class AlarmShown(BaseModel):
    """An alarm as kept. `cleared_at` null: it stands."""

    number: int
    code: AlarmCode
    subject: str
    level: str
    campaign: CampaignId | None
    figures: dict[str, float | str]
    at: float
    cleared_at: float | None
    seen_by: str
    seen_at: float | None


@router.get("", operation_id="listAlarms")
async def list_alarms(
    session: Caller, console: TheConsole, since: Annotated[float | None, Query(ge=0, lt=1e11)] = None
) -> list[AlarmShown]:
    """Alarms that stood at some time since then (of the last day where left out), newest first."""
    rows = await console.store.floor_log.alarms(console.now() - DAY_S if since is None else since)
    own = await _own(console, session)
    return [AlarmShown.model_validate(row, from_attributes=True) for row in rows if own is None or row.campaign in own]


async def _own(console: Console, session: Session) -> frozenset[int] | None:
    """The campaigns whose alarms this person may see; None = all, and the house's own."""
    return frozenset(one.id for one in await console.campaigns(session)) if session.limited else None


@router.post("/{number}/seen", operation_id="acknowledgeAlarm", responses=responses(404))
async def acknowledge_alarm(number: Id, session: Caller, console: TheConsole) -> AlarmNow:
    """Say that it was seen: it stays until it is over, and is told to nobody again."""
    if console.watch is None:
        raise ProblemError("unavailable", "nobody looks for alarms here")
    own = await _own(console, session)
    standing = {one.number: one for one in console.watch.standing}
    hidden = own is not None and number in standing and standing[number].finding.campaign not in own
    seen = None if hidden else await console.watch.acknowledge(number, session.name)
    if seen is None:
        raise ProblemError("not_found", "no such alarm stands")
    await console.note(session, "alarm.seen", number=number, code=str(seen.finding.code))
    return AlarmNow.of(seen)
