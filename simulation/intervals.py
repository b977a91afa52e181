"""How sure a simulated figure is: Student's intervals over replications, and exact ones of what is counted.

Days of one seed share a list and its people, so seeds are the replications wherever there are two of them or more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

CONFIDENCE = 0.95
EXACT = 30


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the interval that holds the true one with the confidence asked for; none from one replication.

    The mean need not lie in its middle.
    """

    mean: float
    low: float | None
    high: float | None
    count: int  # of replications

    @property
    def half(self) -> float | None:
        """How far it reaches above the mean."""
        return None if self.high is None else self.high - self.mean


@cache
def t_quantile(share: float, freedom: int) -> float:
    """Student's quantile. Beyond `EXACT` degrees by Hill's expansion (Communications of the ACM 13, 1970)."""
    if share < 0.5:
        return -t_quantile(1.0 - share, freedom)
    if freedom <= EXACT:
        low, high = 0.0, math.pi / 2
        for _ in range(60):
            angle = (low + high) / 2
            low, high = (angle, high) if _within(angle, freedom) < 2 * share - 1 else (low, angle)
        return math.tan(low) * math.sqrt(freedom)
    z = NormalDist().inv_cdf(share)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def _within(angle: float, freedom: int) -> float:
    """The chance that Student's t lies within sqrt(freedom) tan(angle) of 0 (Abramowitz and Stegun, 26.7.3, 26.7.4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    term = cosine if freedom % 2 else 1.0
    terms = list[float]()
    for k in range(2 + freedom % 2, freedom + 1, 2):
        terms.append(term)
        term *= cosine * cosine * (k - 1) / k
    whole = sine * math.fsum(terms)
    return 2 / math.pi * (angle + whole) if freedom % 2 else whole


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """The mean of independent values and its interval; None without any value."""
    count = len(values)
    if count == 0:
        return None
    mean = math.fsum(values) / count
    if count == 1:
        return Interval(mean, None, None, 1)
    error = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (count - 1) / count)
    half = t_quantile(0.5 + confidence / 2, count - 1) * error
    return Interval(mean, mean - half, mean + half, count)


def prediction(values: Sequence[float], confidence: float = 0.9) -> Interval | None:
    """The mean of independent values, and the interval that holds one more of them; None without any value."""
    found = interval(values, confidence)
    if found is None or found.half is None:
        return found
    half = found.half * math.sqrt(found.count + 1)
    return Interval(found.mean, found.mean - half, found.mean + half, found.count)


def share_interval(hits: int, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of a share."""
    if count == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate_interval(count: int, hours: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Garwood's exact interval of what happens by chance so often an hour (Biometrika 28, 1936)."""
    tail = (1 - confidence) / 2
    low = _poisson_mean(count - 1, 1 - tail) if count else 0.0
    return low / hours, _poisson_mean(count, tail) / hours


def _poisson_mean(most: int, share: float) -> float:
    """The mean of Poisson's law under which no more than `most` come with this chance."""
    low, high = 0.0, most + 10.0 * math.sqrt(most + 1.0) + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        at_most = math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most + 1))
        low, high = (mean, high) if at_most > share else (low, mean)
    return (low + high) / 2
