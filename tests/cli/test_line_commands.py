"""`dialer trunk`, `dialer caller-id` and `dialer report --costs`, on a running server."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from dialer.cli.times import told
from dialer.core.caller_ids import Pool
from dialer.core.messages import CallerIdsSet, TrunkSet
from dialer.core.routing import Tariff
from dialer.web.client import Json
from tests.cli.test_campaign_agent_stop import dialer, done, running
from tests.web.world import NOW
from tests.web.world import world as new_world

NUMBER = "+525500000001"
DAY = ("--since", told(NOW - 3600), "--until", told(NOW + 3600))


async def test_trunks_and_numbers_are_looked_at_tried_and_rested_from_the_command_line(tmp_path: Path) -> None:
    async with new_world(tmp_path) as world:
        config = running(world, tmp_path)

        async def said(*words: str) -> str:
            return await asyncio.to_thread(done, *words, "-c", config)

        async def found(*words: str) -> list[Json]:
            file = tmp_path / "found.json"  # standard output has the world's log, too
            await said(*words, "--json", str(file))
            read = json.loads(file.read_text())
            return read if isinstance(read, list) else [read]

        agent = await world.agent_at_work()
        trunk = world.runtime.view().trunks[0].config
        world.runtime.tell(TrunkSet(replace(trunk, currency="MXN", tariffs=(Tariff(per_minute=60.0, first_s=6),))))
        world.runtime.tell(CallerIdsSet((Pool(name="mexico", numbers=(NUMBER,)),)))
        await agent.dial(world.campaign, lead=world.leads[0])
        await world.desk(agent, "talking")
        await agent.transfer("+525555550001")
        await world.desk(agent, "wrapping")
        await world.runtime.flush()

        assert "0 of 100" in await said("trunk", "list")
        [step] = await found("trunk", "report", *DAY, "--digits", "2")
        assert (step["trunk"], step["prefix"], step["calls"], step["asr"]) == ("carrier", "+52", 1, 1.0)
        assert "100.0 %" in await said("trunk", "report", *DAY)
        [trial] = await found("trunk", "test", "+525512340009", "--trunk", "carrier")
        assert (trial["dial"], trial["outcome"]) == ("PJSIP/525512340009@carrier", "answered")
        assert "answered" in await said("trunk", "test", "+525512340009", "--trunk", "carrier")
        wrong = await asyncio.to_thread(dialer, "trunk", "test", "+525512340009", "--trunk", "other", "-c", config)
        assert "there are carrier" in str(wrong.exception)

        [cost] = await found("report", *DAY, "--costs")
        assert (cost["onward"], cost["onward_cost"], cost["currency"]) == (1, 6.0, "MXN")
        assert "MXN" in await said("report", *DAY, "--costs")
        [call] = await found("report", *DAY, "--calls")
        assert [(one["number"], one["cost"]) for one in call["onward"]] == [("+525555550001", 6.0)]
        assert "6.000000 MXN" in await said("report", *DAY, "--calls")

        assert NUMBER in await said("caller-id", "list")
        await said("caller-id", "rest", NUMBER, "--days", "3", "--why", "labelled")
        assert "labelled" in await said("caller-id", "list")
        await said("caller-id", "wake", NUMBER)
        [shown] = await found("caller-id", "list")
        assert (shown["state"], shown["today"], shown["cap"]) == ("free", 1, 50)  # a new number is warmed
