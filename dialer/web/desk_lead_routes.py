"""The person before an agent: what is shown, and when. In a talk nothing private is, before the agent made sure."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.model import Campaign
from dialer.core.packs.schema import Kept
from dialer.core.promises import Every, PayBy, PromiseState
from dialer.core.screen_pop import Opens, ScreenPop, address, in_force
from dialer.core.view import AgentView
from dialer.shifts import leaves_at
from dialer.store import CallFilter
from dialer.store.promises import PromiseRow
from dialer.web.access import TheAgent, TheConsole
from dialer.web.ahead import Ahead
from dialer.web.bodies import PLAIN, Body, Id, Typed
from dialer.web.console import Console
from dialer.web.dialling import MayDial, found, may_bring_in, may_dial
from dialer.web.leads import LeadFound, LeadShown, lead_found, lead_shown, their_zone
from dialer.web.problems import ProblemError, responses
from dialer.web.views import agent_view, lead_key

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))

_ASKED_DIGITS = 4  # of the national id: the person says them
# What was said that tells of a debt, and how it stands.
_OF_THE_DEBT = frozenset({Kept.LAWSUIT, Kept.INSOLVENCY, Kept.DISPUTE, Kept.PAYMENT, Kept.PAID, Kept.REPRESENTED})
DAY_CALLS_MAX = 2_000


class PromiseShown(BaseModel):
    """A promise to pay, and what became of it."""

    at: float
    amount: float
    currency: str
    due_on: str
    instalments: int
    every: Every
    pay_by: PayBy
    paid: float
    state: PromiseState
    unconfirmed: bool = Field(description="Taken when the wrap-up ran out; the agent did not save it.")


class ScreenPopShown(BaseModel):
    """The lead's page in another system, and how the campaign or its client wants it opened."""

    address: str = Field(examples=["https://crm.example/accounts/A-1001"])
    opens: Opens


class DeskLeadShown(LeadShown):
    """The lead as an agent may see it now. Where `right_party` is null the agent has not made sure yet, and what is
    private is left out; `id_known`: whether the person can be asked for the end of the national id.

    `screen_pop` is null before that too, where neither campaign nor client has one, and where the lead lacks a
    value of its address.
    """

    right_party: bool | None
    private: bool
    id_known: bool
    zone: str = Field(description="Where the clock is read for callbacks.", examples=["America/Mexico_City"])
    promises: list[PromiseShown]
    screen_pop: ScreenPopShown | None


class RightParty(Body):
    """Whether it is the person; `answer`: the last four signs of the national id, as the person said them."""

    call: Id
    right: bool
    answer: Annotated[str, Field(max_length=20, pattern=PLAIN)] = ""


class DeskDay(BaseModel):
    """An agent's own figures since the day began."""

    calls: int
    contacts: int
    talk_s: float
    promises: int
    promised: dict[str, float] = Field(description="Sums by currency.")
    by_state_s: dict[str, float]
    leaves_at: float | None = Field(None, description="When the agent's shift plans the next break, or its end.")


def _seat(console: Console, agent: AgentId) -> AgentView:
    seat = agent_view(console.floor.view(), agent)
    if seat is None or seat.lead is None:
        raise ProblemError("not_found", "there is no lead before you now")
    return seat


class LeadPushed(BaseModel):
    """The lead before an agent, told over the live view as soon as it is there. `of`: which lead, and which state of
    it; the desk's own figures make the same."""

    of: str
    lead: DeskLeadShown


@router.get("/lead", operation_id="deskLead")
async def desk_lead(agent: TheAgent, console: TheConsole) -> DeskLeadShown:
    """The lead of the present call or preview. The live view brings it as `lead` when another one is there."""
    return await lead_before(console, _seat(console, agent))


async def pushed(console: Console, ahead: Ahead, seat: AgentView) -> AsyncIterator[LeadPushed]:
    """What a desk is told of the lead before it, without being asked: as it was read while it rang, and as it is now
    where that differs."""
    assert seat.lead is not None
    read = ahead.take(seat.lead)
    early = _early(seat, *read) if read is not None else None
    if early is not None:
        yield early
    now = LeadPushed(of=lead_key(seat), lead=await lead_before(console, seat))
    if now != early:
        yield now


async def read_ahead(console: Console, lead: LeadId) -> tuple[LeadShown, Campaign | None]:
    """What is read while a phone rings. Raises ProblemError where the lead is gone."""
    shown = await lead_shown(console, lead)
    return shown, await console.store.campaigns.get(shown.campaign)


def _early(seat: AgentView, read: LeadShown, campaign: Campaign | None) -> LeadPushed | None:
    """What may be shown of a person of whom nobody made sure yet, without a look at the store; None where more may."""
    if campaign is None or not campaign.right_party_check or seat.call is None:
        return None
    shown = DeskLeadShown(
        **dict(_discreet(read)),
        right_party=None,
        private=True,
        id_known=bool(read.person.national_id),
        zone=their_zone(read, seat.number),
        promises=[],
        screen_pop=None,
    )
    return LeadPushed(of=lead_key(seat), lead=shown)


async def lead_before(console: Console, seat: AgentView) -> DeskLeadShown:
    """The lead of the agent's call or preview, as far as it may be shown now. Raises ProblemError where it is gone."""
    agent = seat.id
    shown, known, private = await lead_on_line(console, seat)
    promises, pop = [], None
    campaign = await console.store.campaigns.get(shown.campaign)
    if not private:
        promises = [_promise(row) for row in await console.store.promises.of_lead(shown.id)]
    if not private and campaign is not None and known is not False:
        login = await console.store.agents.get(agent)
        client = await console.store.clients.get(campaign.client)
        theirs = client.screen_pop if client is not None else ScreenPop()
        pop = _screen_pop(
            in_force(campaign.screen_pop, theirs), shown, seat, agent=login.code or login.login if login else ""
        )
    return DeskLeadShown(
        **dict(shown),
        right_party=known,
        private=private,
        id_known=bool(shown.person.national_id),
        zone=their_zone(shown, seat.number),
        promises=promises,
        screen_pop=pop,
    )


async def lead_on_line(console: Console, seat: AgentView) -> tuple[LeadShown, bool | None, bool]:
    """The lead before the agent as far as it may be shown; whether it is the person; whether something is left out."""
    assert seat.lead is not None
    shown = await lead_shown(console, seat.lead)
    campaign = await console.store.campaigns.get(shown.campaign)
    if campaign is not None and not campaign.right_party_check:
        return shown, True, False
    known = await _right_party(console, seat)
    private = known is not True and seat.call is not None  # in whatever state: a preview alone has a lead and no call
    return _discreet(shown) if private else shown, known, private


def _screen_pop(pop: ScreenPop, shown: LeadShown, seat: AgentView, *, agent: str) -> ScreenPopShown | None:
    account = shown.account
    values = {
        "lead": str(shown.id),
        "call": str(seat.call or ""),
        "campaign": str(shown.campaign),
        "national_id": shown.person.national_id or "",
        "name": shown.person.name,
        "number": seat.number or "",
        "agent": agent,
    }
    if account is not None:
        values |= {"external_id": account.external_id, "currency": account.currency}
        values["balance"] = "" if account.balance is None else f"{account.balance:.2f}"
        values["days_past_due"] = "" if account.days_past_due is None else str(account.days_past_due)
        values |= {f"field.{name}": value for name, value in account.fields.items()}
    made = address(pop.template, values)
    return ScreenPopShown(address=made, opens=pop.opens) if made is not None else None


async def _right_party(console: Console, seat: AgentView) -> bool | None:
    draft = await console.store.drafts.get(seat.id, seat.call) if seat.call is not None else None
    return draft.right_party if draft is not None else None


def _discreet(shown: LeadShown) -> LeadShown:
    """What may be shown while somebody else may be on the line: whom to ask for, and how often it was tried."""
    national_id = shown.person.national_id
    return shown.model_copy(
        update={
            "person": shown.person.model_copy(update={"national_id": national_id and "•" * len(national_id)}),
            "account": None,
            "result": "",
            "calls": [call.model_copy(update={"notes": "", "disposition": ""}) for call in shown.calls],
            "restrictions": [one for one in shown.restrictions if one.kind not in _OF_THE_DEBT],
        }
    )


def _promise(row: PromiseRow) -> PromiseShown:
    promise = row.promise
    return PromiseShown(
        at=row.at,
        amount=float(promise.amount),
        currency=promise.currency,
        due_on=promise.due_on.isoformat(),
        instalments=promise.instalments,
        every=promise.every,
        pay_by=promise.pay_by,
        paid=float(row.paid),
        state=row.state,
        unconfirmed=row.unconfirmed,
    )


@router.post("/right-party", operation_id="deskRightParty")
async def right_party(agent: TheAgent, console: TheConsole, body: RightParty) -> DeskLeadShown:
    """Keep whether the agent speaks with the person; only then is shown what is private."""
    seat = _seat(console, agent)
    if seat.call != body.call or seat.lead is None:
        raise ProblemError("not_found", "you are not on this call")
    view = await console.store.leads.view(seat.lead, now=console.now())
    national_id = view.person.national_id if view is not None else None
    if body.right and body.answer and national_id and not _ends_with(national_id, body.answer):
        raise ProblemError("wrong_answer")
    await console.store.drafts.know(agent, CallId(body.call), body.right, console.now())
    return await desk_lead(agent, console)


def _ends_with(national_id: str, answer: str) -> bool:
    said = "".join(sign for sign in answer if sign.isalnum()).upper()
    known = "".join(sign for sign in national_id if sign.isalnum()).upper()
    return len(said) >= min(_ASKED_DIGITS, len(known)) and known.endswith(said)


@router.get("/leads", operation_id="deskFindLeads")
async def desk_find(
    agent: TheAgent,
    console: TheConsole,
    campaign: Id,
    text: Annotated[str, Query(min_length=3, max_length=80, pattern=PLAIN)],
) -> list[LeadFound]:
    """Leads of one of the agent's campaigns, by account, national id or number, with + or as it is dialled there."""
    settings = await _own_campaign(console, agent, campaign)
    return [lead_found(lead) for lead in await found(console, settings, text)]


class Wanted(BaseModel):
    """Whom an agent wants to dial. `third`: the number is to be brought into a talk."""

    model_config = ConfigDict(extra="forbid")

    campaign: Id
    number: Typed | None = None
    lead: Id | None = None
    third: bool = False


@router.get("/may-dial", operation_id="deskMayDial")
async def desk_may_dial(agent: TheAgent, console: TheConsole, wanted: Annotated[Wanted, Query()]) -> MayDial:
    """Which number is meant, and whether the rules allow a call to it, or to a lead, at this moment.

    The engine asks again when it is dialled; of a number that is no lead's of the campaign it alone knows what went
    before. Without + a number is one of the campaign's country.
    """
    settings = await _own_campaign(console, agent, wanted.campaign)
    if wanted.third and wanted.number is not None:
        return await may_bring_in(console, settings, wanted.number)
    return await may_dial(console, settings, number=wanted.number, lead=wanted.lead)


async def _own_campaign(console: Console, agent: AgentId, campaign: int) -> Campaign:
    """A campaign of the agent's, or that of the present call. Raises ProblemError for another."""
    login, seat = await console.store.agents.get(agent), agent_view(console.floor.view(), agent)
    own = {*(login.agent.campaigns if login is not None else ()), seat.campaign if seat is not None else None}
    settings = await console.store.campaigns.get(CampaignId(campaign)) if campaign in own else None
    if settings is None:
        raise ProblemError("not_found", "this is no campaign of yours")
    return settings


@router.get("/day", operation_id="deskDay")
async def day(agent: TheAgent, console: TheConsole, since: Annotated[float, Query(gt=0, lt=1e11)]) -> DeskDay:
    """The agent's own figures since then: the page says when its day began."""
    now = console.now()
    where = CallFilter(agent=agent, since=max(since, now - 86_400), placed=True)
    calls = [row.record for row in (await console.store.calls.page(where, limit=DAY_CALLS_MAX)).items]
    talks = [call for call in calls if call.bridged_at is not None]
    promises = [row for row in await console.store.promises.of_agent(agent, since) if row.state != "cancelled"]
    promised: dict[str, float] = {}
    for row in promises:
        promised[row.promise.currency] = promised.get(row.promise.currency, 0.0) + float(row.promise.amount)
    spent = [one for one in await console.store.spells.sheet(since, now) if one.agent == agent]
    return DeskDay(
        calls=len(calls),
        contacts=len(talks),
        talk_s=sum((call.ended_at or now) - call.bridged_at for call in talks if call.bridged_at is not None),
        promises=len(promises),
        promised=promised,
        by_state_s=dict(spent[0].seconds) if spent else {},
        leaves_at=await _leaves_at(console, agent),
    )


async def _leaves_at(console: Console, agent: AgentId) -> float | None:
    """When the present stretch of the agent's shift ends; None outside of all, and of a shift that cannot be read."""
    profile = (await console.store.profiles.all()).get(agent)
    try:
        at = leaves_at(profile.shift, console.now()) if profile is not None else None
    except ValueError:
        return None
    return at if at is not None and at > console.now() else None
