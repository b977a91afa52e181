"""Recordings for the console's tests: what the switch would have left, and the index made of it."""

from recordings.archive import ArchiveSettings
from recordings.worker import Indexer
from tests.recordings.calls import tone, write_legs
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


async def sounds(world: World) -> None:
    """Let every talk have been recorded and indexed: a tone on each side."""
    spool = world.recordings.parent / "spool"
    for row in (await world.store.recordings.newest(limit=100)).items:
        base = spool / row.base
        base.parent.mkdir(parents=True, exist_ok=True)
        write_legs(base, tone(2.5, 400), tone(2.5, 900))
    await Indexer(world.store, spool, ArchiveSettings(folder=world.recordings), now=lambda: 4e9).step()
