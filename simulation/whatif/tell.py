"""What `dialer forecast` does: ask, print, write JSON."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.cli.reach import Reach
from dialer.cli.times import meant, told
from dialer.errors import ConfigError
from simulation.intervals import Interval
from simulation.past import looking_back
from simulation.whatif.ask import as_plain, ask, proposal_of
from simulation.whatif.forecast import NICE, Forecast

NAMES = {
    "occupancy": ("occupancy %", 100.0, 1),
    "connected": ("connected", 1.0, 0),
    "abandoned": ("abandoned", 1.0, 1),
    "abandon_ratio": ("abandoned % of people", 100.0, 2),
    "talk_min": ("talk, minutes", 1.0, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command's options."""

    campaign: str
    change: Mapping[str, object]
    minutes: float
    until: str | None
    at: str | None
    seconds: float


def tell(asked: Asked, *, config: Path | None, database: str | None, json_file: Path | None) -> None:
    """Make the forecast and tell it. Raises ConfigError, PastError, TooSlowError, StoreError."""
    writable(json_file)
    os.nice(NICE)
    with Console(stderr=True).status("simulating"):
        found = asyncio.run(_ask(asked, Reach.of(config, database).database))
    if json_file is not None:
        write_json(as_plain(found), json_file)
    if json_file != STANDARD_OUTPUT:
        show(found)


async def _ask(asked: Asked, url: str) -> Forecast:
    at = time.time() if asked.at is None else meant(asked.at)
    minutes = asked.minutes if asked.until is None else (meant(asked.until) - at) / 60.0
    if minutes <= 0:
        raise ConfigError(f"--until {asked.until}: that is over already")
    async with looking_back(url) as store:
        campaign = await store.campaigns.find(asked.campaign)
        change = proposal_of(asked.change)
        return await ask(store, campaign.id, change, minutes=minutes, at=at, budget_s=asked.seconds)


def show(found: Forecast) -> None:
    """Print it."""
    say = sys.stdout.write
    say(f"{told(found.at)}, the next {found.minutes:g} minutes; {found.futures} futures in {found.seconds:.1f} s")
    say(", clear before time was up\n" if found.clear else "\n")
    if found.thin:
        say(f"learned from {found.calls} calls alone: what is usual elsewhere weighs in\n")
    if found.minutes < found.asked_minutes:
        say(f"{found.asked_minutes:g} minutes were asked for; with more --seconds one sees further\n")
    columns = ["9 of 10 futures lie within", "as it is"]
    rows = [[name, _figures(found.present[key], key)] for key, (name, *_) in NAMES.items()]
    if found.changed is not None and found.differences is not None:
        columns += ["with the change", "difference, 95 %", ""]
        for row, key in zip(rows, NAMES, strict=True):
            one = found.differences[key]
            row += [_figures(found.changed[key], key), _figures(one, key, sign=True), _verdict(one)]
    show_table(columns, rows)
    if found.list_ends_in_s is not None:
        ends = found.list_ends_in_s
        say(f"every open lead will have been dialled by {told(found.at + ends.mean)[:16]}")
        if ends.low is not None and ends.high is not None:
            say(f" (between {told(found.at + ends.low)[11:16]} and {told(found.at + ends.high)[11:16]})")
        say("\n")


def _figures(one: Interval, key: str, *, sign: bool = False) -> str:
    _, factor, digits = NAMES[key]
    form = f"{'+' if sign else ''}.{digits}f"
    if one.low is None or one.high is None:
        return f"{factor * one.mean:{form}}"
    return f"{factor * one.mean:{form}} ({factor * one.low:{form}} to {factor * one.high:{form}})"


def _verdict(one: Interval) -> str:
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return "not shown"
    return "more" if one.mean > 0 else "less"
