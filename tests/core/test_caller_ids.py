"""Which number of ours a person is shown, and when a number has had enough."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.caller_ids import rested_after
from dialer.core.caller_ids import ALARM, Complaint, Pool, Shown, Tally, Watch
from dialer.core.ids import ClientId, PersonId
from dialer.core.messages import (
    Alarm,
    CallerIdRested,
    CallerIdsSet,
    CallerIdsTold,
    CallQueued,
    CallRang,
    NumberKnown,
    PlaceCall,
    Refused,
    ReleaseCall,
    ReserveCall,
    RulesSet,
    SaveCall,
    SaveCallerIdRest,
    SaveReceipt,
)
from dialer.core.model import Campaign
from dialer.core.outcomes import EndedBy
from dialer.core.packs.schema import Dial
from dialer.rules.packs import rulebook
from tests.core.floor import NOON, Floor, campaign, floor, hangup, only, those

NEAR, FAR, SERVICE = "+56912000001", "+56222000001", "+56600123456"
POOL = Pool(name="chile", numbers=(FAR, NEAR, SERVICE))


def pooled(*pools: Pool, **changes: object) -> Floor:
    made = floor(agents=1, **{"caller_id": "", **changes})
    made.tell(CallerIdsSet(pools or (POOL,)))
    return made


def place(made: Floor, **facts: object) -> PlaceCall:
    return only(made.reserve(only(made.give_leads(1), ReserveCall), **facts), PlaceCall)


def test_the_nearest_number_is_shown_and_kept_with_the_call() -> None:
    made = pooled()
    placed = place(made)  # to +569...
    assert placed.caller_id == NEAR
    assert [one.record.caller_id for one in those(made.said, SaveCall)][-1] == NEAR


def test_a_person_sees_the_number_they_saw_before() -> None:
    made = pooled()
    earlier = Dial(NOON - 86_400.0, NOON - 86_300.0, caller_id=FAR)
    assert place(made, dials=(earlier,)).caller_id == FAR


def test_rotation_never_leaves_the_rules_of_the_persons_country() -> None:
    made = pooled()
    made.tell(RulesSet(rulebook(built_in=True, folder=None, now=NOON)))  # Chile: collections show a 600 number
    assert place(made).caller_id == SERVICE


@settings(max_examples=30, deadline=None)
@given(used=st.lists(st.integers(0, 150), min_size=3, max_size=3), day_max=st.integers(1, 60))
def test_no_number_is_ever_shown_beyond_its_cap(used: list[int], day_max: int) -> None:
    shown = Shown()
    shown.configure((replace(POOL, day_max=day_max, warm_from=day_max),))
    for number, count in zip(POOL.numbers, used, strict=True):
        for _ in range(count):
            if shown.numbers[number].free(NOON):
                shown.numbers[number].shown(NOON)
    for person in range(150):
        best = shown.candidates(campaign(), "CL", "+56911111111", PersonId(person), NOON)
        if best:
            shown.placed(best[0], PersonId(person), NOON)
    assert max(one.today for one in shown.numbers.values()) <= day_max


def test_a_new_number_is_warmed_day_by_day() -> None:
    shown = Shown()
    shown.configure((replace(POOL, numbers=(NEAR,), day_max=300, warm_from=50),))
    one, caps = shown.numbers[NEAR], []
    for day in range(5):
        count = 0
        while one.free(NOON + day * 86_400.0):
            one.shown(NOON + day * 86_400.0)
            count += 1
        caps.append(count)
    assert caps == [50, 100, 200, 300, 300]


def test_a_lawful_number_is_found_behind_any_count_of_nearer_ones() -> None:
    nearer = tuple(f"+5691200{n:04d}" for n in range(12))
    made = pooled(replace(POOL, numbers=(*nearer, SERVICE)))
    made.tell(RulesSet(rulebook(built_in=True, folder=None, now=NOON)))
    assert place(made).caller_id == SERVICE


def test_each_of_two_pools_keeps_to_what_the_person_saw_of_it() -> None:
    """Two clients call the same person by turns, each from numbers of its own."""
    shown, mine = Shown(), campaign()
    theirs = replace(mine, name="another")
    first, second = ("+56912000001", "+56912000002"), ("+56912000003", "+56912000004")
    pools = (
        Pool(name="mine", numbers=first, campaigns=(mine.name,)),
        Pool(name="theirs", numbers=second, campaigns=(theirs.name,)),
    )
    shown.configure(pools)

    def best(of: Campaign, *before: str) -> str:
        return shown.candidates(of, "CL", "+56911111111", PersonId(1), NOON, before=before)[0]

    assert best(mine, second[1], first[1]) == first[1]  # the latest that the person saw is of the other pool
    shown.placed(first[1], PersonId(1), NOON)
    shown.placed(second[1], PersonId(1), NOON)
    assert (best(mine), best(theirs)) == (first[1], second[1])


def test_a_campaigns_own_number_of_a_pool_rests_and_has_its_day_like_the_others() -> None:
    made = pooled(replace(POOL, numbers=(NEAR,)), caller_id=NEAR)
    made.tell(CallerIdRested(NEAR, 2.0, "labelled", "supervisor"))
    released = only(made.reserve(only(made.give_leads(1), ReserveCall)), ReleaseCall)
    assert released.reason == "no_number_shown"
    made = pooled(replace(POOL, numbers=(NEAR,), campaigns=("another",), day_max=1, warm_from=1), caller_id=NEAR)
    first = place(made)
    made.tell(CallQueued(first.call), hangup(first.call, cause=17, tech_cause=486))
    assert only(made.reserve(only(made.give_leads(1), ReserveCall)), ReleaseCall).reason == "no_number_shown"


def test_a_number_of_another_clients_pool_is_never_shown() -> None:
    made = pooled(replace(POOL, numbers=(NEAR,), clients=(ClientId(2),)), caller_id=NEAR)
    assert only(made.reserve(only(made.give_leads(1), ReserveCall)), ReleaseCall).reason == "no_number_shown"


def test_a_numbers_day_turns_at_the_midnight_of_its_pool() -> None:
    """NOON is 16:00 UTC and 10:00 in Mexico City: 8 hours later it is another day by UTC, and not there."""
    for zone, free in (("UTC", True), ("America/Mexico_City", False)):
        shown = Shown()
        shown.configure((Pool(name="one", numbers=(NEAR,), day_max=1, warm_from=1, zone=zone),))
        shown.numbers[NEAR].shown(NOON)
        assert not shown.numbers[NEAR].free(NOON + 60.0)
        assert shown.numbers[NEAR].free(NOON + 8 * 3600.0) is free
        assert shown.numbers[NEAR].free(NOON + 15 * 3600.0)


def test_where_no_number_may_be_shown_nobody_is_called() -> None:
    made = pooled(replace(POOL, numbers=(NEAR,), day_max=1, warm_from=1))
    first = place(made)
    made.tell(CallQueued(first.call), hangup(first.call, cause=17, tech_cause=486))
    released = only(made.reserve(only(made.give_leads(1), ReserveCall)), ReleaseCall)
    assert released.reason == "no_number_shown"
    assert released.retry_at == made.now + 1800.0
    receipts = [one.receipt for one in those(made.said, SaveReceipt)]
    assert [(one.allowed, one.rule) for one in receipts][-1] == (False, "no_number_shown")


def test_a_pool_serves_its_campaigns_and_countries_alone() -> None:
    made = pooled(replace(POOL, campaigns=("another",)), caller_id="+5622000000")
    assert place(made).caller_id == "+5622000000"
    made = pooled(replace(POOL, countries=("PE",)), caller_id="+5622000000")
    assert place(made).caller_id == "+5622000000"


def test_a_number_that_people_stop_answering_rests_with_its_evidence() -> None:
    made = pooled()
    watch = made.engine._state.shown.numbers[NEAR].watched[0]
    watch.evidence, watch.since = ALARM - 1e-6, [199, 14]
    placed = place(made)
    assert placed.caller_id == NEAR
    made.tell(CallQueued(placed.call), CallRang(placed.call))
    said = made.tell(hangup(placed.call, cause=19, tech_cause=480, by=EndedBy.TIMEOUT), after_s=28.0)
    rest = only(said, SaveCallerIdRest)
    assert (rest.number, rest.until - rest.since) == (NEAR, 7 * 86_400.0)
    assert rest.against is not None
    assert (rest.against.complaint, rest.against.hits, rest.against.calls) == ("unanswered", 14, 200)
    alarm = only(said, Alarm)
    assert alarm.code == "caller_id_rests"
    assert "14 of the last 200 calls were answered by a person (7.0 %, 95 %: 3.9 to 11.5 %)" in alarm.text
    assert place(made).caller_id != NEAR


def test_rests_and_use_outlive_a_restart() -> None:
    made = pooled()
    rest = NumberKnown(NEAR, 9, 3, made.now + 86_400.0, "labelled")
    made.tell(CallerIdsTold((rest, NumberKnown(FAR, 9, 299), NumberKnown(SERVICE, 9, 0))))
    views = {one.number: one for one in made.engine.view(made.now).caller_ids}
    assert (views[NEAR].state, views[NEAR].reason) == ("resting", "labelled")
    assert (views[FAR].today, views[FAR].cap) == (299, 300)
    assert place(made).caller_id == SERVICE  # FAR is as near, and nearly used up


def test_calls_of_before_a_restart_send_no_number_back_to_rest() -> None:
    made = pooled()
    rested = next(filter(None, (_declined(made) for _ in range(400))))
    assert rested.number == NEAR
    records = tuple(one.record for one in those(made.said, SaveCall) if one.record.ended_at is not None)
    again = Shown()
    again.configure((POOL,))
    again.numbers[NEAR].days_used = 9  # somebody put it back to work since, says the store
    again.replay(records)
    assert (again.numbers[NEAR].rests_until, again.numbers[NEAR].days_used) == (0.0, 9)


def _declined(made: Floor) -> SaveCallerIdRest | None:
    call = place(made).call
    made.tell(CallQueued(call))
    said = made.tell(hangup(call, cause=21, tech_cause=603, by=EndedBy.PERSON), after_s=2.0)
    return next(iter(those(said, SaveCallerIdRest)), None)


def test_a_number_is_sent_to_rest_and_back_by_hand() -> None:
    made = pooled()
    assert only(made.tell(CallerIdRested(NEAR, 2.0, "complaints", "maria")), SaveCallerIdRest).number == NEAR
    view = made.engine.view(made.now).caller_ids[1]
    assert (view.state, view.reason, view.by) == ("resting", "complaints", "maria")
    assert place(made).caller_id != NEAR
    made.tell(CallerIdRested(NEAR, 0.0, "", "maria"))
    assert made.engine.view(made.now).caller_ids[1].state == "free"
    assert only(made.tell(CallerIdRested("+5699", 1.0, "", "maria")), Refused).code == "unknown_number"


# ---------------------------------------------------------------- the law of quarantine

RUNS = 120


def share_rested(runs: Iterable[int | None], since: int = 0) -> float:
    """Of runs in which the number was at work then, the share in which it was sent to rest afterwards."""
    at_work = [one for one in runs if one is None or one >= since]
    return sum(one is not None for one in at_work) / len(at_work)


@pytest.mark.parametrize("share", [0.15, 0.2, 0.3])
def test_a_halved_answer_rate_is_found_within_400_calls(share: float) -> None:
    found = (rested_after(f"halved {share} {n}", share, calls=700, one_at=300) for n in range(RUNS))
    assert share_rested(found, 300) >= 0.95


def test_at_one_answer_in_ten_most_are_found_within_400_calls() -> None:
    found = (rested_after(f"halved 0.1 {n}", 0.1, calls=700, one_at=300) for n in range(RUNS))
    assert share_rested(found, 300) >= 0.7


def test_what_is_usual_is_the_others_share_however_long_a_number_is_at_work() -> None:
    pool, watch = Tally(), Watch(Complaint.UNANSWERED, "answered", 0.5)
    for call in range(3000):
        for hit in (call % 2 == 0, call % 2 == 1):
            pool.add(hit=hit)
        pool.add(hit=call % 4 == 0)
        watch.add(pool, hit=call % 4 == 0)
    assert watch.usual(pool) == pytest.approx(0.5, abs=0.02)


def test_a_number_long_at_work_is_judged_as_a_young_one_is() -> None:
    found = (rested_after(f"late {n}", 0.2, calls=6400, one_at=6000) for n in range(12))
    assert share_rested(found, 6000) >= 0.8


def test_a_list_that_halves_the_whole_pools_rate_is_hardly_a_numbers_fault() -> None:
    moved = (rested_after(f"drift {n}", 0.2, calls=1400, all_at=400) for n in range(60))
    assert share_rested(moved, 400) <= 0.2


def test_a_healthy_number_is_falsely_rested_in_at_most_one_of_twenty_runs_of_a_thousand_calls() -> None:
    shares = (0.1, 0.15, 0.2, 0.3)
    rested = [share for share in shares for n in range(RUNS) if rested_after(f"healthy {share} {n}", share, calls=1000)]
    assert len(rested) <= 0.05 * RUNS * len(shares)
    assert max(map(rested.count, shares)) <= 0.1 * RUNS
