"""What supervisors do and see on the floor, by the API alone."""

import asyncio
import json
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialer.core.alarms import AlarmCode
from dialer.core.messages import Alarm
from dialer.core.series import Minute
from dialer.notify import words
from dialer.watch import Watchman
from dialer.watch_settings import AlarmSettings
from dialer.web.client import ApiError
from dialer.web.floor_series_routes import _by_hour
from tests.web.world import World

Json = dict[str, Any]


async def test_a_supervisor_hears_an_agent_changes_the_mode_and_takes_the_call_over(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    await agent.dial(world.campaign, lead=world.leads[0])
    await world.desk(agent, "talking")
    for mode in ("listen", "whisper", "barge"):
        shown: Any = await sofia.request(
            "POST", "/floor/monitor", {"agent": world.agents[0], "mode": mode, "endpoint": "PJSIP/900"}
        )
        assert (shown["monitor"]["mode"], shown["monitor"]["agent"]) == (mode, world.agents[0])
    await sofia.request("POST", "/floor/monitor/take-over")
    assert (await world.desk(agent, "wrapping"))["call"] is not None
    await sofia.request("DELETE", "/floor/monitor")
    with pytest.raises(ApiError) as refused:
        await sofia.request("DELETE", "/floor/monitor")
    assert refused.value.code == "not_monitoring"
    told = [entry.action for entry in await world.store.audit.page(limit=20)]
    assert {"monitor.listen", "monitor.whisper", "monitor.barge", "monitor.take_over", "monitor.end"} <= set(told)


async def test_a_supervisor_sends_an_agent_on_a_break_on_and_home(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    await sofia.request("POST", f"/floor/agents/{world.agents[0]}/pause", {"reason": "training"})
    assert (await world.desk(agent, "break"))["reason"] == "training"
    await sofia.request("POST", f"/floor/agents/{world.agents[0]}/ready")
    await world.desk(agent, "ready")
    await sofia.request("POST", f"/floor/agents/{world.agents[0]}/sign-out")
    await world.desk(agent, "signed_out")


async def test_an_agent_is_moved_to_another_campaign_at_once(world: World) -> None:
    sofia = await world.supervisor()
    shown: Any = await sofia.request("PUT", f"/floor/agents/{world.agents[0]}/campaigns", {"campaigns": []})
    assert shown["campaigns"] == []
    login = await world.store.agents.get(world.agents[0])
    assert login is not None
    assert login.agent.campaigns == ()
    with pytest.raises(ApiError):
        await sofia.request("PUT", f"/floor/agents/{world.agents[1]}/campaigns", {"campaigns": [99]})


async def test_a_message_comes_to_the_desk_and_stays_until_it_is_read(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    sent: Any = None
    async with asyncio.timeout(10), aclosing(agent.live("desk")) as stream:
        async for topic, data in stream:
            if topic == "message":
                told: Any = data
                assert [one["text"] for one in told] == ["five minutes more"]
                break
            sent = sent or await sofia.request("POST", "/floor/messages", {"text": "five minutes more"})
    assert sent["agents"] == 1
    shown: Any = await agent.request("GET", "/desk/messages")
    [unread] = shown
    assert (unread["by"], unread["text"]) == ("Sofia", "five minutes more")
    assert await agent.request("POST", f"/desk/messages/{unread['id']}/read") == []


async def test_a_message_of_nothing_or_of_control_signs_goes_to_nobody(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    for text in ("", "  \n ", "five\x00minutes"):
        with pytest.raises(ApiError, match="text"):
            await sofia.request("POST", "/floor/messages", {"text": text})
    await sofia.request("POST", "/floor/messages", {"text": " <b>two</b>\nlines "})
    told: Any = await agent.request("GET", "/desk/messages")
    assert [one["text"] for one in told] == ["<b>two</b>\nlines"]


async def test_one_campaign_is_stopped_and_stays_so(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.request("POST", f"/campaigns/{world.campaign}/stop")
    [campaign] = world.runtime.view().campaigns
    assert campaign.status == "paused"
    kept = await world.store.campaigns.get(world.campaign)
    assert kept is not None
    assert kept.status == "paused"


async def test_a_change_may_be_a_schedule_a_trial_or_guarded_and_a_second_trial_is_refused(world: World) -> None:
    sofia = await world.supervisor()
    path = f"/campaigns/{world.campaign}/changes"
    hours = {"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "12:00"}
    shown: Any = await sofia.request("POST", path, {"lines_max": 5, "hours": hours, "zone": "America/Santiago"})
    assert shown["changes"][0]["hours"] == hours
    night = {"days": [4], "opens": "22:00", "closes": "02:00"}
    shown = await sofia.request("POST", path, {"ring_timeout_s": 20.0, "hours": night, "zone": "America/Santiago"})
    assert shown["changes"][0]["hours"] == night
    shown = await sofia.request(
        "POST", path, {"intensity": 2.0, "trial_slot_minutes": 10, "abandon_guard": 0.02, "note": "A/B"}
    )
    assert (shown["changes"][0]["slot_s"], shown["changes"][0]["abandon_guard"]) == (600.0, 0.02)
    with pytest.raises(ApiError) as refused:
        await sofia.request("POST", path, {"intensity": 3.0, "trial_slot_minutes": 10})
    assert "trial" in str(refused.value)
    trials: Any = await sofia.request("GET", f"/campaigns/{world.campaign}/trials")
    [trial] = trials
    assert (trial["outcome"], trial["pairs"], trial["note"]) == ("too_few", 0, "A/B")
    await sofia.roll_back(world.campaign, trial["number"])
    trials = await sofia.request("GET", f"/campaigns/{world.campaign}/trials")
    [trial] = trials
    assert trial["now"] == "over"  # its verdict can still be read


async def test_a_guard_that_breaks_takes_its_change_back_and_says_so(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.request("POST", f"/campaigns/{world.campaign}/changes", {"intensity": 2.0, "idle_guard": 0.5})
    await world.agent_at_work()
    change = (await _campaign(world)).changes[0]
    since = world.watch._since  # ten idle minutes are not waited for
    async with asyncio.timeout(20):
        while (world.campaign, change.number) not in since:
            await asyncio.to_thread(lambda: None)
    since[world.campaign, change.number].idle_s += 900.0
    async with asyncio.timeout(20):
        while (await _campaign(world)).changes[0].rolled_back_by != "cadencia":
            pass
    back = None
    async with asyncio.timeout(20):  # it is noted after it is done
        while back is None:
            entries = await world.store.audit.page(limit=5)
            back = next((one for one in entries if one.action == "campaign.roll_back"), None)
    assert (back.by_whom, json.loads(back.detail)["guard"]) == ("cadencia", True)
    async with asyncio.timeout(20):
        while not (told := [one for one in world.watch.standing if one.finding.code is AlarmCode.GUARD_IDLE]):
            await asyncio.to_thread(lambda: None)
    for language, part in (("es", "El cambio 1 se deshizo"), ("pt", "A mudança 1 foi desfeita"), ("en", "Change 1")):
        assert part in words(told[0], language)[1]


async def _campaign(world: World) -> Any:
    found = await world.store.campaigns.get(world.campaign)
    assert found is not None
    return found


async def test_an_alarm_is_shown_live_and_acknowledged(world: World) -> None:
    sofia = await world.supervisor()
    world.runtime.alarms.append((world.runtime.view().at, Alarm("store_refused", "one line was not kept")))
    async with asyncio.timeout(30), aclosing(sofia.live("floor_changes")) as stream:
        async for _, data in stream:
            told = [one for one in data["head"]["alarms"] if one["code"] == AlarmCode.TOLD]
            if told:  # a slow machine may have an alarm of its own before
                break
    [alarm] = told
    assert alarm["figures"] == {"text": "one line was not kept"}
    seen: Any = await sofia.request("POST", f"/floor/alarms/{alarm['number']}/seen")
    assert seen["seen_by"] == "Sofia"
    rows: Any = await sofia.request("GET", "/floor/alarms")
    assert [row["seen_by"] for row in rows if row["number"] == alarm["number"]] == ["Sofia"]


async def test_the_stream_of_changes_tells_the_whole_first_and_then_what_changed(world: World) -> None:
    sofia = await world.supervisor()
    known: dict[int, Json] = {}
    async with asyncio.timeout(20), aclosing(sofia.live("floor_changes")) as stream:
        agent = None
        async for _, data in stream:
            if data["whole"]:
                known = {one["id"]: one for one in data["agents"]}
                assert len(known) == 2
                agent = await world.agent_at_work()
                continue
            assert len(data["agents"]) <= 1  # the other one did nothing
            known.update({one["id"]: one for one in data["agents"]})
            if known[world.agents[0]]["state"] == "ready":
                break
        assert agent is not None


async def test_the_day_is_told_with_funnel_plan_and_list(world: World) -> None:
    agent, sofia = await world.agent_at_work(), await world.supervisor()
    await agent.dial(world.campaign, lead=world.leads[0])
    desk = await world.desk(agent, "talking")
    await agent.hangup()
    await world.desk(agent, "wrapping")
    await agent.disposition(desk["call"], "RPC")
    await world.runtime.flush()
    assert await sofia.request("PUT", f"/campaigns/{world.campaign}/plan", {"hours": {"9": 40}}) == {"9": 40}
    today: Any = await sofia.request("GET", f"/campaigns/{world.campaign}/today", query={"zone": "America/Santiago"})
    funnel = today["funnel"]
    assert [funnel[step] for step in ("attempts", "connections", "contacts", "right_parties", "promises")] == [
        1, 1, 1, 1, 0,
    ]  # fmt: skip
    assert [(one["hour"], one["planned"]) for one in today["hours"]] == [(9, 40)]
    assert today["leads_open"] + today["leads_done"] == 3
    for nonsense in ({"hours": {"24": 1}}, {"hours": {"x": 1}}):
        with pytest.raises(ApiError):
            await sofia.request("PUT", f"/campaigns/{world.campaign}/plan", nonsense)


async def test_hours_are_those_of_the_clock_where_it_is_changed_too(world: World) -> None:
    for day, hours in (("2026-03-08", (1, 3, 9)), ("2026-11-01", (1, 1, 9))):  # put forward at 2, put back at 2
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("America/New_York"))
        since = midnight.timestamp()
        first = {"2026-03-08": (1, 2, 8), "2026-11-01": (1, 2, 10)}[day]  # in hours since midnight
        rows = [Minute(campaign=world.campaign, at=since + 3600.0 * after + 60.0, connected=5) for after in first]
        await world.store.floor_log.add_minutes(rows, [])
        found = await _by_hour(world.app.state.console, world.campaign, midnight)
        assert {hour: one.connected for hour, one in found.items()} == {one: 5 * hours.count(one) for one in hours}


async def test_the_shifts_end_is_told_for_the_planned_agents_at_the_pace_of_late(world: World) -> None:
    sofia, administrator = await world.supervisor(), await world.administrator()
    path = f"/campaigns/{world.campaign}/today"
    before: Any = await sofia.request("GET", path)
    assert before["shift_end"] is None  # nobody's shift is planned
    await world.agent_at_work()
    await administrator.request("PATCH", f"/agents/{world.agents[0]}", {"shift": "mon-sun 00:00-24:00"})
    now = world.runtime.view().at
    minute = Minute(campaign=world.campaign, at=now - 120.0, placed=12, connected=3, agents=1.0)
    await world.store.floor_log.add_minutes([minute], [])
    found: Any = await sofia.request("GET", path)
    end = found["shift_end"]
    minutes_left = (end["at"] - now) / 60
    assert 0 < minutes_left <= 1440
    assert end["leads_open"] == max(0, round(found["leads_open"] - 12 * minutes_left))
    assert found["funnel"]["contacts"] <= end["low"] <= end["connected"] <= end["high"]


async def test_what_counts_since_a_guard_was_set_is_known_again_after_a_restart(world: World) -> None:
    sofia = await world.supervisor()
    await sofia.request("POST", f"/campaigns/{world.campaign}/changes", {"intensity": 2.0, "idle_guard": 0.5})
    change = (await _campaign(world)).changes[0]
    for at, idle_s in ((change.at - 30.0, 800.0), (change.at + 5.0, 200.0), (change.at + 65.0, 100.0)):
        minute = Minute(campaign=world.campaign, at=at, answered=7, abandoned=1, idle_s=idle_s, busy_s=20.0)
        await world.store.floor_log.add_minutes([minute], [])
    again = Watchman(world.runtime, world.store, AlarmSettings(), now=lambda: change.at + 200.0)
    await again._begin()
    since = again._since[world.campaign, change.number]
    assert (since.answered, since.abandoned, since.idle_s, since.busy_s) == (14, 2, 300.0, 40.0)
