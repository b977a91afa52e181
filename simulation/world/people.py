"""The people called: whether and when somebody answers, for how long they wait, and how long they talk.

Figures are defaults for debt collection in Latin America and can be set in a scenario. What a person does on an attempt
depends on the seed, the lead and the attempt alone: two strategies compared under one seed meet the same people.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from dialer.core.model import Lead
from dialer.core.outcomes import EndedBy, Ending
from simulation.world.chance import Chance, lognormal

# Share of attempts that a person answers, by local hour from 8 to 19; the mean is 0.204.
BY_HOUR = (0.16, 0.20, 0.22, 0.21, 0.19, 0.17, 0.16, 0.17, 0.20, 0.24, 0.26, 0.25)
BY_HOUR_MEAN = sum(BY_HOUR) / len(BY_HOUR)


class Kind(StrEnum):
    PERSON = "person"
    MACHINE = "machine"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTS = "rejects"
    OFF = "off"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Shares of attempts (the rest rings unanswered), and times in seconds."""

    answer_share: float = 0.20
    machine_share: float = 0.20
    busy_share: float = 0.05
    rejects_share: float = 0.03
    off_share: float = 0.12
    invalid_share: float = 0.08
    by_hour: bool = True  # answering follows the local hour
    progress_only_share: float = 0.25  # of calls: 183 and never 180
    ring_s: float = 9.0  # mean, from the first sign to a person's answer
    machine_ring_s: float = 18.0
    right_party_share: float = 0.33
    talk_s: float = 240.0  # mean, with the right party
    talk_sigma: float = 0.8
    short_talk_s: float = 45.0  # mean, with anybody else
    short_talk_sigma: float = 0.7
    machine_talk_s: float = 7.0  # until the agent has understood
    hangs_up_share: float = 0.5  # of talks: the person ends it, not the agent
    opts_out_share: float = 0.1  # of those who hear the abandonment message
    memoryless: bool = False  # exponential ring and talk times, for comparison with formulas

    def __post_init__(self) -> None:
        shares = (
            self.answer_share, self.machine_share, self.busy_share, self.rejects_share, self.off_share,
            self.invalid_share,
        )  # fmt: skip
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"the shares of people's answers add up to {sum(shares):.3f}; 1 is the most, 0 the least")


@dataclass(frozen=True, slots=True, kw_only=True)
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


REFUSALS = {
    Kind.BUSY: Ending(cause=17, tech_cause=486, by=EndedBy.PERSON),
    Kind.REJECTS: Ending(cause=21, tech_cause=603, by=EndedBy.PERSON),
    Kind.OFF: Ending(cause=19, tech_cause=480, by=EndedBy.PERSON),
    Kind.INVALID: Ending(cause=1, tech_cause=404, by=EndedBy.PERSON),
}


def fate(people: People, chance: Chance, lead: Lead, *, attempt: int, now: float, delay_s: float) -> Fate:
    """What happens when the lead's number is dialled for the `attempt`-th time; `delay_s` is the carrier's own."""
    draw = chance.fresh(f"person:{lead.number}:{attempt}")
    kind = _kind(people, draw, lead, now)
    progress = draw.random() < people.progress_only_share
    ring_s, wait_s = _ring_s(people, kind, draw), _patience_s(draw)
    right_party = kind is Kind.PERSON and draw.random() < people.right_party_share
    bare = kind in {Kind.OFF, Kind.INVALID} and draw.random() < 0.7  # refused without any 18x
    return Fate(
        kind=kind,
        sign_at_s=None if bare else delay_s,
        progress=progress,
        over_at_s=delay_s + ring_s,
        refusal=REFUSALS.get(kind),
        wait_s=wait_s,
        talk_s=_talk_s(people, kind, draw, right_party=right_party),
        right_party=right_party,
        hangs_up=draw.random() < people.hangs_up_share,
        opts_out=draw.random() < people.opts_out_share,
    )


def _kind(people: People, draw: random.Random, lead: Lead, now: float) -> Kind:
    answers = people.answer_share
    if people.by_hour:
        hour = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(lead.zones[0])).hour
        answers *= BY_HOUR[min(max(hour - 8, 0), len(BY_HOUR) - 1)] / BY_HOUR_MEAN
    shares = (
        (Kind.PERSON, answers),
        (Kind.MACHINE, people.machine_share),
        (Kind.BUSY, people.busy_share),
        (Kind.REJECTS, people.rejects_share),
        (Kind.OFF, people.off_share),
        (Kind.INVALID, people.invalid_share),
    )
    at = draw.random()
    for kind, share in shares:
        at -= share
        if at < 0:
            return kind
    return Kind.NO_ANSWER


def _ring_s(people: People, kind: Kind, draw: random.Random) -> float:
    if kind is Kind.NO_ANSWER:
        return float("inf")
    if kind is Kind.PERSON:
        return draw.expovariate(1 / people.ring_s) if people.memoryless else draw.gammavariate(3, people.ring_s / 3)
    if kind is Kind.MACHINE:
        return draw.gammavariate(9, people.machine_ring_s / 9)
    if kind is Kind.REJECTS:
        return draw.uniform(2, 12)
    return draw.uniform(0.1, 1.0)


def _patience_s(draw: random.Random) -> float:
    """Silence makes people hang up: a hazard of 0.1/s for two seconds, 0.4/s after that."""
    first = draw.expovariate(0.1)
    return first if first < 2.0 else 2.0 + draw.expovariate(0.4)


def _talk_s(people: People, kind: Kind, draw: random.Random, *, right_party: bool) -> float:
    if kind is Kind.MACHINE:
        return draw.uniform(0.5, 1.5) * people.machine_talk_s
    if people.memoryless:
        return draw.expovariate(1 / people.talk_s)
    if right_party:
        return lognormal(draw, people.talk_s, people.talk_sigma)
    return lognormal(draw, people.short_talk_s, people.short_talk_sigma)
