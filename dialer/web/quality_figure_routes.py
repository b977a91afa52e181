"""What scores and measures come to, over the API: trends, what costs most, and what goes with what."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from dialer.core.ids import AgentId, CampaignId
from dialer.store import Evaluation, TalkEnd
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.problems import ProblemError, responses
from dialer.web.quality_scope import agent_names, check_house, mine, plain
from recordings.evaluating import form_of
from recordings.forms import Form
from recordings.trends import item_trends, link, outcome_link, pareto, trends

router = APIRouter(prefix="/quality", tags=["quality"], responses=responses(401, 403, 404))

LINKED_MAX_S = 100 * 86_400.0  # talks and hours are gone through one by one, beside the calls
HOURLY = ("talk_over_share", "response_s", "dead_air_s", "score")
OF_TALKS = ("talk_over_share", "response_s", "dead_air_s", "longest_monologue_s", "score")
WEEK_S = 604_800
MONDAY_S = 3 * 86_400  # from the Monday before 1970 to its first day

Since = Annotated[float, Query(ge=0, lt=1e11)]
Until = Annotated[float, Query(gt=0, lt=1e12)]
By = Annotated[str, Query(pattern="^(agent|team|campaign|evaluator|item|week)$")]
Team = Annotated[str | None, Query(max_length=80)]


@router.get("/trends", operation_id="qualityTrends")
async def quality_trends(
    *,
    session: Caller,
    console: TheConsole,
    by: By = "agent",
    since: Since = 0.0,
    until: Until = 9e11,
    agent: Id | None = None,
    team: Team = None,
    campaign: Id | None = None,
) -> list[dict[str, Any]]:
    """Mean score with its 95 % interval, shares passed and with critical errors, by group; of one agent, team or
    campaign, where it is given. `name`: what the group is called; a week by the time of its Monday, UTC."""
    teams = await _teams(console)
    found = [
        one
        for one in await _evaluations(console, await mine(console, session), since, until, agent)
        if (campaign is None or one.campaign == campaign) and (team is None or teams.get(one.agent, "") == team)
    ]
    if by == "item":
        of_items = await asyncio.to_thread(item_trends, found, await _forms(console, found))
        return [plain(row) | {"name": row.label} for row in of_items]
    rows = await asyncio.to_thread(trends, found, _group(by, teams))
    names = await _names(console, by)
    return [plain(row) | {"name": names.get(row.group, str(row.group or ""))} for row in rows]


def _group(by: str, teams: Mapping[int | None, str]) -> Callable[[Evaluation], Hashable]:
    groups: dict[str, Callable[[Evaluation], Hashable]] = {
        "agent": lambda one: one.agent,
        "team": lambda one: teams.get(one.agent, ""),
        "campaign": lambda one: one.campaign,
        "evaluator": lambda one: one.evaluator,
        "week": lambda one: int((one.at + MONDAY_S) // WEEK_S) * WEEK_S - MONDAY_S,
    }
    return groups[by]


async def _names(console: Console, by: str) -> Mapping[Hashable, str]:
    if by == "agent":
        return dict((await agent_names(console)).items())
    if by == "evaluator":
        return dict((await console.store.users.names()).items())
    if by == "campaign":
        return {one.id: one.name for one in await console.store.campaigns.list()}
    return {}


async def _teams(console: Console) -> Mapping[int | None, str]:
    return {agent: own.team for agent, own in (await console.store.profiles.all()).items()}


async def _evaluations(
    console: Console,
    campaigns: Collection[CampaignId] | None,
    since: float,
    until: float = 9e11,
    agent: int | None = None,
) -> tuple[Evaluation, ...]:
    whose = AgentId(agent) if agent is not None else None
    return await console.store.quality.evaluations(since=since, until=until, agent=whose, campaigns=campaigns)


async def _forms(console: Console, evaluations: Collection[Evaluation]) -> Mapping[int, Form]:
    return {number: await form_of(console.store, number) for number in {one.form for one in evaluations}}


@router.get("/pareto", operation_id="qualityPareto")
async def quality_pareto(session: Caller, console: TheConsole, since: Since = 0.0) -> list[dict[str, Any]]:
    """The items that cost most, the worst first."""
    evaluations = await _evaluations(console, await mine(console, session), since)
    return [plain(row) for row in await asyncio.to_thread(pareto, evaluations, await _forms(console, evaluations))]


@router.get("/links", operation_id="qualityLinks")
async def quality_links(session: Caller, console: TheConsole, since: Since, until: Since) -> dict[str, Any]:
    """Whether talk-over, response and score go with occupancy, hour by hour (Spearman, with 95 % intervals)."""
    check_house(session)
    _check_span(since, until)
    hours = await console.store.quality_figures.hours(since, until)
    return {
        name: plain(link([(hour.occupancy, value) for hour in hours if (value := getattr(hour, name)) is not None]))
        for name in HOURLY
    } | {"hours": [asdict(hour) for hour in hours]}


@router.get("/outcomes", operation_id="qualityOutcomes")
async def quality_outcomes(
    *,
    session: Caller,
    console: TheConsole,
    since: Since,
    until: Since,
    seconds_min: Annotated[float, Query(ge=0, le=86_400)] = 20.0,
) -> dict[str, Any]:
    """Whether how a talk went goes with what came of it: with a promise to pay, and with a promise that was kept.

    Of talks from `seconds_min` on that have a disposition. `link`: Spearman with its 95 % interval; `least` and `most`:
    the share of the third of talks with the least and with the most of the figure.
    """
    _check_span(since, until)
    ends = await console.store.quality_figures.ends(
        since, until, seconds_min=seconds_min, campaigns=await mine(console, session)
    )
    return await asyncio.to_thread(_linked, ends)


def _linked(ends: Sequence[TalkEnd]) -> dict[str, Any]:
    """Of each figure of the talks how it goes with promises made and kept."""
    told: dict[str, Any] = {"talks": len(ends), "promised": sum(one.promised for one in ends)}
    for name in OF_TALKS:
        figures = [(float(value), one) for one in ends if (value := getattr(one, name)) is not None]
        told[name] = {
            "promised": plain(outcome_link([(value, one.promised) for value, one in figures])),
            "kept": plain(outcome_link([(value, one.kept) for value, one in figures if one.kept is not None])),
        }
    return told


def _check_span(since: float, until: float) -> None:
    if not 0 < until - since <= LINKED_MAX_S:
        raise ProblemError("invalid", "until must come after since, by at most 100 days")
