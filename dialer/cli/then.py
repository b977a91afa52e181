"""Why a campaign dialled as it did at an instant, from the decisions that were kept. Needs no running server."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import typer

from dialer.cli.language import reason
from dialer.cli.output import show_table, write_json
from dialer.cli.reach import Reach, run
from dialer.cli.times import meant
from dialer.core.model import DecisionRecord
from dialer.store import Store

BACK_S = 3600.0  # a decision of before stands until there is another; so long is looked back
AFTER_S = 60.0
BESIDE = 5  # decisions shown before and after
FIGURES = {"risk": "{:.1%}", "cap": "{:.1%}", "price": "{:.0f} s", "frees": "{:.1f}", "answers": "{:.1f}"}


def instant_of(text: str, now: float) -> float:
    """The instant of an ISO date-time, or of a bare time of day: the last one of that time up to `now`.

    Raises typer.BadParameter.
    """
    try:
        clock = time_of_day.fromisoformat(text)
    except ValueError:
        return meant(text)
    today = datetime.fromtimestamp(now).astimezone()
    at = datetime.combine(today.date(), clock).astimezone()
    return (at if at <= today else at - timedelta(days=1)).timestamp()


def tell_then(reach: Reach, name: str, text: str, json: Path | None, *, language: str = "en") -> None:
    """Print the decision in force at the instant, what it was made of, and those around it."""
    at = instant_of(text, time.time())

    async def doing(store: Store) -> tuple[DecisionRecord, ...]:
        campaign = await store.campaigns.find(name)
        return await store.decisions.list(campaign.id, at - BACK_S, at + AFTER_S, limit=100_000)

    around = run(reach.in_store(doing))
    those = [one for one in around if at <= one.at < at + 1.0] or [one for one in around if one.at < at][-1:]
    if json is not None:
        write_json({"at": at, "decisions": [asdict(one) | {"inputs": dict(one.inputs)} for one in those]}, json)
        return
    if not those:
        typer.echo(f"no decision was kept in the hour before {_clock(at)}: it did not dial by itself")
        return
    for one in those:
        typer.echo(f"{_clock(one.at)}  {reason(one, language)}")
        typer.echo("  " + ", ".join(f"{key} {FIGURES.get(key, '{:g}').format(value)}" for key, value in one.inputs))
    first, last = around.index(those[0]), around.index(those[-1])
    beside = [*around[max(0, first - BESIDE) : first], *around[last + 1 : last + 1 + BESIDE]]
    if beside:
        typer.echo("\nbefore and after:")
        show_table(("at", "calls", "why"), [(_clock(one.at), one.calls, reason(one, language)) for one in beside])


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-5]
