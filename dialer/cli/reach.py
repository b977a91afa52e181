"""Where a command's data is: the running server of a configuration, or a database without one."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from dialer.config import Config, load
from dialer.errors import ConfigError
from dialer.store import Store
from dialer.web.client import Client, ServerNotRunningError
from dialer.web.local import local_client

T = TypeVar("T")

HERE = Path("cadencia.toml")
VARIABLE = "CADENCIA_CONFIG"
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", help=f"The configuration of the dialer; where none is named, {VARIABLE}'s or ./{HERE}."
    ),
]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", help="A database without a configuration, as sqlite:///day.db.")
]


def config_at_hand(named: Path | None) -> Path | None:
    """The configuration that an option or else the environment names, or that stands here. None where there is none."""
    if named is None and VARIABLE in os.environ:
        return Path(os.environ[VARIABLE])
    return named or (HERE if HERE.exists() else None)


def config_file(named: Path | None) -> Path:
    """The configuration at hand. Raises ConfigError where there is none."""
    found = config_at_hand(named)
    if found is None:
        raise ConfigError(
            f"there is no {HERE} here: name the configuration with -c FILE or {VARIABLE}; `dialer init DIR` writes one"
        )
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """What a command works on: a configuration or a database alone."""

    config: Config | None
    database: str

    @classmethod
    def of(cls, config: Path | None, database: str | None = None) -> "Reach":
        """Raises ConfigError where both are given, or neither is and no configuration stands here."""
        if config is not None and database is not None:
            raise ConfigError("say where the data is: -c FILE or --database URL, one of them")
        if database is not None:
            return cls(None, database)
        loaded = load(config_file(config))
        return cls(loaded, loaded.database_url)

    async def in_store(self, doing: Callable[[Store], Awaitable[T]]) -> T:
        async with await Store.open(self.database) as store:
            return await doing(store)

    async def in_server(self, doing: Callable[[Client], Awaitable[T]]) -> T:
        """Raises ServerNotRunningError where no server of the configuration runs."""
        if self.config is None:
            raise ServerNotRunningError("a database alone has no server; give -c FILE")
        async with local_client(self.config) as client:
            return await doing(client)

    async def in_either(self, at_work: Callable[[Client], Awaitable[T]], else_: Callable[[Store], Awaitable[T]]) -> T:
        """Through the running server, so that its engine knows at once; without one, in the database."""
        try:
            return await self.in_server(at_work)
        except ServerNotRunningError:
            return await self.in_store(else_)


def run(doing: Coroutine[object, object, T]) -> T:
    """Run a command's work."""
    return asyncio.run(doing)
