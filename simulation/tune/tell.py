"""What `dialer tune` does: search with a progress bar, prove, draw, write the strategy, say what it brings."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer
from matplotlib.figure import Figure
from optuna.trial import FrozenTrial
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dialer.cli.output import STANDARD_OUTPUT, show_table, writable, write_json
from dialer.errors import ConfigError
from simulation.intervals import Interval
from simulation.pools import pool
from simulation.replications import cores
from simulation.scenario import find, lasting
from simulation.summary import MEASURES
from simulation.texts import ENGLISH, Tongue
from simulation.tune.judging import frontier
from simulation.tune.proof import FINALISTS, Recommended, proofs, recommend
from simulation.tune.search import PACKED, Search, keeps, search
from simulation.tune.space import Constraint, aim, read_constraint, read_space
from simulation.tune.strategy import no_difference, strategy_text
from simulation.wording import in_text, label, percent, shown, shown_interval

NONE_KEEPS = 1
WORKERS_WITHIN_S = 20.0  # a cluster that has none by then is told of instead of waited for


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
    tongue: Tongue = ENGLISH


def tell(asked: Asked) -> int:
    """Search and tell; 1 where no strategy keeps the constraints, in the search and on fresh days, else 0."""
    writable(asked.out, asked.png, asked.json_file)
    if asked.png is not None and asked.png.suffix.lower() != ".png":
        raise ConfigError(f"--png {asked.png}: the plot is written as PNG; name a file that ends in .png")
    what = _what(asked)
    began = time.monotonic()
    try:
        with _executor(asked) as (executor, at_once):
            trials, given_up, found = _searched(what, asked, executor, at_once)
    except KeyboardInterrupt:
        typer.echo(asked.tongue.t("tune.broken_off"), err=True)
        raise
    seconds = time.monotonic() - began
    tongue = asked.tongue
    searched = tongue.t(
        "tune.searched",
        tried=tongue.number(len(trials) + given_up),
        given_up=tongue.number(given_up),
        days=tongue.number(asked.days),
        aim=in_text(what.maximize, tongue),
        constraints=", ".join(_constraint(one, tongue) for one in what.constraints),
    )
    if found is not None:
        text = strategy_text(found, name=what.scenario.name, searched=searched, aim=what.maximize, tongue=tongue)
        _write(asked.out, text)
    if asked.png is not None:
        draw(what, trials, found, asked.png, tongue)
    if asked.json_file is not None:
        write_json(_as_json(what, trials, given_up, found, seconds), asked.json_file)
    if asked.json_file != STANDARD_OUTPUT:
        _say(f"{searched}; {tongue.number(seconds)} s\n")
        _show(what, trials, found, asked)
    return 0 if found is not None and found.keeps else NONE_KEEPS


def _constraint(one: Constraint, tongue: Tongue) -> str:
    bound = " ".join((tongue.plain(one.measure.factor * one.bound), one.measure.unit)).strip()
    sign, confidence = "≥" if one.above else "≤", tongue.plain(100 * one.confidence)
    return tongue.t("tune.constraint", what=in_text(one.measure, tongue), sign=sign, bound=bound, confidence=confidence)


def _what(asked: Asked) -> Search:
    found = find(asked.scenario)
    scenario = lasting(found, asked.hours)
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
        try:
            client.wait_for_workers(1, timeout=WORKERS_WITHIN_S)
        except TimeoutError as error:
            text = f"--dask {asked.dask}: the scheduler there has no worker; start some: dask worker {asked.dask}"
            raise ConfigError(text) from error
        yield client.get_executor(), sum(client.nthreads().values())


def _searched(
    what: Search, asked: Asked, executor: Executor, at_once: int
) -> tuple[list[FrozenTrial], int, Recommended | None]:
    """The finished trials, how many were given up, and what is recommended."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        tongue = asked.tongue
        task = bar.add_task(tongue.t("tune.tried"), total=asked.trials)
        given_up = 0

        def note(done: int, pruned: int) -> None:
            nonlocal given_up
            given_up = pruned
            said = tongue.t("tune.tried_given_up", n=tongue.number(pruned))
            bar.update(task, completed=done, description=said)

        trials = search(what, executor, trials=asked.trials, at_once=at_once, progress=note)
        days = max(4, asked.days)
        proving = bar.add_task(tongue.t("tune.proved"), total=proofs(FINALISTS, days))
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


def _say(text: str) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(text)


def _show(what: Search, trials: Sequence[FrozenTrial], found: Recommended | None, asked: Asked) -> None:
    tongue, keys = asked.tongue, [one.key for one in what.space]
    _say(tongue.t("tune.frontier"))
    rows = [
        (one.number, shown(one.value, what.maximize, tongue), percent(one.user_attrs[PACKED]["abandoned"], tongue),
         percent(one.user_attrs[PACKED]["occupancy"], tongue, 1),
         tongue.t("yes") if keeps(one) else tongue.t("no"), *(_short(one.params.get(key)) for key in keys))
        for one in _frontier(trials)
    ]  # fmt: skip
    heads = tongue.t("column.abandoned"), tongue.t("column.occupied"), tongue.t("column.keeps")
    show_table((tongue.t("column.trial"), in_text(what.maximize, tongue), *heads, *keys), rows)
    if found is None:
        _say("\n" + tongue.t("tune.none"))
        return
    told = {"trial": found.trial, "days": tongue.number(found.days)}
    _say("\n" + (tongue.t("tune.recommended", **told) if found.keeps else tongue.t("tune.recommended_caution", **told)))
    _say(tongue.t("tune.sets", values=", ".join(f"{key} = {_short(value)}" for key, value in found.values.items())))
    show_table(
        ("", tongue.t("column.brings"), "95 %", tongue.t("column.against")),
        [
            (label(one, tongue), shown(found.figures[one.key].mean, one, tongue),
             shown_interval(found.figures[one.key], one, tongue),
             shown_interval(found.differences[one.key], one, tongue, signed=True))
            for one in MEASURES
            if one.key in found.figures and one.key in found.differences
        ],
    )  # fmt: skip
    if not found.shown(what.maximize.key):
        _say(" ".join((no_difference(what.maximize, tongue), tongue.t("tune.more_days"))))
    _say(tongue.t("tune.written", file=asked.out))


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def draw(what: Search, trials: Sequence[FrozenTrial], found: Recommended | None, path: Path, tongue: Tongue) -> None:
    """The frontier as a picture. Raises ConfigError where it cannot be written."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    axis = figure.subplots()
    kinds = (False, "#c9c9c9", tongue.t("axis.breaks")), (True, "#4878a8", tongue.t("axis.keeps"))
    for kept, colour, said in kinds:
        some = [one for one in trials if keeps(one) is kept]
        places = [100 * one.user_attrs[PACKED]["abandoned"] for one in some]
        if some:
            axis.scatter(places, [what.maximize.factor * (one.value or 0.0) for one in some], c=colour, label=said)
    line = _frontier(trials)
    axis.step(
        [100 * one.user_attrs[PACKED]["abandoned"] for one in line],
        [what.maximize.factor * (one.value or 0.0) for one in line],
        where="post", color="#c44e52", label=tongue.t("axis.frontier"),
    )  # fmt: skip
    if found is not None and {"abandoned", what.maximize.key} <= found.figures.keys():
        x, y = found.figures["abandoned"], found.figures[what.maximize.key]
        axis.errorbar(
            100 * x.mean, what.maximize.factor * y.mean, xerr=_bars(x, 100), yerr=_bars(y, what.maximize.factor),
            fmt="D", color="#2c7a3f", capsize=4, label=tongue.t("axis.recommended"),
        )  # fmt: skip
    for one in what.constraints:
        if one.measure.key == "abandoned":
            axis.axvline(100 * one.bound, color="#888888", linestyle="--", linewidth=1)
    axis.set_xlabel(tongue.t("axis.abandoned"))
    axis.set_ylabel(f"{label(what.maximize, tongue)}{' (' + what.maximize.unit + ')' if what.maximize.unit else ''}")
    axis.set_title(tongue.tn("axis.lived_through", len(trials), name=what.scenario.name))
    axis.legend()
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def _bars(found: Interval, factor: float) -> tuple[list[float], list[float]]:
    """How far its interval reaches below the mean, of what is never below 0, and above it."""
    if found.low is None or found.high is None:
        return [0.0], [0.0]
    return [factor * (found.mean - max(0.0, found.low))], [factor * (found.high - found.mean)]


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
            {"number": one.number, "reached": one.value, "keeps": keeps(one), "frontier": one.number in line,
             **one.user_attrs[PACKED], "values": one.params}
            for one in trials
        ],
        "recommended": None if found is None else {
            "trial": found.trial, "values": found.values, "keeps": found.keeps, "days": found.days,
            "figures": {key: asdict(one) for key, one in found.figures.items()},
            "differences": {key: asdict(one) for key, one in found.differences.items()},
        },
    }  # fmt: skip
