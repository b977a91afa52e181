"""The calling rules and shown numbers that a configuration puts in force, for commands that ask what they say."""

from dialer.config import Config
from dialer.core.caller_ids import Shown
from dialer.core.packs.lawbook import Lawbook
from dialer.leads.shown import shown_of
from dialer.rereading import known_pools
from dialer.rules.packs import rulebook
from dialer.store import Store


def law_of(config: Config | None, now: float) -> Lawbook:
    """As the server of this configuration holds them; none where only a database is named. Raises ConfigError."""
    built_in, folder = (config.built_in_rules, config.rules_dir) if config is not None else (False, None)
    return Lawbook(rulebook(built_in=built_in, folder=folder, now=now))


async def shown_by(config: Config | None, store: Store, now: float) -> Shown:
    """The numbers that its server shows; none where only a database is named. Raises ConfigError, StoreError."""
    return await shown_of(store, await known_pools(config, store) if config is not None else (), now)
