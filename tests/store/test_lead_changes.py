"""Laws of changes from outside: what they are said to make of a lead is what the database then holds."""

from itertools import product

from dialer.store import LeadState
from dialer.store.lead_changes import LeadChange
from tests.store.world import NOW, World

LATER = NOW + 60.0
# Every state with and without a time, each thing asked of it; a time asked for, and an account, in turns.
CASES = [
    (*case, (None, NOW + 30.0)[n % 2], n % 5 != 0)
    for n, case in enumerate(product(LeadState, (None, NOW), (None, "open", "withdrawn")))
]


async def test_before_and_after_are_what_stood_and_what_stands(world: World) -> None:
    """Whatever state the lead is in, whatever is asked of it together, with an account or without."""
    leads = [await world.add_lead() for _ in CASES]
    async with world.store._database.writing() as session:
        rows = [(state.value, due, lead) for (state, due, *_), lead in zip(CASES, leads, strict=True)]
        await session.many("UPDATE leads SET state = $1, due_at = $2 WHERE id = $3", rows)
        without = [(lead,) for case, lead in zip(CASES, leads, strict=True) if not case[-1]]
        await session.many("UPDATE leads SET account = NULL WHERE id = $1", without)
    asked = [
        LeadChange(lead=lead, state=wanted, due_at=at, balance="7.5", fields={"plan": "gold"})
        for (_, _, wanted, at, _), lead in zip(CASES, leads, strict=True)
    ]
    stood = [one for one in await world.store.lead_changes.known(asked) if one is not None]
    settled = [one.settled(change, LATER) for one, change in zip(stood, asked, strict=True)]
    await world.store.lead_changes.apply([*zip(stood, settled, strict=True)], LATER)
    stand = [one for one in await world.store.lead_changes.known(asked) if one is not None]
    for case, was, change, now in zip(CASES, stood, settled, stand, strict=True):
        before, after = was.difference(change)
        pairs = {name: (was.figures[name], now.figures[name]) for name in was.figures}
        told = {name: (before[name], after[name]) for name in after if name != "fields"}
        assert told == {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}, case
        assert ("fields" in after, "balance" in after) == (case[-1], case[-1])
    assert len(stand) == len(CASES)
