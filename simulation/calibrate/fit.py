"""The laws of a campaign's people, carrier and agents, fitted to its history. Pure: rows in, estimates out.

Where calls are cut short by a time-out or a hang-up of ours, the fit reckons with what was not seen (`ringing.py`).
Effects that the history cannot tell apart are not guessed: that leads differ (`lead_sigma`) and that attempts wear a
lead out both make later attempts less fruitful, and all of it is put down to wear.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dialer.core.agents import AT_WORK, WRAP_UP_MORE_MAX, WRAP_UP_MORE_S
from dialer.core.model import Category
from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate import laws
from simulation.calibrate.answers import Answers, Trial
from simulation.calibrate.history import Attempt, History
from simulation.calibrate.laws import Estimate, Ring
from simulation.calibrate.ringing import Rings, answered, ended_as, gamma_below, tells
from simulation.world.carrier import Carrier
from simulation.world.habits import Habits
from simulation.world.people import People

PEOPLE, HABITS, CARRIER = People(), Habits(), Carrier()
REFUSED = {Outcome.BUSY: "busy_share", Outcome.REJECTED: "rejects_share", Outcome.UNREACHABLE: "off_share"}
RIGHT = frozenset({Category.RIGHT_PARTY, Category.PROMISE, Category.REFUSED, Category.DO_NOT_CALL})
OTHERS = frozenset({Category.THIRD_PARTY, Category.WRONG_PERSON})
MACHINE_SHAPE, RING_SHAPE = 9.0, 3.0
RAN_OUT_S = 1.0  # a wrap-up that ends so soon after its limit was ended by it
WRAPPED_EARLY_S = 0.5  # a wrap-up shorter than this was none: the disposition was given in the talk
STEP_S = 60.0
SHARES_MAX = 0.999  # of all that may become of an attempt
SEEN_MAX = 0.98
SEEN_MIN = 0.25  # of answers: where fewer come before the time-out, what comes after it is anybody's guess
DRIFT_STEP_S = 900.0
USUAL_DAY_SIGMA = 0.06  # an assumption, for histories of few days
DAYS_MIN = 4
AT_ONCE_S = 1.6 * PEOPLE.at_once_s
SIGNED_IN = "signed_in"  # the reason of the break that a day begins with


@dataclass(slots=True)
class Fit:
    """Estimates by their key in a scenario file, and the samples they came from, for whoever judges the fit."""

    history: History
    one: dict[str, Estimate] = field(default_factory=dict)
    rows: dict[str, list[Estimate]] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)
    laws: dict[str, Callable[[float], float]] = field(default_factory=dict)  # by the sample's name: the share below
    left_out: int = 0  # attempts that tell nothing of the people
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
    told = [one for one in history.attempts if tells(one)]
    made.left_out = len(history.attempts) - len(told)
    congested = sum(one.outcome is Outcome.CONGESTION for one in told)
    made.one["trunks.carrier.congestion_share"] = laws.share(congested, len(told), CARRIER.congestion_share)
    through = [one for one in told if one.outcome is not Outcome.CONGESTION]
    _carrier(made, through)
    numbers = {one.number for one in through}
    invalid = {one.number for one in through if one.outcome is Outcome.INVALID}
    made.one["people.invalid_share"] = laws.share(len(invalid), len(numbers), PEOPLE.invalid_share)
    valid = [one for one in through if one.outcome is not Outcome.INVALID]
    rings = Rings(valid, history.campaign.ring_timeout_s, made.value("trunks.carrier.delay_s"))
    _ringing(made, rings)
    _shares(made, rings)
    _talks(made, [one for one in through if one.bridged])
    _agents(made, [one for one in through if one.bridged])
    return made


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


def _ringing(made: Fit, rings: Rings) -> None:
    """From the first sign to the answer, of people and of machines."""
    taken = [one for one in rings.all if answered(one.attempt)]
    people = [one for one in taken if one.attempt.bridged and not is_machine(one.attempt)]
    machines = [one for one in taken if is_machine(one.attempt)]
    told = {name: [Ring(rings.rang_s(one.attempt), one.cut_s, one.weight) for one in group]
            for name, group in (("people", people), ("machines", machines))}  # fmt: skip
    mean, shape = laws.cut_gamma(told["people"], PEOPLE.ring_s, RING_SHAPE)
    made.one["people.ring_s"], made.one["people.ring_shape"] = mean, shape
    machine, _ = laws.cut_gamma(told["machines"], PEOPLE.machine_ring_s, MACHINE_SHAPE, fix_shape=True)
    made.one["people.machine_ring_s"] = machine
    made.samples |= {f"ring of {name}": [one.seconds for one in group] for name, group in told.items()}


def _answers_within(made: Fit) -> tuple[tuple[str, str, float], ...]:
    """Of people and of machines: the keys of their share and of their ring, and its shape."""
    return (("people.answer_share", "people.ring_s", made.value("people.ring_shape")),
            ("people.machine_share", "people.machine_ring_s", MACHINE_SHAPE))  # fmt: skip


def _shares(made: Fit, valid: Rings) -> None:
    """What becomes of attempts. An answer that nobody took is a person as often as those that were taken."""
    n, left = len(valid.all), 1 - made.value("people.invalid_share")  # the other shares are of all numbers
    machine_part = _machine_part(one.attempt for one in valid.all)
    machines = math.fsum(
        one.weight * (1.0 if is_machine(one.attempt) else 0.0 if one.attempt.bridged else machine_part)
        for one in valid.all
        if answered(one.attempt)
    )
    seen = max(SEEN_MIN, laws.below_cuts(made.value("people.machine_ring_s"), MACHINE_SHAPE, valid.cuts))
    made.one["people.machine_share"] = _scaled(laws.share(min(n, machines), n, PEOPLE.machine_share), left / seen)
    for outcome, key in REFUSED.items():
        count = math.fsum(one.weight for one in valid.all if ended_as(one.attempt) is outcome)
        made.one[f"people.{key}"] = _scaled(laws.share(min(n, count), n, getattr(PEOPLE, key)), left)
    _answers(made, valid, machine_part, left)
    _make_room(made, valid.cuts)
    for name, (_, ring, shape) in zip(("people", "machines"), _answers_within(made), strict=True):
        made.laws[f"ring of {name}"] = valid.law(gamma_below(made.value(ring), shape))


def _make_room(made: Fit, cuts: Mapping[float, int]) -> None:
    """Where the shares add up to more than 1, fewer answer after the time-out, and sooner; what is seen stays as it is.

    That is so where calls ring so briefly that most of what would be answered is anybody's guess.
    """
    answers = _answers_within(made)
    others = ("invalid_share", *REFUSED.values())
    room = SHARES_MAX - math.fsum(made.value(f"people.{key}") for key in others)
    whole = math.fsum(made.value(key) for key, *_ in answers)
    if whole <= room:
        return
    seen = {key: made.value(key) * max(SEEN_MIN, laws.below_cuts(made.value(ring), shape, cuts))
            for key, ring, shape in answers}  # fmt: skip
    certain = math.fsum(seen.values())
    part = max(0.0, room - certain) / max(1e-9, whole - certain)  # of those that would answer later
    for key, ring, shape in answers:
        share = seen[key] + part * (made.value(key) - seen[key])
        made.one[key] = _scaled(made.one[key], share * min(1.0, room / certain) / made.value(key))
        mean_s = laws.mean_of_share(min(SEEN_MAX, seen[key] / share), shape, cuts)
        made.one[ring] = _scaled(made.one[ring], min(1.0, mean_s / made.value(ring)))


def _machine_part(valid: Iterable[Attempt]) -> float:
    bridged = [one for one in valid if one.bridged]
    return sum(is_machine(one) for one in bridged) / len(bridged) if bridged else 0.0


def _scaled(one: Estimate, by: float) -> Estimate:
    return Estimate(one.value * by, one.low * by, one.high * by, one.n)


def _answers(made: Fit, valid: Rings, machine_part: float, left: float) -> None:
    seen = {cut_s: max(SEEN_MIN, laws.below(made.value("people.ring_s"), made.value("people.ring_shape"), cut_s))
            for cut_s in valid.cuts}  # fmt: skip
    answers = Answers(
        [Trial(one.attempt, seen[one.cut_s], _hit(one.attempt, machine_part), one.weight) for one in valid.all]
    )
    first = answers.rows["place"][0].value  # the scenario's factors are told against the first number
    n = len(valid.all)
    share = laws.share(min(n, answers.base * answers.seen * first * n), n, PEOPLE.answer_share)
    made.one["people.answer_share"] = _scaled(share, left / answers.seen)
    made.one["people.repeat_factor"] = answers.worn
    made.one["people.drift"] = answers.swings(lambda one: int(one.at // DRIFT_STEP_S))
    made.day_sigma = _day_sigma(answers, [one.attempt for one in valid.all])
    made.rows["people.hour_factors"] = answers.rows["hour"]
    made.rows["people.weekday_factors"] = answers.rows["weekday"]
    if any(one.attempt.place for one in valid.all):
        made.rows["people.number_factors"] = [_scaled(one, 1 / first) for one in answers.rows["place"]]


def _day_sigma(answers: Answers, valid: Sequence[Attempt]) -> float:
    """How far whole days differ; each weekday's factor takes the mean of its days away, and one day with it."""
    days, weekdays = len({one.day for one in valid}), len({one.weekday for one in valid})
    free = days - weekdays if days >= DAYS_MIN else 0
    if free == 0:
        return USUAL_DAY_SIGMA
    seen = answers.swings(lambda one: one.day, free / days).value
    return math.sqrt(laws.shrunk(seen**2, free, USUAL_DAY_SIGMA**2))


def _hit(one: Attempt, machine_part: float) -> float:
    """Whether a person answered; where nobody found out, as likely as elsewhere."""
    if not answered(one) or is_machine(one):
        return 0.0
    return 1.0 if one.bridged else 1 - machine_part


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
    wraps = {
        machine: [one.wrap_s for one in bridged if one.wrap_s is not None and is_machine(one) is machine]
        for machine in (False, True)
    }
    people = [one for one in wraps[False] if one > WRAPPED_EARLY_S]
    early = len(wraps[False]) - len(people)
    made.one["habits.code_early_share"] = laws.share(early, len(wraps[False]), HABITS.code_early_share)
    _wrap_ups(made, people)
    machine = [one for one in wraps[True] if one > WRAPPED_EARLY_S]
    made.one["habits.machine_wrap_up_s"] = laws.mean(machine, HABITS.machine_wrap_up_s)
    talks = [(one.agent, one.talk_s) for one in bridged if not is_machine(one) and one.talk_s and not _at_once(one)]
    made.one["habits.skill_sigma"] = laws.between([(agent, seconds) for agent, seconds in talks if agent is not None])
    callbacks = sum(one.category is Category.CALLBACK for one in bridged)
    coded = sum(one.category is not None for one in bridged)
    made.one["habits.callback_share"] = laws.share(callbacks, coded, HABITS.callback_share)
    _breaks(made)


def _wrap_ups(made: Fit, lasted_s: Sequence[float]) -> None:
    """Of people. One that ran out would have lasted longer; the law is held against those that ended sooner."""
    limit_s = made.history.campaign.wrap_up_max_s
    limits = [limit_s + more * WRAP_UP_MORE_S for more in range(WRAP_UP_MORE_MAX + 1)]
    cut = [one for one in lasted_s if any(limit <= one < limit + RAN_OUT_S for limit in limits)]
    ended = [one for one in lasted_s if not any(limit <= one < limit + RAN_OUT_S for limit in limits)]
    mean, spread = laws.cut_lognormal(ended, cut, HABITS.wrap_up_s, HABITS.wrap_up_sigma)
    made.one["habits.wrap_up_s"], made.one["habits.wrap_up_sigma"] = mean, spread
    whole = laws.lognormal_below(mean.value, spread.value)
    within = whole(limit_s)
    made.samples["wrap up"] = [one for one in ended if one < limit_s]
    made.laws["wrap up"] = lambda seconds: min(1.0, whole(min(seconds, limit_s)) / within) if within else 0.0


def _breaks(made: Fit) -> None:
    """Breaks that agents took by themselves; one that was cut at the end is longer than what was seen of it, one that
    was cut at the beginning was not taken within.
    """
    worked_s = sum(one.until - one.since for one in made.history.spells if one.state in AT_WORK)
    taken = [one for one in made.history.spells if one.state == "break" and one.reason not in {"", SIGNED_IN}]
    lasted_s = sum(one.until - one.since for one in taken)
    begun = sum(one.since > made.history.since for one in taken)
    made.one["habits.break_s"] = laws.lifetime(lasted_s, sum(one.ended for one in taken), HABITS.break_s)
    made.one["habits.break_every_s"] = laws.lifetime(worked_s, begun, HABITS.break_every_s)


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
