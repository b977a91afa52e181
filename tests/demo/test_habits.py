"""What a robot agent does at its desk: the right button for each state, after a person's time."""

from random import Random
from typing import Any

import pytest

from dialer.core.agents import AgentState
from dialer.core.model import DISPOSITIONS, Mode
from simulation.carrier.numbers import Behaviour, number
from simulation.demo.habits import BREAK_REASON, BREAK_S, OTHERS, PERSON_SAYS, WRAP_UP_S, Deed, deed, moment
from simulation.demo.robots import PLAIN

PERSON = number("+525510", Behaviour.PERSON, ring_s=3, talk_s=20)
MACHINE = number("+525510", Behaviour.MACHINE, ring_s=12, talk_s=9)


def desk(state: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "since": 1.0, "call": None, "number": None, "reason": "", **more}


def many(state: str, mode: Mode = Mode.PREDICTIVE, **more: Any) -> list[Deed | None]:
    chance = Random(5)
    return [deed(desk(state, **more), mode, chance) for _ in range(500)]


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        ("signed_out", {"sign_in"}),
        ("leg_lost", {"sign_in"}),
        ("break", {"ready"}),
        ("previewing", {"accept", "skip"}),
        ("holding", {"resume"}),
        ("wrapping", {"disposition"}),
    ],
)
def test_the_button_of_each_state(state: str, verbs: set[str]) -> None:
    assert {one.verb for one in many(state, number=PERSON) if one} == verbs


@pytest.mark.parametrize("state", ["connecting", "dialling", "ready"])
def test_nothing_is_pressed_while_there_is_nothing_to_press(state: str) -> None:
    assert set(many(state)) == {None}


def test_in_manual_mode_a_free_agent_dials() -> None:
    assert {one.verb for one in many("ready", Mode.MANUAL) if one} == {"dial"}


def test_no_state_of_an_agent_is_unknown_to_the_robots() -> None:
    for state in AgentState:
        for mode in Mode:
            found = deed(desk(state, number=PERSON), mode, Random(1))
            assert found is None or found.verb in {*PLAIN, "dial", "disposition"}


def test_a_machine_is_hung_up_on_and_a_person_is_not() -> None:
    assert {one.verb for one in many("talking", number=MACHINE) if one} == {"hangup"}
    assert {one.verb for one in many("talking", number=PERSON) if one} == {"hold"}
    assert many("talking", number=PERSON).count(None) > 400


def test_dispositions_are_those_of_a_campaign_and_fit_what_was_heard() -> None:
    known = {one.code for one in DISPOSITIONS}
    assert known >= set(PERSON_SAYS) | set(OTHERS.values())
    assert {one.code for one in many("wrapping", number=MACHINE) if one} == {"MACHINE"}
    assert {one.code for one in many("wrapping", number=PERSON) if one} == set(PERSON_SAYS)


def test_a_callback_has_its_time_and_nothing_else_has() -> None:
    for one in many("wrapping", number=PERSON):
        assert one is not None
        assert (one.callback_in_s is not None) == (one.code == "CALLBACK")


def test_wrap_up_lasts_three_to_ten_seconds_and_a_break_follows_now_and_then() -> None:
    said = [one for one in many("wrapping", number=PERSON) if one]
    assert all(WRAP_UP_S[0] <= one.after_s <= WRAP_UP_S[1] for one in said)
    assert 5 < sum(one.reason == BREAK_REASON for one in said) < 60


def test_only_a_break_of_ones_own_lasts() -> None:
    assert all(one and BREAK_S[0] <= one.after_s <= BREAK_S[1] for one in many("break", reason=BREAK_REASON))
    assert all(one and one.after_s < 1 for one in many("break", reason="signed_in"))


def test_a_deed_belongs_to_one_moment() -> None:
    assert moment({}) is None
    assert moment(desk("ready")) == moment(desk("ready", number=PERSON))
    assert moment(desk("ready")) != moment(desk("ready", call=7)) != moment(desk("talking", call=7))
