"""Quality assurance: forms, plans, the queue, scores and what agents say to them, calibration, trends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from dialer.core.ids import AgentId, CallId
from dialer.store import Evaluation, FormRow, Task
from dialer.store.codec import from_json
from dialer.web.access import Caller, TheConsole
from dialer.web.bodies import Id
from dialer.web.console import Console
from dialer.web.heard import recording_of
from dialer.web.problems import ProblemError, responses
from dialer.web.quality_bodies import (
    CalibrationGiven,
    ClaimShown,
    Drawing,
    Drawn,
    EvaluationGiven,
    EvaluationShown,
    FormGiven,
    FormShown,
    PlanGiven,
    ReplyGiven,
    RuleGiven,
    RulingGiven,
    TaskShown,
)
from dialer.web.quality_scope import check_house, check_named_plan, check_plan, mine
from recordings.errors import FormError
from recordings.evaluating import (
    CLAIM_S,
    Given,
    begin_calibration,
    calibration,
    draw_plan,
    evaluate,
    form_of,
    reply,
    uphold,
)
from recordings.forms import Form, prefilled
from recordings.report import as_json
from recordings.said import SaidRule, judged
from recordings.sampling import Plan
from recordings.trends import link, pareto, trends

router = APIRouter(prefix="/quality", tags=["quality"], responses=responses(401, 403, 404))

LINKED_MAX_S = 100 * 86_400.0  # the hours are gone through one by one, beside the calls
Since = Annotated[float, Query(ge=0, lt=1e11)]
GROUPS: dict[str, Callable[[Evaluation], object]] = {
    "agent": lambda one: one.agent,
    "campaign": lambda one: one.campaign,
    "evaluator": lambda one: one.evaluator,
    "week": lambda one: int((one.at + 3 * 86_400) // 604_800),  # since the Monday before 1970
}


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except FormError as error:
        raise ProblemError("invalid", str(error)) from error


@router.get("/forms", operation_id="listForms")
async def list_forms(_: Caller, console: TheConsole, *, versions: bool = False) -> list[FormShown]:
    """The newest version of each form, or all versions."""
    return [_form(row) for row in await console.store.quality.forms(all_versions=versions)]


@router.post("/forms", operation_id="saveForm", status_code=201)
async def save_form(given: FormGiven, session: Caller, console: TheConsole) -> FormShown:
    """Keep a form as the next version of its name; scores by older versions keep their meaning."""
    check_house(session)
    with _in_our_words():
        form = from_json(Form, given.model_dump_json())
        row = await console.store.quality.save_form(form.name, form, session.name, console.now())
    await console.note(session, "quality.form", form=row.name, version=row.version)
    return _form(row)


@router.get("/plans", operation_id="listPlans")
async def list_plans(session: Caller, console: TheConsole) -> list[dict[str, Any]]:
    """The sampling plans; for who sees some campaigns alone, those of one of them."""
    own = await mine(console, session)
    plans = [from_json(Plan, row.body) for row in await console.store.quality.plans()]
    return [_plain(plan) for plan in plans if own is None or plan.campaign in own]


@router.post("/plans", operation_id="savePlan", status_code=204)
async def save_plan(given: PlanGiven, session: Caller, console: TheConsole) -> None:
    """Keep a sampling plan, in place of one of that name."""
    with _in_our_words():
        plan = from_json(Plan, given.model_dump_json())
        await check_plan(console, session, plan)
        await check_named_plan(console, session, plan.name)
        await form_of(console.store, plan.form)
        await console.store.quality.save_plan(plan.name, plan, session.name, console.now())
    await console.note(session, "quality.plan", plan=plan.name)


@router.post("/plans/{name}/draw", operation_id="drawPlan")
async def draw(name: str, given: Drawing, session: Caller, console: TheConsole) -> Drawn:
    """Put what the plan draws into the queue."""
    await check_named_plan(console, session, name)
    with _in_our_words():
        candidates, new = await draw_plan(
            console.store, name, given.since, given.until, seed=given.seed, now=console.now()
        )
    await console.note(session, "quality.draw", plan=name, seed=given.seed, new=new)
    return Drawn(candidates=candidates, new=new)


@router.get("/queue", operation_id="listQueue")
async def list_queue(
    session: Caller, console: TheConsole, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[TaskShown]:
    """What waits, and who has what."""
    own = await mine(console, session)
    tasks = [one for one in await console.store.quality.tasks(limit=5000, campaigns=own) if one.state != "done"]
    return [_task(one) for one in tasks[:limit]]


@router.post("/queue/claim", operation_id="claimTask")
async def claim(session: Caller, console: TheConsole) -> ClaimShown:
    """The next call for who asks, for an hour; then it is given to another."""
    task = await console.store.quality.claim(
        session.name, console.now(), CLAIM_S, campaigns=await mine(console, session)
    )
    if task is None:
        raise ProblemError("not_found", "nothing waits to be scored; draw a plan")
    await recording_of(console, task.call, session)
    row = await console.store.quality.form(task.form)
    return ClaimShown(task=_task(task), form=_form(row), answers=await _beforehand(console, task.call, row))


async def _beforehand(console: Console, call: CallId, row: FormRow) -> dict[str, str]:
    transcript = (await console.store.transcripts.of([call])).get(call)
    recording = await console.store.recordings.by_call(call)
    if transcript is None or recording is None:
        return {}
    rules = await console.store.quality.said_rules(SaidRule)
    return prefilled(from_json(Form, row.body), judged(rules, transcript.segments, recording.campaign))


@router.delete("/queue/{task}/claim", operation_id="giveBackTask", status_code=204)
async def give_back(task: Id, session: Caller, console: TheConsole) -> None:
    """Let go of a claimed call."""
    await console.store.quality.give_back(task, session.name)


@router.post("/evaluations", operation_id="evaluate", status_code=201)
async def add_evaluation(given: EvaluationGiven, session: Caller, console: TheConsole) -> EvaluationShown:
    """Score a call. What is critical and what passes, the form says."""
    if given.call is not None:
        await recording_of(console, given.call, session)
    if given.task is not None:
        await recording_of(console, (await console.store.quality.task(given.task)).call, session)
    with _in_our_words():
        one = Given(
            evaluator=session.name,
            answers=given.answers,
            note=given.note,
            task=given.task,
            call=CallId(given.call) if given.call is not None else None,
            form=given.form,
            replaces=given.replaces,
        )
        return _evaluation(await evaluate(console.store, one, console.now()))


@router.get("/evaluations", operation_id="listEvaluations")
async def list_evaluations(
    session: Caller, console: TheConsole, call: Id | None = None, agent: Id | None = None, since: Since = 0.0
) -> list[EvaluationShown]:
    """Scores by time; those of a call, or of an agent."""
    found = await console.store.quality.evaluations(
        call=CallId(call) if call is not None else None,
        agent=AgentId(agent) if agent is not None else None,
        since=since,
        limit=1000,
        campaigns=await mine(console, session),
    )
    return [_evaluation(one) for one in found]


@router.get("/mine", operation_id="deskEvaluations")
async def my_evaluations(session: Caller, console: TheConsole) -> list[EvaluationShown]:
    """What an agent was told of their own calls."""
    if session.agent is None:
        raise ProblemError("forbidden", "this is an agent's own")
    return [_evaluation(one) for one in await console.store.quality.evaluations(agent=session.agent, limit=200)]


@router.post("/evaluations/{evaluation}/reply", operation_id="deskReplyToEvaluation", status_code=204)
async def reply_to(evaluation: Id, given: ReplyGiven, session: Caller, console: TheConsole) -> None:
    """The agent takes note of an evaluation, or disputes it, once."""
    if session.agent is None:
        raise ProblemError("forbidden", "this is the agent's own")
    with _in_our_words():
        await reply(console.store, evaluation, session.agent, dispute=given.dispute, words=given.words)


@router.post(
    "/evaluations/{evaluation}/uphold", operation_id="upholdEvaluation", status_code=204, responses=responses(409)
)
async def uphold_evaluation(evaluation: Id, given: RulingGiven, session: Caller, console: TheConsole) -> None:
    """Let a disputed evaluation stand; to change it, score the call anew with `replaces`."""
    own = await mine(console, session)
    if own is not None and (await console.store.quality.evaluation(evaluation)).campaign not in own:
        raise ProblemError("not_found", "there is no such evaluation")
    await uphold(console.store, evaluation, given.words)
    await console.note(session, "quality.uphold", evaluation=evaluation)


@router.post("/calibrations", operation_id="beginCalibration", status_code=201)
async def add_calibration(given: CalibrationGiven, session: Caller, console: TheConsole) -> Drawn:
    """Put calls before several evaluators, each blind to the others."""
    for call in given.calls:
        await recording_of(console, call, session)
    calls = [CallId(call) for call in given.calls]
    with _in_our_words():
        new = await begin_calibration(
            console.store, given.name, form=given.form, calls=calls, evaluators=given.evaluators, now=console.now()
        )
    await console.note(session, "quality.calibration", name=given.name, calls=len(calls))
    return Drawn(candidates=len(calls), new=new)


@router.get("/calibrations/{name}", operation_id="calibration")
async def show_calibration(name: str, session: Caller, console: TheConsole) -> dict[str, Any]:
    """How far the evaluators agree: Krippendorff's alpha for each item and for the score."""
    check_house(session)
    return _plain(await calibration(console.store, name))


@router.get("/trends", operation_id="qualityTrends")
async def quality_trends(
    session: Caller,
    console: TheConsole,
    by: Annotated[str, Query(pattern="^(agent|campaign|evaluator|week)$")] = "agent",
    since: Since = 0.0,
) -> list[dict[str, Any]]:
    """Mean score with its interval, shares passed and with critical errors, by group."""
    found = await console.store.quality.evaluations(since=since, campaigns=await mine(console, session))
    rows = trends(found, GROUPS[by])
    return [_plain(row) for row in rows]


@router.get("/pareto", operation_id="qualityPareto")
async def quality_pareto(session: Caller, console: TheConsole, since: Since = 0.0) -> list[dict[str, Any]]:
    """The items that cost most, the worst first."""
    evaluations = await console.store.quality.evaluations(since=since, campaigns=await mine(console, session))
    forms = {number: await form_of(console.store, number) for number in {one.form for one in evaluations}}
    return [_plain(row) for row in pareto(evaluations, forms)]


@router.get("/links", operation_id="qualityLinks")
async def quality_links(session: Caller, console: TheConsole, since: Since, until: Since) -> dict[str, Any]:
    """Whether talk-over, response and score go with occupancy, hour by hour (Spearman, with intervals)."""
    check_house(session)
    if not 0 < until - since <= LINKED_MAX_S:
        raise ProblemError("invalid", "until must come after since, by at most 100 days")
    hours = await console.store.quality.hours(since, until)
    figures = ("talk_over_share", "response_s", "dead_air_s", "score")
    return {
        name: _plain(link([(hour.occupancy, value) for hour in hours if (value := getattr(hour, name)) is not None]))
        for name in figures
    } | {"hours": [asdict(hour) for hour in hours]}


@router.get("/rules", operation_id="listSaidRules")
async def list_rules(session: Caller, console: TheConsole) -> list[dict[str, Any]]:
    """The rules about what must or must not be said: those for all campaigns, and for those that one may see."""
    own = await mine(console, session)
    rules = await console.store.quality.said_rules(SaidRule)
    return [_plain(rule) for rule in rules if own is None or rule.campaign is None or rule.campaign in own]


@router.post("/rules", operation_id="saveSaidRule", status_code=204)
async def save_rule(given: RuleGiven, session: Caller, console: TheConsole) -> None:
    """Keep a rule, in place of one of that name. Held against transcripts from now on."""
    check_house(session)
    with _in_our_words():
        rule = from_json(SaidRule, given.model_dump_json())
    await console.store.quality.save_said_rule(rule.name, rule, session.name, console.now())
    await console.note(session, "quality.rule", rule=rule.name)


def _plain(value: object) -> dict[str, Any]:
    shown = as_json(value)
    assert isinstance(shown, dict)
    return shown


def _form(row: FormRow) -> FormShown:
    form = _plain(from_json(Form, row.body))
    return FormShown(id=row.id, name=row.name, version=row.version, at=row.at, by_whom=row.by_whom, form=form)


def _task(one: Task) -> TaskShown:
    return TaskShown(
        id=one.id, kind=one.kind, round=one.round, form=one.form, call=one.call, state=one.state,
        claimed_by=one.claimed_by, claimed_until=one.claimed_until,
    )  # fmt: skip


def _evaluation(one: Evaluation) -> EvaluationShown:
    return EvaluationShown(
        id=one.id, call=one.call, form=one.form, agent=one.agent, evaluator=one.evaluator, at=one.at,
        answers=dict(one.answers), score=one.score, critical=list(one.critical), passed=one.passed, state=one.state,
        note=one.note, reply=one.reply, replaces=one.replaces,
    )  # fmt: skip
