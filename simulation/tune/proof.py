"""The best of a search, proved: first against each other on fresh days, then against what is there on fresher ones.

The best of many is partly the luckiest of many. So a few candidates are tried again on days that the search never saw,
and what the winner brings is told from days that did not help to choose it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

from optuna.trial import FrozenTrial

from simulation.intervals import Interval
from simulation.report import Day
from simulation.scenario import Scenario
from simulation.summary import MEASURES, change, figure
from simulation.tune.judging import judged
from simulation.tune.search import Search, keeps, one_day
from simulation.tune.space import Value, applied, mean

FINALISTS = 4
ROUNDS = 3  # of finalists at most: while none of them keeps the constraints on fresh days, the next ones are tried
FRESH, FRESHER = 10_001, 20_001  # first seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """The strategy, and what it brings on days of its own: figures and differences from the scenario as it is."""

    trial: int
    values: dict[str, Value]
    scenario: Scenario
    keeps: bool  # every constraint, on the days that chose it and on those that proved it
    days: int
    figures: dict[str, Interval]
    differences: dict[str, Interval]

    def shown(self, key: str) -> bool:
        """Whether its days show that the figure differs from that of the scenario as it is."""
        found = self.differences.get(key)
        return (
            found is not None and found.low is not None and found.high is not None and not found.low <= 0 <= found.high
        )


class _Winner(NamedTuple):
    """A finalist, and whether it kept every constraint on fresh days."""

    trial: FrozenTrial
    scenario: Scenario
    keeps: bool


def recommend(
    what: Search, trials: Sequence[FrozenTrial], executor: Executor, *, days: int, progress: Callable[[], None]
) -> Recommended | None:
    """The best strategy that keeps the constraints; None where no trial did."""
    candidates = _candidates(trials)
    if not candidates:
        return None
    best = _winner(what, candidates, executor, range(FRESH, FRESH + days), progress)
    proof, present = _lived(executor, [best.scenario, what.scenario], range(FRESHER, FRESHER + days), progress)
    return Recommended(
        trial=best.trial.number,
        values=dict(best.trial.params),
        scenario=best.scenario,
        keeps=best.keeps and _keeps(what, proof),
        days=days,
        figures=_figures(proof),
        differences=_differences(proof, present),
    )


def _candidates(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Those that kept the constraints, the best first; of trials of one strategy the first alone."""
    found = list[FrozenTrial]()
    for one in sorted(filter(keeps, trials), key=lambda one: (-(one.value or 0.0), one.number)):
        if all(one.params != other.params for other in found):
            found.append(one)
    return found


def _winner(
    what: Search,
    candidates: Sequence[FrozenTrial],
    executor: Executor,
    seeds: Sequence[int],
    progress: Callable[[], None],
) -> _Winner:
    """The best of the first round in which one keeps the constraints on these days; of the first where none does."""
    winners = list[_Winner]()
    for at in range(0, min(len(candidates), FINALISTS * ROUNDS), FINALISTS):
        finalists = candidates[at : at + FINALISTS]
        plans = [applied(what.scenario, one.params) for one in finalists]
        tried = _lived(executor, plans, seeds, progress)
        kept = [_keeps(what, lived) for lived in tried]
        first = max(range(len(plans)), key=lambda one: (kept[one], mean(what.maximize, tried[one])))
        winners.append(_Winner(finalists[first], plans[first], kept[first]))
        if kept[first]:
            return winners[-1]
    return winners[0]


def proofs(finalists: int, days: int) -> int:
    """How many days a proof lives through."""
    return (min(FINALISTS, finalists) + 2) * days


def _lived(
    executor: Executor, plans: Sequence[Scenario], seeds: Sequence[int], progress: Callable[[], None]
) -> list[list[Day]]:
    running = [[executor.submit(one_day, plan, seed) for seed in seeds] for plan in plans]
    lived = []
    for futures in running:
        lived.append([future.result() for future in futures])
        for _ in futures:
            progress()
    return lived


def _keeps(what: Search, days: Sequence[Day]) -> bool:
    return all(judged(constraint, days).broken_by <= 0 for constraint in what.constraints)


def _figures(days: Sequence[Day]) -> dict[str, Interval]:
    found = {measure.key: figure(measure, [[day] for day in days]) for measure in MEASURES}
    return {key: one for key, one in found.items() if one is not None}


def _differences(proof: Sequence[Day], present: Sequence[Day]) -> dict[str, Interval]:
    pairs = [([one], [other]) for one, other in zip(proof, present, strict=True)]
    found = {measure.key: change(measure, pairs) for measure in MEASURES}
    return {key: one for key, one in found.items() if one is not None}
