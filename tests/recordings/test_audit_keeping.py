"""Laws of keeping answers that were recorded for audits of detection: as other recordings, and no longer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.core.ids import CallId
from dialer.core.messages import SaveCall
from dialer.core.model import CallRecord
from dialer.core.outcomes import Outcome
from dialer.store import ConflictError, Store
from recordings.archive import ArchiveSettings, RetentionRule
from recordings.retention import NO_MACHINE, RetentionPlan, act, plan
from tests.recordings.floor import LATER, Floor
from tests.store.world import DAY, NOW

AUDITS = RetentionRule(name="audits", days=5, of="audits")
TALKS = RetentionRule(name="talks", days=400, of="conversations")
ALL = RetentionRule(name="all", days=10)
AFTER = NOW + 20 * DAY


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with await Store.open(f"sqlite:///{tmp_path}/dialer.db") as store:
        yield await Floor.made(store, tmp_path)


async def sampled(floor: Floor, outcome: Outcome = Outcome.MACHINE, *, at: float = NOW) -> CallRecord:
    """A call that was sampled, with its file."""
    await floor.world.add_lead(due_at=at)
    claimed = await floor.world.claim_one(now=at)
    call = CallId(next(floor.world.calls))
    bare = floor.world.record(call, claimed, at=at)
    record = replace(bare, answered_at=at + 1, ended_at=at + 4, outcome=outcome, audit=f"audit/{call}")
    await floor.world.tell(SaveCall(record), now=at + 5)
    file(floor, record).parent.mkdir(exist_ok=True)
    file(floor, record).write_bytes(b"an answer")
    return record


def file(floor: Floor, record: CallRecord) -> Path:
    return floor.spool / f"{record.audit}.wav"


async def planned(floor: Floor, *rules: RetentionRule, now: float = AFTER, **laws: int) -> RetentionPlan:
    floor.settings = replace(floor.settings, retention=rules)
    return await plan(floor.store, floor.settings, now, laws, spool=floor.spool)


@pytest.mark.parametrize(
    ("rules", "laws", "due", "kept"),
    [
        ((ALL,), {}, "all", ""),
        ((AUDITS, ALL), {}, "audits", ""),
        ((TALKS,), {}, "", ""),  # fits no audit: for ever
        ((), {}, "", ""),
        ((replace(ALL, campaign="another"), AUDITS), {}, "audits", ""),
        ((replace(AUDITS, country="MX", outcome="machine"),), {}, "audits", ""),
        ((replace(AUDITS, country="CL"),), {}, "", ""),
        ((AUDITS,), {"MX": 365}, "", "audits (law of MX)"),
    ],
)
async def test_the_first_rule_that_fits_holds_and_never_less_than_the_law(
    floor: Floor, rules: tuple[RetentionRule, ...], laws: dict[str, int], due: str, kept: str
) -> None:
    await sampled(floor)
    made = await planned(floor, *rules, **laws)
    assert made.audits.by_rule == ({due: 1} if due else {})
    assert dict(made.audits.kept) == ({} if due else {kept: 1})
    assert (made.due, dict(made.kept)) == ([], {})
    assert made.unjudged == len(made.audits.due)


async def test_it_is_shown_before_it_acts_leaves_a_tombstone_and_spares_what_is_held(floor: Floor) -> None:
    gone, held, late, heard = [await sampled(floor, at=NOW + n) for n in range(4)]
    assert await floor.store.audit_recordings.hold(held.id, "law suit 12")
    await floor.store.detections.judge(heard.id, person=True, by="Ana", now=LATER)
    made = await planned(floor, AUDITS)
    assert ([one.call for one in made.audits.due], made.audits.held) == ([gone.id, late.id, heard.id], [held.id])
    assert made.unjudged == 2
    assert all(file(floor, one).exists() for one in (gone, held, late, heard))
    await floor.store.audit_recordings.hold(late.id, "held meanwhile")
    done = await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=AFTER)
    assert (done.count, done.audits, done.left) == (2, 2, {})
    assert [file(floor, one).exists() for one in (gone, held, late, heard)] == [False, True, True, False]
    stone = await floor.store.audit_recordings.tombstone(gone.id)
    assert stone is not None
    assert (stone.at, stone.by_whom) == (AFTER, "audits; Ana")
    [entry] = await floor.store.recording_notes.accesses(call=gone.id)
    assert (entry.what, entry.detail) == ("delete", "audits; audit of detection")
    waiting = await floor.store.detections.unheard(gone.campaign)
    assert {one.id for one in waiting} == {held.id, late.id}  # nobody is asked to judge what is gone
    assert (await floor.store.detections.told(gone.campaign, AFTER)).persons == 1  # what was heard goes on to count
    assert not await floor.store.audit_recordings.hold(gone.id, "too late")
    assert (await planned(floor, AUDITS)).audits.due == []


async def test_a_deletion_that_was_cut_off_is_finished_by_the_next(floor: Floor) -> None:
    record = await sampled(floor)
    await floor.store.audit_recordings.bury(record.id, NOW, "all")  # killed right after the tombstone
    made = await planned(floor)
    assert made.audits.due == []
    await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=AFTER)
    assert not file(floor, record).exists()
    assert await floor.store.audit_recordings.unburied() == ()


async def test_an_answer_that_no_machine_gave_goes_whatever_the_rules_say(floor: Floor) -> None:
    """The dialer removes it when the call is over; one that was killed just then leaves it for the plan."""
    person, removed = await sampled(floor, Outcome.CONNECTED), await sampled(floor, Outcome.CONNECTED, at=NOW + 9)
    file(floor, removed).unlink()
    made = await planned(floor)
    assert made.audits.by_rule == {NO_MACHINE: 1}
    await act(floor.store, floor.spool, floor.settings, made, by_whom="Ana", now=AFTER)
    assert not file(floor, person).exists()


async def test_an_erased_person_is_erased_here_too_unless_it_is_held(floor: Floor) -> None:
    record = await sampled(floor)
    await floor.store.audit_recordings.hold(record.id, "law suit 12")
    with pytest.raises(ConflictError, match="held"):
        await floor.store.people.erase(record.person, LATER)
    await floor.store.audit_recordings.hold(record.id, "")
    assert (await floor.store.people.erase(record.person, LATER)).recordings == (record.audit,)
    assert await floor.store.detections.unheard(record.campaign) == ()
    assert await floor.store.audit_recordings.of(record.id) is None


def test_a_rule_for_what_there_is_not_is_refused() -> None:
    settings = ArchiveSettings(retention=(AUDITS, replace(ALL, of="films")))
    assert [key for key, _ in settings.problems()] == [("retention", 1, "of")]
