"""What clients tell of accounts: payments, disputes, law suits, balances. It holds for the very next call."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field

from dialer.core.accounts import AccountEvent, AccountEventKind
from dialer.core.ids import ClientId
from dialer.leads.account_news import apply_events
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN, Body, Id, Named
from dialer.web.problems import ProblemError, responses

router = APIRouter(prefix="/accounts", tags=["accounts"], responses=responses(401, 403, 404))

AT_ONCE_MAX = 2_000


def _decimal(text: str) -> str:
    """The text of a decimal number. Raises ValueError for another."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("write an amount as 1234.56") from None
    if not number.is_finite():
        raise ValueError("write an amount as 1234.56")
    return text


Amount = Annotated[str, Field(max_length=40, examples=["1234.56"]), AfterValidator(_decimal)]


class EventGiven(Body):
    """One thing told of an account. The same `id` told twice is one event."""

    account: Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]
    kind: Annotated[AccountEventKind, Field(strict=False)]
    id: Annotated[str, Field(max_length=120, pattern=PLAIN)] = ""
    amount: Amount | None = None
    balance: Amount | None = None
    days_past_due: Annotated[int, Field(ge=-100_000, le=100_000)] | None = None
    until: Annotated[float, Field(gt=0, lt=1e11)] | None = None


class EventsGiven(Body):
    """Events of one client's accounts, in their order."""

    client: Id
    events: Annotated[list[EventGiven], Field(min_length=1, max_length=AT_ONCE_MAX)]
    source: Named = "api"


class Applied(BaseModel):
    """What became of them; `unknown` are the places of events about accounts that there are none of."""

    applied: int
    repeated: int
    unknown: list[int]
    leads_stopped: int


@router.post("/events", operation_id="tellAccounts")
async def tell(body: EventsGiven, session: Caller, console: TheConsole) -> Applied:
    """Apply events: calls stop from the next one on, agents see it at once."""
    mine = session.client in (None, body.client) and session.campaigns is None
    if not mine or not any(one.id == body.client for one in await console.store.clients.list()):
        raise ProblemError("not_found", "there is no such client")
    events = [
        AccountEvent(
            account=one.account,
            kind=one.kind,
            id=one.id,
            amount=None if one.amount is None else Decimal(one.amount),
            balance=None if one.balance is None else Decimal(one.balance),
            days_past_due=one.days_past_due,
            until=one.until,
        )
        for one in body.events
    ]
    found, news = await apply_events(console.store, ClientId(body.client), events, body.source, console.now())
    for one in news:
        await console.ask(one)
    await console.note(session, "accounts.tell", client=body.client, events=len(events), applied=found.applied)
    return Applied(
        applied=found.applied, repeated=found.repeated, unknown=found.unknown, leads_stopped=len(set(found.stopped))
    )
