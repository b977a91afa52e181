"""The law of batches: a batch does what its commands do one by one, and gives the same answers."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import AgentId, CallId
from dialer.core.messages import (
    AddDoNotCall,
    CallReserved,
    ClaimLeads,
    DeferLead,
    Event,
    ReleaseCall,
    ReserveCall,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveDisposition,
    SaveLead,
    SaveReceipt,
    SaveSpell,
    StoreCommand,
)
from dialer.core.model import Lead, Receipt, Spell
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.store import Store
from dialer.store.database import Database
from dialer.store.schema import metadata
from tests.store.world import NOW, World

LEADS, CALLS, COMMANDS = 12, 10, 60


@pytest.fixture
async def twins(tmp_path: Path) -> AsyncIterator[tuple[World, World]]:
    """Two stores with the same leads; some share a person, some a number."""
    worlds = []
    for name in ("together", "apart"):
        world = await World.made(await Store.open(f"sqlite:///{tmp_path}/{name}.db"))
        for n in range(LEADS):
            numbers = (f"+52555000{n % 9:04d}", f"+52555111{n:04d}")
            await world.add_lead(*numbers, priority=n % 3, national_id=f"P{n % 8}")
        worlds.append(world)
    yield worlds[0], worlds[1]
    for world in worlds:
        await world.store.close()


def drawn(chance: random.Random, world: World, leads: tuple[Lead, ...]) -> StoreCommand:
    """Any command, about few enough calls and leads that they meet."""
    lead, call = chance.choice(leads), CallId(chance.randint(1, CALLS))
    record = replace(world.record(call, lead), ended_at=chance.choice([None, NOW + 9]), outcome=Outcome.BUSY)
    makers: list[Callable[[], StoreCommand]] = [
        lambda: ClaimLeads(world.campaign.id, chance.randint(1, 3)),
        lambda: ReturnLeads((lead.id,)),
        lambda: ReserveCall(call=call, campaign=world.campaign.id, lead=lead),
        lambda: ReserveCall(call=call, campaign=world.campaign.id, lead_id=lead.id, agent=AgentId(1)),
        lambda: ReserveCall(call=call, campaign=world.campaign.id, number=f"+52555000{chance.randint(5, 15):04d}"),
        lambda: ReleaseCall(call, "late", chance.choice([None, NOW - 1])),
        lambda: SaveCall(record),
        lambda: SaveLead(lead.id, chance.randint(0, 3), chance.choice([None, NOW - 5]), "busy"),
        lambda: DeferLead(lead.id, NOW - 3, "hours"),
        lambda: SaveDisposition(call, AgentId(1), "RPC", ""),
        lambda: SaveSpell(Spell(agent=AgentId(1), state="ready", since=NOW + chance.randint(0, 3), until=NOW + 9)),
        lambda: AddDoNotCall(chance.choice(leads).number, "asked"),
        lambda: Restrict(lead=lead.id, kind=chance.choice([Kept.DISPUTE, Kept.WRONG_PERSON]), account=True),
        lambda: SaveReceipt(
            Receipt(
                at=NOW,
                campaign=lead.campaign,
                lead=lead.id,
                person=lead.person,
                number=lead.number,
                allowed=True,
                rule="default",
                why="a test",
                call=call,
            )
        ),
    ]
    return chance.choice(makers)()


@pytest.mark.parametrize("seed", range(8))
async def test_a_batch_does_what_its_commands_do_one_by_one(twins: tuple[World, World], seed: int) -> None:
    together, apart = twins
    leads = (await together.claim(LEADS)).leads
    assert leads == (await apart.claim(LEADS)).leads
    chance = random.Random(f"{seed}:batches")
    commands = [drawn(chance, together, leads) for _ in range(COMMANDS)]
    at_once = await together.tell(*commands)
    by_one: list[Event] = [answer for command in commands for answer in await apart.tell(command)]
    assert at_once == by_one
    assert await _all(together.store) == await _all(apart.store)
    assert any(isinstance(answer, CallReserved) for answer in at_once)


async def _all(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for the ids that the database gave."""
    database = Database.of(store.url)
    rows: dict[str, list[tuple[object, ...]]] = {}
    async with database.reading() as connection:
        for table in metadata.sorted_tables:
            result = await connection.exec_driver_sql(f"SELECT * FROM {table.name}")
            rows[table.name] = sorted(map(tuple, result.all()), key=repr)
    await database.close()
    rows["compliance"] = [row[:8] for row in rows["compliance"]]  # without digests: their salts are drawn
    rows["compliance_heads"] = [row[:2] for row in rows["compliance_heads"]]
    rows["compliance_subjects"] = [(*row[:2], *row[3:]) for row in rows["compliance_subjects"]]
    rows["dispositions"] = [row[1:] for row in rows["dispositions"]]
    return rows
