"""Leads wear out, and how fast is found again."""

from dataclasses import replace

import pytest

from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate.answers import Answers, Trial
from simulation.calibrate.history import Attempt
from simulation.world.people import People

ANSWERS, FLOOR = 0.3, People().repeat_floor
UNANSWERED = Attempt(
    at=0.0, hour=9, weekday=0, day=739004, lead=0, number="", try_=1, place=0, outcome=Outcome.NO_ANSWER,
    lasted_s=28.0, sign_s=3.0, progress_only=False, answer_s=None, wait_s=None, talk_s=None, wrap_s=None,
    agent=None, bridged=False, ended_by=EndedBy.TIMEOUT, category=None,
)  # fmt: skip


@pytest.mark.parametrize("truth", [0.4, 0.5, 0.7, 0.9, 1.0, 1.1])
def test_wear_is_found_again_though_nobody_wears_below_the_floor(truth: float) -> None:
    shares = {try_: ANSWERS * max(FLOOR, truth ** (try_ - 1)) for try_ in range(1, 11)}
    calls = [replace(UNANSWERED, try_=try_, hour=hour) for try_ in shares for hour in range(9, 17)]
    found = Answers([Trial(one, 1.0, shares[one.try_], 1.0) for one in calls for _ in range(100)])
    assert found.worn.value == pytest.approx(truth, abs=0.03)
    assert found.worn.low < truth < found.worn.high
    assert found.base == pytest.approx(ANSWERS, abs=0.01)
    assert [one.value for one in found.rows["hour"]] == pytest.approx([1.0] * 24, abs=0.01)
