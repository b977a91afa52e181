"""Leads listed, changed and exported by other systems."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from dialer.core.ids import CampaignId, LeadId
from dialer.leads.safe_csv import SafeWriter
from dialer.store import AuditEntry, LeadState
from dialer.store.lead_changes import Known, LeadChange
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.lead_bodies import (
    Changed,
    LeadChangeGiven,
    LeadPage,
    LeadsGiven,
    line_shown,
)
from dialer.web.lead_trail import change_entry
from dialer.web.leads import LeadShown, lead_shown
from dialer.web.matching import check_match
from dialer.web.permissions import Permission
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

_AT_A_STRETCH = 100  # leads of which the loop works out what is other, before it looks at anything else
router = APIRouter(tags=["leads"], responses=responses(401, 403, 404))


@router.get("/campaigns/{campaign}/leads", operation_id="listLeads")
async def list_leads(
    campaign: Id,
    session: Caller,
    console: TheConsole,
    *,
    state: LeadState | None = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> LeadPage:
    """The leads of a campaign, by id."""
    found, after = await console.campaign(campaign, session), cursor_of(cursor)
    lines = await console.store.leads.page(
        found.id, after=after[1] if after is not None else 0, limit=limit + 1, state=state
    )
    whole = session.may(Permission.NUMBERS_READ)
    more = (0.0, int(lines[limit - 1].id)) if len(lines) > limit else None
    return LeadPage(items=[line_shown(one, whole_numbers=whole) for one in lines[:limit]], next=cursor_text(more))


@router.patch("/leads/{lead}", operation_id="changeLead", responses=responses(409, 412))
async def change_lead(
    lead: Id, body: LeadChangeGiven, session: Caller, console: TheConsole, request: Request
) -> Changed:
    """Change one lead. Many at a time go quicker by POST /leads/changes."""
    change, careful = body.change(lead=LeadId(lead)), "if-match" in request.headers
    async with console.house if careful else nullcontext():
        known = await console.gatherer.known(change)
        if known is None or not session.sees(known.campaign, known.client):
            raise ProblemError("not_found", "there is no such lead")
        if careful:
            check_match(request, await _shown(console, session, known.id))
        settled = known.settled(change, console.now())
        entry = change_entry(console, session, known, settled)
        await console.gatherer.change(known, settled, entry)
    return Changed.of([entry], [], session)


@router.post("/leads/changes", operation_id="changeLeads", responses=responses(409))
async def change_leads(body: LeadsGiven, session: Caller, console: TheConsole) -> Changed:
    """Change up to 1,000 leads, together: all that are known, or none where the database refuses. Each has its line in
    the trail."""
    changes, now = [one.named() for one in body.leads], console.now()
    known = await _seen(console, session, changes)
    found = [(one, one.settled(change, now)) for one, change in zip(known, changes, strict=True) if one is not None]
    trail: list[AuditEntry] = []
    for place, (one, change) in enumerate(found, 1):
        trail.append(change_entry(console, session, one, change))
        if place % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)  # the calls go on meanwhile
    if found:
        await console.gatherer.change_all(found, trail)
    return Changed.of(trail, [place for place, one in enumerate(known) if one is None], session)


async def _seen(console: Console, session: Session, changes: list[LeadChange]) -> list[Known | None]:
    """The lead of each change, None where there is none that the person may see."""
    known = await console.store.lead_changes.known(changes)
    return [one if one is not None and session.sees(one.campaign, one.client) else None for one in known]


async def _shown(console: Console, session: Session, lead: LeadId) -> LeadShown:
    return await lead_shown(console, lead, whole_numbers=session.may(Permission.NUMBERS_READ))


_COLUMNS = (
    "id", "external_id", "national_id", "name", "state", "priority", "due_at", "attempts", "result", "balance",
    "currency", "days_past_due",
)  # fmt: skip


@router.get(
    "/campaigns/{campaign}/leads/export",
    operation_id="exportLeads",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "The leads"}},
)
async def export_leads(campaign: Id, session: Caller, console: TheConsole) -> StreamingResponse:
    """Every lead of a campaign as CSV. Its own right (exports), and a line in the trail."""
    found = await console.campaign(campaign, session)
    await console.note(session, "lead.export", campaign=found.id)
    whole = session.may(Permission.NUMBERS_READ)
    headers = {"Content-Disposition": f'attachment; filename="leads-{found.id}.csv"'}
    return StreamingResponse(_csv(console, found.id, whole=whole), media_type="text/csv", headers=headers)


async def _csv(console: Console, campaign: CampaignId, *, whole: bool) -> AsyncIterator[str]:
    out = io.StringIO(newline="")
    writer = SafeWriter(out)
    writer.row([*_COLUMNS, "numbers"])
    async for line in console.store.leads.stream(campaign):
        shown = line_shown(line, whole_numbers=whole)
        writer.row([*(getattr(line, name) for name in _COLUMNS), " ".join(shown.numbers)])
        if out.tell() > 1 << 16:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
