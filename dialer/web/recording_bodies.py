"""What the routes of recordings take and answer. Nothing is done here."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.store import Hit, Recording, WrapUp
from dialer.web.bodies import PLAIN, Body, Named
from dialer.web.texts.saying import problems_said
from recordings.problems import unpacked

Query = Annotated[str, Field(max_length=2000)]
Moment = Annotated[float, Field(ge=0, le=86_400 * 2)]


class RecordingShown(BaseModel):
    """A conversation's recording. `at` is seconds since 1970; `measures` by name, in seconds, shares and dBFS."""

    call: CallId
    at: float
    seconds: float | None
    state: str
    campaign: CampaignId
    campaign_name: str
    agent: AgentId | None
    agent_name: str
    lead: LeadId | None
    person_name: str
    outcome: str | None
    disposition: str
    wrap_up: WrapUp = Field(description="Where it ran out: open for the agent to finish, or kept unconfirmed.")
    notes: str
    origin: str
    flags: list[str]
    score: float | None
    problem: str  # in the language that Accept-Language likes best; empty where there is none
    problems: list[str]  # the same by code
    hold: str
    measures: dict[str, float | None]

    @classmethod
    def of(cls, hit: Hit, standing: Mapping[CallId, WrapUp], language: str) -> "RecordingShown":
        return cls(
            call=hit.call, at=hit.at, seconds=hit.seconds, state=hit.state, campaign=hit.campaign,
            campaign_name=hit.campaign_name, agent=hit.agent, agent_name=hit.agent_name, lead=hit.lead,
            person_name=hit.person_name, outcome=hit.outcome or None, disposition=hit.disposition, notes=hit.notes,
            wrap_up=standing.get(hit.call, WrapUp.SAVED),
            origin=hit.origin, flags=hit.flags.split(), score=hit.score,
            problem=problems_said(hit.problem, language), problems=[one.code for one in unpacked(hit.problem)],
            hold=hit.hold, measures=hit.measures,
        )  # fmt: skip


class RecordingPage(BaseModel):
    """Newest first. `next` is the cursor of the page after this; null = there is none."""

    items: list[RecordingShown]
    next: str | None


class SuggestionShown(BaseModel):
    """`text` stands in place of what was typed from `start` on."""

    start: int
    text: str
    tells: str


class SearchShown(BaseModel):
    name: str
    query: str


class SearchGiven(Body):
    query: Query


class CommentGiven(Body):
    """About a moment, or a clip where `until_s` is given."""

    from_s: Moment
    until_s: Moment | None = None
    body: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]


class CommentShown(BaseModel):
    """`by_user`: a user by id, 0 the local administrator; `mine`: the asker's own, which they may take back."""

    id: int
    at: float
    by_user: int
    by_whom: str
    from_s: float
    until_s: float | None
    body: str
    mine: bool


class SegmentShown(BaseModel):
    start_s: float
    end_s: float
    leg: str
    text: str


class RuleShown(BaseModel):
    """A rule about what is said: whether it was kept, and where the phrase was heard."""

    name: str
    kept: bool
    never: bool
    heard_at_s: float | None


class RecordingDetail(BaseModel):
    """A recording with all that is known of it. `waveform`: two lanes of peaks, agent and customer, as base64 bytes;
    `audio` is what `dialer recordings analyze --json` tells."""

    shown: RecordingShown
    sha256: str
    bytes: int | None
    indexed_at: float | None
    stored_at: float | None
    deleted_at: float | None
    deleted_by: str  # the rule that it was deleted by, and who did; empty where it was not
    muted: list[tuple[float, float]]
    waveform: list[str]
    audio: dict[str, object]
    comments: list[CommentShown]
    transcript: list[SegmentShown]
    rules: list[RuleShown]
    may: dict[str, bool]  # what the asker may do: judge (read of quality), comment, mute, score, hold, export, trail


Parts = Annotated[list[Annotated[tuple[Moment, Moment], Field(strict=False)]], Field(max_length=200)]


class MutedGiven(Body):
    """The parts that nobody hears from now on, in place of those before. `before`: what they were as they were read, so
    that nothing is heard again that another silenced meanwhile; where they are others by now, nothing is changed."""

    parts: Parts
    before: Parts | None = None


class HoldGiven(Body):
    """Why it may not be deleted; empty lifts the hold."""

    reason: Annotated[str, Field(max_length=200, pattern=PLAIN)]


class LinkShown(BaseModel):
    """An address that plays the recording without a session until `expires_at`."""

    url: str
    expires_at: float


class AccessShown(BaseModel):
    at: float
    call: CallId
    by_whom: str
    role: str
    what: str
    detail: str


class TranscriptGiven(Body):
    """A transcript as text: WebVTT, or JSON as other engines write it."""

    source: Named
    text: Annotated[str, Field(min_length=1, max_length=900_000)]
    language: Annotated[str, Field(pattern=r"^[a-z]{0,3}(-[A-Z]{2})?$")] = ""


def playable(recording: Recording) -> bool:
    """Whether there is something to hear in the tree."""
    return bool(recording.file) and recording.local and recording.deleted_at is None
