"""Laws of call records: kept whole, the last saving wins, found again newest first."""

from dataclasses import fields, replace

import pytest

from dialer.core.detection import Verdict
from dialer.core.ids import AgentId, CallId, LeadId
from dialer.core.messages import SaveCall, SaveDecision, SaveDisposition
from dialer.core.model import Agent, CallRecord, DecisionRecord, Mode
from dialer.core.outcomes import EndedBy, Outcome
from dialer.store import AgentLogin, CallFilter, Recording, RecordingState
from tests.store.world import NOW, World


async def _whole(world: World) -> CallRecord:
    """A record with every field set."""
    await world.add_lead()
    record = replace(
        world.record(CallId(next(world.calls)), await world.claim_one()),
        agent=AgentId(4),
        decision=77,
        rule="MX 2026-03",
        progress_at=NOW + 1.125,
        ringing_at=NOW + 2.25,
        answered_at=NOW + 9.001,
        agent_ready_at=NOW + 3,
        bridged_at=NOW + 9.002,
        ended_at=NOW + 99,
        wrapped_at=NOW + 120,
        outcome=Outcome.CONNECTED,
        disposition="PTP",
        cause=16,
        tech_cause=200,
        ended_by=EndedBy.AGENT,
        recording="call-1",
        verdict=Verdict.PERSON,
        verdict_reason="HUMAN",
        detection_s=1.5,
        message_at=NOW + 4,
        after_beep=True,
        audit="audit/1",
        inbound=True,
        cost=0.012,
        currency="USD",
    )
    assert all(getattr(record, field.name) not in (None, "") for field in fields(record))
    return record


async def test_a_record_comes_back_whole(world: World) -> None:
    record = await _whole(world)
    await world.tell(SaveCall(record))
    assert await world.store.calls.get(record.id) == record


async def test_a_record_comes_back_as_empty_as_it_was(world: World) -> None:
    await world.add_lead()
    record = replace(world.record(CallId(5), await world.claim_one()), placed_at=None)
    await world.tell(SaveCall(record))
    assert await world.store.calls.get(CallId(5)) == record
    assert await world.store.calls.get(CallId(6)) is None


async def test_the_last_saving_wins_within_and_across_batches(world: World) -> None:
    last = await _whole(world)
    first = replace(last, ended_at=None, outcome=None, disposition="")
    await world.tell(SaveCall(first))
    await world.tell(SaveCall(replace(first, mode=Mode.PREVIEW)), SaveCall(last))
    assert await world.store.calls.get(last.id) == last


async def _some(world: World, count: int) -> list[CallRecord]:
    await world.add_lead()
    lead = await world.claim_one()
    # Two calls share each instant: the id decides between them.
    records = [world.record(CallId(n + 1), lead, at=NOW + n // 2) for n in range(count)]
    await world.tell(*(SaveCall(replace(one, ended_at=NOW + 60, outcome=Outcome.BUSY)) for one in records))
    return records


async def test_pages_go_through_all_calls_newest_first(world: World) -> None:
    await _some(world, 7)
    seen: list[CallId] = []
    page = await world.store.calls.page(limit=3)
    while page.next is not None:
        seen += [row.record.id for row in page.items]
        page = await world.store.calls.page(after=page.next, limit=3)
    assert [*seen, *(row.record.id for row in page.items)] == [7, 6, 5, 4, 3, 2, 1]


async def test_the_last_full_page_says_that_it_is_the_last(world: World) -> None:
    await _some(world, 3)
    assert (await world.store.calls.page(limit=3)).next is None


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (CallFilter(), [1, 2, 3, 4]),
        (CallFilter(since=NOW + 1), [3, 4]),
        (CallFilter(until=NOW + 1), [1, 2]),
        (CallFilter(outcome="busy"), [1, 2, 3, 4]),
        (CallFilter(outcome="connected"), []),
        (CallFilter(recorded=True), []),
        (CallFilter(ended=True, placed=True, recorded=False), [1, 2, 3, 4]),
        (CallFilter(lead=LeadId(999)), []),
        (CallFilter(not_over_by=NOW + 59), [1, 2, 3, 4]),
        (CallFilter(not_over_by=NOW + 60), []),
    ],
)
async def test_a_filter_means_all_of_its_parts(world: World, where: CallFilter, found: list[int]) -> None:
    await _some(world, 4)
    assert [row.record.id async for row in world.store.calls.stream(where)] == found
    assert await world.store.calls.count(where) == len(found)


async def test_a_sample_of_leads_has_all_their_calls(world: World) -> None:
    lead = (await _some(world, 4))[0].lead
    assert await world.store.calls.count(CallFilter(lead_every=lead)) == 4
    assert await world.store.calls.count(CallFilter(lead_every=lead + 1)) == 0


async def test_a_row_has_the_names_that_go_with_the_ids(world: World) -> None:
    agent = (
        await world.store.agents.save(AgentLogin(agent=Agent(id=AgentId(0), name="Ana", campaigns=()), login="a"))
    ).agent
    await world.tell(SaveCall(replace(await _whole(world), agent=agent.id)))
    [row] = (await world.store.calls.page()).items
    assert (row.campaign, row.agent, row.person) == ("spring", "Ana", "Person 1")


async def test_a_recorded_call_makes_its_recording_known(world: World) -> None:
    record = await _whole(world)
    await world.tell(SaveCall(record), SaveCall(record))
    expected = Recording(call=record.id, campaign=record.campaign, agent=AgentId(4), base="call-1", at=NOW + 9.002)
    assert (await world.store.recordings.newest()).items == (expected,)
    found = replace(expected, seconds=90.5, state=RecordingState.RAW)
    assert await world.store.recordings.change(record.id, RecordingState.EXPECTED, seconds=90.5, state=found.state)
    assert not await world.store.recordings.change(record.id, RecordingState.EXPECTED, seconds=1.0)
    await world.tell(SaveCall(record))  # the engine's word again does not undo what was found
    assert await world.store.recordings.by_call(record.id) == found


async def test_what_agents_said_is_kept_in_order(world: World) -> None:
    record = await _whole(world)
    await world.tell(
        SaveCall(record),
        SaveDisposition(record.id, AgentId(4), "RPC", ""),
        SaveDisposition(record.id, AgentId(4), "PTP", "pays on Friday"),
    )
    assert [said.code for said in await world.store.calls.dispositions(record.id)] == ["RPC", "PTP"]
    view = await world.store.leads.view(record.lead)
    assert view is not None
    assert [said.notes for said in view.dispositions] == ["pays on Friday", ""]
    assert view.calls == (record,)


async def test_decisions_come_back_with_their_inputs(world: World) -> None:
    records = [
        DecisionRecord(
            id=n, campaign=world.campaign.id, at=NOW + n, calls=n, reason="why", binding="risk", inputs=(("free", 2.0),)
        )
        for n in range(1, 4)
    ]
    await world.tell(*(SaveDecision(one) for one in records))
    decisions = world.store.decisions
    assert await decisions.list(world.campaign.id, NOW, NOW + 9) == tuple(records)
    assert await decisions.list(world.campaign.id, NOW, NOW + 9, limit=2) == tuple(records[1:])
    assert await decisions.list(world.campaign.id, NOW, NOW + 2) == (records[0],)
    assert await decisions.get(2) == records[1]
