"""Words that cross, commands that fail, campaigns that share agents: each once a way to lose somebody."""

from dataclasses import replace

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.messages import (
    AbandonmentPlayed,
    AddDoNotCall,
    AgentReady,
    AgentSet,
    CallAgent,
    CallAnswered,
    CallDispositioned,
    CallJoined,
    CampaignSet,
    CommandFailed,
    Connect,
    DeferLead,
    HangUp,
    LeadsClaimed,
    LegEnded,
    LegUp,
    NumberDialled,
    OptedOut,
    PlaceCall,
    PreviewAccepted,
    ReserveCall,
    Restored,
    SaveCall,
    SaveDisposition,
    SwitchLost,
    SwitchSeen,
    Ticked,
    Transfer,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import Agent, ChannelRow, Mode, Trunk
from dialer.core.outcomes import EndedBy, Outcome
from pacing import Policy, Settings
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

ONE = AgentId(1)
OTHER = CampaignId(2)


def test_a_bridging_that_crossed_with_the_message_is_a_talk_and_its_agent_gets_no_other_call() -> None:
    made = floor()
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tell(AbandonmentPlayed(call), CallJoined(call, wish.leg))
    assert (made.agent(1).state, made.agent(1).call) == ("talking", call)


def test_who_answers_long_after_a_hang_up_was_asked_for_in_vain_is_served() -> None:
    made = floor()
    call = made.place()
    assert only(made.tell(Ticked(), after_s=600.0), HangUp).call == call  # out of sight for too long; the word is lost
    assert those(made.tell(CallAnswered(call), after_s=0.5), Connect) == []  # perhaps the word is only late
    assert only(made.tell(Ticked(), after_s=0.6), Connect).call == call


def two_in_flight() -> tuple[Floor, CallId, CallId, LegId]:
    """One agent, two calls: the first in a talk, the second on its way."""
    made = floor(mode=Mode.PREDICTIVE, pacing=Settings(policy=Policy.RATIO, ratio=2.0))
    made.give_leads(2)
    first, second = (only(made.reserve(wish), PlaceCall).call for wish in those(made.said, ReserveCall))
    leg = only(made.tell(CallAnswered(first)), Connect).leg
    made.tell(CallJoined(first, leg))
    return made, first, second, leg


def test_an_agent_is_offered_again_only_when_the_leg_is_known_to_wait() -> None:
    made, first, second, leg = two_in_flight()
    made.tell(TransferRequested(ONE, "+56922222222"), CallDispositioned(ONE, first, "RPC"))
    assert those(made.tell(CallAnswered(second)), Connect) == []
    assert only(made.tell(LegUp(leg)), Connect).call == second


def test_a_leg_whose_call_is_over_for_a_second_is_taken_to_wait_although_no_word_of_it_came() -> None:
    made, first, second, leg = two_in_flight()
    made.tick(5.0)
    made.tell(hangup(first), CallDispositioned(ONE, first, "RPC"))
    assert those(made.tell(CallAnswered(second)), Connect) == []
    assert those(made.tick(0.5), Connect) == []
    assert only(made.tick(1.0), Connect).leg == leg


def test_a_message_told_late_ends_no_talk_and_a_list_does() -> None:
    made, first, second, leg = two_in_flight()
    made.tell(AbandonmentPlayed(first), CallAnswered(second))  # it began before the bridging
    assert made.agent(1).call == first
    rows = (
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
        ChannelRow(call=first, place="abandon", up=True),
        ChannelRow(call=second, place="park", up=True),
    )
    said = [*made.tick(1.0), *made.tell(SwitchSeen(rows, made.now, reconnected=False), after_s=0.5)]
    assert only(said, Connect).call == second


def test_a_talk_that_goes_on_behind_a_transfer_that_was_lost_is_written_up_anew() -> None:
    made = floor()
    call = made.talk()
    leg = made.leg(1)
    wish = only(made.tell(TransferRequested(ONE, "+56922222222")), Transfer)
    made.tell(CallDispositioned(ONE, call, "WRONG"), CommandFailed(wish, "no link", lost=True), SwitchLost())
    made.tick(5.0)
    rows = (
        ChannelRow(call=call, place="park", up=True, talking_with=leg, talks=1),
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now, reconnected=True))
    assert (made.agent(1).state, made.agent(1).call) == ("talking", call)
    made.tell(hangup(call), CallDispositioned(ONE, call, "RPC"))
    assert [(one.call, one.code) for one in those(made.said, SaveDisposition)] == [(call, "WRONG"), (call, "RPC")]
    assert made.agent(1).state == "ready"


def sent_as_the_link_broke(*, lost_after_s: float) -> tuple[Floor, CallId, ChannelRow]:
    """A call was sent, and the first list by the new link lacks it; the row that it has is the agent's leg."""
    made = floor()
    made.give_leads(1)
    call = only(made.reserve(only(made.said, ReserveCall)), PlaceCall).call
    leg = ChannelRow(leg=made.leg(1), agent=ONE, place="idle", up=True)
    made.tell(SwitchLost(), after_s=lost_after_s)
    made.tell(SwitchSeen((leg,), made.now, reconnected=True))
    return made, call, leg


def test_a_call_sent_by_a_link_that_broke_is_not_given_up_while_it_may_still_come() -> None:
    made, call, _ = sent_as_the_link_broke(lost_after_s=1.5)
    assert only(made.tell(CallAnswered(call), after_s=0.5), Connect).call == call


def test_a_call_that_never_came_is_over_after_the_next_lists() -> None:
    made, call, leg = sent_as_the_link_broke(lost_after_s=4.0)
    for _ in range(2):
        made.tell(Ticked(), after_s=5.0)
        made.tell(SwitchSeen((leg,), made.now, reconnected=False))
    ended = those(made.said, SaveCall)[-1].record
    assert (ended.id, ended.outcome) == (call, Outcome.UNKNOWN)


def crossed(*, message_after_s: float = 0.0) -> tuple[Floor, CallId, Connect]:
    """One agent, two calls: the first hears its message, and nothing was heard of its bridging; the second waits."""
    made = floor(mode=Mode.PREDICTIVE, wait_max_s=20.0, pacing=Settings(policy=Policy.RATIO, ratio=2.0))
    made.give_leads(2)
    first, second = (only(made.reserve(wish), PlaceCall).call for wish in those(made.said, ReserveCall))
    sent = only(made.tell(CallAnswered(first)), Connect)
    made.tell(AbandonmentPlayed(first), CallAnswered(second), after_s=message_after_s)
    return made, second, sent


def test_a_leg_whose_bridging_may_still_come_is_nobody_elses() -> None:
    made, second, _ = crossed()
    assert those(made.tick(4.5), Connect) == []
    assert only(made.tick(0.5), Connect).call == second


def test_a_leg_waits_for_its_bridging_since_that_was_sent_and_not_since_the_message() -> None:
    made, second, _ = crossed(message_after_s=3.0)
    assert those(made.tick(1.5), Connect) == []
    assert only(made.tick(0.5), Connect).call == second


def test_a_leg_whose_bridging_was_refused_is_free_at_once() -> None:
    made, second, sent = crossed()
    assert only(made.tell(CommandFailed(sent, "hears the message", lost=False)), Connect).call == second


def test_a_leg_whose_bridging_was_refused_before_the_message_is_free_behind_it() -> None:
    made = floor(mode=Mode.PREDICTIVE, wait_max_s=20.0, pacing=Settings(policy=Policy.RATIO, ratio=1.0))
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number="+56922222222")), ReserveCall)
    own = only(made.reserve(wish), PlaceCall).call
    sent = only(made.tell(CallAnswered(own)), Connect)
    made.tell(CommandFailed(sent, "no such channel", lost=False))
    made.tell(AbandonmentPlayed(own), after_s=2.0)
    waits = only(made.reserve(only(made.give_leads(1), ReserveCall)), PlaceCall).call
    assert only(made.tell(CallAnswered(waits)), Connect).call == waits


def test_a_leg_whose_transfer_is_not_through_is_left_alone() -> None:
    made, first, second, _ = two_in_flight()
    made.tell(TransferRequested(ONE, "+56922222222"), CallDispositioned(ONE, first, "RPC"))
    assert those(made.tell(CallAnswered(second)), Connect) == []
    assert those(made.tick(1.5), Connect) == []


def test_the_switchs_list_tells_that_a_leg_waits_where_its_own_word_was_lost() -> None:
    made, first, second, leg = two_in_flight()
    made.tick(5.0)
    made.tell(hangup(first), CallDispositioned(ONE, first, "RPC"))
    made.tell(CallAnswered(second))
    rows = (
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
        ChannelRow(call=second, place="park", up=True),
    )
    assert only(made.tell(SwitchSeen(rows, made.now, reconnected=False), after_s=1.0), Connect).call == second


def test_a_refused_transfer_leaves_the_two_in_their_talk() -> None:
    made = floor()
    call = made.talk()
    wish = only(made.tell(TransferRequested(ONE, "+56922222222")), Transfer)
    said = made.tell(CommandFailed(wish, "no such extension", lost=False))
    assert those(said, HangUp) == []
    assert made.agent(1).state == "talking"
    made.tell(hangup(call))
    assert made.agent(1).state == "wrapping"


def test_a_refused_bridging_is_not_told_to_pacing_as_a_talk() -> None:
    made = floor()
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tell(CommandFailed(wish, "gone", lost=False))
    made.give_leads(3)
    assert those(made.tick(0.5), ReserveCall) == []  # the one agent is for the one who waits


def test_a_lead_is_not_lost_where_the_store_never_answers() -> None:
    made = floor()
    wish = only(made.give_leads(1), ReserveCall)
    made.tick(11.0)
    assert wish.lead is not None
    assert only(made.said, DeferLead).lead == wish.lead.id


def shared(mode: Mode) -> Floor:
    """One agent for two campaigns: a progressive one and one of the given mode."""
    made = floor(agents=0)
    made.tell(CampaignSet(campaign(id=OTHER, name="autumn", mode=mode)))
    made.tell(AgentSet(Agent(id=ONE, name="Agent 1", campaigns=(CAMPAIGN, OTHER), endpoint="PJSIP/1")))
    made.sign_in(1)
    return made


def test_two_progressive_campaigns_do_not_dial_for_the_same_agent() -> None:
    made = shared(Mode.PROGRESSIVE)
    made.give_leads(2)
    made.tell(LeadsClaimed(OTHER, (lead(70, campaign=OTHER), lead(71, campaign=OTHER))))
    made.tick(3.0)
    assert len(those(made.said, ReserveCall)) == 1


def test_no_preview_is_shown_to_an_agent_whom_a_call_counts_on() -> None:
    made = shared(Mode.PREVIEW)
    made.give_leads(2)
    made.tell(LeadsClaimed(OTHER, (lead(70, campaign=OTHER),)))
    made.tick(3.0)
    assert len(those(made.said, ReserveCall)) == 1
    assert made.agent(1).state == "ready"


def test_a_preview_goes_to_the_agent_whom_no_call_counts_on_though_the_other_waited_longer() -> None:
    made = shared(Mode.PREVIEW)
    made.tell(AgentSet(Agent(id=AgentId(2), name="Agent 2", campaigns=(OTHER,), endpoint="PJSIP/2")))
    made.sign_in(2)
    made.give_leads(2)
    assert len(those(made.said, ReserveCall)) == 1  # a progressive call for agent 1
    made.tell(LeadsClaimed(OTHER, (lead(70, campaign=OTHER),)))
    made.tick(3.0)
    assert (made.agent(1).state, made.agent(2).state) == ("ready", "previewing")


def test_pacing_knows_of_the_calls_that_were_in_flight_at_a_restart() -> None:
    former = floor()
    former.place()
    record = those(former.said, SaveCall)[-1].record
    made = Floor(Engine())
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier")), CampaignSet(campaign()))
    made.tell(AgentSet(Agent(id=ONE, name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    made.tell(Restored((replace(record, agent=None),), (), CallId(100), 50, (lead(1),)))
    made.tell(SwitchSeen((ChannelRow(call=record.id),), made.now + 2, reconnected=True), after_s=2.0)
    made.sign_in(1)
    assert those(made.give_leads(3), ReserveCall) == []


def test_ready_said_twice_is_ready_once() -> None:
    made = floor()
    made.tell(AgentReady(ONE), AgentReady(ONE))
    assert len(those(made.give_leads(3), ReserveCall)) == 1


def test_a_refused_bridging_leaves_the_leg_where_it_waited() -> None:
    made = floor(agents=1)
    call = made.place()
    made.tell(CommandFailed(only(made.tell(CallAnswered(call)), Connect), "gone", lost=False), hangup(call))
    made.tick(1.5)
    following = made.place()
    assert only(made.tell(CallAnswered(following)), Connect).call == following


def test_pacing_places_nothing_for_an_agent_whose_leg_is_not_back() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.give_leads(3)
    made.tell(hangup(call), CallDispositioned(ONE, call, "RPC"))
    assert made.agent(1).state == "ready"
    assert len(those(made.said, ReserveCall)) == 1
    made.tell(LegUp(leg))
    assert len(those(made.said, ReserveCall)) == 2


def test_a_talk_seen_on_the_switch_takes_the_preview_off_the_screen() -> None:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(2)
    wish = only(made.tell(PreviewAccepted(ONE)), ReserveCall)
    made.reserve(wish)
    leg = only(made.tell(CallAnswered(wish.call)), Connect).leg
    made.tell(AbandonmentPlayed(wish.call))  # the engine lets the agent go, and shows the next
    assert made.agent(1).state == "previewing"
    rows = (
        ChannelRow(call=wish.call, place="park", up=True, talking_with=leg, talks=1),
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 2, reconnected=False), after_s=2.0)
    assert (made.agent(1).state, made.agent(1).preview) == ("talking", None)


def test_a_talk_that_was_only_taken_for_one_is_an_abandoned_call() -> None:
    made = floor(wait_max_s=5.0)
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tick(4.0)  # no word of the bridging: it is taken to have come about
    assert made.agent(1).call_state == "talking"
    made.tell(AbandonmentPlayed(call), LegEnded(wish.leg, 16), after_s=1.0)
    again = only(made.tick(4.0), CallAgent)
    assert those(made.tell(LegUp(again.leg)), Connect) == []
    made.tell(hangup(call, by=EndedBy.DIALPLAN))
    assert dict(made.work().outcomes) == {"abandoned": 1}
    assert made.work().abandoned == 1


def test_an_opt_out_pressed_at_the_very_end_is_kept() -> None:
    made = floor()
    call = made.place()
    made.tell(CallAnswered(call), hangup(call))
    assert only(made.tell(OptedOut(call)), AddDoNotCall) == AddDoNotCall(None, "opt_out", call)
