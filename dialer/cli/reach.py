"""Where a command's data is: the running server of a configuration, or a database without one."""

import asyncio
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

ConfigFile = Annotated[Path | None, typer.Option("-c", "--config", help="The configuration of the dialer.")]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database", help="A database without a configuration, as sqlite:///day.db.")
]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a command was given: a configuration or a database."""

    config: Config | None
    database: str

    @classmethod
    def of(cls, config: Path | None, database: str | None = None) -> "Reach":
        """Raises ConfigError where neither is given, or both."""
        if (config is None) == (database is None):
            raise ConfigError("say where the data is: -c FILE or --database URL, one of them")
        if config is not None:
            loaded = load(config)
            return cls(loaded, loaded.database_url)
        return cls(None, database or "")

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
