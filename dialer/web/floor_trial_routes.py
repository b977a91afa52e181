"""How good forecasts have been, and the verdict on trials of two strategies. What they come to is worked out here from
what was kept; what a verdict says is decided in the core.
"""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from dialer.core.model import Campaign, Change
from dialer.core.series import MINUTE_S
from dialer.core.trials import Judgement, Slot, verdict
from dialer.core.turns import opens, slot_of
from dialer.store.floor_log import ForecastRow
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.problems import responses

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))

SCORED = ("occupancy", "connected", "abandoned", "abandon_ratio")


class ForecastKept(BaseModel):
    """A forecast beside what came. `said` is by figure: mean, low, high; `came` null: not known yet, or the course was
    another. `made` is the change that followed it.
    """

    id: int
    at: float
    by: str
    minutes: float
    change: dict[str, Any]
    made: int | None
    said: dict[str, dict[str, float | None]]
    came: dict[str, float] | None
    judged: bool


class Score(BaseModel):
    """Of the forecasts that could be judged: how many of each figure's 90 % intervals held what came, and how far the
    mean was off (the mean of the differences, in the figure's own unit)."""

    judged: int
    held: dict[str, float]
    off: dict[str, float]


class Forecasts(BaseModel):
    score: Score
    forecasts: list[ForecastKept]


class ArmShown(BaseModel):
    slots: int
    connected: int
    answered: int
    abandoned: int
    talks_an_hour: float | None
    abandon_ratio: float | None
    abandon_interval: list[float] | None


class TrialShown(BaseModel):
    """The change on trial, whether it is its turn `now` (tried, usual, over), and the verdict."""

    number: int
    by: str
    at: float
    ends_at: float | None
    note: str
    slot_s: float
    now: str
    outcome: Judgement
    pairs: int
    usual: ArmShown
    tried: ArmShown
    difference: float | None
    low: float | None
    high: float | None


@router.get("/{campaign}/forecasts", operation_id="listForecasts")
async def list_forecasts(campaign: Id, session: Caller, console: TheConsole) -> Forecasts:
    """The last forecasts, newest first, beside what came, and how good they have been."""
    found = await console.campaign(campaign, session)
    kept = [_kept(row) for row in await console.store.floor_log.forecasts(found.id)]
    return Forecasts(score=_score(kept), forecasts=kept)


def _kept(row: ForecastRow) -> ForecastKept:
    said: Any = row.said
    figures = said["changed"] if row.made is not None and said.get("changed") else said["present"]
    return ForecastKept(
        id=row.id,
        at=row.at,
        by=row.by_whom,
        minutes=row.minutes,
        change=row.change,
        made=row.made,
        said={name: figures[name] for name in SCORED if name in figures},
        came=row.came,
        judged=row.judged_at is not None,
    )


def _score(kept: list[ForecastKept]) -> Score:
    held: dict[str, list[float]] = {}
    off: dict[str, list[float]] = {}
    for one in kept:
        for name, came in (one.came or {}).items():
            said = one.said.get(name)
            low, high = (said["low"], said["high"]) if said is not None else (None, None)
            if said is not None and low is not None and high is not None and said["mean"] is not None:
                held.setdefault(name, []).append(float(low <= came <= high))
                off.setdefault(name, []).append(abs(came - said["mean"]))
    return Score(
        judged=sum(one.came is not None for one in kept),
        held={name: sum(values) / len(values) for name, values in held.items()},
        off={name: sum(values) / len(values) for name, values in off.items()},
    )


@router.get("/{campaign}/trials", operation_id="listTrials")
async def list_trials(campaign: Id, session: Caller, console: TheConsole) -> list[TrialShown]:
    """The trials of this campaign that stand, or are over and still known, newest first."""
    found = await console.campaign(campaign, session)
    return [await _trial(console, found, one) for one in reversed(found.changes) if one.slot_s is not None]


async def _trial(console: Console, campaign: Campaign, change: Change) -> TrialShown:
    assert change.slot_s is not None
    now = console.now()
    until = min(now, change.over_at)
    slots: dict[int, list[Slot]] = {}
    last = slot_of(change.at, change.slot_s, until)  # it goes on still
    for minute in await console.store.floor_log.minutes(campaign.id, change.at, until):
        slot = slot_of(change.at, change.slot_s, minute.at)
        whole = slot == slot_of(change.at, change.slot_s, minute.at + MINUTE_S - 1.0)
        in_hours = not change.hours or opens(change.hours, change.zone, minute.at)
        if slot < last and whole and in_hours:
            slots.setdefault(slot, []).append(
                Slot(minute.connected, minute.answered, minute.abandoned, minute.busy_s + minute.idle_s)
            )
    found = verdict(change.seed, {slot: _sum(parts) for slot, parts in slots.items()})
    shown = {name: value for name, value in asdict(found).items() if name not in {"usual", "tried"}}
    return TrialShown(
        number=change.number,
        by=change.by,
        at=change.at,
        ends_at=change.ends_at,
        note=change.note,
        slot_s=change.slot_s,
        now="over" if not change.lasts(now) else "tried" if change.stands(now) else "usual",
        usual=ArmShown(**asdict(found.usual)),
        tried=ArmShown(**asdict(found.tried)),
        **shown,
    )


def _sum(parts: list[Slot]) -> Slot:
    return Slot(
        sum(one.connected for one in parts),
        sum(one.answered for one in parts),
        sum(one.abandoned for one in parts),
        sum(one.work_s for one in parts),
    )
