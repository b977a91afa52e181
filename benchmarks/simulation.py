"""The simulator: how fast days go by, what pacing has of it, beside a bare SimPy model; whether it agrees with theory.

Speed is told in seconds on one core, at the live frequency of decisions (twice a second and whenever an agent or a line
comes free), and as the ratio to the bare model's cost of a call in the same run. What else the machine does hits both.
"""

import argparse
import gc
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.simulation_bare import BareDay
from benchmarks.simulation_queue import (
    Measured,
    blocked_share,
    erlang_a,
    exact_levels,
    leaving_share,
    levels_kept,
    waiting_share,
)
from benchmarks.tables import table
from pacing import Pacer
from pacing.bounds import erlang_b, erlang_c, optimum
from simulation.replications import GC_EVERY, Task, cores, live, run_all
from simulation.report import Day
from simulation.scenario import Scenario, find
from simulation.variants import Strategy

CLOCK = time.process_time  # of one core: what others do on the machine is left out as far as can be
# Read ten times for each call: the other clock takes a microsecond itself, which would be counted.
WATCH = time.perf_counter
SIZES = {"collections_30": 20.0, "collections_100": 60.0, "collections_500": 300.0}  # seconds that eight hours may take
SHARE, RING_S, HANDLE_S = 0.25, 12.0, 200.0  # of the memoryless floors


# ---------------------------------------------------------------- speed


@dataclass(slots=True)
class Watch:
    """Seconds spent inside pacing."""

    spent_s: float = 0.0
    inside: bool = False


@contextmanager
def pacing_watched() -> Iterator[Watch]:
    """Count the time that every pacer takes meanwhile, whoever made it."""
    watch = Watch()

    def timed(method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            if watch.inside:
                return method(*arguments, **named)
            watch.inside = True
            began = WATCH()
            try:
                return method(*arguments, **named)
            finally:
                watch.spent_s += WATCH() - began
                watch.inside = False

        return call

    public = {name: one for name, one in vars(Pacer).items() if callable(one) and not name.startswith("_")}
    for name, method in public.items():
        setattr(Pacer, name, timed(method))
    try:
        yield watch
    finally:
        for name, method in public.items():
            setattr(Pacer, name, method)


def day_of(scenario: Scenario, seed: int = 1, days: int = 1) -> list[Day]:
    """The days, at once."""
    return [one for one in live(scenario, seed, days) if one is not None]


def timed(scenario: Scenario) -> tuple[float, Day]:
    """The seconds that a day takes, and the day."""
    began = CLOCK()
    [day] = day_of(scenario)
    return CLOCK() - began, day


def pacings_share(scenario: Scenario) -> float:
    """The part of the time that pacing takes; in a run of its own, for the watch takes time too."""
    with pacing_watched() as watch:
        began = WATCH()
        day_of(scenario)
        return watch.spent_s / (WATCH() - began)


def bare_call_us(scenario: Scenario, hours: float) -> float:
    """What a call costs the bare model, in microseconds."""
    bare = BareDay(scenario, 1, ratio=4.0)
    began = CLOCK()
    bare.run(hours)
    return 1e6 * (CLOCK() - began) / bare.counts["placed"]


def without_pacing(scenario: Scenario) -> tuple[float, float, float]:
    """Pacing's share, and what a call costs without it and the bare model (before and after), in microseconds."""
    before = bare_call_us(scenario, scenario.hours)
    took_s, day = timed(scenario)
    share = pacings_share(scenario)
    bare_us = (before + bare_call_us(scenario, scenario.hours)) / 2
    return share, 1e6 * took_s * (1 - share) / day.placed, bare_us


def speed(hours: float, rounds: int) -> None:
    """The table of sizes; the ratio is the median of the rounds, with the least and the most of them."""
    rows = []
    day_of(replace(find("collections_5"), hours=0.05))  # imports and tables
    for name, limit_s in SIZES.items():
        scenario = replace(find(name), hours=hours)
        took_s, day = timed(scenario)
        whole_day_s = took_s * 8.0 / hours
        compared = replace(scenario, hours=min(hours, 1.0))  # one stretch: pacing's share grows as it learns
        found = [without_pacing(compared) for _ in range(rounds)]
        share, call_us, bare_us = (median(column) for column in zip(*found, strict=True))
        ratios = sorted(call / bare for _, call, bare in found)
        rows.append(
            (scenario.staff, f"{hours:g} h", took_s, f"{whole_day_s:.0f} of {limit_s:.0f}",
             f"{100 * share:.0f} %", day.placed, f"{call_us:.0f}", f"{bare_us:.0f}",
             f"{median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")
        )  # fmt: skip
    head = ("agents", "simulated", "s", "s for 8 h", "pacing's share", "calls", "us a call, no pacing", "bare", "ratio")
    print(table(head, rows))


# ---------------------------------------------------------------- memory and cores


def memory(days: int) -> None:
    """How much the process holds after one day and after several, in the same run."""
    scenario = replace(find("collections_30"), hours=2.0)
    held = []
    for day in live(scenario, 1, days):
        if day is not None:
            gc.collect()
            held.append(_resident_mb())
    print(f"memory held after each of {days} days of 2 h: {', '.join(f'{one:.1f}' for one in held)} MB")
    print(f"growth a day after the first two: {(held[-1] - held[1]) / max(1, days - 2):.2f} MB")


def _resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def all_cores(hours: float) -> None:
    """How much sooner replications are done on all cores than on one."""
    scenario = replace(find("collections_10"), hours=hours)
    count = 4 * cores()
    tasks = [Task(0, Strategy("day", scenario), seed, 1) for seed in range(count)]
    took = []
    for jobs in (1, cores()):
        began, used = time.perf_counter(), _cpu_s()
        run_all(tasks, jobs, lambda _: None)
        took.append((time.perf_counter() - began, _cpu_s() - used))
    (one_s, _), (all_s, cpu_s) = took
    print(f"{count} replications: {one_s:.1f} s on one core, {all_s:.1f} s on {cores()}: {one_s / all_s:.2f} times")
    print(f"cores kept busy meanwhile: {cpu_s / all_s:.2f} of {cores()}")


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


# ---------------------------------------------------------------- agreement


def agreement(scale: float) -> None:
    """The simulated world beside what is known exactly."""
    calls = round(60_000 * scale)
    rows = [
        _beside("Erlang B, 5 lines, 3 Erlangs", blocked_share(lines=5, load=3.0, calls=calls), erlang_b(5, 3.0)),
        _beside("Erlang B, 20 lines, 18", blocked_share(lines=20, load=18.0, calls=calls), erlang_b(20, 18.0)),
        _beside("Erlang C, 4 agents, 2.5", waiting_share(agents=4, load=2.5, calls=calls), erlang_c(4, 2.5)),
        _beside("Erlang C, 30 agents, 26", waiting_share(agents=30, load=26.0, calls=calls), erlang_c(30, 26.0)),
        _beside(
            "Erlang A, 10 agents, 11, patience 1 talk",
            leaving_share(agents=10, load=11.0, patience_s=100.0, calls=calls),
            erlang_a(10, 11.0, 1.0),
        ),
    ]
    for agents in (3, 5, 10):
        best = optimum(agents=agents, cap=0.03, answer_share=SHARE, ring_s=RING_S, handle_s=HANDLE_S)
        exact = exact_levels(best.in_flight, answer_share=SHARE, ring_s=RING_S, handle_s=HANDLE_S)
        busy, lost = levels_kept(
            best.in_flight, answer_share=SHARE, ring_s=RING_S, handle_s=HANDLE_S, hours=200.0 * scale
        )
        occupancy, abandoned = exact
        rows.append(_beside(f"optimal levels, {agents} agents: occupancy", busy, occupancy))
        rows.append(_beside(f"optimal levels, {agents} agents: abandoned", lost, abandoned))
    print(table(("what", "simulated %", "exact %", "standard error", "errors apart"), rows))


def _beside(what: str, found: Measured, exact: float) -> tuple[object, ...]:
    return (
        what, f"{100 * found.mean:.2f}", f"{100 * exact:.2f}", f"{100 * found.error:.2f}", f"{found.off_by(exact):.1f}"
    )  # fmt: skip


def beside_the_optimum(hours: float) -> None:
    """The whole dialer, engine and all, on memoryless floors: a day from a cold start."""
    rows = []
    for agents in (5, 10, 30):
        scenario = replace(find(f"memoryless_{agents}"), hours=hours)
        [day] = day_of(scenario)
        best = optimum(agents=agents, cap=0.03, answer_share=SHARE, ring_s=RING_S, handle_s=HANDLE_S)
        rows.append(
            (agents, f"{100 * (day.occupancy or 0):.1f}", f"{100 * best.occupancy:.1f}",
             f"{100 * (day.abandon_ratio or 0):.2f}")
        )  # fmt: skip
    print(table(("agents", "occupancy %", "optimum %", "abandoned %"), rows))


def main(arguments: Sequence[str]) -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks simulation", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="an eighth of the time, scaled up")
    parser.add_argument("--hours", type=float, help="simulated hours of each size")
    parser.add_argument("--rounds", type=int, default=3, help="how often the ratio to the bare model is measured")
    parser.add_argument("--only", choices=("speed", "agreement", "memory", "cores"), help="one part alone")
    options = parser.parse_args(arguments)
    scale = 0.2 if options.quick else 1.0
    gc.set_threshold(GC_EVERY)
    parts: dict[str, Callable[[], None]] = {
        "speed": lambda: speed(options.hours or (0.5 if options.quick else 8.0), options.rounds),
        "memory": lambda: memory(4 if options.quick else 10),
        "cores": lambda: all_cores(0.25 if options.quick else 1.0),
        "agreement": lambda: agreement(scale),
    }
    for name, part in parts.items():
        if options.only in {None, name}:
            print(f"\n### {name}\n", flush=True)
            part()
    if options.only in {None, "agreement"} and not options.quick:
        beside_the_optimum(8.0)


if __name__ == "__main__":
    main(sys.argv[1:])
