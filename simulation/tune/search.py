"""The search itself: Optuna proposes, simulated days judge, and what is surely worse is given up early.

Every trial lives through the same days (the same seeds), so trials differ by their strategies alone. The days are made
by an executor: processes of this machine, or a Dask cluster; nothing else differs. A search is kept in a database and
goes on where it was left.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from dialer.errors import ConfigError
from simulation.replications import live
from simulation.report import Day
from simulation.scenario import CampaignPlan, Scenario, write
from simulation.summary import Measure
from simulation.tune.judging import Judged, judged
from simulation.tune.space import Choice, Constraint, Dimension, Value, applied, checked, mean

WARM_UP = 8  # trials before any is given up for being worse than half of the others
PACKED = "figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched for."""

    scenario: Scenario
    space: tuple[Dimension, ...]
    constraints: tuple[Constraint, ...]
    maximize: Measure
    seeds: Sequence[int]
    storage: str  # a URL of Optuna's
    seed: int = 0

    def digest(self) -> str:
        """What must be the same for a search to go on."""
        told = [repr(one) for one in (*self.space, *(c.told() for c in self.constraints))]
        return json.dumps([write(self.scenario), told, self.maximize.key, list(self.seeds)])


def one_day(scenario: Scenario, seed: int) -> Day:
    """One simulated day. Runs wherever the executor takes it."""
    *_, last = live(scenario, seed)
    assert last is not None
    return last


@dataclass(slots=True)
class _Running:
    """A trial in progress: its days so far."""

    trial: Trial
    scenario: Scenario
    days: list[Day] = field(default_factory=list)


def search(
    what: Search, executor: Executor, *, trials: int, at_once: int, progress: Callable[[int, int], None]
) -> list[FrozenTrial]:
    """Let there be so many trials in all; the finished ones. `progress` is told how many are done, and given up."""
    checked(what.space, what.scenario)
    study = _study(what)
    running: dict[Future[Day], _Running] = {}
    left = trials - len(_over(study))
    _enqueue_present(what, study)
    while running or left > 0:
        while left > 0 and len(running) < at_once:
            left -= 1
            trial = study.ask()
            scenario = applied(what.scenario, suggested(trial, what.space))
            running[executor.submit(one_day, scenario, what.seeds[0])] = _Running(trial, scenario)
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            one = running.pop(future)
            one.days.append(future.result())
            if not _told(what, study, one):
                seed = what.seeds[len(one.days)]
                running[executor.submit(one_day, one.scenario, seed)] = one
        over = _over(study)
        progress(len(over), sum(one.state is TrialState.PRUNED for one in over))
    return [one for one in study.get_trials(deepcopy=False) if one.state is TrialState.COMPLETE]


def _study(what: Search) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=WARM_UP, n_warmup_steps=0)
    try:
        study = optuna.create_study(
            storage=what.storage,
            study_name=what.scenario.name,
            direction="maximize",
            pruner=pruner,
            load_if_exists=True,
        )
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise ConfigError(f"--storage {what.storage}: no search can be kept there ({_first_line(error)})") from error
    # Of its own for each beginning: else a search that goes on would try again what it tried first.
    seed = what.seed + len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    former = study.user_attrs.get("what")
    if former not in {None, what.digest()}:
        raise ConfigError(
            f"{what.storage} holds a search for another scenario, space, constraint or seeds; name another --storage"
        )
    study.set_user_attr("what", what.digest())
    for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(one.number, state=TrialState.FAIL)  # left behind by a search that was cut off
    return study


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _over(study: optuna.Study) -> list[FrozenTrial]:
    over = (TrialState.COMPLETE, TrialState.PRUNED)
    return study.get_trials(deepcopy=False, states=over)


def _enqueue_present(what: Search, study: optuna.Study) -> None:
    """The first trial is the scenario as it is, as far as the space holds it."""
    if _over(study) or study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        return
    [plan, *_] = what.scenario.campaigns
    present = {one.key: value for one in what.space if (value := _present(what.scenario, plan, one)) is not None}
    if present:
        study.enqueue_trial(present)


def _present(scenario: Scenario, plan: CampaignPlan, one: Dimension) -> Any:  # noqa: ANN401 - of the key's own kind
    """The scenario's own value; None where it has none, or the space does not hold it."""
    value: Any
    if one.key == "agents":
        value = scenario.agents
    elif one.key.startswith("pacing."):
        value = getattr(plan.pacing, one.key.removeprefix("pacing."), None)
    else:
        value = getattr(plan, one.key, None)
    if isinstance(one, Choice):
        return next((known for known in one.values if known == value), None)
    return value if isinstance(value, int | float) and one.low <= value <= one.high else None


def suggested(trial: Trial, space: Sequence[Dimension]) -> dict[str, Value]:
    """The values that the trial is to try."""
    return {one.key: _suggested(trial, one) for one in space}


def _suggested(trial: Trial, one: Dimension) -> Value:
    if isinstance(one, Choice):
        chosen = trial.suggest_categorical(one.key, one.values)
        assert chosen is not None
        return chosen
    if one.whole:
        return trial.suggest_int(one.key, int(one.low), int(one.high), step=int(one.step or 1), log=one.log)
    return trial.suggest_float(one.key, one.low, one.high, step=one.step, log=one.log)


def _told(what: Search, study: optuna.Study, one: _Running) -> bool:
    """Tell what the days so far say; whether the trial is over."""
    reached = mean(what.maximize, one.days)
    verdicts = [judged(constraint, one.days) for constraint in what.constraints]
    one.trial.report(reached, len(one.days))
    if len(one.days) == len(what.seeds):
        _keep(what, one.trial, verdicts)
        one.trial.set_user_attr(PACKED, packed(one.days))
        study.tell(one.trial, reached)
        return True
    if any(verdict.surely_broken for verdict in verdicts) or one.trial.should_prune():
        _keep(what, one.trial, verdicts)
        study.tell(one.trial, state=TrialState.PRUNED)
        return True
    return False


def _keep(what: Search, trial: Trial, verdicts: Sequence[Judged]) -> None:
    """Let the sampler, and whoever reads the search later, know how far each constraint was broken."""
    trial.set_user_attr("broken_by", [verdict.broken_by for verdict in verdicts])
    for constraint, verdict in zip(what.constraints, verdicts, strict=True):
        trial.set_constraint(constraint.told(), verdict.broken_by)


def packed(days: Sequence[Day]) -> dict[str, float]:
    """What is kept of a trial's days beside its score."""
    people = sum(day.answered_people for day in days)
    lost = sum(day.abandoned + day.cut_off for day in days)
    occupied = [day.occupancy for day in days if day.occupancy is not None]
    return {"abandoned": lost / people if people else 0.0, "occupancy": sum(occupied) / max(1, len(occupied))}
