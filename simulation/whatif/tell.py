"""What `dialer forecast` does: ask, print, write JSON."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from dialer.cli.language import spoken
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.cli.reach import Reach
from dialer.cli.times import meant, told
from dialer.errors import ConfigError
from simulation.intervals import Interval
from simulation.past import looking_back
from simulation.texts import ENGLISH, Tongue, text_key
from simulation.whatif.ask import as_plain, ask, proposal_of
from simulation.whatif.forecast import NICE, Forecast

NAMES = {
    "occupancy": (text_key("forecast.occupancy"), 100.0, 1),
    "connected": (text_key("forecast.connected"), 1.0, 0),
    "abandoned": (text_key("forecast.abandoned"), 1.0, 1),
    "abandon_ratio": (text_key("forecast.abandon_ratio"), 100.0, 2),
    "talk_min": (text_key("forecast.talk_min"), 1.0, 0),
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
    language: str = ""


def tell(asked: Asked, *, config: Path | None, database: str | None, json_file: Path | None) -> None:
    """Make the forecast and tell it. Raises ConfigError, PastError, TooSlowError, StoreError."""
    writable(json_file)
    os.nice(NICE)
    reach = Reach.of(config, database)
    tongue = Tongue(spoken(asked.language, reach.config.web.locale if reach.config is not None else ""))
    with Console(stderr=True).status(tongue.t("simulating")):
        found = asyncio.run(_ask(asked, reach.database))
    if json_file is not None:
        write_json(as_plain(found), json_file)
    if json_file != STANDARD_OUTPUT:
        show(found, tongue)


async def _ask(asked: Asked, url: str) -> Forecast:
    at = time.time() if asked.at is None else meant(asked.at)
    minutes = asked.minutes if asked.until is None else (meant(asked.until) - at) / 60.0
    if minutes <= 0:
        raise ConfigError(f"--until {asked.until}: that is over already")
    async with looking_back(url) as store:
        campaign = await store.campaigns.find(asked.campaign)
        change = proposal_of(asked.change)
        return await ask(store, campaign.id, change, minutes=minutes, at=at, budget_s=asked.seconds)


def show(found: Forecast, tongue: Tongue = ENGLISH) -> None:
    """Print it."""
    say = Console(soft_wrap=True, highlight=False, markup=False).print
    head = {
        "at": told(found.at),
        "minutes": tongue.plain(found.minutes),
        "futures": tongue.number(found.futures),
        "seconds": tongue.number(found.seconds, 1),
    }
    say(tongue.t("forecast.clear", **head) if found.clear else tongue.t("forecast.head", **head))
    if found.thin:
        say(tongue.t("forecast.thin", calls=tongue.number(found.calls)))
    if found.minutes < found.asked_minutes:
        say(tongue.t("forecast.shorter", minutes=tongue.plain(found.asked_minutes)))
    columns = [tongue.t("column.futures"), tongue.t("column.as_is")]
    rows = [[tongue.t(name), _figures(found.present[key], key, tongue)] for key, (name, *_) in NAMES.items()]
    if found.changed is not None and found.differences is not None:
        columns += [tongue.t("column.with_change"), tongue.t("column.difference_95"), ""]
        for row, key in zip(rows, NAMES, strict=True):
            one = found.differences[key]
            row += [
                _figures(found.changed[key], key, tongue), _figures(one, key, tongue, sign=True), _verdict(one, tongue)
            ]  # fmt: skip
    show_table(columns, rows)
    if found.list_ends_in_s is not None:
        say(_list_end(found.at, found.list_ends_in_s, tongue))


def _list_end(at: float, ends: Interval, tongue: Tongue) -> str:
    when = told(at + ends.mean)[:16]
    if ends.low is None or ends.high is None or ends.low == ends.high:
        return tongue.t("forecast.list_ends", at=when)
    low, high = (_beside(when, told(at + end)[:16]) for end in (ends.low, ends.high))
    return tongue.t("forecast.list_ends_between", at=when, low=low, high=high)


def _beside(when: str, other: str) -> str:
    """A time; with its date where that is another one."""
    return other[11:] if other[:10] == when[:10] else other


def _figures(one: Interval, key: str, tongue: Tongue, *, sign: bool = False) -> str:
    _, factor, digits = NAMES[key]
    mean = tongue.number(factor * one.mean, digits, signed=sign)
    if one.low is None or one.high is None:
        return mean
    low, high = (tongue.number(factor * end, digits, signed=sign) for end in (one.low, one.high))
    span = tongue.t("interval", low=low, high=high)
    return f"{mean} ({span})"


def _verdict(one: Interval, tongue: Tongue) -> str:
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        return tongue.t("verdict.not_shown")
    return tongue.t("verdict.more") if one.mean > 0 else tongue.t("verdict.less")
