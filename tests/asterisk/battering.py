"""A link that is cut again and again while calls are placed and ended, and what must hold then, on any switch."""

import asyncio
import random
import re
from collections import Counter

from dialer.core.messages import HangUp, Hold, SwitchSeen
from dialer.errors import ActionRefusedError, DialerError, SwitchUnavailableError
from simulation.carrier.numbers import Behaviour
from tests.asterisk.stage import Place, Stage
from tests.faulty_proxy import FaultyProxy

ROUNDS, AT_ONCE = 12, 8
BYTES_MEAN = 12_000.0  # between two cuts: some thirty commands, or one long listing


async def batter(place: Place, seed: int) -> None:
    """Place calls over a link that is cut at random bytes; then let it heal and find everything as it should be."""
    chance = random.Random(f"{seed}:commands")
    host, port = place.settings.host, place.settings.port
    async with FaultyProxy(host, port, random.Random(f"{seed}:cuts")) as proxy, Stage(place, port=proxy.port) as stage:
        proxy.bytes_mean = BYTES_MEAN
        proxy.cut()
        failures: list[DialerError | None] = []
        for _ in range(ROUNDS):
            await stage.until(SwitchSeen, since=stage.now)
            async with asyncio.timeout(10):  # no command hangs
                for failed in await asyncio.gather(*(_one_life(stage, chance) for _ in range(AT_ONCE))):
                    failures += failed
        assert proxy.cuts > 0
        assert any(isinstance(error, SwitchUnavailableError) for error in failures)
        assert failures.count(None) > ROUNDS
        proxy.healed = True
        await _all_end(stage)
        assert max(originates(bytes(proxy.passed_on)).values()) == 1


async def _one_life(stage: Stage, chance: random.Random) -> list[DialerError | None]:
    """Place a call and do this and that to it, whatever fails."""
    attempt = stage.attempt(chance.choice([Behaviour.TONE, Behaviour.BUSY, Behaviour.NO_ANSWER]), ring_timeout_s=2.0)
    failed = [await stage.try_to(attempt)]
    if chance.random() < 0.5:
        failed.append(await stage.try_to(Hold(attempt.call)))
    if chance.random() < 0.8:
        failed.append(await stage.try_to(HangUp(attempt.call)))
    return failed


async def _all_end(stage: Stage) -> None:
    """What the listings show can be hung up, until they show nothing."""
    while True:
        seen = await stage.until(SwitchSeen, since=stage.now)
        if not seen.rows:
            return
        for row in seen.rows:
            assert row.call in stage.calls
            error = await stage.try_to(HangUp(row.call))
            assert error is None or isinstance(error, ActionRefusedError)


def originates(wire: bytes) -> Counter[str]:
    """How often each attempt left, by its ChannelId."""
    return Counter(found.decode() for found in re.findall(rb"ChannelId: (cadencia-[0-9]{16})", wire))
