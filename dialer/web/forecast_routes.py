"""What a change would bring, asked before it is made. The forecast itself is made elsewhere, behind a port."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dialer.core.ids import CampaignId
from dialer.errors import DialerError
from dialer.ports import Forecaster
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Body, Id, ModeName, PolicyName
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/campaigns", tags=["campaigns"], responses=responses(401, 403, 404))


class ForecastAsked(Body):
    """A change that is thought of; what is left out stays as it is. `agents` and `leads` are added (or taken away)."""

    minutes: Annotated[float, Field(ge=1, le=1440)] = 30.0
    abandon_cap: Annotated[float, Field(ge=0, le=0.5)] | None = None
    target: Annotated[float, Field(ge=0.05, le=1)] | None = None
    intensity: Annotated[float, Field(ge=0.1, le=10)] | None = None
    occupancy_max: Annotated[float, Field(ge=0.5, le=1)] | None = None
    policy: PolicyName | None = None
    mode: ModeName | None = None
    lines_max: Annotated[int, Field(ge=0, le=100_000)] | None = None
    ring_timeout_s: Annotated[float, Field(ge=5, le=120)] | None = None
    ratio: Annotated[float, Field(ge=0, le=100)] | None = None
    agents: Annotated[int, Field(ge=-10_000, le=10_000)] = 0
    leads: Annotated[int, Field(ge=-10_000_000, le=10_000_000)] = 0


class IntervalShown(BaseModel):
    """A mean, and where it lies; null where too few futures say."""

    mean: float
    low: float | None
    high: float | None


class ForecastShown(BaseModel):
    """Figures by name: occupancy and abandon_ratio are shares, talk_min minutes, connected and abandoned counts.

    `present` and `changed` hold 9 of 10 futures, `differences` their mean (95 %); `minutes` may be fewer than asked.
    """

    id: int | None = None  # under which it is kept, to be held against what comes
    at: float
    minutes: float
    asked_minutes: float
    futures: int
    seconds: float
    clear: bool
    present: dict[str, IntervalShown]
    changed: dict[str, IntervalShown] | None
    differences: dict[str, IntervalShown] | None
    list_ends_in_s: IntervalShown | None
    calls: int  # of the campaign, that its laws were learned from
    thin: bool  # so few that what is usual elsewhere weighs in


@router.post("/{campaign}/forecast", operation_id="forecast", responses=responses(409))
async def forecast(campaign: Id, body: ForecastAsked, session: Caller, console: TheConsole) -> ForecastShown:
    """What the next minutes will bring, and what the change would make of them. Takes about 10 s; changes nothing."""
    forecaster = await _forecaster(console, campaign, session)
    change = {name: getattr(body, name) for name in body.model_fields_set - {"minutes"}}
    try:
        found = await forecaster.forecast(CampaignId(campaign), change, body.minutes)
    except DialerError as error:
        raise ProblemError("refused", str(error)) from error
    shown = ForecastShown.model_validate(found)
    number = await console.store.floor_log.add_forecast(
        CampaignId(campaign), shown.at, session.name, minutes=shown.minutes, change=change, said=shown.model_dump()
    )
    return shown.model_copy(update={"id": number})


@router.post("/{campaign}/forecast/ready", operation_id="forecastReady", status_code=204, responses=responses(409))
async def ready(campaign: Id, session: Caller, console: TheConsole) -> None:
    """Somebody thinks of a change: what a forecast needs starts meanwhile, so that it comes sooner once it is asked."""
    await (await _forecaster(console, campaign, session)).ready()


async def _forecaster(console: Console, campaign: int, session: Session) -> Forecaster:
    await console.campaign(campaign, session)
    if console.forecaster is None:
        raise ProblemError("refused", "no forecaster is installed")
    return console.forecaster
