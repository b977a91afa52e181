"""Which calls are scored: sampling plans, drawn so that the same plan and seed draw the same calls anywhere. Pure.

A call's turn is a hash of the seed and its number. So a drawing does not depend on the order of the list, and a longer
list changes it only by what came in.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialer.store import Candidate
from recordings.errors import FormError


class Method(StrEnum):
    """How calls are drawn: any; so many of each agent; by strata in proportion; those with flags."""

    RANDOM = "random"
    PER_AGENT = "per_agent"
    STRATIFIED = "stratified"
    FLAGS = "flags"


class Stratum(StrEnum):
    CAMPAIGN = "campaign"
    AGENT = "agent"
    OUTCOME = "outcome"
    DISPOSITION = "disposition"
    LENGTH = "length"  # under 30 s, to 2 min, to 5 min, longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`count`: calls in all, or of each agent with `per_agent`. Empty flags: any flag."""

    name: str
    form: int
    method: Method = Method.RANDOM
    count: int = 50
    strata: tuple[Stratum, ...] = (Stratum.CAMPAIGN,)
    flags: tuple[str, ...] = ()
    campaign: int | None = None
    seconds_min: float = 20.0

    def __post_init__(self) -> None:
        if not self.name:
            raise FormError("a plan needs a name")
        if not 1 <= self.count <= 10_000:
            raise FormError(f"plan {self.name!r}: count must be from 1 to 10000, not {self.count}")
        if self.method is Method.STRATIFIED and not self.strata:
            raise FormError(f"plan {self.name!r}: say by which strata")


def draw(plan: Plan, candidates: Sequence[Candidate], seed: str) -> tuple[Candidate, ...]:
    """The calls that the plan takes, by turn."""
    fit = [
        one
        for one in candidates
        if one.seconds >= plan.seconds_min and (plan.campaign is None or one.campaign == plan.campaign)
    ]
    if plan.method is Method.FLAGS:
        wanted = set(plan.flags)
        fit = [one for one in fit if (one.flags & wanted if wanted else one.flags)]
    turned = sorted(fit, key=_turn(seed))
    match plan.method:
        case Method.PER_AGENT:
            return _of_each(turned, lambda one: one.agent, plan.count)
        case Method.STRATIFIED:
            return _proportional(turned, plan)
    return tuple(turned[: plan.count])


def _turn(seed: str) -> Callable[[Candidate], bytes]:
    return lambda one: hashlib.sha256(f"{seed}/{one.call}".encode()).digest()


def _of_each(turned: Sequence[Candidate], group: Callable[[Candidate], Hashable], count: int) -> tuple[Candidate, ...]:
    taken: dict[Hashable, int] = defaultdict(int)
    drawn = []
    for one in turned:
        if one.agent is not None and taken[group(one)] < count:
            taken[group(one)] += 1
            drawn.append(one)
    return tuple(drawn)


def _proportional(turned: Sequence[Candidate], plan: Plan) -> tuple[Candidate, ...]:
    """Each stratum by its share, and at least one of each while the count allows (largest remainders)."""
    strata: dict[tuple[Hashable, ...], list[Candidate]] = defaultdict(list)
    for one in turned:
        strata[tuple(_of(one, name) for name in plan.strata)].append(one)
    count = min(plan.count, len(turned))
    exact = {key: count * len(ones) / len(turned) for key, ones in strata.items()}
    given = {key: int(share) for key, share in exact.items()}
    if len(strata) <= count:
        given = {key: max(1, number) for key, number in given.items()}
    order = sorted(strata, key=lambda key: (int(exact[key]) - exact[key], str(key)))
    at = 0
    while sum(given.values()) < count:
        key = order[at % len(order)]
        given[key] += given[key] < len(strata[key])
        at += 1
    while sum(given.values()) > count:  # those that have more than one make room for the smallest
        over = [key for key, number in given.items() if number > 1]
        given[max(over, key=lambda key: (given[key] - exact[key], given[key], str(key)))] -= 1
    drawn = [one for key, ones in strata.items() for one in ones[: given[key]]]
    place = {one.call: n for n, one in enumerate(turned)}
    return tuple(sorted(drawn, key=lambda one: place[one.call]))


def _of(one: Candidate, stratum: Stratum) -> Hashable:
    if stratum is Stratum.LENGTH:
        return sum(one.seconds >= edge for edge in (30, 120, 300))
    value: Hashable = getattr(one, stratum.value)
    return value
