"""Listening, whispering and barging in, proved by tones at the far ends: the person sends 1004 Hz, the agent 700, the
supervisor 440, and each far end keeps what it hears.
"""

import asyncio
import time
from pathlib import Path

import pytest

from dialer.asterisk.settings import AmiSettings
from dialer.core.messages import (
    CallJoined,
    Connect,
    HangUp,
    LegEnded,
    LegUp,
    Monitor,
    MonitorMode,
    MonitorOther,
    MonitorUp,
    SetMonitorMode,
)
from tests.asterisk.ears import AGENT, HEARD, PERSON, SUPERVISOR, UNHEARD, Ears, loudest_and_faintest
from tests.asterisk.stage import Place, Stage, fresh_monitor
from tests.lab_fixtures import Floor

pytestmark = [pytest.mark.asterisk, pytest.mark.alone]

MARGIN_S = 0.5  # between a change and the first window that must show it: the recordings do not begin at one instant
EARLY_S = 0.4  # before the next change: a recording that began late shows it so much too soon
LAST_S = 1.5  # of each mode, beside the margins


@pytest.fixture
def place(floor: Floor) -> Place:
    (host, port), (user, secret) = floor.ami, floor.user
    settings = AmiSettings(
        username=user, secret=secret, host=host, port=port, recordings_dir=str(floor.recordings), list_every_s=1.0
    )
    return Place(settings, floor.dial, floor.phone, 22, floor.recordings, talks=True)


async def test_a_supervisor_listens_whispers_barges_in_and_listens_again(
    place: Place, floor: Floor, tmp_path: Path
) -> None:
    async with Stage(place) as stage:
        leg, call = await asyncio.gather(stage.agent("7001"), stage.answered())
        await stage.do(Connect(call, leg, 1))
        await stage.until(CallJoined, call=call, leg=leg)
        spy = fresh_monitor()
        stage.legs.append(spy)
        await stage.do(Monitor(spy, leg, place.phone("7101")))
        await stage.until(MonitorUp, leg=spy)
        ears = Ears(floor, tmp_path / "heard")
        spans = []
        for mode in (MonitorMode.LISTEN, MonitorMode.WHISPER, MonitorMode.BARGE, MonitorMode.LISTEN):
            await stage.do(SetMonitorMode(spy, mode))
            began = time.monotonic() - ears.since
            await asyncio.to_thread(time.sleep, MARGIN_S + LAST_S + EARLY_S)
            spans.append((mode, began + MARGIN_S, time.monotonic() - ears.since - EARLY_S))
        heard = ears.stop()
    assert set(heard) == {PERSON, AGENT, SUPERVISOR}
    for mode, since_s, until_s in spans:
        # the supervisor hears both, whatever the mode, and never a break
        for tone in (PERSON, AGENT):
            assert loudest_and_faintest(heard[SUPERVISOR], tone, since_s, until_s)[1] > HEARD, (mode, tone)
        for ear, hears in ((AGENT, mode is not MonitorMode.LISTEN), (PERSON, mode is MonitorMode.BARGE)):
            loudest, faintest = loudest_and_faintest(heard[ear], SUPERVISOR, since_s, until_s)
            assert faintest > HEARD if hears else loudest < UNHEARD, (mode, ear, loudest, faintest)
            other = PERSON if ear == AGENT else AGENT
            assert loudest_and_faintest(heard[ear], other, since_s, until_s)[1] > HEARD, (mode, ear)


async def test_another_agent_is_heard_by_the_same_leg_and_a_call_is_taken_over(
    place: Place, floor: Floor, tmp_path: Path
) -> None:
    async with Stage(place) as stage:
        idle, leg, call = await asyncio.gather(stage.agent("7002"), stage.agent("7001"), stage.answered())
        await stage.do(Connect(call, leg, 1))
        await stage.until(CallJoined, call=call, leg=leg)
        spy = fresh_monitor()
        stage.legs.append(spy)
        await stage.do(Monitor(spy, idle, place.phone("7101")))
        await stage.until(MonitorUp, leg=spy)
        moved = stage.now
        await stage.do(MonitorOther(spy, leg))
        await stage.until(MonitorUp, since=moved, leg=spy)
        taken = stage.now
        await stage.do(Connect(call, spy, 2))
        await stage.until(CallJoined, since=taken, call=call, leg=spy)
        await stage.until(LegUp, since=taken, leg=leg)  # the agent is back in the waiting place
        ears = Ears(floor, tmp_path / "heard")
        await asyncio.to_thread(time.sleep, 1.5)
        heard = ears.stop()
        assert loudest_and_faintest(heard[SUPERVISOR], PERSON, MARGIN_S, 1.4)[1] > HEARD
        assert loudest_and_faintest(heard[PERSON], SUPERVISOR, MARGIN_S, 1.4)[1] > HEARD
        assert loudest_and_faintest(heard[PERSON], AGENT, MARGIN_S, 1.4)[0] < UNHEARD
        await stage.do(HangUp(call))
        await stage.until(LegEnded, since=taken, leg=spy)
