"""Long lists on the pages of administration: what is looked for in them, some rows at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request

from recordings.words import fold

ROWS = 50
_FIND_MAX = 80

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leaf(Generic[T]):
    """Some rows of a list. `begins` counts from 0; `count` are those found, of `every` that there are."""

    name: str  # of the parameter that says where to begin
    rows: Sequence[T]
    begins: int
    count: int
    every: int
    find: str

    @property
    def before(self) -> int | None:
        """Where the rows before these begin; None where there are none."""
        return max(0, self.begins - ROWS) if self.begins > 0 else None

    @property
    def after(self) -> int | None:
        """Where the rows after these begin; None where there are none."""
        return self.begins + ROWS if self.begins + ROWS < self.count else None


def leaf_of(request: Request, every: Sequence[T], words: Callable[[T], Iterable[str]], name: str = "from") -> Leaf[T]:
    """The rows that a page shows: those with each word of `find` in what `words` tells of them, from `name` on."""
    find = request.query_params.get("find", "")[:_FIND_MAX].strip()
    wanted = fold(find).split()
    found = [one for one in every if all(word in fold(" ".join(words(one))) for word in wanted)] if find else every
    asked = request.query_params.get(name, "")
    begins = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    begins = min(begins, max(0, (len(found) - 1) // ROWS * ROWS))  # rows may have gone meanwhile
    return Leaf(name, found[begins : begins + ROWS], begins, len(found), len(every), find)
