"""What the API takes and shows of leads in bulk."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from dialer.core.ids import CampaignId, LeadId
from dialer.store import AuditEntry, LeadLine, LeadState
from dialer.store.lead_changes import LeadChange
from dialer.web.account_routes import Amount
from dialer.web.bodies import PLAIN, Body, Id
from dialer.web.lead_trail import readable
from dialer.web.sessions import Session
from dialer.web.views import masked

AT_ONCE_MAX = 1_000
At = Annotated[float, Field(gt=0, lt=1e11)]
FieldName = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]
FieldText = Annotated[str, Field(max_length=1000, pattern=PLAIN)]


class LeadChangeGiven(Body):
    """What of a lead is to be other; what is left out stays. `fields` are merged into the list's own columns."""

    priority: Annotated[int, Field(ge=0, le=9)] | None = None
    due_at: At | None = None
    expires_at: At | None = None
    state: Literal["open", "withdrawn"] | None = None
    balance: Amount | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["MXN"])] | None = None
    days_past_due: Annotated[int, Field(ge=-100_000, le=100_000)] | None = None
    fields: Annotated[dict[FieldName, FieldText], Field(max_length=100)] | None = None

    def change(self, **which: object) -> LeadChange:
        given: Mapping[str, object] = {name: getattr(self, name) for name in _CHANGES}
        return LeadChange(**which, **given)  # type: ignore[arg-type]  # the model has the same fields


_CHANGES = tuple(LeadChangeGiven.model_fields)


class LeadNamed(LeadChangeGiven):
    """A change with its lead: by `lead`, or by campaign and external id."""

    lead: Id | None = None
    campaign: Id | None = None
    external_id: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""

    @model_validator(mode="after")
    def _one_way(self) -> "LeadNamed":
        if (self.lead is None) == (self.campaign is None or not self.external_id):
            raise ValueError("name the lead by `lead`, or by `campaign` and `external_id`")
        return self

    def named(self) -> LeadChange:
        return self.change(
            lead=LeadId(self.lead) if self.lead is not None else None,
            campaign=CampaignId(self.campaign) if self.campaign is not None else None,
            external_id=self.external_id,
        )


class LeadsGiven(Body):
    """Changes of many leads, made together."""

    leads: Annotated[list[LeadNamed], Field(min_length=1, max_length=AT_ONCE_MAX)]


class LeadChangeShown(BaseModel):
    """What was made other of a lead, by the names of a change; `fields` by column. Numbers in the list's own columns
    are masked for who may not read them. Both are empty where everything stood so already."""

    lead: LeadId
    before: dict[str, Any]
    after: dict[str, Any]


class Changed(BaseModel):
    """How many were changed, and what of each, in the order in which they were sent; `unknown` are the places, in what
    was sent, of leads that there are none of."""

    changed: int
    unknown: list[int]
    leads: list[LeadChangeShown]

    @classmethod
    def of(cls, trail: Sequence[AuditEntry], unknown: Sequence[int], session: Session) -> "Changed":
        """As the trail tells it."""
        leads = [LeadChangeShown.model_validate(readable(one, session)) for one in trail]
        return cls(changed=len(leads), unknown=list(unknown), leads=leads)


class LeadLineShown(BaseModel):
    """A lead as one line of a list."""

    id: LeadId
    external_id: str
    name: str
    state: LeadState
    priority: int
    due_at: float | None
    attempts: int
    result: str
    balance: str
    currency: str
    days_past_due: int | None
    numbers: list[str]


class LeadPage(BaseModel):
    """By id. `next` is the cursor of the page after this; null = there is none."""

    items: list[LeadLineShown]
    next: str | None


def line_shown(line: LeadLine, *, whole_numbers: bool) -> LeadLineShown:
    return LeadLineShown(
        id=line.id,
        external_id=line.external_id,
        name=line.name,
        state=line.state,
        priority=line.priority,
        due_at=line.due_at,
        attempts=line.attempts,
        result=line.result,
        balance=line.balance,
        currency=line.currency,
        days_past_due=line.days_past_due,
        numbers=[number if whole_numbers else masked(number) for number in line.numbers],
    )
