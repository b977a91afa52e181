"""What people did to the dialer: newest first, searchable, never changed."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dialer.store import AuditEntry
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.problems import ProblemError, responses

router = APIRouter(tags=["audit"], responses=responses(401, 403))


class AuditShown(BaseModel):
    """One deed: who, when (seconds since 1970), what; of a change `before` and `after` in `detail`."""

    id: int
    at: float
    by: str
    action: str = Field(examples=["campaign.change"])
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Newest first. `next` is the cursor of the page after this; null = there is none."""

    items: list[AuditShown]
    next: str | None


class AuditQuery(BaseModel):
    """Which entries; `text` is looked for in action and detail."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=100, pattern=PLAIN)] = ""
    by: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""
    since: Annotated[float | None, Field(ge=0, lt=1e11)] = None
    until: Annotated[float | None, Field(ge=0, lt=1e11)] = None
    cursor: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


def audit_shown(entry: AuditEntry) -> AuditShown:
    return AuditShown(id=entry.id, at=entry.at, by=entry.by_whom, action=entry.action, detail=json.loads(entry.detail))


@router.get("/audit", operation_id="listAudit")
async def list_audit(session: Caller, console: TheConsole, query: Annotated[AuditQuery, Query()]) -> AuditPage:
    """The trail of every change, newest first."""
    if session.limited:
        raise ProblemError("forbidden", "the trail is the whole house's")
    after = cursor_of(query.cursor)
    entries = await console.store.audit.page(
        before=after[1] if after is not None else None,
        limit=query.limit + 1,
        text=query.text,
        by_whom=query.by,
        since=query.since,
        until=query.until,
    )
    shown = entries[: query.limit]
    more = (shown[-1].at, shown[-1].id) if len(entries) > query.limit else None
    return AuditPage(items=[audit_shown(one) for one in shown], next=cursor_text(more))
