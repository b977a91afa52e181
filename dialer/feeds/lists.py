"""Lists of leads that a client sends, as files or as rows of a table, taken as `dialer leads import` takes them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dialer.core.ids import ClientId
from dialer.core.model import Campaign
from dialer.feeds.settings import FeedSettings
from dialer.leads.importer import ImportReport, Options, import_file
from dialer.leads.numbers import country_of
from dialer.leads.rejected import rejected_file
from dialer.store import NotFoundError, Store


async def campaign_of(settings: FeedSettings, store: Store, client: ClientId) -> Campaign:
    """The campaign that the feed's leads come into. Raises NotFoundError."""
    campaigns = await store.campaigns.list(client=client)
    found = next((one for one in campaigns if one.name == settings.campaign), None)
    if found is None:
        known = ", ".join(repr(one.name) for one in campaigns) or "none yet"
        raise NotFoundError(
            f"feed {settings.name}: the client has no campaign {settings.campaign!r}; there are: {known}"
        )
    return found


async def take_in(
    settings: FeedSettings, store: Store, campaign: Campaign, path: Path, now: float
) -> tuple[ImportReport, bytes]:
    """Import the file; what became of it, and the file of its rejected rows, empty where none was.

    Cut off, it goes on where it was when the same file comes again. Raises ImportRefusedError: it is no list.
    """
    country = settings.country or country_of(campaign)
    report = await import_file(store, path, campaign, country=country, now=now, options=_options(settings))
    rejected = rejected_file(path)
    return report, rejected.read_bytes() if rejected.exists() else b""


def _options(settings: FeedSettings) -> Options:
    layout = settings.layout
    mapping: dict[str, list[str]] = {}
    for column in layout.columns:
        mapping.setdefault(column.means, []).append(column.name)
    return Options(mapping=mapping or None, encoding=layout.encoding, delimiter=layout.delimiter)


def as_file(rows: Sequence[Mapping[str, Any]], folder: Path, name: str) -> Path:
    """Rows of a table as a file that can be imported."""
    path = folder / f"{name}.jsonl"
    lines = (json.dumps(dict(row), ensure_ascii=False, default=str) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
