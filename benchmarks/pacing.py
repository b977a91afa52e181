"""Every policy on every floor, beside the exact optimum: the table of docs/pacing.md.

    make bench-pacing                                 the whole table and the frontiers of the page (a day on two cores)
    make bench-pacing PACING=--quick                  one day of three hours for each floor, few settings of VICIdial's
    make bench-pacing PACING="--days 300"             our policy alone on 300 days across all floors: does the cap hold?
    python -m benchmarks.pacing --floors r32,r8m --seeds 3 --small-grid --json out.json
    python -m benchmarks.pacing --floors "memoryless 5/0.1 3%,memoryless 100/0.25 1%" --seeds 4
    python -m benchmarks.pacing --floors memoryless --seeds 6     the tables of the exact optimum (many hours)
    python -m benchmarks.pacing --floors none --frontier docs

The rivals are tuned in hindsight, floor by floor, with knowledge of the very days they are judged on: the one ratio,
and the one setting of VICIdial's, that reach the highest occupancy with at most the cap abandoned on average. Our
policy has one setting for all floors: its defaults. Beside a floor that is not memoryless stands the exact optimum of a
memoryless one with the same means: a yardstick, not a bound.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean, median

from benchmarks.pacing_days import judge_days
from benchmarks.pacing_floors import REALISTIC, Day, FloorSpec, World, memoryless
from benchmarks.pacing_frontier import draw
from pacing import Policy, Settings, VicidialMethod, VicidialOptions, bounds

CAP = 0.03
RING_S, HANDLE_S = 12.0, 200.0
EXACT_AGENTS_MAX = 110  # the exact optimum of larger floors takes too long


@dataclass(frozen=True, slots=True)
class Result:
    """One policy on one floor over some days: means, and the worst day's abandons. Shares in per cent."""

    floor: str
    policy: str
    occupancy: float
    abandon: float
    abandon_worst: float
    abandon_vicidial: float
    idle_per_connect_s: float
    talk_min_per_hour: float
    decision_us: float
    early_over: float  # most abandoned calls above the cap in the first ten minutes of any day
    days_over: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One policy on one floor on all days."""

    spec: FloorSpec
    settings: Settings
    seeds: tuple[int, ...]
    step_s: float
    count_from_s: float = 0.0


def run_job(job: Job) -> list[Day]:
    """All days of the job."""
    return [
        World(job.spec, job.settings, seed, step_s=job.step_s, count_from_s=job.count_from_s).run()
        for seed in job.seeds
    ]


def summarise(job: Job, days: Sequence[Day], name: str, note: str = "") -> Result:
    """The figures of the table."""
    cap = job.settings.abandon_cap
    return Result(
        floor=job.spec.name,
        policy=name,
        occupancy=100 * fmean(day.occupancy for day in days),
        abandon=100 * fmean(day.abandon for day in days),
        abandon_worst=100 * max(day.abandon for day in days),
        abandon_vicidial=100 * fmean(day.abandon_vicidial for day in days),
        idle_per_connect_s=fmean(day.idle_per_connect for day in days),
        talk_min_per_hour=60 * fmean(day.talk_s / day.signed_in_s for day in days),
        decision_us=median(ns for day in days for ns in day.decision_ns) / 1e3,
        early_over=max(day.early_abandoned - cap * day.early_people for day in days),
        days_over=sum(day.abandon > cap for day in days),
        note=note,
    )


Evaluate = Callable[[Settings], list[Day]]


def best_ratio(evaluate: Evaluate) -> tuple[Settings, list[Day]]:
    """The one ratio that does best in hindsight, on a grid of eighths: abandons rise with it, so it is bisected."""
    found: dict[int, list[Day]] = {}
    low, high = 8, 256
    while high - low > 1:
        middle = max(low + 1, min(high - 1, round((low * high) ** 0.5)))
        found[middle] = evaluate(Settings(policy=Policy.RATIO, ratio=middle / 8))
        if fmean(day.abandon for day in found[middle]) <= CAP:
            low = middle
        else:
            high = middle
    if low not in found:
        found[low] = evaluate(Settings(policy=Policy.RATIO, ratio=low / 8))
    return Settings(policy=Policy.RATIO, ratio=low / 8), found[low]


def vicidial_grid(*, small: bool) -> list[VicidialOptions]:
    """Methods, maximum levels, targets and available-only: 72 settings (32 in the small grid)."""
    methods = (VicidialMethod.HARD_LIMIT, VicidialMethod.RATIO)
    levels = (1.5, 2.5, 4.0, 8.0) if small else (1.2, 1.5, 2.0, 3.0, 5.0, 9.0)
    targets = (-2.0, 0.0) if small else (-4.0, -1.0, 0.0)
    return [
        VicidialOptions(
            method=method, adaptive_maximum_level=level, dial_level=level if method is VicidialMethod.RATIO else 1.0,
            dl_diff_target=target, available_only=only, calls_placed=method is VicidialMethod.RATIO,
        )
        for method, level, target, only in product(methods, levels, targets, (False, True))
    ]  # fmt: skip


def best_vicidial(evaluate: Evaluate, *, small: bool) -> tuple[Settings, list[Day]]:
    """VICIdial's best setting in hindsight; where none keeps the cap, the one with the fewest abandons."""
    tried: list[tuple[bool, float, Settings, list[Day]]] = []
    for options in vicidial_grid(small=small):
        settings = Settings(policy=Policy.VICIDIAL_ADAPT, vicidial=options)
        days = evaluate(settings)
        abandon = fmean(day.abandon for day in days)
        kept = abandon <= CAP
        tried.append((kept, fmean(day.occupancy for day in days) if kept else -abandon, settings, days))
    _, _, settings, days = max(tried, key=lambda each: each[:2])
    return settings, days


def judge_floor(
    spec: FloorSpec, *, seeds: tuple[int, ...], step_s: float, small_grid: bool, ours: bool
) -> list[Result]:
    """All policies on one realistic floor, and what each piece of further knowledge brings."""

    def days_of(settings: Settings, floor: FloorSpec = spec) -> tuple[Job, list[Day]]:
        job = Job(floor, settings, seeds, step_s)
        return job, run_job(job)

    def evaluate(settings: Settings) -> list[Day]:
        return days_of(settings)[1]

    job, days = days_of(Settings())
    results = [summarise(job, days, "predictive"), *yardstick(spec, days)]
    results.append(summarise(*days_of(Settings(abandon_cap=0.01)), "predictive, cap 1 %"))
    if not ours:
        results += [summarise(*days_of(Settings(policy=policy)), policy.value)
                    for policy in (Policy.PROGRESSIVE, Policy.ERLANG)]  # fmt: skip
        settings, days = best_ratio(evaluate)
        results.append(summarise(Job(spec, settings, seeds, step_s), days, "ratio (best)", f"x{settings.ratio:g}"))
        results.append(summarise(*days_of(Settings(policy=Policy.VICIDIAL_ADAPT)), "vicidial (defaults)"))
        settings, days = best_vicidial(evaluate, small=small_grid)
        chosen = settings.vicidial
        note = f"{chosen.method.value} max {chosen.adaptive_maximum_level:g} target {chosen.dl_diff_target:g}"
        note += " available only" if chosen.available_only else ""
        results.append(summarise(Job(spec, settings, seeds, step_s), days, "vicidial (best)", note))
    for name, floor in (
        ("blind to 180", replace(spec, ringing=False)),
        ("wrap countdown", replace(spec, countdown=True)),
    ):
        results.append(summarise(*days_of(Settings(), floor), f"predictive, {name}"))
    for name, told in (("mixed leads", False), ("mixed leads, scored", True)):
        floor = replace(spec, spread=1.0, scores=told)
        results.append(summarise(*days_of(Settings(), floor), f"predictive, {name}"))
    return results


def judge_memoryless(
    agents: int, people: float, cap: float, *, seeds: tuple[int, ...], step_s: float, hours: float
) -> list[Result]:
    """Our policy on the memoryless floor after the first hour, and the exact optimum."""
    spec = replace(memoryless(agents, people, hours), name=memoryless_name(agents, people, cap))
    job = Job(spec, Settings(abandon_cap=cap, connect_within_s=0.0), seeds, step_s, 3600.0)
    ours = summarise(job, run_job(job), "predictive")
    if agents > EXACT_AGENTS_MAX:
        return [ours]
    best = bounds.optimum(agents=agents, answer_share=people, ring_s=RING_S, handle_s=HANDLE_S, cap=cap)
    return [ours, exact_row(spec.name, best, cap, HANDLE_S)]


def memoryless_name(agents: int, people: float, cap: float) -> str:
    """What `--floors` calls it: agents, share of people who answer, cap."""
    return f"memoryless {agents}/{people:g} {cap:.0%}"


def exact_row(floor: str, best: bounds.Optimum, cap: float, handle_s: float, note: str = "") -> Result:
    """The exact optimum as a row of the table; talk and wrap-up count as talk."""
    return Result(
        floor=floor, policy="exact optimum", occupancy=100 * best.occupancy, abandon=100 * cap, abandon_worst=100 * cap,
        abandon_vicidial=100 * cap, idle_per_connect_s=handle_s * (1 - best.occupancy) / best.occupancy,
        talk_min_per_hour=60 * best.occupancy, decision_us=0.0, early_over=0.0, days_over=0, note=note,
    )  # fmt: skip


def yardstick(spec: FloorSpec, days: Sequence[Day]) -> list[Result]:
    """The exact optimum of the memoryless floor with the means of these days; nothing where the floor is too large."""
    if spec.agents > EXACT_AGENTS_MAX:
        return []
    share = sum(day.answers for day in days) / sum(day.outcomes for day in days)
    ring_s = sum(day.flight_s for day in days) / sum(day.outcomes for day in days)
    handle_s = sum(day.occupied_s for day in days) / sum(day.handled for day in days)
    best = bounds.optimum(agents=spec.agents, answer_share=share, ring_s=ring_s, handle_s=handle_s, cap=CAP)
    idle_s = fmean(day.signed_in_s / max(1, day.connects) for day in days) * (1 - best.occupancy)
    row = exact_row(
        spec.name, best, CAP, handle_s, f"memoryless: answers {share:.0%}, {ring_s:.0f} s, {handle_s:.0f} s"
    )
    return [replace(row, idle_per_connect_s=idle_s)]


HEAD = ("floor", "policy", "occup.", "aband.", "worst", "VICI %", "idle/c", "talk/h", "us", "early", "over")


def line(result: Result) -> str:
    """One row of the table."""
    return (
        f"| {result.floor} | {result.policy} | {result.occupancy:.1f} | {result.abandon:.2f} |"
        f" {result.abandon_worst:.2f} | {result.abandon_vicidial:.1f} | {result.idle_per_connect_s:.1f} |"
        f" {result.talk_min_per_hour:.1f} | {result.decision_us:.0f} | {result.early_over:+.1f} |"
        f" {result.days_over} | {result.note} |"
    )


def verdict(results: Iterable[Result]) -> Iterable[str]:
    """What must hold, in sentences."""
    by = {(each.floor, each.policy): each for each in results}
    floors = [floor for floor, policy in by if policy == "ratio (best)"]
    if floors:
        gains = [by[floor, "predictive"].occupancy - by[floor, "ratio (best)"].occupancy for floor in floors]
        yield f"gain over the best ratio: mean {fmean(gains):+.2f} points, least {min(gains):+.2f}"
        idle = [fmean(by[floor, policy].idle_per_connect_s for floor in floors)
                for policy in ("predictive", "ratio (best)", "vicidial (best)")]  # fmt: skip
        yield "idle seconds per connect, mean: predictive {:.1f}, best ratio {:.1f}, best VICIdial {:.1f}".format(*idle)
        kept = "met" if idle[0] <= idle[2] / 2 else "NOT met"
        yield f"that is {idle[0] / idle[2]:.0%} of VICIdial's idle time at its best settings; half is wanted: {kept}"
        for name in ("blind to 180", "wrap countdown"):
            more = [by[floor, f"predictive, {name}"].occupancy - by[floor, "predictive"].occupancy for floor in floors]
            yield f"{name}: {fmean(more):+.2f} points"
        more = [by[floor, "predictive, mixed leads, scored"].occupancy - by[floor, "predictive, mixed leads"].occupancy
                for floor in floors]  # fmt: skip
        yield f"scores on mixed leads: {fmean(more):+.2f} points"
        over = sum(by[floor, "predictive"].days_over for floor in floors)
        yield f"days above the cap: {over}; early abandons above it at most {max(by[f, 'predictive'].early_over for f in floors):+.1f}"  # noqa: E501
    gaps = [(by[floor, "exact optimum"].occupancy - by[floor, "predictive"].occupancy, floor)
            for floor, policy in by if policy == "exact optimum" and floor.startswith("memoryless")]  # fmt: skip
    if gaps:
        yield f"below the exact optimum: mean {fmean(gap for gap, _ in gaps):.2f} points, most {max(gaps)[0]:.2f} on {max(gaps)[1]}"  # noqa: E501


def exact_tables(results: Iterable[Result]) -> Iterable[str]:
    """Occupancy @ abandoned of the exact optimum: one table a cap, agents by share of people who answer."""
    by = {(*each.floor.split()[1:], each.policy): each for each in results if each.floor.startswith("memoryless")}
    for cap in dict.fromkeys(cap for _, cap, _ in by):
        shares = sorted({floor.split("/")[1] for floor, of, _ in by if of == cap}, key=float)
        sizes = sorted({floor.split("/")[0] for floor, of, _ in by if of == cap}, key=int)
        yield f"\n| agents, cap {cap} | " + " | ".join(f"answers {float(share):.0%}" for share in shares) + " |"
        yield "|---" * (len(shares) + 1) + "|"
        for size in sizes:
            pairs = [[by.get((f"{size}/{share}", cap, policy)) for policy in ("predictive", "exact optimum")]
                     for share in shares]  # fmt: skip
            yield f"| {size} | " + " | ".join(_exact_cell(*pair) for pair in pairs) + " |"


def _exact_cell(ours: Result | None, best: Result | None) -> str:
    if ours is None:
        return "-"
    of = f" of {best.occupancy:.1f}" if best else ""
    return f"{ours.occupancy:.1f} @ {ours.abandon:.2f}{of}"


def jobs_of(options: argparse.Namespace) -> list[Callable[[], list[Result]]]:
    """Everything to be judged, the largest floors first."""
    seeds = tuple(range(101, 101 + (1 if options.quick else options.seeds)))
    small_grid = options.quick or options.small_grid
    shared = {"seeds": seeds, "step_s": options.step}
    wanted = options.floors.split(",") if options.floors else None
    hours = 3.0 if options.quick else options.hours
    floors = [replace(spec, hours=hours) for spec in REALISTIC]
    made: list[Callable[[], list[Result]]] = [
        partial(judge_floor, spec, small_grid=small_grid, ours=options.ours, **shared)
        for spec in reversed(floors)
        if not wanted or spec.name in wanted
    ]
    sizes = (5, 10, 30) if options.quick else (100, 50, 30, 10, 5)
    made += [
        partial(judge_memoryless, *each, hours=hours + 1, **shared)
        for each in product(sizes, (0.1, 0.25, 0.5), (0.03, 0.01))
        if not wanted or "memoryless" in wanted or memoryless_name(*each) in wanted
    ]
    return made


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter days and a smaller grid")
    parser.add_argument(
        "--floors",
        default="",
        help="names, comma-separated; 'memoryless' or one as 'memoryless 5/0.1 3%%' for the exact optimum",
    )
    parser.add_argument("--ours", action="store_true", help="our policy alone: rivals stay what they were")
    parser.add_argument("--small-grid", action="store_true", help="fewer settings of VICIdial's")
    parser.add_argument("--seeds", type=int, default=2, help="days for each floor")
    parser.add_argument("--hours", type=float, default=8.0, help="length of a day")
    parser.add_argument("--step", type=float, default=0.5, help="seconds between decisions")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--frontier", type=Path, help="draw the frontiers into this folder, too")
    parser.add_argument("--days", type=int, help="so many days of our policy alone, spread over all floors")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at one time")
    options = parser.parse_args(arguments)
    if options.days:
        judge_days(options.days, hours=options.hours, step_s=options.step, jobs=options.jobs, path=options.json)
        return
    if options.floors != "none":
        print_table(options)
    if options.frontier:
        draw(options.frontier, tuple(range(101, 101 + options.seeds)), options.jobs)


def print_table(options: argparse.Namespace) -> None:
    """Every policy on every floor, as it comes."""
    print("| " + " | ".join(HEAD) + " | note |\n" + "|---" * (len(HEAD) + 1) + "|")
    results: list[Result] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for future in [pool.submit(job) for job in jobs_of(options)]:
            for result in future.result():
                results.append(result)
                print(line(result), flush=True)
    print(*verdict(results), *exact_tables(results), sep="\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in results], indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
