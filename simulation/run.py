"""What the command `simulate` does: run, show progress, print, write JSON, pages and pictures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dialer import __version__
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation.extras import require
from simulation.fingerprint import tell as tell_fingerprints
from simulation.replications import Task, cores, run_all, steps_of
from simulation.report import Day
from simulation.scenario import Scenario, find, lasting, names
from simulation.summary import Difference, Findings, Summary, differences, summary
from simulation.texts import ENGLISH, Tongue, text_key
from simulation.variants import strategies
from simulation.wording import caution, difference, percent, sentences, title

COLUMNS = (
    text_key("column.seed"), text_key("column.date"), text_key("column.calls"), text_key("column.people"),
    text_key("column.talked"), text_key("column.right"), text_key("column.promised"), text_key("column.abandoned"),
    text_key("column.occupied"), text_key("column.talks_hour"),
)  # fmt: skip
OF_SCENARIO = (
    text_key("column.scenario"), text_key("column.agents"), text_key("column.leads"), text_key("column.hours"),
    text_key("column.what"),
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


def show_scenarios(json_file: Path | None, tongue: Tongue = ENGLISH) -> None:
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
        columns = [tongue.t(key) for key in OF_SCENARIO]
        lines = [
            (one.name, one.staff, _leads(one, tongue), tongue.plain(one.hours), title(one, tongue)) for one in found
        ]
        show_table(columns, lines)


def _leads(scenario: Scenario, tongue: Tongue) -> str:
    return tongue.number(sum(plan.leads for plan in scenario.campaigns))


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
    fingerprint: bool = False  # of each replication, in place of what it came to
    tongue: Tongue = ENGLISH


def simulate(wish: Wish) -> None:
    """Run every strategy with every seed, print what they came to, write what was asked for."""
    drawn = wish.html_file is not None or wish.png_folder is not None
    if drawn and wish.fingerprint:
        raise ConfigError("--fingerprint tells nothing that could be drawn: leave --html and --png out")
    if drawn:
        require("tuning", "matplotlib")
    writable(wish.json_file, wish.html_file)
    if wish.png_folder is not None and wish.png_folder.exists() and not wish.png_folder.is_dir():
        raise ConfigError(f"{wish.png_folder}: cannot be written (it is no folder)")
    scenario = lasting(find(wish.name), wish.hours)
    if wish.days > 1 and scenario.hours > DAY_H:
        raise ConfigError(f"days of {scenario.hours:g} hours cannot come one after the other; {DAY_H:g} are the most")
    plans = strategies(scenario, wish.compare, wish.modes)
    tasks = [Task(number, plan, seed, wish.days) for seed in wish.seeds for number, plan in enumerate(plans)]
    if wish.fingerprint:
        tell_fingerprints(tasks, jobs=wish.jobs, json_file=wish.json_file, tongue=wish.tongue)
        return
    began = time.perf_counter()
    days = _with_progress(tasks, wish.jobs or cores(), wish.tongue)
    seconds = round(time.perf_counter() - began, 3)
    summaries = tuple(
        summary(plan.name, [day for seed in wish.seeds for day in days[number, seed]])
        for number, plan in enumerate(plans)
    )
    told = differences(summaries[0], summaries[1:]) if len(summaries) > 1 else []
    if wish.json_file != STANDARD_OUTPUT:
        _print(summaries, told, wish.tongue)
    if wish.json_file is not None:
        write_json(_as_dict(scenario, wish, summaries, told, seconds), wish.json_file)
    if drawn:
        first, last = wish.seeds[0], wish.seeds[-1]
        took = wish.tongue.number(seconds, 1)
        footer = wish.tongue.tn(
            "page.footer", len(wish.seeds), version=__version__, first=first, last=last, seconds=took
        )
        findings = Findings(
            scenario=scenario,
            summaries=summaries,
            differences=tuple(told),
            sentences=tuple(sentences(summaries, told, wish.tongue)),
            caution=caution(summaries[0], wish.tongue),
            footer=footer,
        )
        _draw(wish, findings)


def _with_progress(tasks: Sequence[Task], jobs: int, tongue: Tongue) -> dict[tuple[int, int], list[Day]]:
    total = sum(steps_of(task.strategy.scenario, task.days) for task in tasks)
    text = tongue.t("running", runs=tongue.tn("runs", len(tasks)), cores=tongue.tn("cores", min(jobs, len(tasks))))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(tongue.t("spans")),
               TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(text, total=total)
        return run_all(tasks, jobs, lambda steps: progress.advance(task, steps))


# ---------------------------------------------------------------- told


def _print(summaries: Sequence[Summary], told: Sequence[Difference], tongue: Tongue) -> None:
    several = len(summaries) > 1
    rows = [(one.name, *_row(day, tongue))[not several :] for one in summaries for day in one.days]
    show_table([tongue.t(key) for key in ("column.strategy", *COLUMNS)[not several :]], rows[:ROWS_MAX])
    write = Console(soft_wrap=True, highlight=False).print
    if len(rows) > ROWS_MAX:
        write(tongue.tn("days_more", len(rows) - ROWS_MAX))
    write("")
    for sentence in sentences(summaries, told, tongue):
        write(sentence)
    write(caution(summaries[0], tongue))


def _row(day: Day, tongue: Tongue) -> tuple[object, ...]:
    counts = day.placed, day.answered_people, day.connected_people, day.right_parties, day.promises
    talks = day.people_per_agent_hour
    return (
        day.seed, day.date, *map(tongue.number, counts),
        f"{tongue.number(day.missed)} ({percent(day.abandon_ratio, tongue)})",
        percent(day.occupancy, tongue, 1), None if talks is None else tongue.number(talks, 2),
    )  # fmt: skip


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
        "differences": [one.as_dict() | {"sentence": difference(one, wish.tongue)} for one in told],
        "days": [{"strategy": one.name, **day.as_dict()} for one in summaries for day in one.days],
    }


def _draw(wish: Wish, findings: Findings) -> None:
    from simulation import page, plots  # noqa: PLC0415 - they need the extra, and take a second

    drawn = list(plots.pictures(findings.summaries, findings.differences, wish.tongue))
    if wish.html_file is not None:
        try:
            wish.html_file.write_text(page.page(findings, drawn, wish.tongue), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{wish.html_file}: cannot be written ({error.strerror})") from error
    if wish.png_folder is not None:
        try:
            plots.save_pngs(drawn, wish.png_folder)
        except OSError as error:
            raise ConfigError(f"{wish.png_folder}: cannot be written ({error.strerror})") from error
