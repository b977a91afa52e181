"""Recordings for the console's tests: what the switch would have left, and the index made of it."""

import numpy as np

from recordings.archive import ArchiveSettings
from recordings.worker import Indexer
from tests.recordings.calls import silence, speech, tone, write_legs
from tests.web.world import World


async def calls_made(world: World, count: int) -> None:
    """Let agent 1 have that many conversations."""
    agent = await world.agent_at_work()
    for number in range(count):
        await agent.dial(world.campaign, number=f"+5255999900{number:02d}")
        desk = await world.desk(agent, "talking")
        await agent.hangup()
        await world.desk(agent, "wrapping")
        await agent.disposition(desk["call"], "RPC")
    await world.runtime.flush()


async def sounds(world: World, *, speaking: bool = False) -> None:
    """Let every talk have been recorded and indexed: a tone on each side, or two who speak in turns."""
    sides = tone(2.5, 400), tone(2.5, 900)
    if speaking:
        agent = np.concatenate([speech(9.0, seed=1), silence(6.0), speech(4.0, seed=3), silence(5.0)])
        sides = agent, np.concatenate([silence(9.4), speech(5.2, seed=2), silence(3.6), speech(5.8, seed=4)])
    spool = world.recordings.parent / "spool"
    for row in (await world.store.recordings.newest(limit=100)).items:
        base = spool / row.base
        base.parent.mkdir(parents=True, exist_ok=True)
        write_legs(base, *sides)
    await Indexer(world.store, spool, ArchiveSettings(folder=world.recordings), now=lambda: 4e9).step()
