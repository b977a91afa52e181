"""What people did with recordings: comments, saved searches, and the log of who heard or took what.

The log is only ever added to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

from dialer.core.ids import CallId
from dialer.store.codec import from_row
from dialer.store.database import Database, Session
from dialer.store.errors import NotFoundError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A word about a moment of a call, or about a clip where `until_s` is told. `by_user`: a user by id, 0 the local
    administrator."""

    id: int = 0
    call: CallId
    at: float
    by_user: int
    from_s: float
    until_s: float | None = None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody listened, downloaded, exported, silenced a part, held or deleted."""

    id: int = 0
    at: float
    call: CallId
    by_whom: str
    role: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    id: int = 0
    owner: str
    name: str
    query: str
    at: float


_COMMENT, _ACCESS, _SEARCH = (
    ", ".join(field.name for field in fields(kind)) for kind in (Comment, Access, SavedSearch)
)


class RecordingNotes:
    """By call, or by who."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def comment(self, one: Comment) -> int:
        """Add a comment; its number."""
        sql = """INSERT INTO recording_comments (call, at, by_user, from_s, until_s, body)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"""
        async with self._database.writing() as session:
            [(number,)] = await session.all(sql, one.call, one.at, one.by_user, one.from_s, one.until_s, one.body)
        return int(number)

    async def comments(self, call: CallId) -> tuple[Comment, ...]:
        """In the order of the call."""
        sql = f"SELECT {_COMMENT} FROM recording_comments WHERE call = $1 ORDER BY from_s, id"  # noqa: S608
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, call)
        return tuple(_as(Comment, row) for row in rows)

    async def remove_comment(self, comment: int, user: int) -> None:
        """Take back one's own comment. Raises NotFoundError."""
        async with self._database.writing() as session:
            sql = "DELETE FROM recording_comments WHERE id = $1 AND by_user = $2"
            if not await session.run(sql, comment, user):
                raise NotFoundError("you have no such comment")

    # ---------------------------------------------------------------- the log

    async def accessed(self, entries: Sequence[Access]) -> None:
        """Note what was done, before it is done."""
        sql = """INSERT INTO recording_access (at, call, by_whom, role, what, detail)
            VALUES ($1, $2, $3, $4, $5, $6)"""
        async with self._database.writing() as session:
            await session.many(
                sql, [(one.at, one.call, one.by_whom, one.role, one.what, one.detail) for one in entries]
            )

    async def accesses(
        self, *, call: CallId | None = None, since: float = 0.0, limit: int = 1000
    ) -> tuple[Access, ...]:
        """The newest first."""
        where, values = ("call = $3", (since, limit, call)) if call is not None else ("1 = 1", (since, limit))
        sql = f"SELECT {_ACCESS} FROM recording_access WHERE at >= $1 AND {where} ORDER BY id DESC LIMIT $2"  # noqa: S608
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, *values)
        return tuple(_as(Access, row) for row in rows)

    # ---------------------------------------------------------------- saved searches

    async def save_search(self, one: SavedSearch) -> None:
        """Keep a search under a name; one of that name is replaced."""
        sql = """INSERT INTO saved_searches (owner, name, query, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (owner, name) DO UPDATE SET query = excluded.query, at = excluded.at"""
        async with self._database.writing() as session:
            await session.run(sql, one.owner, one.name, one.query, one.at)

    async def searches(self, owner: str) -> tuple[SavedSearch, ...]:
        sql = f"SELECT {_SEARCH} FROM saved_searches WHERE owner = $1 ORDER BY name"  # noqa: S608 - our own names
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, owner)
        return tuple(_as(SavedSearch, row) for row in rows)

    async def remove_search(self, owner: str, name: str) -> None:
        """Raises NotFoundError."""
        async with self._database.writing() as session:
            if not await session.run("DELETE FROM saved_searches WHERE owner = $1 AND name = $2", owner, name):
                raise NotFoundError(f"no search is saved as {name!r}")


def _as(kind: type[T], row: Sequence[object]) -> T:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]  # every kind here is a dataclass
    return from_row(kind, dict(zip(names, row, strict=True)))
