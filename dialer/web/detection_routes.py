"""Answering machine detection: how it fares, the recordings to be judged, and judging them."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel

from dialer.core.ids import CallId
from dialer.core.model import CallRecord, Category
from dialer.store.errors import NotFoundError
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id
from dialer.web.console import Console
from dialer.web.heard import accesses_shown, audio_file, note_access, note_listening
from dialer.web.problems import ProblemError, responses
from dialer.web.recording_bodies import AccessShown, HoldGiven
from dialer.web.sessions import Session

router = APIRouter(prefix="/detection", tags=["detection"], responses=responses(401, 403, 404))


class DetectionShown(BaseModel):
    """How a campaign's detection fared; see docs/detection.md for each figure."""

    verdicts: dict[str, int]
    reasons: dict[str, int]
    p50_s: float | None
    p95_s: float | None
    max_s: float | None
    hung_up: int
    messages: int
    after_beep: int
    missed: int
    heard: int
    persons: int
    share: float | None
    interval: tuple[float, float]
    cut_off: tuple[float, float]


class AuditShown(BaseModel):
    """A call that was taken for a machine, recorded and not judged yet. Times as everywhere. `hold`: why its recording
    may not be deleted; empty: it may."""

    call: CallId
    answered_at: float | None
    detection_s: float | None
    reason: str
    hold: str


class JudgedGiven(Body):
    """What was heard: a person, or a machine."""

    person: bool


@router.get("/{campaign}", operation_id="detectionReport")
async def detection_report(
    campaign: Id,
    session: Caller,
    console: TheConsole,
    since: Annotated[float, Query(ge=0, lt=1e11)],
    until: Annotated[float, Query(ge=0, lt=1e11)],
) -> DetectionShown:
    """Verdicts, times and audits of the calls reserved in a stretch of time."""
    found = await console.campaign(campaign, session)
    codes = frozenset(one.code for one in found.dispositions if one.category is Category.MACHINE)
    report = await console.store.detections.report(found.id, since, until, codes)
    return DetectionShown.model_validate(asdict(report))


@router.get("/{campaign}/audits", operation_id="listDetectionAudits")
async def list_audits(
    campaign: Id, session: Caller, console: TheConsole, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[AuditShown]:
    """Recorded machine calls that nobody has judged yet, newest first."""
    found = await console.campaign(campaign, session)
    calls = await console.store.detections.unheard(found.id, limit)
    holds = await console.store.audit_recordings.holds([one.id for one in calls])
    return [
        AuditShown(
            call=one.id, answered_at=one.answered_at, detection_s=one.detection_s, reason=one.verdict_reason,
            hold=holds.get(one.id, ""),
        )
        for one in calls
    ]  # fmt: skip


@router.get(
    "/audits/{call}/audio",
    operation_id="detectionAuditAudio",
    response_class=FileResponse,
    responses={200: {"content": {"audio/wav": {}}}},
)
async def audit_audio(call: Id, session: Caller, console: TheConsole) -> FileResponse:
    """What was recorded from the answer on."""
    record = await _in_sight(console, session, CallId(call))
    stone = await console.store.audit_recordings.tombstone(record.id)
    if stone is not None:
        raise ProblemError("not_found", f"the recording is deleted ({stone.by_whom}); its tombstone alone is left")
    await note_listening(console, session.name, session.who, call, way=session.key, detail="audit of detection")
    path = audio_file(console.recordings, record.audit)
    if path is None:
        raise ProblemError("not_found", "there is no such recording")
    return FileResponse(path, media_type="audio/wav")


@router.get("/audits/{call}/access", operation_id="detectionAuditAccess")
async def audit_access(call: Id, session: Caller, console: TheConsole) -> list[AccessShown]:
    """Who heard it, held it or let it go, newest first; also of one that is deleted."""
    record = await _in_sight(console, session, CallId(call))
    return await accesses_shown(console, record.id)


@router.post("/audits/{call}", status_code=204, operation_id="judgeDetectionAudit")
async def judge(call: Id, body: JudgedGiven, session: Caller, console: TheConsole) -> None:
    """Say what is heard; the ledger of the campaign follows."""
    await _in_sight(console, session, CallId(call))
    try:
        campaign = await console.store.detections.judge(
            CallId(call), person=body.person, by=session.name, now=console.now()
        )
    except NotFoundError as error:
        raise ProblemError("not_found", str(error)) from error
    await console.ask(await console.store.detections.told(campaign, console.now()))
    await console.note(session, "detection.judge", call=call, person=body.person)


@router.put("/audits/{call}/hold", status_code=204, operation_id="holdDetectionAudit", responses=responses(409))
async def hold_audit(call: Id, body: HoldGiven, session: Caller, console: TheConsole) -> None:
    """Keep what was recorded from being deleted, for a dispute or a court; an empty reason lifts the hold."""
    record = await _in_sight(console, session, CallId(call))
    if not record.audit:
        raise ProblemError("not_found", "there is no such recording")
    await note_access(console, session, [call], "hold" if body.reason else "hold_lifted", body.reason)
    if not await console.store.audit_recordings.hold(record.id, body.reason):
        raise ProblemError("refused", "the recording is deleted; its tombstone alone is left")


async def _in_sight(console: Console, session: Session, call: CallId) -> CallRecord:
    """The call, where it is of a campaign that this person may look at. Raises ProblemError(not_found)."""
    record = await console.store.calls.get(call)
    if record is None or record.campaign is None:
        raise ProblemError("not_found", "there is no such call")
    await console.campaign(record.campaign, session)
    return record
