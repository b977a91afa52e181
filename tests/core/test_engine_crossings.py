"""Words that cross, commands that fail, campaigns that share agents: each once a way to lose somebody."""

from dataclasses import replace

from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.core.messages import (
    AbandonmentPlayed,
    AgentReady,
    AgentSet,
    CallAnswered,
    CallDispositioned,
    CallJoined,
    CampaignSet,
    CommandFailed,
    Connect,
    HangUp,
    LeadsClaimed,
    LegUp,
    ReserveCall,
    Restored,
    SaveCall,
    SaveLead,
    SwitchSeen,
    Transfer,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import Agent, ChannelRow, Mode, Trunk
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

ONE = AgentId(1)
OTHER = CampaignId(2)


def test_a_bridging_that_crossed_with_the_message_is_a_talk_and_its_agent_gets_no_other_call() -> None:
    made = floor()
    call = made.place()
    wish = only(made.tell(CallAnswered(call)), Connect)
    made.tell(AbandonmentPlayed(call), CallJoined(call, wish.leg))
    assert (made.agent(1).state, made.agent(1).call) == ("talking", call)


def test_an_agent_is_offered_again_only_when_the_leg_is_known_to_wait() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(TransferRequested(ONE, "+56922222222"), CallDispositioned(ONE, call, "RPC"))
    following = made.place()
    assert those(made.tell(CallAnswered(following)), Connect) == []
    assert only(made.tell(LegUp(leg)), Connect).call == following


def test_the_switchs_list_tells_that_a_leg_waits_where_its_own_word_was_lost() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(hangup(call), CallDispositioned(ONE, call, "RPC"))
    following = made.place()
    made.tell(CallAnswered(following))
    rows = (
        ChannelRow(leg=leg, agent=ONE, place="idle", up=True),
        ChannelRow(call=following, place="park", up=True),
    )
    assert only(made.tell(SwitchSeen(rows, made.now, reconnected=False), after_s=1.0), Connect).call == following


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
    saved = only(made.said, SaveLead)
    assert wish.lead is not None
    assert (saved.lead, saved.attempts) == (wish.lead.id, 0)


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
