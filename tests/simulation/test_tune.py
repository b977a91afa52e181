"""A search tries what the space allows, goes on where it was left, and proves what it says."""

import json
import sqlite3
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from dialer.cli.strategy import read, recycled
from dialer.core.ids import CampaignId, ClientId
from dialer.core.model import Campaign, Mode, Recycling
from dialer.core.selection import Order
from dialer.errors import ConfigError
from dialer.web.campaigns import changed, shown
from simulation.intervals import Interval
from simulation.replications import live
from simulation.report import Day
from simulation.scenario import CampaignPlan, Scenario, find
from simulation.tune import tell as telling
from simulation.tune.judging import frontier, judged
from simulation.tune.proof import Recommended, recommend
from simulation.tune.search import Search, asked, begun, search
from simulation.tune.space import Choice, Range, Value, aim, applied, checked, measure, read_constraint, read_space
from simulation.tune.strategy import strategy_text
from simulation.tune.tell import Asked, tell

FLOOR = Scenario(name="floor", agents=5, hours=0.1, campaigns=(CampaignPlan(leads=400, lines_max=25),))
SPACE = """
[space]
"pacing.intensity" = { low = 0.5, high = 2.0, log = true }
ring_timeout_s = { low = 16.0, high = 28.0, step = 4.0 }
agents = { low = 4, high = 6 }
list_order = ["fresh_first", "retries_first"]
"recycling.no_answer" = [900.0, 3600.0]
"""


def connected(kind: Any, *given: Any, **named: Any) -> Any:
    """A part of a cluster, of a package without types."""
    return kind(*given, **named)


class Here(Executor):
    """Does each thing at once, in this process."""

    def __init__(self) -> None:
        self.days = 0

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        self.days += 1
        done: Future[Any] = Future()
        done.set_result(work(*given, **named))
        return done


def written(folder: Path, text: str = SPACE) -> Path:
    file = folder / "space.toml"
    file.write_text(text)
    return file


def searched(folder: Path, constraint: str = "abandon<=0.5@60%", **changes: Any) -> Search:
    what = Search(
        scenario=FLOOR,
        space=read_space(written(folder)),
        constraints=(read_constraint(constraint),),
        maximize=measure("people"),
        seeds=(1, 2),
        storage=f"sqlite:///{folder / 'search.db'}",
    )
    return replace(what, **changes)


def day(seed: int = 1) -> Day:
    *_, last = live(FLOOR, seed)
    assert last is not None
    return last


# ---------------------------------------------------------------- space and constraints


def test_a_space_is_read_and_its_values_reach_the_scenario(tmp_path: Path) -> None:
    space = read_space(written(tmp_path))
    assert [type(one) for one in space] == [Range, Range, Range, Choice, Choice]
    made = applied(FLOOR, {"pacing.intensity": 1.5, "agents": 6, "recycling.no_answer": 900.0, "lines_max": 500})
    [plan] = made.campaigns
    assert (plan.pacing.intensity, made.agents, plan.lines_max) == (1.5, 6, 500)
    assert made.trunks[0].lines_max == 500
    assert [(one.code, one.delay_s) for one in plan.recycling] == [("no_answer", 900.0)]
    shifts = applied(find("shifts_60"), {"shifts.evening.agents": 30})
    assert [one.agents for one in shifts.shifts] == [35, 30]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("low = 0.5, high = 2.0, log = true", "low = 3.0, high = 2.0", ("line 3", "low lies below high")),
        ("{ low = 4, high = 6 }", "{ low = 4 }", ("line 5", "agents")),
        ('["fresh_first", "retries_first"]', '["fresh_first"]', ("line 6", "two values")),
        ("[space]", "[room]", ("one table",)),
        ("low = 0.5, high = 2.0, log = true", "low = 0.5, high = inf", ("line 3", "finite")),
        ("agents =", "agents", ("line 5",)),
    ],
)
def test_a_fault_in_a_space_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_space(written(tmp_path, SPACE.replace(old, new, 1)))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_key_needs_no_quotes(tmp_path: Path) -> None:
    bare = read_space(written(tmp_path, SPACE.replace('"', "").replace("[fresh_first, retries_first]", "[1, 2]")))
    assert [one.key for one in bare] == [one.key for one in read_space(written(tmp_path))]


def test_a_key_that_no_strategy_sets_is_refused_with_its_line(tmp_path: Path) -> None:
    space = read_space(written(tmp_path, SPACE.replace("agents = {", '"people.answer_share" = {')))
    with pytest.raises(ConfigError, match=r"space\.toml, line 5, people\.answer_share: no strategy sets that"):
        checked(space, FLOOR)
    space = read_space(written(tmp_path, SPACE.replace("low = 16.0", "low = 1.0")))
    with pytest.raises(ConfigError, match=r"space\.toml, line 4, ring_timeout_s: .*between 5 and 120"):
        checked(space, FLOOR)


@pytest.mark.parametrize(
    "key", ["ring", "recycling.lost", "shifts.night.agents", "people.talk", "people.answer_share", "detection.person_s"]
)
def test_what_the_scenario_does_not_know_is_refused_before_anything_is_simulated(tmp_path: Path, key: str) -> None:
    here, what = Here(), searched(tmp_path, space=(Range(key=key, low=1.0, high=2.0),))
    with pytest.raises(ConfigError):
        search(what, here, trials=1, at_once=1, progress=lambda *_: None)
    assert here.days == 0


def test_constraints() -> None:
    one = read_constraint("abandon<=0.03@99%")
    assert (one.measure.key, one.above, one.bound, one.confidence) == ("abandoned", False, 0.03, 0.99)
    assert read_constraint("occupancy >= 0.8").told() == "occupancy >= 0.8 with 95 %"
    for text in ("abandon<0.03", "abandon<=x", "abandon<=0.03@40%", "speed<=1", "abandon<=.", "abandon<=3@99%"):
        with pytest.raises(ConfigError):
            read_constraint(text)


def test_nobody_aims_at_what_nobody_wants() -> None:
    assert aim("right").key == "right"
    with pytest.raises(ConfigError, match="nobody wants more of it"):
        aim("abandoned")


def test_a_constraint_holds_only_with_the_confidence_asked_for() -> None:
    def days(abandoned: int, people: int) -> list[Day]:
        return [replace(day(), abandoned=abandoned, cut_off=0, answered_people=people)] * 3

    sure, barely, surely_not = days(10, 1000), days(28, 1000), days(60, 1000)
    strict, lax = read_constraint("abandon<=0.03@99%"), read_constraint("abandon<=0.03@51%")
    assert judged(strict, sure).broken_by < 0
    assert judged(strict, barely).broken_by > 0
    assert not judged(strict, barely).surely_broken
    assert judged(lax, barely).broken_by < 0
    assert judged(strict, surely_not).surely_broken


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30))
def test_nothing_beats_the_frontier_and_everything_else_is_beaten(points: list[tuple[int, int]]) -> None:
    line = frontier([(float(a), float(b)) for a, b in points])
    for place, (reached, lost) in enumerate(points):
        beaten = any(
            points[one][0] >= reached and points[one][1] <= lost and points[one] != points[place] for one in line
        )
        same = any(points[one] == points[place] for one in line)
        assert beaten or same


# ---------------------------------------------------------------- the search


def test_a_search_goes_on_where_it_was_left_and_is_the_same_for_a_seed(tmp_path: Path) -> None:
    what, here = searched(tmp_path), Here()
    first = search(what, here, trials=3, at_once=1, progress=lambda *_: None)
    made = here.days
    more = search(what, here, trials=5, at_once=1, progress=lambda *_: None)
    assert [one.params for one in more[: len(first)]] == [one.params for one in first]
    assert here.days > made
    before = here.days
    assert len(search(what, here, trials=5, at_once=1, progress=lambda *_: None)) == len(more)
    assert here.days == before
    assert first[0].params["ring_timeout_s"] == 28.0  # the first trial is the scenario as it is
    assert first[0].params["list_order"] == "fresh_first"


class Meanwhile(Here):
    """The same; before its first day is lived through, something else happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens: Callable[[], object] | None = happens

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        happens, self._happens = self._happens, None
        if happens is not None:
            happens()
        return super().submit(work, *given, **named)


def test_two_searches_at_once_on_one_storage_leave_each_others_trials_alone(tmp_path: Path) -> None:
    what, other = searched(tmp_path), Here()
    first = Meanwhile(lambda: search(what, other, trials=2, at_once=1, progress=lambda *_: None))
    found = search(what, first, trials=4, at_once=1, progress=lambda *_: None)
    study, _ = begun(what)
    states = [one.state for one in study.get_trials()]
    assert TrialState.FAIL not in states
    assert TrialState.RUNNING not in states
    assert len(states) == 4  # what the other search finished is counted
    assert 0 in [one.number for one in found]  # the first trial came to its end though another search began meanwhile
    assert len({json.dumps(one.params) for one in study.get_trials()}) == 4


def test_a_trial_of_a_search_that_was_cut_off_is_void_once_nothing_is_heard_of_it(tmp_path: Path) -> None:
    what = searched(tmp_path)
    study, storage = begun(what)
    for _ in range(2):
        asked(study, storage)
    with closing(sqlite3.connect(tmp_path / "search.db")) as database, database:
        database.execute("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-1 hour') WHERE trial_id = 1")
    again, _ = begun(what)
    assert [one.state for one in again.get_trials()] == [TrialState.FAIL, TrialState.RUNNING]


def test_a_search_that_goes_on_does_not_try_again_what_it_tried_first(tmp_path: Path) -> None:
    space = (Range(key="ring_timeout_s", low=16.0, high=28.0), Range(key="pacing.intensity", low=0.5, high=2.0))
    what, found = searched(tmp_path, space=space, seeds=(1,)), list[Any]()
    for trials in (3, 5):
        found = search(what, Here(), trials=trials, at_once=1, progress=lambda *_: None)
    tried = [tuple(one.params.values()) for one in found]
    assert len(set(tried)) == len(tried) == 5


class Broken(Here):
    """Is broken off, as by Ctrl-C, when so many days were lived through."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        if self.days == self._after:
            raise KeyboardInterrupt
        return super().submit(work, *given, **named)


@pytest.mark.parametrize("after", [0, 1])
def test_a_search_broken_off_in_its_first_trial_tries_the_scenario_as_it_is_when_it_goes_on(
    tmp_path: Path, after: int
) -> None:
    what = searched(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        search(what, Broken(after), trials=1, at_once=1, progress=lambda *_: None)
    [first] = search(what, Here(), trials=1, at_once=1, progress=lambda *_: None)
    assert (first.params["ring_timeout_s"], first.params["list_order"]) == (28.0, "fresh_first")
    assert first.params["agents"] == FLOOR.agents


def test_a_value_of_the_scenario_between_two_steps_is_not_tried_and_nothing_is_warned_of(tmp_path: Path) -> None:
    space = (Range(key="ring_timeout_s", low=17.0, high=31.0, step=2.0),)  # the scenario's own is 28
    what = searched(tmp_path, space=space, seeds=(1,))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        [first] = search(what, Here(), trials=1, at_once=1, progress=lambda *_: None)
    assert first.params["ring_timeout_s"] % 2 == 1


def test_where_a_search_cannot_be_kept_it_is_said(tmp_path: Path) -> None:
    for storage in (f"sqlite:///{tmp_path}/none/search.db", "nonsense://here"):
        with pytest.raises(ConfigError, match="no search can be kept there"):
            search(searched(tmp_path, storage=storage), Here(), trials=1, at_once=1, progress=lambda *_: None)


def test_a_search_of_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    search(searched(tmp_path), Here(), trials=1, at_once=1, progress=lambda *_: None)
    with pytest.raises(ConfigError, match="another"):
        search(searched(tmp_path, seeds=(1, 2, 3)), Here(), trials=2, at_once=1, progress=lambda *_: None)


def test_what_surely_breaks_a_constraint_is_given_up_after_its_first_day(tmp_path: Path) -> None:
    here = Here()
    never = searched(tmp_path, "people>=1000000")
    never = replace(never, constraints=(read_constraint("abandon<=0@51%"), *never.constraints))
    found = search(never, here, trials=4, at_once=1, progress=lambda *_: None)
    assert all(any(broken > 0 for broken in one.user_attrs["broken_by"]) for one in found)
    assert recommend(never, found, here, days=2, progress=lambda: None) is None


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Recommended:
    what, here = searched(tmp_path_factory.mktemp("tune")), Here()
    trials = search(what, here, trials=4, at_once=1, progress=lambda *_: None)
    recommended = recommend(what, trials, here, days=2, progress=lambda: None)
    assert recommended is not None
    return recommended


def test_what_is_recommended_comes_with_its_interval_on_days_of_its_own(found: Recommended) -> None:
    assert found.keeps
    assert found.figures["people"].low is not None
    assert found.figures["people"].count == 2
    assert "people" in found.differences


def test_the_strategy_is_a_file_that_a_campaign_loads_unchanged(found: Recommended, tmp_path: Path) -> None:
    file = tmp_path / "strategy.toml"
    file.write_text(strategy_text(found, name="floor", searched="four strategies", aim=measure("people")))
    rules = (("no_answer", Recycling(60.0, 2.0, same_number=True)), ("THIRD", Recycling(None, campaign=CampaignId(2))))
    before = Campaign(id=CampaignId(1), client=ClientId(1), name="Spring", mode=Mode.MANUAL, recycling=rules)
    kept = shown(before).model_dump(mode="json")["recycling"]
    loaded = read(file)
    after = changed(before, recycled(loaded.change, kept, loaded.delays_s))
    [plan] = found.scenario.campaigns
    assert after.mode is plan.mode
    assert (after.ring_timeout_s, after.lines_max) == (plan.ring_timeout_s, plan.lines_max)
    assert after.pacing == replace(plan.settings(), rules=before.pacing.rules)
    delay_s = found.values["recycling.no_answer"]
    assert isinstance(delay_s, float)
    assert after.recycling == (("no_answer", replace(rules[0][1], delay_s=delay_s)), rules[1])
    assert "difference" in file.read_text()


def test_where_the_proof_shows_nothing_the_file_says_so(found: Recommended) -> None:
    def told(low: float, high: float) -> str:
        differences = found.differences | {"people": Interval((low + high) / 2, low, high, 2)}
        proved = replace(found, differences=differences)
        return strategy_text(proved, name="floor", searched="four strategies", aim=measure("people"))

    assert "No difference shown in people / agent-hour" in told(-0.5, 2.0)
    assert "No difference shown" not in told(0.5, 2.0)


def test_what_was_searched_for_beside_pacing_is_in_the_file_too(found: Recommended, tmp_path: Path) -> None:
    values: dict[str, Value] = {
        "number_dials_24h_max": 5, "wait_max_s": 4.0, "detection.on": True, "selection.order": "balance",
    }  # fmt: skip
    varied = replace(found, values=values, scenario=applied(FLOOR, values))
    file = tmp_path / "strategy.toml"
    file.write_text(strategy_text(varied, name="floor", searched="four strategies", aim=measure("people")))
    before = Campaign(id=CampaignId(1), client=ClientId(1), name="Spring", mode=Mode.MANUAL)
    after = changed(before, read(file).change)
    assert (after.rules.number_dials_24h_max, after.detection.on, after.wait_max_s) == (5, True, 4.0)
    assert after.selection.order is Order.BALANCE


def asked_for(folder: Path, *, dask: str | None = None) -> Asked:
    """The command's options for a small floor."""
    scenario = folder / "floor.toml"
    scenario.write_text("agents = 5\nhours = 0.15\n[[campaigns]]\nleads = 300\nlines_max = 20\n")
    return Asked(
        scenario=str(scenario), space=written(folder), constraints=["abandon<=0.5@60%"], maximize="people", trials=2,
        days=2, hours=None, out=folder / "s.toml", storage=str(folder / "t.db"), jobs=1, dask=dask,
        png=folder / "f.png", json_file=folder / "t.json",
    )  # fmt: skip


def test_the_command_writes_strategy_picture_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = asked_for(tmp_path)
    for wrong in (replace(asked, out=tmp_path / "none" / "s.toml"), replace(asked, png=tmp_path)):
        with pytest.raises(ConfigError, match="cannot be written"):
            tell(wrong)
    assert not (tmp_path / "t.db").exists()  # told before anything was searched
    assert tell(asked) == 0
    told = json.loads((tmp_path / "t.json").read_text())
    assert any(one["frontier"] for one in told["trials"])
    assert told["recommended"]["figures"]["people"]["low"] is not None
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert "recommended" in capsys.readouterr().out
    assert read(tmp_path / "s.toml").change.mode is Mode.PREDICTIVE


def test_a_cluster_without_a_worker_is_told_of_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "WORKERS_WITHIN_S", 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cluster's own, of its libraries
        from distributed import LocalCluster

        with connected(LocalCluster, n_workers=0, processes=False, dashboard_address=None) as one:
            wanted = asked_for(tmp_path, dask=one.scheduler_address)
            with pytest.raises(ConfigError, match="has no worker; start some"):
                tell(wanted)


def test_the_same_search_on_a_dask_cluster(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cluster's own, of its libraries
        from distributed import Client, LocalCluster

        here = search(searched(tmp_path), Here(), trials=2, at_once=1, progress=lambda *_: None)
        other = searched(tmp_path, storage=f"sqlite:///{tmp_path / 'dask.db'}")
        with (
            connected(LocalCluster, n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as one,
            connected(Client, one) as client,
        ):
            there = search(other, client.get_executor(), trials=2, at_once=1, progress=lambda *_: None)
    assert [(one.params, one.value) for one in there] == [(one.params, one.value) for one in here]
