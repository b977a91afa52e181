"""Laws of restarts: what a run finds of the former ones, and that nothing is lost or dialled twice."""

from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId, first_call
from dialer.core.messages import (
    CallRang,
    CallReserved,
    ReservationRefused,
    ReserveCall,
    SaveCall,
    SaveDecision,
    SaveSpell,
)
from dialer.core.model import DecisionRecord, Spell
from dialer.core.outcomes import Outcome
from dialer.errors import StoreError
from dialer.store import JournalEntry, LedgerStep, Store
from dialer.store.codec import decode, encode
from tests.store.world import DAY, HOUR, NOW, World


async def test_a_new_database_has_nothing_to_restore(store: Store) -> None:
    restored, run = await store.begin_run(NOW)
    assert run == 1
    assert (restored.open_calls, restored.finished, restored.leads, restored.signed_in) == ((), (), (), ())
    assert restored.next_call == restored.next_decision == first_call(0)


async def test_leads_claimed_without_a_call_come_back(world: World) -> None:
    held, at_hand = [await world.add_lead() for _ in range(2)]
    first, second = (await world.claim()).leads
    reserved = await world.reserve(first)
    await world.store.begin_run(NOW)
    assert [lead.id for lead in (await world.claim()).leads] == [at_hand]
    assert (reserved.call, second.id, first.id) == (first_call(0), at_hand, held)


async def test_open_calls_come_back_with_their_leads_and_keep_their_locks(world: World) -> None:
    await world.add_lead("+525550000001", "+525550000002")
    lead = await world.claim_one()
    answer = await world.reserve(lead)
    record = replace(world.record(answer.call, lead), ringing_at=NOW + 3)
    await world.tell(SaveCall(record))
    restored, _ = await world.store.begin_run(NOW + 60)
    assert restored.open_calls == (record,)
    assert restored.leads == (lead,)
    assert restored.next_call == record.id + 1
    assert isinstance(await world.reserve(lead), ReservationRefused)


async def test_a_reservation_of_which_nothing_was_saved_may_have_left_the_machine(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    answer = await world.reserve(lead, now=NOW + 1)
    restored, _ = await world.store.begin_run(NOW + 60)
    [call] = restored.open_calls
    assert call == replace(world.record(answer.call, lead, at=NOW + 1), trunk="", caller_id="", placed_at=None)
    assert restored.leads == (lead,)
    assert restored.next_call == answer.call + 1


async def test_finished_calls_come_back_oldest_first(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    await world.dial(lead, Outcome.BUSY, at=NOW - 31 * DAY)  # beyond every window
    ended = [await world.dial(lead, Outcome.BUSY, at=NOW - ago) for ago in (3 * HOUR, 2 * HOUR)]
    restored, _ = await world.store.begin_run(NOW)
    assert restored.finished == tuple(ended)
    assert restored.open_calls == ()


async def test_cells_count_and_restore_each_their_own(world: World, url: str) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    await world.tell(SaveCall(world.record(CallId(first_call(0) + 4), lead)))
    async with await Store.open(url, cell=3) as other:
        restored, _ = await other.begin_run(NOW)
        assert restored.open_calls == ()
        assert restored.next_call == first_call(3)
        call = CallId(first_call(3) + 8)
        [answer] = await other.apply([ReserveCall(call=call, campaign=lead.campaign, lead=lead)], [], NOW)
        assert isinstance(answer, CallReserved)
        assert (await other.begin_run(NOW))[0].next_call == call + 1
    assert (await world.store.begin_run(NOW))[0].next_call == first_call(0) + 5


async def test_decisions_go_on_counting(world: World) -> None:
    record = DecisionRecord(id=41, campaign=world.campaign.id, at=NOW, calls=1, reason="", binding="", inputs=())
    await world.tell(SaveDecision(record))
    assert (await world.store.begin_run(NOW))[0].next_decision == 42


async def test_agents_come_back_as_last_seen(store: Store) -> None:
    def spell(agent: int, state: str, ago_s: float, lasted_s: float, reason: str = "") -> SaveSpell:
        since = NOW - ago_s
        return SaveSpell(Spell(agent=AgentId(agent), state=state, since=since, until=since + lasted_s, reason=reason))

    spells = [
        spell(1, "talking", 100, 40),
        spell(1, "break", 60, 0, "lunch"),  # begun, not over
        spell(2, "ready", 500, 10),  # over, and none after it: signed out
        spell(3, "ready", 500, 10),
        spell(3, "signed_out", 490, 0),
        spell(4, "ready", 3 * DAY, 0),  # long gone
    ]
    await store.apply(spells, [], NOW)
    assert (await store.begin_run(NOW))[0].signed_in == ((1, "break", "lunch"),)


async def test_a_spell_saved_again_is_the_same_spell(store: Store) -> None:
    begun = Spell(agent=AgentId(1), state="ready", since=NOW, until=NOW)
    ended = replace(begun, until=NOW + 9)
    await store.apply([SaveSpell(begun)], [], NOW)
    await store.apply([SaveSpell(ended)], [], NOW)
    assert await store.spells.list(NOW, NOW + 1) == (ended,)


# ---------------------------------------------------------------- the journal


async def test_the_journal_keeps_order_and_numbers_each_run_from_one(store: Store) -> None:
    for run in (1, 2):
        begins = NOW + 100 * run
        assert (await store.begin_run(begins))[1] == run
        for n in range(3):
            entries = [JournalEntry(begins + n, "event", encode(CallRang(CallId(n + part)))) for part in (0, 10)]
            await store.apply([], entries, NOW)
    rows = await store.journal.events(2)
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [decode(row.body) for row in rows] == [CallRang(CallId(n)) for n in (0, 10, 1, 11, 2, 12)]
    assert [row.seq for row in await store.journal.events(2, 4)] == [5, 6]
    assert len(await store.journal.runs()) == 2
    assert await _seen(store, NOW, NOW + 300) == [(run, seq) for run in (1, 2) for seq in range(1, 7)]
    assert await _seen(store, NOW + 102, NOW + 202) == [(1, 5), (1, 6), (2, 1), (2, 2), (2, 3), (2, 4)]
    assert await _seen(store, NOW + 201, NOW + 202) == [(2, 3), (2, 4)]


async def _seen(store: Store, since: float, until: float) -> list[tuple[int, int]]:
    return [(row.run, row.seq) async for row in store.journal.stream(since, until)]


async def test_the_journal_wants_a_run(store: Store) -> None:
    with pytest.raises(StoreError, match="begin_run"):
        await store.apply([], [JournalEntry(NOW, "event", "{}")], NOW)


async def test_a_batch_that_failed_can_be_tried_again(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    await world.store.begin_run(NOW)
    entry = JournalEntry(NOW, "event", "{}")
    with pytest.raises(StoreError):
        await world.store.apply([world.ask(replace(lead, campaign=CampaignId(99)))], [entry], NOW)
    await world.store.apply([world.ask(lead)], [entry], NOW)
    assert len(await world.store.journal.events(1)) == 1


# ---------------------------------------------------------------- the ledger


async def test_the_ledger_counts_people_who_answered_by_the_hour(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    hour = NOW // HOUR * HOUR
    calls = [
        (hour + 1, Outcome.CONNECTED),
        (hour + 3599, Outcome.ABANDONED),
        (hour + 3600, Outcome.EARLY_HANGUP),
        (hour + 7200, Outcome.MACHINE),
    ]
    for n, (at, outcome) in enumerate(calls, 1):
        record = replace(world.record(CallId(n), lead, at=at - 5), answered_at=at, ended_at=at + 9, outcome=outcome)
        await world.tell(SaveCall(record))
    steps = await world.store.ledger(hour, hour + 3 * HOUR)
    campaign = world.campaign.id
    assert steps == (
        LedgerStep(campaign=campaign, since=hour, answered=2, abandoned=1),
        LedgerStep(campaign=campaign, since=hour + HOUR, answered=1, abandoned=0),
    )
