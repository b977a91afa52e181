"""Found recordings as a person takes them away: searched by text, as cells of a table that no spreadsheet runs."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from dialer.leads.safe_csv import safe
from dialer.store import Hit, Sight, Store
from dialer.store.recording_search import EVERYTHING
from recordings.query import Context, parse

HEAD = (
    "call", "at", "campaign", "agent", "lead", "person", "seconds", "state", "outcome", "disposition",
    "origin", "flags", "score", "notes", "agent_share", "customer_share", "silence_share", "talk_over_share",
    "longest_monologue_s", "turns", "first_word_s", "dead_air_s", "hold_s",
)  # fmt: skip
_MEASURES = HEAD[HEAD.index("agent_share") :]


async def context(
    store: Store, now: float | None = None, sight: Sight = EVERYTHING, *, numbers: bool = True
) -> Context:
    """What searches are read with now: the names that may be seen, and whether telephone numbers may."""
    return Context(
        campaigns=await store.recording_search.names("campaigns", sight),
        agents=await store.recording_search.names("agents", sight),
        now=time.time() if now is None else now,
        numbers=numbers,
    )


def as_typed(words: Sequence[str]) -> str:
    """A search from a shell's words: what was kept together there is a phrase, unless the language says more in it."""
    return " ".join(f'"{one}"' if " " in one and not set(one) & set(':<>=!"') else one for one in words)


async def search(
    store: Store,
    text: str,
    *,
    before: int | None = None,
    limit: int = 50,
    sight: Sight = EVERYTHING,
    now: float | None = None,
    numbers: bool = True,
) -> tuple[Hit, ...]:
    """What a search finds, newest first. Raises QueryError."""
    asked = parse(text, await context(store, now, sight, numbers=numbers))
    return await store.recording_search.find(asked, before=before, limit=limit, sight=sight)


def cells(hit: Hit) -> tuple[str, ...]:
    """A row under HEAD. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    at = datetime.fromtimestamp(hit.at, UTC).isoformat(timespec="seconds")
    own = (
        hit.call, at, hit.campaign_name, hit.agent_name, hit.lead, hit.person_name, hit.seconds, hit.state, hit.outcome,
        hit.disposition, hit.origin, hit.flags, hit.score, hit.notes,
    )  # fmt: skip
    return tuple(_cell(value) for value in (*own, *(hit.measures[name] for name in _MEASURES)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    return str(round(value, 4)) if isinstance(value, float) else str(value)
