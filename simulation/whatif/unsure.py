"""How far a campaign's laws may be off: known from so many calls, and days differ as wholes.

A forecast that took its laws for certain would promise more than it knows. So each simulated future has people and
agents of its own, drawn around what was fitted.
"""

import math
from dataclasses import dataclass, replace

from simulation.calibrate.fit import Fit
from simulation.calibrate.laws import Estimate
from simulation.scenario import Scenario
from simulation.world.chance import Chance, lognormal

DAY_SIGMA = 0.05  # how far days differ in all but answering beyond what was fitted, as a share: an assumption
# Where nothing was seen: nine of ten campaigns lie from two fifths of what is usual to the double. An assumption.
UNSEEN = 0.5
Z95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """By how much figures of the laws may be off: standard deviations of the logarithms of factors whose mean is 1.

    0: known for certain.
    """

    answer_share: float = 0.0
    right_party_share: float = 0.0
    talk_s: float = 0.0
    short_talk_s: float = 0.0
    wrap_up_s: float = 0.0


CERTAIN = Unsure()
UNKNOWN = Unsure(
    answer_share=UNSEEN, right_party_share=UNSEEN, talk_s=UNSEEN, short_talk_s=UNSEEN, wrap_up_s=UNSEEN
)  # fmt: skip


def unsure_of(fit: Fit) -> Unsure:
    """Of laws that were fitted: how well each figure is known, and how far days differ in it.

    What the day at hand is like shows in part already where it was fitted itself. How much of it is not known; so days
    are taken to differ by all that days differ.
    """
    return Unsure(
        answer_share=_sigma(fit.one["people.answer_share"], fit.day_sigma),
        right_party_share=_sigma(fit.one["people.right_party_share"]),
        talk_s=_sigma(fit.one["people.talk_s"]),
        short_talk_s=_sigma(fit.one["people.short_talk_s"]),
        wrap_up_s=_sigma(fit.one["habits.wrap_up_s"]),
    )


def _sigma(found: Estimate, day_sigma: float = DAY_SIGMA) -> float:
    """The standard error as a share, from the interval of 95 %, together with the day's."""
    error = (found.high - found.low) / (2 * Z95 * found.value) if found.value > 0 else 0.0
    return math.hypot(min(error, UNSEEN), day_sigma)


def one_of_many(scenario: Scenario, unsure: Unsure, seed: int) -> Scenario:
    """The scenario with laws as they may be: the same ones for the same seed."""
    people, habits, draw = scenario.people, scenario.habits, Chance(seed).fresh("day")
    others = math.fsum(
        (people.machine_share, people.busy_share, people.rejects_share, people.off_share, people.invalid_share)
    )
    unlike = replace(
        people,
        answer_share=min(1.0 - others, people.answer_share * lognormal(draw, 1.0, unsure.answer_share)),
        talk_s=people.talk_s * lognormal(draw, 1.0, unsure.talk_s),
        short_talk_s=people.short_talk_s * lognormal(draw, 1.0, unsure.short_talk_s),
        right_party_share=min(1.0, people.right_party_share * lognormal(draw, 1.0, unsure.right_party_share)),
    )
    wrap_up_s = habits.wrap_up_s * lognormal(draw, 1.0, unsure.wrap_up_s)
    return replace(scenario, people=unlike, habits=replace(habits, wrap_up_s=wrap_up_s))
