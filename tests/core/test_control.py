"""Live changes: in force at once, gone when they end or are rolled back, never beyond the campaign's own cap."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.control import KEPT_MAX, changed, in_force, next_number, rolled_back, turns_at
from dialer.core.messages import CallAnswered, CallJoined, CampaignSet, CampaignStatusSet, Connect, Ticked
from dialer.core.model import Campaign, CampaignStatus, Change, Mode
from dialer.store.codec import from_json, to_json
from pacing import Policy, Settings
from tests.core.floor import CAMPAIGN, NOON, Floor, campaign, only
from tests.core.floor import floor as made_floor

SPRING = campaign(mode=Mode.PREDICTIVE, pacing=Settings(abandon_cap=0.03))


def with_change(configured: Campaign, at: float, *, ends_at: float | None = None, **fields: Any) -> Campaign:
    change = Change(number=next_number(configured), by="ana", at=at, ends_at=ends_at, **fields)
    return changed(configured, change)


def test_a_change_is_in_force_until_it_ends() -> None:
    spring = with_change(SPRING, 10.0, intensity=1.5)
    spring = with_change(spring, 20.0, ends_at=50.0, policy=Policy.RATIO, mode=Mode.PROGRESSIVE, lines_max=5)
    found = [in_force(spring, t) for t in (5.0, 15.0, 30.0, 60.0)]
    assert [(one.pacing.intensity, one.pacing.policy, one.mode, one.lines_max) for one in found] == [
        (1.0, Policy.PREDICTIVE, Mode.PREDICTIVE, 100),
        (1.5, Policy.PREDICTIVE, Mode.PREDICTIVE, 100),
        (1.5, Policy.RATIO, Mode.PROGRESSIVE, 5),
        (1.5, Policy.PREDICTIVE, Mode.PREDICTIVE, 100),
    ]
    assert [turns_at(spring, t) for t in (15.0, 30.0, 50.0)] == [float("inf"), 50.0, float("inf")]


def test_a_change_that_is_rolled_back_is_over_and_kept_and_its_number_never_given_again() -> None:
    spring = with_change(with_change(SPRING, 10.0, intensity=1.5), 20.0, intensity=2.0)
    back = rolled_back(spring, 2, by="sofia", at=30.0)
    assert [in_force(back, t).pacing.intensity for t in (25.0, 30.0)] == [2.0, 1.5]
    assert (back.changes[1].rolled_back_by, back.changes[1].over_at, next_number(back)) == ("sofia", 30.0, 3)
    with pytest.raises(ValueError, match="sofia rolled it back"):
        rolled_back(back, 2, by="ana", at=31.0)
    with pytest.raises(ValueError, match="no change 3"):
        rolled_back(back, 3, by="ana", at=31.0)
    ended = with_change(SPRING, 10.0, ends_at=20.0, intensity=1.5)
    with pytest.raises(ValueError, match="come to its end"):
        rolled_back(ended, 1, by="ana", at=20.0)


def test_the_campaigns_cap_of_today_holds_over_changes_made_under_a_former_one() -> None:
    spring = with_change(with_change(SPRING, 10.0, abandon_cap=0.03), 20.0, abandon_cap=0.02)
    lower = replace(spring, pacing=replace(spring.pacing, abandon_cap=0.01))
    assert in_force(lower, 30.0).pacing.abandon_cap == 0.01
    assert in_force(rolled_back(lower, 2, by="ana", at=40.0), 50.0).pacing.abandon_cap == 0.01


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"abandon_cap": 0.05}, "allows 0.03 at most"),
        ({"intensity": 99.0}, "intensity is 99"),
        ({}, "at least one setting"),
        ({"intensity": 1.2, "ends_at": 1.0}, "must end after"),
    ],
)
def test_a_senseless_change_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        with_change(SPRING, 10.0, **fields)


@given(st.lists(st.tuples(st.floats(0.001, 0.03), st.one_of(st.none(), st.floats(1, 500))), max_size=80))
def test_no_changes_lead_beyond_the_cap_and_only_those_over_are_forgotten(given_: list[tuple[float, Any]]) -> None:
    spring, t = SPRING, 0.0
    for cap, lasts_s in given_:
        t += 7.0
        spring = with_change(spring, t, ends_at=t + lasts_s if lasts_s else None, abandon_cap=cap)
        assert in_force(spring, t).pacing.abandon_cap == cap
    assert sum(not change.stands(t) for change in spring.changes) <= KEPT_MAX
    assert sum(change.stands(t) for change in spring.changes) == sum(
        lasts_s is None or 7.0 * (index + 1) + lasts_s > t for index, (_, lasts_s) in enumerate(given_)
    )
    assert in_force(spring, 1e9).pacing.abandon_cap <= 0.03


def test_the_engine_goes_by_a_change_and_back_by_itself() -> None:
    floor = Floor()
    floor.tell(CampaignSet(replace(SPRING, mode=Mode.PROGRESSIVE)))
    floor.tell(
        CampaignSet(with_change(replace(SPRING, mode=Mode.PROGRESSIVE), NOON, ends_at=NOON + 60, mode=Mode.PREVIEW))
    )
    modes = []
    for after_s in (1.0, 58.0, 2.0):
        floor.tell(Ticked(), after_s=after_s)
        modes.append(floor.engine.view(floor.now).campaigns[0].mode)
    assert modes == [Mode.PREVIEW, Mode.PREVIEW, Mode.PROGRESSIVE]


@pytest.mark.parametrize("mode", [Mode.PREVIEW, Mode.MANUAL])
def test_a_change_of_the_mode_takes_nobody_from_the_calls_that_ring(mode: Mode) -> None:
    floor = made_floor(agents=2)
    first = floor.place()
    floor.tell(CampaignSet(with_change(campaign(), floor.now, mode=mode)))
    floor.give_leads(5)
    floor.tick(1.0)
    assert [floor.agent(n).state for n in (1, 2)].count("ready") == (1 if mode is Mode.PREVIEW else 2)
    wish = only(floor.tell(CallAnswered(first), after_s=2.0), Connect)
    floor.tell(CallJoined(first, wish.leg))
    floor.tick(1.0)
    assert sorted(floor.agent(n).state for n in (1, 2))[1] == "talking"


def test_starting_and_pausing_leave_changes_alone() -> None:
    floor = Floor()
    floor.tell(CampaignSet(with_change(SPRING, NOON, ends_at=NOON + 60, mode=Mode.PREVIEW)))
    for status in (CampaignStatus.PAUSED, CampaignStatus.RUNNING):
        floor.tell(CampaignStatusSet(CAMPAIGN, status), after_s=1.0)
        assert floor.engine.view(floor.now).campaigns[0].mode is Mode.PREVIEW
    floor.tell(Ticked(), after_s=60.0)
    assert floor.engine.view(floor.now).campaigns[0].mode is Mode.PREDICTIVE


def test_changes_are_kept_with_the_campaign() -> None:
    spring = with_change(SPRING, 20.0, ends_at=50.0, policy=Policy.RATIO, mode=Mode.PROGRESSIVE, note="why")
    assert from_json(Campaign, to_json(spring)) == spring
