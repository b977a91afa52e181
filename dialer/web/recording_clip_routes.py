"""Clips: the part of a call that a comment is about, by a short signed address of its own. Each is logged."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dialer.store import Comment
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.heard import AUDIO, audio_response, link_of, linked_recording, note_access, note_listening, recording_of
from dialer.web.problems import ProblemError, responses
from dialer.web.recording_bodies import LinkShown, Moment
from recordings.links import LASTS_S, Link

router = APIRouter(prefix="/recordings", tags=["recordings"], responses=responses(401, 403, 404))

BEFORE_S, AFTER_S = 5.0, 10.0
"""What is heard around a comment about a moment."""


@router.post("/{call}/comments/{comment}/clip", operation_id="clipComment")
async def clip_comment(call: Id, comment: Id, session: Caller, console: TheConsole) -> LinkShown:
    """An address that plays what a comment is about for five minutes, without a session, and nothing else of the call:
    the comment's part, or 5 s before its moment to 10 s after. What is heard by it is logged as the signer's."""
    recording = await recording_of(console, call, session)
    known = await console.store.recording_notes.comments(recording.call)
    found = next((one for one in known if one.id == comment), None)
    if found is None:
        raise ProblemError("not_found", "there is no such comment")
    part = _part(found, recording.seconds)
    await note_access(console, session, [call], "clip", _span(part))
    now = console.now()
    query = console.links.query(link_of(session, recording.call, now + LASTS_S, part))
    return LinkShown(url=f"/api/v1/recordings/{call}/clip?{query}", expires_at=now + LASTS_S)


def _part(comment: Comment, seconds: float | None) -> tuple[float, float]:
    """From and to which second; a moment after the end is heard as the end."""
    last = seconds if seconds is not None else comment.from_s + AFTER_S
    if comment.until_s is not None:
        return min(comment.from_s, last), min(comment.until_s, last)
    at = min(comment.from_s, last)
    return max(0.0, at - BEFORE_S), min(last, at + AFTER_S)


def _span(part: tuple[float, float]) -> str:
    return f"from {part[0]:g} s to {part[1]:g} s"


@router.get("/{call}/clip", operation_id="clipAudio", **AUDIO)  # type: ignore[arg-type]  # FastAPI's own names
async def clip_audio(
    *,
    call: Id,
    console: TheConsole,
    request: Request,
    user: Annotated[int, Query(ge=0, lt=1 << 53)],
    by: Annotated[str, Query(max_length=80)],
    expires: Annotated[int, Query(ge=0)],
    from_s: Annotated[Moment, Query()],
    until_s: Annotated[Moment, Query()],
    signature: Annotated[str, Query(max_length=64)],
) -> Response:
    """The part, for who has its address, as long as its signer may hear it."""
    part = (from_s, until_s)
    recording = await linked_recording(console, Link(call, user, by, expires, part), signature)
    await note_listening(console, by, "link", call, way=signature, detail=_span(part))
    return await audio_response(console, recording, "both", request, part=part)
