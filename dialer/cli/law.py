"""The calling rules that a configuration puts in force, for commands that ask what they say."""

from dialer.config import Config
from dialer.core.packs.lawbook import Lawbook
from dialer.rules.packs import rulebook


def law_of(config: Config | None, now: float) -> Lawbook:
    """As the server of this configuration holds them; none where only a database is named. Raises ConfigError."""
    built_in, folder = (config.built_in_rules, config.rules_dir) if config is not None else (False, None)
    return Lawbook(rulebook(built_in=built_in, folder=folder, now=now))
