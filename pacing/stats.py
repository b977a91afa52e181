"""Statistics of abandonment without a statistics library: exact interval, anytime-valid alarm, normal tables.

Pure functions of numbers.
"""

import math
from functools import lru_cache

import numpy as np

from pacing.rows import FloatArray

_GRID = 256  # table points for each unit of the normal law
_REACH = 6
_POINTS: FloatArray = np.arange(-_REACH * _GRID, _REACH * _GRID + 1) / _GRID
_UPPER: FloatArray = np.array([0.5 * math.erfc(y / math.sqrt(2)) for y in _POINTS.tolist()])
_SKEW: FloatArray = (1 - _POINTS**2) * np.exp(-0.5 * _POINTS**2) / (6 * math.sqrt(2 * math.pi))
_COUNTS: FloatArray = np.arange(400, dtype=np.float64)
_SHARES: FloatArray = 1 / (_COUNTS + 1)
_UPPER[0], _UPPER[-1], _SKEW[0], _SKEW[-1] = 1.0, 0.0, 0.0, 0.0


def tail(mean: FloatArray, variance: FloatArray, third: FloatArray, at_least: float) -> FloatArray:
    """P[X >= at_least] of an integer X with these central moments, by Edgeworth's first term.

    Any one shape; the result has it too.
    """
    variance = np.maximum(variance, 1e-4)
    y = (at_least - 0.5 - mean) / np.sqrt(variance)
    index = (np.minimum(np.maximum(y, -_REACH), _REACH) * _GRID + (_REACH * _GRID + 0.5)).astype(np.intp)
    value = _UPPER.take(index) - third / (variance * np.sqrt(variance)) * _SKEW.take(index)
    return np.minimum(np.maximum(value, 0.0), 1.0)


def panjer(mean: FloatArray, variance: FloatArray, size: int) -> FloatArray:
    """P[X = j] for j = 0..size of the count law with this mean and variance: (..., size + 1), summing to 1.

    Panjer's class holds the binomial law (variance below the mean), Poisson's, and the negative binomial (above), in
    one recursion: p(j+1) = p(j) (m - j q) / ((1 - q)(j + 1)) with q = 1 - variance/mean (Panjer 1981).
    """
    mean = np.maximum(mean, 1e-9)
    q = np.minimum(0.9, 1 - variance / mean)
    scale = 1 / (1 - q)
    weights = np.empty((*mean.shape, size + 1))
    weights[..., 0] = 1.0
    ratio = (mean * scale)[..., None] - (q * scale)[..., None] * _COUNTS[:size]
    ratio *= _SHARES[:size]
    np.multiply.accumulate(np.maximum(ratio, 0.0, out=ratio), axis=-1, out=weights[..., 1:])
    weights /= np.add.reduce(weights, axis=-1)[..., None]
    return weights


@lru_cache(maxsize=4096)  # consoles look at the same counts again and again
def interval(abandoned: int, answered: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's exact interval for the abandoned share; (0, 1) without answers."""
    if answered <= 0:
        return 0.0, 1.0
    abandoned = min(max(abandoned, 0), answered)
    tail_share = (1 - confidence) / 2
    low = _beta_quantile(tail_share, abandoned, answered - abandoned + 1) if abandoned else 0.0
    high = _beta_quantile(1 - tail_share, abandoned + 1, answered - abandoned) if abandoned < answered else 1.0
    return low, high


def evidence_against(cap: float, abandoned: int, answered: int) -> float:
    """The e-value against "the rate is at most cap": Beta(3, 60) mixture over binomial likelihood.

    It may be looked at after every call: under the claim it exceeds 1/d at any time with probability of at most d.
    """
    if not 0 < cap < 1:
        return math.inf if abandoned and cap <= 0 else 0.0
    served = max(0, answered - abandoned)
    logarithm = _log_beta(3 + abandoned, 60 + served) - _log_beta(3, 60)
    logarithm -= abandoned * math.log(cap) + served * math.log1p(-cap)
    return math.exp(min(700.0, logarithm))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _beta_quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction of I_x(a, b) (Abramowitz and Stegun 26.5.8)."""
    tiny = 1e-300
    c, d, value = 1.0, 0.0, 1.0
    for step in range(400):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + numerator * d or tiny)
        c = 1 + numerator / c or tiny
        value *= c * d
        if abs(1 - c * d) < 1e-12:
            break
    return value - 1
