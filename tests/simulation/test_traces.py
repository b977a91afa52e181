"""Scenario, seed and version give one trace of events and commands: under any hash seed, on every Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LIVES = """
from dataclasses import replace
from dialer.core.engine import Engine
from simulation.scenario import find
from simulation.soak import run_seed
from simulation.world.watching import Trace
from simulation.world.world import World
for name, hours in (("collections_10", 0.1), ("shared_40", 0.03), ("detection_30", 0.03), ("bad_carrier_30", 0.03)):
    trace = Trace()
    world = World(Engine, find(name), 3, trace=trace)
    world.begin()
    world.run(hours * 3600.0)
    print(name, trace.digest(), world.shell.handled)
for seed in (3, 11, 17):
    print(seed, run_seed(seed).digest)
"""
SUMS = """
import builtins, functools, math, operator, sys

def naive(values, /, start=0):
    return functools.reduce(operator.add, values, start)

def exact(values, /, start=0):
    values = [start, *values]
    floats = any(type(value) is float for value in values)
    return math.fsum(values) if floats else functools.reduce(operator.add, values)

builtins.sum = {"naive": naive, "exact": exact}[sys.argv[1]]
from dataclasses import replace
from dialer.core.engine import Engine
from simulation.scenario import find
from simulation.variants import strategies
from simulation.world.watching import Trace
from simulation.world.world import World
KINDS = "policy=predictive,policy=ratio,policy=vicidial_adapt,mode=progressive,mode=preview"
for one in strategies(find("collections_10"), KINDS):
    trace = Trace()
    world = World(Engine, one.scenario, 3, trace=trace)
    world.begin()
    world.run(720.0)
    print(one.name, trace.digest(), world.shell.handled)
"""
# Interpreters, parted by colons, in whose environments Cadencia is installed: 3.12 and 3.13 beside the one at hand.
OTHERS = [one for one in os.environ.get("CADENCIA_PYTHONS", "").split(":") if one]


def lives(python: str, hash_seed: str) -> str:
    done = subprocess.run(
        [python, "-c", LIVES], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 7
    return done.stdout


@pytest.fixture(scope="module")
def here() -> str:
    return lives(sys.executable, "0")


@pytest.mark.parametrize("hash_seed", ["1", "4294967295"])
def test_the_hash_seed_changes_nothing(here: str, hash_seed: str) -> None:
    assert lives(sys.executable, hash_seed) == here


def test_no_sum_of_floats_decides_as_it_is_rounded_otherwise_from_python_3_12_on() -> None:
    told = [
        subprocess.run([sys.executable, "-c", SUMS, kind], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for kind in ("naive", "exact")
    ]
    assert len(told[0].splitlines()) == 5
    assert told[0] == told[1]


def prints(*options: str, hash_seed: str) -> dict[str, object]:
    """What `dialer simulate --fingerprint` tells of six minutes of two strategies under two seeds."""
    dialer = str(Path(sys.executable).parent / "dialer")
    command = [dialer, "simulate", "collections_5", "--hours", "0.1", "--seeds", "1:3"]
    done = subprocess.run(
        [*command, "--jobs", "1", "--fingerprint", "--json", *options], cwd=ROOT, check=True, capture_output=True,
        text=True, env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )  # fmt: skip
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_the_command_prints_one_fingerprint_of_each_life_whatever_the_hash_seed() -> None:
    one, other = (prints("--compare", "as_is,mode=progressive", hash_seed=seed) for seed in ("1", "2"))
    assert (one["hash_seed"], other["hash_seed"]) == ("1", "2")
    assert one["fingerprints"] == other["fingerprints"]
    assert isinstance(one["fingerprints"], list)
    assert len({each["fingerprint"] for each in one["fingerprints"]}) == 4


@pytest.mark.skipif(not OTHERS, reason="CADENCIA_PYTHONS names no other interpreter with Cadencia installed")
@pytest.mark.parametrize("python", OTHERS)
def test_another_python_changes_nothing(here: str, python: str) -> None:
    assert lives(python, "7") == here
