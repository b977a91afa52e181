"""Recordings as the routes hand them out: who may hear them, what the log is told, and the bytes by ranges."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from dialer.core.ids import CallId
from dialer.store import Access, Recording
from dialer.web.console import Console
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError
from dialer.web.recording_bodies import AccessShown, playable
from dialer.web.sessions import Session
from recordings import playing
from recordings.errors import RecordingError
from recordings.links import Link
from recordings.target import at_hand
from recordings.vault import Keys

SAID_AGAIN_S = 600.0  # a player asks for many ranges: one line in the log for each stretch of listening
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
AUDIO = {
    "response_class": Response,
    "responses": {200: {"content": {"audio/wav": {}}}, 206: {"description": "A part of it, as asked by Range"}},
}
"""What a route says that answers with sound."""


async def recording_of(console: Console, call: int, session: Session) -> Recording:
    """The recording, for who may see it. Raises ProblemError(not_found)."""
    found = await console.store.recordings.by_call(CallId(call))
    seen = found is not None and session.sees(found.campaign, found.client or 0)
    if found is None or found.position is None or not seen:
        raise ProblemError("not_found", "there is no such recording")
    return found


def link_of(session: Session, call: int, until: float, part: tuple[float, float] | None = None) -> Link:
    """A link of this person's to a call, or a part of it, that is good until then."""
    return Link(call, session.user_id, session.name, int(until), part)


async def linked_recording(console: Console, link: Link, signature: str) -> Recording:
    """The recording that a link opens, as long as who signed it may hear it. Raises ProblemError."""
    if not console.links.good(link, signature, console.now()):
        raise ProblemError("forbidden", "the link has run out or was changed")
    signer = await console.sessions.of_user(link.user, console.now())
    if signer is None or not signer.may(Permission.RECORDINGS_READ):
        raise ProblemError("forbidden", "who signed the link may not listen any more")
    return await recording_of(console, link.call, signer)


def audio_file(folder: Path, base: str) -> Path | None:
    """The switch's own file of a base name; None where it is not there or would lie outside the folder."""
    path = (folder / f"{base}.wav").resolve()
    return path if base and path.is_relative_to(folder) and path.is_file() else None


async def note_access(console: Console, session: Session, calls: Sequence[int], what: str, detail: str = "") -> None:
    """Write into the log who does what to the recordings of these calls, before it is done."""
    now = console.now()
    await console.store.recording_notes.accessed(
        [
            Access(at=now, call=CallId(call), by_whom=session.name, role=session.who, what=what, detail=detail)
            for call in calls
        ]
    )


async def note_listening(
    console: Console,
    by_whom: str,
    role: str,
    call: int,
    *,
    way: str,
    what: str = "listen",
    detail: str = "",
) -> None:
    """The same for the player's many requests: once for each stretch of listening. `way`: what tells this listener, or
    this link, from others of the same name. `what` else than listening is done so: "read", of a transcript."""
    key, now = (what, way, call), console.now()
    heard = console.heard
    if now - heard.get(key, 0.0) >= SAID_AGAIN_S:
        entry = Access(at=now, call=CallId(call), by_whom=by_whom, role=role, what=what, detail=detail)
        await console.store.recording_notes.accessed([entry])
        if len(heard) > 10_000:
            heard.clear()
        heard[key] = now


async def accesses_shown(console: Console, call: CallId) -> list[AccessShown]:
    """The log of what was done with a call's recording, newest first."""
    entries = await console.store.recording_notes.accesses(call=call)
    return [
        AccessShown(at=e.at, call=e.call, by_whom=e.by_whom, role=e.role, what=e.what, detail=e.detail) for e in entries
    ]


def keys_of(console: Console) -> Keys | None:
    """The keys as they are now: a new one may have been added since."""
    path = console.archive.keys
    return Keys.read(path) if path is not None else None


async def audio_response(
    console: Console,
    recording: Recording,
    track: str,
    request: Request,
    *,
    part: tuple[float, float] | None = None,
) -> Response:
    """The sound, or that of a `part` of the call in seconds; of it the bytes that were asked for.

    Raises ProblemError.
    """
    try:
        recording = await at_hand(console.store, console.archive, recording, console.now())
        if not playable(recording):
            raise ProblemError("not_found", "the recording's file is not there")
        keys = keys_of(console)
        opened = playing.playable(
            console.archive.folder, recording.file, keys, track=track, muted=recording.muted, part=part
        )
        stack = ExitStack()
        sound = await asyncio.to_thread(stack.enter_context, opened)
    except (RecordingError, OSError) as error:
        raise ProblemError("not_found", f"the recording cannot be opened: {error}") from error
    headers = {"accept-ranges": "bytes", "cache-control": "no-store"}
    asked = _range(request.headers.get("range", ""), sound.size)
    if asked is None:
        stack.close()
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{sound.size}"})
    start, end, partial = asked
    headers["content-length"] = str(end - start)
    if partial:
        headers["content-range"] = f"bytes {start}-{end - 1}/{sound.size}"
    body = Sending(stack, sound.read(start, end)).body()
    return StreamingResponse(body, 206 if partial else 200, headers, media_type="audio/wav")


class Sending:
    """What is open, read in pieces by one thread after the other, and closed by one too.

    A player that jumps drops one request after the other, each at any moment: whoever closed the file on the loop would
    take it from under the thread that reads it, and bring the process down.
    """

    def __init__(self, opened: ExitStack, pieces: Iterator[bytes]) -> None:
        self._opened, self._pieces = opened, pieces
        self._lock = Lock()
        self._closed = False

    def read(self) -> bytes:
        """The next piece; empty after the last one, or once it is closed. Blocks."""
        with self._lock:
            return b"" if self._closed else next(self._pieces, b"")

    def close(self) -> None:
        """Close it after the piece that is being read. Blocks."""
        with self._lock:
            self._closed = True
            self._opened.close()

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces, each read off the loop; what is open is closed however it ends."""
        try:
            while piece := await asyncio.to_thread(self.read):
                yield piece
        finally:  # not waited for: who is gone has cancelled whatever is waited for
            asyncio.get_running_loop().run_in_executor(None, self.close)


def _range(asked: str, size: int) -> tuple[int, int, bool] | None:
    """From, until before, and whether it is a part; None where it cannot be met. Anything but one range: the whole."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size, False
    if found[1]:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    else:
        start, end = max(0, size - int(found[2])), size
    return (start, end, True) if start < end else None
