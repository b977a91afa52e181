"""The configuration of one cell: a TOML file, read once, checked whole, never changed.

An unknown key is an error, not a silent default. Campaigns, agents and leads are not here: they live in the database.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from asterisk_config.toml_lines import Key
from asterisk_config.toml_reader import Named, SettingsError, read
from dialer.asterisk.settings import AmiSettings
from dialer.caller_id_pools import CallerIdPool, pool_problems, unknown_countries
from dialer.clock import is_time
from dialer.core.model import Trunk
from dialer.core.routing import problems as way_problems
from dialer.errors import ConfigError
from dialer.feeds.settings import FeedSettings
from dialer.leads.numbers import CALLING_CODES, PhoneType
from dialer.scrub import ScrubSettings
from dialer.telling.outward import OutwardSettings
from dialer.watch_settings import AlarmSettings
from dialer.web.settings import WebSettings
from recordings.archive import ArchiveSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiSettings:
    """Where our FastAGI server listens. The dialplan calls it: keep it on loopback, or behind a firewall."""

    host: str = "127.0.0.1"
    port: int = 4573


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that `dialer serve` must be told. Relative paths are below the folder of the file."""

    cell: int = 0  # 0 to 8191; another one for each engine that shares the database
    database: str = "sqlite:///cadencia.db"
    data_dir: Path = Path("data")
    built_in_rules: bool = False  # hold calls against the calling rules that come with the dialer
    rules_dir: Path | None = None  # a folder of your own packs, as *.toml
    learn_at: str = "03:30"  # when it is learned anew who answers when; empty = only by `dialer leads score`
    scrub: ScrubSettings = field(default_factory=ScrubSettings)
    asterisk: AmiSettings
    agi: AgiSettings = field(default_factory=AgiSettings)
    web: WebSettings = field(default_factory=WebSettings)
    webhooks: OutwardSettings = field(default_factory=OutwardSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    trunks: Annotated[tuple[Trunk, ...], Named("trunk")] = ()
    caller_ids: tuple[CallerIdPool, ...] = ()
    recordings: ArchiveSettings = field(default_factory=ArchiveSettings)
    feeds: Annotated[tuple[FeedSettings, ...], Named("feed")] = ()

    @property
    def database_url(self) -> str:
        return self.database

    @property
    def uploads(self) -> Path:
        """Where lists sent through the console lie while they are read, and their rejected rows after."""
        return self.data_dir / "uploads"

    @property
    def token_file(self) -> Path:
        """Where a running server leaves the token with which commands on this machine reach it."""
        return self.data_dir / "admin.token"


_CALLS_PER_SECOND_MAX = 10_000  # each of a second's calls is remembered
_NOT_DIALLED = re.compile(r"""[\x00-\x20,&()$"'\\]""")  # would be options, another line or a second call
_TYPES = tuple(kind.value for kind in PhoneType if kind)


def load(path: Path) -> Config:
    """Read and check the file.

    Raises ConfigError with every problem, each as file:line: key: reason.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        raise ConfigError(f"{path}: {why}; `dialer init DIR` writes one to begin with") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no text in UTF-8, from byte {error.start} on") from error
    try:
        config = read(Config, text, str(path), _problems)
    except SettingsError as error:
        raise ConfigError(str(error)) from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return _below(config, path.resolve().parent)


def _problems(config: Config) -> Iterable[tuple[Key, str]]:
    if not 0 <= config.cell < 1 << 13:
        yield ("cell",), "must be 0 to 8191"
    if config.learn_at and not is_time(config.learn_at):
        yield ("learn_at",), "must be a time of day, as 03:30, or empty"
    yield from _scrub_problems(config.scrub)
    if not config.trunks:
        yield (), "[[trunk]]: at least one is needed, with name and dial"
    yield from _trunk_problems(config)
    yield from pool_problems(config.caller_ids)
    yield from _feed_problems(config)
    for key, what in config.recordings.problems():
        yield ("recordings", *key), what


def _trunk_problems(config: Config) -> Iterable[tuple[Key, str]]:
    names = [trunk.name for trunk in config.trunks]
    for index, trunk in enumerate(config.trunks):
        if trunk.name in names[:index]:
            yield ("trunk", index, "name"), f"{trunk.name!r} stands here twice"
        for what in _dial_problems(trunk.dial):
            yield ("trunk", index, "dial"), what
        if trunk.country_code and trunk.country_code not in CALLING_CODES:
            yield ("trunk", index, "country_code"), f"{trunk.country_code!r} is no country's calling code, as 56"
        for key, what in unknown_countries(trunk.countries):
            yield ("trunk", index, *key), what
        for place, kind in enumerate(trunk.types):
            if kind not in _TYPES:
                yield ("trunk", index, "types", place), f"{kind!r} must be one of {', '.join(_TYPES)}"
        for key, what in way_problems(trunk):
            yield ("trunk", index, *key), what
        if trunk.zone not in available_timezones():
            yield ("trunk", index, "zone"), f"{trunk.zone!r} is no time zone; write one as America/Santiago"
        if trunk.lines_max < 1:
            yield ("trunk", index, "lines_max"), "must be 1 or more"
        if not 0 < trunk.calls_per_second <= _CALLS_PER_SECOND_MAX:
            yield ("trunk", index, "calls_per_second"), f"must be above 0 and at most {_CALLS_PER_SECOND_MAX:,}"


def _dial_problems(dial: str) -> Iterable[str]:
    if "{number}" not in dial:
        yield 'must hold {number}, as in "PJSIP/{number}@trunk"'
    if found := _NOT_DIALLED.search(dial):
        yield f"must not hold {found[0]!r}, which Asterisk gives a meaning of its own"


def _scrub_problems(scrub: ScrubSettings) -> Iterable[tuple[Key, str]]:
    if scrub.url and not scrub.url.startswith(("http://", "https://")):
        yield ("scrub", "url"), "must begin with http:// or https://"
    if not 0 < scrub.timeout_s <= 8:
        yield ("scrub", "timeout_s"), "must be above 0 and at most 8: an agent may wait for the call"


def _feed_problems(config: Config) -> Iterable[tuple[Key, str]]:
    names = [feed.name for feed in config.feeds]
    for index, feed in enumerate(config.feeds):
        if feed.name in names[:index]:
            yield ("feed", index, "name"), f"{feed.name!r} stands here twice"
        for key, what in feed.problems():
            yield ("feed", index, key), what


def _below(config: Config, folder: Path) -> Config:
    database = config.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith(prefix + "/"):
        database = f"{prefix}{folder / database.removeprefix(prefix)}"
    rules_dir = None if config.rules_dir is None else folder / config.rules_dir
    feeds = tuple(_feed_below(feed, folder) for feed in config.feeds)
    return replace(
        config,
        database=database,
        data_dir=folder / config.data_dir,
        rules_dir=rules_dir,
        feeds=feeds,
        recordings=config.recordings.below(folder),
    )


def _feed_below(feed: FeedSettings, folder: Path) -> FeedSettings:
    files = {name: str(folder / path) for name in ("key_file", "known_hosts") if (path := getattr(feed, name))}
    if not feed.is_database and not feed.is_sftp:
        files["place"] = str(folder / feed.place)
    return replace(feed, **files)  # type: ignore[arg-type]
