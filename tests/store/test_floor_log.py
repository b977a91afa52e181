"""What is kept of the floor, on both databases: minutes of all cells added up, alarms, forecasts, messages, plans."""

from dataclasses import replace

from dialer.core.alarms import URGENT, AlarmCode, Finding, Raised
from dialer.core.ids import AgentId, CampaignId
from dialer.core.series import Minute, TrunkMinute
from dialer.store import Store
from tests.store.world import World

SPRING = CampaignId(1)
MINUTE = Minute(
    campaign=SPRING, at=600.0, placed=10, answered=4, connected=3, abandoned=1, waits=3, wait_s=1.5, idle_s=30.0,
    busy_s=90.0, agents=2.0, lines=4.0,
)  # fmt: skip
DISK = Raised(
    number=1,
    finding=Finding(code=AlarmCode.DISK, subject="", level=URGENT, figures=(("share", 0.01),)),
    at=50.0,
)


async def test_minutes_are_kept_once_and_added_up_in_steps(store: Store) -> None:
    log = store.floor_log
    trunk = TrunkMinute(trunk="carrier", at=600.0, lines=7, lines_max=30, state="healthy")
    for _ in range(2):  # said twice
        await log.add_minutes([MINUTE], [trunk])
    await log.add_minutes([replace(MINUTE, at=660.0, placed=20, agents=4.0)], [])
    assert await log.minutes(SPRING, 600.0, 720.0) == (MINUTE, replace(MINUTE, at=660.0, placed=20, agents=4.0))
    [hour] = await log.minutes(SPRING, 0.0, 3600.0, step_s=3600.0)
    assert (hour.at, hour.placed, hour.wait_s, hour.agents, hour.lines) == (0.0, 30, 3.0, 3.0, 4.0)
    assert await log.minutes(CampaignId(2), 0.0, 3600.0) == ()
    assert await log.trunk_minutes(0.0, 3600.0) == (trunk,)
    await log.forget(660.0)
    assert [one.at for one in await log.minutes(SPRING, 0.0, 3600.0)] == [660.0]


async def test_cells_are_added_up(store: Store, url: str) -> None:
    await store.floor_log.add_minutes([MINUTE], [])
    async with await Store.open(url, cell=1) as other:
        await other.floor_log.add_minutes([MINUTE], [])
    [both] = await store.floor_log.minutes(SPRING, 0.0, 3600.0)
    assert (both.placed, both.busy_s, both.agents) == (20, 180.0, 4.0)


async def test_an_alarm_is_kept_from_its_raising_to_its_end_over_a_restart(store: Store) -> None:
    log = store.floor_log
    assert await log.begin_alarms(0.0) == 1
    await log.save_alarm(DISK)
    await log.save_alarm(replace(DISK, finding=replace(DISK.finding, figures=(("share", 0.02),))))
    assert (await log.alarms(0.0))[0].figures == {"share": 0.02}
    await log.save_alarm(replace(DISK, seen_by="ana", seen_at=60.0))
    [row] = await log.alarms(0.0)
    assert (row.code, row.figures, row.seen_by, row.cleared_at) == ("disk", {"share": 0.01}, "ana", None)
    assert await log.begin_alarms(70.0) == 2
    [row] = await log.alarms(0.0)
    assert row.cleared_at == 70.0
    assert await log.alarms(80.0) == ()


async def test_a_forecast_waits_until_its_time_is_over_and_keeps_what_came(store: Store) -> None:
    log = store.floor_log
    number = await log.add_forecast(SPRING, 100.0, "ana", minutes=2.0, change={"target": 0.9}, said={"present": {}})
    assert await log.forecasts_due(219.0) == ()
    [due] = await log.forecasts_due(221.0)
    assert (due.id, due.change, due.made, due.came) == (number, {"target": 0.9}, None, None)
    await log.forecast_made(number, CampaignId(99), 3, 120.0)  # of another campaign: nothing
    await log.forecast_made(number, SPRING, 4, 130.0)
    await log.forecast_made(number, SPRING, 5, 140.0)  # it led to one already
    assert await log.forecasts_due(249.0) == ()
    assert await log.forecasts_due(251.0) != ()
    await log.judge_forecast(number, {"connected": 7.0}, 221.0)
    [kept] = await log.forecasts(SPRING)
    assert (kept.made_at, kept.begins_at) == (130.0, 130.0)
    assert (kept.made, kept.came, kept.judged_at) == (4, {"connected": 7.0}, 221.0)
    assert await log.forecasts_due(999.0) == ()


async def test_a_message_is_unread_until_each_has_read_it(store: Store) -> None:
    log, one, other = store.floor_log, AgentId(1), AgentId(2)
    sent = await log.add_message(10.0, "ana", "five minutes more", [one, other, one])
    assert [m.text for m in await log.unread(one)] == ["five minutes more"]
    await log.read(sent.id, one, 20.0)
    assert await log.unread(one) == ()
    assert [m.id for m in await log.unread(other)] == [sent.id]
    assert await log.unread(other, since=11.0) == ()


async def test_a_plan_is_kept_whole(world: World) -> None:
    log = world.store.floor_log
    await log.set_plan(world.campaign.id, {9: 40, 10: 50})
    await log.set_plan(world.campaign.id, {11: 60})
    assert await log.plan(world.campaign.id) == {11: 60}
    assert await log.promised(world.campaign.id, 0.0) == {}
