"""What `dialer validate` does: read, simulate, compare, print, draw, write JSON."""

import asyncio
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from asterisk_config.lab import LabError
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.cli.reach import Reach
from dialer.cli.times import meant, told
from dialer.errors import ConfigError
from simulation.demo.children import ChildError
from simulation.demo.folder import FolderError
from simulation.intervals import Interval
from simulation.past import looking_back
from simulation.replications import cores
from simulation.scenario import find
from simulation.validate.lab import MEASURES as OF_LAB
from simulation.validate.lab import TARGETS, Compared, compare, play
from simulation.validate.past_day import MEASURES, Covered, Held, PastDay, Verdict, judge, past_day
from simulation.validate.script import checked

DAY_S = 86_400.0
LABELS = {
    "occupancy": ("occupancy %", 100.0, 1),
    "connected": ("connected", 1.0, 0),
    "abandoned": ("abandoned", 1.0, 0),
    "abandon_ratio": ("abandoned % of people", 100.0, 2),
    "talk_min": ("talk, minutes", 1.0, 0),
    "placed": ("calls placed", 1.0, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about a past day."""

    campaign: str
    day: str
    between: tuple[str, str] | None
    simulations: int
    jobs: int
    png: Path | None


def of_day(asked: Asked, *, config: Path | None, database: str | None, file: Path | None) -> None:
    """Forecast a past day and tell how it compares. Raises PastError, NotFoundError, StoreError."""
    writable(asked.png, file)
    day = asyncio.run(_read(asked, Reach.of(config, database).database))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("the day once more", total=asked.simulations)
        verdict = judge(
            day, simulations=asked.simulations, jobs=asked.jobs or cores(), progress=lambda: bar.advance(task)
        )
    if asked.png is not None:
        draw(day, verdict, asked.png)
    if file is not None:
        write_json(_day_as_json(day, verdict), file)
    if file != STANDARD_OUTPUT:
        _show_day(day, verdict, asked.simulations)


async def _read(asked: Asked, url: str) -> PastDay:
    since = meant(asked.day)
    training = (meant(asked.between[0]), meant(asked.between[1])) if asked.between is not None else None
    async with looking_back(url) as store:
        campaign = await store.campaigns.find(asked.campaign)
        return await past_day(store, campaign, (since, since + DAY_S), training)


def _day_as_json(day: PastDay, verdict: Verdict) -> dict[str, object]:
    return {
        "campaign": day.campaign.name,
        "since": day.since,
        "until": day.until,
        "trained_on_calls": day.trained_on,
        "in_sample": day.in_sample,
        "agents": day.scenario.staff,
        "day": [{**asdict(one), "inside": one.inside} for one in verdict.day],
        "hours": [{**asdict(one), "inside": one.inside} for one in verdict.hours],
        "coverage": verdict.coverage,
        "covered": [
            {"measure": one.measure, "hours": len(one.hours), "inside": one.inside, "doubtful": one.doubtful}
            for one in verdict.covered
        ],
    }


def _show_day(day: PastDay, verdict: Verdict, simulations: int) -> None:
    say = sys.stdout.write
    say(f"{day.campaign.name}, {told(day.since)[:16]} to {told(day.until)[11:16]}, {day.scenario.staff} agents; ")
    say(f"laws fitted to {day.trained_on:,} calls ")
    say("OF THE DAY ITSELF: nothing was recorded before it\n" if day.in_sample else "of the time before\n")
    show_table(
        ("the whole day", "forecast (9 of 10)", "what came", "off by", "", "of its hours inside"),
        [
            (LABELS[one.measure][0], _interval(one.forecast, one.measure), _number(one.fact, one.measure),
             _off(one), "inside" if one.inside else "OUTSIDE", _covered(hours))
            for one, hours in zip(verdict.day, verdict.covered, strict=True)
        ],
    )  # fmt: skip
    count = sum(one.inside for one in verdict.hours)
    say(f"hour by hour {count} of {len(verdict.hours)} figures lay inside ({100 * verdict.coverage:.0f} %); ")
    say(f"90 % is what the intervals promise ({simulations} simulations)\n")
    if any(one.doubtful for one in verdict.covered):
        say("TOO FEW: by chance less than once in twenty days; do not trust that figure's intervals\n")


def _covered(one: Covered) -> str:
    return f"{one.inside} of {len(one.hours)}{', TOO FEW' if one.doubtful else ''}"


def _off(one: Held) -> str:
    if one.measure == "occupancy":
        return f"{100 * (one.forecast.mean - one.fact):+.1f} points"
    if one.measure == "abandoned" or not one.fact:
        return f"{one.forecast.mean - one.fact:+.0f}"
    return f"{100 * (one.forecast.mean - one.fact) / one.fact:+.1f} %"


def _number(value: float, measure: str, sign: str = "") -> str:
    _, factor, digits = LABELS[measure]
    return f"{factor * value:{sign},.{digits}f}"


def _interval(one: Interval, measure: str) -> str:
    if one.low is None or one.high is None:
        return _number(one.mean, measure)
    return f"{_number(one.mean, measure)} ({_number(one.low, measure)} to {_number(one.high, measure)})"


def draw(day: PastDay, verdict: Verdict, path: Path) -> None:
    """Hour by hour: the forecast as a band, what came as dots. Raises ConfigError where it cannot be written."""
    figure = Figure(figsize=(12, 7), layout="constrained")
    for axis, measure in zip(figure.subplots(2, 2).flat, MEASURES, strict=True):
        held = [one for one in verdict.hours if one.measure == measure]
        label, factor, _ = LABELS[measure]
        at = list(range(len(held)))
        for name, colour, width in (("low", "#c44e52", 0.0), ("high", "#c44e52", 0.0)):
            axis.plot(
                at, [factor * (getattr(one.forecast, name) or 0.0) for one in held], color=colour, linewidth=width
            )
        axis.fill_between(
            at,
            [factor * (one.forecast.low or 0.0) for one in held],
            [factor * (one.forecast.high or 0.0) for one in held],
            color="#c44e52", alpha=0.18, label="9 of 10 futures",
        )  # fmt: skip
        axis.plot(at, [factor * one.forecast.mean for one in held], color="#c44e52", label="forecast")
        axis.plot(at, [factor * one.fact for one in held], "o", color="#4878a8", label="what came")
        axis.set_title(label)
        axis.set_xticks(at, [told(one.since)[11:16] for one in held])
        axis.set_ylim(bottom=0)
    figure.axes[0].legend()
    inside = f"{100 * verdict.coverage:.0f} % of hourly figures inside (90 % promised)"
    figure.suptitle(f"{day.campaign.name}, {told(day.since)[:10]}: {inside}")
    try:
        figure.savefig(path, dpi=90)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


# ---------------------------------------------------------------- the lab


def of_lab(
    name: str, *, seed: int, minutes: float, simulations: int, standin: bool, jobs: int, file: Path | None
) -> None:
    """Play a scenario in real time, simulate it, and tell the difference. Raises ConfigError."""
    writable(file)
    scenario = checked(find(name))
    try:
        lab = play(scenario, seed, minutes, Console(stderr=True), standin=standin)
    except (LabError, ChildError, FolderError) as error:
        raise ConfigError(str(error)) from error
    with Console(stderr=True).status("simulating"):
        found = compare(scenario, lab, seed=seed, minutes=minutes, simulations=simulations, jobs=jobs or cores())
    if file is not None:
        write_json(_lab_as_json(name, found, standin=standin), file)
    if file != STANDARD_OUTPUT:
        _show_lab(name, found, standin=standin)


def _lab_as_json(name: str, found: Compared, *, standin: bool) -> dict[str, object]:
    return {
        "scenario": name,
        "switch": "stand-in" if standin else "asterisk",
        "minutes": found.minutes,
        "simulations": found.simulations,
        "lab": {one: getattr(found.lab, one) for one in OF_LAB},
        "simulated": {one: asdict(found.simulated[one]) for one in OF_LAB},
        "targets": [
            {"measure": one.measure, "within": one.within, "difference": found.difference(one), "met": found.met(one)}
            for one in TARGETS
        ],
    }


def _show_lab(name: str, found: Compared, *, standin: bool) -> None:
    say = sys.stdout.write
    where = "the stand-in switch" if standin else "a real Asterisk"
    say(f"{name}, {found.minutes:g} minutes on {where} and {found.simulations} times in simulation, the same people\n")
    targets = {one.measure: one for one in TARGETS}
    rows = []
    for key in OF_LAB:
        one, target = found.simulated[key], targets.get(key)
        fact = getattr(found.lab, key)
        inside = one.low is not None and one.high is not None and one.low <= fact <= one.high
        goal = ""
        if target is not None:
            off = 100 * found.difference(target)
            unit = "%" if target.relative else "points"
            goal = f"{off:+.1f} {unit}, {'met' if found.met(target) else 'NOT MET'} (within {100 * target.within:g})"
        rows.append((LABELS[key][0], _number(fact, key), _interval(one, key), "yes" if inside else "no", goal))
    show_table(("", "in real time", "simulated (9 of 10)", "inside", "simulated less real"), rows)
