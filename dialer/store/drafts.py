"""What agents typed and have not saved yet, kept by call: it outlives a reload, another machine, a restart."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import AgentId, CallId
from dialer.store.database import Database, Session

DRAFT_CHARS_MAX = 20_000
KEPT_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Draft:
    """`body` is the page's own JSON, empty where nothing waits; `right_party` is None before the agent asked."""

    call: CallId
    body: str
    right_party: bool | None
    at: float


class Drafts:
    """Drafts of all agents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, agent: AgentId, call: CallId) -> Draft | None:
        """What the agent typed about the call."""
        sql = "SELECT call, body, right_party, at FROM drafts WHERE agent = $1 AND call = $2"
        async with self._database.reading() as connection:
            rows = await Session(connection).all(sql, agent, call)
        return _draft(rows[0]) if rows else None

    async def waiting(self, agent: AgentId) -> tuple[Draft, ...]:
        """Everything of the agent that was typed and not saved, oldest first."""
        sql = "SELECT call, body, right_party, at FROM drafts WHERE agent = $1 AND body <> '' ORDER BY at"
        async with self._database.reading() as connection:
            return tuple(_draft(row) for row in await Session(connection).all(sql, agent))

    async def keep(self, agent: AgentId, call: CallId, body: str, now: float) -> None:
        """Keep what was typed in place of what was before; empty = nothing waits any more."""
        assert len(body) <= DRAFT_CHARS_MAX
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO drafts (agent, call, body, right_party, at) VALUES ($1, $2, $3, NULL, $4)
                ON CONFLICT (agent, call) DO UPDATE SET body = excluded.body, at = excluded.at""",
                agent, call, body, now,
            )  # fmt: skip

    async def know(self, agent: AgentId, call: CallId, right_party: bool, now: float) -> None:
        """Keep whether the agent speaks with the right person."""
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO drafts (agent, call, body, right_party, at) VALUES ($1, $2, '', $3, $4)
                ON CONFLICT (agent, call) DO UPDATE SET right_party = excluded.right_party""",
                agent, call, right_party, now,
            )  # fmt: skip

    async def remove_old(self, now: float) -> None:
        """Let go of what nobody came back for."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM drafts WHERE at < $1", now - KEPT_S)


def _draft(row: Sequence[object]) -> Draft:
    call, body, right_party, at = row
    assert isinstance(call, int)
    return Draft(CallId(call), str(body), None if right_party is None else bool(right_party), float(str(at)))
