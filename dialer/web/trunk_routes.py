"""Trunks: what they carry and how they are, how they fared, trial calls, and reading the configuration anew."""

import asyncio
import secrets
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialer.core.ids import CampaignId
from dialer.core.messages import TrunkTestAsked
from dialer.core.trunks import Fault
from dialer.core.view import TrunkTestView, TrunkView
from dialer.errors import ConfigError
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import PLAIN, Body, Reachable
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.sessions import Session

router = APIRouter(prefix="/trunks", tags=["trunks"], responses=responses(401, 403, 404))

_TRIAL_MAX_S = 55.0


class WatchedShown(BaseModel):
    """A share that a trunk is judged by: evidence (1: it rests), the usual share, `bad` of the last `calls`."""

    fault: Fault
    evidence: float
    usual: float
    bad: int
    calls: int


class TrunkHoursShown(BaseModel):
    """`days` from 0 (Monday)."""

    days: list[int]
    opens: str
    closes: str


class TariffShown(BaseModel):
    """What answered calls to numbers of a beginning cost, in the trunk's currency."""

    prefix: str
    per_minute: float
    per_call: float
    first_s: int
    step_s: int


class TrunkShown(BaseModel):
    """A trunk as configured, and as it is now; see docs/trunks.md. `campaigns` dial by it; `open` by its hours."""

    name: str
    dial: str
    state: str
    reason: str
    opens_at: float | None
    lines: int
    lines_max: int
    calls_per_second: float
    priority: int
    weight: float
    format: str
    country_code: str
    national_prefix: str
    international_prefix: str
    tech_prefix: str
    countries: list[str]
    prefixes: list[str]
    types: list[str]
    inside: bool = Field(description="Leads to the house's own exchange: carries numbers such as 2001, and no others.")
    hours: list[TrunkHoursShown]
    zone: str
    open: bool
    currency: str
    tariffs: list[TariffShown]
    watched: list[WatchedShown]
    campaigns: list[str]


class Reread(BaseModel):
    """What reading the configuration anew brought: trunks that are new or changed, and whether the pools of numbers
    are. `restart` names what else differs, and holds from the next start on."""

    trunks: list[str]
    pools: bool
    restart: list[str]


class TrunkStepShown(BaseModel):
    """One trunk's calls to numbers of one beginning in one step of time; see docs/trunks.md for each figure."""

    since: float
    trunk: str
    prefix: str
    calls: int
    answered: int
    asr: float
    pdd_p50_s: float | None
    pdd_p95_s: float | None
    no_sign: int
    short: int
    minutes: float
    causes: dict[str, int]


class CostShown(BaseModel):
    """What one campaign's calls by one trunk came to. `minutes` and `cost` hold the `onward` lines too: those by which
    people were handed on, and third parties called."""

    client: str
    campaign: str
    trunk: str
    calls: int
    answered: int
    onward: int
    onward_answered: int
    onward_minutes: float
    onward_cost: float
    minutes: float
    cost: float
    currency: str


class TrialGiven(Body):
    """A number to be dialled for trial, and the number shown."""

    number: Reachable
    caller_id: Annotated[str, Field(max_length=80, pattern=PLAIN)] = ""


class TrialShown(BaseModel):
    """What came of it. `delay_s` is the post-dial delay; times as everywhere."""

    trunk: str
    dial: str
    placed_at: float
    progress_at: float | None
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    delay_s: float | None
    outcome: str
    cause: int | None
    tech_cause: int | None
    reason: str


class Asked(BaseModel):
    """Which stretch of time, which trunk, how fine."""

    since: Annotated[float, Field(ge=0, lt=1e11)]
    until: Annotated[float, Field(ge=0, lt=1e11)]
    trunk: Annotated[str | None, Field(max_length=80)] = None
    step_s: Annotated[float, Field(ge=60, le=31_536_000)] = 3600.0
    digits: Annotated[int, Field(ge=0, le=12)] = 0


class CostsAsked(BaseModel):
    """Which stretch of time, which campaign."""

    since: Annotated[float, Field(ge=0, lt=1e11)]
    until: Annotated[float, Field(ge=0, lt=1e11)]
    campaign: Annotated[int | None, Field(ge=1, lt=2**62)] = None


def _check_house(session: Session) -> None:
    if session.limited:
        raise ProblemError("forbidden", "trunks are the whole house's")


@router.get("", operation_id="listTrunks")
async def list_trunks(session: Caller, console: TheConsole) -> list[TrunkShown]:
    """Every trunk: what it carries, lines, rate, priority, weight, and its health with what speaks against it."""
    _check_house(session)
    campaigns = await console.store.campaigns.list()
    archived = await console.store.schedules.archived()
    used = [(one.name, one.trunks) for one in campaigns if one.id not in archived]
    return [
        _trunk(one, [name for name, trunks in used if one.name in trunks], console.now())
        for one in console.floor.view().trunks
    ]


def _trunk(one: TrunkView, campaigns: list[str], now: float) -> TrunkShown:
    seen = asdict(one)
    more = {"campaigns": campaigns, "open": one.config.is_open(now)}
    return TrunkShown.model_validate({**seen.pop("config"), **seen, **more})


@router.post("/reread", operation_id="rereadTrunks", responses=responses(409))
async def reread_trunks(session: Caller, console: TheConsole) -> Reread:
    """Read the configuration file anew: changed and new trunks and pools of numbers hold at once, calls go on."""
    _check_house(session)
    if console.operations.reread is None:
        raise ProblemError("refused", "no configuration is known to this server")
    try:
        found = await console.operations.reread()
    except ConfigError as error:
        raise ProblemError("invalid", str(error)) from error
    await console.note(session, "trunk.reread", trunks=found.trunks, pools=found.pools)
    return Reread(trunks=list(found.trunks), pools=found.pools, restart=list(found.restart))


@router.get("/report", operation_id="trunkReport")
async def trunk_report(session: Caller, console: TheConsole, asked: Annotated[Asked, Query()]) -> list[TrunkStepShown]:
    """Answer-seizure ratio, post-dial delay, short calls and causes, as series by trunk and by the first digits."""
    _check_house(session)
    steps = await console.store.trunk_reports.series(
        asked.since, asked.until, trunk=asked.trunk, step_s=asked.step_s, digits=asked.digits
    )
    return [TrunkStepShown.model_validate(asdict(step)) for step in steps]


@router.get("/costs", operation_id="trunkCosts")
async def trunk_costs(session: Caller, console: TheConsole, asked: Annotated[CostsAsked, Query()]) -> list[CostShown]:
    """Minutes and cost by client, campaign, trunk and currency, people handed on and third parties included."""
    _check_house(session)
    campaign = CampaignId(asked.campaign) if asked.campaign is not None else None
    found = await console.store.trunk_reports.costs(asked.since, asked.until, campaign)
    return [CostShown.model_validate(asdict(one)) for one in found]


@router.post("/{trunk}/test", operation_id="testTrunk", responses=responses(409))
async def test_trunk(trunk: str, body: TrialGiven, session: Caller, console: TheConsole) -> TrialShown:
    """Dial a number by the trunk, hang up when it is answered, and tell what was seen; takes up to a minute."""
    _check_house(session)
    if not any(one.name == trunk for one in console.floor.view().trunks):
        raise ProblemError("not_found", "there is no such trunk")
    key = secrets.token_hex(8)
    await console.ask(TrunkTestAsked(key, trunk, body.number, body.caller_id))
    await console.note(session, "trunk.test", trunk=trunk)
    return _shown(await _over(console, key))


async def _over(console: Console, key: str) -> TrunkTestView:
    """The trial when it is over. Raises ProblemError where that never comes."""
    news = asyncio.Event()
    end = console.floor.subscribe(lambda _: news.set())
    try:
        async with asyncio.timeout(_TRIAL_MAX_S):
            while True:
                found = next((one for one in console.floor.view().trunk_tests if one.key == key), None)
                if found is not None and found.ended_at is not None:
                    return found
                await news.wait()
                news.clear()
    except TimeoutError:
        raise ProblemError("unavailable", "nothing was heard of the call") from None
    finally:
        end()


def _shown(trial: TrunkTestView) -> TrialShown:
    given = asdict(trial)
    del given["key"]
    return TrialShown(**given, delay_s=trial.delay_s)
