"""The process is killed, or words are lost, while somebody is screened, called in, or taken over."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dialer.core.agents import AgentState
from dialer.core.detection import Detection, OnMachine, Verdict
from dialer.core.engine import Engine
from dialer.core.ids import AgentId, CallId
from dialer.core.inbound import Inbound, Place
from dialer.core.messages import (
    AdoptCaller,
    AgentSet,
    AgentSignedOut,
    Alarm,
    CallAnswered,
    CallerArrived,
    CallerFound,
    CallerQueued,
    CallJoined,
    CallScreened,
    CallTakenOver,
    CampaignSet,
    CampaignStopped,
    Command,
    CommandFailed,
    Connect,
    FindCaller,
    Guide,
    HangUp,
    MessageBegun,
    Monitor,
    MonitorMode,
    MonitorRequested,
    MonitorUp,
    ReleaseCall,
    Restored,
    ReturnLeads,
    SaveCall,
    SaveReceipt,
    SetMonitorMode,
    SwitchSeen,
    TrunkSet,
)
from dialer.core.model import Agent, CallRecord, ChannelRow, Mode, Trunk
from dialer.core.outcomes import EndedBy, Outcome
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

MESSAGE = Detection(on=True, on_machine=OnMachine.MESSAGE, message="voicemail", audit_share=1.0)
INBOUND = Inbound(on=True)


def record(made: Floor, call: CallId) -> CallRecord:
    return [one.record for one in those(made.said, SaveCall) if one.record.id == call][-1]


def killed(
    made: Floor,
    *,
    detection: Detection = MESSAGE,
    open_calls: Sequence[CallRecord] = (),
    finished: Sequence[CallRecord] = (),
    unwrapped: Sequence[CallRecord] = (),
    signed_in: Sequence[tuple[AgentId, str, str]] = (),
) -> Floor:
    """Another process takes over what was saved."""
    made.engine = Engine()
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier", lines_max=50, calls_per_second=1000.0)))
    made.tell(CampaignSet(campaign(detection=detection, inbound=INBOUND, wait_max_s=4.0)))
    made.tell(AgentSet(Agent(id=AgentId(1), name="Agent 1", campaigns=(CAMPAIGN,), endpoint="PJSIP/1")))
    made.tell(
        Restored(
            tuple(open_calls),
            tuple(finished),
            CallId(1000),
            1000,
            signed_in=tuple(signed_in),
            unwrapped=tuple(unwrapped),
        )
    )
    return made


def seen(made: Floor, *rows: ChannelRow, after_s: float = 2.0, reconnected: bool = False) -> list[Command]:
    made.now += after_s
    return made.tell(SwitchSeen(rows, made.now, reconnected=reconnected))


def screened_floor() -> tuple[Floor, CallId]:
    made = floor(detection=MESSAGE, inbound=INBOUND, wait_max_s=4.0)
    call = made.place()
    made.tell(CallAnswered(call), after_s=6.0)
    return made, call


def caller(made: Floor) -> CallId:
    call = only(made.tell(CallerArrived("host-1.7", "+56900000700", "+5622000000")), FindCaller).call
    made.tell(CallerFound(call, CAMPAIGN, lead(700), None))
    return call


# ---------------------------------------------------------------- screening


def test_a_machine_being_left_a_message_stays_one_when_the_process_is_killed() -> None:
    made, call = screened_floor()
    made.tell(CallScreened(call, Verdict.MACHINE, "LONGGREETING", 1.4, 6.0), after_s=1.4)
    made.tell(MessageBegun(call, after_beep=True), after_s=9.0)
    before = record(made, call)
    killed(made, open_calls=[before])
    seen(made, reconnected=True)  # the message was over meanwhile
    after = record(made, call)
    assert after.outcome is Outcome.MACHINE
    kept = ("verdict", "verdict_reason", "detection_s", "message_at", "after_beep", "audit", "caller_id")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert before.audit
    ledger = made.engine._state.campaigns[CAMPAIGN].pacer.ledger
    assert (ledger.answered, ledger.abandoned, made.work().abandoned) == (0, 0, 0)


def test_the_number_shown_is_kept_over_a_restart() -> None:
    made, call = screened_floor()
    before = replace(record(made, call), caller_id="+56229999999")
    killed(made, open_calls=[before])
    seen(made, reconnected=True)
    assert record(made, call).caller_id == "+56229999999"


def test_machines_of_before_a_restart_take_no_people_out_of_the_ledger() -> None:
    made, call = screened_floor()
    made.tell(CallScreened(call, Verdict.MACHINE, "", 1.4, 6.0), hangup(call, by=EndedBy.DIALPLAN), after_s=1.4)
    machine = record(made, call)
    person = replace(machine, id=CallId(900), outcome=Outcome.EARLY_HANGUP, verdict=Verdict.PERSON)
    killed(made, finished=[machine, person])
    ledger = made.engine._state.campaigns[CAMPAIGN].pacer.ledger
    assert (ledger.answered, ledger.machines) == (1, 0)


def test_a_call_found_in_detection_after_a_restart_is_listened_to_and_no_agent_is_sent_there() -> None:
    made, call = screened_floor()
    unheard = replace(record(made, call), answered_at=None)  # killed before the answer was kept
    killed(made, open_calls=[unheard])
    seen(made)
    leg = made.sign_in(1)
    idle = ChannelRow(leg=leg, agent=AgentId(1), place="idle", up=True)
    assert those(seen(made, ChannelRow(call=call, place="screen", up=True), idle), Connect) == []
    assert only(made.tell(CallScreened(call, Verdict.PERSON, "HUMAN", 1.4, 6.0)), Connect).call == call


def test_a_caller_does_not_take_the_agent_whom_a_screened_person_may_need() -> None:
    made, call = screened_floor()
    waiting = caller(made)
    assert those(made.tell(CallerQueued(waiting)), Connect) == []
    assert only(made.tell(CallScreened(call, Verdict.PERSON, "HUMAN", 1.4, 6.0), after_s=1.4), Connect).call == call


# ---------------------------------------------------------------- callers


def test_a_caller_whose_bridging_was_lost_is_found_in_the_queue_and_connected() -> None:
    made = floor(inbound=INBOUND)
    call = caller(made)
    wish = only(made.tell(CallerQueued(call)), Connect)  # lost on its way, and so is every word of it
    made.tick(5.0)
    assert made.agent(1).state == AgentState.TALKING
    idle = ChannelRow(leg=wish.leg, agent=AgentId(1), place="idle", up=True)
    again = only(seen(made, ChannelRow(call=call, place="queue", up=True), idle), Connect)
    made.tell(CallJoined(call, again.leg))
    assert made.agent(1).call == call
    assert made.engine._state.campaigns[CAMPAIGN].callers_taken == 1
    assert made.tell(CallerQueued(call)) == []  # the late word of a queue cuts no talk
    assert made.agent(1).call == call


def test_a_caller_who_hears_the_menu_over_a_restart_is_not_cut_off() -> None:
    made = floor(inbound=INBOUND)
    call = caller(made)
    killed(made, open_calls=[record(made, call)])
    for _ in range(9):
        assert those(seen(made, ChannelRow(call=call, place="menu", up=True), after_s=10.0), HangUp) == []
        assert those(made.tick(0.5), HangUp) == []
    made.tell(hangup(call))
    assert record(made, call).outcome is Outcome.CALLER_LEFT


def test_callers_being_looked_up_and_those_of_no_campaign_are_no_strangers() -> None:
    made = floor(inbound=INBOUND)
    call = only(made.tell(CallerArrived("host-1.7", "+56900000700", "+5699")), FindCaller).call
    assert those(seen(made, ChannelRow(call=call, place="arrive")), Alarm) == []
    assert only(made.tell(CallerFound(call, None, None)), Guide).place is Place.CLOSED
    for _ in range(3):
        assert those(seen(made, ChannelRow(call=call, place="closed", up=True)), Alarm) == []


def test_a_caller_found_open_after_a_restart_is_no_call_that_left_the_machine() -> None:
    made = floor(inbound=INBOUND)
    call = caller(made)
    killed(made, open_calls=[record(made, call)])
    assert those(made.said, SaveReceipt) == []
    seen(made, ChannelRow(call=call, place="arrive", up=False))
    made.sign_in(1)
    assert only(made.tell(CallerQueued(call), after_s=1.0), Connect).call == call


@pytest.mark.parametrize("found_first", [True, False])
def test_a_caller_who_was_gone_before_the_adoption_is_let_go_at_once(found_first: bool) -> None:
    made = floor(inbound=INBOUND)
    said = made.tell(CallerArrived("host-1.7", "+56900000700", "+5622000000"))
    wish = only(said, AdoptCaller)
    story = [CallerFound(wish.call, CAMPAIGN, lead(700), None), CommandFailed(wish, "gone", lost=False)]
    said = made.tell(*(story if found_first else reversed(story)))
    assert only(said, ReleaseCall).call == wish.call
    assert those(said, Alarm) == []
    assert not made.engine.calls_in_progress


# ---------------------------------------------------------------- agents and supervisors


def test_an_agent_whose_call_ends_before_the_leg_is_back_after_a_restart_may_sign_out() -> None:
    made = floor(inbound=INBOUND)
    call = caller(made)
    wish = only(made.tell(CallerQueued(call)), Connect)
    kept = replace(record(made, call), agent=AgentId(1))
    assert wish.call == call
    killed(made, open_calls=[kept], signed_in=[(AgentId(1), "talking", "")])
    seen(made, reconnected=True)  # neither the caller nor the leg is there
    made.tell(AgentSignedOut(AgentId(1)))
    assert made.agent(1).state == AgentState.SIGNED_OUT


def test_a_wrap_up_ends_though_the_phone_never_comes_back_after_a_restart() -> None:
    for signs_out in (True, False):
        made = floor()
        call = made.talk()
        made.tell(hangup(call), after_s=30.0)
        killed(made, unwrapped=[record(made, call)], signed_in=[(AgentId(1), "wrapping", "")])
        seen(made, reconnected=True)
        made.tick(60.0)  # the phone is called, and is not there
        seen(made, reconnected=True)
        if signs_out:
            made.tell(AgentSignedOut(AgentId(1)))
            assert made.agent(1).state == AgentState.SIGNED_OUT
        else:
            made.tick(400.0)
        assert record(made, call).wrapped_at is not None
        assert made.engine.at_rest


def test_a_refused_take_over_leaves_the_talk_and_the_supervisor_where_they_were() -> None:
    made = floor()
    call = made.talk()
    wish = MonitorRequested(agent=AgentId(1), by="ana", mode=MonitorMode.LISTEN, endpoint="PJSIP/s", name="Ana")
    leg = only(made.tell(wish), Monitor).leg
    made.tell(MonitorUp(leg))
    taken = only(made.tell(CallTakenOver(by="ana")), Connect)
    made.tell(CommandFailed(taken, "no such channel", lost=False))
    assert (made.agent(1).state, made.agent(1).call) == (AgentState.TALKING, call)
    said = made.tell(replace(wish, mode=MonitorMode.WHISPER))
    assert those(said, Monitor) == []  # no second phone rings
    assert only(said, SetMonitorMode).leg == leg


def test_an_emergency_stop_of_one_campaign_takes_its_leads_and_previews_back() -> None:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(3)
    assert made.agent(1).state == AgentState.PREVIEWING
    said = made.tell(CampaignStopped(CAMPAIGN, "ana"))
    assert made.agent(1).state == AgentState.READY
    assert sum(len(one.leads) for one in those(said, ReturnLeads)) == 3
