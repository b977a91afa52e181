"""Up to where a client's table was read, and what tells a row that has no id of its own from others. Pure."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import BindParameter, DateTime, bindparam

from dialer.feeds.places import PlaceError
from dialer.feeds.settings import FeedSettings


def marked(mark: str, *, server: bool) -> BindParameter[Any]:
    """The mark as a value of the query: a number or, on a server, an instant where it is one; 0 before the first."""
    if not mark:
        return bindparam("mark", 0)
    for read in (int, float):
        try:
            return bindparam("mark", read(mark))
        except ValueError:
            continue
    if server:
        try:
            at = datetime.fromisoformat(mark)
        except ValueError:
            return bindparam("mark", mark)
        return bindparam("mark", at, DateTime(timezone=at.tzinfo is not None))
    return bindparam("mark", mark)


def last_mark(rows: Sequence[Mapping[str, Any]], column: str) -> str:
    """The highest mark of the rows. Raises PlaceError where they have none, or do not come by it."""
    if column not in rows[0]:
        raise PlaceError(f"the query has no column {column!r}, which is its mark; it has {', '.join(rows[0])}")
    values = [row[column] for row in rows]
    if any(value is None for value in values):
        raise PlaceError(f"the mark {column!r} is empty in a row: leave such rows out of the query")
    if any(after < before for before, after in pairwise(values)):
        raise PlaceError(f"the rows do not come by their mark: end the query with ORDER BY {column}")
    return str(values[-1])


def ids_of(settings: FeedSettings, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """An id for each row: by all that stands in it, and which of those alike it is. Read again, it has the same."""
    seen: Counter[str] = Counter()
    ids = []
    for row in rows:
        digest = hashlib.sha256(repr((settings.name, sorted((k, str(v)) for k, v in row.items()))).encode()).hexdigest()
        seen[digest] += 1
        ids.append(f"{digest[:24]}:{seen[digest]}")
    return ids
