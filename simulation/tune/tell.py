"""What `dialer tune` does: search with a progress bar, prove, draw, write the strategy, say what it brings."""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from optuna.trial import FrozenTrial
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.errors import ConfigError
from simulation.pools import pool
from simulation.replications import cores
from simulation.scenario import find
from simulation.summary import MEASURES, shown, shown_interval
from simulation.tune.judging import frontier
from simulation.tune.proof import FINALISTS, Recommended, proofs, recommend
from simulation.tune.search import PACKED, Search, search
from simulation.tune.space import aim, read_constraint, read_space
from simulation.tune.strategy import no_difference, strategy_text

NONE_KEEPS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command's options."""

    scenario: str
    space: Path
    constraints: Sequence[str]
    maximize: str
    trials: int
    days: int
    hours: float | None
    out: Path
    storage: str | None
    jobs: int
    dask: str | None
    png: Path | None
    json_file: Path | None


def tell(asked: Asked) -> int:
    """Search and tell; 1 where no strategy keeps the constraints, else 0."""
    writable(asked.out, asked.png, asked.json_file)
    what = _what(asked)
    began = time.monotonic()
    with _executor(asked) as (executor, at_once):
        trials, given_up, found = _searched(what, asked, executor, at_once)
    seconds = time.monotonic() - began
    searched = (
        f"{len(trials) + given_up} strategies tried, {given_up} given up early, {asked.days} days each, "
        f"for most {what.maximize.label.lower()} with {', '.join(one.told() for one in what.constraints)}"
    )
    if found is not None:
        _write(asked.out, strategy_text(found, name=what.scenario.name, searched=searched, aim=what.maximize))
    if asked.png is not None:
        draw(what, trials, found, asked.png)
    if asked.json_file is not None:
        write_json(_as_json(what, trials, given_up, found, seconds), asked.json_file)
    if asked.json_file != STANDARD_OUTPUT:
        sys.stdout.write(f"{searched}; {seconds:.0f} s\n\n")
        _show(what, trials, found, asked)
    return 0 if found is not None else NONE_KEEPS


def _what(asked: Asked) -> Search:
    found = find(asked.scenario)
    scenario = replace(found, hours=asked.hours) if asked.hours is not None else found
    name = asked.storage or f"{scenario.name}-tune.db"
    return Search(
        scenario=scenario,
        space=read_space(asked.space),
        constraints=tuple(read_constraint(one) for one in asked.constraints),
        maximize=aim(asked.maximize),
        seeds=range(1, asked.days + 1),
        storage=name if "://" in name else f"sqlite:///{name}",
    )


@contextmanager
def _executor(asked: Asked) -> Iterator[tuple[Executor, int]]:
    """What lives through days, and how many at one time: processes here, or a cluster."""
    if asked.dask is None:
        jobs = asked.jobs or cores()
        with pool(jobs) as executor:
            yield executor, jobs
        return
    from distributed import Client  # noqa: PLC0415 - of an extra that most do without

    try:
        client: Any = Client(asked.dask, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ConfigError(f"--dask {asked.dask}: no scheduler answers there ({error})") from error
    with client:
        yield client.get_executor(), max(1, sum(client.nthreads().values()))


def _searched(
    what: Search, asked: Asked, executor: Executor, at_once: int
) -> tuple[list[FrozenTrial], int, Recommended | None]:
    """The finished trials, how many were given up, and what is recommended."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("strategies tried", total=asked.trials)
        given_up = 0

        def note(done: int, pruned: int) -> None:
            nonlocal given_up
            given_up = pruned
            bar.update(task, completed=done, description=f"strategies tried ({pruned} given up)")

        trials = search(what, executor, trials=asked.trials, at_once=at_once, progress=note)
        days = max(4, asked.days)
        proving = bar.add_task("proved on fresh days", total=proofs(FINALISTS, days))
        found = recommend(what, trials, executor, days=days, progress=lambda: bar.advance(proving))
    return trials, given_up, found


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def _frontier(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    points = [(one.value or 0.0, one.user_attrs[PACKED]["abandoned"]) for one in trials]
    return [trials[place] for place in frontier(points)]


def _keeps(one: FrozenTrial) -> bool:
    return all(broken <= 0 for broken in one.user_attrs["broken_by"])


def _show(what: Search, trials: Sequence[FrozenTrial], found: Recommended | None, asked: Asked) -> None:
    keys = [one.key for one in what.space]
    sys.stdout.write("the frontier: nothing tried reaches more with fewer abandoned\n")
    rows = [
        (one.number, shown(one.value, what.maximize), f"{100 * one.user_attrs[PACKED]['abandoned']:.2f} %",
         f"{100 * one.user_attrs[PACKED]['occupancy']:.1f} %", "yes" if _keeps(one) else "no",
         *(_short(one.params.get(key)) for key in keys))
        for one in _frontier(trials)
    ]  # fmt: skip
    show_table(("trial", what.maximize.label.lower(), "abandoned", "occupied", "keeps", *keys), rows)
    if found is None:
        sys.stdout.write("\nno strategy kept the constraints; widen the space, or ask for less\n")
        return
    caution = "" if found.keeps else "; CAUTION: on fresh days the constraints did not hold with that confidence"
    sys.stdout.write(f"\nrecommended: trial {found.trial}, on {found.days} days that it never saw{caution}\n")
    sys.stdout.write(f"it sets {', '.join(f'{key} = {_short(value)}' for key, value in found.values.items())}\n")
    show_table(
        ("", "it brings", "95 %", "against the scenario as it is, 95 %"),
        [
            (one.label, shown(found.figures[one.key].mean, one), shown_interval(found.figures[one.key], one),
             shown_interval(found.differences[one.key], one, signed=True))
            for one in MEASURES
            if one.key in found.figures and one.key in found.differences
        ],
    )  # fmt: skip
    if not found.shown(what.maximize.key):
        sys.stdout.write(f"{no_difference(what.maximize)} More --days may show one.\n")
    sys.stdout.write(f"written: {asked.out}; load it with: dialer campaign load NAME {asked.out} -c cadencia.toml\n")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def draw(what: Search, trials: Sequence[FrozenTrial], found: Recommended | None, path: Path) -> None:
    """The frontier as a picture. Raises ConfigError where it cannot be written."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    axis = figure.subplots()
    for keeps, colour, label in ((False, "#c9c9c9", "breaks a constraint"), (True, "#4878a8", "keeps them")):
        some = [one for one in trials if _keeps(one) is keeps]
        places = [100 * one.user_attrs[PACKED]["abandoned"] for one in some]
        if some:
            axis.scatter(places, [what.maximize.factor * (one.value or 0.0) for one in some], c=colour, label=label)
    line = _frontier(trials)
    axis.step(
        [100 * one.user_attrs[PACKED]["abandoned"] for one in line],
        [what.maximize.factor * (one.value or 0.0) for one in line],
        where="post", color="#c44e52", label="frontier",
    )  # fmt: skip
    if found is not None and {"abandoned", what.maximize.key} <= found.figures.keys():
        x, y = found.figures["abandoned"], found.figures[what.maximize.key]
        axis.errorbar(
            100 * x.mean, what.maximize.factor * y.mean,
            xerr=100 * (x.half or 0.0), yerr=what.maximize.factor * (y.half or 0.0),
            fmt="D", color="#2c7a3f", capsize=4, label="recommended, on fresh days (95 %)",
        )  # fmt: skip
    for one in what.constraints:
        if one.measure.key == "abandoned":
            axis.axvline(100 * one.bound, color="#888888", linestyle="--", linewidth=1)
    axis.set_xlabel("abandoned, % of the people who answered")
    axis.set_ylabel(f"{what.maximize.label}{' (' + what.maximize.unit + ')' if what.maximize.unit else ''}")
    axis.set_title(f"{what.scenario.name}: {len(trials)} strategies lived through to the end")
    axis.legend()
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def _as_json(
    what: Search, trials: Sequence[FrozenTrial], given_up: int, found: Recommended | None, seconds: float
) -> dict[str, object]:
    line = {one.number for one in _frontier(trials)}
    return {
        "scenario": what.scenario.name,
        "maximize": what.maximize.key,
        "constraints": [one.told() for one in what.constraints],
        "seconds": round(seconds, 1),
        "given_up": given_up,
        "trials": [
            {"number": one.number, "reached": one.value, "keeps": _keeps(one), "frontier": one.number in line,
             **one.user_attrs[PACKED], "values": one.params}
            for one in trials
        ],
        "recommended": None if found is None else {
            "trial": found.trial, "values": found.values, "keeps": found.keeps, "days": found.days,
            "figures": {key: asdict(one) for key, one in found.figures.items()},
            "differences": {key: asdict(one) for key, one in found.differences.items()},
        },
    }  # fmt: skip
