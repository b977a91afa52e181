"""What the routes of quality assurance take and answer. Nothing is done here."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialer.web.bodies import PLAIN, Body, Id, Named
from dialer.web.recording_bodies import SegmentShown

Key = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_\-]+$")]
Words = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Method = Annotated[str, Field(pattern="^(random|per_agent|stratified|flags)$")]
Kind = Annotated[str, Field(pattern="^(customer|business|compliance)$")]


class ItemGiven(Body):
    """`scale` 0: yes or no; else points from 0 to it. `critical`: a no is an error of that kind."""

    key: Key
    label: Annotated[str, Field(min_length=1, max_length=300, pattern=PLAIN)]
    weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    scale: Annotated[int, Field(ge=0, le=100)] = 0
    na: bool = True
    critical: Kind | None = None
    help: Words = ""


class SectionGiven(Body):
    name: Named
    weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    items: Annotated[list[ItemGiven], Field(min_length=1, max_length=100)]


class FormGiven(Body):
    """A form; kept as the next version of its name."""

    name: Named
    sections: Annotated[list[SectionGiven], Field(min_length=1, max_length=30)]
    pass_at: Annotated[float, Field(ge=0, le=1)] = 0.8
    fails: list[Kind] = Field(default=["customer", "business", "compliance"])


class FormShown(BaseModel):
    id: int
    name: str
    version: int
    at: float
    by_whom: str
    form: dict[str, Any]


class PlanGiven(Body):
    """`count`: calls in all, or of each agent with `per_agent`."""

    name: Named
    form: Id
    method: Method = "random"
    count: Annotated[int, Field(ge=1, le=10_000)] = 50
    strata: list[Annotated[str, Field(pattern="^(campaign|agent|outcome|disposition|length)$")]] = Field(
        default=["campaign"]
    )
    flags: list[Key] = Field(default=[], max_length=50)
    campaign: Id | None = None
    seconds_min: Annotated[float, Field(ge=0, le=86_400)] = 20.0


class Drawing(Body):
    """From when until when, and the seed: the same again draws the same calls."""

    since: Annotated[float, Field(ge=0, lt=1e11)]
    until: Annotated[float, Field(ge=0, lt=1e11)]
    seed: Named


class Drawn(BaseModel):
    """How many recordings there were, and how many of those drawn are new in the queue."""

    candidates: int
    new: int


class TaskShown(BaseModel):
    id: int
    kind: str
    round: str
    form: int
    call: int
    state: str
    evaluator: int | None  # the user whose it is; null: anybody's
    claimed_by: int | None
    claimed_until: float | None


class ClaimShown(BaseModel):
    """A call to score, and the answers that rules about what was said give beforehand."""

    task: TaskShown
    form: FormShown
    answers: dict[str, str]


class EvaluationGiven(Body):
    """Of a claimed task, or of a call by a form; `replaces` names the one that a re-score takes the place of."""

    task: Id | None = None
    call: Id | None = None
    form: Id | None = None
    replaces: Id | None = None
    answers: Annotated[dict[str, Annotated[str, Field(max_length=10)]], Field(max_length=500)]
    note: Words = ""


class EvaluationShown(BaseModel):
    """`score` from 0 to 1; null: nothing applied. `critical`: kinds of errors. `evaluator`: a user, 0 the local
    administrator. `labels`: what the form calls its items."""

    id: int
    call: int
    form: int
    form_name: str
    agent: int | None
    agent_name: str
    evaluator: int
    evaluator_name: str
    at: float
    answers: dict[str, str]
    labels: dict[str, str]
    score: float | None
    critical: list[str]
    passed: bool
    state: str
    note: str
    reply: str
    ruling: str
    replaces: int | None


class ReplyGiven(Body):
    """The agent takes note, or disputes with a reason."""

    dispute: bool = False
    words: Words = ""


class RulingGiven(Body):
    words: Words


class CalibrationGiven(Body):
    """Each call before each evaluator: users that may score, by id."""

    name: Named
    form: Id
    calls: Annotated[list[Id], Field(min_length=1, max_length=200)]
    evaluators: Annotated[list[Id], Field(min_length=2, max_length=50)]


class EvaluatorShown(BaseModel):
    """A user who may score whatever call."""

    id: int
    name: str


class RoundShown(BaseModel):
    """A calibration: its form, since when, how many calls, tasks, and tasks done."""

    name: str
    form: int
    at: float
    calls: int
    tasks: int
    done: int


class RuleGiven(Body):
    """One of `phrases` must be said by that side within that time; with `never` none of them may be."""

    name: Named
    phrases: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=50)]
    side: Annotated[str, Field(pattern="^(agent|customer|)$")] = "agent"
    never: bool = False
    within_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    campaign: Id | None = None
    item: Annotated[str, Field(max_length=120)] = ""


class RuleTry(Body):
    """A rule, saved or not (without one: all that are saved), held against a transcript: that of a call, or one given
    as WebVTT, JSON, or a line for each saying (`0:05 agent: buenos días`)."""

    rule: RuleGiven | None = None
    call: Id | None = None
    text: Annotated[str, Field(max_length=900_000)] = ""


class VerdictShown(BaseModel):
    """Whether a rule was kept, where its phrase was first heard, and the flag that it raises where it was not."""

    name: str
    kept: bool
    never: bool
    heard_at_s: float | None
    flag: str


class TriedShown(BaseModel):
    """What was read as said, and what each rule says to it."""

    segments: list[SegmentShown]
    verdicts: list[VerdictShown]
