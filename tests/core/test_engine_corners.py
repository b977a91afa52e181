"""Corners: what leaks from one call into the next, what a restart must not cut, what counts as a line."""

from dataclasses import replace

import pytest

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.messages import (
    AddDoNotCall,
    AgentDialledIn,
    AgentSet,
    AgentSignedOut,
    Alarm,
    CallAgent,
    CallAnswered,
    CallDispositioned,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallThird,
    CampaignSet,
    CampaignStatusSet,
    ClockDoubted,
    CommandFailed,
    ConferenceRequested,
    Connect,
    ConsultCompleted,
    ConsultRequested,
    DiallingStopped,
    DropLeg,
    HangUp,
    HoldRequested,
    JoinThree,
    LegEnded,
    LegUp,
    NumberDialled,
    PlaceCall,
    PreviewAccepted,
    Refused,
    ReserveCall,
    Restored,
    ResumeRequested,
    ReturnLeads,
    SaveCall,
    SaveLead,
    SaveSpell,
    SwitchLost,
    SwitchSeen,
    ThirdAnswered,
    Transfer,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import Agent, CampaignStatus, ChannelRow, LedgerStep, Mode, Trunk
from dialer.core.outcomes import EndedBy, Outcome
from tests.core.floor import CAMPAIGN, NOON, Floor, campaign, floor, hangup, lead, only, those

ONE, TWO = AgentId(1), AgentId(2)
NUMBER = "+56922222222"
LEG, THIRD = LegId("cadencia-a1-77"), LegId("cadencia-t1795000000")


def manual(number: str = NUMBER, **facts: object) -> tuple[Floor, CallId]:
    """A call of the agent's own, on its way."""
    made = floor(mode=Mode.MANUAL)
    return made, dialled(made, number, **facts)


def dialled(made: Floor, number: str, **facts: object) -> CallId:
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number=number)), ReserveCall)
    return only(made.reserve(wish, **facts), PlaceCall).call


def consulting() -> tuple[Floor, CallId, LegId]:
    made = floor()
    call = made.talk()
    third = only(made.tell(ConsultRequested(ONE, NUMBER)), CallThird).leg
    made.tell(CallHeld(call), ThirdAnswered(third))
    return made, call, third


# ---------------------------------------------------------------- from one call into the next


def test_a_disposition_belongs_to_its_own_call_alone() -> None:
    made, call = manual()
    assert only(made.tell(CallDispositioned(ONE, call, "DNC")), Refused).code == "not_in_state"
    made.tell(hangup(call, cause=19, by=EndedBy.TIMEOUT))
    following = dialled(made, "+56933333333")
    made.tell(CallJoined(following, only(made.tell(CallAnswered(following)), Connect).leg))
    made.tell(hangup(following))
    assert those(made.said, AddDoNotCall) == []
    assert made.agent(1).state == "wrapping"


def test_a_talk_after_a_refused_bridging_is_recorded_under_a_name_of_its_own() -> None:
    made = floor(agents=2)
    call = made.place()
    first = only(made.tell(CallAnswered(call)), Connect)
    second = only(made.tell(CommandFailed(first, "the agent's channel is gone", lost=False)), Connect)
    assert second.leg != first.leg
    assert second.recording
    assert second.recording != first.recording


def test_the_mode_kept_of_a_call_is_its_own() -> None:
    made = floor(mode=Mode.PREDICTIVE)
    call = dialled(made, NUMBER)
    assert those(made.said, SaveCall)[-1].record.mode is Mode.MANUAL
    made.tell(hangup(call))
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(1)
    made.reserve(only(made.tell(PreviewAccepted(ONE)), ReserveCall))
    assert those(made.said, SaveCall)[-1].record.mode is Mode.PREVIEW


def test_an_agents_own_wish_puts_nobody_on_the_list() -> None:
    made = floor(mode=Mode.MANUAL)
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number=NUMBER)), ReserveCall)
    made.tell(hangup(only(made.reserve(replace(wish, lead=lead(9, listed=False))), PlaceCall).call, 17, tech_cause=486))
    assert only(made.said, SaveLead).due_at is None


# ---------------------------------------------------------------- over a restart


def restarted(made: Floor, state: str, *calls: CallId) -> Floor:
    """A fresh engine on what this one kept of its calls."""
    kept = {one.record.id: one.record for one in those(made.said, SaveCall)}
    fresh = Floor(Engine(), now=made.now)
    fresh.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier")), CampaignSet(campaign()))
    fresh.tell(AgentSet(Agent(id=ONE, name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    fresh.tell(Restored(tuple(kept[call] for call in calls), (), CallId(500), 50, (), ((ONE, state, ""),)))
    return fresh


def seen(made: Floor, *rows: ChannelRow) -> None:
    legs = (ChannelRow(leg=LEG, agent=ONE, place="idle", up=True),)
    made.tell(SwitchSeen((*rows, *legs), made.now + 0.1, reconnected=True), after_s=0.1)


@pytest.mark.parametrize("beside", [None, THIRD])
def test_a_person_handed_on_before_a_restart_is_left_in_peace(beside: LegId | None) -> None:
    made = floor()
    call = made.talk()
    made.tell(TransferRequested(ONE, NUMBER), CallDispositioned(ONE, call, "RPC"))
    fresh = restarted(made, "ready", call)
    seen(fresh, ChannelRow(call=call, place="out" if beside is None else "park", up=True, talking_with=beside, talks=2))
    fresh.tick(300.0)
    assert those(fresh.said, HangUp) == []
    assert fresh.agent(1).state == "ready"
    fresh.tell(hangup(call))
    record = those(fresh.said, SaveCall)[-1].record
    assert (record.outcome, record.disposition) == (Outcome.CONNECTED, "RPC")


def test_the_present_talk_is_adopted_beside_a_former_one_that_was_handed_on() -> None:
    made = floor()
    former = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(TransferRequested(ONE, NUMBER), CallDispositioned(ONE, former, "RPC"), LegUp(leg))
    present = made.talk()
    fresh = restarted(made, "talking", former, present)
    seen(
        fresh,
        ChannelRow(call=former, place="out", up=True, talks=1),
        ChannelRow(call=present, place="park", up=True, talking_with=LEG, talks=1),
    )
    assert (fresh.agent(1).state, fresh.agent(1).call) == ("talking", present)
    fresh.tick(100.0)
    assert those(fresh.said, HangUp) == []


def test_a_call_that_was_being_written_up_still_is() -> None:
    made = floor()
    call = made.talk()
    made.tell(hangup(call))
    record = those(made.said, SaveCall)[-1].record
    fresh = restarted(made, "wrapping")
    fresh = Floor(Engine(), now=made.now)
    fresh.tell(CampaignSet(campaign()))
    fresh.tell(AgentSet(Agent(id=ONE, name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    fresh.tell(Restored((), (), CallId(500), 50, (), ((ONE, "wrapping", ""),), (), (record,)))
    seen(fresh)
    assert (fresh.agent(1).state, fresh.agent(1).call) == ("wrapping", call)
    fresh.tell(CallDispositioned(ONE, call, "PTP"))
    assert those(fresh.said, SaveCall)[-1].record.disposition == "PTP"


def test_the_ledger_goes_on_over_a_restart() -> None:
    made = Floor(Engine())
    made.tell(CampaignSet(campaign()))
    made.tell(
        Restored((), (), CallId(1), 1, ledger=(LedgerStep(campaign=CAMPAIGN, since=NOON, answered=50, abandoned=7),))
    )
    work = made.engine._state.campaigns[CAMPAIGN]
    assert (work.pacer.ledger.answered, work.pacer.ledger.abandoned) == (50, 7)


# ---------------------------------------------------------------- stopping


def test_an_emergency_stop_reaches_what_rang_while_the_link_was_down() -> None:
    made = floor()
    call = made.place()
    made.tell(SwitchLost())
    [wish] = those(made.tell(DiallingStopped("supervisor")), HangUp)
    made.tell(CommandFailed(wish, "no link", lost=True))
    rows = (ChannelRow(call=call),)
    assert only(made.tell(SwitchSeen(rows, made.now + 3, reconnected=True), after_s=3.0), HangUp).call == call


@pytest.mark.parametrize("request_", [ConsultRequested(ONE, NUMBER), TransferRequested(ONE, NUMBER)])
def test_nothing_is_dialled_for_an_agent_either_while_all_is_stopped(request_: ConsultRequested) -> None:
    made = floor()
    made.talk()
    made.tell(DiallingStopped("supervisor"))
    said = made.tell(request_)
    assert only(said, Refused).code == "not_now"
    assert not any(isinstance(one, CallThird | Transfer) for one in said)


def test_a_pause_takes_the_previews_off_the_screens_and_gives_them_back() -> None:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(1)
    assert made.agent(1).state == "previewing"
    said = made.tell(CampaignStatusSet(CAMPAIGN, CampaignStatus.PAUSED))
    assert only(said, ReturnLeads).leads == (1,)
    assert made.agent(1).state == "ready"


def test_a_campaign_turned_to_manual_gives_its_leads_back() -> None:
    made = floor(agents=0)
    made.give_leads(3)
    assert only(made.tell(CampaignSet(campaign(mode=Mode.MANUAL))), ReturnLeads).leads == (1, 2, 3)


def test_a_clock_that_was_set_back_stops_dialling_until_it_has_caught_up() -> None:
    made = floor()
    assert only(made.tell(ClockDoubted(3600.0), ClockDoubted(3599.5)), Alarm).code == "clock_set_back"
    assert those(made.give_leads(2), ReserveCall) == []
    assert len(those(made.tell(ClockDoubted(0.0)), ReserveCall)) == 1


# ---------------------------------------------------------------- lines, thirds, holds


def test_a_line_outwards_counts_until_it_is_over() -> None:
    made = floor(lines_max=2)
    call = made.talk()
    third = only(made.tell(ConsultRequested(ONE, NUMBER)), CallThird).leg
    assert made.work().lines == 2
    made.tell(LegEnded(third, 17))
    assert made.work().lines == 1
    made.tell(TransferRequested(ONE, NUMBER))
    assert made.work().lines == 2
    made.tell(hangup(call))
    assert made.work().lines == 0


def test_no_consultation_without_a_line() -> None:
    made = floor(lines_max=1)
    made.talk()
    assert only(made.tell(ConsultRequested(ONE, NUMBER)), Refused).code == "not_now"


def test_a_third_party_has_its_own_time_to_answer() -> None:
    made = floor()
    call = made.talk()
    made.tell(HoldRequested(ONE), CallHeld(call))
    made.tick(60.0)
    made.tell(ConsultRequested(ONE, NUMBER))
    assert those(made.tick(10.0), DropLeg) == []
    assert len(those(made.tick(40.0), DropLeg)) == 1


def test_three_who_did_not_come_together_are_as_before() -> None:
    made, call, _ = consulting()
    wish = only(made.tell(ConferenceRequested(ONE)), JoinThree)
    made.tell(CommandFailed(wish, "no such channel", lost=False))
    assert made.agent(1).state == "holding"
    assert only(made.tell(ConferenceRequested(ONE)), JoinThree).call == call


def test_a_hold_that_never_came_about_is_seen_in_the_list() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tick(5.0)
    made.tell(HoldRequested(ONE))
    rows = (
        ChannelRow(call=call, place="park", up=True, talking_with=leg, talks=1),
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 10, reconnected=False), after_s=10.0)
    assert made.agent(1).state == "talking"


def test_a_refused_resume_leaves_the_person_on_hold() -> None:
    made = floor()
    call = made.talk()
    made.tell(HoldRequested(ONE), CallHeld(call))
    wish = only(made.tell(ResumeRequested(ONE)), Connect)
    made.tell(CommandFailed(wish, "no such channel", lost=False))
    assert made.agent(1).state == "holding"
    assert only(made.tell(ResumeRequested(ONE)), Connect).call == call


def test_an_agent_who_dials_in_anew_in_a_talk_gets_the_person_back() -> None:
    made = floor()
    call = made.talk()
    made.tell(AgentDialledIn(ONE, LegId("1795.9")), CallLeftAlone(call))
    assert made.agent(1).state == "leg_lost"
    assert only(made.tell(LegUp(LegId("1795.9"))), Connect).call == call


def test_a_phone_that_is_gone_is_not_called_all_night() -> None:
    made = floor()
    made.tell(LegEnded(only(made.said, CallAgent).leg, 16))
    while made.agent(1).state != "signed_out":
        for wish in those(made.tick(10.0), CallAgent):
            made.tell(LegEnded(wish.leg, 19))
        assert made.now - NOON < 3600.0
    assert only(made.said, Alarm).code == "phone_gone"


# ---------------------------------------------------------------- who is served first, and who is not starved


def test_of_two_campaigns_callers_the_one_who_waits_longest_is_served_first() -> None:
    made = floor(agents=2, wait_max_s=10.0)
    made.tell(CampaignSet(campaign(id=CampaignId(2), name="autumn", wait_max_s=10.0)))
    for agent in (ONE, TWO):
        made.tell(AgentSet(Agent(id=agent, name="both", campaigns=(CAMPAIGN, CampaignId(2)), endpoint="PJSIP/1")))
    made.give_leads(1)
    first = only(made.reserve(those(made.said, ReserveCall)[-1]), PlaceCall).call
    calls = made.engine._state.campaigns[CampaignId(2)]
    calls.leads.append(lead(70, campaign=CampaignId(2)))
    second = only(made.reserve(only(made.tick(), ReserveCall)), PlaceCall).call
    made.tell(SwitchLost())
    made.tell(CallAnswered(second))
    made.tell(CallAnswered(first), after_s=1.0)
    legs = tuple(
        ChannelRow(leg=wish.leg, agent=wish.agent, place="idle", up=True) for wish in those(made.said, CallAgent)
    )
    rows = tuple(ChannelRow(call=call, place="park", up=True) for call in (first, second))
    said = made.tell(SwitchSeen((*rows, *legs), made.now, reconnected=True))
    assert [wish.call for wish in those(said, Connect)] == [second, first]


def test_a_joined_that_means_nothing_changes_nothing() -> None:
    made = floor(agents=2)
    call = made.place()
    before = made.agent(2)
    leg = those(made.said, CallAgent)[1].leg
    made.tell(CallJoined(call, leg))
    assert made.agent(2) == before
    assert only(made.tell(CallAnswered(call)), Connect).call == call


def test_a_wait_that_the_switch_cannot_count_is_refused() -> None:
    for wait in (0.0, 0.5, 2.9):
        with pytest.raises(ValueError, match="whole seconds"):
            campaign(wait_max_s=wait)


# ---------------------------------------------------------------- the second look


@pytest.mark.parametrize(("state", "reason"), [("break", "lunch"), ("connecting", "lunch"), ("leg_lost", "lunch")])
def test_a_break_outlasts_restarts_and_lost_legs(state: str, reason: str) -> None:
    fresh = Floor(Engine())
    fresh.tell(CampaignSet(campaign()))
    fresh.tell(AgentSet(Agent(id=ONE, name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    fresh.tell(Restored((), (), CallId(1), 1, signed_in=((ONE, state, reason),)))
    assert only(fresh.said, SaveSpell).spell.reason == "lunch"
    seen(fresh)
    assert (fresh.agent(1).state, fresh.agent(1).reason) == ("break", "lunch")


def test_the_last_agent_gone_the_leads_go_back() -> None:
    made = floor(lines_max=0)
    made.give_leads(5)
    made.tell(AgentSignedOut(ONE))
    assert those(made.tick(50.0), ReturnLeads) == []
    assert len(only(made.tick(15.0), ReturnLeads).leads) == 5


def test_a_refused_return_to_a_person_left_alone_is_tried_again_when_the_leg_waits() -> None:
    made = floor()
    call = made.talk()
    made.tell(LegEnded(only(made.said, Connect).leg, 44), CallLeftAlone(call))
    again = only(made.tick(2.5), CallAgent)
    wish = only(made.tell(LegUp(again.leg)), Connect)
    made.tell(CommandFailed(wish, "not in its place", lost=False))
    assert only(made.tell(LegUp(again.leg)), Connect).call == call


def test_a_call_that_nobody_writes_up_any_more_holds_nothing_up() -> None:
    made = floor()
    call = made.talk()
    made.tell(hangup(call))
    record = those(made.said, SaveCall)[-1].record
    fresh = Floor(Engine(), now=made.now)
    fresh.tell(CampaignSet(campaign()))
    fresh.tell(Restored((), (), CallId(500), 50, unwrapped=(record,)))
    assert only(fresh.said, SaveCall).record.wrapped_at == fresh.now
    assert fresh.engine.at_rest


def test_an_attended_transfer_whose_third_left_at_that_moment_comes_back_to_the_agent() -> None:
    made, _, third = consulting()
    wish = only(made.tell(ConsultCompleted(ONE)), Connect)
    assert wish.leg == third
    made.tell(CommandFailed(wish, "no such channel", lost=False))
    assert made.agent(1).state == "holding"
    assert made.work().lines == 1


def test_a_refused_resume_without_a_leg_waits_for_the_leg() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(HoldRequested(ONE), CallHeld(call))
    wish = only(made.tell(ResumeRequested(ONE)), Connect)
    made.tell(LegEnded(leg, 44), CommandFailed(wish, "the agent's channel is gone", lost=False))
    assert made.agent(1).state == "leg_lost"
    made.tell(LegUp(only(made.tick(2.5), CallAgent).leg))
    assert made.agent(1).state == "holding"
    assert only(made.tell(ResumeRequested(ONE)), Connect).call == call


def test_what_the_agent_said_of_a_talk_is_kept_though_the_word_of_the_bridging_was_lost() -> None:
    made = floor()
    call = made.place()
    made.tell(CallAnswered(call))
    made.tell(CallDispositioned(ONE, call, "PTP"), hangup(call), after_s=2.0)
    record = those(made.said, SaveCall)[-1].record
    assert (record.outcome, record.disposition) == (Outcome.CONNECTED, "PTP")


def test_an_agent_whose_person_hung_up_into_the_bridging_is_free_at_once() -> None:
    made = floor()
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tell(hangup(call), CommandFailed(wish, "the call is gone", lost=False))
    following = made.place()
    assert only(made.tell(CallAnswered(following)), Connect).call == following
