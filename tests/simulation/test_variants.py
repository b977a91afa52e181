"""Strategies side by side differ in what is named and in nothing else; what cannot be is refused with its name."""

import pytest

from dialer.core.model import Mode
from dialer.errors import ConfigError
from pacing import Policy
from simulation.scenario import find
from simulation.variants import strategies

DAY = find("shared_40")


def test_a_policy_with_its_settings_is_one_strategy() -> None:
    first, second = strategies(DAY, "policy=predictive,policy=ratio+pacing.ratio=2.5")
    assert (first.name, second.name) == ("predictive", "ratio+ratio=2.5")
    assert {plan.policy for plan in second.scenario.campaigns} == {Policy.RATIO}
    assert {plan.settings().ratio for plan in second.scenario.campaigns} == {2.5}
    assert first.scenario == DAY


def test_keys_of_the_scenario_and_of_its_parts_may_be_changed() -> None:
    many, shy, watchful = strategies(DAY, "agents=50,people.answer_share=0.1,wait_max_s=4+detection.on=true")
    assert many.scenario.staff == 50
    assert shy.scenario.people.answer_share == 0.1
    assert all(plan.detection.on for plan in watchful.scenario.campaigns)
    assert strategies(DAY, "as_is,mode=progressive")[0].scenario == DAY


def test_no_two_strategies_have_one_name() -> None:
    names = [one.name for one in strategies(DAY, "policy=progressive,mode=progressive,policy=ratio")]
    assert names == ["policy=progressive", "mode=progressive", "ratio"]


def test_modes_are_a_short_form() -> None:
    assert [one.name for one in strategies(DAY, modes=[Mode.MANUAL, Mode.PREVIEW])] == ["manual", "preview"]
    assert [one.name for one in strategies(DAY)] == ["shared_40"]


@pytest.mark.parametrize(
    ("compare", "words"),
    [
        ("polcy=ratio", "no such key"),
        ("policy=fast", "not one of"),
        ("policy", "no key=value"),
        ("people.answer_share=2", "between 0 and 1"),
        ("detection.on=true", "while the detector listens"),
        ("policy=ratio,policy=ratio", "twice"),
        ("pacing.ratio=-1", "between"),
        ("pacing.policy=ratio", "policy stands at the campaign"),
        ("pacing.connect_within_s=1", "wait_max_s stands at the campaign"),
        ("list_order=best_first", "score_quality says how good they are"),
        ('policy="ratio', "not one of"),
        ("pacing..ratio=2", "--compare pacing..ratio=2"),
        ("agents=many", "a whole number is wanted"),
    ],
)
def test_what_cannot_be_is_refused(compare: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        strategies(DAY, compare)


def test_modes_and_comparisons_exclude_one_another() -> None:
    with pytest.raises(ConfigError, match="--compare mode="):
        strategies(DAY, "as_is", [Mode.MANUAL])
