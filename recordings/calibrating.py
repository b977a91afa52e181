"""Calibration: the same calls before several evaluators, each blind to the others, and how far they agree."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CallId
from dialer.store import Evaluation, NotFoundError, Store, Task
from recordings.agreement import Scale, alpha
from recordings.errors import FormError
from recordings.evaluating import form_of
from recordings.forms import Item

KIND = "calibration"


async def begin_calibration(
    store: Store, name: str, *, form: int, calls: Sequence[CallId], evaluators: Sequence[int], now: float
) -> int:
    """Put each call before each evaluator (users, by id); how many tasks were new. Raises FormError, NotFoundError."""
    if len(set(evaluators)) < 2 or not calls:
        raise FormError("a calibration needs at least one call and two evaluators")
    await form_of(store, form)
    before = [one for one in await store.quality.round_tasks(name) if one.kind == KIND]
    if before and before[0].form != form:
        raise FormError(f"the calibration {name!r} has begun with another form; take another name")
    return await store.quality.add_tasks(
        [
            Task(kind=KIND, round=name, form=form, call=call, evaluator=evaluator, drawn_at=now)
            for call in calls
            for evaluator in dict.fromkeys(evaluators)
        ]
    )


async def close_calibration(store: Store, name: str) -> int:
    """End it with what is handed in, as where an evaluator has left; how many were not. Raises NotFoundError."""
    if not any(one.kind == KIND for one in await store.quality.round_tasks(name)):
        raise NotFoundError(f"there is no calibration {name!r}")
    return await store.quality.close_round(KIND, name)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of an evaluator's calls are handed in."""

    evaluator: int
    handed_in: int
    of: int


@dataclass(frozen=True, slots=True)
class Said:
    """What one evaluator answered of one call."""

    call: int
    evaluator: int
    answer: str


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """`alpha` None: not defined, as where all said the same everywhere; `same`: share of calls on which all agreed.

    `answers`: who said what, once all have handed in.
    """

    item: str
    label: str
    alpha: float | None
    same: float
    answers: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration came to. Scores by call and evaluator (a user) are told once all have handed in, or it was
    closed: then it is `whole`."""

    name: str
    form: int
    calls: tuple[int, ...]
    evaluators: tuple[Progress, ...]
    handed_in: int
    whole: bool
    score_alpha: float | None
    items: tuple[ItemAgreement, ...]
    scores: tuple[tuple[int, int, float | None], ...]


async def calibration(store: Store, name: str) -> Calibration:
    """How far the evaluators of a calibration agree, for each item. Raises NotFoundError."""
    tasks = [one for one in await store.quality.round_tasks(name) if one.kind == KIND]
    if not tasks:
        raise NotFoundError(f"there is no calibration {name!r}")
    form = await form_of(store, tasks[0].form)
    given = await store.quality.round_evaluations(KIND, name)
    by_call: dict[int, list[Evaluation]] = defaultdict(list)
    for one in given:
        by_call[one.call].append(one)
    units = list(by_call.values())
    whole = all(one.state in ("done", "closed") for one in tasks)
    of = Counter(one.evaluator for one in tasks if one.evaluator is not None)
    handed_in = Counter(one.evaluator for one in given)
    return Calibration(
        name=name,
        form=tasks[0].form,
        calls=tuple(dict.fromkeys(one.call for one in tasks)),
        evaluators=tuple(Progress(who, handed_in[who], count) for who, count in of.items()),
        handed_in=len(given),
        whole=whole,
        score_alpha=alpha([[one.score for one in unit] for unit in units], Scale.INTERVAL),
        items=tuple(_agreement(item, units, whole=whole) for item in form.items),
        scores=tuple((one.call, one.evaluator, one.score) for one in given) if whole else (),
    )


def _agreement(item: Item, units: Sequence[Sequence[Evaluation]], *, whole: bool) -> ItemAgreement:
    answers = [[one.answers[item.key] for one in unit] for unit in units]
    pairs = [unit for unit in answers if len(unit) > 1]
    same = sum(len(set(unit)) == 1 for unit in pairs) / len(pairs) if pairs else 0.0
    points = [[None if value == "na" else float(value) for value in unit] for unit in answers] if item.scale else []
    return ItemAgreement(
        item.key,
        item.label,
        alpha(points, Scale.ORDINAL) if item.scale else alpha(answers, Scale.NOMINAL),
        same,
        tuple(Said(one.call, one.evaluator, one.answers[item.key]) for unit in units for one in unit) if whole else (),
    )
