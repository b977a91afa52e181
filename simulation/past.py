"""The dialer's own database as those read it who look back: it must be there already, and is only read."""

from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from dialer.core.ids import AgentId, CampaignId
from dialer.errors import DialerError
from dialer.store import Store

SQLITE = b"SQLite format 3\x00"
PREFIX = "sqlite:///"


class PastError(DialerError):
    """There is nothing to look back on. The text says where, and what to do."""


@asynccontextmanager
async def looking_back(url: str) -> AsyncIterator[Store]:
    """The store at the URL. Raises PastError where a file of SQLite is not there, StoreError else."""
    if _missing(url):
        raise PastError(f"{url}: there is no such file")
    async with await Store.open(url) as store:
        yield store


def _missing(url: str) -> bool:
    return url.startswith(PREFIX) and not Path(url.removeprefix(PREFIX)).exists()


def url_of(where: str) -> str | None:
    """The URL of a database given as such or as its file; None for a file that holds something else.

    Raises PastError where the file cannot be read.
    """
    if "://" in where:
        return where
    path = Path(where)
    try:
        with path.open("rb") as file:
            head = file.read(len(SQLITE))
    except OSError as error:
        raise PastError(f"{path}: cannot be read ({error.strerror})") from error
    return f"{PREFIX}{path.absolute()}" if head == SQLITE else None


async def own_agents(
    store: Store, campaign: CampaignId, talks: Mapping[AgentId, Container[CampaignId]]
) -> dict[AgentId, frozenset[CampaignId]]:
    """A campaign's agents, and all campaigns that each serves: those who serve it now, and those who talked for it.

    `talks`: whom each talked for in the time that is looked at (`store.spells.talks`). Raises StoreError.
    """
    return {
        one.agent.id: frozenset({*one.agent.campaigns, campaign})
        for one in await store.agents.list()
        if campaign in one.agent.campaigns or campaign in talks.get(one.agent.id, ())
    }
