"""The people called: whether and when somebody answers, for how long they wait, and how long they talk.

Figures are defaults for debt collection in Latin America and can be set in a scenario. What a person does on an attempt
depends on the seed, the lead, the number and the attempt alone: two strategies compared under one seed meet the same
people.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from dialer.core.ids import CampaignId
from dialer.core.model import Lead
from dialer.core.outcomes import EndedBy, Ending
from pacing.fixed import fixed
from simulation.world.bounds import bounded
from simulation.world.chance import Chance, lognormal
from simulation.world.lists import place_of

# Share of attempts that a person answers, by local hour from 8 to 19; the mean is 0.204.
BY_HOUR = (0.16, 0.20, 0.22, 0.21, 0.19, 0.17, 0.16, 0.17, 0.20, 0.24, 0.26, 0.25)
_MEAN = sum(BY_HOUR) / len(BY_HOUR)
HOUR_FACTORS = tuple(
    round(one / _MEAN, 4) for one in (BY_HOUR[0],) * 8 + BY_HOUR + (BY_HOUR[-1],) * 4
)  # fmt: skip


class Kind(StrEnum):
    PERSON = "person"
    MACHINE = "machine"
    ANNOUNCEMENT = "announcement"  # a false answer: the carrier's own voice
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTS = "rejects"
    OFF = "off"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Shares of attempts (the rest rings unanswered), and times in seconds.

    Factors multiply `answer_share`; together they move it between 0 and what the other shares leave.
    """

    answer_share: float = 0.20
    machine_share: float = 0.20
    busy_share: float = 0.05
    rejects_share: float = 0.03
    off_share: float = 0.12
    invalid_share: float = 0.08  # of numbers: those are invalid on every attempt
    by_hour: bool = True  # answering follows the local hour
    hour_factors: tuple[float, ...] = HOUR_FACTORS  # by local hour, from 0 to 23
    weekday_factors: tuple[float, ...] = (1.0,) * 7  # Monday first
    drift: float = 0.0  # slow swings that everybody shares: standard deviation of the factor's logarithm
    drift_period_s: float = 5400.0
    lead_sigma: float = 0.0  # how leads differ: standard deviation of their log-odds of answering
    number_factors: tuple[float, ...] = (1.0, 0.7, 0.5)  # a lead's first number, its second, ...; the last one repeats
    repeat_factor: float = 1.0  # for each earlier attempt on the lead
    repeat_floor: float = 0.3  # no lower by repetition alone
    progress_only_share: float = 0.25  # of calls: 183 and never 180
    ring_s: float = 9.0  # mean, from the first sign to a person's answer
    ring_shape: float = 3.0  # of its gamma law; 1 is exponential
    machine_ring_s: float = 18.0
    right_party_share: float = 0.33
    right_party_factors: tuple[float, ...] = (1.0,)  # as number_factors, of right_party_share
    talk_s: float = 240.0  # mean, with the right party
    talk_sigma: float = 0.8
    short_talk_s: float = 45.0  # mean, with anybody else
    short_talk_sigma: float = 0.7
    hangs_up_at_once_share: float = 0.0  # of people connected: they hang up on the first words, whoever they are
    at_once_s: float = 4.0
    machine_talk_s: float = 7.0  # until the agent has understood
    hangs_up_share: float = 0.5  # of talks: the person ends it, not the agent
    opts_out_share: float = 0.1  # of those who hear the abandonment message
    patience_s: float = 2.0  # silence is borne for so long with the first hazard of hanging up, then with the second
    patience_hazard: float = 0.1  # a second
    impatience_hazard: float = 0.4  # a second
    memoryless: bool = False  # exponential talk, and every outcome after an exponential time of mean ring_s: formulas

    def __post_init__(self) -> None:
        bounded(self)
        shares = (
            self.answer_share, self.machine_share, self.busy_share, self.rejects_share, self.off_share,
            self.invalid_share,
        )  # fmt: skip
        if math.fsum(shares) > 1 + 1e-9:
            raise ValueError(f"the shares of people's answers add up to {math.fsum(shares):.3f}; 1 is the most")
        if len(self.hour_factors) != 24 or len(self.weekday_factors) != 7:
            raise ValueError("hour_factors are 24 numbers from midnight on, weekday_factors 7 from Monday on")
        if not self.number_factors or not self.right_party_factors:
            raise ValueError("number_factors and right_party_factors have one number at least")
        if min(self.drift_period_s, self.ring_s, self.talk_s, self.short_talk_s, self.ring_shape) <= 0:
            raise ValueError("drift_period_s, ring_s, ring_shape, talk_s and short_talk_s are above 0")


@fixed(kw_only=True)
class Fate:
    """What becomes of one attempt if nobody interferes. Times in seconds after the switch dialled."""

    kind: Kind
    sign_at_s: float | None  # the first 18x
    progress: bool  # it is a 183
    over_at_s: float  # answered, or refused; infinite where it would ring for ever
    refusal: Ending | None  # None: answered, or rings for ever
    wait_s: float  # patience with silence after the answer
    talk_s: float
    right_party: bool
    hangs_up: bool
    opts_out: bool
    at_once: bool = False  # hangs up on the first words
    softness: float = 0.5  # from 0 (promises anybody) to 1


REFUSALS = {
    Kind.BUSY: Ending(cause=17, tech_cause=486, by=EndedBy.PERSON),
    Kind.REJECTS: Ending(cause=21, tech_cause=603, by=EndedBy.PERSON),
    Kind.OFF: Ending(cause=19, tech_cause=480, by=EndedBy.PERSON),
    Kind.INVALID: Ending(cause=1, tech_cause=404, by=EndedBy.PERSON),
}
_LEAD, _NUMBER = 1, 2  # concerns of `Chance.share`


class Crowd:
    """Everybody who may be called, drawn when they are: a million cost no more than those whose phones ring."""

    def __init__(
        self,
        people: People,
        chance: Chance,
        started_at: float,
        factors: Mapping[tuple[CampaignId, str], float] | None = None,
    ) -> None:
        """`factors`: on the chance of an answer, by campaign and segment."""
        self.people = people
        self._factors = factors or {}
        self._chance = chance
        self._started_at = started_at
        waves = chance.fresh("drift")
        self._waves = tuple((waves.uniform(0.6, 1.6), waves.uniform(0.0, 2 * math.pi)) for _ in range(3))

    def fate(self, lead: Lead, *, attempt: int, now: float, delay_s: float, proven: bool = False) -> Fate:
        """What happens when the lead is dialled for the `attempt`-th time; `delay_s` is the carrier's own.

        A `proven` number is none of the invalid ones.
        """
        people = self.people
        draw = self._chance.drawn("person", int(lead.number), attempt)
        kind = self._kind(draw, lead, attempt, now, proven=proven)
        progress = draw.random() < people.progress_only_share
        ring_s, wait_s = _ring_s(people, kind, draw), _patience_s(people, draw)
        right_share = people.right_party_share * _of_place(people.right_party_factors, place_of(lead))
        right_party = kind is Kind.PERSON and draw.random() < right_share
        bare = kind in {Kind.OFF, Kind.INVALID} and draw.random() < 0.7  # refused without any 18x
        at_once = kind is Kind.PERSON and draw.random() < people.hangs_up_at_once_share
        talk_s = _talk_s(people, kind, draw, right_party=right_party)
        return Fate(
            kind=kind,
            sign_at_s=None if bare else delay_s,
            progress=progress,
            over_at_s=delay_s + ring_s,
            refusal=REFUSALS.get(kind) or (UNREACHED if people.memoryless and kind is Kind.NO_ANSWER else None),
            wait_s=wait_s,
            talk_s=draw.uniform(0.5, 1.5) * people.at_once_s if at_once else talk_s,
            right_party=right_party and not at_once,
            hangs_up=draw.random() < people.hangs_up_share or at_once,
            opts_out=draw.random() < people.opts_out_share,
            at_once=at_once,
            softness=draw.random(),
        )

    def caller(self, draw: random.Random, *, wait_s: float) -> Fate:
        """Somebody who calls us, and what they do once an agent is on the line. They are who they are: right party."""
        people = self.people
        return Fate(
            kind=Kind.PERSON,
            sign_at_s=None,
            progress=False,
            over_at_s=0.0,
            refusal=None,
            wait_s=wait_s,
            talk_s=_talk_s(people, Kind.PERSON, draw, right_party=True),
            right_party=True,
            hangs_up=draw.random() < people.hangs_up_share,
            opts_out=False,
            softness=draw.random(),
        )

    def factor(self, now: float, zone: str) -> float:
        """What hour, weekday and drift make of `answer_share` at the instant."""
        people, factor = self.people, 1.0
        if people.by_hour:
            hour, weekday = _local(int(now // 60) * 60, zone)
            factor = people.hour_factors[hour] * people.weekday_factors[weekday]
        if people.drift > 0:
            factor *= self._swing(now)
        return factor

    def inclination(self, person: int) -> float:
        """How far the person's log-odds of answering lie from the list's, in standard deviations."""
        return self._chance.normal(_LEAD, person)

    def _swing(self, now: float) -> float:
        at = 2 * math.pi * (now - self._started_at) / self.people.drift_period_s
        waves = math.fsum(math.sin(at * pace + phase) for pace, phase in self._waves)
        sigma = self.people.drift
        return math.exp(sigma * waves / math.sqrt(1.5) - sigma * sigma / 2)

    def _answers(self, lead: Lead, attempt: int, now: float) -> float:
        people = self.people
        answers = people.answer_share
        if people.lead_sigma > 0:
            odds = answers / (1 - answers) * math.exp(people.lead_sigma * self.inclination(lead.person))
            answers = odds / (1 + odds)
        answers *= self.factor(now, lead.zones[0]) * _of_place(people.number_factors, place_of(lead))
        if lead.segment:
            answers *= self._factors.get((lead.campaign, lead.segment), 1.0)
        if people.repeat_factor != 1.0:
            answers *= max(people.repeat_floor, people.repeat_factor ** (attempt - 1))
        return answers

    def _kind(self, draw: random.Random, lead: Lead, attempt: int, now: float, *, proven: bool) -> Kind:
        people = self.people
        at = draw.random()
        if people.invalid_share and not proven and self._chance.share(_NUMBER, int(lead.number)) < people.invalid_share:
            return Kind.INVALID
        left = 1.0 - people.invalid_share  # the shares below are of all numbers, valid or not
        at *= left
        for kind, share in (
            (Kind.PERSON, self._answers(lead, attempt, now)),
            (Kind.MACHINE, people.machine_share),
            (Kind.BUSY, people.busy_share),
            (Kind.REJECTS, people.rejects_share),
            (Kind.OFF, people.off_share),
        ):
            at -= share
            if at < 0:
                return kind
        return Kind.NO_ANSWER


UNREACHED = Ending(cause=18, tech_cause=480, by=EndedBy.PERSON)


def _of_place(factors: tuple[float, ...], place: int) -> float:
    return factors[min(place, len(factors) - 1)]


@lru_cache(maxsize=256)
def _local(minute: int, zone: str) -> tuple[int, int]:
    local = datetime.fromtimestamp(minute, UTC).astimezone(ZoneInfo(zone))
    return local.hour, local.weekday()


def _ring_s(people: People, kind: Kind, draw: random.Random) -> float:
    if people.memoryless:
        return draw.expovariate(1 / people.ring_s)
    if kind is Kind.NO_ANSWER:
        return float("inf")
    if kind is Kind.PERSON:
        return draw.gammavariate(people.ring_shape, people.ring_s / people.ring_shape)
    if kind is Kind.MACHINE:
        return draw.gammavariate(9, people.machine_ring_s / 9)
    if kind is Kind.REJECTS:
        return draw.uniform(2, 12)
    return draw.uniform(0.1, 1.0)


def _patience_s(people: People, draw: random.Random) -> float:
    """Silence makes people hang up: a low hazard at first, a higher one later."""
    first = draw.expovariate(people.patience_hazard) if people.patience_hazard > 0 else math.inf
    if first < people.patience_s or people.impatience_hazard <= 0:
        return first
    return people.patience_s + draw.expovariate(people.impatience_hazard)


def _talk_s(people: People, kind: Kind, draw: random.Random, *, right_party: bool) -> float:
    if kind is Kind.MACHINE:
        return draw.uniform(0.5, 1.5) * people.machine_talk_s
    if people.memoryless:
        return draw.expovariate(1 / people.talk_s)
    if right_party:
        return lognormal(draw, people.talk_s, people.talk_sigma)
    return lognormal(draw, people.short_talk_s, people.short_talk_sigma)
