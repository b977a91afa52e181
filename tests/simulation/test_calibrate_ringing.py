"""People of whom the truth is known ring for as long as somebody lets them, and the truth is found again."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest

from dialer.core.model import Category
from dialer.core.outcomes import EndedBy, Outcome
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import Attempt, History
from simulation.calibrate.laws import by_chance, distance
from simulation.calibrate.write import scenario_of, scenario_text
from simulation.configured import campaigns_of
from simulation.scenario import Scenario
from simulation.texts import ENGLISH, Tongue

[CAMPAIGN] = campaigns_of(Scenario())
SINCE, ATTEMPTS = Scenario().start(), 8000
DELAY_S, RING_S, MACHINE_RING_S = 3.0, 8.0, 18.0
ANSWERS, MACHINES, OFF, BUSY = 0.25, 0.20, 0.12, 0.05
GIVEN_UP = (Outcome.CANCELLED, EndedBy.AGENT)
TIMED_OUT = (Outcome.NO_ANSWER, EndedBy.TIMEOUT)
BARE = Attempt(
    at=SINCE, hour=9, weekday=0, day=739000, lead=0, number="", try_=1, place=0, outcome=Outcome.NO_ANSWER,
    lasted_s=0.0, sign_s=DELAY_S, progress_only=False, answer_s=None, wait_s=None, talk_s=None, wrap_s=None,
    agent=None, bridged=False, ended_by="", category=None,
)  # fmt: skip

Unanswered = tuple[float, Outcome, EndedBy]  # how long it rings since it was placed, and how that ends


def lived(rings: Callable[[float, random.Random], Unanswered], count: int = ATTEMPTS, seed: int = 1) -> list[Attempt]:
    """Calls of eight hours. `rings` is told which part of the day is over, and says how an unanswered ring ends."""
    draw, made = random.Random(seed), []
    for lead in range(count):
        limit_s, outcome, by = rings(lead / count, draw)
        bare = replace(
            BARE, at=SINCE + 28800.0 * lead / count, hour=9 + 8 * lead // count, lead=lead, number=f"+52{lead}"
        )
        unanswered = replace(bare, lasted_s=limit_s, outcome=outcome, ended_by=by)
        over_s, seen = _fate(draw)
        made.append(replace(bare, **seen) if DELAY_S + over_s < limit_s else unanswered)
    return made


def _fate(draw: random.Random) -> tuple[float, dict[str, Any]]:
    """How long it rings until it is answered or refused, and what is seen of it then."""
    at = draw.random()
    if at < ANSWERS + MACHINES:
        person = at < ANSWERS
        over_s = draw.gammavariate(3.0, RING_S / 3) if person else draw.gammavariate(9.0, MACHINE_RING_S / 9)
        category = Category.RIGHT_PARTY if person else Category.MACHINE
        return over_s, {
            "outcome": Outcome.CONNECTED, "ended_by": EndedBy.AGENT, "answer_s": DELAY_S + over_s, "wait_s": 0.1,
            "talk_s": 60.0, "wrap_s": 10.0, "agent": 1, "bridged": True, "category": category,
            "lasted_s": DELAY_S + over_s + 60.0,
        }  # fmt: skip
    over_s = draw.uniform(0.1, 1.0)
    if at < ANSWERS + MACHINES + OFF:
        rang = draw.random() < 0.3
        outcome = Outcome.NO_ANSWER if rang else Outcome.UNREACHABLE
        return over_s, {"outcome": outcome, "ended_by": EndedBy.PERSON, "lasted_s": DELAY_S + over_s}
    if at < ANSWERS + MACHINES + OFF + BUSY:
        return over_s, {"outcome": Outcome.BUSY, "ended_by": EndedBy.PERSON, "lasted_s": DELAY_S + over_s}
    return float("inf"), {}


def fitted(attempts: Sequence[Attempt]) -> Fit:
    return fit(
        History(
            campaign=CAMPAIGN, zone="America/Mexico_City", since=SINCE, until=SINCE + 28800.0,
            attempts=tuple(attempts), spells=(), leads=ATTEMPTS,
        )
    )  # fmt: skip


def changed_at_noon(part: float, _: random.Random) -> Unanswered:
    return 25.0 if part < 0.4 else 40.0, *TIMED_OUT


def brief_at_first(part: float, _: random.Random) -> Unanswered:
    return 11.0 if part < 0.5 else 40.0, *TIMED_OUT


def in_turns(part: float, _: random.Random) -> Unanswered:
    return 20.0 if int(part * 32) % 2 else 35.0, *TIMED_OUT


def ended_by_the_network(_: float, draw: random.Random) -> Unanswered:
    return draw.choice([30.0, 45.0]), Outcome.NO_ANSWER, EndedBy.PERSON


def without_signs(_: float, __: random.Random) -> Unanswered:
    return 28.0, Outcome.FAILED, EndedBy.TIMEOUT


def impatient_agents(_: float, draw: random.Random) -> Unanswered:
    given_up_s = draw.uniform(5.0, 25.0) if draw.random() < 0.7 else 99.0
    return (given_up_s, *GIVEN_UP) if given_up_s < 28.0 else (28.0, *TIMED_OUT)


def nobody_waits_for_the_time_out(_: float, draw: random.Random) -> Unanswered:
    return draw.uniform(15.0, 27.0), *GIVEN_UP


@pytest.mark.parametrize(
    "rings",
    [changed_at_noon, in_turns, ended_by_the_network, without_signs, impatient_agents, nobody_waits_for_the_time_out],
)
def test_the_truth_is_found_however_rings_end(rings: Callable[[float, random.Random], Unanswered]) -> None:
    found = fitted(lived(rings))
    for key, truth, within in (
        ("answer_share", ANSWERS, 0.02),
        ("machine_share", MACHINES, 0.025),
        ("off_share", OFF, 0.015),
        ("busy_share", BUSY, 0.01),
        ("ring_s", RING_S, 0.6),
        ("machine_ring_s", MACHINE_RING_S, 1.0),
    ):
        assert found.value(f"people.{key}") == pytest.approx(truth, abs=within), key
    for name in ("ring of people", "ring of machines"):
        values = found.samples[name]
        assert distance(values, found.laws[name]) < by_chance(len(values)), name
    scenario_of(found)


def test_hours_in_which_calls_rang_briefly_are_not_taken_for_hours_in_which_fewer_answer() -> None:
    hours = [one.value for one in fitted(lived(brief_at_first)).rows["people.hour_factors"][9:17]]
    assert fmean(hours[:4]) / fmean(hours[4:]) == pytest.approx(1.0, abs=0.1)


def test_calls_that_rang_until_the_time_out_count_though_no_sign_came() -> None:
    silent = [replace(one, sign_s=None) for one in lived(without_signs)]
    assert fitted(silent).value("people.answer_share") == pytest.approx(ANSWERS, abs=0.02)


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_what_tells_nothing_is_left_out_and_that_is_said(language: str) -> None:
    calls = lived(changed_at_noon, 400)
    nothing = [
        replace(BARE, lead=9000 + at, number=f"+53{at}", outcome=outcome, ended_by=EndedBy.SWITCH, lasted_s=1.0)
        for at, outcome in enumerate([Outcome.UNKNOWN] * 20 + [Outcome.FAILED] * 30)
    ]
    clean, dirty = fitted(calls), fitted([*calls, *nothing])
    assert dirty.value("people.answer_share") == clean.value("people.answer_share")
    assert (clean.left_out, dirty.left_out) == (0, 50)
    tongue = Tongue(language)
    said = tongue.tn("calibrate.left_out", 50)
    assert "50" in said
    assert said in _head(dirty, tongue)
    assert not any(tongue.tn("calibrate.left_out", n) in _head(clean, tongue) for n in (0, 1))


def _head(found: Fit, tongue: Tongue = ENGLISH) -> list[str]:
    return list(_comments(scenario_text(found, tongue)))


def _comments(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("# "):
            return
        yield line.removeprefix("# ")
