"""`dialer feed`: what clients send and get: list, run one now, the log."""

import time
from dataclasses import asdict
from typing import Annotated

import typer

from dialer.cli.output import JsonFile, show_table, write_json
from dialer.cli.reach import ConfigFile, Reach, run
from dialer.cli.times import told
from dialer.config import Config
from dialer.core.messages import LeadsChanged, ListChanged
from dialer.errors import ConfigError
from dialer.feeds.run import Feed, Went
from dialer.feeds.schedule import next_go
from dialer.store import Store
from dialer.store.feed_log import FeedRun

app = typer.Typer(help="Feeds: what clients send and get, by the configuration's tables.", no_args_is_help=True)


@app.command("list")
def list_(*, config: ConfigFile = None, json: JsonFile = None) -> None:
    """Every feed, when it goes next, and how it went last."""
    reach = Reach.of(config)
    feeds = _config(reach).feeds

    async def doing(store: Store) -> dict[str, FeedRun | None]:
        return {one.name: next(iter(await store.feeds.list(one.name, limit=1)), None) for one in feeds}

    last = run(reach.in_store(doing))
    rows = [
        {
            "feed": one.name,
            "client": one.client,
            "way": one.way,
            "place": one.place.rpartition("@")[2],
            "next": told(next_go(one, time.time())),
            "last": last[one.name].state if last[one.name] else "",  # type: ignore[union-attr]
        }
        for one in feeds
    ]
    if json is not None:
        write_json(rows, json)
    else:
        show_table(("feed", "client", "way", "place", "next", "last"), [tuple(row.values()) for row in rows])


@app.command("run")
def run_(
    name: Annotated[str, typer.Argument(help="The feed.")], *, config: ConfigFile = None, json: JsonFile = None
) -> None:
    """Let one feed go now, beside its schedule. What it stops, the engine finds at the next dial."""
    reach = Reach.of(config)
    settings = next((one for one in _config(reach).feeds if one.name == name), None)
    if settings is None:
        raise ConfigError(f"there is no [[feed]] named {name!r}")

    async def doing(store: Store) -> Went:
        changed: list[LeadsChanged | ListChanged] = []
        return await Feed(settings, store, changed.append, time.time).go()

    went = run(reach.in_store(doing))
    if json is not None:
        write_json(asdict(went), json)
    else:
        typer.echo(f"{name}: {went.rows} rows, {went.rejected} rejected, {went.files} files")
        for line in went.told:
            typer.echo(line, err=True)


@app.command("log")
def log(
    name: Annotated[str | None, typer.Argument(help="The feed; without: all.")] = None,
    *,
    config: ConfigFile = None,
    json: JsonFile = None,
) -> None:
    """The last goes, newest first."""
    reach = Reach.of(config)

    async def doing(store: Store) -> tuple[FeedRun, ...]:
        return await store.feeds.list(name)

    found = run(reach.in_store(doing))
    if json is not None:
        write_json([asdict(one) for one in found], json)
        return
    show_table(
        ("feed", "begun", "ended", "state", "rows", "rejected", "told"),
        [
            (one.feed, told(one.begun_at), told(one.ended_at), one.state, one.row_count, one.rejected, one.error)
            for one in found
        ],
    )


def _config(reach: Reach) -> Config:
    assert reach.config is not None
    return reach.config
