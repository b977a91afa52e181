"""What people did to the dialer: newest first, searchable, never changed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dialer.store import AuditEntry
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN
from dialer.web.cursors import cursor_of, cursor_text
from dialer.web.lead_trail import is_readable, readable
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(tags=["audit"], responses=responses(401, 403))


class AuditShown(BaseModel):
    """One deed: who, when (seconds since 1970), what; of a change `before` and `after` in `detail`.

    `by` is a name, `who` the one who had it, as "user 5" or "agent 3": two may be called the same.
    """

    id: int
    at: float
    by: str
    who: str = Field(examples=["user 5"])
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
    who: Annotated[str, Field(pattern=r"^((user|agent) [0-9]{1,15})?$", examples=["user 5"])] = ""
    since: Annotated[float | None, Field(ge=0, lt=1e11)] = None
    until: Annotated[float | None, Field(ge=0, lt=1e11)] = None
    cursor: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


def audit_shown(entry: AuditEntry, session: Session) -> AuditShown:
    detail = readable(entry, session)
    return AuditShown(id=entry.id, at=entry.at, by=entry.by_whom, who=entry.who, action=entry.action, detail=detail)


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
        who=query.who,
        since=query.since,
        until=query.until,
    )
    some = entries[: query.limit]
    more = (some[-1].at, some[-1].id) if len(entries) > query.limit else None
    items = [audit_shown(one, session) for one in some if is_readable(one, session, query.text)]
    return AuditPage(items=items, next=cursor_text(more))
