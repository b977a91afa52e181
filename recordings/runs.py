"""Runs: where a mask over frames is true, as rows of (first frame, one past the last). Pure arithmetic."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Runs = NDArray[np.int64]  # shape (n, 2), in order, not touching


def runs_of(mask: Mask) -> Runs:
    """Every longest stretch of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def mask_of(runs: Runs, size: int) -> Mask:
    """The opposite of runs_of; the runs may overlap and reach beyond the end."""
    runs = np.minimum(runs, size)
    steps = np.zeros(size + 1, np.int32)
    np.add.at(steps, runs[:, 0], 1)
    np.add.at(steps, runs[:, 1], -1)
    return np.cumsum(steps[:-1]) > 0


def bridged(runs: Runs, gap_max: int) -> Runs:
    """The runs with gaps of fewer than `gap_max` frames closed."""
    if len(runs) < 2:
        return runs
    kept = runs[1:, 0] - runs[:-1, 1] >= gap_max
    return np.column_stack([runs[np.append(True, kept), 0], runs[np.append(kept, True), 1]])


def longer(runs: Runs, length_min: int) -> Runs:
    """The runs of at least that many frames."""
    return runs[runs[:, 1] - runs[:, 0] >= length_min]
