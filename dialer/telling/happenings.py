"""What happens, in words for other systems: made from the journal alone, so that a reader goes on where it was.

A happening may be told twice (a call is kept anew when more is known of it); its `id` and data say so. Pure.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialer.store.rows import JournalRow

_MILESTONES = (  # the latest of a call's times says what happened to it
    ("ended_at", "call.ended"),
    ("bridged_at", "call.connected"),
    ("answered_at", "call.answered"),
    ("placed_at", "call.placed"),
)
_CALL = (
    "id", "campaign", "client", "mode", "lead", "number", "trunk", "caller_id", "agent", "reserved_at", "placed_at",
    "ringing_at", "answered_at", "bridged_at", "ended_at", "outcome", "disposition", "cause", "tech_cause", "ended_by",
    "recording",
)  # fmt: skip

KINDS: dict[str, str] = {
    "call.placed": "a call was handed to the switch",
    "call.answered": "somebody or something took the call",
    "call.connected": "person and agent hear each other",
    "call.ended": "the call is over, with its outcome",
    "call.dispositioned": "the agent said what the call was",
    "agent.state": "an agent's state is another",
    "campaign.status": "a campaign was started or paused",
    "lead.changed": "something that is kept of leads changed",
    "list.changed": "leads were added to a campaign, or taken from it",
    "dialling.stopped": "all dialling was stopped",
    "dialling.resumed": "all dialling goes on",
    "alarm": "the engine asks for somebody's attention",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`subject` is what must be told in order: a call, an agent, a campaign. `campaign` and `client` 0: nobody's."""

    id: str
    kind: str
    at: float
    subject: str
    campaign: int = 0
    client: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it is sent."""
        return {"id": self.id, "kind": self.kind, "at": self.at, "campaign": self.campaign or None, "data": self.data}


def happening_of(row: JournalRow) -> Happening | None:
    """What a line of the journal tells other systems; None where it is the engine's own affair."""
    name = row.body[9 : row.body.find('"', 9)]  # {"type":"Name"
    make = _MAKERS.get(name)
    return make(row, json.loads(row.body)) if make is not None else None


def _id(row: JournalRow) -> str:
    return f"{row.run}-{row.seq}"


def _call(row: JournalRow, body: Mapping[str, Any]) -> Happening | None:
    record = body["record"]
    kind = next((kind for name, kind in _MILESTONES if record.get(name) is not None), None)
    if kind is None:
        return None  # reserved and never placed
    data = {name: record.get(name) for name in _CALL}
    return Happening(
        id=_id(row),
        kind=kind,
        at=row.at,
        subject=f"call {record['id']}",
        campaign=record["campaign"],
        client=record["client"],
        data=data,
    )


def _disposition(row: JournalRow, body: Mapping[str, Any]) -> Happening:
    data = {"call": body["call"], "agent": body["agent"], "code": body["code"], "notes": body["notes"]}
    data["unconfirmed"] = body.get("unconfirmed", False)
    return Happening(id=_id(row), kind="call.dispositioned", at=row.at, subject=f"call {body['call']}", data=data)


def _spell(row: JournalRow, body: Mapping[str, Any]) -> Happening | None:
    spell = body["spell"]
    if spell.get("ended", True):
        return None  # the next state is told when it begins
    data = {name: spell.get(name) for name in ("agent", "state", "reason", "campaign", "call", "since")}
    return Happening(
        id=_id(row),
        kind="agent.state",
        at=row.at,
        subject=f"agent {spell['agent']}",
        campaign=spell.get("campaign") or 0,
        data=data,
    )


def _status(row: JournalRow, body: Mapping[str, Any]) -> Happening:
    campaign = body["campaign"]
    data = {"campaign": campaign, "status": body["status"]}
    subject = f"campaign {campaign}"
    return Happening(id=_id(row), kind="campaign.status", at=row.at, subject=subject, campaign=campaign, data=data)


def _plain(kind: str, *names: str) -> "Maker":
    def make(row: JournalRow, body: Mapping[str, Any]) -> Happening:
        data = {name: body.get(name) for name in names}
        return Happening(id=_id(row), kind=kind, at=row.at, subject=kind, campaign=body.get("campaign") or 0, data=data)

    return make


Maker = Callable[[JournalRow, Mapping[str, Any]], Happening | None]
_MAKERS: dict[str, Maker] = {
    "SaveCall": _call,
    "SaveDisposition": _disposition,
    "SaveSpell": _spell,
    "CampaignStatusSet": _status,
    "LeadsChanged": _plain("lead.changed", "leads", "stopped"),
    "ListChanged": _plain("list.changed", "campaign"),
    "DiallingStopped": _plain("dialling.stopped", "by"),
    "DiallingResumed": _plain("dialling.resumed", "by"),
    "Alarm": _plain("alarm", "code", "campaign", "text"),
}
