"""A forecast through the API: made beside the running dialer from its own database, for those who run the floor."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.model import Mode
from dialer.web.client import ApiError
from simulation.whatif.live import Forecaster
from tests.web import world as worlds


@asynccontextmanager
async def foreseeing(folder: Path) -> AsyncIterator[worlds.World]:
    """A dialer with a forecaster beside it."""
    async with worlds.world(folder, mode=Mode.PREDICTIVE, agents=1) as world:
        console = world.app.state.console
        forecaster = Forecaster(f"sqlite:///{folder / 'day.db'}", console.now, budget_s=6.0)
        world.app.state.console = replace(console, forecaster=forecaster)
        yield world
        forecaster.close()


def children(module: str) -> list[int]:
    """The processes of this one that run the module."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            runs = module in (folder / "cmdline").read_text()
        except OSError:  # it has ended
            continue
        if runs and state != "Z" and int(parent) == os.getpid():
            found.append(int(folder.name))
    return found


async def test_what_waits_to_be_asked_makes_the_next_forecast(tmp_path: Path) -> None:
    async with foreseeing(tmp_path) as world:
        sofia = await world.supervisor()
        ready = f"/campaigns/{world.campaign}/forecast/ready"
        forecaster = world.app.state.console.forecaster
        await asyncio.gather(forecaster.ready(), forecaster.ready())  # two who think of a change at once: one process
        await sofia.request("POST", ready)
        [waiting] = children("simulation.whatif")
        with pytest.raises(ApiError, match="nobody is at work"):
            await sofia.forecast(world.campaign, minutes=1)
        assert children("simulation.whatif") == []
        await sofia.request("POST", ready)
        assert children("simulation.whatif") not in ([], [waiting])


async def test_a_supervisor_sees_what_a_change_would_bring(tmp_path: Path) -> None:
    async with foreseeing(tmp_path) as world:
        agent = await world.agent_at_work()
        await world.desk(agent, "talking")
        await world.runtime.flush()
        sofia = await world.supervisor()
        found = await sofia.forecast(world.campaign, minutes=2, agents=2)
        assert found["futures"] >= 2
        assert (found["calls"], found["thin"]) == (0, True)  # no call has ended yet: what is usual stands in
        assert found["changed"]["occupancy"]["mean"] < found["present"]["occupancy"]["mean"] + 0.2
        assert (await sofia.floor())["agents"][0]["state"] == "talking"  # nothing was changed


async def test_what_cannot_be_forecast_says_why(tmp_path: Path) -> None:
    async with foreseeing(tmp_path) as world:
        sofia = await world.supervisor()
        with pytest.raises(ApiError) as refused:
            await sofia.forecast(world.campaign, minutes=5)
        assert (refused.value.status, refused.value.code) == (409, "refused")
        assert "nobody is at work" in refused.value.detail
        with pytest.raises(ApiError) as refused:
            await sofia.forecast(99, minutes=5)
        assert refused.value.status == 404
        for wrong in ({"minutes": 0}, {"mode": "loud"}, {"abandon_cap": 0.9}, {"cap": 0.01}):
            with pytest.raises(ApiError) as refused:
                await sofia.forecast(world.campaign, **wrong)
            assert refused.value.status == 422
        agent = await world.agent()
        with pytest.raises(ApiError) as refused:
            await agent.forecast(world.campaign)
        assert refused.value.status == 403


async def test_without_a_forecaster_there_are_none(tmp_path: Path) -> None:
    async with worlds.world(tmp_path) as world:
        sofia = await world.supervisor()
        with pytest.raises(ApiError) as refused:
            await sofia.forecast(world.campaign)
        assert refused.value.status == 409
