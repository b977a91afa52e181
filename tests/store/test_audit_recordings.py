"""Laws of what was recorded for audits: held it stays, deleted it leaves a tombstone and a file to be removed."""

from dataclasses import replace

from dialer.core.ids import CallId
from dialer.core.messages import SaveCall
from dialer.core.outcomes import Outcome
from tests.store.world import NOW, World


async def test_one_that_is_held_is_not_buried_and_one_that_is_buried_not_held(world: World) -> None:
    kept, gone, person = [await sampled(world, outcome) for outcome in (*[Outcome.MACHINE] * 2, Outcome.CONNECTED)]
    recordings = world.store.audit_recordings
    assert [(one.call, one.outcome) for one in await recordings.after(0)] == [
        (kept, "machine"), (gone, "machine"), (person, "connected"),
    ]  # fmt: skip
    assert [one.call for one in await recordings.after(kept, limit=1)] == [gone]
    assert await recordings.hold(kept, "law suit")
    assert await recordings.holds([kept, gone]) == {kept: "law suit"}
    assert [await recordings.bury(one, NOW, "all; Ana") for one in (kept, gone, gone)] == [False, True, False]
    assert not await recordings.hold(gone, "too late")
    assert not await recordings.hold(CallId(9), "there is none")
    assert (await recordings.of(gone), await recordings.tombstone(kept)) == (None, None)
    assert await recordings.unburied() == ((gone, f"audit/{gone}"),)
    await recordings.removed(gone)
    assert await recordings.unburied() == ()
    assert await recordings.hold(kept, "")
    assert await recordings.bury(kept, NOW, "all; Ana")


async def sampled(world: World, outcome: Outcome) -> CallId:
    await world.add_lead()
    lead = await world.claim_one()
    call = CallId(next(world.calls))
    record = replace(world.record(call, lead), answered_at=NOW + 1, ended_at=NOW + 4, outcome=outcome)
    await world.tell(SaveCall(replace(record, audit=f"audit/{call}")))
    return call
