"""What a change makes of a lead, before and after: for the trail, and for whoever reads it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialer.store import AuditEntry
from dialer.store.lead_changes import Known, LeadChange
from dialer.web.console import Console
from dialer.web.permissions import Permission
from dialer.web.sessions import Session
from dialer.web.views import masked_within

ACTION = "lead.change"
Side = Mapping[str, object]


def change_entry(console: Console, session: Session, known: Known, change: LeadChange) -> AuditEntry:
    """The line of a settled change, with all that it makes other."""
    before, after = known.difference(change)
    return replace(console.entry(session, ACTION, lead=known.id, before=before, after=after), lead=known.id)


def readable(entry: AuditEntry, session: Session) -> dict[str, Any]:
    """The detail of a line. The list's own columns may hold numbers: masked where they are not for this person."""
    detail: dict[str, Any] = json.loads(entry.detail)
    if entry.lead is not None and not session.may(Permission.NUMBERS_READ):
        detail |= {name: _masked(detail[name]) for name in ("before", "after") if name in detail}
    return detail


def is_readable(entry: AuditEntry, session: Session, text: str) -> bool:
    """Whether what was looked for stands in what this person may read: else a search would tell what is masked."""
    if entry.lead is None or not text or session.may(Permission.NUMBERS_READ):
        return True
    told = json.dumps(readable(entry, session), ensure_ascii=False)
    return text.casefold() in f"{entry.action} {told}".casefold()


def _masked(side: Side) -> dict[str, object]:
    own = side.get("fields")
    if not isinstance(own, Mapping):
        return dict(side)
    hidden = {name: masked_within(value) if isinstance(value, str) else value for name, value in own.items()}
    return {**side, "fields": hidden}
