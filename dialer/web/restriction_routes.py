"""What was said of people: kept in the store first, then told to the engine, so that it lets go of leads at hand."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dialer.core.ids import CallId, LeadId
from dialer.core.messages import LeadsChanged
from dialer.core.packs.schema import STOPS, Kept
from dialer.store.restrictions import NewRestriction
from dialer.web.access import Caller, TheAgent, TheConsole
from dialer.web.bodies import PLAIN, Body, Id, Number
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.views import MaskedNumber, Shown, agent_view

router = APIRouter(tags=["restrictions"], responses=responses(401, 403, 404, 409))

At = Annotated[float, Field(gt=0, lt=1e11)]
# What a person may tell an agent. That somebody has died, or is before a court, an agent says as a disposition.
TOLD_AGENTS = frozenset({Kept.INCONVENIENT, Kept.CHANNELS, Kept.CONSENT, Kept.NO_CONSENT, Kept.CEASE_REQUEST})


class Said(Body):
    """What was said; `value` of inconvenient hours and channels."""

    kind: Annotated[Kept, Field(strict=False)]
    value: Annotated[str, Field(max_length=200, pattern=PLAIN, examples=["mon-fri 08:00-12:00"])] = ""


class SaidAtDesk(Said):
    """`lead`: who said it. Where somebody else is before the agent by now, nothing is kept (409)."""

    lead: Id | None = None


class RestrictionGiven(Said):
    """About the lead's person; of one number, of the lead's account or client alone where so marked."""

    lead: Id
    number: Number | None = None
    account: bool = False
    client: bool = False
    until: At | None = None
    source: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""

    @model_validator(mode="after")
    def _of_number(self) -> "RestrictionGiven":
        if self.kind is Kept.WRONG_PERSON and self.number is None:
            raise ValueError("say which number is the wrong person's")
        return self


class RestrictionShown(Shown):
    """Something said, as kept."""

    id: int
    kind: str
    value: str
    number: MaskedNumber
    of_account: bool
    of_client: bool
    at: float
    until: float | None
    source: str
    call: CallId | None


class Touched(BaseModel):
    """The leads that it is about."""

    leads: list[LeadId]


async def _kept(console: Console, given: NewRestriction) -> Touched:
    try:
        leads = await console.store.restrictions.add([given], console.now())
    except ValueError as error:
        raise ProblemError("invalid", str(error)) from error
    await console.ask(LeadsChanged(leads, stopped=given.kind in STOPS and given.number is None))
    return Touched(leads=list(leads))


@router.get("/leads/{lead}/restrictions", operation_id="listRestrictions")
async def of_lead(lead: Id, session: Caller, console: TheConsole) -> list[RestrictionShown]:
    """Everything ever said of the lead's person, oldest first."""
    await console.check_lead(lead, session)
    found = await console.store.restrictions.of_lead(LeadId(lead))
    return [RestrictionShown.model_validate(one) for one in found]


@router.post("/restrictions", operation_id="addRestriction", status_code=201)
async def add(body: RestrictionGiven, session: Caller, console: TheConsole) -> Touched:
    """Keep what was said; it holds for the very next call."""
    await console.check_lead(body.lead, session)
    given = NewRestriction(
        lead=LeadId(body.lead),
        kind=body.kind,
        value=body.value,
        number=body.number,
        account=body.account,
        client=body.client,
        until=body.until,
        source=body.source or session.name,
    )
    touched = await _kept(console, given)
    await console.note(session, "restriction.add", lead=body.lead, kind=body.kind)
    return touched


@router.post("/restrictions/{restriction}/lift", operation_id="liftRestriction")
async def lift(restriction: Id, session: Caller, console: TheConsole) -> Touched:
    """What was said holds no longer; leads that it stopped are open again."""
    if session.limited:
        person = await console.store.restrictions.leads_of(restriction)
        if not [lead for lead in person if await console.sees_lead(lead, session)]:
            raise ProblemError("not_found", "there is no such restriction")
    leads = await console.store.restrictions.lift(restriction, console.now())
    await console.ask(LeadsChanged(leads))
    await console.note(session, "restriction.lift", restriction=restriction)
    return Touched(leads=list(leads))


@router.post("/desk/restrictions", operation_id="deskRestrict", status_code=201)
async def desk_restrict(body: SaidAtDesk, agent: TheAgent, console: TheConsole) -> Touched:
    """Keep what the person before the agent said: hours, channels, consent, that all calls end."""
    seat = agent_view(console.floor.view(), agent)
    if seat is None or seat.lead is None:
        raise ProblemError("not_found", "there is no lead before you now")
    if body.lead not in {None, seat.lead}:
        raise ProblemError("another_person")
    if body.kind not in TOLD_AGENTS:
        raise ProblemError("invalid", f"an agent may keep {', '.join(sorted(TOLD_AGENTS))}")
    given = NewRestriction(lead=seat.lead, kind=body.kind, value=body.value, source="agent", call=seat.call)
    return await _kept(console, given)
