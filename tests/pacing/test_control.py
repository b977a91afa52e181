"""Live changes: in force at once, gone when they expire or are rolled back, never beyond the law."""

import pytest

from pacing import PacingError, Policy, Settings
from pacing.control import Control


def control() -> Control:
    return Control(Settings(abandon_cap=0.01), legal_cap=0.03)


def test_a_change_is_in_force_until_it_expires() -> None:
    live = control()
    live.change(10.0, "ana", intensity=1.5)
    live.change(20.0, "ben", expires_at=50.0, policy=Policy.PROGRESSIVE)
    found = [(live.settings(t).intensity, live.settings(t).policy.value) for t in (5.0, 15.0, 30.0, 60.0)]
    assert found == [(1.0, "predictive"), (1.5, "predictive"), (1.5, "progressive"), (1.5, "predictive")]


def test_one_change_can_be_rolled_back_alone() -> None:
    live = control()
    first = live.change(10.0, "ana", intensity=1.5)
    live.change(20.0, "ben", target=0.8)
    live.roll_back(first.number)
    assert (live.settings(30.0).intensity, live.settings(30.0).target) == (1.0, 0.8)
    assert [each.author for each in live.changes] == ["ben"]
    with pytest.raises(PacingError, match="no change 1"):
        live.roll_back(first.number)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"abandon_cap": 0.05}, "the rules allow 0.03"),
        ({"intensity": 99.0}, "intensity is 99"),
        ({"colour": "blue"}, "colour cannot be changed"),
        ({}, "at least one field"),
        ({"intensity": 1.2, "expires_at": 1.0}, "must lie after"),
    ],
)
def test_a_senseless_change_changes_nothing(fields: dict[str, object], complaint: str) -> None:
    live = control()
    with pytest.raises(PacingError, match=complaint):
        live.change(10.0, "ana", **fields)  # type: ignore[arg-type]
    assert live.changes == ()


def test_nobody_begins_beyond_the_law() -> None:
    with pytest.raises(PacingError, match="the rules allow"):
        Control(Settings(abandon_cap=0.03), legal_cap=0.01)
