"""What an abandoned call costs, in agent-seconds: the price by which the look-ahead keeps the cap.

    price = base * (spare / left) ** STEEPNESS       left = aim * answered - abandoned - 1/2, spare = slack - 1/2

`aim` is the share that may be abandoned, `slack` what is kept in hand. The base is the price at which the look-ahead
meets the aim on a memoryless floor with the same agents, answers and times. It was found there from the stationary law
of the Markov chain on 312 floors, and is kept as a quadratic in logarithms (root mean square error 0.18). With the base
right, `left` settles at `spare`, and the price moves little: price that jumps costs occupancy. Pure functions.
"""

import math
from collections.abc import Callable

from pacing.fixed import fixed

STEEPNESS = 0.5  # while less than the slack is left
CREDIT_STEEPNESS = 1.5  # while more is: a base that is too high then costs little
LEFT_MIN = 0.25  # below so much the price rises by BARRIER a call, in logarithms
BARRIER = 1.0
LOG_LOW, LOG_HIGH = -3.0, 5.0
FIRST_CREDIT, FIRST_ABANDONED = 2.0, 4.0  # lent to a window that begins; fades as the cap comes to allow so many
GRACE = -0.1  # of the base's logarithm, for each second that callers may wait: agents who come free save them
# The base's logarithm: of the middle floor, then by the logarithms of (agents, answer share, aim, time to the answer,
# handling time) over those of the middle floor, linear and quadratic.
MIDDLE = (10.0, 0.2, 0.03, 12.0, 200.0)
LEAST = (4.0, 0.05, 0.003, 6.0, 60.0)
MOST = (30.0, 0.5, 0.1, 24.0, 480.0)
CONSTANT = 6.885  # a tenth above the fit: too high a base costs less than too low a one
LINEAR = (0.383, -0.576, -0.844, 0.456, -0.172)
QUADRATIC = (
    (-0.078, 0.328, -0.191, -0.272, 0.150),
    (0.0, -0.260, 0.229, 0.228, -0.286),
    (0.0, 0.0, 0.0, -0.139, 0.065),
    (0.0, 0.0, 0.0, 0.199, 0.497),
    (0.0, 0.0, 0.0, 0.0, -0.137),
)


@fixed
class Scene:
    """What the base price depends on, the aim apart. Smoothed figures: one agent more now must not move the price."""

    agents: float
    answer_share: float  # of calls placed
    answer_s: float  # from placing to the answer, mean
    handle_s: float  # talk and wrap-up, mean
    grace_s: float = 0.0  # how long a caller may wait


def base_price(aim: float, scene: Scene) -> float:
    """Agent-seconds for an abandoned call at which the look-ahead abandons about `aim` of those who answer."""
    given = (scene.agents, scene.answer_share, aim, scene.answer_s, scene.handle_s)
    x = [math.log(min(most, max(least, value)) / middle)
         for value, least, most, middle in zip(given, LEAST, MOST, MIDDLE, strict=True)]  # fmt: skip
    logarithm = CONSTANT + GRACE * scene.grace_s
    for value, linear, row in zip(x, LINEAR, QUADRATIC, strict=True):
        a, b, c, d, e = row  # a plain sum in this order: as good as any here, and the same everywhere
        logarithm += value * (linear + a * x[0] + b * x[1] + c * x[2] + d * x[3] + e * x[4])
    return math.exp(logarithm) / math.sqrt(_strict(aim))


def _strict(aim: float) -> float:
    """1, but less for aims below those of the fit, down to nothing with them."""
    return min(1.0, max(1e-6, aim / LEAST[2]))


def left_of(answered: float, abandoned: float, aim: float) -> float:
    """Abandoned calls that the aim still allows, with what is lent to a beginning."""
    return aim * answered - abandoned + _lent(answered, aim) - 0.5


def _lent(answered: float, aim: float) -> float:
    return FIRST_CREDIT * _strict(aim) * math.exp(-aim * answered / FIRST_ABANDONED)


def factor(answered: float, abandoned: float, aim: float, slack: float) -> float:
    """What the ledger makes of the base price: dearer while less than the slack is left, cheaper while more is."""
    return factors(answered, aim, slack)(abandoned)


def factors(answered: float, aim: float, slack: float) -> Callable[[float], float]:
    """The same by abandoned calls, for one who asks about several numbers of them."""
    allowed, lent, spare = aim * answered, _lent(answered, aim), slack - 0.5

    def of(abandoned: float) -> float:
        left = allowed - abandoned + lent - 0.5
        if left > spare:
            return math.exp(max(LOG_LOW, CREDIT_STEEPNESS * math.log(spare / left)))
        if left >= LEFT_MIN:
            return math.exp(STEEPNESS * math.log(spare / left))
        steps = STEEPNESS * math.log(spare / LEFT_MIN) + BARRIER * (LEFT_MIN - left)
        return math.exp(min(LOG_HIGH, steps))

    return of


def slack_of(agents: float) -> float:
    """Abandoned calls kept in hand at all times, so that what is in flight cannot break the cap."""
    return min(7.0, 2.25 + agents / 8)
