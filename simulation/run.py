"""What the commands `simulate` and `soak` do: run, show progress, print, write JSON."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn, track

from dialer.cli.output import STANDARD_OUTPUT, show_table, write_json
from dialer.core.engine import Engine
from dialer.core.model import Mode
from dialer.errors import ConfigError
from simulation.report import Day, Tally
from simulation.scenario import Scenario, find, in_mode, names
from simulation.soak import Verdict, run_seed
from simulation.world.watching import Trace
from simulation.world.world import World

STEP_S = 60.0
COLUMNS = (
    "mode", "seed", "placed", "people", "connected", "abandoned", "abandoned %", "occupancy %", "people/agent h"
)  # fmt: skip


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


def show_scenarios() -> None:
    """The built-in scenarios."""
    found = (find(name) for name in names())
    rows = ((one.name, one.agents, f"{one.hours:g} h", one.campaigns[0].mode) for one in found)
    show_table(("scenario", "agents", "length", "mode"), rows)


# ---------------------------------------------------------------- simulate


def live(scenario: Scenario, seed: int) -> Iterator[Day | None]:
    """Live through the scenario: None after each simulated minute, the day's figures in the end."""
    world = World(Engine, scenario, seed, keep_all=False)
    tally = Tally(world, seed)
    world.begin()
    for _ in range(round(scenario.hours * 3600.0 / STEP_S)):
        world.run(STEP_S)
        tally.take()
        yield None
    yield tally.day()


def simulate(
    name: str, seeds: Sequence[int], *, hours: float | None, modes: Sequence[Mode], json_file: Path | None
) -> None:
    """Run every mode with every seed, show a table, write JSON where asked for."""
    found = find(name)
    scenario = replace(found, hours=hours) if hours is not None else found
    runs = [(one, seed) for one in ([in_mode(scenario, mode) for mode in modes] or [scenario]) for seed in seeds]
    days = list[Day]()
    began = time.perf_counter()
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        for one, seed in runs:
            task = progress.add_task(f"{one.name} {seed}", total=one.hours * 3600.0 / STEP_S)
            for day in live(one, seed):
                progress.advance(task)
                if day is not None:
                    days.append(day)
    if json_file != STANDARD_OUTPUT:
        show_table(COLUMNS, (_row(day) for day in days))
    if json_file is not None:
        seconds = round(time.perf_counter() - began, 3)
        write_json({"scenario": scenario.name, "seconds": seconds, "days": [day.as_dict() for day in days]}, json_file)


def _row(day: Day) -> tuple[object, ...]:
    return (
        "+".join(day.modes), day.seed, day.placed, day.answered_people, day.connected_people, day.abandoned,
        _percent(day.abandon_ratio), _percent(day.occupancy),
        f"{day.people_per_agent_hour:.2f}" if day.people_per_agent_hour is not None else None,
    )  # fmt: skip


def _percent(share: float | None) -> str | None:
    return f"{100 * share:.2f}" if share is not None else None


# ---------------------------------------------------------------- soak


def soak(seeds: range, *, jobs: int, trace_file: Path | None, json_file: Path | None) -> int:
    """Run all seeds; 1 where a law was broken, else 0."""
    say = (sys.stderr if json_file == STANDARD_OUTPUT else sys.stdout).write
    began = time.perf_counter()
    broken, total, events = list[Verdict](), 0, 0
    for verdict in track(_verdicts(seeds, jobs), total=len(seeds), description="soak", console=Console(stderr=True)):
        total += 1
        events += verdict.events
        if verdict.check:
            broken.append(verdict)
            say(f"SEED={verdict.seed} {verdict.check}: {verdict.text}\n  repeat: {_again(verdict)}\n")
    if trace_file is not None:
        kept = Trace(keep=True)
        run_seed(seeds[-1], trace=kept)
        trace_file.write_text("\n".join(kept.lines) + "\n", encoding="utf-8")
    seconds = time.perf_counter() - began
    say(f"{total} seeds, {events} events, {len(broken)} violations in {seconds:.1f} s\n")
    if json_file is not None:
        write_json(
            {
                "seeds": [seeds.start, seeds.stop],
                "events": events,
                "seconds": round(seconds, 3),
                "violations": [asdict(verdict) for verdict in broken],
                "by_check": dict(Counter(verdict.check for verdict in broken)),
            },
            json_file,
        )
    if broken:
        say(f"SEED={broken[0].seed} {broken[0].check}\n  repeat: {_again(broken[0])}\n")
    return 1 if broken else 0


def _verdicts(seeds: Iterable[int], jobs: int) -> Iterator[Verdict]:
    if jobs == 1:
        yield from map(run_seed, seeds)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(run_seed, seeds)


def _again(verdict: Verdict) -> str:
    return f"dialer soak --seeds {verdict.seed}:{verdict.seed + 1} --trace seed-{verdict.seed}.txt"
