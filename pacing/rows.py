"""Keyed rows of numbers kept dense, so that a whole floor is one slice of an array.

A row is addressed by its key; removing one moves the last row into its place, so order means nothing here.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Rows:
    """A growing table of `width` float columns with one row for each key."""

    def __init__(self, width: int) -> None:
        self._data: FloatArray = np.zeros((16, width))
        self._keys: list[Hashable] = []
        self._index: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._index

    def __getitem__(self, key: Hashable) -> FloatArray:
        row: FloatArray = self._data[self._index[key]]
        return row

    @property
    def used(self) -> FloatArray:
        """A view of all rows in use, shape (rows, width)."""
        return self._data[: len(self._keys)]

    def put(self, key: Hashable, values: Sequence[float]) -> None:
        """Add the row, or replace it where the key is known."""
        row = self._index.get(key)
        if row is None:
            row = len(self._keys)
            if row == len(self._data):
                self._data = np.concatenate([self._data, np.zeros_like(self._data)])
            self._keys.append(key)
            self._index[key] = row
        self._data[row] = values

    def remove(self, key: Hashable) -> None:
        """Take the row out; KeyError where there is none."""
        row = self._index.pop(key)
        last = self._keys.pop()
        if last != key:
            self._keys[row] = last
            self._index[last] = row
            self._data[row] = self._data[len(self._keys)]
