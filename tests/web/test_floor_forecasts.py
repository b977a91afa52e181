"""What was forecast beside what came: judged where the course was the one that the forecast spoke of, else not."""

from typing import Any

import pytest

from dialer.core.ids import CampaignId
from dialer.core.series import Minute
from tests.web.world import World

SAID: dict[str, Any] = {
    course: {"connected": {"mean": mean, "low": mean - 5.0, "high": mean + 5.0}}
    for course, mean in (("present", 10.0), ("changed", 20.0))
}


async def forecast(world: World, at: float, campaign: CampaignId | None = None) -> int:
    """One of ten minutes, kept as if it had been asked at that instant."""
    return await world.store.floor_log.add_forecast(
        campaign or world.campaign, at, "Sofia", minutes=10.0, change={"intensity": 2.0}, said=SAID
    )


async def judged(world: World, number: int, now: float) -> dict[str, float] | None:
    await world.watch._judge(now)
    [row] = [one for one in await world.store.floor_log.forecasts(world.campaign) if one.id == number]
    assert row.judged_at == now
    return row.came


async def minutes(world: World, since: float, talks: tuple[int, ...]) -> None:
    """So many talks in each whole minute from then on."""
    first = since // 60 * 60 + 60
    rows = [Minute(campaign=world.campaign, at=first + 60 * n, connected=each) for n, each in enumerate(talks)]
    await world.store.floor_log.add_minutes(rows, [])


@pytest.fixture
def ours(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with its watchman's clock in our hands: what was changed when, we say."""
    monkeypatch.setattr(world.watch, "_began", 0.0)
    return world


def disturbed(world: World, at: float) -> None:
    now, world.watch._now = world.watch._now, lambda: at
    world.watch.disturbed(world.campaign)
    world.watch._now = now


@pytest.mark.parametrize(
    ("waited_s", "then", "came"),
    [
        (40.0, (), 25.0),  # read first, then made: the ten minutes begin with the change
        (400.0, (), None),  # another floor by then
        (40.0, (300.0,), None),  # somebody else changed something
        (40.0, (300.0, 5000.0), None),  # and again, long after it was over
        (40.0, (20.0,), None),  # before it was made
        (40.0, (700.0,), 25.0),  # after its end
    ],
)
async def test_a_forecast_that_led_to_its_change_is_held_against_the_minutes_from_then_on(
    ours: World, waited_s: float, then: tuple[float, ...], came: float | None
) -> None:
    at = ours.runtime.view().at - 7200.0
    number = await forecast(ours, at)
    await ours.store.floor_log.forecast_made(number, ours.campaign, 1, at + waited_s)
    disturbed(ours, at + waited_s + 0.1)
    for later_s in then:
        disturbed(ours, at + later_s)
    await minutes(ours, at, (100,) * int(waited_s // 60))
    await minutes(ours, at + waited_s, (7, 3, 3, 2, 2, 2, 2, 2, 1, 1, 90, 90))
    found = await judged(ours, number, at + waited_s + 700.0)
    assert (found and found["connected"]) == came


async def test_a_change_that_ended_before_its_forecast_is_no_judge_of_it(ours: World) -> None:
    sofia = await ours.supervisor()
    made = await sofia.add_change(ours.campaign, intensity=2.0, minutes=5.0)
    [change] = made["changes"]
    number = await forecast(ours, change["at"] - 30.0)
    await ours.store.floor_log.forecast_made(number, ours.campaign, change["number"], change["at"])
    await minutes(ours, change["at"], (1,) * 10)
    ours.watch._seen.campaigns = {one.id: one for one in await ours.store.campaigns.list()}
    assert await judged(ours, number, change["at"] + 700.0) is None


async def test_the_forecast_of_another_campaign_is_nobodys_to_mark(ours: World) -> None:
    sofia, ana = await ours.supervisor(), await ours.administrator()
    other = await ana.add_campaign(name="Other", client=1, mode="manual")
    number = await forecast(ours, ours.runtime.view().at, CampaignId(other["id"]))
    mine = await forecast(ours, ours.runtime.view().at)
    await sofia.add_change(ours.campaign, intensity=2.0, forecast=number)
    await sofia.add_change(
        ours.campaign, target=0.9, forecast=mine, hours={"days": [0], "opens": "09:00", "closes": "10:00"}
    )
    for campaign in (other["id"], ours.campaign):
        [row] = await ours.store.floor_log.forecasts(campaign)
        assert row.made is None  # nor is one of a change that stands in some hours alone
    await sofia.add_change(ours.campaign, intensity=1.5, forecast=mine)
    [row] = await ours.store.floor_log.forecasts(ours.campaign)
    assert (row.made, row.made_at is not None) == (3, True)
