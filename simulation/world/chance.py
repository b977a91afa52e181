"""Chance, one named stream for each concern, so that one more draw somewhere changes nothing anywhere else."""

import math
import random


class Chance:
    """All chance of one run. Equal seeds give equal streams, whatever the hash seed of the interpreter."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def stream(self, concern: str) -> random.Random:
        """The stream of a concern, made at the first asking."""
        found = self._streams.get(concern)
        if found is None:
            found = self._streams[concern] = self.fresh(concern)
        return found

    def fresh(self, concern: str) -> random.Random:
        """A stream that is not kept: for a concern of one use, such as one attempt to reach one person."""
        return random.Random(f"{self.seed}:{concern}")  # noqa: S311 - nothing is secret here


def lognormal(chance: random.Random, mean: float, sigma: float) -> float:
    """A lognormal draw with this mean; `sigma` is the standard deviation of its logarithm."""
    return chance.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)


def log_uniform(chance: random.Random, low: float, high: float) -> float:
    """A draw whose logarithm is uniform: every order of magnitude gets its turn."""
    return math.exp(chance.uniform(math.log(low), math.log(high)))
