"""What agents typed and have not saved yet, kept by call: it outlives a reload, another machine, a restart.

Where the wrap-up ran out before it was saved, `standing` says what became of it. Decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.core.ids import CELL_SHIFT, AgentId, CallId, CampaignId, first_call
from dialer.store.database import Database, Session
from dialer.store.rows import WrapUp

DRAFT_CHARS_MAX = 20_000
KEPT_S = 7 * 86_400.0
_COLUMNS = """d.agent, d.call, d.body, d.right_party, d.at, d.waits, d.code, d.disposition, d.standing,
    c.campaign, c.bridged_at, c.ended_at"""
_DRAFTS = f"SELECT {_COLUMNS} FROM drafts d LEFT JOIN calls c ON c.id = d.call"  # noqa: S608 - our own names
_WRITE_UP_OVER = "(c.wrapped_at < $1 OR (c.bridged_at IS NULL AND c.ended_at < $1))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the page has of a call: `body` is its own JSON, empty where nothing was typed.

    `waits`: something of it was not saved; `code`: the disposition chosen so far; `disposition`: as JSON, what would be
    said as it stands, empty where something is lacking.
    """

    body: str = ""
    waits: bool = False
    code: str = ""
    disposition: str = ""


NOTHING = Typed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`right_party` is None before the agent asked; of a call that is not kept yet there is no more than the id."""

    agent: AgentId
    call: CallId
    typed: Typed
    right_party: bool | None
    at: float
    standing: WrapUp
    campaign: CampaignId | None
    talked: bool
    ended_at: float | None


class Drafts:
    """Drafts of all agents. What became of them is told by the cell whose engine made the call."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._calls = first_call(cell), first_call(cell) + (1 << CELL_SHIFT)

    async def get(self, agent: AgentId, call: CallId) -> Draft | None:
        """What the agent typed about the call."""
        rows = await self._read(f"{_DRAFTS} WHERE d.agent = $1 AND d.call = $2", agent, call)
        return rows[0] if rows else None

    async def waiting(self, agent: AgentId) -> tuple[Draft, ...]:
        """Everything of the agent that was typed and not saved, oldest first."""
        return await self._read(f"{_DRAFTS} WHERE d.agent = $1 AND d.body <> '' ORDER BY d.at", agent)

    async def ran_out(self, before: float) -> tuple[Draft, ...]:
        """What still waits of this cell's calls whose wrap-up was over before then, and was not looked at yet."""
        sql = f"{_DRAFTS} WHERE d.waits AND d.standing = '' AND {_WRITE_UP_OVER} AND d.call >= $2 AND d.call < $3"
        return await self._read(f"{sql} ORDER BY d.at", before, *self._calls)

    async def open(self) -> tuple[Draft, ...]:
        """What agents have yet to finish, or to say that it is right; the oldest call first."""
        return await self._read(f"{_DRAFTS} WHERE d.waits AND d.standing <> '' ORDER BY d.call")

    async def keep(self, agent: AgentId, call: CallId, typed: Typed, now: float) -> None:
        """Keep what was typed in place of what was before; NOTHING: it was saved, or let go of."""
        assert len(typed.body) <= DRAFT_CHARS_MAX
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO drafts (agent, call, body, right_party, at, waits, code, disposition, standing)
                VALUES ($1, $2, $3, NULL, $4, $5, $6, $7, '')
                ON CONFLICT (agent, call) DO UPDATE SET body = excluded.body, at = excluded.at, waits = excluded.waits,
                    code = excluded.code, disposition = excluded.disposition,
                    standing = CASE WHEN excluded.waits THEN drafts.standing ELSE '' END""",
                agent, call, typed.body, now, typed.waits, typed.code, typed.disposition,
            )  # fmt: skip

    async def stand(self, draft: Draft, standing: WrapUp) -> None:
        """Note what became of it when the wrap-up ran out."""
        async with self._database.writing() as session:
            await session.run(
                "UPDATE drafts SET standing = $1 WHERE agent = $2 AND call = $3 AND waits",
                *(standing.value, draft.agent, draft.call),
            )

    async def know(self, agent: AgentId, call: CallId, right_party: bool, now: float) -> None:
        """Keep whether the agent speaks with the right person."""
        async with self._database.writing() as session:
            await session.run(
                """INSERT INTO drafts (agent, call, body, right_party, at, waits, code, disposition, standing)
                VALUES ($1, $2, '', $3, $4, $5, '', '', '')
                ON CONFLICT (agent, call) DO UPDATE SET right_party = excluded.right_party""",
                agent, call, right_party, now, False,
            )  # fmt: skip

    async def remove_old(self, now: float) -> None:
        """Let go of old ones of which everything was saved; what waits, waits for its agent."""
        async with self._database.writing() as session:
            await session.run("DELETE FROM drafts WHERE at < $1 AND NOT waits", now - KEPT_S)

    async def _read(self, sql: str, *values: object) -> tuple[Draft, ...]:
        async with self._database.reading() as connection:
            return tuple(_draft(row) for row in await Session(connection).all(sql, *values))


def _draft(row: Sequence[object]) -> Draft:
    agent, call, body, right_party, at, waits, code, disposition, standing, campaign, bridged_at, ended_at = row
    assert isinstance(agent, int)
    assert isinstance(call, int)
    assert campaign is None or isinstance(campaign, int)
    return Draft(
        agent=AgentId(agent),
        call=CallId(call),
        typed=Typed(body=str(body), waits=bool(waits), code=str(code), disposition=str(disposition)),
        right_party=None if right_party is None else bool(right_party),
        at=float(str(at)),
        standing=WrapUp(str(standing)),
        campaign=None if campaign is None else CampaignId(campaign),
        talked=bridged_at is not None,
        ended_at=None if ended_at is None else float(str(ended_at)),
    )
