"""The person before an agent: what is shown, and when. In a talk nothing private is, before the agent made sure."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.packs.schema import Kept
from dialer.core.promises import Every, PayBy, PromiseState
from dialer.core.rules import Forbidden
from dialer.core.screen_pop import Opens, ScreenPop, address, in_force
from dialer.core.selection import capped
from dialer.core.showing import lawful_as_shown
from dialer.core.view import AgentView
from dialer.leads.numbers import current
from dialer.leads.why import facts_of, next_phone, stranger
from dialer.store import CallFilter, LeadView, Phone
from dialer.store.promises import PromiseRow
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import PLAIN, Body, Id, typed_number
from dialer.web.console import Console
from dialer.web.leads import LeadFound, LeadShown, lead_found, lead_shown, their_zone
from dialer.web.problems import ProblemError, responses
from dialer.web.views import agent_view

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


class MayDial(BaseModel):
    """Whether a calling rule allows the dialling now; `until` is when it may be tried again."""

    allowed: bool
    rule: str
    reason: str
    until: float | None


class DeskDay(BaseModel):
    """An agent's own figures since the day began."""

    calls: int
    contacts: int
    talk_s: float
    promises: int
    promised: dict[str, float] = Field(description="Sums by currency.")
    by_state_s: dict[str, float]


def _seat(console: Console, agent: AgentId) -> AgentView:
    seat = agent_view(console.floor.view(), agent)
    if seat is None or seat.lead is None:
        raise ProblemError("not_found", "there is no lead before you now")
    return seat


@router.get("/lead", operation_id="deskLead")
async def desk_lead(agent: TheAgent, console: TheConsole) -> DeskLeadShown:
    """The lead of the present call or preview."""
    seat = _seat(console, agent)
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
    """Leads of one of the agent's campaigns, by account, national id or number."""
    await _own_campaign(console, agent, campaign)
    found = await console.store.leads.find(CampaignId(campaign), text)
    return [lead_found(lead) for lead in found]


@router.get("/may-dial", operation_id="deskMayDial")
async def may_dial(
    agent: TheAgent,
    console: TheConsole,
    campaign: Id,
    number: Annotated[str | None, Query(max_length=40)] = None,
    lead: Annotated[int | None, Query(ge=1, lt=1 << 53)] = None,
) -> MayDial:
    """Whether the rules allow a call to a lead, or to a number, at this moment. The engine asks again when it is
    dialled; of a number that is no lead's of the campaign it alone knows what went before."""
    await _own_campaign(console, agent, campaign)
    now = console.now()
    view, phone = await _meant(console, CampaignId(campaign), number, lead)
    settings = await console.store.campaigns.get(CampaignId(campaign))
    assert settings is not None  # one of the agent's own
    if phone is None:
        return MayDial(allowed=False, rule="no_number", reason="no number of the person may be dialled", until=None)
    if phone.do_not_call:
        lists = ", ".join(phone.do_not_call)
        return MayDial(allowed=False, rule="do_not_call", reason=f"the number is on the list {lists}", until=None)
    facts = await facts_of(console.store, view, phone, now)
    verdict = capped(settings.selection.caps, facts.dials, now) or lawful_as_shown(
        facts, settings, console.law, await console.shown(), now
    )
    if isinstance(verdict, Forbidden):
        return MayDial(allowed=False, rule=verdict.rule, reason=verdict.reason, until=verdict.until)
    return MayDial(allowed=True, rule="", reason="", until=None)


async def _own_campaign(console: Console, agent: AgentId, campaign: int) -> None:
    login = await console.store.agents.get(agent)
    if login is None or campaign not in login.agent.campaigns:
        raise ProblemError("not_found", "this is no campaign of yours")


async def _meant(
    console: Console, campaign: CampaignId, number: str | None, lead: int | None
) -> tuple[LeadView, Phone | None]:
    """Who would be called, and at which number: None where none of theirs may be."""
    now = console.now()
    if lead is not None:
        view = await console.store.leads.view(LeadId(lead), now=now)
        if view is None or view.campaign != campaign:
            raise ProblemError("not_found", "this is no lead of the campaign")
        return view, next_phone(view, now)
    if number is None:
        raise ProblemError("invalid", "give a number or a lead")
    try:
        dialled = current(typed_number(number))
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error
    found = await console.store.leads.find(campaign, dialled, limit=1)
    view = found[0] if found else stranger(campaign, dialled)
    phone = next(one for one in view.phones if one.number == dialled)
    lists = await console.store.do_not_call.lists_of(dialled, campaign=campaign, now=now)
    return view, replace(phone, do_not_call=lists)


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
    )
