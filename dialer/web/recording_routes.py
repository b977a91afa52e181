"""Recordings: searched, heard by ranges, commented, silenced in parts, held. Every listening and export is logged."""

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dialer.core.ids import CallId
from dialer.store import Comment, Hit, Recording, SavedSearch, Sight
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id, Track
from dialer.web.console import Console
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.heard import (
    AUDIO,
    accesses_shown,
    audio_response,
    link_of,
    linked_recording,
    note_access,
    note_listening,
    recording_of,
)
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.recording_bodies import (
    AccessShown,
    CommentGiven,
    CommentShown,
    HoldGiven,
    LinkShown,
    MutedGiven,
    RecordingDetail,
    RecordingPage,
    RecordingShown,
    RuleShown,
    SearchGiven,
    SearchShown,
    SegmentShown,
    SuggestionShown,
    TranscriptGiven,
)
from dialer.web.sessions import Session
from dialer.web.texts.saying import misread_said, say
from dialer.web.tongues import language_for_programs
from recordings.bundle import export_call, receipts_of, signing_key
from recordings.errors import FormError, QueryError, RecordingError
from recordings.found import HEAD, cells, context, search
from recordings.links import LASTS_LONG_S, LASTS_S, Link
from recordings.query import columns_of, complete
from recordings.renewal import renew_words
from recordings.said import SaidRule, judged
from recordings.silenced import readable
from recordings.transcribing import read_transcript

router = APIRouter(prefix="/recordings", tags=["recordings"], responses=responses(401, 403, 404))

Text = Annotated[str, Query(alias="q", max_length=2000, examples=["promesa agent:ana talk_over>10% since:7d"])]
Name = Annotated[str, Query(min_length=1, max_length=80)]
TABLE_MAX = 50_000
PLAYLIST_MAX = 200


def _sight(session: Session) -> Sight:
    """What this person may see."""
    return Sight(session.client, session.campaigns)


async def _found(
    console: Console, session: Session, text: str, *, request: Request, before: int | None = None, limit: int
) -> Sequence[Hit]:
    sight, numbers = _sight(session), session.may(Permission.NUMBERS_READ)
    try:
        return await search(
            console.store, text, before=before, limit=limit, sight=sight, now=console.now(), numbers=numbers
        )
    except QueryError as error:
        raise ProblemError("invalid", misread_said(error, language_for_programs(request, console))) from error


@router.get("", operation_id="listRecordings")
async def list_recordings(
    *,
    session: Caller,
    console: TheConsole,
    request: Request,
    q: Text = "",
    campaign: Id | None = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecordingPage:
    """Recordings, newest first; with `q` those that a search finds: words, "phrases", field:value, measure>number."""
    after = cursor_of(cursor)
    text = f"{q} campaign:{campaign}" if campaign is not None else q
    hits = await _found(console, session, text, request=request, before=after[1] if after else None, limit=limit + 1)
    shown = hits[:limit]
    language = language_for_programs(request, console)
    following = (shown[-1].at, shown[-1].position) if len(hits) > limit else None
    standing = await console.store.write_ups.standing([hit.call for hit in shown])
    items = [RecordingShown.of(hit, standing, language) for hit in shown]
    return RecordingPage(items=items, next=cursor_text(following))


@router.get("/complete", operation_id="completeSearch")
async def complete_search(
    session: Caller, console: TheConsole, request: Request, q: Text = ""
) -> list[SuggestionShown]:
    """What may stand at the end of a search."""
    sight, kept = _sight(session), console.store.recording_search
    values = {column: await kept.values(column, sight=sight) for column in columns_of(q)}
    offers = complete(q, await context(console.store, console.now(), sight), lambda column: values[column])
    language = language_for_programs(request, console)
    return [
        SuggestionShown(
            start=one.start,
            text=one.text,
            tells=say(f"search_field.{one.field}", {}, language) if one.field else "",
        )
        for one in offers
    ]


@router.get(
    "/table", operation_id="recordingsTable", response_class=Response, responses={200: {"content": {"text/csv": {}}}}
)
async def recordings_table(
    *,
    session: Caller,
    console: TheConsole,
    request: Request,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=TABLE_MAX)] = 10_000,
) -> Response:
    """What a search finds, as CSV; no cell of it is run by a spreadsheet."""
    hits = await _found(console, session, q, request=request, limit=limit)
    await console.note(session, "recordings_exported", search=q, rows=len(hits))
    headers = {"content-disposition": 'attachment; filename="recordings.csv"'}
    table = await asyncio.to_thread(_table, hits)
    return Response("\ufeff" + table, headers=headers, media_type="text/csv; charset=utf-8")


def _table(hits: Sequence[Hit]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    writer.writerows(cells(hit) for hit in hits)
    return file.getvalue()


@router.get(
    "/playlist",
    operation_id="recordingsPlaylist",
    response_class=Response,
    responses={200: {"content": {"audio/x-mpegurl": {}}}},
)
async def recordings_playlist(
    *,
    session: Caller,
    console: TheConsole,
    request: Request,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=PLAYLIST_MAX)] = 50,
) -> Response:
    """What a search finds, as a playlist of links that last an hour."""
    found = await _found(console, session, q, request=request, limit=limit)
    hits = [hit for hit in found if hit.state in ("indexed", "stored")]
    await note_access(console, session, [hit.call for hit in hits], "link", "playlist")
    lines = ["#EXTM3U"]
    for hit in hits:
        lines.append(f"#EXTINF:{round(hit.seconds or 0)},{hit.call} {hit.campaign_name} {hit.agent_name}")
        query = console.links.query(link_of(session, hit.call, console.now() + LASTS_LONG_S))
        lines.append(f"{str(request.base_url).rstrip('/')}/api/v1/recordings/{hit.call}/linked?{query}")
    headers = {"content-disposition": 'attachment; filename="recordings.m3u8"'}
    return Response("\n".join(lines) + "\n", headers=headers, media_type="audio/x-mpegurl")


@router.get("/searches", operation_id="savedSearches")
async def saved_searches(session: Caller, console: TheConsole) -> list[SearchShown]:
    """The searches that this person has saved."""
    kept = await console.store.recording_notes.searches(session.key)
    return [SearchShown(name=one.name, query=one.query) for one in kept]


@router.put("/searches", operation_id="saveSearch", status_code=204)
async def save_search(session: Caller, console: TheConsole, request: Request, name: Name, given: SearchGiven) -> None:
    """Save a search under a name, in place of one of that name."""
    await _found(console, session, given.query, request=request, limit=1)
    one = SavedSearch(owner=session.key, name=name, query=given.query, at=console.now())
    await console.store.recording_notes.save_search(one)


@router.delete("/searches", operation_id="removeSearch", status_code=204)
async def remove_search(session: Caller, console: TheConsole, name: Name) -> None:
    await console.store.recording_notes.remove_search(session.key, name)


@router.get("/{call}", operation_id="recording")
async def one_recording(call: Id, session: Caller, console: TheConsole, request: Request) -> RecordingDetail:
    """A recording with its measures, waveform, comments and transcript; to who has yet to score it in a calibration,
    without others' comments and scores. Comments and rules are for who may read of quality."""
    recording = await recording_of(console, call, session)
    hit = await console.store.recording_search.of_call(recording.call)
    assert hit is not None
    measures = await console.store.recordings.measures(recording.call)
    detail = json.loads(str(measures["detail"])) if measures is not None else {}
    transcript = (await console.store.transcripts.of([recording.call])).get(recording.call)
    segments = transcript.segments if transcript is not None else ()
    if segments:
        await note_listening(console, session.name, session.who, call, way=session.key, what="read")
    judges = session.may(Permission.QUALITY_READ)
    rules = await console.store.quality.said_rules(SaidRule) if segments and judges else ()
    blind = bool(await console.store.quality.blind_to(session.user_id, [recording.call]))
    there = recording.deleted_at is None
    return RecordingDetail(
        shown=RecordingShown.of(
            replace(hit, score=None) if blind else hit,
            await console.store.write_ups.standing([recording.call]),
            language_for_programs(request, console),
        ),
        sha256=recording.sha256,
        bytes=recording.bytes,
        indexed_at=recording.indexed_at,
        stored_at=recording.stored_at,
        deleted_at=recording.deleted_at,
        deleted_by=recording.deleted_by,
        muted=json.loads(recording.muted),
        waveform=detail.get("waveform", []),
        audio=detail.get("audio", {}),
        comments=[
            one for one in await _comments(console, recording.call, session) if one.mine or (judges and not blind)
        ],
        transcript=[
            SegmentShown(start_s=s.start_s, end_s=s.end_s, leg=s.leg, text=s.text)
            for s in readable(segments, recording.muted)
        ],
        rules=[
            RuleShown(name=v.rule.name, kept=v.kept, never=v.rule.never, heard_at_s=v.heard_at_s)
            for v in judged(rules, segments, recording.campaign)
        ],
        may={
            "judge": judges,
            "comment": there and session.may(Permission.QUALITY_WRITE),
            "mute": there and session.may(Permission.RECORDINGS_WRITE),
            "score": there and session.may(Permission.QUALITY_WRITE),
            "hold": there and session.may(Permission.RECORDINGS_WRITE),
            "export": session.may(Permission.EXPORTS),
            "trail": session.may(Permission.AUDIT_READ),
        },
    )


async def _comments(console: Console, call: CallId, session: Session) -> list[CommentShown]:
    """What was said of the call, by people as they are called now."""
    names = await console.store.users.names()
    return [
        CommentShown(
            id=one.id, at=one.at, by_user=one.by_user, by_whom=names.get(one.by_user, ""), from_s=one.from_s,
            until_s=one.until_s, body=one.body, mine=session.agent is None and one.by_user == session.user_id,
        )
        for one in await console.store.recording_notes.comments(call)
    ]  # fmt: skip


@router.get("/{call}/audio", operation_id="recordingAudio", **AUDIO)  # type: ignore[arg-type]  # FastAPI's own names
async def recording_audio(
    call: Id, session: Caller, console: TheConsole, request: Request, *, track: Track = "both"
) -> Response:
    """The sound of a recording as WAV: both sides (agent left), the person alone or the agent alone. What was muted
    is silence."""
    recording = await recording_of(console, call, session)
    await note_listening(console, session.name, session.who, call, way=session.key)
    return await audio_response(console, recording, track, request)


@router.post("/{call}/link", operation_id="recordingLink")
async def recording_link(call: Id, session: Caller, console: TheConsole) -> LinkShown:
    """An address that plays the recording for five minutes, without a session; what is heard by it is logged as the
    signer's."""
    recording = await recording_of(console, call, session)
    await note_access(console, session, [call], "link")
    now = console.now()
    query = console.links.query(link_of(session, recording.call, now + LASTS_S))
    return LinkShown(url=f"/api/v1/recordings/{call}/linked?{query}", expires_at=now + LASTS_S)


@router.get("/{call}/linked", operation_id="linkedAudio", **AUDIO)  # type: ignore[arg-type]  # FastAPI's own names
async def linked_audio(
    *,
    call: Id,
    console: TheConsole,
    request: Request,
    user: Annotated[int, Query(ge=0, lt=1 << 53)],
    by: Annotated[str, Query(max_length=80)],
    expires: Annotated[int, Query(ge=0)],
    signature: Annotated[str, Query(max_length=64)],
) -> Response:
    """The sound, for who has a signed link, as long as its signer may hear it."""
    recording = await linked_recording(console, Link(call, user, by, expires), signature)
    await note_listening(console, by, "link", call, way=signature)
    return await audio_response(console, recording, "both", request)


@router.get(
    "/{call}/bundle",
    operation_id="recordingBundle",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}},
)
async def recording_bundle(call: Id, session: Caller, console: TheConsole) -> Response:
    """The call as one signed file, for a dispute: sound, what is known, receipts, forms, who heard it."""
    recording = await recording_of(console, call, session)
    try:
        key = signing_key(console.uploads.parent / "recordings.signing_key")
        receipts = await receipts_of(console.store, recording.call)
        data = await export_call(
            console.store, console.archive, recording.call, receipts, key=key, by_whom=session.name, now=console.now()
        )
    except (RecordingError, OSError) as error:
        raise ProblemError("not_found", f"the recording cannot be exported: {error}") from error
    headers = {"content-disposition": f'attachment; filename="call-{call}.zip"'}
    return Response(data, headers=headers, media_type="application/zip")


@router.get("/{call}/access", operation_id="recordingAccess")
async def recording_access(call: Id, session: Caller, console: TheConsole) -> list[AccessShown]:
    """Who heard or took it, newest first."""
    return await accesses_shown(console, (await recording_of(console, call, session)).call)


@router.post("/{call}/comments", operation_id="addComment", status_code=201, responses=responses(409))
async def add_comment(call: Id, session: Caller, console: TheConsole, given: CommentGiven) -> CommentShown:
    """A word about a moment or a clip."""
    recording = await recording_of(console, call, session)
    _check_there(recording)
    if given.until_s is not None and given.until_s <= given.from_s:
        raise ProblemError("invalid", "until_s must be after from_s")
    one = Comment(
        call=recording.call, at=console.now(), by_user=session.user_id, from_s=given.from_s, until_s=given.until_s,
        body=given.body,
    )  # fmt: skip
    number = await console.store.recording_notes.comment(one)
    return next(shown for shown in await _comments(console, recording.call, session) if shown.id == number)


@router.delete("/{call}/comments/{comment}", operation_id="removeComment", status_code=204)
async def remove_comment(call: Id, comment: Id, session: Caller, console: TheConsole) -> None:
    """Take back one's own comment."""
    await recording_of(console, call, session)
    await console.store.recording_notes.remove_comment(comment, session.user_id)


@router.put("/{call}/muted", operation_id="muteParts", status_code=204, responses=responses(409, 412))
async def mute_parts(call: Id, session: Caller, console: TheConsole, given: MutedGiven) -> None:
    """Parts that nobody hears from now on, for privacy. The file itself stays as it is: the checksum is its proof."""
    recording = await recording_of(console, call, session)
    if any(start >= end for start, end in given.parts):
        raise ProblemError("invalid", "each part must end after it begins")
    parts = json.dumps(sorted(given.parts))
    before = json.dumps(sorted(given.before)) if given.before is not None else None
    await note_access(console, session, [call], "mute", parts)
    if not await console.store.recordings.keep(recording.call, was_muted=before, muted=parts):
        now = await console.store.recordings.by_call(recording.call)
        _check_there(now)
        raise ProblemError("changed", "other parts are silenced by now; read them again")
    await renew_words(console.store, [recording.call])


@router.put("/{call}/hold", operation_id="holdRecording", status_code=204, responses=responses(409))
async def hold_recording(call: Id, session: Caller, console: TheConsole, given: HoldGiven) -> None:
    """Keep it from being deleted, for a dispute or a court; an empty reason lifts the hold."""
    recording = await recording_of(console, call, session)
    await note_access(console, session, [call], "hold" if given.reason else "hold_lifted", given.reason)
    if not await console.store.recordings.keep(recording.call, hold=given.reason):
        raise _gone()
    await renew_words(console.store, [recording.call])


def _gone() -> ProblemError:
    return ProblemError("refused", "the recording is deleted; its tombstone alone is left")


def _check_there(recording: Recording | None) -> None:
    """Raises ProblemError(refused) where nothing is left that could be worked on."""
    if recording is None or recording.deleted_at is not None:
        raise _gone()


@router.put("/{call}/transcript", operation_id="putTranscript", status_code=204, responses=responses(409))
async def put_transcript(call: Id, session: Caller, console: TheConsole, given: TranscriptGiven) -> None:
    """A transcript that another engine made, in WebVTT or JSON: found by its words, held against the rules."""
    recording = await recording_of(console, call, session)
    try:
        transcript = read_transcript(call, given.text, given.source, given.language, console.now())
    except FormError as error:
        raise ProblemError("invalid", str(error)) from error
    if not await console.store.transcripts.save(transcript):
        raise _gone()
    await renew_words(console.store, [recording.call])
    await console.note(session, "transcript_put", call=call, source=given.source)
