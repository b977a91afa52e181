"""Whole runs of `dialer demo`, as a newcomer starts it: on Asterisk, on the stand-in, interrupted, and in vain."""

import csv
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from asterisk_config.lab import HOME_VARIABLE, Lab
from simulation.demo.children import dialer

PROJECT = Path(__file__).parent.parent.parent
DIALER = Path(sys.executable).with_name("dialer")
SOME_CONNECTED = r" [1-9]\d* connected"
SHORT = ("--leads", "300", "--talk-max", "6")


class Run:
    """One run of the demo in a folder of its own."""

    def __init__(self, folder: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.json_file = folder.with_suffix(".json")
        where = ("--port", "0", "--keep", str(folder), "--json", str(self.json_file))
        self.process = subprocess.Popen(
            [str(DIALER), "demo", *where, *options],
            cwd=PROJECT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, sign: str) -> str:
        """Read what it says up to a line that matches."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if re.search(sign, line):
                return said
        raise AssertionError(f"the demo ended without {sign!r}:\n{said}")

    def ended(self) -> tuple[int, str]:
        """Its exit code, and what it said."""
        said, _ = self.process.communicate(timeout=110)
        return self.process.returncode, said

    def day(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.json_file.read_text())
        return found

    def processes(self) -> list[int]:
        """Everything that runs for this demo, itself left out: what it started, and what names its folder."""
        return [
            pid
            for pid, parent, command in commands()
            if pid != self.process.pid and (parent == self.process.pid or str(self.folder) in command)
        ]


def commands() -> Iterator[tuple[int, int, str]]:
    """Every process with its parent and its command line."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield int(entry.name), int(parent), command


Demo = Callable[..., Run]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Starts demos below the test's folder, `demo(name, options...)`; none of them outlives the test."""
    runs: list[Run] = []

    def start(name: str, *options: str, **more: Any) -> Run:
        runs.append(Run(tmp_path / name, *options, **more))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.communicate()


def gone(pids: list[int], patience_s: float = 10.0) -> bool:
    """Whether all these processes end in time."""
    with ExitStack() as held:
        for pid in pids:
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            held.callback(os.close, handle)
            if not select.select([handle], [], [], patience_s)[0]:
                return False
    return True


def obeyed_the_laws(run: Run) -> dict[str, Any]:
    """The day of a run that is over, once it is seen to be in order."""
    code, said = run.ended()
    assert code == 0, said
    assert run.processes() == []
    day = run.day()
    assert day["calls_placed"] == sum(day["outcomes"].values()) > 0
    assert (day["calls_without_outcome"], day["agents_on_two_calls"]) == (0, 0)
    assert "in_progress" not in day["outcomes"]
    assert day["recordings"] == day["bridged"] == day["connected"] > 0
    assert day["recordings_silent"] == []
    assert day["recordings_both_legs"] >= day["recordings"] - day["recordings_short"] > 0
    assert Path(day["database"]).is_file()
    assert "In order" in said
    return day


@pytest.mark.asterisk
def test_a_predictive_campaign_on_a_real_asterisk(demo: Demo) -> None:
    lab = Lab.of(None if HOME_VARIABLE in os.environ else PROJECT / ".lab")
    version = lab.install()
    options = ("--minutes", "0.4", "--agents", "6", *SHORT)
    run = demo("demo", *options, environment={HOME_VARIABLE: str(lab.home)})
    day = obeyed_the_laws(run)
    assert (day["asterisk_version"], day["mode"], day["agents"], day["leads"]) == (version, "predictive", 6, 300)
    for measure in ("answer_to_bridge_ms", "wait_ms"):
        assert day[measure]["n"] == day["bridged"]
        assert 0 <= day[measure]["p50"] <= day[measure]["p99"]


def test_the_other_modes_on_the_stand_in_and_ctrl_c(demo: Demo) -> None:
    options = ("--standin", "--agents", "3", *SHORT)
    runs = {mode: demo(mode, "--mode", mode, *options) for mode in ("manual", "preview", "progressive")}
    for run in runs.values():
        run.until(SOME_CONNECTED)
        run.process.send_signal(signal.SIGINT)
    for mode, run in runs.items():
        day = obeyed_the_laws(run)
        assert (day["mode"], day["asterisk_version"]) == (mode, "none (stand-in switch)")
        assert day["abandoned"] == 0, "whoever dials for an agent has that agent"
        assert sum(day["dispositions"].values()) > 0
    was_left_as_by_any_user(runs["manual"].folder)


def was_left_as_by_any_user(folder: Path) -> None:
    """The list and the configuration that the demo wrote are a user's: the command line takes them."""
    with (folder / "leads.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 300
    listing = dialer("campaign", "list", "-c", str(folder / "cadencia.toml"), "--json", "-", log=folder / "list.log")
    assert [campaign["name"] for campaign in json.loads(listing.result())] == ["Demo"]


def test_nothing_outlives_a_demo_that_is_killed(demo: Demo) -> None:
    run = demo("demo", "--standin", "--agents", "2", *SHORT)
    run.until(SOME_CONNECTED)
    children = run.processes()
    assert len(children) >= 3, "the dialer, the robots and the switch"
    run.process.kill()
    run.ended()
    assert gone(children)


def test_a_dialer_that_dies_ends_the_demo_with_its_last_words(demo: Demo) -> None:
    run = demo("demo", "--standin", "--agents", "2", *SHORT)
    run.until(SOME_CONNECTED)
    (serve,) = [pid for pid, _, command in commands() if f"serve -c {run.folder}" in command]
    os.kill(serve, signal.SIGKILL)
    code, said = run.ended()
    assert code == 1
    assert "dialer serve ended by itself" in said
    assert "Traceback" not in said
    assert run.processes() == []


def test_without_asterisk_it_says_what_is_missing_and_how_to_mend_it(demo: Demo, tmp_path: Path) -> None:
    nowhere = {HOME_VARIABLE: str(tmp_path / "lab"), "CADENCIA_DEBIAN_MIRROR": f"file:{tmp_path}/no-mirror"}
    code, said = demo("demo", environment=nowhere).ended()
    assert code == 1
    for part in ("needs a private Asterisk", "CADENCIA_DEBIAN_MIRROR", "CADENCIA_LAB", "--standin"):
        assert part in said
    assert "Traceback" not in said
