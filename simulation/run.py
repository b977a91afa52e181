"""What the command `simulate` does: run, show progress, print, write JSON, pages and pictures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dialer import __version__
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation.extras import require
from simulation.replications import Task, cores, run_all, steps_of
from simulation.report import Day
from simulation.scenario import Scenario, find, names
from simulation.summary import (
    MEASURES,
    Difference,
    Findings,
    Summary,
    differences,
    shown,
    shown_interval,
    summary,
)
from simulation.variants import Strategy, strategies

COLUMNS = (
    "seed", "date", "calls", "people", "talked", "right", "promised", "abandoned", "occupied", "talks/h",
)  # fmt: skip
DAY_H = 24.0
ROWS_MAX = 40  # of days, on a terminal
AHEAD = frozenset({Mode.PREDICTIVE, Mode.PROGRESSIVE})


def read_seeds(text: str) -> range:
    """A:B as a range. Raises ConfigError."""
    first, colon, last = text.partition(":")
    try:
        seeds = range(int(first), int(last) if colon else int(first) + 1)
    except ValueError as error:
        raise ConfigError(f"--seeds {text}: two whole numbers, as 0:50") from error
    if not seeds:
        raise ConfigError(f"--seeds {text}: no seed lies in between; the second number must be the greater one")
    return seeds


def show_scenarios(json_file: Path | None) -> None:
    """The scenarios of the library."""
    found = [find(name) for name in names()]
    if json_file is not None:
        rows = [
            {"name": one.name, "title": one.title, "agents": one.staff, "hours": one.hours, "sources": one.sources,
             "leads": [plan.leads for plan in one.campaigns], "modes": [str(plan.mode) for plan in one.campaigns]}
            for one in found
        ]  # fmt: skip
        write_json(rows, json_file)
    if json_file != STANDARD_OUTPUT:
        columns = ("scenario", "agents", "leads", "hours", "what it is")
        show_table(columns, ((one.name, one.staff, _leads(one), f"{one.hours:g}", one.title) for one in found))


def _leads(scenario: Scenario) -> str:
    return f"{sum(plan.leads for plan in scenario.campaigns):,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be simulated, and where it is to be told."""

    name: str
    seeds: Sequence[int]
    days: int = 1
    hours: float | None = None
    modes: Sequence[Mode] = ()
    compare: str = ""
    jobs: int = 0  # 0: one for each core
    json_file: Path | None = None
    html_file: Path | None = None
    png_folder: Path | None = None


def simulate(wish: Wish) -> None:
    """Run every strategy with every seed, print what they came to, write what was asked for."""
    if wish.html_file is not None or wish.png_folder is not None:
        require("tuning", "matplotlib")
    writable(wish.json_file, wish.html_file)
    if wish.png_folder is not None and wish.png_folder.exists() and not wish.png_folder.is_dir():
        raise ConfigError(f"{wish.png_folder}: cannot be written (it is no folder)")
    found = find(wish.name)
    scenario = replace(found, hours=wish.hours) if wish.hours is not None else found
    if wish.days > 1 and scenario.hours > DAY_H:
        raise ConfigError(f"days of {scenario.hours:g} hours cannot come one after the other; {DAY_H:g} are the most")
    plans = strategies(scenario, wish.compare, wish.modes)
    tasks = [Task(number, plan, seed, wish.days) for seed in wish.seeds for number, plan in enumerate(plans)]
    began = time.perf_counter()
    days = _with_progress(tasks, wish.jobs or cores())
    seconds = round(time.perf_counter() - began, 3)
    summaries = tuple(
        summary(plan.name, [day for seed in wish.seeds for day in days[number, seed]], _cap(plan))
        for number, plan in enumerate(plans)
    )
    told = differences(summaries[0], summaries[1:]) if len(summaries) > 1 else []
    if wish.json_file != STANDARD_OUTPUT:
        _print(summaries, told)
    if wish.json_file is not None:
        write_json(_as_dict(scenario, wish, summaries, told, seconds), wish.json_file)
    if wish.html_file is not None or wish.png_folder is not None:
        footer = f"Cadencia {__version__}, seeds {wish.seeds[0]} to {wish.seeds[-1]}; simulated in {seconds:.1f} s."
        findings = Findings(
            scenario=scenario,
            summaries=summaries,
            differences=tuple(told),
            sentences=tuple(sentences(summaries, told)),
            caution=caution(summaries[0]),
            footer=footer,
        )
        _draw(wish, findings)


def _with_progress(tasks: Sequence[Task], jobs: int) -> dict[tuple[int, int], list[Day]]:
    total = sum(steps_of(task.strategy.scenario, task.days) for task in tasks)
    used = min(jobs, len(tasks))
    text = f"{len(tasks)} {'run' if len(tasks) == 1 else 'runs'} on {used} {'core' if used == 1 else 'cores'}"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("spans of 5 minutes"),
               TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(text, total=total)
        return run_all(tasks, jobs, lambda steps: progress.advance(task, steps))


def _cap(strategy: Strategy) -> float | None:
    """The strictest cap of what dials ahead; None where nothing does."""
    caps = [plan.abandon_cap for plan in strategy.scenario.campaigns if plan.mode is Mode.PREDICTIVE]
    return min(caps, default=None)


# ---------------------------------------------------------------- told


def sentences(summaries: Sequence[Summary], told: Sequence[Difference]) -> list[str]:
    """What was found, in words."""
    keys = ("occupancy", "people", "abandoned") if len(summaries) > 1 else ()
    found = [one.sentence + "." for one in told if one.measure.key in keys]
    return [_in_words(summaries[0]), *found, *(_of_callers(one) for one in summaries if _callers(one))]


def _callers(one: Summary) -> int:
    return sum(day.callers.count for day in one.days)


def _of_callers(one: Summary) -> str:
    """People who called back, by themselves: they are in no other figure but the agents' time."""
    count, taken = _callers(one), sum(day.callers.taken for day in one.days)
    waits = [day.callers.wait_p50_s for day in one.days if day.callers.wait_p50_s is not None]
    text = f"{one.name}: {count / len(one.days):.0f} people a day called back, {100 * taken / count:.1f} % met an agent"
    return f"{text}, half of them within {fmean(waits):.0f} s." if waits else f"{text}."


def _in_words(one: Summary) -> str:
    figures = {measure.key: measure for measure in MEASURES}

    def figure(key: str) -> str:
        found = one.figures[key]
        text = shown(found.mean if found else None, figures[key])
        span = shown_interval(found, figures[key])
        return f"{text} ({span})" if span else text

    text = f"{one.name}: agents were busy {figure('occupancy')} of their time and spoke with {figure('people')} people "
    text += f"an hour each; {figure('abandoned')} of the people who answered met nobody in time"
    if one.cap is None or one.days_above_cap is None:
        return text + "."
    return f"{text}, of {100 * one.cap:g} % allowed: {one.days_above_cap} of {len(one.days)} days were above that."


def caution(one: Summary) -> str:
    """What must be known of the intervals."""
    if one.replications == 1:
        return "One day alone: chance is not told apart from what lasts. More seeds (--seeds 1:11) give intervals."
    if not one.by_seed:
        return (
            f"Intervals hold with 95 %, from {one.replications} days of one list: days in a row resemble each other, "
            "so take them as too narrow; several seeds (--seeds 1:11) are sounder."
        )
    return f"Intervals hold with 95 %, from {one.replications} independent seeds."


def _print(summaries: Sequence[Summary], told: Sequence[Difference]) -> None:
    several = len(summaries) > 1
    rows = [(one.name, *_row(day))[not several :] for one in summaries for day in one.days]
    show_table(("strategy", *COLUMNS)[not several :], rows[:ROWS_MAX])
    write = Console(soft_wrap=True, highlight=False).print
    if len(rows) > ROWS_MAX:
        write(f"... and {len(rows) - ROWS_MAX} days more (--json tells all)")
    write("")
    for sentence in sentences(summaries, told):
        write(sentence)
    write(caution(summaries[0]))


def _row(day: Day) -> tuple[object, ...]:
    missed = day.abandoned + day.cut_off
    return (
        day.seed, day.date, day.placed, day.answered_people, day.connected_people, day.right_parties, day.promises,
        f"{missed} ({_percent(day.abandon_ratio, 2)})", _percent(day.occupancy, 1),
        f"{day.people_per_agent_hour:.2f}" if day.people_per_agent_hour is not None else None,
    )  # fmt: skip


def _percent(share: float | None, places: int) -> str:
    return f"{100 * share:.{places}f} %" if share is not None else "-"


def _as_dict(
    scenario: Scenario, wish: Wish, summaries: Sequence[Summary], told: Sequence[Difference], seconds: float
) -> dict[str, object]:
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "version": __version__,
        "seeds": list(wish.seeds),
        "days_each": wish.days,
        "seconds": seconds,
        "strategies": [one.as_dict() for one in summaries],
        "differences": [one.as_dict() for one in told],
        "days": [{"strategy": one.name, **day.as_dict()} for one in summaries for day in one.days],
    }


def _draw(wish: Wish, findings: Findings) -> None:
    from simulation import page, plots  # noqa: PLC0415 - they need the extra, and take a second

    drawn = list(plots.pictures(findings.summaries, findings.differences))
    if wish.html_file is not None:
        try:
            wish.html_file.write_text(page.page(findings, drawn), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{wish.html_file}: cannot be written ({error.strerror})") from error
    if wish.png_folder is not None:
        try:
            plots.save_pngs(drawn, wish.png_folder)
        except OSError as error:
            raise ConfigError(f"{wish.png_folder}: cannot be written ({error.strerror})") from error
