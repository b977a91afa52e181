"""Histories as they come: thin, one-sided, with clocks that were set back. Each gives a scenario that can be run."""

import math
import random
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dialer.core.ids import AgentId
from dialer.core.model import Category, Spell
from dialer.core.outcomes import EndedBy, Outcome
from simulation import toml_values
from simulation.calibrate.fit import Fit, fit
from simulation.calibrate.history import Attempt, History
from simulation.calibrate.laws import below, by_chance, distance, lognormal_below
from simulation.calibrate.write import scenario_of, scenario_text
from simulation.configured import campaigns_of
from simulation.scenario import Scenario

SINCE = Scenario().start()
[CAMPAIGN] = campaigns_of(Scenario())
TALK: dict[str, Any] = {
    "outcome": Outcome.CONNECTED, "answer_s": 9.0, "wait_s": 0.1, "talk_s": 100.0, "wrap_s": 20.0, "agent": 1,
    "bridged": True, "ended_by": EndedBy.PERSON, "category": Category.RIGHT_PARTY,
}  # fmt: skip
MACHINE = TALK | {"category": Category.MACHINE}


def attempts(count: int, **what: object) -> list[Attempt]:
    """So many calls alike; without anything said they ring until our time-out."""
    usual: dict[str, Any] = {
        "weekday": 0, "day": 739000, "try_": 1, "place": 0, "outcome": Outcome.NO_ANSWER, "lasted_s": 28.0,
        "sign_s": 3.0, "progress_only": False, "answer_s": None, "wait_s": None, "talk_s": None, "wrap_s": None,
        "agent": None, "bridged": False, "ended_by": EndedBy.TIMEOUT, "category": None,
    } | what  # fmt: skip
    return [
        Attempt(at=SINCE + 7.0 * at, hour=9 + at // 500 % 8, lead=at, number=f"+52{at}", **usual) for at in range(count)
    ]


def of(calls: Sequence[Attempt], *spells: Spell) -> Fit:
    """The fit of a history of these."""
    return fit(
        History(
            campaign=CAMPAIGN, zone="America/Mexico_City", since=SINCE, until=SINCE + 28800.0, attempts=tuple(calls),
            spells=spells, leads=1000,
        )
    )  # fmt: skip


def spell(state: str, since: float, until: float, reason: str = "") -> Spell:
    return Spell(agent=AgentId(1), state=state, since=SINCE + since, until=SINCE + until, reason=reason)


@pytest.mark.parametrize(
    "calls",
    [
        attempts(1),
        attempts(300),
        attempts(50, outcome=Outcome.UNKNOWN),
        attempts(50, outcome=Outcome.CONGESTION),
        attempts(200, outcome=Outcome.INVALID, lasted_s=1.0),
        attempts(200, outcome=Outcome.BUSY, lasted_s=1.0),
        attempts(200, **TALK),
        [
            *attempts(100, lasted_s=1.0, ended_by=EndedBy.PERSON),
            *attempts(20, **TALK),
        ],  # the carrier ends what it cannot deliver
        attempts(20, **(TALK | {"talk_s": -3.0})),
        attempts(20, **(TALK | {"answer_s": None, "wait_s": None})),
        attempts(200, **(TALK | {"talk_s": 0.0, "wrap_s": 0.0, "answer_s": 0.0})),
    ],
    ids=["one", "unanswered", "unknown", "congested", "invalid", "busy", "talks", "short", "back", "unseen", "nought"],
)
def test_what_it_writes_can_be_run_whatever_was_recorded(calls: list[Attempt]) -> None:
    scenario = scenario_of(of(calls))
    assert scenario.agents >= 1


@pytest.mark.parametrize(
    "spells",
    [(spell("break", 0, 600, "lunch"),), (spell("ready", 0, 600), spell("break", 600, 600, "lunch"))],
    ids=["no work", "no length"],
)
def test_breaks_that_tell_nothing_are_as_usual(spells: tuple[Spell, ...]) -> None:
    found = of(attempts(30, **TALK), *spells)
    assert 60.0 < found.value("habits.break_every_s") <= 3600.0
    assert found.value("habits.break_s") <= 600.0


def test_where_calls_ring_briefly_shares_stay_within_one_and_what_was_seen_stays() -> None:
    """Twelve seconds of ringing: 200 of 800 met a machine and 200 a person by then."""
    calls = [
        *attempts(300, lasted_s=12.0),
        *attempts(200, **(MACHINE | {"answer_s": 11.0})),
        *attempts(200, **(TALK | {"answer_s": 9.0})),
        *attempts(100, outcome=Outcome.BUSY, lasted_s=3.0),
    ]
    found = of(calls)
    scenario_of(found)
    cut_s = 12.0 - found.value("trunks.carrier.delay_s")
    for key, ring, shape in (
        ("answer_share", "ring_s", found.value("people.ring_shape")),
        ("machine_share", "machine_ring_s", 9.0),
    ):
        seen = found.value(f"people.{key}") * below(found.value(f"people.{ring}"), shape, cut_s)
        assert seen == pytest.approx(0.25, abs=0.03), key


def test_the_days_of_the_week_are_those_on_which_there_was_work() -> None:
    days = [(0, 739000), (4, 739004), (6, 739006), (0, 739007)]
    found = of([one for weekday, day in days for one in attempts(20, weekday=weekday, day=day)])
    assert scenario_of(found).workdays == ("mon", "fri", "sun")
    one_day = of(attempts(20, weekday=6))
    assert scenario_of(one_day).workdays == Scenario().workdays  # too little to tell


def test_a_gap_is_held_against_what_chance_makes() -> None:
    assert by_chance(20) == pytest.approx(0.294, abs=0.002)  # the table of Massey (1951)
    assert by_chance(100) == pytest.approx(0.134, abs=0.002)
    draw = random.Random(1)
    law = lognormal_below(100.0, 0.8)
    gaps = [distance([draw.lognormvariate(math.log(100.0) - 0.32, 0.8) for _ in range(60)], law) for _ in range(200)]
    assert 0.90 <= sum(gap <= by_chance(60) for gap in gaps) / 200 <= 0.99


def test_a_name_with_any_sign_in_it_is_written_so_that_it_can_be_read() -> None:
    found = of(attempts(30))
    found.history = replace(found.history, campaign=replace(CAMPAIGN, name='a "b" \\ c\r\nd\te'))
    text = scenario_text(found)
    read = toml_values.filled(Scenario(), tomllib.loads(text), text)
    assert read.campaigns[0].name == found.history.campaign.name
