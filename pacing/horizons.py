"""How far ahead pacing looks, and at which times on the way: as far as calls ring.

Where calls ring for longer than usual all of it is stretched: a call whose answer lies beyond the last horizon would
seem to bring nothing and risk nothing, and hundreds would be placed before the first of them is answered.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pacing.rows import FloatArray

HORIZONS_S: FloatArray = np.array([1.5, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 16.0, 20.0, 25.0])
USUAL_RING_S = 28.0  # to which those belong
COUNT = len(HORIZONS_S)


@dataclass(frozen=True, slots=True, eq=False)
class Horizons:
    """Times ahead in seconds, multiples of half a second, and the intervals that end there."""

    ends_s: FloatArray
    widths_s: FloatArray
    last_s: float
    steps: int  # seconds ahead in which a call may go from one phase to the next


@lru_cache(maxsize=64)
def horizons_for(ring_timeout_s: float) -> Horizons:
    """The horizons where calls ring so long at most."""
    ends: FloatArray = np.round(2 * HORIZONS_S * max(1.0, ring_timeout_s / USUAL_RING_S)) / 2
    return Horizons(ends, np.diff(ends, prepend=0.0), float(ends[-1]), math.ceil(ends[-1]) + 2)


USUAL = horizons_for(USUAL_RING_S)
