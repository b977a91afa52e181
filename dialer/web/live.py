"""The WebSocket /api/v1/live: topics `floor` (the whole, once a second), `floor_changes` (the whole, then what changed,
once a second) and `desk` (an agent's own, after each change). With a desk come messages to it as `message`, as `phone`
which page has the phone, and `alive` every 3 s: who hears nothing for longer has lost the link, whatever the network
says. Who asks for them beside `desk` has `lead`, the lead before it, and `wrap_up` where one ran out.

Messages are {"topic": ..., "data": ...}; the client sends nothing. Reads from the hub; asks nothing of the engine.
"""

import asyncio
from contextlib import ExitStack

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from dialer.core.ids import CampaignId
from dialer.errors import StoreError
from dialer.web.access import session_of
from dialer.web.console import Console
from dialer.web.floor_feed import TOPIC as CHANGES
from dialer.web.hub import DESK, FLOOR, ON_REQUEST, Mailbox
from dialer.web.permissions import TOPICS
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session

SEND_MAX_S = 5.0  # a client that takes longer is dropped
_CHECK_EVERY_S = 30.0  # how often a session is asked for again
_SPREAD_S = 1.0  # where many are to be asked for, not all at once
POLICY = 1008
TRY_AGAIN = 1013
CLIENTS_MAX = 2_000

router = APIRouter()


class _Ended(Exception):  # noqa: N818 - it is how a client's three tasks end, no error
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _topics(socket: WebSocket, console: Console, session: Session | None) -> list[str]:
    """The topics asked for. Raises ProblemError where one of them is not for this client."""
    asked = [topic for topic in socket.query_params.get("topics", FLOOR).split(",") if topic]
    if not asked or not set(asked) <= {FLOOR, CHANGES, DESK, *ON_REQUEST}:
        raise ProblemError("not_found", "topics are floor, floor_changes and desk, with lead and wrap_up")
    for topic in asked:
        if topic in {FLOOR, CHANGES} and console.settings.open_floor:
            continue
        if session is None:
            raise ProblemError("not_signed_in")
        if not session.may(TOPICS[topic]):
            raise ProblemError("forbidden", f"{topic}: this needs {TOPICS[topic]}")
    return asked


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Send the topics asked for until the client goes, is too slow, or its session ends."""
    console = socket.app.state.console
    assert isinstance(console, Console)
    try:
        session = await session_of(console, socket)
        topics = _topics(socket, console, session)
    except ProblemError as problem:
        await socket.close(POLICY, problem.code)
        return
    if console.hub.clients >= CLIENTS_MAX:
        await socket.close(TRY_AGAIN, "unavailable")
        return
    await socket.accept()
    mine = await _seen_by(console, session)
    code, reason = await _serve(socket, console, session, topics, mine)
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close(code, reason)


async def _serve(
    socket: WebSocket,
    console: Console,
    session: Session | None,
    topics: list[str],
    mine: frozenset[CampaignId] | None,
) -> tuple[int, str]:
    """Feed the socket until one of its ends comes; the close code and reason that fit."""
    box = Mailbox(topics)
    with ExitStack() as feeds:
        if FLOOR in topics:
            feeds.enter_context(console.hub.floor_to(box, mine))
        if CHANGES in topics:
            feeds.enter_context(console.hub.changes_to(box, mine))
        if DESK in topics and session is not None and session.agent is not None:
            feeds.enter_context(console.hub.desk_to(box, session.agent))
        try:
            async with asyncio.TaskGroup() as ends:
                ends.create_task(_send(socket, box), name="live send")
                ends.create_task(_until_gone(socket), name="live receive")
                if session is not None:
                    ends.create_task(_until_other(socket, console, session, mine), name="live session")
        except* _Ended as ended:
            first = ended.exceptions[0]
    assert isinstance(first, _Ended)
    return first.code, first.reason


async def _send(socket: WebSocket, box: Mailbox) -> None:
    while True:
        for text in await box.take():
            try:
                async with asyncio.timeout(SEND_MAX_S):
                    await socket.send_text(text)
            except TimeoutError as error:
                raise _Ended(TRY_AGAIN, "too slow") from error
            except WebSocketDisconnect as error:
                raise _Ended(1000, "") from error


async def _until_gone(socket: WebSocket) -> None:
    message = await socket.receive()
    raise _Ended(POLICY if message["type"] == "websocket.receive" else 1000, "nothing is taken here")


async def _seen_by(console: Console, session: Session | None) -> frozenset[CampaignId] | None:
    """The campaigns that this person may see; None = all."""
    if session is None or not session.limited:
        return None
    return frozenset(one.id for one in await console.campaigns(session))


async def _until_other(socket: WebSocket, console: Console, began: Session, mine: frozenset[CampaignId] | None) -> None:
    """Until the session ends, or may see other things than it began with: the client then comes again."""
    turn_s = _SPREAD_S * int(began.id[:4], 16) / 0x1_0000
    while True:
        await console.sessions.until_other(began.id, _CHECK_EVERY_S)
        await asyncio.sleep(turn_s)
        try:
            session = await session_of(console, socket)
            seen = await _seen_by(console, session)
        except StoreError:  # a database that does not answer has signed nobody out
            continue
        if session is None:
            raise _Ended(POLICY, "not_signed_in")
        if session.permissions != began.permissions or seen != mine:
            raise _Ended(TRY_AGAIN, "rights changed")
