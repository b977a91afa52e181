"""The judge of the demo's day finds what is wrong. Each fault is made here and must be seen."""

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.demo.checks import audible, laws, overlaps

RATE_HZ = 8000


def call(call_id: int, *, agent: int = 1, bridged_at: float | None = 10.0, **more: Any) -> dict[str, Any]:
    end = None if bridged_at is None else bridged_at + 20
    given = {"placed_at": 1.0, "ended_at": end or 9.0, "outcome": "connected", "recording": f"r{call_id}"}
    return {"id": call_id, "agent": agent, "bridged_at": bridged_at, **given, **more}


def write(path: Path, *, seconds: float = 5.0, loud_s: float = 2.0, level: float = 0.2) -> None:
    chance = np.random.default_rng(1)
    samples = chance.normal(0.0, 0.0015, round(seconds * RATE_HZ))
    loud = round(loud_s * RATE_HZ)
    samples[:loud] += level * np.sin(np.arange(loud) * 2 * np.pi * 440 / RATE_HZ)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def record(folder: Path, base: str, *, customer: float = 2.0, agent: float = 2.0) -> None:
    write(folder / f"{base}.wav")
    write(folder / f"{base}-customer.wav", loud_s=customer)
    write(folder / f"{base}-agent.wav", loud_s=agent)


@pytest.mark.parametrize(
    ("loud_s", "level", "heard"),
    [
        (2.0, 0.2, True),
        (0.3, 0.1, True),  # one word
        (0.1, 0.2, False),  # a click
        (0.0, 0.0, False),  # the noise of a quiet line
        (2.0, 0.005, False),  # a hum far below speech
    ],
)
def test_a_leg_is_heard_by_its_energy(tmp_path: Path, loud_s: float, level: float, heard: bool) -> None:
    write(tmp_path / "leg.wav", loud_s=loud_s, level=level)
    assert audible(tmp_path / "leg.wav") is heard


def test_a_long_file_of_nothing_is_silent(tmp_path: Path) -> None:
    write(tmp_path / "leg.wav", seconds=60, loud_s=0)
    assert not audible(tmp_path / "leg.wav")


@pytest.mark.parametrize(
    ("talks", "count"),
    [
        ([(1, 0, 10), (1, 10, 20)], 0),  # one ends when the next begins
        ([(1, 0, 10), (2, 5, 20)], 0),  # two agents
        ([(1, 0, 10), (1, 9.9, 20)], 1),
        ([(1, 0, 10), (1, 2, None)], 1),
        ([(1, 0, None), (1, 20, 30), (1, 40, 50)], 1),
    ],
)
def test_an_agent_on_two_calls_is_seen(talks: list[tuple[int, float, float | None]], count: int) -> None:
    calls = [{"agent": agent, "bridged_at": since, "ended_at": until} for agent, since, until in talks]
    assert overlaps(reversed(calls)) == count


def test_a_day_in_order(tmp_path: Path) -> None:
    record(tmp_path, "r1")
    found = laws([call(1), call(2, bridged_at=None, outcome="busy", recording="")], tmp_path)
    assert found.kept
    assert (found.bridged, found.recorded, found.both_legs, found.short) == (1, 1, 1, 0)


def test_a_call_that_left_the_machine_needs_an_outcome(tmp_path: Path) -> None:
    found = laws(
        [call(1, bridged_at=None, outcome=None), call(2, bridged_at=None, outcome=None, placed_at=None)], tmp_path
    )
    assert found.without_outcome == 1
    assert not found.kept


def test_a_talk_without_recording_is_seen(tmp_path: Path) -> None:
    found = laws([call(1)], tmp_path)
    assert (found.bridged, found.recorded) == (1, 0)
    assert not found.kept


@pytest.mark.parametrize("silent", ["customer", "agent"])
def test_a_silent_leg_is_seen(tmp_path: Path, silent: str) -> None:
    record(tmp_path, "r1", **{silent: 0.0})
    found = laws([call(1)], tmp_path)
    assert found.silent == ("r1",)
    assert not found.kept


def test_a_short_talk_may_have_a_silent_leg(tmp_path: Path) -> None:
    record(tmp_path, "r1", customer=0.0)
    found = laws([call(1, ended_at=11.0)], tmp_path)
    assert (found.short, found.both_legs, found.silent) == (1, 0, ())
    assert found.kept
