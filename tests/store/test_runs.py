"""Laws of restarts: what a run finds of the former ones, and that nothing is lost or dialled twice."""

from dataclasses import replace

import pytest

from dialer.core.caller_ids import Against, Complaint
from dialer.core.ids import AgentId, CallId, CampaignId, first_call
from dialer.core.messages import (
    CallerFound,
    CallRang,
    CallReserved,
    FindCaller,
    ReservationRefused,
    ReserveCall,
    SaveCall,
    SaveCallerIdRest,
    SaveDecision,
    SaveLead,
    SaveSpell,
    StoreCommand,
)
from dialer.core.model import CallRecord, DecisionRecord, LedgerStep, Mode, Spell
from dialer.core.outcomes import Outcome
from dialer.errors import StoreError
from dialer.store import JournalEntry, Store
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


async def test_a_caller_of_whom_nothing_was_saved_yet_comes_back_as_a_caller(world: World) -> None:
    await world.add_lead("+525550000001")
    lead = await world.claim_one()
    call = await world.dial(lead, Outcome.NO_ANSWER)
    asked = FindCaller(call=CallId(call.id + 1), caller=lead.number, number=call.caller_id, campaign=None)
    [found] = await world.tell(asked, now=NOW + 60)
    assert isinstance(found, CallerFound)
    assert found.lead is not None
    restored, _ = await world.store.begin_run(NOW + 61)
    [back] = restored.open_calls
    assert (back.id, back.lead, back.inbound, back.mode) == (asked.call, lead.id, True, Mode.MANUAL)
    assert (back.placed_at, back.answered_at, back.agent) == (None, NOW + 60, None)


async def test_a_number_that_rested_is_warmed_anew_by_the_next_run(world: World) -> None:
    await world.add_lead()
    lead = await world.claim_one()
    for ago in (9, 8, 7, 2, 1):
        call = await world.dial(lead, Outcome.BUSY, at=NOW - ago * DAY)
    await world.tell(SaveCallerIdRest(call.caller_id, NOW - 6 * DAY, NOW - 3 * DAY, "labelled", None, "maria"))
    [known] = (await world.store.caller_ids.told({call.caller_id: "UTC"}, NOW)).numbers
    assert (known.days_used, known.rests_until) == (2, 0.0)


async def test_days_of_a_number_begin_by_the_clock_of_its_pool(world: World) -> None:
    """It is 16:13 in Mexico City, and 22:13 UTC; two hours later another day there, and not here."""
    await world.add_lead()
    lead = await world.claim_one()
    number = (await world.dial(lead, Outcome.BUSY, at=NOW)).caller_id
    told = world.store.caller_ids.told
    for zone, today in (("UTC", 0), ("America/Mexico_City", 1)):
        [known] = (await told({number: zone}, NOW + 2 * HOUR)).numbers
        assert (known.days_used, known.today) == (1, today)


async def test_a_rest_is_kept_with_its_evidence_or_with_who_wished_it(world: World) -> None:
    against = Against(Complaint.UNANSWERED, 14, 200, 0.198)
    await world.tell(SaveCallerIdRest("+5691", NOW - 2 * DAY, NOW + DAY, "few answer", against))
    await world.tell(SaveCallerIdRest("+5692", NOW - DAY, NOW + DAY, "labelled", None, "maria"))
    newest, oldest = await world.store.caller_ids.rests()
    assert (newest.number, newest.by, newest.against) == ("+5692", "maria", None)
    assert (oldest.number, oldest.by, oldest.against) == ("+5691", "", against)
    assert [one.number for one in await world.store.caller_ids.rests("+5691")] == ["+5691"]
    known = {
        one.number: one for one in (await world.store.caller_ids.told({"+5691": "UTC", "+5692": "UTC"}, NOW)).numbers
    }
    assert (known["+5691"].against, known["+5692"].by) == (against, "maria")
    await world.tell(SaveCallerIdRest("+5691", NOW, NOW, ""))
    [rest] = await world.store.caller_ids.rests("+5691")
    assert rest.until == NOW, "it was taken back to work"


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


def spell(
    agent: int, state: str, ago_s: float, lasted_s: float = 0.0, *, reason: str = "", call: CallId | None = None
) -> SaveSpell:
    """What the engine says as a spell begins, and again as it ends: one that lasted no time is not over."""
    since = NOW - ago_s
    return SaveSpell(
        Spell(
            agent=AgentId(agent),
            state=state,
            since=since,
            until=since + lasted_s,
            ended=lasted_s > 0,
            reason=reason,
            call=call,
        )
    )


async def test_agents_come_back_as_last_seen(store: Store) -> None:
    spells = [
        spell(1, "talking", 100, 40),
        spell(1, "break", 60, reason="lunch"),  # begun, not over
        spell(2, "ready", 500, 10),  # over, and none after it: signed out
        spell(3, "ready", 500, 10),
        spell(3, "signed_out", 490),
        spell(4, "ready", 3 * DAY),  # long gone
    ]
    await store.apply(spells, [], NOW)
    assert (await store.begin_run(NOW))[0].signed_in == ((1, "break", "lunch"),)


async def test_agents_come_back_to_the_cell_that_they_were_in_last(store: Store, url: str) -> None:
    async with await Store.open(url, cell=1) as other:
        await store.apply([spell(1, "ready", 100), spell(2, "ready", 50)], [], NOW)
        await other.apply([spell(1, "break", 60), spell(2, "ready", 70), spell(3, "talking", 5)], [], NOW)
        assert (await store.begin_run(NOW))[0].signed_in == ((2, "ready", ""),)
        assert (await other.begin_run(NOW))[0].signed_in == ((1, "break", ""), (3, "talking", ""))


# ---------------------------------------------------------------- wrap-ups


async def _talked(world: World, agent: int) -> CallRecord:
    """A talk that is over, and an agent who begins to write it up a minute before NOW."""
    await world.add_lead(due_at=NOW - 200)
    lead = await world.claim_one(now=NOW - 200)
    answer = await world.reserve(lead, now=NOW - 200)
    record = replace(
        world.record(answer.call, lead, at=NOW - 200), agent=AgentId(agent), bridged_at=NOW - 190, ended_at=NOW - 60,
        outcome=Outcome.CONNECTED,
    )  # fmt: skip
    await world.tell(SaveCall(record), spell(agent, "wrapping", 60, call=record.id))
    return record


async def test_a_call_that_was_being_written_up_comes_back_with_its_lead(world: World) -> None:
    record = await _talked(world, agent=1)
    restored, _ = await world.store.begin_run(NOW)
    assert restored.unwrapped == (record,)
    assert restored.open_calls == ()
    assert [(lead.id, lead.number, lead.listed) for lead in restored.leads] == [(record.lead, record.number, True)]
    assert restored.signed_in == ((1, "wrapping", ""),)
    assert not (await world.claim()).leads  # the next SaveLead says when it is due
    await world.tell(SaveLead(record.lead, 1, None, "PTP"))
    assert not (await world.claim()).leads


async def test_a_number_typed_for_a_call_that_was_being_written_up_stays_off_the_list(world: World) -> None:
    ask = ReserveCall(call=CallId(5), campaign=world.campaign.id, number="+525512345678", agent=AgentId(1))
    [answer] = await world.tell(ask)
    assert isinstance(answer, CallReserved)
    record = replace(world.record(CallId(5), answer.facts.lead), agent=AgentId(1), ended_at=NOW)
    await world.tell(SaveCall(record), spell(1, "wrapping", 0, call=record.id))
    restored, _ = await world.store.begin_run(NOW + 1)
    assert restored.unwrapped == (record,)
    assert [lead.listed for lead in restored.leads] == [False]


@pytest.mark.parametrize("how", ["wrapped", "agent gone on", "signed out", "another cell"])
async def test_a_call_that_is_written_up_or_left_does_not_come_back(world: World, url: str, how: str) -> None:
    record = await _talked(world, agent=1)
    after: dict[str, list[StoreCommand]] = {
        "wrapped": [SaveCall(replace(record, wrapped_at=NOW - 30))],
        "agent gone on": [spell(1, "wrapping", 60, 30, call=record.id), spell(1, "ready", 30)],
        "signed out": [spell(1, "wrapping", 60, 30, call=record.id)],
        "another cell": [],
    }
    await world.tell(*after[how])
    async with await Store.open(url, cell=int(how == "another cell")) as again:
        restored, _ = await again.begin_run(NOW)
    assert restored.unwrapped == ()
    assert (len((await world.claim()).leads) == 1) is (how != "another cell")


async def test_a_spell_saved_again_is_the_same_spell(store: Store) -> None:
    begun = Spell(agent=AgentId(1), state="ready", since=NOW, until=NOW, ended=False)
    ended = replace(begun, until=NOW + 9, ended=True)
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
    found = replace(world.record(CallId(9), lead, at=hour), answered_at=hour + 2, ended_at=hour + 9)
    await world.tell(SaveCall(replace(found, outcome=Outcome.CONNECTED, disposition="MACHINE")))
    steps = await world.store.ledger(hour, hour + 3 * HOUR)
    campaign = world.campaign.id
    assert steps == (
        LedgerStep(campaign=campaign, since=hour, answered=2, abandoned=1),
        LedgerStep(campaign=campaign, since=hour + HOUR, answered=1, abandoned=0),
    )
