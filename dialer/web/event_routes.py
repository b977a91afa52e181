"""What happens, as a stream that goes on where it broke off: by asking again, or over a WebSocket."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, WebSocket
from pydantic import BaseModel, Field
from starlette.websockets import WebSocketDisconnect, WebSocketState

from dialer.errors import StoreError
from dialer.telling.happenings import KINDS, Happening
from dialer.telling.reader import Marks, cursor_text, end_of, marks_of, read_on, with_owners
from dialer.web.access import Caller, TheConsole, session_of
from dialer.web.console import Console
from dialer.web.permissions import TOPICS, Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from dialer.web.views import masked

router = APIRouter(tags=["events"], responses=responses(401, 403))
stream = APIRouter()

LOOK_EVERY_S = 0.5
POLICY = 1008
TRY_AGAIN = 1013
STREAMS_MAX = 16  # of one session: each asks the database twice a second
_SEND_MAX_S = 10.0
_KINDS = "Divided by commas; empty = all."


class EventShown(BaseModel):
    """One thing that happened, at `at` (seconds since 1970). The same may be told twice: `id` says so."""

    id: str = Field(examples=["3-1204"])
    kind: str = Field(examples=["call.ended"])
    at: float
    campaign: int | None
    data: dict[str, Any]


class EventPage(BaseModel):
    """In their order. Ask again with `next` as the cursor: nothing is lost between."""

    items: list[EventShown]
    next: str


def _shown(session: Session, one: Happening) -> EventShown:
    given = one.as_dict()
    number = given["data"].get("number")
    if number and not session.may(Permission.NUMBERS_READ):
        given["data"] = {**given["data"], "number": masked(number)}
    return EventShown.model_validate(given)


def _meant(session: Session, one: Happening, kinds: frozenset[str]) -> bool:
    if kinds and one.kind not in kinds:
        return False
    if not session.limited:
        return True
    return bool(one.campaign and one.client) and session.sees(one.campaign, one.client)


async def _next(
    console: Console, session: Session, marks: Marks, kinds: frozenset[str]
) -> tuple[list[EventShown], Marks]:
    found, marks = await read_on(console.store, marks)
    owned = await with_owners(console.store, found)
    return [_shown(session, one) for one in owned if _meant(session, one, kinds)], marks


def _asked_kinds(text: str) -> frozenset[str]:
    kinds = frozenset(one for one in text.split(",") if one)
    if not kinds <= KINDS.keys():
        raise ProblemError("invalid", f"kinds: there are {', '.join(KINDS)}")
    return kinds


async def _marks(console: Console, cursor: str | None) -> Marks:
    if cursor is None:
        return await end_of(console.store)
    marks = marks_of(cursor)
    if marks is None:
        raise ProblemError("invalid", "cursor: give back the `next` of a page, as it is")
    return marks


@router.get("/events", operation_id="listEvents")
async def list_events(
    session: Caller,
    console: TheConsole,
    *,
    cursor: Annotated[str | None, Query(max_length=4000)] = None,
    kinds: Annotated[str, Query(max_length=400, description=_KINDS)] = "",
) -> EventPage:
    """What happened since the cursor; without one nothing yet, and the cursor to begin with."""
    wanted = _asked_kinds(kinds)
    marks = await _marks(console, cursor)
    found, marks = await _next(console, session, marks, wanted) if cursor is not None else ([], marks)
    return EventPage(items=found, next=cursor_text(marks))


@stream.websocket("/events/stream")
async def stream_events(socket: WebSocket) -> None:
    """Send {"event": ..., "cursor": ...} as things happen, from `cursor` on; a client that breaks off comes again."""
    console = socket.app.state.console
    assert isinstance(console, Console)
    try:
        session = _checked(await session_of(console, socket))
        kinds = _asked_kinds(socket.query_params.get("kinds", ""))
        marks = await _marks(console, socket.query_params.get("cursor"))
    except ProblemError as problem:
        await socket.close(POLICY, problem.code)
        return
    if console.streams[session.id] >= STREAMS_MAX:
        await socket.close(TRY_AGAIN, "too_many_requests")
        return
    await socket.accept()
    console.streams[session.id] += 1
    gone = asyncio.create_task(socket.receive())  # the client sends nothing; what comes is its end
    try:
        await _feed(socket, console, kinds, marks, gone)
    except WebSocketDisconnect:
        pass
    finally:
        gone.cancel()
        console.streams[session.id] -= 1
        if not console.streams[session.id]:
            del console.streams[session.id]
        if socket.client_state is WebSocketState.CONNECTED:
            await socket.close(POLICY, "not_signed_in")


def _checked(session: Session | None) -> Session:
    if session is None:
        raise ProblemError("not_signed_in")
    if not session.may(TOPICS["events"]):
        raise ProblemError("forbidden")
    return session


async def _feed(
    socket: WebSocket, console: Console, kinds: frozenset[str], marks: Marks, gone: asyncio.Task[Any]
) -> None:
    """Send until the client goes or its session ends."""
    while not gone.done():
        session = await session_of(console, socket)
        if session is None or not session.may(TOPICS["events"]):
            return
        so_far = dict(marks)
        try:
            found, marks = await _next(console, session, marks, kinds)
        except StoreError:  # a database that does not answer is asked again
            found = []
        for one in found:
            run, _, seq = one.id.partition("-")
            so_far[int(run)] = int(seq)
            text = json.dumps({"event": one.model_dump(mode="json"), "cursor": cursor_text(so_far)})
            async with asyncio.timeout(_SEND_MAX_S):
                await socket.send_text(text)
        await asyncio.wait([gone], timeout=0.0 if found else LOOK_EVERY_S)
