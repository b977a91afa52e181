"""The simulated store keeps people apart, counts every dial, and gives back what was claimed."""

from dataclasses import replace

from dialer.core.ids import CallId, CampaignId, ClientId, LeadId, PersonId, PhoneId
from dialer.core.messages import (
    AddDoNotCall,
    CallReserved,
    ClaimLeads,
    LeadsClaimed,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    ReturnLeads,
    SaveCall,
    SaveLead,
)
from dialer.core.model import CallRecord, Lead, Mode
from dialer.core.outcomes import Outcome
from simulation.world.store import Store

ONE, TWO = CampaignId(1), CampaignId(2)


def lead(number: int, campaign: CampaignId = ONE, person: int = 0) -> Lead:
    who = person or number
    return Lead(
        id=LeadId(number), campaign=campaign, person=PersonId(who), phone=PhoneId(who), number=f"+5255{who:08d}",
        country="MX", zones=("America/Mexico_City",),
    )  # fmt: skip


def record(call: int, of: Lead, at: float) -> CallRecord:
    return CallRecord(
        id=CallId(call), campaign=of.campaign, client=ClientId(1), mode=Mode.PREDICTIVE, lead=of.id, person=of.person,
        phone=of.phone, number=of.number, trunk="one", caller_id="", reserved_at=at, placed_at=at,
    )  # fmt: skip


def full(*leads: Lead) -> Store:
    store = Store()
    store.add(leads)
    return store


def claim(store: Store, count: int = 10, now: float = 0.0, campaign: CampaignId = ONE) -> LeadsClaimed:
    answer = store.execute(ClaimLeads(campaign, count), now)
    assert isinstance(answer, LeadsClaimed)
    return answer


def reserve(store: Store, call: int, of: Lead, now: float = 0.0) -> CallReserved | ReservationRefused:
    answer = store.execute(ReserveCall(call=CallId(call), campaign=of.campaign, lead=of), now)
    assert isinstance(answer, CallReserved | ReservationRefused)
    return answer


def test_a_lead_is_claimed_once_and_only_when_due() -> None:
    store = full(lead(1), lead(2))
    assert [one.id for one in claim(store, 1).leads] == [1]
    assert [one.id for one in claim(store).leads] == [2]
    assert claim(store) == LeadsClaimed(ONE, (), None)
    store.execute(SaveLead(LeadId(1), 1, 100.0, "busy"), 10.0)
    assert claim(store, now=99.0) == LeadsClaimed(ONE, (), 100.0)
    again = claim(store, now=100.0)
    assert [(one.id, one.attempts) for one in again.leads] == [(1, 1)]


def test_what_is_given_back_or_finished() -> None:
    store = full(lead(1), lead(2))
    claim(store)
    store.execute(ReturnLeads((LeadId(1),)), 5.0)
    store.execute(SaveLead(LeadId(2), 1, None, "RPC"), 5.0)
    assert [one.id for one in claim(store, now=5.0).leads] == [1]
    assert store.leads[LeadId(2)].due_at is None


def test_one_person_holds_one_call_over_all_campaigns_until_it_is_over() -> None:
    mine, theirs = lead(1, ONE, person=9), lead(2, TWO, person=9)
    store = full(mine, theirs)
    assert isinstance(reserve(store, 1, mine), CallReserved)
    assert isinstance(reserve(store, 2, theirs), ReservationRefused)
    store.execute(SaveCall(replace(record(1, mine, 1.0), ended_at=2.0, outcome=Outcome.BUSY)), 2.0)
    assert isinstance(reserve(store, 3, theirs), CallReserved)
    store.execute(ReleaseCall(CallId(3), "closed", None), 3.0)
    assert isinstance(reserve(store, 4, theirs), CallReserved)


def test_facts_count_every_dial_that_left_the_machine_within_its_window() -> None:
    one = lead(1)
    store = full(one)
    for call, at in ((1, 0.0), (2, 40_000.0)):
        reserve(store, call, one, at)
        store.execute(SaveCall(record(call, one, at)), at)
        store.execute(SaveCall(replace(record(call, one, at), ended_at=at + 9, outcome=Outcome.BUSY)), at + 9)
    answer = reserve(store, 3, one, 90_000.0)
    assert isinstance(answer, CallReserved)
    assert answer.facts.dials_of_number_24h == 1
    assert answer.facts.dials_of_person_7d == 2
    assert answer.facts.number_dialled_at == 40_000.0


def test_do_not_call_holds_from_the_very_next_reservation() -> None:
    one = lead(1)
    store = full(one)
    store.execute(AddDoNotCall(one.number, "opt_out"), 1.0)
    answer = reserve(store, 1, one, 1.0)
    assert isinstance(answer, CallReserved)
    assert answer.facts.do_not_call == ("opt_out",)


def test_a_new_process_gets_the_open_calls_and_nothing_stays_claimed_without_one() -> None:
    one, two = lead(1), lead(2)
    store = full(one, two)
    claim(store)
    reserve(store, 5, one, 1.0)
    left = store.begin_run(2.0)
    assert [(call.id, call.placed_at) for call in left.open_calls] == [(CallId(5), None)]
    assert left.next_call == 6
    assert left.leads == (one,)
    assert [found.id for found in claim(store, now=2.0).leads] == [2]
