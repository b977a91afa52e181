"""Why leads are not dialled: one lead, and a campaign's list counted by the first thing in the way."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.ids import LeadId
from dialer.leads.why import frees, why
from dialer.leads.why_all import why_all
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.permissions import Permission
from dialer.web.problems import responses
from dialer.web.views import masked_within

router = APIRouter(tags=["leads"], responses=responses(401, 403, 404))

LOOKED_AT_MAX = 2_000  # of a list; of a longer one, leads from all over it stand for all


class WhyLead(BaseModel):
    """The first thing in the way of a lead; `reason` empty: nothing is. `until`: when it may be gone, null: unknown."""

    lead: int
    reason: str
    text: str
    until: float | None
    frees: str = Field(description="What would let it be dialled, in words.")


class LeadsHeldUp(BaseModel):
    """Leads that one thing holds up; `until` is when the first of them may be free."""

    reason: str
    leads: int
    until: float | None
    frees: str
    examples: list[int]


class WhyLeads(BaseModel):
    """A campaign's leads by what stands in their way, the most first; the totals are of those `looked_at`."""

    campaign: str
    paused: bool
    leads: int
    looked_at: int
    totals: list[LeadsHeldUp]


@router.get("/leads/{lead}/why", operation_id="whyLead")
async def why_lead(lead: Id, session: Caller, console: TheConsole) -> WhyLead:
    """Why the lead is not dialled now, asked as the engine would ask."""
    await console.check_lead(lead, session)
    found = await why(console.store, LeadId(lead), console.now(), console.law, await console.shown())
    text = found.text if session.may(Permission.NUMBERS_READ) else masked_within(found.text)
    return WhyLead(lead=found.lead, reason=found.reason, text=text, until=found.until, frees=frees(found.reason))


@router.get("/campaigns/{campaign}/leads/why", operation_id="whyLeads")
async def why_leads(campaign: Id, session: Caller, console: TheConsole) -> WhyLeads:
    """Why the campaign's leads are not dialled now, counted by reason.

    Of a long list some thousand leads from all over it are looked at; `dialer leads why --campaign C` asks for all.
    """
    found = await console.campaign(campaign, session)
    told = await why_all(console.store, found, console.now(), console.law, await console.shown(), most=LOOKED_AT_MAX)
    return WhyLeads.model_validate(told.as_dict())
