"""What is said of a call, by whom and whenever: held to what it demands, its promise kept, and put to the engine.

One place for what an agent saves in time, for what is finished later, and for what was complete when the time ran out.
"""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field

from dialer.core.ids import AgentId, CallId
from dialer.core.messages import CallDispositioned, CallWrittenUp, Event, Refused
from dialer.core.model import CallRecord, Campaign, Category, Demand, Disposition
from dialer.core.promises import Every, PayBy, Promise, check
from dialer.core.rules import Forbidden
from dialer.core.showing import lawful_as_shown
from dialer.leads.why import facts_of
from dialer.store import LeadView, WrapUp
from dialer.store.drafts import NOTHING, Draft
from dialer.store.promises import day_of
from dialer.web.bodies import Body, Disposed
from dialer.web.console import Console
from dialer.web.leads import their_zone
from dialer.web.problems import ProblemError, RefusedError
from dialer.web.views import agent_view

RECORD_TRIES, RECORD_AGAIN_S = 60, 0.05  # the writer is behind by some hundredths of a second, on a bad day by one
NOT_YOURS = Refused("not_your_call", "the agent is not on this call")


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


class WrapUpRanOut(BaseModel):
    """What became of something typed that was not saved in time: kept `unconfirmed`, or `open`."""

    call: CallId
    standing: WrapUp


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What is to be said, with all that it is held against. `at`: the time of a callback, in seconds since 1970."""

    agent: AgentId
    body: DisposedWith
    record: CallRecord
    view: LeadView | None
    campaign: Campaign | None
    disposition: Disposition | None
    draft: Draft | None
    at: float | None

    @property
    def call(self) -> CallId:
        return CallId(self.body.call)


async def say(console: Console, agent: AgentId, body: DisposedWith, *, unconfirmed: bool = False) -> None:
    """Say what the call was. `unconfirmed`: the agent did not save it, it is as it stood when the wrap-up ran out.

    Raises ProblemError where something is lacking or forbidden, RefusedError where the engine does not take it; then
    what was promised before stands.
    """
    async with console.saying[agent]:
        said = await _read(console, agent, body)
        promise = _promise(console, said)
        await _check(console, said)
        kept = said.disposition is not None and said.disposition.category is Category.PROMISE
        await _keep(console, said, promise if kept else None, unconfirmed=unconfirmed)
        seat = agent_view(console.floor.view(), agent)
        if unconfirmed and said.draft is not None:
            await console.store.drafts.stand(said.draft, WrapUp.UNCONFIRMED)
        elif seat is None or seat.call != said.call:  # while the talk goes on it is all that a restart finds of it
            await console.store.drafts.keep(agent, said.call, NOTHING, console.now())


async def _read(console: Console, agent: AgentId, body: DisposedWith) -> _Said:
    call = CallId(body.call)
    record = await _record(console, agent, call)
    view = await console.store.leads.view(record.lead, now=console.now())
    campaign = await console.store.campaigns.get(record.campaign)
    dispositions = campaign.dispositions if campaign is not None else ()
    return _Said(
        agent=agent,
        body=body,
        record=record,
        view=view,
        campaign=campaign,
        disposition=next((one for one in dispositions if one.code == body.code), None),
        draft=await console.store.drafts.get(agent, call),
        at=body.callback_at if body.callback_local is None else _their_time(record, view, body.callback_local),
    )


async def _record(console: Console, agent: AgentId, call: CallId) -> CallRecord:
    """The call as kept. The writer may not have come to it yet: without it nothing is held to what it demands, and a
    promise would be lost without a word. Raises RefusedError for no call of the agent's, ProblemError(unavailable).
    """
    for _ in range(RECORD_TRIES):
        record = await console.store.calls.get(call)
        if record is not None:
            return record
        seat = agent_view(console.floor.view(), agent)
        if seat is None or seat.call != call:
            raise RefusedError(NOT_YOURS)
        await asyncio.sleep(RECORD_AGAIN_S)
    raise ProblemError("unavailable", "the call is not kept yet; try again")


# ---------------------------------------------------------------- kept


async def _keep(console: Console, said: _Said, promise: Promise | None, *, unconfirmed: bool) -> None:
    """Keep the promise with the disposition. Where the engine does not take it, what was promised before stands: the
    same said twice, or of another agent's call, must not take a promise away."""
    event = await _event(console, said, unconfirmed=unconfirmed)
    promises, call = console.store.promises, said.call
    before = await promises.of_call(call)
    if promise is not None:  # kept first: no crash may lose it once the agent was told that all is saved
        await promises.keep(promise, _made_at(console, said), unconfirmed=unconfirmed)
    try:
        await console.ask(event)
    except RefusedError:
        if promise is not None:
            await promises.put_back(call, before, console.now())
        raise
    if promise is None:
        await promises.take_back(call, console.now())  # said before, and now otherwise


async def _event(console: Console, said: _Said, *, unconfirmed: bool) -> Event:
    """What the engine is told: of the call that the agent is on, or of one that was left with something unsaved."""
    body, seat = said.body, agent_view(console.floor.view(), said.agent)
    if seat is not None and seat.call == said.call and not unconfirmed:
        return CallDispositioned(said.agent, said.call, body.code, said.at, body.notes, body.callback_mine)
    left = said.draft is not None and said.draft.typed.waits and said.draft.talked
    known = await console.store.write_ups.get(said.call) if left else None
    if known is None:
        raise RefusedError(NOT_YOURS)
    return CallWrittenUp(
        agent=said.agent,
        record=known.record,
        lead=known.lead,
        last=known.last,
        code=body.code,
        callback_at=said.at,
        notes=body.notes,
        callback_mine=body.callback_mine,
        unconfirmed=unconfirmed,
    )


def _made_at(console: Console, said: _Said) -> float:
    """When the promise was made: in the call, however late it is written up."""
    ended_at = said.record.ended_at
    return console.now() if ended_at is None else min(ended_at, console.now())


# ---------------------------------------------------------------- what it is held to


def _their_time(record: CallRecord, view: LeadView | None, local: str) -> float:
    """The instant at which the person's clock shows the time, the first one where it shows it twice.

    Raises ProblemError for a time that no clock shows.
    """
    zone = ZoneInfo(their_zone(view, record.number) if view is not None else "UTC")
    try:
        wall = datetime.fromisoformat(local)
    except ValueError as error:
        raise ProblemError("invalid", f"callback_local {local}: {error}") from error
    at = wall.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != wall:
        raise ProblemError("callback_no_such_time")
    return at


def _promise(console: Console, said: _Said) -> Promise | None:
    """The promise, where one is given. Raises ProblemError for one that cannot be."""
    given = said.body.promise
    if given is None:
        return None
    account = said.view.account if said.view is not None else None
    promise = promise_of(given, said.call, said.agent, account.currency if account is not None else "")
    balance = account.balance if account is not None and account.balance is not None else None
    today = day_of(_made_at(console, said))
    wrong = check(promise, None if balance is None else Decimal(str(balance)), today)
    if wrong:
        raise ProblemError(f"promise_{wrong}")
    return promise


def promise_of(given: Promised, call: CallId, agent: AgentId, currency: str) -> Promise:
    """What was promised, as a value. Raises ProblemError for a day that is none."""
    try:
        due_on = date.fromisoformat(given.due_on)
    except ValueError as error:
        raise ProblemError("invalid", f"promise.due_on: {error}") from error
    return Promise(
        call=call,
        agent=agent,
        amount=Decimal(given.amount),
        currency=currency,
        due_on=due_on,
        instalments=given.instalments,
        every=given.every,
        pay_by=given.pay_by,
    )


async def _check(console: Console, said: _Said) -> None:
    """Raises ProblemError where the disposition demands more, or a calling rule forbids the callback."""
    sure = said.campaign is not None and not said.campaign.right_party_check  # whoever answers is taken for the person
    for demand in said.disposition.demands if said.disposition is not None else ():
        match demand:
            case Demand.NOTES:
                met = bool(said.body.notes.strip())
            case Demand.PROMISE:
                met = said.body.promise is not None
            case Demand.CALLBACK:
                met = said.at is not None
            case Demand.RIGHT_PARTY:
                met = sure or (said.draft is not None and said.draft.right_party is True)
        if not met:
            raise ProblemError(f"needs_{demand.value}")
    if said.at is not None and said.view is not None:
        await _check_callback(console, said.record, said.view, said.at)


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
