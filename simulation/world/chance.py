"""Chance, one named stream for each concern, so that one more draw somewhere changes nothing anywhere else.

Whatever belongs to one of very many (a lead, a number, an attempt) is drawn from its own name when it is asked for:
nothing is kept of it, and it does not matter who was asked before.
"""

import math
import random
from statistics import NormalDist

_MASK = (1 << 64) - 1
_STANDARD = NormalDist()


class Chance:
    """All chance of one run. Equal seeds give equal streams, whatever the hash seed of the interpreter."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}
        self._root = random.Random(f"{seed}:names").getrandbits(64)  # noqa: S311 - nothing is secret here
        self._concerns: dict[str, int] = {}
        self._drawn = random.Random()  # noqa: S311 - seeded anew at each use

    def stream(self, concern: str) -> random.Random:
        """The stream of a concern, made at the first asking."""
        found = self._streams.get(concern)
        if found is None:
            found = self._streams[concern] = self.fresh(concern)
        return found

    def fresh(self, concern: str) -> random.Random:
        """A stream that is not kept: for a concern of one use."""
        return random.Random(f"{self.seed}:{concern}")  # noqa: S311 - nothing is secret here

    def drawn(self, concern: str, one: int, other: int = 0) -> random.Random:
        """The stream of one of many, such as an attempt on a number. It is good until this is called again."""
        number = self._concerns.get(concern)
        if number is None:
            number = self._concerns[concern] = random.Random(f"{self.seed}:{concern}").getrandbits(64)  # noqa: S311
        self._drawn.seed(mixed(number ^ mixed(one * 64 + other)))
        return self._drawn

    def share(self, concern: int, one: int) -> float:
        """A number from 0 up to 1 for one of many, ever the same."""
        return (mixed(self._root ^ mixed(one * 64 + concern)) >> 11) * 2.0**-53

    def normal(self, concern: int, one: int) -> float:
        """A standard normal number for one of many, ever the same."""
        return _STANDARD.inv_cdf(max(1e-12, self.share(concern, one)))


def mixed(value: int) -> int:
    """A 64-bit number that looks like chance: Stafford's thirteenth mixer of the splitmix generator."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def lognormal(chance: random.Random, mean: float, sigma: float) -> float:
    """A lognormal draw with this mean; `sigma` is the standard deviation of its logarithm."""
    return chance.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)


def log_uniform(chance: random.Random, low: float, high: float) -> float:
    """A draw whose logarithm is uniform: every order of magnitude gets its turn."""
    return math.exp(chance.uniform(math.log(low), math.log(high)))
