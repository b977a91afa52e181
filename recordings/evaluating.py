"""The work of evaluators, from the drawing to the dispute: pure rules on one side, the store on the other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dialer.core.ids import CallId, CampaignId
from dialer.store import ConflictError, Evaluation, NotFoundError, Store, Task
from dialer.store.codec import from_json
from recordings.agreement import Scale, alpha
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

    The same plan, time and seed draw the same calls again, and the queue holds each once. Raises NotFoundError.
    """
    plan = from_json(Plan, (await store.quality.plan(name)).body)
    campaign = CampaignId(plan.campaign) if plan.campaign is not None else None
    candidates = await store.quality.candidates(since, until, campaign=campaign)
    drawn = draw(plan, candidates, seed)
    tasks = [
        Task(kind="evaluation", round=f"{name}/{seed}", form=plan.form, call=one.call, drawn_at=now) for one in drawn
    ]
    return len(candidates), await store.quality.add_tasks(tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An evaluation as its evaluator hands it in: for a task of the queue, or for a call of their own choice."""

    evaluator: str
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
    if given.replaces is not None and (await store.quality.evaluation(given.replaces)).call != call:
        raise FormError("an evaluation replaces one of the same call alone")
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
    """Let a disputed evaluation stand. Raises ConflictError where it is not disputed."""
    if not await store.quality.move(number, [Standing.DISPUTED], state=Standing.UPHELD, note=words):
        raise ConflictError("this evaluation is not disputed")


async def begin_calibration(
    store: Store, name: str, *, form: int, calls: Sequence[CallId], evaluators: Sequence[str], now: float
) -> int:
    """Put each call before each evaluator, blind to the others; how many tasks were new. Raises FormError."""
    if len(set(evaluators)) < 2 or not calls:
        raise FormError("a calibration needs at least one call and two evaluators")
    await form_of(store, form)
    return await store.quality.add_tasks(
        [
            Task(kind="calibration", round=name, form=form, call=call, evaluator=evaluator, drawn_at=now)
            for call in calls
            for evaluator in dict.fromkeys(evaluators)
        ]
    )


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """`alpha` None: not defined, as where all said the same everywhere; `same`: share of calls on which all agreed."""

    item: str
    label: str
    alpha: float | None
    same: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration came to. Scores by call and evaluator are told once all have handed in."""

    calls: int
    evaluators: tuple[str, ...]
    handed_in: int
    whole: bool
    score_alpha: float | None
    items: tuple[ItemAgreement, ...]
    scores: tuple[tuple[int, str, float | None], ...]


async def calibration(store: Store, name: str) -> Calibration:
    """How far the evaluators of a calibration agree, for each item. Raises NotFoundError."""
    tasks = [one for one in await store.quality.tasks(limit=100_000) if one.round == name and one.kind == "calibration"]
    if not tasks:
        raise NotFoundError(f"there is no calibration {name!r}")
    form = await form_of(store, tasks[0].form)
    given = await store.quality.round_evaluations(name)
    by_call: dict[int, list[Evaluation]] = defaultdict(list)
    for one in given:
        by_call[one.call].append(one)
    units = list(by_call.values())
    whole = all(one.state == "done" for one in tasks)
    return Calibration(
        calls=len({one.call for one in tasks}),
        evaluators=tuple(dict.fromkeys(one.evaluator for one in tasks)),
        handed_in=len(given),
        whole=whole,
        score_alpha=alpha([[one.score for one in unit] for unit in units], Scale.INTERVAL),
        items=tuple(_item_agreement(item.key, item.label, item.scale, units) for item in form.items),
        scores=tuple((one.call, one.evaluator, one.score) for one in given) if whole else (),
    )


def _item_agreement(key: str, label: str, scale: int, units: Sequence[Sequence[Evaluation]]) -> ItemAgreement:
    answers = [[one.answers[key] for one in unit] for unit in units]
    pairs = [unit for unit in answers if len(unit) > 1]
    same = sum(len(set(unit)) == 1 for unit in pairs) / len(pairs) if pairs else 0.0
    if scale:
        points = [[None if value == "na" else float(value) for value in unit] for unit in answers]
        return ItemAgreement(key, label, alpha(points, Scale.ORDINAL), same)
    return ItemAgreement(key, label, alpha(answers, Scale.NOMINAL), same)
