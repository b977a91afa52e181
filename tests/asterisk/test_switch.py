"""What the switch does with an Asterisk that says or leaves out what no real one would on demand."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dialer.asterisk.names import call_channel
from dialer.asterisk.settings import AmiSettings
from dialer.asterisk.switch import AsteriskSwitch
from dialer.core.ids import CallId, LegId
from dialer.core.messages import CallEnded, Connect, HangUp, Hold, PlaceCall, SwitchLost, SwitchSeen
from dialer.errors import ActionRefusedError, ConfigError, SwitchUnavailableError
from simulation.carrier.numbers import Behaviour
from tests.asterisk.ami_server import Action, AmiServer, Replies, block, error, list_end, log_in, silence, success
from tests.asterisk.stage import Place, Stage

CALL, LEG = CallId(1), LegId("cadencia-a1-1")
ID = call_channel(CALL)


def settings_for(server: AmiServer, patience_s: float = 5.0) -> AmiSettings:
    return AmiSettings(
        username="dialer",
        secret="any",
        port=server.port,
        action_timeout_s=patience_s,
        ping_every_s=60,
        list_every_s=60.0,
        reconnect_min_s=0.01,
        reconnect_max_s=0.05,
    )


@asynccontextmanager
async def staged(replies: Replies | None = None, patience_s: float = 5.0) -> AsyncIterator[tuple[AmiServer, Stage]]:
    async with AmiServer(replies) as server:
        place = Place(
            settings_for(server, patience_s), "PJSIP/{}@t".format, "PJSIP/{}".format, 22, Path("/x"), talks=False
        )
        async with Stage(place) as stage:
            yield server, stage


def new_channel(uniqueid: str, state: str = "6") -> str:
    return block(Event="Newchannel", Channel=f"PJSIP/{uniqueid}-0001", Uniqueid=uniqueid, ChannelState=state)


def stands(uniqueid: str, bridge: str, context: str = "dialer-customer", exten: str = "park") -> str:
    return block(
        Event="BridgeEnter",
        BridgeUniqueid=bridge,
        BridgeTechnology="holding_bridge",
        Channel=f"PJSIP/{uniqueid}-0001",
        Context=context,
        Exten=exten,
        Uniqueid=uniqueid,
    )


BOTH_STAND = new_channel(ID) + stands(ID, "p") + new_channel(LEG) + stands(LEG, "i", "dialer-agent", "idle")


async def hear(server: AmiServer, stage: Stage, text: str) -> None:
    """Let the switch take in what the server says, up to its last word."""
    mark = CallId(999_999)
    since = stage.now
    last = new_channel(call_channel(mark)) + block(Event="Hangup", Uniqueid=call_channel(mark), Cause="16")
    server.say(text + last)
    await stage.until(CallEnded, since=since, call=mark)


# ---------------------------------------------------------------- connecting


async def test_nothing_is_asked_before_asterisk_is_fully_booted() -> None:
    def half(action: Action) -> str:
        return success(action, Message="Authentication accepted")

    async with AmiServer({"Login": half}) as server:
        told: asyncio.Queue[object] = asyncio.Queue()
        switch = AsteriskSwitch(settings_for(server), told.put_nowait, cell=0, now=lambda: 5.0, chance=random.Random(1))
        running = asyncio.create_task(switch.run())
        await server.until("Login")
        with pytest.raises(SwitchUnavailableError, match="nothing was sent"):
            await switch.execute(HangUp(CALL))
        assert [action["Action"] for action in server.received] == ["Login"]
        server.say(block(Event="FullyBooted"))
        assert await told.get() == SwitchSeen((), 5.0, reconnected=True)
        running.cancel()
        await asyncio.wait({running})
        assert told.get_nowait() == SwitchLost()


@pytest.mark.parametrize("action", ["Login", "CoreShowChannels"])
async def test_what_trying_again_cannot_mend_ends_the_run(action: str) -> None:
    async with AmiServer({action: lambda asked: error(asked, "Permission denied")}) as server:
        switch = AsteriskSwitch(settings_for(server), lambda _: None, cell=0, now=lambda: 0.0, chance=random.Random(1))
        with pytest.raises(ConfigError, match=r"Permission denied.*manager\.conf"):
            await switch.run()
        assert server.connections == 1


async def test_the_listing_is_told_where_it_stands_on_the_wire() -> None:
    def busy(action: Action) -> str:
        before = new_channel(ID, "0")
        row = block(
            Event="CoreShowChannel", ActionID=action["ActionID"], Channel="PJSIP/x", Uniqueid=ID, ChannelState="5"
        )
        after = block(Event="Hangup", Uniqueid=ID, Cause="16")
        return before + success(action, EventList="start") + row + list_end(action) + after

    async with staged({"CoreShowChannels": busy}) as (_, stage):
        await stage.until(CallEnded, call=CALL)
        assert [type(event).__name__ for event in stage.told] == ["CallQueued", "SwitchSeen", "CallEnded"]


async def test_a_list_of_another_session_is_not_taken_for_ours() -> None:
    async with staged() as (server, stage):
        foreign = {"ActionID": "other"}
        before = stage.now
        await hear(server, stage, block(Event="CoreShowChannel", Uniqueid=ID) + list_end(foreign))
        assert SwitchSeen not in map(type, stage.told[before:])


async def test_a_list_that_never_ends_ends_the_link() -> None:
    lists = iter([lambda asked: success(asked, EventList="start")])

    def endless_first(action: Action) -> str:
        return next(lists, lambda asked: success(asked, EventList="start") + list_end(asked))(action)

    async with staged({"CoreShowChannels": endless_first}, patience_s=0.5) as (server, stage):
        assert server.connections == 2
        assert isinstance(stage.told[0], SwitchSeen)


def test_reconnecting_backs_off_with_jitter_up_to_a_limit() -> None:
    settings = AmiSettings(username="a", secret="b", reconnect_min_s=0.25, reconnect_max_s=15.0)
    switch = AsteriskSwitch(settings, lambda _: None, cell=0, now=lambda: 0.0, chance=random.Random(5))
    delays = [[switch._delay_s(attempt) for _ in range(50)] for attempt in range(2000)]
    for attempt, drawn in enumerate(delays):
        longest = min(15.0, 0.25 * 2.0 ** min(attempt, 30))
        assert all(longest / 2 <= delay <= longest for delay in drawn)
        assert len(set(drawn)) > 40


# ---------------------------------------------------------------- commands


async def test_an_attempt_whose_answer_was_lost_is_not_sent_again() -> None:
    async with staged({"Originate": silence}) as (server, stage):
        attempt = stage.attempt(Behaviour.TONE)
        failing = asyncio.create_task(stage.try_to(attempt))
        await server.until("Originate")
        server.cut()
        assert "not known" in str(await failing)
        await stage.until(SwitchSeen, since=stage.now)
        await stage.try_to(HangUp(attempt.call))
        assert len(server.of("Originate")) == 1
        assert server.connections == 2


async def test_an_attempt_carries_what_the_dialplan_needs() -> None:
    async with staged() as (server, stage):
        attempt = stage.attempt(Behaviour.TONE, ring_timeout_s=28.0, wait_max_s=2.9)
        await stage.do(attempt)
        sent = server.of("Originate")[0]
        assert sent["ChannelId"] == call_channel(attempt.call)
        assert (sent["Context"], sent["Exten"], sent["Async"], sent["Timeout"]) == (
            "dialer-customer",
            "park",
            "true",
            "28000",
        )
        assert isinstance(attempt, PlaceCall)


async def test_a_refused_bridge_sets_the_count_of_talks_back() -> None:
    async with staged({"Bridge": lambda asked: error(asked, "Unable to add Channel1 to bridge")}) as (server, stage):
        await hear(server, stage, BOTH_STAND)
        assert isinstance(await stage.try_to(Connect(CALL, LEG, 3)), ActionRefusedError)
        await server.until("Setvar", 2)
        assert [(one["Variable"], one["Value"]) for one in server.of("Setvar")] == [
            ("DIALER_TALK", "3"),
            ("DIALER_TALK", "2"),
        ]


async def test_the_bridge_goes_out_before_the_recording_and_a_failed_recording_does_not_undo_it() -> None:
    def bridged(action: Action) -> str:
        talk = {"BridgeUniqueid": "t", "BridgeTechnology": "simple_bridge"}
        return success(action) + "".join(
            block(Event="BridgeEnter", Channel=f"PJSIP/{one}-0001", Uniqueid=one, **talk) for one in (ID, LEG)
        )

    replies: Replies = {
        "Bridge": bridged,
        "MixMonitor": lambda asked: error(asked, "Could not start monitoring channel"),
    }
    async with staged(replies) as (server, stage):
        await hear(server, stage, BOTH_STAND)
        await stage.do(Connect(CALL, LEG, 1, "2026/11/23/1"))
        await server.until("MixMonitor")
        assert [one["Action"] for one in server.received][-3:] == ["Setvar", "Bridge", "MixMonitor"]
        assert server.of("MixMonitor")[0]["Options"].endswith("Sa")  # in step, and behind what was recorded before
        await hear(server, stage, "")
        assert stage.switch.health()["recordings_failed"] == 1


@pytest.mark.parametrize("recording", ["../../etc/passwd", "a,b", "a b", "/a", "a)t(/x", "a//b"])
async def test_a_recording_cannot_name_anything_but_a_file_beneath_its_folder(recording: str) -> None:
    async with staged() as (server, stage):
        await hear(server, stage, BOTH_STAND)
        assert isinstance(await stage.try_to(Connect(CALL, LEG, 1, recording)), ActionRefusedError)
        assert not server.of("Bridge")


async def test_a_person_who_does_not_stand_in_a_place_yet_is_waited_for() -> None:
    async with staged() as (server, stage):
        await hear(server, stage, new_channel(ID) + new_channel(LEG) + stands(LEG, "i", "dialer-agent", "idle"))
        connecting = asyncio.create_task(stage.try_to(Connect(CALL, LEG, 1)))
        await stage.do(HangUp(CallId(2)))
        await server.until("Hangup")
        assert not server.of("Bridge")
        server.say(stands(ID, "p"))
        await server.until("Bridge")
        await connecting


async def test_commands_for_one_call_take_turns_and_do_not_hold_up_others() -> None:
    async with staged({"Redirect": silence}, patience_s=0.5) as (server, stage):
        await hear(server, stage, BOTH_STAND)
        other = call_channel(CallId(2))
        await hear(server, stage, new_channel(other) + stands(other, "p"))
        holding = asyncio.create_task(stage.try_to(Hold(CALL)))
        hanging = asyncio.create_task(stage.try_to(HangUp(CALL)))
        await server.until("Redirect")
        await stage.do(HangUp(CallId(2)))
        assert [one["Channel"] for one in server.of("Hangup")] == [other]
        assert isinstance(await holding, SwitchUnavailableError)
        assert await hanging is None
        assert [one["Channel"] for one in server.of("Hangup")] == [other, ID]


async def test_a_message_that_no_asterisk_sends_does_no_harm() -> None:
    odd = block(Event="Hangup") + block(Event="BridgeEnter", Uniqueid=ID) + block(Event="Newstate", ChannelState="ü")
    odd += "garbage without a colon\r\n\r\n" + block(Event="OriginateResponse", Uniqueid=ID) + block(Response="Success")
    async with staged({"Login": lambda asked: odd + log_in(asked)}) as (server, stage):
        await hear(server, stage, odd)
        assert server.connections == 1
