"""What a client tells of accounts, applied and put into words for the engine. One way for files, API and commands."""

from collections.abc import Sequence

from dialer.core.accounts import AccountEvent
from dialer.core.ids import ClientId
from dialer.core.messages import LeadsChanged
from dialer.store import Store
from dialer.store.account_events import Applied


async def apply_events(
    store: Store, client: ClientId, events: Sequence[AccountEvent], source: str, now: float
) -> tuple[Applied, list[LeadsChanged]]:
    """Apply the events in their order; what became of them, and what the engine must be told. Raises StoreError."""
    applied = await store.account_events.apply(client, events, source, now)
    news = []
    if applied.stopped:
        news.append(LeadsChanged(tuple(dict.fromkeys(applied.stopped)), stopped=True))
    stopped = set(applied.stopped)
    if others := [lead for lead in dict.fromkeys(applied.changed) if lead not in stopped]:
        news.append(LeadsChanged(tuple(others)))
    return applied, news
