"""The laws of a campaign's people, carrier and agents, fitted to its history. Pure: rows in, estimates out.

Where calls are cut short by the ring time-out, the fit reckons with what was not seen. Effects that the history cannot
tell apart are not guessed: that leads differ (`lead_sigma`) and that attempts wear a lead out both make later attempts
less fruitful, and all of it is put down to wear.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dialer.core.model import Category
from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate import laws
from simulation.calibrate.history import PRESENT, Attempt, History
from simulation.calibrate.laws import Estimate
from simulation.world.carrier import Carrier
from simulation.world.habits import Habits
from simulation.world.people import People

PEOPLE, HABITS, CARRIER = People(), Habits(), Carrier()
NOT_SEEN = frozenset({Outcome.UNKNOWN, Outcome.CANCELLED, Outcome.FAILED})  # say nothing about the person
REFUSED = {Outcome.BUSY: "busy_share", Outcome.REJECTED: "rejects_share", Outcome.UNREACHABLE: "off_share"}
RIGHT = frozenset({Category.RIGHT_PARTY, Category.PROMISE, Category.REFUSED, Category.DO_NOT_CALL})
OTHERS = frozenset({Category.THIRD_PARTY, Category.WRONG_PERSON})
MACHINE_SHAPE, RING_SHAPE = 9.0, 3.0
WRAPPED_EARLY_S = 0.5  # a wrap-up shorter than this was none: the disposition was given in the talk
GROUPS = {"hour": 24, "weekday": 7, "place": 3}
WORN_MIN = PEOPLE.repeat_floor
TURNS = 12
STEP_S = 60.0
SHARES_MAX = 0.999  # of all that may become of an attempt
SEEN_MAX = 0.98
SEEN_MIN = 0.25  # of answers: where fewer come before the time-out, what comes after it is anybody's guess
UNANSWERED_MIN = 20
DRIFT_STEP_S = 900.0
USUAL_DAY_SIGMA = 0.06  # an assumption, for histories of few days
DAYS_MIN = 4
AT_ONCE_S = 1.6 * PEOPLE.at_once_s
CUT_MIN_S = 2.0  # nobody is reached by ringing for less
EARLY_S = 1.5  # this long before our time-out, a call was not ended by it
SIGNED_IN = "signed_in"  # the reason of the break that a day begins with


@dataclass(slots=True)
class Fit:
    """Estimates by their key in a scenario file, and the samples they came from, for whoever judges the fit."""

    history: History
    one: dict[str, Estimate] = field(default_factory=dict)
    rows: dict[str, list[Estimate]] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)
    laws: dict[str, Callable[[float], float]] = field(default_factory=dict)  # by the sample's name: the share below
    rung_s: float = 0.0  # how long unanswered calls rang, when they were placed
    day_sigma: float = USUAL_DAY_SIGMA  # how far whole days differ in answering, beyond all that was fitted

    @property
    def thin(self) -> list[str]:
        """The keys of which little was seen."""
        rows = [f"{key} ({sum(one.thin for one in row)} of {len(row)})" for key, row in self.rows.items()
                if any(one.thin and one.n for one in row)]  # fmt: skip
        return [key for key, one in self.one.items() if one.thin] + rows

    def value(self, key: str) -> float:
        return self.one[key].value


def fit(history: History) -> Fit:
    """Fit everything."""
    made = Fit(history)
    made.rung_s = _rung_s(history)
    told = [one for one in history.attempts if one.outcome not in NOT_SEEN]
    congested = sum(one.outcome is Outcome.CONGESTION for one in told)
    made.one["trunks.carrier.congestion_share"] = laws.share(congested, len(told), CARRIER.congestion_share)
    through = [one for one in told if one.outcome is not Outcome.CONGESTION]
    _carrier(made, through)
    _ringing(made, through)
    _shares(made, through)
    _talks(made, [one for one in through if one.bridged])
    _agents(made, [one for one in through if one.bridged])
    return made


def _rung_s(history: History) -> float:
    """The ring time-out that was in force: the campaign's may have been changed since."""
    unanswered = sorted(one.lasted_s for one in history.attempts if one.outcome is Outcome.NO_ANSWER)
    if len(unanswered) < UNANSWERED_MIN:
        return history.campaign.ring_timeout_s
    return unanswered[int(0.9 * len(unanswered))]


# ---------------------------------------------------------------- until the answer


def _carrier(made: Fit, through: Sequence[Attempt]) -> None:
    delays = [one.sign_s for one in through if one.sign_s is not None and one.sign_s > 0.01]
    mean, sigma = laws.lognormal(delays, CARRIER.delay_s, CARRIER.delay_sigma)
    made.one["trunks.carrier.delay_s"], made.one["trunks.carrier.delay_sigma"] = mean, sigma
    signs = sum(one.sign_s is not None for one in through)
    only = sum(one.progress_only for one in through)
    made.one["people.progress_only_share"] = laws.share(only, signs, PEOPLE.progress_only_share)


def is_machine(one: Attempt) -> bool:
    """Whether an agent, or detection, found a machine."""
    return one.outcome is Outcome.MACHINE or (one.bridged and one.category is Category.MACHINE)


def answered(one: Attempt) -> bool:
    return one.answer_s is not None


def _cut_s(made: Fit) -> float:
    """From the first sign to our time-out."""
    return max(CUT_MIN_S, made.rung_s - made.value("trunks.carrier.delay_s"))


def _ringing(made: Fit, through: Sequence[Attempt]) -> None:
    """From the first sign to the answer, of people and of machines."""
    cut_s = _cut_s(made)
    people = [_rang_s(one, made) for one in through if one.bridged and answered(one) and not is_machine(one)]
    machines = [_rang_s(one, made) for one in through if answered(one) and is_machine(one)]
    mean, shape = laws.cut_gamma(people, cut_s, PEOPLE.ring_s, RING_SHAPE)
    made.one["people.ring_s"], made.one["people.ring_shape"] = mean, shape
    machine, _ = laws.cut_gamma(machines, cut_s, PEOPLE.machine_ring_s, MACHINE_SHAPE, fix_shape=True)
    made.one["people.machine_ring_s"] = machine
    made.samples |= {"ring of people": people, "ring of machines": machines}


def _ringing_laws(made: Fit) -> None:
    """The laws of ringing as they are seen: up to the time-out."""
    cut_s = _cut_s(made)
    for name, key, shape in (
        ("people", "people.ring_s", made.value("people.ring_shape")),
        ("machines", "people.machine_ring_s", MACHINE_SHAPE),
    ):
        at = made.value(key)
        made.laws[f"ring of {name}"] = _cut(at, shape, cut_s, laws.below(at, shape, cut_s))


def _cut(mean_s: float, shape: float, cut_s: float, whole: float) -> Callable[[float], float]:
    return lambda seconds: min(1.0, laws.below(mean_s, shape, min(seconds, cut_s)) / whole)


def _rang_s(one: Attempt, made: Fit) -> float:
    assert one.answer_s is not None
    began = one.sign_s if one.sign_s is not None and one.sign_s < one.answer_s else made.value("trunks.carrier.delay_s")
    return max(0.05, one.answer_s - began)


def _shares(made: Fit, through: Sequence[Attempt]) -> None:
    """What becomes of attempts. An answer that nobody took is a person as often as those that were taken."""
    cut_s = _cut_s(made)
    limit_s = made.rung_s
    numbers = {one.number for one in through}
    invalid = {one.number for one in through if one.outcome is Outcome.INVALID}
    made.one["people.invalid_share"] = laws.share(len(invalid), len(numbers), PEOPLE.invalid_share)
    valid = [one for one in through if one.outcome is not Outcome.INVALID]
    left = 1 - made.value("people.invalid_share")  # the other shares are of all numbers
    machine_part = _machine_part(valid)
    machines = sum(1.0 if is_machine(one) else 0.0 if one.bridged else machine_part for one in valid if answered(one))
    seen = max(SEEN_MIN, laws.below(made.value("people.machine_ring_s"), MACHINE_SHAPE, cut_s))
    made.one["people.machine_share"] = _scaled(laws.share(machines, len(valid), PEOPLE.machine_share), left / seen)
    for outcome, key in REFUSED.items():
        count = sum(_ended_as(one, limit_s) is outcome for one in valid)
        made.one[f"people.{key}"] = _scaled(laws.share(count, len(valid), getattr(PEOPLE, key)), left)
    _answers(made, valid, machine_part, left, cut_s)
    _make_room(made, cut_s)
    _ringing_laws(made)


def _make_room(made: Fit, cut_s: float) -> None:
    """Where the shares add up to more than 1, fewer answer after the time-out, and sooner; what is seen stays as it is.

    That is so where calls ring so briefly that most of what would be answered is anybody's guess.
    """
    answers = (("people.answer_share", "people.ring_s", made.value("people.ring_shape")),
               ("people.machine_share", "people.machine_ring_s", MACHINE_SHAPE))  # fmt: skip
    others = ("invalid_share", *REFUSED.values())
    room = SHARES_MAX - math.fsum(made.value(f"people.{key}") for key in others)
    whole = math.fsum(made.value(key) for key, *_ in answers)
    if whole <= room:
        return
    seen = {key: made.value(key) * max(SEEN_MIN, laws.below(made.value(ring), shape, cut_s))
            for key, ring, shape in answers}  # fmt: skip
    certain = math.fsum(seen.values())
    part = max(0.0, room - certain) / max(1e-9, whole - certain)  # of those that would answer later
    for key, ring, shape in answers:
        share = seen[key] + part * (made.value(key) - seen[key])
        made.one[key] = _scaled(made.one[key], share * min(1.0, room / certain) / made.value(key))
        mean_s = laws.mean_of_share(min(SEEN_MAX, seen[key] / share), shape, cut_s)
        made.one[ring] = _scaled(made.one[ring], min(1.0, mean_s / made.value(ring)))


def _ended_as(one: Attempt, limit_s: float) -> Outcome:
    """The outcome; ringing that the network ended before our time-out is a phone that is off, after some ringing."""
    early = one.outcome is Outcome.NO_ANSWER and one.lasted_s < limit_s - EARLY_S
    return Outcome.UNREACHABLE if early else one.outcome


def _machine_part(valid: Sequence[Attempt]) -> float:
    bridged = [one for one in valid if one.bridged]
    return sum(is_machine(one) for one in bridged) / len(bridged) if bridged else 0.0


def _scaled(one: Estimate, by: float) -> Estimate:
    return Estimate(one.value * by, one.low * by, one.high * by, one.n)


class _Cell(NamedTuple):
    """What the chance of an answer depends on."""

    hour: int
    weekday: int
    place: int
    attempt: int


class _Answers:
    """How often a person answers: by attempt, hour, weekday and number, in turns until they agree.

    Wear comes first in each turn, the others are drawn towards 1: what both could explain (fresh leads in the
    morning, worn ones in the evening) is put down to wear.
    """

    def __init__(self, cells: dict[_Cell, tuple[int, float]]) -> None:
        self._cells = cells
        n, hits = (math.fsum(one[at] for one in cells.values()) for at in (0, 1))
        self.n, self.base = round(n), hits / n if n else 0.0
        self.worn = Estimate(1.0, 1.0, 1.0, 0)
        self.rows = {name: [Estimate(1.0, 1.0, 1.0, 0)] * size for name, size in GROUPS.items()}
        for _ in range(TURNS):
            self.worn = laws.wear(self._by_attempt())
            for name in GROUPS:
                self.rows[name] = self._by(name)
            awaited = math.fsum(n * self.share(cell) for cell, (n, _) in cells.items())
            self.base *= hits / awaited if awaited else 1.0

    def share(self, cell: _Cell, *, without: str = "") -> float:
        """How often a person answers in the cell; `without` one of its effects."""
        share = self.base * (1.0 if without == "attempt" else max(WORN_MIN, self.worn.value ** (cell.attempt - 1)))
        for name, row in self.rows.items():
            if name != without:
                share *= row[min(getattr(cell, name), len(row) - 1)].value
        return share

    def _by(self, name: str) -> list[Estimate]:
        size = GROUPS[name]
        seen, awaited, n = [0.0] * size, [0.0] * size, [0] * size
        for cell, (count, hits) in self._cells.items():
            at = min(getattr(cell, name), size - 1)
            seen[at] += hits
            awaited[at] += count * self.share(cell, without=name)
            n[at] += count
        # In terms of trials at the common share: as many as would make what is awaited.
        trials = [(hits, round(mean / self.base) if self.base else 0) for hits, mean in zip(seen, awaited, strict=True)]
        found = laws.factors(trials, self.base)
        return [Estimate(one.value, one.low, one.high, n[at]) for at, one in enumerate(found)]

    def _by_attempt(self) -> list[tuple[int, float, float]]:
        seen: defaultdict[int, float] = defaultdict(float)
        awaited: defaultdict[int, float] = defaultdict(float)
        for cell, (count, hits) in self._cells.items():
            seen[cell.attempt] += hits
            awaited[cell.attempt] += count * self.share(cell, without="attempt")
        return [(attempt, seen[attempt], awaited[attempt]) for attempt in sorted(seen)]


def _cell(one: Attempt) -> _Cell:
    return _Cell(one.hour, one.weekday, min(one.place, GROUPS["place"] - 1), one.try_)


def _hit(one: Attempt, machine_part: float) -> float:
    """Whether a person answered; where nobody found out, as likely as elsewhere."""
    if not answered(one) or is_machine(one):
        return 0.0
    return 1.0 if one.bridged else 1 - machine_part


def _answers(made: Fit, valid: Sequence[Attempt], machine_part: float, left: float, cut_s: float) -> None:
    cells: dict[_Cell, tuple[int, float]] = {}
    for one in valid:
        n, hits = cells.get(_cell(one), (0, 0.0))
        cells[_cell(one)] = n + 1, hits + _hit(one, machine_part)
    answers = _Answers(cells)
    first = answers.rows["place"][0].value  # the scenario's factors are told against the first number
    seen = max(SEEN_MIN, laws.below(made.value("people.ring_s"), made.value("people.ring_shape"), cut_s))
    found = laws.share(answers.base * first * answers.n, answers.n, PEOPLE.answer_share)
    made.one["people.answer_share"] = _scaled(found, left / seen)
    made.one["people.repeat_factor"] = answers.worn
    made.one["people.drift"] = _swings(valid, answers, machine_part, lambda one: int(one.at // DRIFT_STEP_S))
    days = len({one.day for one in valid})
    seen_sigma = _swings(valid, answers, machine_part, lambda one: one.day).value
    made.day_sigma = math.sqrt(laws.shrunk(seen_sigma**2, days if days >= DAYS_MIN else 0, USUAL_DAY_SIGMA**2))
    made.rows["people.hour_factors"] = answers.rows["hour"]
    made.rows["people.weekday_factors"] = answers.rows["weekday"]
    if any(cell.place for cell in cells):
        made.rows["people.number_factors"] = [_scaled(one, 1 / first) for one in answers.rows["place"]]


def _swings(
    valid: Sequence[Attempt], answers: _Answers, machine_part: float, bin_of: Callable[[Attempt], int]
) -> Estimate:
    """How far answering swings beyond what hour, weekday and wear explain, from one bin of time to the next."""
    seen: defaultdict[int, float] = defaultdict(float)
    awaited: defaultdict[int, float] = defaultdict(float)
    for one in valid:
        at = bin_of(one)
        seen[at] += _hit(one, machine_part)
        awaited[at] += answers.share(_cell(one))
    return laws.swings([(seen[at], awaited[at]) for at in seen], answers.base)


# ---------------------------------------------------------------- after the answer


def _talks(made: Fit, bridged: Sequence[Attempt]) -> None:
    everybody = [one for one in bridged if not is_machine(one)]
    people = [one for one in everybody if not _at_once(one)]
    gone = laws.share(len(everybody) - len(people), len(everybody), PEOPLE.hangs_up_at_once_share)
    made.one["people.hangs_up_at_once_share"] = gone
    right = [one.talk_s for one in people if one.category in RIGHT and one.talk_s is not None]
    short = [one.talk_s for one in people if one.category in OTHERS and one.talk_s is not None]
    machines = [one.talk_s for one in bridged if is_machine(one) and one.talk_s is not None]
    made.one["people.right_party_share"] = laws.share(len(right), len(right) + len(short), PEOPLE.right_party_share)
    _times(made, "people.talk", right, PEOPLE.talk_s, PEOPLE.talk_sigma)
    _times(made, "people.short_talk", short, PEOPLE.short_talk_s, PEOPLE.short_talk_sigma)
    made.one["people.machine_talk_s"] = laws.mean(machines, PEOPLE.machine_talk_s)
    promises = sum(one.category is Category.PROMISE for one in people)
    made.one["habits.promise_share"] = laws.share(promises, len(right), HABITS.promise_share)
    left = sum(one.ended_by == EndedBy.PERSON for one in people)
    made.one["people.hangs_up_share"] = laws.share(left, len(people), PEOPLE.hangs_up_share)
    made.samples["machine talk"] = machines


def _at_once(one: Attempt) -> bool:
    """Whether the person hung up on the first words."""
    short = one.talk_s is not None and one.talk_s < AT_ONCE_S
    return short and one.ended_by == EndedBy.PERSON and one.category in {None, Category.OTHER}


def _times(made: Fit, key: str, values: list[float], mean_s: float, sigma: float) -> None:
    """A lognormal law under `key`_s and `key`_sigma."""
    mean, spread = laws.lognormal(values, mean_s, sigma)
    made.one[f"{key}_s"], made.one[f"{key}_sigma"] = mean, spread
    name = key.split(".")[1].replace("_", " ")
    made.samples[name] = values
    made.laws[name] = laws.lognormal_below(mean.value, spread.value)


def _agents(made: Fit, bridged: Sequence[Attempt]) -> None:
    limit_s = made.history.campaign.wrap_up_max_s
    wraps = {
        machine: [one.wrap_s for one in bridged if one.wrap_s is not None and is_machine(one) is machine]
        for machine in (False, True)
    }
    people = [one for one in wraps[False] if one > WRAPPED_EARLY_S]
    early = len(wraps[False]) - len(people)
    made.one["habits.code_early_share"] = laws.share(early, len(wraps[False]), HABITS.code_early_share)
    _times(made, "habits.wrap_up", [min(one, limit_s) for one in people], HABITS.wrap_up_s, HABITS.wrap_up_sigma)
    machine = [one for one in wraps[True] if one > WRAPPED_EARLY_S]
    made.one["habits.machine_wrap_up_s"] = laws.mean(machine, HABITS.machine_wrap_up_s)
    talks = [(one.agent, one.talk_s) for one in bridged if not is_machine(one) and one.talk_s and not _at_once(one)]
    made.one["habits.skill_sigma"] = laws.between([(agent, seconds) for agent, seconds in talks if agent is not None])
    callbacks = sum(one.category is Category.CALLBACK for one in bridged)
    coded = sum(one.category is not None for one in bridged)
    made.one["habits.callback_share"] = laws.share(callbacks, coded, HABITS.callback_share)
    _breaks(made)


def _breaks(made: Fit) -> None:
    """Breaks that agents took by themselves; one that goes on at the end is longer than what was seen of it."""
    worked_s = sum(one.until - one.since for one in made.history.spells if one.state in PRESENT)
    taken = [one for one in made.history.spells if one.state == "break" and one.reason not in {"", SIGNED_IN}]
    lasted_s = sum(one.until - one.since for one in taken)
    made.one["habits.break_s"] = laws.lifetime(lasted_s, sum(one.ended for one in taken), HABITS.break_s)
    made.one["habits.break_every_s"] = laws.lifetime(worked_s, len(taken), HABITS.break_every_s)


def staffing(history: History, step_s: float = STEP_S) -> list[tuple[float, float]]:
    """(instant, agents signed in on average from then on) in steps over the history, breaks included."""
    steps = int((history.until - history.since) // step_s) + 1
    seconds = [0.0] * steps
    for one in history.spells:
        if one.state == "signed_out":
            continue
        since, until = max(one.since, history.since), min(one.until, history.until)
        while since < until:
            at = int((since - history.since) // step_s)
            edge = min(until, history.since + (at + 1) * step_s)
            seconds[at] += edge - since
            since = edge
    return [(history.since + at * step_s, total / step_s) for at, total in enumerate(seconds)]


def outcome_mix(history: History) -> Counter[str]:
    """Outcomes of the calls placed."""
    return Counter(str(one.outcome) for one in history.attempts)
