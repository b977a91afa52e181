"""An agent's own desk: its state, and every request an agent may make. The engine decides; a refusal is a 409."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from pydantic import BaseModel, computed_field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.messages import (
    AgentPaused,
    AgentReady,
    AgentSet,
    AgentSignedIn,
    AgentSignedOut,
    ConferenceRequested,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    Event,
    HangupRequested,
    HoldRequested,
    NumberDialled,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    ResumeRequested,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import DISPOSITIONS, Category, Demand, DialFacts, Mode
from dialer.leads.numbers import country_of, read_number
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import DeskSignIn, Dial, OfCall, OfLead, Pause, RecordingPause, Towards
from dialer.web.console import Console
from dialer.web.dialling import facts_towards, read_dialled, read_towards, read_typed
from dialer.web.problems import ProblemError, responses
from dialer.web.views import DeskNow, Shown, agent_view, desk_now

_STANDARD = frozenset((one.code, one.label) for one in DISPOSITIONS)

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))

_PLAIN: dict[str, tuple[Callable[[AgentId], Event], str, str]] = {
    "/sign-out": (AgentSignedOut, "deskSignOut", "End the day's work, after the present call if there is one."),
    "/ready": (AgentReady, "deskReady", "Ready for calls; also takes back a break not yet begun, and ends wrap-up."),
}
_OF_LEAD: dict[str, tuple[Callable[[AgentId, LeadId | None], Event], str, str]] = {
    "/preview/accept": (PreviewAccepted, "deskAccept", "Dial the lead that is shown."),
    "/preview/skip": (PreviewSkipped, "deskSkip", "Pass over the lead that is shown."),
}
_OF_CALL: dict[str, tuple[Callable[[AgentId, CallId | None], Event], str, str]] = {
    "/hangup": (HangupRequested, "deskHangup", "Hang the present call up."),
    "/hold": (HoldRequested, "deskHold", "Let the person hear music."),
    "/resume": (ResumeRequested, "deskResume", "Take the person back from hold."),
    "/consult/complete": (ConsultCompleted, "deskConsultComplete", "Join person and third party, and be free."),
    "/consult/cancel": (ConsultCancelled, "deskConsultCancel", "Drop the third party, back to the person."),
    "/wrap-up/extend": (WrapUpExtended, "deskExtend", "More time to write up; a few times for each call."),
    "/conference": (ConferenceRequested, "deskConference", "Let all three hear each other."),
}


class DispositionShown(Shown):
    code: str
    label: str
    category: Category
    group: str
    demands: list[Demand]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way, which mypy cannot follow
    @property
    def standard(self) -> bool:
        """Whether it is one of the usual ones under its usual name, which pages say in their own language."""
        return (self.code, self.label) in _STANDARD


class ChoiceShown(Shown):
    label: str
    to: str


class StepShown(Shown):
    """A step of the script; the first one begins."""

    name: str
    text: str
    choices: list[ChoiceShown]


class ContactShown(Shown):
    """Somebody of the campaign's directory."""

    name: str
    number: str


class DeskCampaignShown(BaseModel):
    """A campaign as its agents need it."""

    id: CampaignId
    name: str
    mode: Mode
    wrap_up_max_s: float
    preview_max_s: float
    dispositions: list[DispositionShown]
    directory: list[ContactShown]
    script: list[StepShown]


def desk_of(console: Console, agent: AgentId) -> DeskNow:
    """The agent's desk as it is now. Raises ProblemError where the dialer does not know the agent."""
    view = console.floor.view()
    seat = agent_view(view, agent)
    if seat is None:
        raise ProblemError("not_found", "the dialer does not know this agent yet; an administrator adds agents")
    return desk_now(view, seat)


async def asked(console: Console, agent: AgentId, event: Event) -> DeskNow:
    """Put an agent's request to the engine; the desk afterwards."""
    await console.ask(event)
    return desk_of(console, agent)


@router.get("", operation_id="desk")
async def desk(agent: TheAgent, console: TheConsole) -> DeskNow:
    """The desk as it is now. The live topic `desk` brings the same after each change."""
    return desk_of(console, agent)


@router.get("/campaigns", operation_id="deskCampaigns")
async def desk_campaigns(agent: TheAgent, console: TheConsole) -> list[DeskCampaignShown]:
    """The agent's campaigns with their dispositions, and those of calls to write up, though the agent was moved
    since."""
    login, seat = await console.store.agents.get(agent), agent_view(console.floor.view(), agent)
    own = {*(login.agent.campaigns if login is not None else ()), seat.campaign if seat is not None else None}
    own |= {draft.campaign for draft in await console.store.drafts.waiting(agent)}
    return [
        DeskCampaignShown.model_validate(campaign, from_attributes=True)
        for campaign in await console.store.campaigns.list()
        if campaign.id in own
    ]


@router.post("/sign-in", operation_id="deskSignIn")
async def desk_sign_in(agent: TheAgent, console: TheConsole, body: DeskSignIn | None = None) -> DeskNow:
    """Begin work: the phone is called, or the agent dials in where none is configured."""
    if agent_view(console.floor.view(), agent) is None:  # added beside the running server
        login = await console.store.agents.get(agent)
        if login is not None:
            await console.ask(AgentSet(login.agent))
    return await asked(console, agent, AgentSignedIn(agent, body.endpoint if body else None))


@router.post("/pause", operation_id="deskPause")
async def desk_pause(agent: TheAgent, console: TheConsole, body: Pause) -> DeskNow:
    """Take a break: at once when free, else after the present call."""
    return await asked(console, agent, AgentPaused(agent, body.reason))


@router.post("/dial", operation_id="deskDial")
async def desk_dial(agent: TheAgent, console: TheConsole, body: Dial) -> DeskNow:
    """Dial a number or a lead. Without + a number is one of the campaign's country."""
    lead = LeadId(body.lead) if body.lead is not None else None
    campaign, number = CampaignId(body.campaign), None
    if body.number is not None:
        settings = await console.store.campaigns.get(campaign)
        number, _ = (
            read_typed(body.number, "") if settings is None else await read_dialled(console, settings, body.number)
        )
    return await asked(console, agent, NumberDialled(agent, campaign, number, lead))


@router.post("/transfer", operation_id="deskTransfer")
async def desk_transfer(agent: TheAgent, console: TheConsole, body: Towards) -> DeskNow:
    """Give the person to another number, unannounced. It is held to the rules as one that is dialled is, but for those
    inside the house and of the campaign's directory."""
    towards = await _towards(console, agent, body.number)
    return await asked(console, agent, TransferRequested(agent, *towards, _meant(body)))


@router.post("/consult", operation_id="deskConsult")
async def desk_consult(agent: TheAgent, console: TheConsole, body: Towards) -> DeskNow:
    """Let the person hold and call somebody else first; as with a transfer."""
    towards = await _towards(console, agent, body.number)
    return await asked(console, agent, ConsultRequested(agent, *towards, _meant(body)))


async def _towards(console: Console, agent: AgentId, text: str) -> tuple[str, str, DialFacts | None]:
    """The number that is meant, its country, and what the engine holds against it."""
    seat = agent_view(console.floor.view(), agent)
    campaign = None
    if seat is not None and seat.campaign is not None:
        campaign = await console.store.campaigns.get(seat.campaign)
    number, _ = read_towards(text, country_of(campaign) if campaign is not None else "")
    facts = await facts_towards(console, campaign, number) if campaign is not None else None
    return number, read_number(number, None).country, facts


@router.post("/recording", operation_id="deskPauseRecording")
async def desk_pause_recording(agent: TheAgent, console: TheConsole, body: RecordingPause) -> DeskNow:
    """Let the recording hear nothing while a card's number is said, or hear again; a forgotten pause ends by itself."""
    return await asked(console, agent, RecordingPaused(agent, body.paused, _meant(body)))


def _plain(event: Callable[[AgentId], Event]) -> Callable[..., Awaitable[DeskNow]]:
    async def ask(agent: TheAgent, console: TheConsole) -> DeskNow:
        return await asked(console, agent, event(agent))

    return ask


def _of_lead(event: Callable[[AgentId, LeadId | None], Event]) -> Callable[..., Awaitable[DeskNow]]:
    async def ask(agent: TheAgent, console: TheConsole, body: OfLead | None = None) -> DeskNow:
        return await asked(console, agent, event(agent, LeadId(body.lead) if body and body.lead else None))

    return ask


def _of_call(event: Callable[[AgentId, CallId | None], Event]) -> Callable[..., Awaitable[DeskNow]]:
    async def ask(agent: TheAgent, console: TheConsole, body: OfCall | None = None) -> DeskNow:
        return await asked(console, agent, event(agent, _meant(body)))

    return ask


def _meant(body: OfCall | None) -> CallId | None:
    return CallId(body.call) if body is not None and body.call is not None else None


for _path, (_event, _operation, _summary) in _PLAIN.items():
    router.post(_path, operation_id=_operation, summary=_summary)(_plain(_event))
for _path, (_about_lead, _operation, _summary) in _OF_LEAD.items():
    router.post(_path, operation_id=_operation, summary=_summary)(_of_lead(_about_lead))
for _path, (_about_call, _operation, _summary) in _OF_CALL.items():
    router.post(_path, operation_id=_operation, summary=_summary)(_of_call(_about_call))
