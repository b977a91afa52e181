"""How loud a leg is, from its frames' levels and weighted powers. Pure."""

import numpy as np

from recordings.frames import Levels
from recordings.voice import FRAME_S

_BLOCK = round(0.4 / FRAME_S)
_STEP = round(0.1 / FRAME_S)
_SILENCE_LUFS = -70.0


def level_dbfs(level: Levels) -> float | None:
    """Root mean square level of those frames; None of none."""
    return float(10 * np.log10(np.mean(10 ** (level.astype(np.float64) / 10)))) if level.size else None


def loudness_lufs(weighted: Levels) -> float | None:
    """Integrated loudness of one channel with both gates of BS.1770-4; None where all is below the first."""
    if weighted.size < _BLOCK:
        return None
    sums = np.cumsum(np.append(0.0, weighted.astype(np.float64)))
    power = (sums[_BLOCK:] - sums[:-_BLOCK])[::_STEP] / _BLOCK
    heard = power[power > _power(_SILENCE_LUFS)]
    if not heard.size:
        return None
    heard = heard[heard > heard.mean() / 10]
    return float(10 * np.log10(heard.mean())) - 0.691


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))
