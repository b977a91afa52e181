"""A search as it is begun, broken off and judged: what is given up, what is proved, what a space may hold."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from dialer.errors import ConfigError
from pacing.stats import interval
from simulation.intervals import Interval
from simulation.report import Day
from simulation.scenario import Scenario, find
from simulation.tune.proof import recommend
from simulation.tune.search import Search, begun, one_day, search
from simulation.tune.space import Choice, Dimension, Range, aim, applied, checked, read_constraint
from tests.simulation.test_tune import FLOOR, Here, written


class Made(Executor):
    """Days whose figures follow from the intensity alone: more of it reaches more and abandons more."""

    def __init__(self, day: Day) -> None:
        self._day = day

    def submit(self, _: Callable[..., Any], /, *given: Any, **__: Any) -> Future[Any]:
        scenario, seed = given
        intensity = scenario.campaigns[0].pacing.intensity
        reached = 10.0 + 4.0 * intensity + 0.1 * (seed % 3)
        done: Future[Any] = Future()
        lost = round(18 * intensity)
        at_work_s = 3600.0 * 1900 / reached
        made = replace(self._day, answered_people=2000, abandoned=lost, connected_people=1900, at_work_s=at_work_s)
        done.set_result(made)
        return done


@pytest.fixture(scope="module")
def made() -> Made:
    return Made(one_day(FLOOR, 1))


def searched(folder: Path, *space: Dimension) -> Search:
    return Search(
        scenario=FLOOR, space=space, constraints=(read_constraint("abandon<=0.03@99%"),), maximize=aim("people"),
        seeds=range(1, 4), storage=f"sqlite:///{folder / 't.db'}",
    )  # fmt: skip


def test_what_keeps_the_constraints_is_not_given_up_for_reaching_less_than_what_breaks_them(
    tmp_path: Path, made: Made
) -> None:
    what = searched(tmp_path, Range(key="pacing.intensity", low=0.5, high=4.0))
    found = search(what, made, trials=30, at_once=1, progress=lambda *_: None)
    kept = [one.params["pacing.intensity"] for one in found if one.user_attrs["broken_by"][0] <= 0]
    given_up = begun(what)[0].get_trials(states=(TrialState.PRUNED,))
    assert given_up
    for one in given_up:
        assert one.params["pacing.intensity"] < max(kept), "nothing that was kept reaches more"


def test_values_that_do_not_go_together_end_their_trial_and_not_the_search(tmp_path: Path) -> None:
    space = (
        Choice(key="list_order", values=("fresh_first", "retries_first")),
        Choice(key="selection.order", values=("due", "balance")),
    )
    what = searched(tmp_path, *space)
    checked(space, FLOOR)
    found = search(what, Here(), trials=6, at_once=1, progress=lambda *_: None)
    over = begun(what)[0].get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    assert len(over) == 6
    assert len(found) < 6


def test_trials_of_one_strategy_are_one_finalist(tmp_path: Path, made: Made) -> None:
    what = searched(tmp_path, Choice(key="pacing.intensity", values=(0.5, 1.0, 1.5)))
    found = search(what, made, trials=12, at_once=1, progress=lambda *_: None)
    lived = list[int]()
    recommended = recommend(what, found, made, days=3, progress=lambda: lived.append(1))
    assert recommended is not None
    assert (recommended.keeps, recommended.values) == (True, {"pacing.intensity": 1.5})
    assert len(lived) <= (3 + 2) * 3


def test_who_abandons_nobody_on_a_few_days_is_not_said_to_do_so_for_sure(tmp_path: Path) -> None:
    class Quiet(Made):
        def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
            done: Future[Any] = Future()
            done.set_result(replace(super().submit(work, *given, **named).result(), abandoned=0))
            return done

    quiet = Quiet(one_day(FLOOR, 1))
    what = searched(tmp_path, Choice(key="pacing.intensity", values=(0.5, 1.0)))
    trials = search(what, quiet, trials=2, at_once=1, progress=lambda *_: None)
    recommended = recommend(what, trials, quiet, days=3, progress=lambda: None)
    assert recommended is not None
    low, high = interval(0, 3 * 2000)
    assert recommended.figures["abandoned"] == Interval(0.0, low, high, 3)
    assert recommended.differences["abandoned"] == Interval(0.0, -high, high, 3)


@pytest.mark.parametrize(
    ("scenario", "one", "what"),
    [
        (FLOOR, Range(key="wait_max_s", low=1.0, high=5.0), "whole seconds"),
        (FLOOR, Choice(key="recycling.no_answer", values=("30m", "1h")), "are no seconds"),
        (find("shifts_60"), Choice(key="agents", values=(24, 90)), "vary shifts"),
        (find("shifts_60"), Choice(key="shifts.morning.agents", values=("many", "few")), "no whole number"),
        (find("shared_40"), Range(key="pacing.intensity", low=0.5, high=2.0), "a strategy is of one"),
    ],
)
def test_a_space_that_no_strategy_can_follow_is_refused(scenario: Scenario, one: Dimension, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        checked([one], scenario)


def test_values_that_go_together_are_set_in_whichever_order_they_come() -> None:
    values = {"detection.on": True, "wait_max_s": 5.0}
    one, other = applied(FLOOR, values), applied(FLOOR, dict(reversed(values.items())))
    assert one == other
    assert one.campaigns[0].detection.on


def test_a_share_of_all_is_no_constraint() -> None:
    with pytest.raises(ConfigError, match=r"write 0\.01 for 1"):
        read_constraint("abandon<=1@99%")


BROKEN_OFF = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
from dialer.cli import main
sys.argv[0] = "dialer"
main()
"""


def test_a_search_broken_off_says_that_what_it_tried_is_kept_and_how_it_goes_on(tmp_path: Path) -> None:
    given = [
        "tune",
        "collections_5",
        "--hours",
        "2",
        "--trials",
        "40",
        "--space",
        str(written(tmp_path)),
        "--jobs",
        "1",
    ]
    kept = tmp_path / "collections_5-tune.db"
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN_OFF, *given, "--language", "en"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        while not trials_in(kept):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
            assert process.returncode is None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "What was tried is kept: the same command goes on with it" in told
    assert process.returncode == 130
    assert set(trials_in(kept)) == {"FAIL"}


def trials_in(storage: Path) -> list[str]:
    """The states of the trials that are kept; none before there is such a file."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{storage}?mode=ro", uri=True)) as database:
        return [state for (state,) in database.execute("SELECT state FROM trials WHERE state <> 'WAITING'")]
    return []
