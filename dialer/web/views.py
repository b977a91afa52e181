"""The floor and an agent's desk as JSON. Translation alone: what is shown is decided by the engine."""

import re
from typing import Annotated, overload

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from dialer.core.agents import REQUESTS, AgentState
from dialer.core.alarms import AlarmCode, Raised
from dialer.core.decided import decision_of
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallDispositioned,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    HangupRequested,
    HoldRequested,
    MonitorMode,
    NumberDialled,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import CampaignStatus, DecisionRecord, Mode
from dialer.core.standstill import Hindrance
from dialer.core.view import AgentView, CampaignView, FloorView
from pacing.decision import LOCALES, Decision, sentence

_SHOWN_DIGITS = 3
_NUMBERS = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){6,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

# What the desk's buttons are called, and the request that each makes.
VERBS: dict[str, type] = {
    "sign_in": AgentSignedIn,
    "sign_out": AgentSignedOut,
    "ready": AgentReady,
    "pause": AgentPaused,
    "accept": PreviewAccepted,
    "skip": PreviewSkipped,
    "dial": NumberDialled,
    "hangup": HangupRequested,
    "hold": HoldRequested,
    "resume": ResumeRequested,
    "transfer": TransferRequested,
    "consult": ConsultRequested,
    "consult_complete": ConsultCompleted,
    "consult_cancel": ConsultCancelled,
    "conference": ConferenceRequested,
    "disposition": CallDispositioned,
    "pause_recording": RecordingPaused,
    "extend": WrapUpExtended,
}


@overload
def masked(number: str) -> str: ...
@overload
def masked(number: None) -> None: ...
def masked(number: str | None) -> str | None:
    """The number with all but its last digits hidden, its length kept."""
    if number is None:
        return None
    return "•" * max(0, len(number) - _SHOWN_DIGITS) + number[-_SHOWN_DIGITS:]


def masked_within(text: str) -> str:
    """The text with whatever may be a number in it masked: seven digits and more, a date apart."""
    return _NUMBERS.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else masked(found[0]), text)


def verbs(state: str) -> list[str]:
    """What an agent in that state may ask for, by the engine's own table."""
    return [verb for verb, request in VERBS.items() if AgentState(state) in REQUESTS[request]]


Counts = Annotated[dict[str, int], BeforeValidator(dict)]


def reasons_of(decision: Decision | None) -> dict[str, str]:
    """The decision in a sentence of each language; empty of none."""
    return {locale: sentence(decision, locale) for locale in LOCALES} if decision is not None else {}


def said_of(record: DecisionRecord) -> dict[str, str]:
    """The reason of a kept decision by locale; in English alone where it cannot be made whole again."""
    return reasons_of(decision_of(record)) or {"en": record.reason}


Reasons = Annotated[dict[str, str], BeforeValidator(reasons_of)]
MaskedNumber = Annotated[str | None, AfterValidator(masked)]


class Shown(BaseModel):
    """A value shown from one of the core's dataclasses."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def _rounded(share: float | None) -> float | None:
    return round(share, 4) if share is not None else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


class StandstillNow(Shown):
    """Why it is not dialling: `code` is null while it dials; the numbers behind it by name."""

    code: Hindrance | None
    figures: Annotated[dict[str, float | str], BeforeValidator(dict)]


class StandingNow(Shown):
    """How one rule on abandoned calls stands; `interval` is the exact one of 95 %."""

    window: str
    cap: float
    answered: int
    abandoned: int
    ratio: float
    interval: list[float]
    budget_left: float


class CampaignNow(Shown):
    """One campaign now, and its day so far. Shares are from 0 to 1."""

    id: CampaignId
    client: ClientId
    name: str
    mode: Mode
    status: CampaignStatus
    calls: Counts = Field(validation_alias="calls_by_state")
    agents: Counts = Field(validation_alias="agents_by_state")
    lines: int
    lines_max: int
    leads_at_hand: int
    placed: int
    answered: int
    connected: int
    abandoned: int
    outcomes: Counts
    abandon_cap: float
    occupancy: Annotated[float | None, AfterValidator(_rounded)]
    pace_calls: int
    pace_reason: str
    pace_reasons: Reasons = Field(validation_alias="pace")
    not_dialling: str
    standstill: StandstillNow
    standings: list[StandingNow]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way, which mypy cannot follow
    @property
    def answer_ratio(self) -> float | None:
        """People who answered over calls placed."""
        return _share(self.answered, self.placed)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def abandon_ratio(self) -> float | None:
        """Abandoned calls over people who answered."""
        return _share(self.abandoned, self.answered)


class AgentNow(Shown):
    """One agent now. `since` and `deadline` are seconds since 1970."""

    id: AgentId
    name: str
    state: str
    since: float
    reason: str
    pause_wanted: str | None
    leg_up: bool
    campaigns: list[CampaignId]
    campaign: CampaignId | None
    call: CallId | None
    call_state: str | None
    number: MaskedNumber
    deadline: float | None
    callbacks_due: int = 0  # promised by the agent, waiting until the agent is ready


class CallNow(Shown):
    """One of the latest calls."""

    id: CallId
    campaign: CampaignId
    agent: AgentId | None
    state: str
    placed_at: float | None
    answered_at: float | None
    bridged_at: float | None
    ended_at: float | None
    outcome: str | None


class FailingNow(Shown):
    """Why a trunk rests: `bad` of its latest calls; `fault` in a word."""

    fault: str
    bad: int
    calls: int


class TrunkNow(Shown):
    name: str
    lines: int
    lines_max: int
    state: str
    reason: str
    failing: FailingNow | None = None


class MonitorNow(Shown):
    """A supervisor who hears an agent; `taken` is the call that he or she took over.

    `by` tells two of one name apart.
    """

    by: str
    name: str
    agent: AgentId
    mode: MonitorMode
    up: bool
    taken: CallId | None


class AlarmNow(BaseModel):
    """An alarm that stands. `figures` are the numbers and names of its sentence."""

    number: int
    code: AlarmCode
    subject: str
    level: str
    campaign: CampaignId | None
    figures: dict[str, float | str]
    at: float
    seen_by: str

    @classmethod
    def of(cls, raised: Raised) -> "AlarmNow":
        finding = raised.finding
        figures = {name: round(value, 3) if isinstance(value, float) else value for name, value in finding.figures}
        return cls(
            number=raised.number, code=finding.code, subject=finding.subject, level=finding.level,
            campaign=finding.campaign, figures=figures, at=raised.at, seen_by=raised.seen_by,
        )  # fmt: skip


class FloorNow(Shown):
    """The whole floor at `at` (seconds since 1970). Numbers are masked."""

    at: float
    switch_up: bool
    stopped_by: str
    campaigns: list[CampaignNow]
    agents: list[AgentNow]
    trunks: list[TrunkNow]
    last_calls: list[CallNow]
    monitors: list[MonitorNow]
    ignored: Counts


class DeskCampaign(Shown):
    id: CampaignId
    name: str
    mode: Mode
    status: CampaignStatus


class DeskNow(Shown):
    """An agent's own desk. `can` names what may be asked for now; `lead` and `number` are of the call or preview."""

    at: float
    switch_up: bool
    stopped: bool
    agent: AgentId
    name: str
    state: str = Field(examples=["ready"])
    since: float
    reason: str
    pause_wanted: str | None
    leg_up: bool
    can: list[str] = Field(examples=[["pause", "sign_out", "dial"]])
    campaigns: list[DeskCampaign]
    campaign: CampaignId | None
    call: CallId | None
    call_state: str | None
    lead: LeadId | None
    number: str | None
    lead_news: int = Field(description="Grows when what is kept of the lead changed: read it anew.")
    deadline: float | None
    callbacks_due: int = 0
    third: str = Field("", description="Whom the agent consults: called, answered, joined; empty = nobody.")
    recording_paused: bool = False
    recording_back_at: float | None = Field(None, description="When a paused recording goes on by itself.")
    extensions_left: int = 0


def floor_now(view: FloorView) -> FloorNow:
    return FloorNow.model_validate(view)


def agent_view(view: FloorView, agent: AgentId) -> AgentView | None:
    return next((one for one in view.agents if one.id == agent), None)


def campaign_view(view: FloorView, campaign: CampaignId) -> CampaignView | None:
    return next((one for one in view.campaigns if one.id == campaign), None)


def lead_key(agent: AgentView) -> str:
    """Which lead is before the agent, and which state of it; empty for none. A page makes the same of its desk."""
    if agent.lead is None:
        return ""
    # The state counts: what is private in a talk is not while the lead is only looked at.
    return f"{agent.lead}/{agent.call}/{agent.lead_news}/{agent.state == 'previewing'}".replace("None", "null").lower()


def desk_now(view: FloorView, agent: AgentView) -> DeskNow:
    """The desk of one agent of the floor."""
    return DeskNow(
        at=view.at,
        switch_up=view.switch_up,
        stopped=bool(view.stopped_by),
        agent=agent.id,
        name=agent.name,
        state=agent.state,
        since=agent.since,
        reason=agent.reason,
        pause_wanted=agent.pause_wanted,
        leg_up=agent.leg_up,
        can=verbs(agent.state),
        campaigns=[DeskCampaign.model_validate(one) for one in view.campaigns if one.id in agent.campaigns],
        campaign=agent.campaign,
        call=agent.call,
        call_state=agent.call_state,
        lead=agent.lead,
        number=agent.number,
        lead_news=agent.lead_news,
        deadline=agent.deadline,
        callbacks_due=agent.callbacks_due,
        third=agent.third,
        recording_paused=agent.recording_paused,
        recording_back_at=agent.recording_back_at,
        extensions_left=agent.extensions_left,
    )
