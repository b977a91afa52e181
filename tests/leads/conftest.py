"""A store of its own for each test that loads lists. The store's own laws are held on every database in tests/store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.store import Store
from tests.new_database import new_database
from tests.store.world import World


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(new_database(tmp_path / "dialer.db")) as opened:
        yield opened


@pytest.fixture
async def world(store: Store) -> World:
    return await World.made(store)
