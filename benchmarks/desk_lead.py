"""From the command that bridges an agent to the lead's being at the desk: told unasked, and asked for.

    python -m benchmarks desk_lead --talks 100

The real engine, store and web server with a switch whose people answer after two seconds, and a desk that hears the
live view. In every other talk it also asks for the lead when the desk tells that one is there, so both ways are seen
under one load.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from benchmarks.call_rate_steps import share
from benchmarks.tables import table
from dialer.core.messages import Connect, ListChanged, PlaceCall, SwitchCommand
from dialer.core.model import Mode
from dialer.web.client import Client
from tests.web.world import World, world

RING_S = 2.0
TALK_MAX_S = 60.0


class Desk:
    """One agent's desk. Times are seconds by this process's clock, by the talk's number."""

    def __init__(self, made: World, agent: Client) -> None:
        self._world, self._agent = made, agent
        self.bridged: list[float] = []
        self.desk_ms: list[float] = []
        self.pushed_ms: list[float] = []
        self.asked_ms: list[float] = []
        execute = made.switch.execute

        async def watched(command: SwitchCommand) -> None:
            if isinstance(command, PlaceCall):
                await asyncio.sleep(RING_S)
            if isinstance(command, Connect):
                self.bridged.append(time.perf_counter())
            await execute(command)

        made.switch.execute = watched  # type: ignore[method-assign]  # looked at on its way

    async def work(self, talks: int) -> None:
        """Talk so often, and write each talk up."""
        done = 0
        async with aclosing(self._agent.live("desk", "lead")) as heard:
            call, last = 0, ""
            async for topic, told in heard:
                if topic == "lead" and told["of"] != last:  # the same again is the lead as it is by now
                    last = told["of"]
                    self.pushed_ms.append(self._since())
                    await self._agent.hangup()
                elif topic == "desk" and told["call"] is not None and told["call"] != call:
                    call = told["call"]
                    self.desk_ms.append(self._since())
                    if done % 2:
                        await self._agent.desk_lead()
                        self.asked_ms.append(self._since())
                elif topic == "desk" and told["state"] == "wrapping":
                    await self._agent.disposition(call, "RPC")
                    await self._again()
                    done += 1
                if done >= talks:
                    return

    def _since(self) -> float:
        return 1000 * (time.perf_counter() - self.bridged[-1])

    async def _again(self) -> None:
        """The same people may be called again."""
        await self._world.runtime.flush()
        async with self._world.store._database.writing() as session:  # noqa: SLF001 - a table, set by hand
            await session.run("UPDATE leads SET state = 'open', claimed_by = NULL, due_at = 0 WHERE state <> 'claimed'")
        self._world.runtime.tell(ListChanged(self._world.campaign))


async def _measured(talks: int, folder: Path) -> Desk:
    async with world(folder, mode=Mode.PROGRESSIVE, agents=1) as made:
        agent = await made.agent_at_work()
        desk = Desk(made, agent)
        async with asyncio.timeout(TALK_MAX_S * talks):
            await desk.work(talks)
        return desk


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks desk_lead", description=__doc__)
    parser.add_argument("--talks", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        desk = asyncio.run(_measured(given.talks, Path(place)))
    figures = {
        name: {at: round(share(sorted(values), part), 1) for at, part in (("p50", 0.5), ("p95", 0.95))}
        for name, values in (
            ("the desk alone, ms", desk.desk_ms),
            ("told unasked, ms", desk.pushed_ms),
            ("asked for, ms", desk.asked_ms),
        )
    }
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    rows = [(name, f"{one['p50']:g}", f"{one['p95']:g}") for name, one in figures.items()]
    print(table(("from the bridging to the desk", "median", "95 %"), rows))
