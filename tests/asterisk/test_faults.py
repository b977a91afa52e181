"""A link that is cut at random bytes, whatever is under way: nothing leaves twice, nothing hangs, and it comes back."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.asterisk.names import call_channel
from dialer.asterisk.settings import AmiSettings
from dialer.core.messages import CallAnswered, Connect, Hold, SwitchLost, SwitchSeen
from simulation.carrier.numbers import Behaviour
from simulation.standin import StandInSwitch
from tests.asterisk.battering import batter
from tests.asterisk.stage import Place, Stage
from tests.faulty_proxy import FaultyProxy

SEEDS = range(6)


@pytest.fixture
async def standin() -> AsyncIterator[StandInSwitch]:
    async with StandInSwitch(seed=3) as standin:
        yield standin


@pytest.fixture
def place(standin: StandInSwitch) -> Place:
    settings = AmiSettings(
        username="dialer",
        secret="secret",
        port=standin.port,
        action_timeout_s=1.0,
        reconnect_min_s=0.01,
        reconnect_max_s=0.05,
        list_every_s=0.2,
    )
    return Place(settings, "PJSIP/{}@carrier".format, "PJSIP/{}".format, 22, Path("/nowhere"), talks=False)


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_cut_makes_an_attempt_leave_twice_or_a_command_hang(
    place: Place, standin: StandInSwitch, seed: int
) -> None:
    await batter(place, seed)
    assert not standin.channels


async def test_an_asterisk_that_restarts_is_found_again_and_empty(place: Place, standin: StandInSwitch) -> None:
    async with Stage(place) as stage:
        call = await stage.answered()
        lost = stage.now
        standin.restart()
        await stage.until(SwitchLost, since=lost)
        seen = await stage.until(SwitchSeen, since=lost)
        assert (seen.reconnected, seen.rows) == (True, ())
        assert await stage.try_to(Hold(call)) is not None
        await stage.answered()


async def test_a_switch_that_cannot_be_reached_for_a_while_is_reached_in_the_end(
    place: Place, standin: StandInSwitch
) -> None:
    async with (
        FaultyProxy("127.0.0.1", standin.port, random.Random(1)) as proxy,
        Stage(place, port=proxy.port) as stage,
    ):
        proxy.refusing = True
        lost = stage.now
        proxy.cut()
        await stage.until(SwitchLost, since=lost)
        error = await stage.try_to(stage.attempt(Behaviour.TONE))
        assert "nothing was sent" in str(error)
        proxy.refusing = False
        await stage.until(SwitchSeen, since=lost)
        assert sum(isinstance(event, SwitchLost) for event in stage.told) == 1
        await stage.answered()


async def test_what_happened_while_the_link_was_down_is_found_in_the_next_listing(
    place: Place, standin: StandInSwitch
) -> None:
    async with (
        FaultyProxy("127.0.0.1", standin.port, random.Random(1)) as proxy,
        Stage(place, port=proxy.port) as stage,
    ):
        leg, kept, gone = await asyncio.gather(stage.agent(), stage.answered(), stage.answered())
        proxy.refusing = True
        lost = stage.now
        proxy.cut()
        await stage.until(SwitchLost, since=lost)
        standin.hang_up(next(one for one in standin.channels if one.uniqueid == call_channel(gone)))
        proxy.refusing = False
        seen = await stage.until(SwitchSeen, since=lost)
        assert {row.call for row in seen.rows if row.call} == {kept}
        await stage.do(Connect(kept, leg, 1))
        assert CallAnswered(gone) in stage.told
