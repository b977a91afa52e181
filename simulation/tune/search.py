"""The search itself: Optuna proposes, simulated days judge, and what is surely worse is given up early.

Every trial lives through the same days (the same seeds), so trials differ by their strategies alone. The days are made
by an executor: processes of this machine, or a Dask cluster; nothing else differs. A search is kept in a database and
goes on where it was left.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from dialer import __version__
from dialer.errors import ConfigError
from simulation.intervals import interval
from simulation.replications import live
from simulation.report import Day
from simulation.scenario import CampaignPlan, Scenario, write
from simulation.summary import Measure
from simulation.tune.judging import Judged, judged
from simulation.tune.space import Choice, Constraint, Dimension, Value, applied, checked, mean

PACKED = "figures"
REACHED = "reached"  # day by day: others are held against it on the same days
UNFIT = 1e6  # how far values that do not go together break every constraint
_FIXED = "fixed_params"  # where Optuna keeps what an enqueued trial is to try; none but the scenario as it is are
BEAT_S, GONE_S = 10, 60  # a trial's search says so often that it lives; of one silent for so long the trial is void


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
        return json.dumps([__version__, write(self.scenario), told, self.maximize.key, list(self.seeds)])


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
    """Let there be so many trials in all; the finished ones. `progress` is told how many are done, and given up.

    Several searches may share one storage, here or on several machines: each counts what the others have finished.
    """
    checked(what.space, what.scenario)
    study, storage = begun(what)
    _enqueue_present(what, study)
    with _void_when_broken_off(study) as mine:
        return _carried_on(what, executor, study, storage, mine, trials=trials, at_once=at_once, progress=progress)


def _carried_on(
    what: Search, executor: Executor, study: optuna.Study, storage: RDBStorage, mine: list[Trial], *,
    trials: int, at_once: int, progress: Callable[[int, int], None],
) -> list[FrozenTrial]:  # fmt: skip
    """The same, of a study that is begun; `mine` are the trials that this search has asked for."""
    running: dict[Future[Day], _Running] = {}
    while True:
        while len(running) < at_once and len(_over(study)) + len(running) < trials:
            trial = asked(study, storage)
            mine.append(trial)
            try:
                scenario = applied(what.scenario, suggested(trial, what.space))
            except ConfigError:  # each value is fit alone, these together are not
                _keep(what, trial, [Judged(UNFIT, True)] * len(what.constraints))
                study.tell(trial, state=TrialState.PRUNED)
                continue
            running[executor.submit(one_day, scenario, what.seeds[0])] = _Running(trial, scenario)
        if not running:
            return [one for one in study.get_trials(deepcopy=False) if one.state is TrialState.COMPLETE]
        for future in wait(running, timeout=BEAT_S, return_when=FIRST_COMPLETED).done:
            one = running.pop(future)
            one.days.append(future.result())
            if not _told(what, study, one):
                seed = what.seeds[len(one.days)]
                running[executor.submit(one_day, one.scenario, seed)] = one
        for one in running.values():
            beat(storage, one.trial)
        over = _over(study)
        progress(len(over), sum(one.state is TrialState.PRUNED for one in over))


@contextmanager
def _void_when_broken_off(study: optuna.Study) -> Iterator[list[Trial]]:
    """Where the block is left by an exception (Ctrl-C is one), what it has begun is void at once, not in a minute."""
    mine: list[Trial] = []
    try:
        yield mine
    except BaseException:
        with suppress(Exception):  # a storage that is gone must not hide why; others void them in a minute
            for trial in mine:
                study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        raise


def asked(study: optuna.Study, storage: RDBStorage) -> Trial:
    """Another trial, which is this search's from now on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Heartbeat of storage")  # they are given here, by `beat`
        trial = study.ask()
    beat(storage, trial)
    return trial


def beat(storage: RDBStorage, trial: Trial) -> None:
    """Say that the trial's search lives. (Optuna does so itself for those alone who leave the loop to it.)"""
    storage.record_heartbeat(trial._trial_id)  # noqa: SLF001 - nothing else names a trial to a storage


def begun(what: Search) -> tuple[optuna.Study, RDBStorage]:
    """The search as it is kept, new or gone on with, and where. Raises ConfigError."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats have been one for years
            storage = RDBStorage(what.storage, heartbeat_interval=BEAT_S, grace_period=GONE_S)
            study = optuna.create_study(
                storage=storage,
                study_name=what.scenario.name,
                direction="maximize",
                load_if_exists=True,
            )
            fail_stale_trials(study)  # left behind by a search that was cut off; those of one that goes on are not
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise ConfigError(f"--storage {what.storage}: no search can be kept there ({_first_line(error)})") from error
    # Of its own for each beginning: else a search that goes on would try again what it tried first.
    seed = what.seed + len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    former = study.user_attrs.get("what")
    if former not in {None, what.digest()}:
        raise ConfigError(
            f"{what.storage} holds a search for another scenario, space, constraint or seeds, or by another release; "
            "name another --storage"
        )
    study.set_user_attr("what", what.digest())
    return study, storage


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _over(study: optuna.Study) -> list[FrozenTrial]:
    over = (TrialState.COMPLETE, TrialState.PRUNED)
    return study.get_trials(deepcopy=False, states=over)


def _enqueue_present(what: Search, study: optuna.Study) -> None:
    """The first trial is the scenario as it is, as far as the space holds it; again where that one was broken off."""
    if any(one.state is not TrialState.FAIL and _FIXED in one.system_attrs for one in study.get_trials(deepcopy=False)):
        return
    [plan, *_] = what.scenario.campaigns
    present = {one.key: value for one in what.space if (value := _present(what.scenario, plan, one)) is not None}
    if present:
        study.enqueue_trial(present)


def _present(scenario: Scenario, plan: CampaignPlan, one: Dimension) -> Any:  # noqa: ANN401 - of the key's own kind
    """The scenario's own value; None where it has none, or the space does not hold it."""
    value = _own(scenario, plan, one.key)
    if isinstance(one, Choice):
        return next((known for known in one.values if known == value), None)
    if not isinstance(value, int | float) or not one.low <= value <= one.high:
        return None
    steps = (value - one.low) / one.step if one.step else 0.0
    return value if abs(steps - round(steps)) < 1e-8 else None  # Optuna's own measure of what lies on a step


def _own(scenario: Scenario, plan: CampaignPlan, key: str) -> Any:  # noqa: ANN401 - of the key's own kind
    head, _, rest = key.partition(".")
    if head == "agents":
        return scenario.agents
    if head == "recycling":
        return next((rule.delay_s for rule in plan.recycling if rule.code == rest and rule.delay_s >= 0), None)
    if head == "shifts":
        name = rest.removesuffix(".agents")
        return next((shift.agents for shift in scenario.shifts if shift.name == name), None)
    node: Any = plan
    for name in key.split("."):
        node = getattr(node, name, None)
    return node


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
    try:
        return _reported(what, study, one)
    except UpdateFinishedTrialError:  # this machine slept for so long that another search took the trial for void
        return True


def _reported(what: Search, study: optuna.Study, one: _Running) -> bool:
    reached = mean(what.maximize, one.days)
    verdicts = [judged(constraint, one.days) for constraint in what.constraints]
    one.trial.report(reached, len(one.days))
    if len(one.days) == len(what.seeds):
        _keep(what, one.trial, verdicts)
        one.trial.set_user_attr(PACKED, packed(one.days))
        one.trial.set_user_attr(REACHED, [what.maximize.of(day) for day in one.days])
        study.tell(one.trial, reached)
        return True
    if any(verdict.surely_broken for verdict in verdicts) or _surely_worse(what, study, one.days):
        _keep(what, one.trial, verdicts)
        study.tell(one.trial, state=TrialState.PRUNED)
        return True
    return False


def _surely_worse(what: Search, study: optuna.Study, days: Sequence[Day]) -> bool:
    """Whether it reaches less, on the same days, than the best that keeps the constraints.

    What breaks them reaches more as a rule: held against that, each strategy worth having would be given up.
    """
    over = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    best = max((one for one in over if keeps(one)), key=lambda one: one.value or 0.0, default=None)
    if best is None:
        return False
    pairs = zip(map(what.maximize.of, days), best.user_attrs[REACHED], strict=False)
    found = interval([own - other for own, other in pairs if own is not None and other is not None])
    return found is not None and found.high is not None and found.high < 0


def keeps(one: FrozenTrial) -> bool:
    """Whether a finished trial kept every constraint."""
    return all(broken <= 0 for broken in one.user_attrs["broken_by"])


def _keep(what: Search, trial: Trial, verdicts: Sequence[Judged]) -> None:
    """Let the sampler, and whoever reads the search later, know how far each constraint was broken."""
    trial.set_user_attr("broken_by", [verdict.broken_by for verdict in verdicts])
    for constraint, verdict in zip(what.constraints, verdicts, strict=True):
        trial.set_constraint(constraint.told(), verdict.broken_by)


def packed(days: Sequence[Day]) -> dict[str, float]:
    """What is kept of a trial's days beside its score."""
    people = sum(day.answered_people for day in days)
    lost = sum(day.missed for day in days)
    occupied = [day.occupancy for day in days if day.occupancy is not None]
    return {"abandoned": lost / people if people else 0.0, "occupancy": sum(occupied) / max(1, len(occupied))}
