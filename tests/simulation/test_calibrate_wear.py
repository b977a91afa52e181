"""Leads wear out, and answer more on one day than on another: the truth is found again."""

import random
from dataclasses import replace
from statistics import NormalDist, fmean

import pytest

from dialer.core.model import Category
from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate.answers import Answers, Trial
from simulation.calibrate.fit import USUAL_DAY_SIGMA, Fit, fit
from simulation.calibrate.history import Attempt, History
from simulation.configured import campaigns_of
from simulation.scenario import Scenario
from simulation.world.people import People

[CAMPAIGN] = campaigns_of(Scenario())
SINCE, MONDAY, DAY_S = Scenario().start(), 739004, 86_400.0
ANSWERS, CALLS, FLOOR = 0.3, 300, People().repeat_floor
UNANSWERED = Attempt(
    at=SINCE, hour=9, weekday=0, day=MONDAY, lead=0, number="", try_=1, place=0, outcome=Outcome.NO_ANSWER,
    lasted_s=28.0, sign_s=3.0, progress_only=False, answer_s=None, wait_s=None, talk_s=None, wrap_s=None,
    agent=None, bridged=False, ended_by=EndedBy.TIMEOUT, category=None,
)  # fmt: skip


def call(at: float, lead: int, share: float, draw: random.Random) -> Attempt:
    """One that a person answers, or nobody."""
    day = int((at - SINCE) / DAY_S)
    bare = replace(UNANSWERED, at=at, day=MONDAY + day, weekday=day % 7, lead=lead, number=f"+52{lead}")
    if draw.random() >= share:
        return bare
    return replace(
        bare, outcome=Outcome.CONNECTED, ended_by=EndedBy.AGENT, answer_s=3.0 + draw.gammavariate(3.0, 2.0),
        wait_s=0.1, talk_s=60.0, wrap_s=10.0, agent=1, bridged=True, category=Category.RIGHT_PARTY, lasted_s=64.0,
    )  # fmt: skip


def fitted(attempts: list[Attempt]) -> Fit:
    until = max(one.at for one in attempts) + 60.0
    return fit(
        History(
            campaign=CAMPAIGN, zone="America/Mexico_City", since=SINCE, until=until, attempts=tuple(attempts),
            spells=(), leads=len({one.lead for one in attempts}),
        )
    )  # fmt: skip


# ---------------------------------------------------------------- wear


@pytest.mark.parametrize("truth", [0.4, 0.5, 0.7, 0.9, 1.0, 1.1])
def test_wear_is_found_again_though_nobody_wears_below_the_floor(truth: float) -> None:
    shares = {try_: ANSWERS * max(FLOOR, truth ** (try_ - 1)) for try_ in range(1, 11)}
    calls = [replace(UNANSWERED, try_=try_, hour=hour) for try_ in shares for hour in range(9, 17)]
    found = Answers([Trial(one, 1.0, shares[one.try_], 1.0) for one in calls for _ in range(100)])
    assert found.worn.value == pytest.approx(truth, abs=0.03)
    assert found.worn.low < truth < found.worn.high
    assert found.base == pytest.approx(ANSWERS, abs=0.01)
    assert [one.value for one in found.rows["hour"]] == pytest.approx([1.0] * 24, abs=0.01)


# ---------------------------------------------------------------- days


def swung(days: int, sigma: float, draw: random.Random) -> list[Attempt]:
    """Days that differ in answering by so much."""
    normal = NormalDist()
    factors = [normal.inv_cdf((day + 0.5) / days) for day in range(days)]
    draw.shuffle(factors)
    return [
        call(SINCE + day * DAY_S + at, day * CALLS + at, ANSWERS * (1 + sigma * factor), draw)
        for day, factor in enumerate(factors)
        for at in range(CALLS)
    ]


def test_how_far_days_differ_is_found_again_though_weekdays_take_their_part_of_it() -> None:
    found = [fitted(swung(20, 0.3, random.Random(seed))).day_sigma for seed in range(5)]
    assert fmean(found) == pytest.approx(0.3, abs=0.07)


@pytest.mark.parametrize("days", [5, 7])
def test_days_that_are_as_many_as_weekdays_do_not_tell_how_far_days_differ(days: int) -> None:
    assert fitted(swung(days, 0.3, random.Random(1))).day_sigma == USUAL_DAY_SIGMA
