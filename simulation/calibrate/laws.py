"""Estimates from samples: shares, lognormal and cut-off gamma laws, each with its interval, and shrunk where thin.

Pure. An estimate is drawn towards what is assumed where nothing is known, as if that had been seen `PSEUDO` times; with
a hundred observations little is left of it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from simulation.world.people import People

PSEUDO = 5.0
SWING_MAX = 0.5  # a standard deviation of logarithms: more than this is no swing any more
SWING_MIN = 3.0  # answers awaited in a bin that tells anything
THIN = 100  # below so many observations an estimate is called thin
Z95 = 1.96
KOLMOGOROV_95 = 1.358
WORN_MIN = People().repeat_floor
WORN_LOG_MAX = 50.0  # beyond it only an absurd factor would come, and the exponential would overflow
WEAR, WEAR_STEPS = (0.05, 3.0), 83


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, from `low` to `high` with 95 % confidence, of `n` observations. Without any it is what is assumed."""

    value: float
    low: float
    high: float
    n: int

    @property
    def thin(self) -> bool:
        """Whether what is assumed still weighs in it."""
        return self.n < THIN


def shrunk(value: float, n: float, assumed: float, pseudo: float = PSEUDO) -> float:
    """The value of n observations together with what is assumed."""
    return (n * value + pseudo * assumed) / (n + pseudo)


def share(count: float, n: int, assumed: float) -> Estimate:
    """A share, with Wilson's interval."""
    if n == 0:
        return Estimate(assumed, 0.0, 1.0, 0)
    p = count / n
    middle, width = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n), Z95 / (1 + Z95**2 / n)
    half = width * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return Estimate(shrunk(p, n, assumed), max(0.0, middle - half), min(1.0, middle + half), n)


def mean(values: Sequence[float], assumed: float) -> Estimate:
    """A mean of times."""
    n = len(values)
    if n == 0:
        return Estimate(assumed, 0.0, math.inf, 0)
    m, half = float(np.mean(values)), Z95 * float(np.std(values)) / math.sqrt(n)
    return Estimate(shrunk(m, n, assumed), m - half, m + half, n)


def lifetime(total_s: float, ends: int, assumed: float) -> Estimate:
    """The mean of an exponential time, from all the time that was spent in it and how often it ended."""
    if ends == 0 or total_s <= 0:
        return Estimate(assumed, 0.0, math.inf, 0)
    value, half = total_s / ends, Z95 / math.sqrt(ends)
    return Estimate(
        math.exp(shrunk(math.log(value), ends, math.log(assumed))), value * max(0.0, 1 - half), value * (1 + half), ends
    )


def lognormal(values: Sequence[float], mean_s: float, sigma: float) -> tuple[Estimate, Estimate]:
    """(mean, standard deviation of the logarithm) of a lognormal law; `mean_s`, `sigma` are what is assumed."""
    logs = np.log([one for one in values if one > 0])
    n = len(logs)
    if n < 2:
        return Estimate(mean_s, 0.0, math.inf, n), Estimate(sigma, 0.0, math.inf, n)
    s2 = shrunk(float(np.var(logs)), n, sigma**2)
    mu = shrunk(float(np.mean(logs)), n, math.log(mean_s) - sigma**2 / 2)
    value, half = mu + s2 / 2, Z95 * math.sqrt(s2 / n + s2 * s2 / (2 * n))
    s, wide = math.sqrt(s2), Z95 * math.sqrt(s2 / (2 * n))
    return (
        Estimate(math.exp(value), math.exp(value - half), math.exp(value + half), n),
        Estimate(s, max(0.0, s - wide), s + wide, n),
    )


class Ring(NamedTuple):
    """A ring that was answered after `seconds`, and would have been cut at `cut_s`; it stands for `weight` of them."""

    seconds: float
    cut_s: float
    weight: float = 1.0


def cut_gamma(
    rings: Sequence[Ring], mean_s: float, shape: float, *, fix_shape: bool = False
) -> tuple[Estimate, Estimate]:
    """(mean, shape) of a gamma law of which each ring shows only what lies below its own cut, by maximum likelihood.

    What is assumed enters as a prior on the logarithms of both, as wide as `PSEUDO` observations leave them.
    """
    told = [one for one in rings if one.seconds > 0 and one.weight > 0]
    n = len(told)
    if n < 5:
        return Estimate(mean_s, 0.0, math.inf, n), Estimate(shape, 0.0, math.inf, n)
    weights = np.array([one.weight for one in told])
    seen = np.array([min(one.seconds, one.cut_s * 0.999) for one in told])
    cuts, which = np.unique([one.cut_s for one in told], return_inverse=True)
    by_cut = np.bincount(which, weights)
    whole, logs, total = float(np.sum(weights)), float(weights @ np.log(seen)), float(weights @ seen)
    start = np.log([mean_s, shape])

    def loss(at: NDArray[np.float64]) -> float:
        m, k = math.exp(at[0]), shape if fix_shape else math.exp(at[1])
        inside = float(by_cut @ np.log(np.maximum(1e-12, special.gammainc(k, k * cuts / m))))
        likely = whole * (k * math.log(k / m) - float(special.gammaln(k))) - inside + (k - 1) * logs - k / m * total
        prior = PSEUDO * shape / 2 * (at[0] - start[0]) ** 2 + PSEUDO / 4 * (at[1] - start[1]) ** 2
        return float(prior - likely)

    bounds = [(math.log(0.3), math.log(4 * float(cuts[-1]))), (math.log(0.5), math.log(30.0))]
    found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    mean, form = _around(found.x, _covariance(loss, found.x, fixed=fix_shape), n)
    return mean, Estimate(shape, shape, shape, n) if fix_shape else form


def cut_lognormal(
    values: Sequence[float], cut: Sequence[float], mean_s: float, sigma: float
) -> tuple[Estimate, Estimate]:
    """As `lognormal`, with times that were `cut` short: they would have lasted longer. By maximum likelihood.

    What is assumed enters as `PSEUDO` observations of its law.
    """
    logs, over = (np.log([one for one in given if one > 0]) for given in (values, cut))
    n = len(logs) + len(over)
    if len(logs) < 2:
        return Estimate(mean_s, 0.0, math.inf, n), Estimate(sigma, 0.0, math.inf, n)
    usual = math.log(mean_s) - sigma**2 / 2
    squares, total = float(np.sum(logs**2)), float(np.sum(logs))

    def loss(at: NDArray[np.float64]) -> float:
        mu, s = float(at[0]), math.exp(at[1])
        off = squares - 2 * mu * total + len(logs) * mu * mu + PSEUDO * (sigma**2 + (mu - usual) ** 2)
        beyond = float(np.sum(special.log_ndtr((mu - over) / s)))
        return float((len(logs) + PSEUDO) * at[1] + off / (2 * s * s) - beyond)

    begin, width = np.array([np.mean(logs), math.log(max(0.1, float(np.std(logs))))]), (-4.0, 2.0)
    found = optimize.minimize(loss, begin, method="L-BFGS-B", bounds=[(None, None), width])
    covariance = _covariance(loss, found.x, fixed=False)
    s2 = math.exp(2 * found.x[1])
    slope = np.array([1.0, s2])  # of the mean's logarithm
    value, half = float(found.x[0]) + s2 / 2, Z95 * math.sqrt(max(0.0, float(slope @ covariance @ slope)))
    _, spread = _around(found.x, covariance, n)
    return Estimate(math.exp(value), math.exp(value - half), math.exp(value + half), n), spread


def _around(at: NDArray[np.float64], covariance: NDArray[np.float64], n: int) -> tuple[Estimate, Estimate]:
    """Two figures from the optimum of their logarithms."""
    first, second = (
        Estimate(math.exp(one), math.exp(one - Z95 * s), math.exp(one + Z95 * s), n)
        for one, s in zip(at, np.sqrt(np.maximum(0.0, np.diag(covariance))), strict=True)
    )
    return first, second


def _covariance(
    loss: Callable[[NDArray[np.float64]], float], at: NDArray[np.float64], *, fixed: bool
) -> NDArray[np.float64]:
    """Of two figures, from the curvature at the optimum; `fixed`: the second one is known."""
    h = 1e-3
    steps = np.eye(2) * h
    hessian = np.array(
        [
            [(loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)) / (4 * h * h) for b in steps]
            for a in steps
        ]
    )
    return np.diag([1 / max(1e-9, hessian[0, 0]), 0.0]) if fixed else np.linalg.pinv(hessian)


def below(mean_s: float, shape: float, cut_s: float) -> float:
    """The share of a gamma law below the cut."""
    return float(special.gammainc(shape, shape * cut_s / mean_s))


def below_cuts(mean_s: float, shape: float, cuts: Mapping[float, int]) -> float:
    """The share of a gamma law below its cut, on average over so many of each; 1 without any."""
    n = sum(cuts.values())
    return math.fsum(count * below(mean_s, shape, cut_s) for cut_s, count in cuts.items()) / n if n else 1.0


def mean_of_share(share: float, shape: float, cuts: Mapping[float, int]) -> float:
    """The mean of the gamma law of which so large a share (above 0, below 1) lies below the cuts."""
    longest, shortest = max(cuts), min(cuts)
    high, low = (shape * cut_s / float(special.gammaincinv(shape, share)) for cut_s in (longest, shortest))
    if high - low < 1e-9:
        return high
    return float(optimize.brentq(lambda mean_s: below_cuts(mean_s, shape, cuts) - share, low, high))


def factors(counts: Sequence[tuple[float, int]], overall: float) -> list[Estimate]:
    """How much more often than `overall` (a share) something happens in each group of (count, n), shrunk towards 1.

    How strongly is told by the groups themselves: by how far they differ beyond chance (empirical Bayes, by moments).
    """
    if overall <= 0:
        return [Estimate(1.0, 1.0, 1.0, n) for _, n in counts]
    known = [(count / n / overall, n) for count, n in counts if n > 0]
    chance = max(0.01, (1 - overall) / overall)  # variance of one observation's factor
    weight = sum(n for _, n in known)
    between = sum(n * (one - 1) ** 2 for one, n in known) - (len(known) - 1) * chance
    variance = max(1e-4, between / weight) if weight else 1e-4
    made = []
    for count, n in counts:
        seen = count / n / overall if n else 1.0
        half = Z95 * math.sqrt(max(seen, 0.5 / max(1, n)) * chance / n) if n else math.inf
        made.append(Estimate((n * seen + chance / variance) / (n + chance / variance), seen - half, seen + half, n))
    return made


def worn(factor: float, attempt: int) -> float:
    """What is left of a share at the lead's so-manieth attempt."""
    return max(WORN_MIN, factor ** (attempt - 1))


def wear(groups: Sequence[tuple[int, float, float]]) -> Estimate:
    """The factor r in share ~ r^(attempt - 1), which wears nobody below `WORN_MIN`.

    `groups` are (attempt, successes, expected successes without wear), these as they compare with one another: what
    the first attempt would make is not known beforehand. Poisson likelihood, and the interval by it; drawn towards 1 as
    if `PSEUDO` successes had shown no wear.
    """
    n = round(sum(count for _, count, _ in groups))
    later = round(sum(count for attempt, count, _ in groups if attempt > 1))
    if later == 0:
        return Estimate(1.0, 0.0, math.inf, 0)
    attempts, counts, expected = np.array(groups, dtype=np.float64).T

    def loss(log_r: float) -> float:
        left = np.clip((attempts - 1) * log_r, math.log(WORN_MIN), WORN_LOG_MAX)
        whole = float(np.sum(counts)) * math.log(float(expected @ np.exp(left)))
        return whole - float(counts @ left) + PSEUDO * log_r * log_r / 2

    # Where the floor begins for one more attempt the slope jumps, so the lowest of all is looked for first.
    grid = [float(one) for one in np.linspace(math.log(WEAR[0]), math.log(WEAR[1]), WEAR_STEPS)]
    best = min(range(len(grid)), key=lambda one: loss(grid[one]))
    within = (grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)])
    found = float(optimize.minimize_scalar(loss, bounds=within, method="bounded", options={"xatol": 1e-6}).x)
    limit = loss(found) + Z95 * Z95 / 2
    low, high = (
        _crossing(lambda log_r: loss(log_r) - limit, found, along)
        for along in ([one for one in reversed(grid) if one < found], [one for one in grid if one > found])
    )
    return Estimate(math.exp(found), math.exp(low), math.exp(high), min(n, later))


def _crossing(over: Callable[[float], float], at: float, along: Sequence[float]) -> float:
    """Where the function, below 0 `at` first, comes above it; the last point where it does not."""
    for one in along:
        if over(one) > 0:
            return float(optimize.brentq(over, at, one))
    return along[-1] if along else at


def swings(bins: Sequence[tuple[float, float]], share: float, free: float = 1.0) -> Estimate:
    """The standard deviation of a factor on what is awaited, from (seen, awaited) in bins of time, by moments.

    What chance alone would make of it is taken off; 0 where nothing is left. `free` is the part of all differences that
    effects fitted to the same bins have left.
    """
    known = [(seen, awaited) for seen, awaited in bins if awaited >= SWING_MIN]
    weight = math.fsum(awaited * awaited for _, awaited in known)
    if len(known) < 4:
        return Estimate(0.0, 0.0, SWING_MAX, 0)
    excess = math.fsum((seen - awaited) ** 2 / free - awaited * (1 - min(share, 1.0)) for seen, awaited in known)
    value = math.sqrt(max(0.0, excess / weight))
    half = Z95 * value / math.sqrt(2 * len(known))
    n = round(math.fsum(awaited for _, awaited in known))
    return Estimate(min(SWING_MAX, value), max(0.0, value - half), min(SWING_MAX, value + half), n)


def between(values: Sequence[tuple[int, float]]) -> Estimate:
    """The standard deviation between people of the logarithm of a time, from (person, seconds), by moments."""
    logs: dict[int, list[float]] = {}
    for person, seconds in values:
        if seconds <= 0:
            continue  # the clock was set back meanwhile
        logs.setdefault(person, []).append(math.log(seconds))
    groups = [one for one in logs.values() if len(one) >= 5]
    if len(groups) < 3:
        return Estimate(0.0, 0.0, SWING_MAX, 0)
    means = np.array([np.mean(one) for one in groups])
    within = float(np.mean([np.var(one, ddof=1) / len(one) for one in groups]))
    value = math.sqrt(max(0.0, float(np.var(means, ddof=1)) - within))
    half = Z95 * value / math.sqrt(2 * len(groups))
    n = sum(len(one) for one in groups)
    return Estimate(min(SWING_MAX, value), max(0.0, value - half), min(SWING_MAX, value + half), n)


def distance(values: Sequence[float], law: Callable[[float], float]) -> float:
    """Kolmogorov and Smirnov's: the largest gap between what was seen and the fitted law (a function of seconds)."""
    seen = np.sort(np.asarray(values))
    n = len(seen)
    if n == 0:
        return 0.0
    at = np.array([law(one) for one in seen])
    return float(max(np.max(np.arange(1, n + 1) / n - at), np.max(at - np.arange(n) / n)))


def by_chance(n: int) -> float:
    """The largest distance that chance alone makes in 95 of 100 samples of a law that holds (Kolmogorov, Stephens)."""
    root = math.sqrt(max(1, n))
    return KOLMOGOROV_95 / (root + 0.12 + 0.11 / root)


def lognormal_below(mean_s: float, sigma: float) -> Callable[[float], float]:
    """The share of a lognormal law below so many seconds."""
    mu = math.log(mean_s) - sigma * sigma / 2
    return lambda seconds: float(special.ndtr((math.log(seconds) - mu) / sigma)) if seconds > 0 and sigma > 0 else 0.0
