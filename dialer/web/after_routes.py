"""What an agent says of a call, and what is typed until then: dispositions with what they demand, promises, drafts."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field

from dialer.core.ids import AgentId, CallId
from dialer.core.messages import CallDispositioned, Refused
from dialer.core.model import CallRecord, Category, Demand, Disposition
from dialer.core.promises import Every, PayBy, Promise, check, schedule
from dialer.core.rules import Forbidden
from dialer.core.showing import lawful_as_shown
from dialer.leads.why import facts_of
from dialer.store import LeadView
from dialer.store.drafts import DRAFT_CHARS_MAX, Draft
from dialer.store.promises import day_of
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import Body, Disposed, Id
from dialer.web.console import Console
from dialer.web.desk_routes import asked
from dialer.web.leads import their_zone
from dialer.web.problems import ProblemError, RefusedError, responses
from dialer.web.views import DeskNow, agent_view

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))


def _amount(text: str) -> str:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError("write an amount as 1234.56") from None
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError("write an amount as 1234.56, with two decimals at most")
    return text


class Promised(Body):
    """What the person promised: `amount` is all of it, `due_on` the day of the first payment."""

    amount: Annotated[str, Field(max_length=20, examples=["1500.00"]), AfterValidator(_amount)]
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-12-15"])]
    instalments: Annotated[int, Field(ge=1, le=60)] = 1
    every: Annotated[Every, Field(strict=False)] = Every.MONTH
    pay_by: Annotated[PayBy, Field(strict=False)] = PayBy.TRANSFER


class DisposedWith(Disposed):
    """A disposition with the promise that goes with it."""

    promise: Promised | None = None


class InstalmentShown(BaseModel):
    due_on: str
    amount: float


class NotesGiven(Body):
    call: Id
    notes: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")] = ""


class DraftGiven(Body):
    """What was typed, as the page keeps it; empty where nothing waits any more."""

    call: Id
    body: Annotated[str, Field(max_length=DRAFT_CHARS_MAX, pattern=r"^[^\x00]*$")]


class DraftShown(BaseModel):
    call: CallId
    body: str
    at: float


@router.post("/disposition", operation_id="deskDisposition")
async def disposition(agent: TheAgent, console: TheConsole, body: DisposedWith) -> DeskNow:
    """Say what the call was. Ends wrap-up, or is kept for its end while the talk goes on.

    What the disposition demands must be there: notes, a promise, the time of a callback, the right party. A callback
    that a calling rule forbids is refused with the rule and its reason.
    """
    call = CallId(body.call)
    record = await console.store.calls.get(call)
    view = await console.store.leads.view(record.lead, now=console.now()) if record is not None else None
    at = body.callback_at if body.callback_local is None else _their_time(record, view, body.callback_local)
    campaign = await console.store.campaigns.get(record.campaign) if record is not None else None
    said = next((one for one in campaign.dispositions if one.code == body.code), None) if campaign is not None else None
    promise = _promise(console, agent, body, view) if body.promise is not None else None
    sure = campaign is not None and not campaign.right_party_check  # whoever answers is taken for the person
    await _check_demands(console, agent, said, body, at, sure=sure)
    if at is not None and record is not None and view is not None:
        await _check_callback(console, record, view, at)
    event = CallDispositioned(agent, call, body.code, at, body.notes, body.callback_mine)
    promised = promise is not None and said is not None and said.category is Category.PROMISE
    async with console.saying[agent]:
        after = await _say(console, event, promise if promised else None)
    if after.call != call:  # while the talk goes on it is all that a restart finds of what was said
        await console.store.drafts.keep(agent, call, "", console.now())
    return after


async def _say(console: Console, event: CallDispositioned, promise: Promise | None) -> DeskNow:
    """Keep the promise with the disposition. Where the engine does not take it, what was promised before stands: the
    same said twice, or of another agent's call, must not take a promise away."""
    seat = agent_view(console.floor.view(), event.agent)
    if seat is None or seat.call != event.call:
        raise RefusedError(Refused("not_your_call", "the agent is not on this call"))
    promises, call = console.store.promises, event.call
    before = await promises.of_call(call)
    if promise is not None:  # kept first: no crash may lose it once the agent was told that all is saved
        await promises.keep(promise, console.now())
    try:
        after = await asked(console, event.agent, event)
    except RefusedError:
        if promise is not None:
            await promises.put_back(call, before, console.now())
        raise
    if promise is None:
        await promises.take_back(call, console.now())  # said before, and now otherwise
    return after


def _their_time(record: CallRecord | None, view: LeadView | None, local: str) -> float:
    """The instant at which the person's clock shows the time, the first one where it shows it twice.

    Raises ProblemError for a time that no clock shows.
    """
    zone = ZoneInfo(their_zone(view, record.number) if view is not None and record is not None else "UTC")
    try:
        wall = datetime.fromisoformat(local)
    except ValueError as error:
        raise ProblemError("invalid", f"callback_local {local}: {error}") from error
    at = wall.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != wall:
        raise ProblemError("callback_no_such_time")
    return at


def _promise(console: Console, agent: AgentId, body: DisposedWith, view: LeadView | None) -> Promise:
    """The promise. Raises ProblemError for one that cannot be."""
    given = body.promise
    assert given is not None
    try:
        due_on = date.fromisoformat(given.due_on)
    except ValueError as error:
        raise ProblemError("invalid", f"promise.due_on: {error}") from error
    account = view.account if view is not None else None
    promise = Promise(
        call=CallId(body.call),
        agent=agent,
        amount=Decimal(given.amount),
        currency=account.currency if account is not None else "",
        due_on=due_on,
        instalments=given.instalments,
        every=given.every,
        pay_by=given.pay_by,
    )
    balance = account.balance if account is not None and account.balance is not None else None
    wrong = check(promise, None if balance is None else Decimal(str(balance)), day_of(console.now()))
    if wrong:
        raise ProblemError(f"promise_{wrong}")
    return promise


async def _check_demands(
    console: Console, agent: AgentId, said: Disposition | None, body: DisposedWith, at: float | None, *, sure: bool
) -> None:
    for demand in said.demands if said is not None else ():
        match demand:
            case Demand.NOTES:
                met = bool(body.notes.strip())
            case Demand.PROMISE:
                met = body.promise is not None
            case Demand.CALLBACK:
                met = at is not None
            case Demand.RIGHT_PARTY:
                draft = await console.store.drafts.get(agent, CallId(body.call))
                met = sure or (draft is not None and draft.right_party is True)
        if not met:
            raise ProblemError(f"needs_{demand.value}")


async def _check_callback(console: Console, record: CallRecord, view: LeadView, at: float) -> None:
    """Refuse a time at which a calling rule forbids the call."""
    campaign = await console.store.campaigns.get(view.campaign)
    phone = next((one for one in view.phones if one.number == record.number), None)
    if campaign is None or phone is None or at <= console.now():
        return  # a time that has passed is the engine's to refuse
    facts = await facts_of(console.store, view, phone, at)
    verdict = lawful_as_shown(facts, campaign, console.law, await console.shown(), at)
    if isinstance(verdict, Forbidden):
        raise ProblemError("callback_forbidden", f"{verdict.rule}: {verdict.reason}")


@router.post("/instalments", operation_id="deskInstalments")
async def instalments(agent: TheAgent, body: Promised) -> list[InstalmentShown]:
    """How a promise splits into payments: what the agent reads out."""
    try:
        due_on = date.fromisoformat(body.due_on)
    except ValueError as error:
        raise ProblemError("invalid", f"due_on: {error}") from error
    promise = Promise(
        call=CallId(0),
        agent=agent,
        amount=Decimal(body.amount),
        currency="",
        due_on=due_on,
        instalments=body.instalments,
        every=body.every,
    )
    return [InstalmentShown(due_on=one.due_on.isoformat(), amount=float(one.amount)) for one in schedule(promise)]


@router.post("/notes", operation_id="deskSaveNotes")
async def save_notes(agent: TheAgent, console: TheConsole, body: NotesGiven) -> None:
    """Keep notes of a call whose time to write up ran out; empty: let go of what was typed."""
    call = CallId(body.call)
    record = await console.store.calls.get(call)
    if record is None or record.agent != agent:
        raise ProblemError("not_found", "this was no call of yours")
    if body.notes.strip():
        await console.store.calls.say(call, agent, record.disposition, body.notes, console.now())
    await console.store.drafts.keep(agent, call, "", console.now())


@router.put("/draft", operation_id="deskKeepDraft", status_code=204)
async def keep_draft(agent: TheAgent, console: TheConsole, body: DraftGiven) -> None:
    """Keep what is typed about a call until it is saved; it outlives reloads, other machines and restarts."""
    await console.store.drafts.keep(agent, CallId(body.call), body.body, console.now())


@router.get("/drafts", operation_id="deskDrafts")
async def drafts(agent: TheAgent, console: TheConsole) -> list[DraftShown]:
    """What the agent typed and did not save, oldest first: of the present call, and of those whose time ran out."""
    return [_shown(draft) for draft in await console.store.drafts.waiting(agent)]


def _shown(draft: Draft) -> DraftShown:
    return DraftShown(call=draft.call, body=draft.body, at=draft.at)
