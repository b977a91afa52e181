"""What a run does at its beginning for lists that a former one left half-way on their way into a new order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.cell import arrange
from dialer.core.engine import Engine
from dialer.core.messages import ListChanged
from dialer.core.selection import Selection
from dialer.runtime import Runtime
from dialer.store import Store
from tests.new_database import new_database
from tests.store.world import NOW, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as store:
        yield await World.made(store)


async def test_a_filter_given_before_the_run_was_cut_off_holds_in_the_next(world: World) -> None:
    await world.add_lead()
    await world.store.campaigns.save(replace(world.campaign, selection=Selection(filter="balance > 100")))
    told = []

    class Listening(Runtime):
        def tell(self, event: object) -> None:
            told.append(event)

    runtime = Listening(Engine(), world.store, lambda: NOW)
    for _ in range(2):
        await arrange(world.store, runtime, lambda: NOW)
    assert told == [ListChanged(world.campaign.id)]
    assert not (await world.claim()).leads
