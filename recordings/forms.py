"""Evaluation forms and what answers on them come to. Pure.

A form has sections of items; an item is answered on a scale, as yes or no, or as not applicable. What is not applicable
counts for nothing: its weight goes to what was answered. Critical items weigh nothing in the score: a no there is an
error of its kind (to the customer, the business or compliance, after COPC) and, where the form says so, fails the call.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from recordings.errors import FormError
from recordings.said import Verdict

WEIGHT_MAX = 1000.0


class Answer(StrEnum):
    """What an item is answered by, beside points."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "na"


class Critical(StrEnum):
    """Whom an error harms."""

    CUSTOMER = "customer"
    BUSINESS = "business"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`scale` 0: yes or no; else points from 0 to `scale`. `critical`: a no is an error of that kind, and no weight."""

    key: str
    label: str
    weight: float = 1.0
    scale: int = 0
    na: bool = True
    critical: Critical | None = None
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Its weight is shared by its items by theirs."""

    name: str
    items: tuple[Item, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`pass_at`: the least score that passes; `fails`: kinds of critical errors that fail a call whatever its score."""

    name: str
    sections: tuple[Section, ...]
    pass_at: float = 0.8
    fails: tuple[Critical, ...] = tuple(Critical)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise FormError(f"form {self.name!r}: " + "; ".join(problems))

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)


def _problems(form: Form) -> Iterator[str]:
    if not form.name:
        yield "it needs a name"
    if not form.items:
        yield "it needs a section with an item"
    if not 0 <= form.pass_at <= 1:
        yield "pass_at must be from 0 to 1"
    keys = [item.key for item in form.items]
    for key in dict.fromkeys(one for one in keys if keys.count(one) > 1):
        yield f"the key {key!r} stands twice"
    for section in form.sections:
        if not 0 <= section.weight <= WEIGHT_MAX:
            yield f"section {section.name!r}: weight must be from 0 to {WEIGHT_MAX:g}"
    yield from _item_problems(form)


def _item_problems(form: Form) -> Iterator[str]:
    for item in form.items:
        if not item.key or not item.label:
            yield "every item needs a key and a label"
        if not 0 <= item.weight <= WEIGHT_MAX:
            yield f"{item.key}: weight must be from 0 to {WEIGHT_MAX:g}"
        if not 0 <= item.scale <= 100:
            yield f"{item.key}: scale must be from 0 (yes or no) to 100"
        if item.critical is not None and item.scale:
            yield f"{item.key}: a critical item is answered by yes or no"
    weighed = any(section.weight and item.weight for section in form.sections for item in section.items)
    if form.items and not weighed and not any(item.critical for item in form.items):
        yield "no item has any weight, by itself and with its section's"


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` from 0 to 1, None where nothing applied; `points` of each scored item, 0 to 1."""

    score: float | None
    critical: tuple[Critical, ...]
    passed: bool
    points: Mapping[str, float]


def score(form: Form, answers: Mapping[str, str]) -> Scored:
    """What the answers come to. Raises FormError where one is lacking or none of its item's."""
    strange = answers.keys() - {item.key for item in form.items}
    if strange:
        raise FormError(f"form {form.name!r} has no item {', '.join(sorted(strange))}")
    points = {item.key: value for item in form.items if (value := _points(item, answers)) is not None}
    errors = tuple(
        dict.fromkeys(item.critical for item in form.items if item.critical is not None and points.get(item.key) == 0.0)
    )
    reached = weighed = 0.0
    for section in form.sections:
        items = [item for item in section.items if item.critical is None and item.key in points and item.weight > 0]
        whole = sum(item.weight for item in items)
        if whole > 0:
            reached += section.weight * sum(item.weight * points[item.key] for item in items) / whole
            weighed += section.weight
    total = reached / weighed if weighed > 0 else None
    passed = (total is None or total >= form.pass_at - 1e-9) and not set(errors) & set(form.fails)
    return Scored(total, errors, passed, points)


def _points(item: Item, answers: Mapping[str, str]) -> float | None:
    """0 to 1; None for not applicable. Raises FormError."""
    answer = answers.get(item.key)
    if answer is None:
        raise FormError(f"{item.key} ({item.label}) is not answered")
    if answer == Answer.NOT_APPLICABLE:
        if not item.na:
            raise FormError(f"{item.key} ({item.label}) always applies; answer it")
        return None
    if not item.scale:
        if answer not in (Answer.YES, Answer.NO):
            raise FormError(f"{item.key} ({item.label}): answer yes, no{' or na' if item.na else ''}, not {answer!r}")
        return 1.0 if answer == Answer.YES else 0.0
    if not (answer.isascii() and answer.isdigit() and int(answer) <= item.scale):
        raise FormError(f"{item.key} ({item.label}): answer 0 to {item.scale}, not {answer!r}")
    return int(answer) / item.scale


def prefilled(form: Form, verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Answers that rules about what was said give beforehand; an evaluator may change them."""
    by_item = {one.rule.item: one for one in verdicts if one.rule.item}
    answers: dict[str, str] = {}
    for item in form.items:
        verdict = by_item.get(f"{form.name}/{item.key}")
        if verdict is not None and not item.scale:
            answers[item.key] = Answer.YES if verdict.kept else Answer.NO
    return answers
