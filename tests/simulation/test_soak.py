"""One number repeats a run; chance decides it and nothing else does; the engine survives faulty worlds."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import CallId, CampaignId, LeadId
from dialer.core.messages import Command, Event, PlaceCall, SwitchCommand, Ticked
from simulation import soaking
from simulation.replications import cores
from simulation.soak import Verdict, draw_scenario, run_seed
from simulation.world.faults import NO_FAULTS, Faults
from simulation.world.world import World

ROOT = Path(__file__).parent.parent.parent


def test_swarm_runs_differ_and_leave_most_faults_off() -> None:
    drawn = [draw_scenario(seed).faults for seed in range(200)]
    assert NO_FAULTS in drawn
    switches = [name for name in Faults.__slots__ if name.endswith(("share", "every_s"))]
    on = [sum(getattr(one, name) > 0 for name in switches) for one in drawn]
    assert 2 < sum(on) / len(on) < len(switches) / 2
    assert len({repr(one) for one in drawn}) > 150


def test_every_fault_has_its_turn() -> None:
    drawn = [draw_scenario(seed).faults for seed in range(300)]
    for name in Faults.__slots__:
        assert any(getattr(one, name) > 0 for one in drawn), name


def test_people_call_back_in_the_worlds_of_one_seed_in_four_whose_other_draws_stay_as_they_are() -> None:
    drawn = {seed: draw_scenario(seed) for seed in range(40)}
    calling = [seed for seed, one in drawn.items() if all(plan.callers.per_hour > 0 for plan in one.campaigns)]
    assert calling == list(range(0, 40, 4))
    for seed in (4, 5):
        without, with_ = draw_scenario(seed, callers=False), draw_scenario(seed, callers=True)
        assert drawn[seed] == (with_ if seed in calling else without)
        assert replace(with_, campaigns=without.campaigns) == without


def test_other_seeds_live_other_lives() -> None:
    assert run_seed(3).digest != run_seed(4).digest


NOBODYS = PlaceCall(
    call=CallId(1), trunk="none", dial="", caller_id="", ring_timeout_s=1.0, wait_max_s=1.0, message="",
    lead=LeadId(1), campaign=CampaignId(1),
)  # fmt: skip


class Recorder:
    """Keeps what one process was told, and what it answered."""

    def __init__(self) -> None:
        self.told: list[tuple[Event, float]] = []
        self.wished: list[list[Command]] = []

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        self.told.append((event, now))
        self.wished.append(commands)

    def executing(self, command: SwitchCommand) -> None:
        pass

    def restarted(self) -> None:
        self.told.clear()
        self.wished.clear()


@pytest.mark.parametrize("seed", [1, 5])
def test_a_recorded_life_replays_command_for_command(seed: int) -> None:
    scenario = draw_scenario(seed)
    world = World(Engine, scenario, seed)
    recorder = Recorder()
    world.watch(recorder)
    world.begin()
    world.run(300.0)
    again = Engine()
    assert [again.handle(event, now) for event, now in recorder.told] == recorder.wished


def test_an_error_in_the_engine_is_the_verdict() -> None:
    class Fragile(Engine):
        def handle(self, event: Event, now: float) -> list[Command]:
            if isinstance(event, Ticked):
                raise KeyError("nothing there")
            return super().handle(event, now)

    verdict = run_seed(1, Fragile)
    assert verdict.check == "engine_raised"
    assert "nothing there" in verdict.text


def test_a_broken_law_is_printed_first_and_last_with_the_command_that_repeats_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Reckless(Engine):
        def handle(self, event: Event, now: float) -> list[Command]:
            return [NOBODYS] if isinstance(event, Ticked) else super().handle(event, now)

    monkeypatch.setattr(soaking, "run_seed", lambda seed, trace=None: run_seed(seed, Reckless, trace))
    trace = tmp_path / "trace.txt"
    assert soaking.soak(range(7, 8), jobs=1, trace_file=trace, json_file=None) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("SEED=7 ")
    assert lines[-2].startswith("SEED=7 ")
    assert "dialer soak --seeds 7:8" in lines[-1]
    assert "PlaceCall" in trace.read_text()


def commit() -> str:
    """The commit at hand; what stands for it where there is none."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "no commit"


def test_a_commit_has_seeds_of_its_own() -> None:
    assert soaking.fresh_seeds("one") == soaking.fresh_seeds("one")
    assert soaking.fresh_seeds("one").start != soaking.fresh_seeds("other").start


def test_a_soak_ends_in_time_but_never_with_too_few_seeds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Verdict(seed=0, check="", text="", events=1, calls=0, digest="")
    monkeypatch.setattr(soaking, "run_seed", lambda seed, trace=None: replace(quick, seed=seed))
    assert soaking.soak(range(5, 1000), jobs=1, limit=soaking.Limit(seconds=0.0, least=7)) == 0
    assert "seeds 5:12: 7 seeds, 7 events, 0 violations" in capsys.readouterr().out
    assert soaking.soak(range(20), jobs=1) == 0
    assert "20 seeds" in capsys.readouterr().out


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_every_law_holds_in_faulty_worlds_that_nobody_has_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """As many as fit the time, fifty at least; other ones for every commit."""
    failed = soaking.soak(
        soaking.fresh_seeds(commit()), jobs=cores(), limit=soaking.Limit(seconds=float(os.environ.get("SOAK_S", "90")))
    )
    assert not failed, f"COMMIT={commit()}\n{capsys.readouterr().out}"
