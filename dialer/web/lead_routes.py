"""What supervisors do with leads: dial one before all others. A list's new order is worked out in the background."""

import asyncio

import structlog
from fastapi import APIRouter
from pydantic import BaseModel

from dialer.core.ids import CampaignId, LeadId
from dialer.core.messages import ListChanged
from dialer.errors import StoreError
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.problems import responses

router = APIRouter(prefix="/leads", tags=["leads"], responses=responses(401, 403, 404))
log = structlog.get_logger()
_at_work: set[asyncio.Task[None]] = set()  # kept, or they would be collected while they run


class Urged(BaseModel):
    """The lead that comes next, and its campaign."""

    lead: LeadId
    campaign: CampaignId


@router.post("/{lead}/dial", operation_id="dialLeadNow", responses=responses(409))
async def dial_lead_now(lead: Id, session: Caller, console: TheConsole) -> Urged:
    """Dial the lead before all others of its campaign; the rules hold as for any other. A finished one is taken up."""
    await console.check_lead(lead, session)
    campaign = await console.store.leads.urge(LeadId(lead))
    await console.ask(ListChanged(campaign))
    await console.note(session, "lead.dial", lead=lead, campaign=campaign)
    return Urged(lead=LeadId(lead), campaign=campaign)


def rearrange(console: Console, campaign: CampaignId) -> None:
    """Work out in the background where the campaign's leads stand by its new settings; the engine then claims anew."""
    task = asyncio.create_task(_rearranged(console, campaign))
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)


async def _rearranged(console: Console, campaign: CampaignId) -> None:
    try:
        await console.store.leads.rearrange(campaign, console.now())
    except StoreError as error:
        log.warning("the campaign's leads are not all in their new order", campaign=campaign, error=str(error))
    await console.floor.ask(ListChanged(campaign))
