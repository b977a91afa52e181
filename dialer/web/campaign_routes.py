"""Campaigns: their settings, starting, pausing, the pace and why. Kept in the store first, then told to the engine."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from dialer.core.ids import CampaignId, ClientId
from dialer.core.messages import CampaignSet, CampaignStatusSet, PaceSet
from dialer.core.model import Campaign, CampaignStatus, DecisionRecord, first_pacing
from dialer.core.packs.schema import Purpose
from dialer.web.access import Caller, TheConsole
from dialer.web.audit import note_change
from dialer.web.bodies import Body, CampaignChange, CampaignGiven, Id
from dialer.web.campaigns import CampaignShown, changed, shown
from dialer.web.console import Console
from dialer.web.lead_routes import rearrange
from dialer.web.matching import check_match, mark
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session
from dialer.web.views import StandstillNow, campaign_view, reasons_of, said_of

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))

_WHY_BACK_S = (60.0, 480.0)  # at two decisions a second, each fits into one answer of the store
_WHY_SHOWN = 20
_AT_ONCE_MAX = 1000


class DecisionShown(BaseModel):
    """One pacing decision with what it was made of. `at` is seconds since 1970; `reasons` says `reason` by language."""

    id: int
    at: float
    calls: int
    reason: str
    reasons: dict[str, str]
    binding: str
    inputs: dict[str, float]


class Why(BaseModel):
    """Why a campaign dials as it does. `not_dialling` is empty while it dials; `standstill` is the same as a code."""

    status: CampaignStatus
    not_dialling: str
    standstill: StandstillNow | None
    pace_calls: int
    pace_reason: str
    pace_reasons: dict[str, str]
    decisions: list[DecisionShown]


def _decision(record: DecisionRecord) -> DecisionShown:
    return DecisionShown(
        id=record.id,
        at=record.at,
        calls=record.calls,
        reason=record.reason,
        reasons=said_of(record),
        binding=record.binding,
        inputs=dict(record.inputs),
    )


def _changed(campaign: Campaign, change: CampaignChange) -> Campaign:
    try:
        return changed(campaign, change)
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error


async def _check_recycling(console: Console, campaign: Campaign) -> None:
    """A lead is its client's: it goes over to a campaign of the same client, or nowhere."""
    own = {one.id for one in await console.store.campaigns.list(client=campaign.client)}
    for code, to in campaign.recycling:
        if to.campaign is not None and to.campaign not in own - {campaign.id}:
            raise ProblemError("invalid", f"recycling of {code}: the client has no other campaign {to.campaign}")


@router.get("", operation_id="listCampaigns")
async def list_campaigns(session: Caller, console: TheConsole, *, archived: bool = False) -> list[CampaignShown]:
    """All campaigns as configured that one may see; those in the archive where asked for."""
    away = await console.store.schedules.archived()
    return [shown(one) for one in await console.campaigns(session) if (one.id in away) == archived]


@router.post("", status_code=201, operation_id="addCampaign", responses=responses(409))
async def add_campaign(body: CampaignGiven, session: Caller, console: TheConsole) -> CampaignShown:
    """A new campaign, paused."""
    mine = session.client in (None, body.client)
    if not mine or not any(client.id == body.client for client in await console.store.clients.list()):
        raise ProblemError("not_found", "there is no such client")
    pacing = first_pacing(Purpose(body.purpose))
    bare = Campaign(id=CampaignId(0), client=ClientId(body.client), name=body.name, mode=body.mode, pacing=pacing)
    campaign = _changed(bare, body)
    await _check_recycling(console, campaign)
    campaign = await console.store.campaigns.save(campaign)
    await console.ask(CampaignSet(campaign))
    await console.note(session, "campaign.add", campaign=campaign.id, **_given(body))
    return shown(campaign)


@router.get("/{campaign}", operation_id="getCampaign")
async def get_campaign(campaign: Id, session: Caller, console: TheConsole, response: Response) -> CampaignShown:
    """One campaign as configured."""
    found = shown(await console.campaign(campaign, session))
    mark(response, found)
    return found


@router.patch("/{campaign}", operation_id="changeCampaign", responses=responses(409, 412))
async def change_campaign(
    campaign: Id, body: CampaignChange, session: Caller, console: TheConsole, request: Request
) -> CampaignShown:
    """Change settings; calls in progress go on as they began."""
    async with console.changing:
        before = await console.campaign(campaign, session)
        check_match(request, shown(before))
        wanted = _changed(before, body)
        if "recycling" in body.model_fields_set:
            await _check_recycling(console, wanted)
        kept = await console.store.campaigns.save(wanted)
        await console.ask(CampaignSet(kept))
        if "pacing" in body.model_fields_set:
            await console.ask(PaceSet(kept.id, kept.pacing, session.name))
    console.disturbed(kept.id)
    if "selection" in body.model_fields_set:
        rearrange(console, kept.id)
    await note_change(
        console, session, "campaign.change", {"campaign": kept.id}, before=shown(before), after=shown(kept)
    )
    return shown(kept)


def _given(body: Body) -> dict[str, object]:
    return body.model_dump(mode="json", exclude_unset=True)


async def _set_status(console: Console, session: Session, campaign: int, status: CampaignStatus) -> CampaignShown:
    async with console.changing:
        found = replace(await console.campaign(campaign, session), status=status)
        await console.store.campaigns.set_status(found.id, status)
        known = campaign_view(console.floor.view(), found.id) is not None  # else it was added beside the running server
        await console.ask(CampaignStatusSet(found.id, status) if known else CampaignSet(found))
    console.disturbed(found.id)
    await console.note(session, f"campaign.{status}", campaign=found.id)
    return shown(found)


@router.post("/{campaign}/start", operation_id="startCampaign", responses=responses(409))
async def start_campaign(campaign: Id, session: Caller, console: TheConsole) -> CampaignShown:
    """Let the campaign dial."""
    return await _set_status(console, session, campaign, CampaignStatus.RUNNING)


@router.post("/{campaign}/pause", operation_id="pauseCampaign", responses=responses(409))
async def pause_campaign(campaign: Id, session: Caller, console: TheConsole) -> CampaignShown:
    """Place nothing more for the campaign; its calls in progress go on."""
    return await _set_status(console, session, campaign, CampaignStatus.PAUSED)


@router.get("/{campaign}/decisions", operation_id="listDecisions")
async def list_decisions(
    campaign: Id,
    session: Caller,
    console: TheConsole,
    *,
    since: Annotated[float, Query(ge=0, lt=1e11)],
    until: Annotated[float, Query(ge=0, lt=1e11)],
    limit: Annotated[int, Query(ge=1, le=_AT_ONCE_MAX)] = 100,
) -> list[DecisionShown]:
    """The pacing decisions of a stretch of time (seconds since 1970), oldest first."""
    found = await console.campaign(campaign, session)
    records = await console.store.decisions.list(found.id, since, until, limit=limit)
    return [_decision(record) for record in records]


@router.get("/{campaign}/why", operation_id="whyCampaign")
async def why_campaign(campaign: Id, session: Caller, console: TheConsole) -> Why:
    """Why it dials as it does, or does not: one sentence, and the last decisions, newest first."""
    found = await console.campaign(campaign, session)
    seen = campaign_view(console.floor.view(), found.id)
    return Why(
        status=seen.status if seen else found.status,
        not_dialling=seen.not_dialling if seen else "the engine does not know the campaign yet",
        standstill=StandstillNow.model_validate(seen.standstill) if seen else None,
        pace_calls=seen.pace_calls if seen else 0,
        pace_reason=seen.pace_reason if seen else "",
        pace_reasons=reasons_of(seen.pace) if seen else {},
        decisions=[_decision(record) for record in await _last_decisions(console, found.id)],
    )


async def _last_decisions(console: Console, campaign: CampaignId) -> list[DecisionRecord]:
    """The last decisions of the last minutes, newest first."""
    now = console.now()
    for back_s in _WHY_BACK_S:
        records = await console.store.decisions.list(campaign, now - back_s, now + 1, limit=_AT_ONCE_MAX)
        if records:
            return list(reversed(records[-_WHY_SHOWN:]))
    return []
