"""People who call back: who takes them, where they wait, and what stays apart from the campaign's own calls."""

from dataclasses import replace

import pytest

from dialer.core.caller_ids import Pool
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, first_call
from dialer.core.inbound import Inbound, Place, Wish, is_same_number
from dialer.core.messages import (
    AddDoNotCall,
    AdoptCaller,
    AgentReady,
    Alarm,
    CallAnswered,
    CallbackAsked,
    CallerArrived,
    CallerFound,
    CallerIdsSet,
    CallerQueued,
    CallJoined,
    CampaignSet,
    CommandFailed,
    Connect,
    FindCaller,
    Guide,
    LegUp,
    OptedOut,
    PlaceCall,
    ReleaseCall,
    ReserveCall,
    Restored,
    SaveCall,
    SaveLead,
    SwitchSeen,
    Ticked,
)
from dialer.core.model import CampaignStatus, ChannelRow
from dialer.core.outcomes import EndedBy, Outcome
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

ON = Inbound(on=True)
CALLER, SHOWN = "+56900000700", "+5622000000"


def open_floor(inbound: Inbound = ON, *, agents: int = 1) -> Floor:
    return floor(agents=agents, inbound=inbound)


def rings(made: Floor, *, agent: int | None = None, channel: str = "host-1.7") -> CallId:
    """Somebody calls, and the store finds out who."""
    said = made.tell(CallerArrived(channel, CALLER, SHOWN))
    call = only(said, AdoptCaller).call
    asked = only(said, FindCaller)
    assert (asked.caller, asked.number, asked.campaign) == (CALLER, SHOWN, CAMPAIGN)
    known = lead(700, number=CALLER)
    made.tell(CallerFound(call, CAMPAIGN, known, None if agent is None else AgentId(agent)))
    return call


def record(made: Floor, call: CallId) -> SaveCall:
    return [one for one in those(made.said, SaveCall) if one.record.id == call][-1]


def test_a_caller_goes_to_the_queue_and_from_there_to_a_ready_agent() -> None:
    made = open_floor()
    call = rings(made)
    guided = those(made.said, Guide)[-1]
    assert (guided.place, guided.lead, guided.wish) == (Place.QUEUE, 700, Wish.NOTED)
    wish = only(made.tell(CallerQueued(call)), Connect)
    made.tell(CallJoined(call, wish.leg))
    assert made.agent(1).lead == 700  # on the agent's screen with the bridging itself
    made.tell(hangup(call), after_s=60.0)
    kept = record(made, call).record
    assert (kept.inbound, kept.outcome, kept.placed_at) == (True, Outcome.CONNECTED, None)


def test_after_a_kill_a_caller_gets_no_number_that_a_call_on_the_switch_bears() -> None:
    made = Floor()
    made.tell(CampaignSet(campaign(inbound=ON)), Restored((), (), CallId(13), 1))
    assert made.tell(CallerArrived("host-1.8", CALLER, SHOWN)) == []  # until the switch has told
    taken = ChannelRow(call=CallId(14), place="closed", up=True)  # of one whom the killed process had just taken up
    anothers = ChannelRow(call=first_call(2), place="park", up=True)
    said = made.tell(SwitchSeen((taken, anothers), made.now, reconnected=True))
    assert only(said, AdoptCaller) == AdoptCaller(CallId(15), "host-1.8")


def test_the_agent_who_spoke_with_them_last_is_waited_for_and_then_not_any_more() -> None:
    made = open_floor(replace(ON, last_agent_wait_s=15.0), agents=2)
    talk = made.talk(agent=1)
    call = rings(made, agent=1)
    assert those(made.tell(CallerQueued(call)), Connect) == []
    assert those(made.tick(10.0), Connect) == []
    assert only(made.tick(6.0), Connect).leg.startswith("cadencia-a2-")
    assert made.agent(1).call == talk


def test_the_last_agent_takes_the_call_where_both_are_ready() -> None:
    made = open_floor(agents=2)
    call = rings(made, agent=2)
    assert only(made.tell(CallerQueued(call)), Connect).leg.startswith("cadencia-a2-")


def test_an_agent_promised_to_those_being_called_is_not_given_away_for_a_while() -> None:
    made = open_floor()
    outbound = made.place()  # progressive: the one agent waits for whoever answers
    call = rings(made)
    assert those(made.tell(CallerQueued(call)), Connect) == []
    assert only(made.tell(CallAnswered(outbound), after_s=3.0), Connect).call == outbound


def test_nothing_more_is_placed_for_agents_whom_callers_wait_for() -> None:
    made = open_floor(agents=1)
    talk = made.talk()
    call = rings(made)
    made.tell(CallerQueued(call))
    leg = only(those(made.said, Connect), Connect).leg
    made.tell(hangup(talk), LegUp(leg), after_s=30.0)
    made.tell(AgentReady(AgentId(1)))
    assert made.agent(1).call == call
    assert those(made.give_leads(5), ReserveCall) == []


def test_callers_who_hear_the_closing_word_hold_back_no_calls() -> None:
    made = open_floor(Inbound(on=False, numbers=(SHOWN,)))
    for number in range(40):
        rings(made, channel=f"host-1.{number}")
    assert len(those(made.give_leads(3), ReserveCall)) == 1


def test_outside_the_hours_and_without_a_campaign_they_hear_the_closing_word() -> None:
    made = open_floor()
    made.now += 12 * 3600.0  # midnight in Santiago
    rings(made)
    assert those(made.said, Guide)[-1].place is Place.CLOSED
    said = made.tell(CallerArrived("host-1.9", CALLER, "+99999999999"))
    made.tell(CallerFound(only(said, AdoptCaller).call, None, None))
    guided = those(made.said, Guide)[-1]
    assert (guided.place, guided.wish) == (Place.CLOSED, Wish.NONE)  # nothing would come of it


def test_a_place_in_the_queue_is_said_from_time_to_time_and_the_wait_has_a_limit() -> None:
    made = open_floor(replace(ON, queue_max_s=60, position_every_s=20.0))
    made.talk()
    first, second = rings(made), rings(made, channel="host-1.8")
    made.tell(CallerQueued(first), CallerQueued(second))
    said = those(made.tick(21.0), Guide)
    assert [(one.call, one.place, one.position) for one in said] == [
        (first, Place.POSITION, 1),
        (second, Place.POSITION, 2),
    ]
    made.tell(CallerQueued(first), CallerQueued(second))
    made.tick(30.0)  # their places once more
    made.tell(CallerQueued(first), CallerQueued(second))
    assert {one.place for one in those(made.tick(10.0), Guide)} == {Place.OFFER}


@pytest.mark.parametrize(("clock", "hour"), [("1530", 15.5), ("0930", 33.5)])
def test_a_call_at_a_time_is_due_then_by_the_clock_of_the_person(clock: str, hour: float) -> None:
    made = open_floor()
    call = rings(made)  # it is 13:00 in Santiago
    made.tell(CallbackAsked(call, clock))
    said = made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=2.0)
    due = only(said, SaveLead)
    assert due.due_at is not None
    assert due.due_at - (made.now - 2.0) == (hour - 13.0) * 3600.0
    assert record(made, call).record.outcome is Outcome.CALLER_SERVED


def test_an_opt_out_by_key_forbids_the_number_they_called_from() -> None:
    made = open_floor()
    call = rings(made)
    forbidden = only(made.tell(OptedOut(call)), AddDoNotCall)
    assert (forbidden.number, forbidden.source) == (CALLER, "opt_out")


def test_a_caller_who_leaves_changes_nothing_of_the_lead_and_counts_in_no_ledger() -> None:
    made = open_floor()
    made.talk()
    call = rings(made)
    made.tell(CallerQueued(call))
    said = made.tell(hangup(call), after_s=20.0)
    assert only(said, ReleaseCall).call == call
    assert record(made, call).record.outcome is Outcome.CALLER_LEFT
    assert made.work().abandoned == 0
    assert made.work().answered == 1  # the outbound talk alone


def test_a_caller_gone_before_the_store_told_who_it_is_frees_what_it_held() -> None:
    made = open_floor()
    call = only(made.tell(CallerArrived("host-1.7", CALLER, SHOWN)), AdoptCaller).call
    made.tell(hangup(call))
    assert only(made.tell(CallerFound(call, CAMPAIGN, lead(700))), ReleaseCall).call == call


def test_a_refused_bridging_leaves_the_caller_where_they_stand() -> None:
    made = open_floor(agents=2)
    call = rings(made)
    wish = only(made.tell(CallerQueued(call)), Connect)
    said = made.tell(CommandFailed(wish, "no such channel", lost=False), Ticked(), after_s=0.1)
    assert only(said, Connect).leg != wish.leg


def test_after_a_lost_link_a_caller_in_the_queue_is_served() -> None:
    made = open_floor()
    call = rings(made)
    made.now += 2.0
    seen = SwitchSeen((ChannelRow(call=call, place="queue", up=True),), made.now, reconnected=False)
    assert only(made.tell(seen), Connect).call == call


def test_a_call_from_a_number_leads_to_the_campaign_that_showed_it_however_it_is_written() -> None:
    assert is_same_number("+56 2 2000 0000", "0056220000000")
    assert is_same_number("220000000", "+56220000000")
    assert not is_same_number("+56220000001", "+56220000000")
    assert not is_same_number("", "+56220000000")


def asked(made: Floor, called: str) -> FindCaller:
    """What the store is asked when somebody calls this number."""
    return only(made.tell(CallerArrived(f"host-{made.now}.1", CALLER, called), after_s=1.0), FindCaller)


def test_a_number_of_several_campaigns_leads_to_one_that_takes_such_calls() -> None:
    made = open_floor(Inbound(numbers=(SHOWN,)))  # last month's campaign
    assert asked(made, SHOWN).campaign == CAMPAIGN
    spring = replace(campaign(inbound=ON), id=CampaignId(2), name="autumn")
    made.tell(CampaignSet(replace(spring, status=CampaignStatus.PAUSED)))
    assert (asked(made, SHOWN).campaign, asked(made, SHOWN).taking) == (2, (2,))
    made.tell(CampaignSet(replace(spring, id=CampaignId(3), name="winter")))
    assert asked(made, SHOWN).campaign == 3  # it dials


def test_a_number_of_a_pool_leads_to_a_campaign_that_it_serves_and_is_told_as_we_write_it() -> None:
    made = open_floor()
    pool = Pool(name="chile", numbers=("+56912000001",), clients=(ClientId(1),))
    made.tell(CallerIdsSet((pool,)))
    assert (asked(made, "912000001").campaign, asked(made, "912000001").number) == (CAMPAIGN, "+56912000001")
    made.tell(CallerIdsSet((replace(pool, clients=(ClientId(2),)),)))
    assert asked(made, "912000001").campaign is None


def test_a_caller_who_withholds_the_number_is_offered_no_call_and_gets_none() -> None:
    made = open_floor()
    call = only(made.tell(CallerArrived("host-1.7", "anonymous", SHOWN)), AdoptCaller).call
    guided = only(made.tell(CallerFound(call, CAMPAIGN, lead(700, number="anonymous"))), Guide)
    assert (guided.place, guided.offer, guided.wish) == (Place.QUEUE, False, Wish.NONE)
    assert only(made.tell(CallbackAsked(call, "")), Alarm).code == "callback_unclear"
    assert those(made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=2.0), SaveLead) == []


def test_a_caller_on_a_do_not_call_list_is_served_and_whoever_supervises_hears_that_they_ask_for_a_call() -> None:
    made = open_floor()
    call = only(made.tell(CallerArrived("host-1.7", CALLER, SHOWN)), AdoptCaller).call
    known = CallerFound(call, CAMPAIGN, lead(700, number=CALLER), None, ("opt_out", "register"))
    guided = only(made.tell(known), Guide)
    assert (guided.place, guided.offer, guided.wish) == (Place.QUEUE, False, Wish.PASSED_ON)
    told = only(made.tell(CallbackAsked(call, "0900")), Alarm)
    assert (told.code, told.text) == ("callback_forbidden", f"call {call}: the number stands on opt_out, register")
    assert those(made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=2.0), SaveLead) == []


def test_a_number_that_was_made_up_to_be_called_is_not_called_on_its_word() -> None:
    made = open_floor()
    call = only(made.tell(CallerArrived("host-1.7", "+37190000000", SHOWN)), AdoptCaller).call
    guided = only(made.tell(CallerFound(call, CAMPAIGN, lead(700, number="+37190000000"), strange=True)), Guide)
    assert (guided.offer, guided.wish) == (False, Wish.NONE)
    told = only(made.tell(CallbackAsked(call, "")), Alarm)
    assert (told.code, told.text) == ("callback_unclear", f"call {call}: +37190000000 was never called and may be dear")
    assert those(made.tell(hangup(call, by=EndedBy.DIALPLAN), after_s=2.0), SaveLead) == []


@pytest.mark.parametrize("forged", ["5622000000", "+56912000001", "56220001000"])
def test_a_caller_who_shows_a_number_of_our_own_is_nobody_and_never_dialled(forged: str) -> None:
    made = open_floor(replace(ON, numbers=("+56220001000",)))
    made.tell(CallerIdsSet((Pool(name="chile", numbers=("+56912000001",)),)))
    said = made.tell(CallerArrived("host-1.7", forged, SHOWN))
    assert (only(said, FindCaller).caller, only(said, FindCaller).campaign) == ("", CAMPAIGN)
    known = only(made.tell(CallerArrived("host-1.8", CALLER, SHOWN)), FindCaller)
    assert known.caller == CALLER


def test_settings_that_cannot_work_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"numbers holds '220000000': must be E.164"):
        Inbound(numbers=("220000000",))
    with pytest.raises(ValueError, match="position_every_s is 5: must be 15 or more"):
        Inbound(position_every_s=5.0)
    with pytest.raises(ValueError, match="language is 'fr': must be one of es, pt, en, or empty"):
        Inbound(language="fr")


def test_a_place_call_of_a_campaign_never_looks_like_a_callers() -> None:
    made = open_floor()
    wish = only(made.give_leads(1), ReserveCall)
    placed = only(made.reserve(wish), PlaceCall)
    assert record(made, placed.call).record.inbound is False
