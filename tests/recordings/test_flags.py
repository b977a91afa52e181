"""When a flag is raised, and when not; the detector is a part that can be changed."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recordings.analysis import analyze
from recordings.measures import Flag
from recordings.settings import Settings
from tests.recordings.calls import Spans, noise, spoken, write

TALK: Spans = [(1.0, 5.0), (11.0, 15.0), (21.0, 25.0)]
ANSWERS: Spans = [(6.0, 10.0), (16.0, 20.0), (26.0, 29.0)]


def flags(tmp_path: Path, seconds: float, agent: Spans, customer: Spans, dbfs: float = -22.0) -> tuple[Flag, ...]:
    legs = spoken(seconds, agent, seed=1), spoken(seconds, customer, dbfs=dbfs, seed=2)
    return analyze(write(tmp_path / "call.wav", *legs)).flags


@pytest.mark.parametrize(
    ("seconds", "agent", "customer", "expected"),
    [
        (30, TALK, ANSWERS, ()),
        (30, ANSWERS, TALK, (Flag.LATE_FIRST_WORD,)),
        (30, [(1.0, 5.0), (11.0, 27.0)], [(6.0, 10.0), (16.0, 21.0)], (Flag.TALK_OVER,)),
        (30, TALK, [(6.0, 10.0)], (Flag.DEAD_AIR,)),
        (7, [(1.0, 6.5)], [(0.2, 0.8)], (Flag.HUNG_UP_ON_GREETING,)),
        (12, [(1.0, 6.0)], [(7.0, 11.5)], ()),  # a short call in which the customer answered
    ],
)
def test_flags_of_calls(tmp_path: Path, seconds: float, agent: Spans, customer: Spans, expected: tuple[Flag]) -> None:
    assert flags(tmp_path, seconds, agent, customer) == expected


def test_a_faint_side_is_flagged(tmp_path: Path) -> None:
    assert flags(tmp_path, 30, TALK, ANSWERS, dbfs=-45) == (Flag.TOO_QUIET,)


def test_dead_air_from_another_length_on(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", spoken(30, TALK, seed=1), spoken(30, [(6.0, 10.0), (16.0, 20.0)], seed=2))
    assert [round(one.at_s) for one in analyze(path, Settings(dead_air_s=4.0)).dead_air] == [25]
    assert analyze(path, Settings(dead_air_s=6.0)).dead_air == ()


class Deaf:
    """A detector that hears no speech in anything."""

    def speech(self, frames: NDArray[np.float32]) -> NDArray[np.bool_]:
        return np.zeros(len(frames), np.bool_)


def test_another_detector_has_the_say(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", spoken(10, [(1.0, 5.0)]), noise(10, -60))
    assert analyze(path, detector=Deaf).agent.speech_share == 0


def test_progress_reaches_the_end(good_call: Path) -> None:
    told: list[float] = []
    analyze(good_call, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
