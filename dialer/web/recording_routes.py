"""Recordings: a list, and their audio with ranges. File names come from the store alone, and stay in the folder."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.store import Recording
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id, Track
from dialer.web.console import Console
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.problems import ProblemError, responses

router = APIRouter(prefix="/recordings", tags=["recordings"], responses=responses(401, 403, 404))

# What the switch adds to the base name.
ENDINGS: dict[str, str] = {"both": ".wav", "person": "-customer.wav", "agent": "-agent.wav"}


class RecordingShown(BaseModel):
    """A conversation's recording. `at` is seconds since 1970; `state` is expected, present or missing."""

    call: CallId
    at: float
    seconds: float | None
    state: str
    campaign: CampaignId
    campaign_name: str
    agent: AgentId | None
    agent_name: str
    outcome: str | None
    disposition: str


class RecordingPage(BaseModel):
    """Newest first. `next` is the cursor of the page after this; null = there is none."""

    items: list[RecordingShown]
    next: str | None


@router.get("", operation_id="listRecordings")
async def list_recordings(
    session: Caller,
    console: TheConsole,
    campaign: Id | None = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecordingPage:
    """Recordings, newest first."""
    wanted = None if campaign is None else [(await console.campaign(campaign, session)).id]
    if wanted is None and session.limited:
        wanted = [one.id for one in await console.campaigns(session)]
    page = await console.store.recordings.newest(after=cursor_of(cursor), limit=limit, campaigns=wanted)
    campaigns = {one.id: one.name for one in await console.store.campaigns.list()}
    agents = {one.agent.id: one.agent.name for one in await console.store.agents.list()}
    items = [await _shown(console, one, campaigns, agents) for one in page.items]
    return RecordingPage(items=items, next=cursor_text(page.next))


async def _shown(
    console: Console, recording: Recording, campaigns: dict[CampaignId, str], agents: dict[AgentId, str]
) -> RecordingShown:
    call = await console.store.calls.get(recording.call)
    return RecordingShown(
        call=recording.call,
        at=recording.at,
        seconds=recording.seconds,
        state=recording.state,
        campaign=recording.campaign,
        campaign_name=campaigns.get(recording.campaign, ""),
        agent=recording.agent,
        agent_name=agents.get(recording.agent, "") if recording.agent is not None else "",
        outcome=call.outcome if call else None,
        disposition=call.disposition if call else "",
    )


@router.get(
    "/{call}/audio",
    operation_id="recordingAudio",
    response_class=FileResponse,
    responses={200: {"content": {"audio/wav": {}}}, 206: {"description": "A part of it, as asked by Range"}},
)
async def recording_audio(call: Id, session: Caller, console: TheConsole, track: Track = "both") -> FileResponse:
    """The sound of a recording: both sides, the person alone or the agent alone."""
    recording = await console.store.recordings.by_call(CallId(call))
    if recording is None:
        raise ProblemError("not_found", "this call was not recorded")
    await console.campaign(recording.campaign, session)
    path = audio_file(console.recordings, recording.base, track)
    if path is None:
        raise ProblemError("not_found", "the recording's file is not there")
    return FileResponse(path, media_type="audio/wav")


def audio_file(folder: Path, base: str, track: str) -> Path | None:
    """The file of a base name, None where it is not there or would lie outside the folder."""
    path = (folder / f"{base}{ENDINGS[track]}").resolve()
    return path if base and path.is_relative_to(folder) and path.is_file() else None
