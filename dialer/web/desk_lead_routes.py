"""The person before an agent: what is shown, and when. In a talk nothing private is, before the agent made sure."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialer.core.agents import AgentState
from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.promises import Every, PayBy, PromiseState
from dialer.core.rules import Forbidden
from dialer.core.screen_pop import Opens, ScreenPop, address
from dialer.core.selection import capped
from dialer.core.showing import lawful_as_shown
from dialer.core.view import AgentView
from dialer.leads.why import facts_of, next_phone
from dialer.store import CallFilter, LeadView
from dialer.store.promises import PromiseRow
from dialer.web.access import TheAgent, TheConsole
from dialer.web.bodies import PLAIN, Body, Id, typed_number
from dialer.web.console import Console
from dialer.web.leads import LeadFound, LeadShown, lead_found, lead_shown
from dialer.web.problems import ProblemError, responses
from dialer.web.views import agent_view, masked

router = APIRouter(prefix="/desk", tags=["desk"], responses=responses(401, 403, 404, 409))

_ASKED_DIGITS = 4  # of the national id: the person says them
_ON_CALL = frozenset(
    {AgentState.DIALLING, AgentState.TALKING, AgentState.HOLDING, AgentState.WRAPPING, AgentState.LEG_LOST}
)
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
    """The lead's page in another system, and how the campaign wants it opened."""

    address: str = Field(examples=["https://crm.example/accounts/A-1001"])
    opens: Opens


class DeskLeadShown(LeadShown):
    """The lead as an agent may see it now. Where `right_party` is null the agent has not made sure yet, and what is
    private is left out; `id_known`: whether the person can be asked for the end of the national id.

    `screen_pop` is null before that too, where the campaign has none, and where the lead lacks a value of its address.
    """

    right_party: bool | None
    private: bool
    id_known: bool
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
    assert seat.lead is not None
    shown = await lead_shown(console, seat.lead)
    promises = [_promise(row) for row in await console.store.promises.of_lead(seat.lead)]
    known = await _right_party(console, seat)
    campaign = await console.store.campaigns.get(shown.campaign)
    asks = campaign is None or campaign.right_party_check
    private = asks and known is not True and seat.call is not None and AgentState(seat.state) in _ON_CALL
    id_known = bool(shown.person.national_id)
    pop = None
    if private:
        shown, promises = _discreet(shown), []
    elif campaign is not None and known is not False:
        login = await console.store.agents.get(agent)
        pop = _screen_pop(campaign.screen_pop, shown, seat, agent=login.code or login.login if login else "")
    return DeskLeadShown(
        **dict(shown),
        right_party=known if asks else True,
        private=private,
        id_known=id_known,
        promises=promises,
        screen_pop=pop,
    )


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
    person = shown.person.model_copy(update={"national_id": national_id and masked(national_id)})
    calls = [call.model_copy(update={"notes": "", "disposition": ""}) for call in shown.calls]
    return shown.model_copy(update={"person": person, "account": None, "calls": calls})


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
    """Whether the rules allow a call to a lead, or to a number of a known lead, at this moment. The engine asks again
    when it is dialled; a number of nobody known is judged only then."""
    await _own_campaign(console, agent, campaign)
    view = await _meant(console, campaign, number, lead)
    settings = await console.store.campaigns.get(CampaignId(campaign))
    if view is None or settings is None:
        return MayDial(allowed=True, rule="", reason="", until=None)
    now = console.now()
    phone = next((one for one in view.phones if one.number == number), None) or next_phone(view, now)
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


async def _meant(console: Console, campaign: int, number: str | None, lead: int | None) -> LeadView | None:
    if lead is not None:
        return await console.store.leads.view(LeadId(lead), now=console.now())
    if number is None:
        raise ProblemError("invalid", "give a number or a lead")
    try:
        found = await console.store.leads.find(CampaignId(campaign), typed_number(number), limit=1)
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error
    return found[0] if found else None


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
