"""Whether two machines, Pythons or hash seeds live the same days: one fingerprint of all that was told and done.

It is taken of every event and every command of the engine with its time, so it is the same only where all of them are.
"""

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from dialer import __version__
from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from simulation.pools import pool
from simulation.replications import Task, cores, live
from simulation.texts import Tongue
from simulation.world.watching import Trace


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of one strategy under one seed."""

    strategy: str
    seed: int
    events: int
    fingerprint: str


def of(task: Task) -> Fingerprint:
    """Live through the task's days, and take it."""
    trace, events = Trace(), 0
    for day in live(task.strategy.scenario, task.seed, task.days, trace):
        events += day.events if day is not None else 0
    return Fingerprint(task.strategy.name, task.seed, events, trace.digest())


def tell(tasks: Sequence[Task], *, jobs: int, json_file: Path | None, tongue: Tongue) -> None:
    """Take those of all tasks, and print or write them, with what might have made them differ."""
    writable(json_file)
    taken = _taken(tasks, min(jobs or cores(), len(tasks)))
    found = list(track(taken, tongue.t("simulating"), total=len(tasks), console=Console(stderr=True)))
    python = platform.python_version()
    hash_seed = (os.environ.get("PYTHONHASHSEED") or "random") if sys.flags.hash_randomization else "0"
    if json_file is not None:
        told = {"version": __version__, "python": python, "hash_seed": hash_seed}
        write_json(told | {"fingerprints": [asdict(one) for one in found]}, json_file)
    if json_file != STANDARD_OUTPUT:
        heads = [tongue.t("column.strategy"), tongue.t("column.seed"), tongue.t("column.events")]
        heads.append(tongue.t("column.fingerprint"))
        show_table(heads, [(one.strategy, one.seed, tongue.number(one.events), one.fingerprint) for one in found])
        say = Console(soft_wrap=True, highlight=False).print
        say(f"Cadencia {__version__}, Python {python}, PYTHONHASHSEED {hash_seed}")


def _taken(tasks: Sequence[Task], jobs: int) -> Iterator[Fingerprint]:
    if jobs == 1:
        yield from map(of, tasks)
        return
    with pool(jobs) as executor:
        yield from executor.map(of, tasks)
