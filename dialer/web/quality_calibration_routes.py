"""Calibration over the API: who may score, calls put before several of them, and how far they agree."""

from typing import Any

from fastapi import APIRouter

from dialer.core.ids import CallId
from dialer.web.access import Caller, TheConsole
from dialer.web.console import Console
from dialer.web.heard import recording_of
from dialer.web.permissions import Permission, Who, permissions_of
from dialer.web.problems import ProblemError, responses
from dialer.web.quality_bodies import CalibrationGiven, Drawn, EvaluatorShown, RoundShown
from dialer.web.quality_scope import check_house, in_our_words, plain
from recordings.calibrating import KIND, begin_calibration, calibration, close_calibration

router = APIRouter(prefix="/quality", tags=["quality"], responses=responses(401, 403, 404))


@router.get("/evaluators", operation_id="listEvaluators")
async def list_evaluators(session: Caller, console: TheConsole) -> list[EvaluatorShown]:
    """The users who may score every call, by name."""
    check_house(session)
    return await _evaluators(console)


async def _evaluators(console: Console) -> list[EvaluatorShown]:
    able = [
        EvaluatorShown(id=one.id, name=one.name)
        for one in await console.store.users.list()
        if one.active
        and one.client is None
        and not one.campaigns
        and Permission.QUALITY_WRITE in permissions_of(Who(one.role), frozenset(one.grants.split()))
    ]
    return sorted(able, key=lambda one: one.name)


@router.get("/calibrations", operation_id="listCalibrations")
async def list_calibrations(session: Caller, console: TheConsole) -> list[RoundShown]:
    """The calibrations, the newest first, and how far each has come."""
    check_house(session)
    return [RoundShown(**plain(one)) for one in await console.store.quality.rounds(KIND)]


@router.post("/calibrations", operation_id="beginCalibration", status_code=201)
async def add_calibration(given: CalibrationGiven, session: Caller, console: TheConsole) -> Drawn:
    """Put calls before several evaluators, each blind to the others."""
    for call in given.calls:
        await recording_of(console, call, session)
    unable = set(given.evaluators) - {one.id for one in await _evaluators(console)}
    if unable:
        raise ProblemError("invalid", f"evaluators: no user who may score is {', '.join(map(str, sorted(unable)))}")
    calls = [CallId(call) for call in given.calls]
    with in_our_words():
        new = await begin_calibration(
            console.store, given.name, form=given.form, calls=calls, evaluators=given.evaluators, now=console.now()
        )
    await console.note(session, "quality.calibration", name=given.name, calls=len(calls))
    return Drawn(candidates=len(calls), new=new)


@router.post("/calibrations/{name}/close", operation_id="closeCalibration", status_code=204)
async def end_calibration(name: str, session: Caller, console: TheConsole) -> None:
    """End a calibration with what is handed in, as where an evaluator has left; nobody can hand in any more."""
    check_house(session)
    left = await close_calibration(console.store, name)
    await console.note(session, "quality.calibration_closed", name=name, not_handed_in=left)


@router.get("/calibrations/{name}", operation_id="calibration")
async def show_calibration(name: str, session: Caller, console: TheConsole) -> dict[str, Any]:
    """How far the evaluators agree: Krippendorff's alpha for each item and for the score; who said what once all have
    handed in or it was closed. `names`: what the evaluators are called."""
    check_house(session)
    found = await calibration(console.store, name)
    names = await console.store.users.names()
    return plain(found) | {"names": {str(one.evaluator): names.get(one.evaluator, "") for one in found.evaluators}}
