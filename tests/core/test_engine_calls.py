"""What the engine does with calls: place, connect, abandon, end."""

import pytest

from dialer.core.ids import AgentId, CampaignId, ClientId
from dialer.core.messages import (
    AbandonmentPlayed,
    AddDoNotCall,
    AgentReady,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallJoined,
    CallQueued,
    CallRang,
    CallReserved,
    CommandFailed,
    Connect,
    DeferLead,
    DiallingStopped,
    HangUp,
    LegUp,
    OptedOut,
    PlaceCall,
    ReleaseCall,
    ReservationRefused,
    ReserveCall,
    ReturnLeads,
    SaveCall,
    SaveLead,
    SwitchLost,
    SwitchSeen,
)
from dialer.core.model import ChannelRow, DialFacts, OptOut
from dialer.core.outcomes import EndedBy, Outcome
from tests.core.floor import CAMPAIGN, ClaimLeads, floor, hangup, lead, only, those


def test_leads_are_asked_for_before_calls_can_be_placed() -> None:
    made = floor(agents=0)
    assert those(made.said, ClaimLeads) == []  # nobody is there to talk
    made = floor(agents=1)
    assert only(made.said, ClaimLeads).campaign == CAMPAIGN


def test_a_call_is_placed_only_after_its_reservation_is_durable() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    assert those(made.said, PlaceCall) == []
    placed = only(made.reserve(wish), PlaceCall)
    assert placed.call == wish.call
    assert placed.dial == "PJSIP/56900000001@carrier"


def test_progressive_never_has_more_calls_than_ready_agents() -> None:
    made = floor(agents=3)
    assert len(those(made.give_leads(10), ReserveCall)) == 3
    assert those(made.tick(), ReserveCall) == []


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"do_not_call": ("global",)}, "do_not_call"),
        ({"lead_open": False}, "lead_closed"),
        ({"dials_of_number_24h": 3}, "default.number_24h"),
    ],
)
def test_a_rule_found_broken_at_the_reservation_releases_the_call(facts: dict[str, object], rule: str) -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.reserve(wish, **facts)
    assert those(said, PlaceCall) == []
    assert only(said, ReleaseCall).reason == rule
    assert made.work().lines == 0


def test_a_lead_outside_its_hours_is_never_reserved() -> None:
    made = floor()
    made.now += 12 * 3600  # midnight in Santiago
    assert those(made.give_leads(2), ReserveCall) == []
    assert {defer.reason for defer in those(made.said, DeferLead)} == {"default.hours"}


def test_an_answered_call_goes_to_the_agent_who_has_been_ready_longest() -> None:
    made = floor(agents=2)
    made.give_leads(2)
    first, second = those(made.said, ReserveCall)
    for wish in (first, second):
        made.reserve(wish)
    assert only(made.tell(CallAnswered(second.call), after_s=3.0), Connect).leg.startswith("cadencia-a1-")
    assert only(made.tell(CallAnswered(first.call), after_s=0.1), Connect).leg.startswith("cadencia-a2-")


def test_an_agent_is_never_given_a_second_call() -> None:
    made = floor(agents=2)
    made.give_leads(2)
    wishes = those(made.said, ReserveCall)
    for wish in wishes:
        made.reserve(wish)
    made.tell(CallAnswered(wishes[0].call))
    connects = those(made.said, Connect)
    made.tell(CallAnswered(wishes[0].call), CallRang(wishes[0].call))  # repeated
    assert those(made.said, Connect) == connects


def test_a_caller_who_waits_gets_the_first_agent_who_comes_free() -> None:
    made = floor(agents=2)
    made.give_leads(2)
    wishes = those(made.said, ReserveCall)
    for wish in wishes:
        made.reserve(wish)
    legs = [only(made.tell(CallAnswered(wish.call)), Connect).leg for wish in wishes]
    made.tell(CallJoined(wishes[0].call, legs[0]), CallJoined(wishes[1].call, legs[1]))
    made.tell(hangup(wishes[0].call), after_s=60.0)
    said = made.tell(CallDispositioned(AgentId(1), wishes[0].call, "RPC"), after_s=5.0)
    assert made.agent(1).state == "ready"
    assert only(said, SaveLead).result == "RPC"


def test_nobody_is_bridged_once_the_message_plays() -> None:
    made = floor()
    call = made.place()
    made.tell(SwitchLost(), CallAnswered(call), after_s=1.0)
    made.tell(AbandonmentPlayed(call), after_s=2.0)
    made.tell(SwitchSeen((), made.now - 100, reconnected=False))
    made.tell(AgentReady(AgentId(1)))
    assert those(made.said, Connect) == []
    assert made.work().abandoned == 1
    made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=5.0)
    assert made.work().abandoned == 1
    assert dict(made.work().outcomes) == {"abandoned": 1}


def test_a_caller_who_hangs_up_at_once_is_no_abandoned_call() -> None:
    made = floor()
    call = made.place()
    made.tell(SwitchLost(), CallAnswered(call), after_s=1.0)
    made.tell(hangup(call), after_s=0.5)
    assert dict(made.work().outcomes) == {"early_hangup": 1}
    assert made.work().abandoned == 0


def test_a_call_that_ends_before_the_switch_took_it_is_still_finished() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    made.reserve(wish)
    made.tell(hangup(wish.call, cause=17, tech_cause=486))
    assert dict(made.work().outcomes) == {"busy": 1}
    made.tell(CallQueued(wish.call), CallRang(wish.call), CallAnswered(wish.call))
    assert dict(made.engine.view(made.now).ignored) == {"CallQueued": 1, "CallRang": 1, "CallAnswered": 1}


def test_a_talk_is_recorded_wrapped_up_and_kept() -> None:
    made = floor()
    call = made.talk()
    assert only(made.said, Connect).recording == f"2026/11/23/{call}"
    made.tell(hangup(call), after_s=60.0)
    assert made.agent(1).state == "wrapping"
    made.tell(CallDispositioned(AgentId(1), call, "PTP", notes="Friday"), after_s=10.0)
    record = those(made.said, SaveCall)[-1].record
    assert record.outcome is Outcome.CONNECTED
    assert (record.disposition, record.agent) == ("PTP", 1)
    assert record.ended_at is not None
    assert record.bridged_at is not None
    assert record.ended_at - record.bridged_at == pytest.approx(60.0)
    assert record.wrapped_at == made.now
    assert made.agent(1).state == "ready"


def test_wrap_up_ends_by_itself() -> None:
    made = floor(wrap_up_max_s=20.0)
    call = made.talk()
    made.tell(hangup(call), after_s=30.0)
    made.tick(19.0)
    assert made.agent(1).state == "wrapping"
    made.tick(1.5)
    assert made.agent(1).state == "ready"


def test_do_not_call_said_by_the_agent_or_by_key_is_kept() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(hangup(call), CallDispositioned(AgentId(1), call, "DNC"), LegUp(leg))
    assert only(made.said, AddDoNotCall).number == "+56900000001"
    call = made.place()
    made.tell(CallAnswered(call), OptedOut(call))
    assert [one.source for one in those(made.said, AddDoNotCall)] == ["agent", "opt_out"]


@pytest.mark.parametrize(
    ("scope", "ending", "client", "of"),
    [(OptOut.CLIENT, "client-1", ClientId(1), None), (OptOut.CAMPAIGN, f"campaign-{CAMPAIGN}", None, CAMPAIGN)],
)
def test_who_opts_out_does_so_of_what_the_campaign_says(
    scope: OptOut, ending: str, client: ClientId | None, of: CampaignId | None
) -> None:
    made = floor(opt_out=scope)
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(hangup(call), CallDispositioned(AgentId(1), call, "DNC"), LegUp(leg))
    call = made.place()
    made.tell(CallAnswered(call), OptedOut(call))
    said = those(made.said, AddDoNotCall)
    assert [one.source for one in said] == [f"agent.{ending}", f"opt_out.{ending}"]
    assert {(one.client, one.campaign) for one in said} == {(client, of)}


def test_a_refused_bridging_gives_the_agent_back() -> None:
    made = floor()
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tell(CommandFailed(wish, "Channel1 does not exist", lost=False))
    assert made.agent(1).state == "ready"
    made.tell(hangup(call))
    assert dict(made.work().outcomes) == {"early_hangup": 1}


def test_a_refused_call_counts_as_no_attempt() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    placed = only(made.reserve(wish), PlaceCall)
    made.tell(CommandFailed(placed, "no such endpoint", lost=False))
    record = those(made.said, SaveCall)[-1].record
    assert record.outcome is Outcome.FAILED
    assert record.placed_at is None


def test_a_call_whose_answer_was_lost_is_never_placed_again() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    placed = only(made.reserve(wish), PlaceCall)
    made.tell(CommandFailed(placed, "link lost", lost=True), SwitchLost())
    made.tick(120.0)
    made.tell(SwitchSeen((), made.now, reconnected=True))
    assert those(made.said, PlaceCall) == [placed]
    assert dict(made.work().outcomes) == {"unknown": 1}
    assert made.work().lines == 0


def test_a_reservation_the_store_refuses_frees_the_line() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    said = made.tell(ReservationRefused(wish.call, "the person is on another call"))
    assert only(said, DeferLead).reason == "person_busy"
    assert made.work().lines == 0


def test_a_late_answer_of_the_store_is_undone() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    made.tick(11.0)
    released = those(made.said, ReleaseCall)
    assert [one.call for one in released] == [wish.call]
    assert only(made.tell(CallReserved(wish.call, DialFacts(lead=lead(1)))), ReleaseCall).call == wish.call
    assert those(made.said, PlaceCall) == []


def test_an_emergency_stop_hangs_up_what_rings_and_lets_talks_go_on() -> None:
    made = floor(agents=2)
    talk = made.talk()
    ringing = made.place()
    said = made.tell(DiallingStopped("supervisor"))
    assert [one.call for one in those(said, HangUp)] == [ringing]
    assert those(made.give_leads(3), ReserveCall) == []
    assert only(made.said, ReturnLeads).leads == (3, 4, 5)
    assert made.agent(1).call == talk
    made.tell(hangup(ringing, cause=16, by=EndedBy.DIALER))
    assert dict(made.work().outcomes) == {"cancelled": 1}


def test_a_reservation_under_way_at_an_emergency_stop_is_released() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    made.tell(DiallingStopped("supervisor"))
    said = made.reserve(wish)
    assert those(said, PlaceCall) == []
    assert only(said, ReleaseCall).call == wish.call


def test_the_line_limit_counts_every_call_in_progress() -> None:
    made = floor(agents=5, lines_max=3)
    made.give_leads(10)
    wishes = those(made.said, ReserveCall)
    assert len(wishes) == 3
    for wish in wishes:
        made.reserve(wish)
        leg = only(made.tell(CallAnswered(wish.call)), Connect).leg
        made.tell(CallJoined(wish.call, leg))
    assert those(made.tick(5.0), ReserveCall) == []
    assert len(those(made.tell(hangup(wishes[0].call)), ReserveCall)) == 1


def test_a_call_the_switch_no_longer_holds_is_ended_with_its_agent_freed() -> None:
    made = floor(wrap_up_max_s=5.0)
    call = made.talk()
    leg = only(made.said, Connect).leg
    rows = (ChannelRow(leg=leg, agent=AgentId(1), place="idle", up=True),)
    made.tell(SwitchSeen(rows, made.now + 10, reconnected=False), after_s=10.0)
    assert made.agent(1).state == "talking"  # one list may have crossed
    made.tell(SwitchSeen(rows, made.now + 15, reconnected=False), after_s=15.0)
    assert made.agent(1).state == "wrapping"
    record = those(made.said, SaveCall)[-1].record
    assert (record.id, record.outcome) == (call, Outcome.CONNECTED)


def test_no_event_of_the_switch_moves_a_call_that_is_over() -> None:
    made = floor()
    call = made.place()
    made.tell(hangup(call, cause=17, tech_cause=486))
    before = made.work()
    made.tell(CallAnswered(call), AbandonmentPlayed(call), CallEnded(call, hangup(call).ending))
    assert made.work().answered == before.answered
    assert made.work().outcomes == before.outcomes


def test_a_list_that_gives_little_is_not_asked_without_end() -> None:
    made = floor(agents=5)
    asked = len(those(made.said, ClaimLeads))
    for _ in range(5):
        made.give_leads(1)
    assert len(those(made.said, ClaimLeads)) == asked
    made.tick(31.0)
    assert len(those(made.said, ClaimLeads)) == asked + 1
