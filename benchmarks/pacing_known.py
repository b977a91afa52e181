"""What it is worth to know something beforehand, each by itself: paired days, the same people with and without.

python -m benchmarks.pacing_known
python -m benchmarks.pacing_known --known "breaks;scores" --seeds 6 --hours 3
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from benchmarks.pacing_floors import REALISTIC, FloorSpec, World
from benchmarks.tables import machine, table
from pacing import Settings

FLOORS = {spec.name: spec for spec in REALISTIC}
LIMITED = replace(FLOORS["r20drift"], wrap_limit_s=30.0, extend_share=0.5)


@dataclass(frozen=True, slots=True)
class Known:
    """A floor without the knowledge, and with it."""

    name: str
    without: FloorSpec
    told: FloorSpec


def scored(name: str) -> Known:
    """Leads that differ, whose chances are told or are not."""
    mixed = replace(FLOORS[name], spread=1.0)
    return Known("scores", mixed, replace(mixed, scores=True))


CASES = (
    *(Known("wrap countdown", FLOORS[name], replace(FLOORS[name], countdown=True)) for name in ("r6", "r12", "r32")),
    Known("wrap limit", LIMITED, replace(LIMITED, limit_told=True)),
    Known("breaks", FLOORS["r70brk"], replace(FLOORS["r70brk"], plans_told=True)),
    scored("r12"),
    scored("r32"),
)


def day(spec: FloorSpec, hours: float, step_s: float, seed: int) -> tuple[float, float]:
    """Occupancy and abandoned share of a day, in per cent."""
    lived = World(replace(spec, hours=hours), Settings(), seed, step_s=step_s).run()
    return 100 * lived.occupancy, 100 * lived.abandon


def row(case: Known, without: Sequence[tuple[float, float]], told: Sequence[tuple[float, float]]) -> list[str]:
    """The paired gain with its standard error."""
    gains = [after[0] - before[0] for before, after in zip(without, told, strict=True)]
    error = f" ± {stdev(gains) / len(gains) ** 0.5:.1f}" if len(gains) > 1 else ""
    return [
        case.name, case.without.name, f"{fmean(each[0] for each in without):.1f}", f"{fmean(gains):+.1f}{error}",
        f"{fmean(each[1] for each in without):.2f} -> {fmean(each[1] for each in told):.2f}",
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--known", default="", help="some of: wrap countdown; wrap limit; breaks; scores")
    parser.add_argument("--seeds", type=int, default=4, help="days of each floor")
    parser.add_argument("--hours", type=float, default=2.0, help="length of a day")
    parser.add_argument("--step", type=float, default=1.0, help="seconds between decisions")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at one time")
    options = parser.parse_args(arguments)
    wanted = [case for case in CASES if not options.known or case.name in options.known.split(";")]
    print(machine(), table(("known", "floor", "without", "gain", "abandoned %"), []), sep="\n\n", flush=True)
    seeds = range(401, 401 + options.seeds)
    with ProcessPoolExecutor(options.jobs) as pool:
        days = [[[pool.submit(day, spec, options.hours, options.step, seed) for seed in seeds]
                 for spec in (case.without, case.told)] for case in wanted]  # fmt: skip
        for case, pair in zip(wanted, days, strict=True):
            without, told = ([each.result() for each in futures] for futures in pair)
            print(f"| {' | '.join(row(case, without, told))} |", flush=True)


if __name__ == "__main__":
    main()
