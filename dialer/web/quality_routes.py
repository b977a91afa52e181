"""Quality assurance: forms, plans, the queue, scores and what agents say to them."""

from collections.abc import Sequence
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
    ClaimShown,
    Drawing,
    Drawn,
    EvaluationGiven,
    EvaluationShown,
    FormGiven,
    FormShown,
    PlanGiven,
    ReplyGiven,
    RulingGiven,
    TaskShown,
)
from dialer.web.quality_scope import (
    agent_names,
    check_house,
    check_named_plan,
    check_plan,
    in_our_words,
    mine,
    plain,
)
from recordings.evaluating import CLAIM_S, Given, Standing, draw_plan, evaluate, form_of, reply, uphold
from recordings.forms import Form, prefilled
from recordings.said import SaidRule, judged
from recordings.sampling import Plan

router = APIRouter(prefix="/quality", tags=["quality"], responses=responses(401, 403, 404))

Since = Annotated[float, Query(ge=0, lt=1e11)]


@router.get("/forms", operation_id="listForms")
async def list_forms(_: Caller, console: TheConsole, *, versions: bool = False) -> list[FormShown]:
    """The newest version of each form, or all versions."""
    return [_form(row) for row in await console.store.quality.forms(all_versions=versions)]


@router.post("/forms", operation_id="saveForm", status_code=201)
async def save_form(given: FormGiven, session: Caller, console: TheConsole) -> FormShown:
    """Keep a form as the next version of its name; scores by older versions keep their meaning."""
    check_house(session)
    with in_our_words():
        form = from_json(Form, given.model_dump_json())
        row = await console.store.quality.save_form(form.name, form, session.name, console.now())
    await console.note(session, "quality.form", form=row.name, version=row.version)
    return _form(row)


@router.get("/plans", operation_id="listPlans")
async def list_plans(session: Caller, console: TheConsole) -> list[dict[str, Any]]:
    """The sampling plans; for who sees some campaigns alone, those of one of them."""
    own = await mine(console, session)
    plans = [from_json(Plan, row.body) for row in await console.store.quality.plans()]
    return [plain(plan) for plan in plans if own is None or plan.campaign in own]


@router.post("/plans", operation_id="savePlan", status_code=204)
async def save_plan(given: PlanGiven, session: Caller, console: TheConsole) -> None:
    """Keep a sampling plan, in place of one of that name."""
    with in_our_words():
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
    with in_our_words():
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
    return [_task(one) for one in await console.store.quality.tasks(limit=limit, campaigns=own)]


@router.post("/queue/claim", operation_id="claimTask")
async def claim(session: Caller, console: TheConsole) -> ClaimShown:
    """The call that who asks holds already, or the next one, for an hour; then it is given to another."""
    task = await console.store.quality.claim(
        session.user_id, console.now(), CLAIM_S, campaigns=await mine(console, session)
    )
    if task is None:
        raise ProblemError("nothing_to_score")
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
    """Let go of a claimed call; it waits behind all others."""
    await console.store.quality.give_back(task, session.user_id, console.now())


@router.post("/evaluations", operation_id="evaluate", status_code=201)
async def add_evaluation(given: EvaluationGiven, session: Caller, console: TheConsole) -> EvaluationShown:
    """Score a call. What is critical and what passes, the form says."""
    if given.call is not None:
        await recording_of(console, given.call, session)
    if given.task is not None:
        await recording_of(console, (await console.store.quality.task(given.task)).call, session)
    with in_our_words():
        one = Given(
            evaluator=session.user_id,
            answers=given.answers,
            note=given.note,
            task=given.task,
            call=CallId(given.call) if given.call is not None else None,
            form=given.form,
            replaces=given.replaces,
        )
        made = await evaluate(console.store, one, console.now())
    return (await evaluations_shown(console, [made]))[0]


@router.get("/evaluations", operation_id="listEvaluations")
async def list_evaluations(
    *,
    session: Caller,
    console: TheConsole,
    call: Id | None = None,
    agent: Id | None = None,
    state: Annotated[Standing | None, Query()] = None,
    since: Since = 0.0,
) -> list[EvaluationShown]:
    """Scores by time; those of a call, of an agent, or of a state: what is disputed waits for a ruling. A call that one
    has yet to score in a calibration is left out."""
    found = await console.store.quality.evaluations(
        call=CallId(call) if call is not None else None,
        agent=AgentId(agent) if agent is not None else None,
        state=state or "",
        since=since,
        limit=1000,
        campaigns=await mine(console, session),
    )
    hidden = await console.store.quality.blind_to(session.user_id, {one.call for one in found})
    return await evaluations_shown(console, [one for one in found if one.call not in hidden])


@router.get("/mine", operation_id="deskEvaluations")
async def my_evaluations(session: Caller, console: TheConsole) -> list[EvaluationShown]:
    """What an agent was told of their own calls."""
    if session.agent is None:
        raise ProblemError("forbidden", "this is an agent's own")
    return await evaluations_shown(
        console, await console.store.quality.evaluations(agent=session.agent, limit=200, newest_first=True)
    )


@router.post("/evaluations/{evaluation}/reply", operation_id="deskReplyToEvaluation", status_code=204)
async def reply_to(evaluation: Id, given: ReplyGiven, session: Caller, console: TheConsole) -> None:
    """The agent takes note of an evaluation, or disputes it, once."""
    if session.agent is None:
        raise ProblemError("forbidden", "this is the agent's own")
    with in_our_words():
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


def _form(row: FormRow) -> FormShown:
    form = plain(from_json(Form, row.body))
    return FormShown(id=row.id, name=row.name, version=row.version, at=row.at, by_whom=row.by_whom, form=form)


def _task(one: Task) -> TaskShown:
    return TaskShown(
        id=one.id, kind=one.kind, round=one.round, form=one.form, call=one.call, state=one.state,
        evaluator=one.evaluator, claimed_by=one.claimed_by, claimed_until=one.claimed_until,
    )  # fmt: skip


async def evaluations_shown(console: Console, found: Sequence[Evaluation]) -> list[EvaluationShown]:
    """As they are told, with what people and agents are called now, and what their forms asked."""
    people, agents = await console.store.users.names(), await agent_names(console)
    forms = {number: await form_of(console.store, number) for number in {one.form for one in found}}
    labels = {number: {item.key: item.label for item in form.items} for number, form in forms.items()}
    return [
        EvaluationShown(
            id=one.id, call=one.call, form=one.form, agent=one.agent, agent_name=agents.get(one.agent, ""),
            evaluator=one.evaluator, evaluator_name=people.get(one.evaluator, ""), at=one.at,
            answers=dict(one.answers), labels=labels[one.form], form_name=forms[one.form].name, score=one.score,
            critical=list(one.critical), passed=one.passed, state=one.state, note=one.note, reply=one.reply,
            ruling=one.ruling, replaces=one.replaces,
        )
        for one in found
    ]  # fmt: skip
