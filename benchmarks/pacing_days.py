"""Does the cap hold? Our policy alone on many days across all floors, each day with chance of its own."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev

from benchmarks.pacing_floors import REALISTIC, FloorSpec, World
from pacing import Settings

CAP = 0.03
SMALL_TEAM = 10  # below: at most 3 days above the cap, none above 3.5 %
SMALL_OVER_MAX, SMALL_WORST_MAX = 3, 0.035
SEED = 1000


@dataclass(frozen=True, slots=True)
class DayFound:
    """One day: shares from 0 to 1."""

    floor: str
    agents: int
    seed: int
    occupancy: float
    abandon: float
    early_over: float  # abandoned above the cap in the first ten minutes


def one_day(spec: FloorSpec, seed: int, step_s: float) -> DayFound:
    """A whole day on the floor."""
    day = World(spec, Settings(abandon_cap=CAP), seed, step_s=step_s).run()
    early = day.early_abandoned - CAP * day.early_people
    return DayFound(spec.name, spec.agents, seed, day.occupancy, day.abandon, early)


def judge_days(count: int, *, hours: float, step_s: float, jobs: int, path: Path | None) -> None:
    """Print floor by floor what the days came to, and whether the cap held; each day goes to `path` as it ends."""
    floors = [replace(spec, hours=hours) for spec in REALISTIC]
    wanted = [(floors[number % len(floors)], SEED + number // len(floors)) for number in range(count)]
    found = _known(path)
    missing = [(spec, seed) for spec, seed in wanted if (spec.name, seed) not in found]
    with ProcessPoolExecutor(jobs) as pool:
        for day in pool.map(one_day, *zip(*missing, strict=True), [step_s] * len(missing)) if missing else ():
            found[day.floor, day.seed] = day
            if path is not None:
                with path.open("a") as file:
                    file.write(json.dumps(asdict(day)) + "\n")
    days = [found[spec.name, seed] for spec, seed in wanted]
    print("| floor | days | occupancy | abandoned | worst day | days above |\n|---|---|---|---|---|---|")
    for spec in floors:
        own = [day for day in days if day.floor == spec.name]
        if own:
            print(_row(spec.name, own))
    print(*_verdict(days), sep="\n")


def _known(path: Path | None) -> dict[tuple[str, int], DayFound]:
    """The days of a run that was cut off."""
    if path is None or not path.exists():
        return {}
    days = [DayFound(**json.loads(line)) for line in path.read_text().splitlines()]
    return {(day.floor, day.seed): day for day in days}


def _row(floor: str, days: Sequence[DayFound]) -> str:
    occupancies = [100 * day.occupancy for day in days]
    error = stdev(occupancies) / len(days) ** 0.5 if len(days) > 1 else 0.0
    shares = [100 * day.abandon for day in days]
    over = sum(day.abandon > CAP for day in days)
    mean = f"{fmean(occupancies):.1f} ± {error:.1f}"
    return f"| {floor} | {len(days)} | {mean} | {fmean(shares):.2f} | {max(shares):.2f} | {over} |"


def _verdict(days: Sequence[DayFound]) -> list[str]:
    large = [day.abandon for day in days if day.agents >= SMALL_TEAM]
    small = [day.abandon for day in days if day.agents < SMALL_TEAM]
    told = []
    if large:
        over = sum(abandon > CAP for abandon in large)
        told.append(
            f"{len(large)} days with {SMALL_TEAM} agents and more: {over} above the cap, worst {max(large):.2%}"
        )
    if small:
        over = sum(abandon > CAP for abandon in small)
        kept = "kept" if over <= SMALL_OVER_MAX and max(small) <= SMALL_WORST_MAX else "NOT kept"
        told.append(f"{len(small)} days with fewer: {over} above the cap, worst {max(small):.2%} ({kept})")
    told.append(f"first ten minutes: at most {max(day.early_over for day in days):+.1f} abandoned calls above the cap")
    return told
