"""After a lost link or a restart: what the switch says is taken over, nothing is dialled twice, no talk is dropped."""

from dataclasses import replace

import pytest

from dialer.core.agents import RECORDING_PAUSE_MAX_S
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import (
    AgentReady,
    AgentSet,
    Alarm,
    CallAgent,
    CallAnswered,
    CallEnded,
    CallLeftAlone,
    CampaignSet,
    CommandFailed,
    Connect,
    DropLeg,
    HangUp,
    LegEnded,
    LegUp,
    MuteRecording,
    PlaceCall,
    RecordingPaused,
    ReserveCall,
    Restored,
    ResumeRequested,
    SaveCall,
    SwitchLost,
    SwitchSeen,
    TrunkSet,
)
from dialer.core.model import Agent, CallRecord, ChannelRow, Mode, Trunk
from dialer.core.outcomes import EndedBy, Ending
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

LEG = LegId("cadencia-a1-77")


def restarted(open_calls: tuple[CallRecord, ...], state: str = "talking") -> Floor:
    """A fresh engine on what a former one left."""
    made = Floor(Engine())
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier")), CampaignSet(campaign()))
    made.tell(AgentSet(Agent(id=AgentId(1), name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    leads = tuple(lead(record.lead) for record in open_calls)
    made.tell(Restored(open_calls, (), CallId(100), 50, leads, ((AgentId(1), state, ""),)))
    return made


def open_record(**changes: object) -> CallRecord:
    made = floor()
    call = made.talk()
    record = those(made.said, SaveCall)[-1].record
    assert record.id == call
    return replace(record, **changes)  # type: ignore[arg-type]


def test_a_talk_goes_on_over_a_restart() -> None:
    record = open_record()
    made = restarted((record,))
    rows = (
        ChannelRow(call=record.id, place="park", up=True, talking_with=LEG, talks=1),
        ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),
    )
    said = made.tell(SwitchSeen(rows, made.now + 0.1, reconnected=True), after_s=0.1)
    assert those(said, HangUp) == []
    assert those(said, DropLeg) == []
    assert those(made.said, CallAgent) == []
    assert (made.agent(1).state, made.agent(1).call) == ("talking", record.id)
    made.tell(hangup(record.id), after_s=30.0)
    assert made.agent(1).state == "wrapping"
    assert those(made.said, SaveCall)[-1].record.bridged_at == record.bridged_at


@pytest.mark.parametrize("muted", [True, False])
def test_a_recording_that_was_paused_at_the_restart_is_shown_so_and_ends_its_pause_in_time(muted: bool) -> None:
    record = open_record()
    made = restarted((record,))
    rows = (
        ChannelRow(call=record.id, place="park", up=True, talking_with=LEG, talks=1, muted=muted),
        ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 0.1, reconnected=True), after_s=0.1)
    assert made.agent(1).recording_paused is muted
    assert len(those(made.tick(RECORDING_PAUSE_MAX_S + 1), MuteRecording)) == muted


@pytest.mark.parametrize("reconnected", [True, False])
def test_nobody_is_handed_on_with_a_recording_that_stays_silent(reconnected: bool) -> None:
    record = open_record()
    made = restarted((record,))
    row = ChannelRow(call=record.id, place="hold", up=True, talks=1, muted=True, talking_with=LegId("cadencia-t1"))
    made.tell(SwitchSeen((row,), made.now + 0.1, reconnected=True), after_s=0.1)
    made.tick(2.0)  # the pause was to end, and the word of it may have been lost
    said = made.tell(SwitchSeen((row,), made.now, reconnected=reconnected), after_s=2.0)
    assert only(said, MuteRecording) == MuteRecording(record.id, muted=False)
    said = made.tell(SwitchSeen((replace(row, muted=False),), made.now, reconnected=reconnected), after_s=15.0)
    assert not those(said, MuteRecording)


def test_a_pause_that_was_lost_with_the_link_is_not_shown_as_one() -> None:
    made = floor()
    call = made.talk()
    [leg] = [wish.leg for wish in those(made.said, CallAgent)]
    made.tell(RecordingPaused(AgentId(1), paused=True))
    rows = (
        ChannelRow(call=call, place="park", up=True, talking_with=leg, talks=1),
        ChannelRow(leg=leg, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchLost(), after_s=2.0)
    made.tell(SwitchSeen(rows, made.now, reconnected=True), after_s=2.0)
    assert not made.agent(1).recording_paused


def test_a_call_that_rang_at_the_restart_is_adopted_and_served() -> None:
    record = open_record(answered_at=None, bridged_at=None, agent=None)
    made = restarted((record,), "ready")
    rows = (
        ChannelRow(call=record.id, up=False),
        ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 2, reconnected=True), after_s=2.0)
    assert made.agent(1).state == "ready"
    assert only(made.tell(CallAnswered(record.id)), Connect).leg == LEG
    assert those(made.said, PlaceCall) == []


def test_a_call_that_rang_while_we_were_away_and_rings_out_is_no_answer() -> None:
    """Its ringing was told to nobody: Asterisk's list says it."""
    record = open_record(ringing_at=None, answered_at=None, bridged_at=None, agent=None)
    made = restarted((record,), "ready")
    made.tell(SwitchSeen((ChannelRow(call=record.id, rings=True),), made.now + 2, reconnected=True), after_s=2.0)
    made.tell(CallEnded(record.id, Ending(cause=19, by=EndedBy.TIMEOUT)), after_s=20.0)
    [saved] = [one.record for one in those(made.said, SaveCall) if one.record.outcome is not None]
    assert (saved.outcome, saved.ringing_at) == ("no_answer", made.now - 20.0)


def test_a_call_over_while_we_were_away_gets_its_outcome() -> None:
    talked, rang = open_record(), open_record(id=CallId(7), answered_at=None, bridged_at=None, agent=None)
    made = restarted((talked, rang))
    made.tell(SwitchSeen((), made.now + 2, reconnected=True), after_s=2.0)
    outcomes = {one.record.id: one.record.outcome for one in those(made.said, SaveCall)}
    assert outcomes == {talked.id: "connected", CallId(7): "unknown"}
    assert made.work().lines == 0


def test_an_agent_whose_leg_is_gone_is_called_again() -> None:
    made = restarted((), "ready")
    made.tell(SwitchSeen((), made.now, reconnected=True))
    wish = those(made.said + made.tick(), CallAgent)
    assert len(wish) == 1
    made.tell(LegUp(wish[0].leg))
    assert made.agent(1).state == "ready"


def test_a_leg_nobody_is_signed_in_for_is_dropped() -> None:
    made = floor(agents=0)
    said = made.tell(SwitchSeen((ChannelRow(leg=LEG, agent=AgentId(1), up=True),), made.now, reconnected=False))
    assert only(said, DropLeg).leg == LEG


def test_a_call_nobody_knows_is_reported_and_left_alone() -> None:
    made = floor()
    said = made.tell(SwitchSeen((ChannelRow(call=CallId(999), up=True),), made.now, reconnected=False))
    assert only(said, Alarm).code == "unknown_call"
    assert those(said, HangUp) == []


def test_without_the_switch_nothing_is_placed() -> None:
    made = floor(agents=3)
    made.tell(SwitchLost())
    assert those(made.give_leads(5), ReserveCall) == []
    assert made.work().not_dialling == "the switch is not connected"


def test_a_talk_survives_a_lost_link() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(SwitchLost())
    made.tick(90.0)
    rows = (
        ChannelRow(call=call, place="park", up=True, talking_with=leg, talks=1),
        ChannelRow(leg=leg, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now, reconnected=True))
    made.tick(5.0)
    assert those(made.said, HangUp) == []
    assert made.agent(1).state == "talking"


def test_an_answer_missed_while_the_link_was_down_is_seen_in_the_list() -> None:
    made = floor()
    call = made.place()
    leg = next(wish.leg for wish in those(made.said, CallAgent))
    made.tell(SwitchLost())
    rows = (
        ChannelRow(call=call, place="park", up=True, talks=0),
        ChannelRow(leg=leg, agent=AgentId(1), place="idle", up=True),
    )
    said = made.tell(SwitchSeen(rows, made.now + 2, reconnected=True), after_s=2.0)
    assert only(said, Connect).call == call


def test_the_message_seen_playing_in_the_list_is_an_abandoned_call() -> None:
    made = floor()
    call = made.place()
    made.tell(SwitchLost())
    rows = (ChannelRow(call=call, place="abandon", up=True),)
    made.tell(SwitchSeen(rows, made.now + 4, reconnected=True), after_s=4.0)
    made.tell(AgentReady(AgentId(1)))
    assert those(made.said, Connect) == []
    assert (made.work().answered, made.work().abandoned) == (1, 1)


def test_lists_repeated_change_nothing() -> None:
    made = floor(agents=2)
    call = made.talk()
    legs = [wish.leg for wish in those(made.said, CallAgent)]
    rows = (
        ChannelRow(call=call, place="park", up=True, talking_with=legs[0], talks=1),
        *(ChannelRow(leg=leg, agent=AgentId(n), place="idle", up=True) for n, leg in enumerate(legs, 1)),
    )
    made.tick(5.0)
    before = made.engine.view(made.now)
    for _ in range(5):
        made.tell(SwitchSeen(rows, made.now, reconnected=False))
        made.tell(SwitchSeen(rows, made.now, reconnected=True))
    assert made.engine.view(made.now) == before


def test_a_call_of_an_agents_own_that_rang_at_the_restart_still_goes_to_that_agent() -> None:
    record = open_record(answered_at=None, bridged_at=None, mode=Mode.PREVIEW)
    made = restarted((record,), "dialling")
    rows = (
        ChannelRow(call=record.id, up=False),
        ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 0.1, reconnected=True), after_s=0.1)
    assert made.agent(1).state == "dialling"
    assert only(made.tell(CallAnswered(record.id)), Connect).leg == LEG


def test_a_person_on_hold_over_a_restart_is_on_hold_still() -> None:
    record = open_record()
    made = restarted((record,), "holding")
    rows = (
        ChannelRow(call=record.id, place="hold", up=True, talks=1),
        ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),
    )
    made.tell(SwitchSeen(rows, made.now + 0.1, reconnected=True), after_s=0.1)
    assert made.agent(1).state == "holding"
    assert only(made.tell(ResumeRequested(AgentId(1))), Connect).call == record.id


def test_a_talk_over_while_we_were_away_is_still_to_be_written_up() -> None:
    record = open_record()
    made = restarted((record,))
    rows = (ChannelRow(leg=LEG, agent=AgentId(1), place="idle", up=True),)
    made.tell(SwitchSeen(rows, made.now + 0.1, reconnected=True), after_s=0.1)
    assert (made.agent(1).state, made.agent(1).call) == ("wrapping", record.id)


def test_a_person_who_left_unseen_is_given_up_although_the_bridging_is_tried_again_at_each_list() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(LegEnded(leg, 44), CallLeftAlone(call), after_s=30.0)
    new = those(made.tick(3.0), CallAgent)[-1].leg
    waits = ChannelRow(leg=new, agent=AgentId(1), place="idle", up=True)  # its LegUp and the end of the call were lost
    for _ in range(3):
        for wish in those(made.tell(SwitchSeen((waits,), made.now, reconnected=False), after_s=15.0), Connect):
            made.tell(CommandFailed(wish, "no such call", lost=False), after_s=0.05)
        made.tick(1.0)
    assert call not in {one.id for one in made.engine.view(made.now).last_calls if one.ended_at is None}
    assert made.agent(1).state == "wrapping"
