"""A lead as it is shown beside a call. Who may see it is decided by the routes."""

from collections.abc import Mapping

from pydantic import BaseModel

from dialer.core.ids import CallId, CampaignId, LeadId
from dialer.store import LeadView, Phone, WrapUp
from dialer.web.console import Console
from dialer.web.problems import ProblemError
from dialer.web.views import Shown, masked, masked_within


class PersonShown(Shown):
    name: str
    national_id: str | None
    country: str
    zone: str  # IANA name by the address; empty: by the numbers


class AccountShown(Shown):
    """`balance` is in `currency`; `fields` are the list's own columns."""

    external_id: str
    balance: float | None
    currency: str
    days_past_due: int | None
    fields: dict[str, str]


class PhoneShown(Shown):
    """A number of the person; `extension` is to be asked for, or dialled, once the switchboard answers."""

    number: str
    extension: str
    country: str
    zones: list[str]
    state: str


class CallBefore(Shown):
    """A former call to the person. `at` is seconds since 1970."""

    id: CallId
    at: float
    outcome: str | None
    disposition: str
    notes: str
    talk_s: float | None
    wrap_up: WrapUp = WrapUp.SAVED  # open, or unconfirmed, where it ran out


class Restricted(Shown):
    """Something that was said of the person and holds now. `until` is null where it holds for good."""

    kind: str
    value: str
    until: float | None


class LeadShown(BaseModel):
    """A lead with its person, account, phones and what came before, newest first."""

    id: LeadId
    campaign: CampaignId
    state: str
    attempts: int
    result: str
    due_at: float | None
    person: PersonShown
    account: AccountShown | None
    phones: list[PhoneShown]
    calls: list[CallBefore]
    restrictions: list[Restricted]


class LeadFound(BaseModel):
    """A lead in the answer to a search."""

    id: LeadId
    campaign: CampaignId
    state: str
    name: str
    external_id: str


async def lead_shown(console: Console, lead: LeadId, *, whole_numbers: bool = True) -> LeadShown:
    """The lead as kept, its numbers masked where they are not for this person. Raises ProblemError(not_found)."""
    now = console.now()
    view = await console.store.leads.view(lead, now=now)
    if view is None:
        raise ProblemError("not_found", "there is no such lead")
    said = await console.store.restrictions.of_lead(lead)
    standing = await console.store.write_ups.standing([call.id for call in view.calls])
    return LeadShown(
        id=view.id,
        campaign=view.campaign,
        state=view.state,
        attempts=view.attempts,
        result=view.result,
        due_at=view.due_at,
        person=PersonShown.model_validate(view.person),
        account=_account(view, whole=whole_numbers),
        phones=[_phone(phone, whole=whole_numbers) for phone in view.phones],
        calls=_calls(view, standing),
        restrictions=[Restricted.model_validate(one) for one in said if one.until is None or one.until > now],
    )


def their_zone(lead: LeadShown | LeadView, number: str | None) -> str:
    """The time zone in which the person is taken to be while that number of theirs is called."""
    zones = next((phone.zones for phone in lead.phones if phone.number == number), ())
    return lead.person.zone or next(iter(zones), "UTC")


def _phone(phone: Phone, *, whole: bool) -> PhoneShown:
    shown = PhoneShown.model_validate(phone)
    return shown if whole else shown.model_copy(update={"number": masked(shown.number)})


def lead_found(view: LeadView) -> LeadFound:
    return LeadFound(
        id=view.id,
        campaign=view.campaign,
        state=view.state,
        name=view.person.name,
        external_id=view.account.external_id if view.account else "",
    )


def _account(view: LeadView, *, whole: bool) -> AccountShown | None:
    account = view.account
    if account is None:
        return None
    return AccountShown(
        external_id=account.external_id,
        balance=float(account.balance) if account.balance is not None else None,
        currency=account.currency,
        days_past_due=account.days_past_due,
        fields={name: value if whole else masked_within(value) for name, value in account.fields},
    )


def _calls(view: LeadView, standing: Mapping[CallId, WrapUp]) -> list[CallBefore]:
    notes = {row.call: row.notes for row in reversed(view.dispositions)}  # they come newest first: the newest counts
    return [
        CallBefore(
            id=call.id,
            at=call.reserved_at,
            outcome=call.outcome,
            disposition=call.disposition,
            notes=notes.get(call.id, ""),
            talk_s=call.ended_at - call.bridged_at if call.ended_at and call.bridged_at else None,
            wrap_up=standing.get(call.id, WrapUp.SAVED),
        )
        for call in view.calls
    ]
