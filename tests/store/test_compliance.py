"""The compliance log: what is written stands, whatever is changed or cut off is found, and erasing breaks nothing."""

import json
from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId, LeadId, PersonId
from dialer.core.messages import (
    AddDoNotCall,
    Command,
    PlaceCall,
    Restrict,
    SaveCall,
    SaveDisposition,
    SaveReceipt,
)
from dialer.core.model import Receipt
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.errors import StoreError
from dialer.store import JournalEntry, Store
from dialer.store.chain import ROOT, Entry, digest_of, subject_of
from dialer.store.codec import decode, encode
from dialer.store.compliance import Verified
from dialer.store.database import Database
from dialer.store.webhooks import Delivery, Webhook
from tests.store.world import NOW, World


def receipt(n: int, world: World, *, person: int = 7) -> SaveReceipt:
    return SaveReceipt(
        Receipt(
            at=NOW + n, campaign=world.campaign.id, lead=LeadId(n), person=PersonId(person), number=f"+5255000{n:05d}",
            allowed=n % 3 != 0, rule=f"default mx.condusef@{n % 2}", why="10:00 in America/Mexico_City", call=CallId(n),
        )
    )  # fmt: skip


async def filled(world: World, count: int = 20) -> None:
    for n in range(1, count + 1, 5):
        await world.tell(*(receipt(n + k, world, person=7 + k % 2) for k in range(5)), now=NOW + n)


async def verified(world: World) -> Verified:
    return await world.store.compliance.verify(world.store.cell)


async def tamper(url: str, *statements: str) -> None:
    """As somebody who owns the database and takes the log's guard away first."""
    database = Database.of(url)
    async with database.writing() as session:
        if session.sqlite:
            await session.run("DROP TRIGGER IF EXISTS compliance_UPDATE")
            await session.run("DROP TRIGGER IF EXISTS compliance_DELETE")
        else:
            await session.run("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await session.run(statement)
    await database.close()


def test_the_hash_is_what_it_says_it_is() -> None:
    """A golden vector, worked out with sha256sum: whoever checks the log elsewhere can begin here."""
    entry = Entry(cell=0, seq=1, at=1.5, kind="allowed", campaign=2, call=3, rule="r@1", body="é", subject="")
    assert digest_of(entry, ROOT) == "b7203215f3b430941b2989faae6a25f79959722b16fa1262a30ff491d1f5a739"
    assert subject_of("ab", 1, 2, "+525512345678") == "802401efe2ba91e245148773a562e9b88c104c9576fb5b0f468b8a5e1b11c298"


async def test_a_chain_that_nobody_touched_holds(world: World) -> None:
    await filled(world)
    found = await verified(world)
    assert (found.entries, found.erased, found.broken) == (20, 0, ())
    assert await world.store.compliance.cells() == (0,)


@pytest.mark.parametrize(
    ("change", "seq", "what"),
    [
        ("UPDATE compliance SET body = 'x' WHERE seq = 9", 9, "not what was written"),
        ("UPDATE compliance SET rule = 'other' WHERE seq = 1", 1, "not what was written"),
        ("UPDATE compliance SET kind = 'allowed' WHERE seq = 3", 3, "not what was written"),
        ("UPDATE compliance SET at = at + 1 WHERE seq = 20", 20, "not what was written"),
        ("UPDATE compliance SET hash = 'x' WHERE seq = 9", 9, "not what was written"),
        ("DELETE FROM compliance WHERE seq = 9", 9, "missing"),
        ("DELETE FROM compliance WHERE seq = 1", 1, "missing"),
        ("DELETE FROM compliance WHERE seq > 17", 18, "cut off"),
        ("DELETE FROM compliance", 1, "cut off"),
        ("UPDATE compliance_subjects SET number = '+525599999999' WHERE seq = 9", 9, "somebody else"),
        ("UPDATE compliance_subjects SET lead = 99 WHERE seq = 9", 9, "somebody else"),
        ("DELETE FROM compliance_subjects WHERE seq = 9", 20, "by erasing"),
        ("DELETE FROM compliance_heads", 20, "end was taken away"),
    ],
)
async def test_what_was_changed_is_found_where_it_was(world: World, url: str, change: str, seq: int, what: str) -> None:
    await filled(world)
    await tamper(url, change)
    [broken] = (await verified(world)).broken
    assert (broken.cell, broken.seq) == (0, seq)
    assert what in broken.what


async def test_an_entry_that_was_added_behind_the_end_is_found(world: World, url: str) -> None:
    await filled(world, 5)
    head = (await verified(world)).head
    entry = Entry(cell=0, seq=6, at=NOW, kind="allowed", campaign=1, call=6, rule="r@1", body="", subject="")
    await tamper(
        url,
        f"INSERT INTO compliance VALUES (0, 6, {NOW}, 'allowed', 1, 6, 'r@1', '', '', '{digest_of(entry, head)}')",
    )
    [broken] = (await verified(world)).broken
    assert (broken.seq, "added behind" in broken.what) == (6, True)


async def test_a_call_of_which_the_log_tells_nothing_is_found(world: World) -> None:
    await world.add_lead("+525512345678")
    lead = await world.claim_one()
    record = await world.dial(lead, Outcome.BUSY)
    log = world.store.compliance
    assert await log.without_receipt() == (1, record.id)
    await world.tell(SaveCall(replace(record, inbound=True)))
    assert await log.without_receipt() == (0, None)
    await world.tell(SaveCall(record))
    about = replace(receipt(1, world).receipt, call=record.id)
    await world.tell(SaveReceipt(replace(about, allowed=False)))
    assert await log.without_receipt() == (1, record.id)  # a refusal is no receipt of a call
    await world.tell(SaveReceipt(about))
    assert await log.without_receipt() == (0, None)


async def test_the_log_lets_nobody_change_it_unseen(world: World, url: str) -> None:
    await filled(world, 5)
    database = Database.of(url)
    for statement in ("UPDATE compliance SET body = ''", "DELETE FROM compliance"):
        with pytest.raises(StoreError, match="only added to"):
            async with database.writing() as session:
                await session.run(statement)
    await database.close()
    assert (await verified(world)).broken == ()


async def test_erasing_a_person_leaves_the_chain_whole(world: World) -> None:
    lead = await world.add_lead("+525512345678", national_id="A")
    view = await world.store.leads.view(lead)
    assert view is not None
    await world.tell(*(receipt(n, world, person=view.person.id if n % 2 else 99) for n in range(1, 9)))
    erased = await world.store.people.erase(view.person.id, NOW + 100)
    assert (erased.leads, erased.numbers, erased.entries) == ((lead,), 1, 4)
    found = await verified(world)
    assert (found.broken, found.erased) == ((), 4)
    left = [one async for one in world.store.compliance.stream(until=NOW + 50)]
    assert [one.about.person for one in left if one.about is not None] == [99] * 4
    assert await world.store.do_not_call.lists_of("+525512345678") == ("erased",)
    after = await world.store.leads.view(lead)
    assert after is not None
    assert (after.person.name, after.person.national_id, after.state) == ("", None, "withdrawn")
    assert "5512345678" not in str(after)
    assert [one.entry.kind async for one in world.store.compliance.stream(since=NOW + 100)] == ["erased"]


async def test_erasing_a_person_reaches_the_journal_and_the_recordings(world: World) -> None:
    await world.store.begin_run(NOW)
    await world.add_lead("+525512345678")
    await world.add_lead("+525587654321")
    leads = (await world.claim()).leads
    mine = next(lead for lead in leads if lead.number == "+525512345678")
    records = [replace(await world.dial(lead, Outcome.CONNECTED), recording=f"day/{lead.id}") for lead in leads]
    said: list[Command] = [SaveDisposition(one.id, AgentId(1), "PTP", f"pays, {one.number}") for one in records]
    placed = [
        PlaceCall(
            call=one.id, trunk="t", dial=f"PJSIP/9{one.number[1:]}@t", caller_id="", ring_timeout_s=28, wait_max_s=2,
            message="", lead=one.lead, campaign=one.campaign,
        )
        for one in records
    ]  # fmt: skip
    kept = [JournalEntry(NOW, "command", encode(one)) for one in [*map(SaveCall, records), *said, *placed]]
    await world.store.apply([SaveCall(one) for one in records], kept, NOW)
    erased = await world.store.people.erase(mine.person, NOW + 100)
    assert (erased.journal, erased.recordings, erased.told[0]) == (3, (f"day/{mine.id}",), "+525512345678")
    [run] = await world.store.journal.runs()
    bodies = [one.body for one in await world.store.journal.events(run.id)]
    assert all("5512345678" not in body for body in bodies)
    assert sum("5587654321" in body for body in bodies) == 3
    assert len([decode(body) for body in bodies]) == 6  # whatever it was, it can be read
    [left] = (await world.store.recordings.newest()).items
    assert left.base != f"day/{mine.id}"


async def test_what_webhooks_still_are_to_be_told_of_an_erased_person_names_nobody(world: World) -> None:
    await world.add_lead("+525512345678")
    record = await world.dial(await world.claim_one(), Outcome.CONNECTED)
    hooks = world.store.webhooks
    hook = await hooks.save(Webhook(name="crm", url="https://crm.example", secret="s", created_at=NOW))
    bodies: dict[str, dict[str, object]] = {
        f"call {record.id}": {"kind": "call.ended", "data": {"number": record.number, "outcome": "connected"}},
        f"call {record.id} ": {"kind": "call.ended", "data": {"number": "+525587654321"}},
    }
    said: dict[str, object] = {"kind": "call.dispositioned", "data": {"code": "PTP", "notes": "pays on Monday"}}
    tasks: list[tuple[str, dict[str, object]]] = [*bodies.items(), (f"call {record.id}", said)]
    told_of = [
        Delivery(webhook=hook.id, subject=one, kind=str(body["kind"]), at=NOW, body=json.dumps(body), due_at=NOW)
        for one, body in tasks
    ]
    await hooks.put("reader", "{}", told_of)
    await world.store.people.erase(record.person, NOW + 100)
    left: list[str] = []
    while due := await hooks.due(hook.id, NOW + 100):
        left += [one.body for one in due]
        for one in due:
            await hooks.taken(one.id)
    told = sorted(left)
    assert not any("5512345678" in body or "Monday" in body for body in told)
    assert sum("+525587654321" in body for body in told) == 1
    assert [json.loads(body)["kind"] for body in told].count("call.ended") == 2


async def test_opt_outs_and_stops_are_told_in_their_order(world: World) -> None:
    lead = await world.add_lead()
    await world.tell(
        receipt(1, world),
        AddDoNotCall("+525512345678", "agent", CallId(1)),
        Restrict(lead=lead, kind=Kept.DISPUTE, source="agent"),
        receipt(2, world),
    )
    kinds = [one.entry.kind async for one in world.store.compliance.stream()]
    assert sorted(kinds) == ["allowed", "allowed", "kept", "listed"]
    bodies = [one.entry.body async for one in world.store.compliance.stream()]
    assert not any("5512345678" in body for body in bodies)
    assert (await verified(world)).broken == ()


async def test_what_is_asked_for_is_found(world: World) -> None:
    await filled(world)
    log = world.store.compliance
    assert [one.entry.seq async for one in log.stream(lead=4)] == [4]
    assert [one.entry.seq async for one in log.stream(since=NOW + 3, until=NOW + 5)] == [3, 4]
    assert [one.entry.seq async for one in log.stream(rule="mx.condusef@1", until=NOW + 4)] == [1, 3]
    assert [one.entry.seq async for one in log.stream(rule="default", kind="refused")] == [3, 6, 9, 12, 15, 18]
    assert [one.entry.seq async for one in log.stream(rule="%")] == []
    assert await log.counts(NOW, NOW + 4) == (
        ("allowed", "default mx.condusef@0", 1),
        ("allowed", "default mx.condusef@1", 1),
        ("refused", "default mx.condusef@1", 1),
    )


async def test_each_cell_has_its_own_chain(world: World, url: str) -> None:
    await filled(world, 5)
    async with await Store.open(url, cell=3) as other:
        await other.apply([receipt(1, world), receipt(2, world)], [], NOW)
        assert await other.compliance.cells() == (0, 3)
        assert (await other.compliance.verify(3)).entries == 2
    assert (await verified(world)).entries == 5
