"""Occupancy against abandons, policy by policy: the plots of docs/pacing.md."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.pacing_floors import REALISTIC, FloorSpec, World, memoryless
from benchmarks.pacing_plot import Curve, svg
from pacing import Policy, Settings, VicidialOptions, bounds

CAPS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05)
RATIOS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)
LEVELS = (1.2, 1.5, 2.0, 3.0, 4.0)
ABANDON_MAX = 0.065  # nobody dials so: it would but stretch the plot
REAL = "r20drift"

Point = tuple[float, float]  # abandoned, occupancy: per cent


def point(spec: FloorSpec, settings: Settings, seeds: Sequence[int]) -> Point:
    """The mean of some days."""
    days = [World(spec, settings, seed).run() for seed in seeds]
    return 100 * fmean(day.abandon for day in days), 100 * fmean(day.occupancy for day in days)


def draw(folder: Path, seeds: Sequence[int], jobs: int) -> None:
    """Write both plots: a memoryless floor beside its exact optimum, and one that drifts."""
    plain = memoryless(10, 0.25, hours=8)
    exact = [bounds.optimum(agents=10, answer_share=0.25, ring_s=12.0, handle_s=200.0, cap=cap) for cap in CAPS]
    optimum = Curve("exact optimum", "#555555", [(100 * best.abandon, 100 * best.occupancy) for best in exact])
    real = next(spec for spec in REALISTIC if spec.name == REAL)
    with ProcessPoolExecutor(jobs) as pool:
        for name, title, spec, first in (
            ("pacing_frontier.svg", "10 memoryless agents, 25 % answers", plain, [optimum]),
            ("pacing_frontier_real.svg", f"{real.agents} agents, drifting answer rate, list changes", real, []),
        ):
            curves = [*first, *_curves(pool, spec, seeds)]
            (folder / name).write_text(svg(title, "abandoned, % of answers", "occupancy, %", curves))


def _curves(pool: ProcessPoolExecutor, spec: FloorSpec, seeds: Sequence[int]) -> list[Curve]:
    common = Settings(connect_within_s=spec.grace_s)
    vicidial = [VicidialOptions(adaptive_maximum_level=level, available_only=True) for level in LEVELS]
    families = (
        ("predictive", "#0a6ebd", [replace(common, abandon_cap=cap) for cap in CAPS]),
        ("fixed ratio", "#c04f15", [replace(common, policy=Policy.RATIO, ratio=ratio) for ratio in RATIOS]),
        ("VICIdial adaptive", "#2a8f3c",
         [replace(common, policy=Policy.VICIDIAL_ADAPT, vicidial=one) for one in vicidial]),
        ("1:1", "#8844aa", [replace(common, policy=Policy.PROGRESSIVE)]),
    )  # fmt: skip
    found = []
    for name, colour, settings in families:
        points = sorted(pool.map(partial(point, spec, seeds=seeds), settings))
        found.append(Curve(name, colour, [each for each in points if each[0] <= 100 * ABANDON_MAX]))
    return found
