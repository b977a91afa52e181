"""The work of evaluators, from the drawing to the dispute: pure rules on one side, the store on the other."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dialer.core.ids import CallId, CampaignId
from dialer.store import ConflictError, Evaluation, NotFoundError, Store, Task
from dialer.store.codec import from_json
from dialer.store.quality import CANDIDATES_MAX
from recordings.errors import FormError
from recordings.forms import Form, score
from recordings.renewal import renew_words
from recordings.sampling import Plan, draw

CLAIM_S = 3600.0


class Standing(StrEnum):
    """Where an evaluation stands: a given one is replied to once, a disputed one is upheld or replaced."""

    GIVEN = "given"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    REPLACED = "replaced"


async def form_of(store: Store, number: int) -> Form:
    """A version of a form. Raises NotFoundError."""
    return from_json(Form, (await store.quality.form(number)).body)


async def draw_plan(store: Store, name: str, since: float, until: float, *, seed: str, now: float) -> tuple[int, int]:
    """Put what the plan draws from that time into the queue: how many fit the time, how many were new.

    The same plan, time and seed draw the same calls again, and the queue holds each once. Raises NotFoundError,
    FormError where there are too many to draw from.
    """
    plan = from_json(Plan, (await store.quality.plan(name)).body)
    campaign = CampaignId(plan.campaign) if plan.campaign is not None else None
    candidates = await store.quality.candidates(since, until, campaign=campaign)
    if len(candidates) > CANDIDATES_MAX:
        raise FormError(f"there are more than {CANDIDATES_MAX} recordings in that time; draw from a shorter one")
    drawn = await asyncio.to_thread(draw, plan, candidates, seed)  # of many it takes seconds, and calls go on here
    tasks = [
        Task(kind="evaluation", round=f"{name}/{seed}", form=plan.form, call=one.call, drawn_at=now) for one in drawn
    ]
    return len(candidates), await store.quality.add_tasks(tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An evaluation as its evaluator (a user, by id) hands it in: for a task of the queue, or a call they chose."""

    evaluator: int
    answers: Mapping[str, str]
    note: str = ""
    task: int | None = None
    call: CallId | None = None
    form: int | None = None
    replaces: int | None = None


async def evaluate(store: Store, given: Given, now: float) -> Evaluation:
    """Score the answers and keep them. Raises FormError for answers that do not fit, NotFoundError, ConflictError."""
    task = await store.quality.task(given.task) if given.task is not None else None
    call = task.call if task is not None else given.call
    form_id = task.form if task is not None else given.form
    if call is None or form_id is None:
        raise FormError("an evaluation is of a task, or of a call by a form")
    recording = await store.recordings.by_call(call)
    if recording is None:
        raise NotFoundError("there is no such recording")
    if recording.deleted_at is not None:
        raise FormError("the recording is deleted: what nobody can hear is not scored")
    if given.replaces is not None:
        before = await store.quality.evaluation(given.replaces)
        if before.call != call or before.blind:
            raise FormError("an evaluation replaces one of the same call alone, and none of a calibration")
    form = await form_of(store, form_id)
    scored = score(form, given.answers)
    evaluation = Evaluation(
        task=given.task,
        call=call,
        form=form_id,
        campaign=recording.campaign,
        agent=recording.agent,
        evaluator=given.evaluator,
        at=now,
        answers=given.answers,
        score=scored.score,
        critical=tuple(scored.critical),
        passed=scored.passed,
        note=given.note,
        replaces=given.replaces,
        blind=task is not None and task.kind == "calibration",
    )
    number = await store.quality.finish(evaluation, now)
    if not evaluation.blind:
        await renew_words(store, [call])
    return replace(evaluation, id=number)


async def reply(store: Store, number: int, agent: int, *, dispute: bool, words: str) -> None:
    """The agent takes note of an evaluation, or disputes it, once. Raises NotFoundError, ConflictError, FormError."""
    evaluation = await store.quality.evaluation(number)
    if evaluation.agent != agent or evaluation.blind:
        raise NotFoundError("you have no such evaluation")
    if dispute and not words.strip():
        raise FormError("say why you dispute it")
    if not await store.quality.move(
        number, [Standing.GIVEN], state=Standing.DISPUTED if dispute else Standing.ACKNOWLEDGED, reply=words
    ):
        raise ConflictError("this evaluation has been replied to, or replaced by another")


async def uphold(store: Store, number: int, words: str) -> None:
    """Let a disputed evaluation stand, with words of why. Raises ConflictError where it is not disputed."""
    if not await store.quality.move(number, [Standing.DISPUTED], state=Standing.UPHELD, ruling=words):
        raise ConflictError("this evaluation is not disputed")
