"""What the desk's page asks for beside the call: a phone that comes back, a paused recording, a longer wrap-up."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.agents import RECORDING_PAUSE_MAX_S, WRAP_UP_MORE_MAX, WRAP_UP_MORE_S, AgentState
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import (
    CallAgent,
    CallDispositioned,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallTakenOver,
    CallThird,
    CommandFailed,
    ConferenceRequested,
    Connect,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    DropLeg,
    Event,
    HangupRequested,
    Hold,
    HoldRequested,
    JoinThree,
    LegEnded,
    LegUp,
    Monitor,
    MonitorMode,
    MonitorRequested,
    MonitorUp,
    MuteRecording,
    PhoneBack,
    PreviewAccepted,
    PreviewSkipped,
    RecordingPaused,
    Refused,
    ReserveCall,
    ResumeRequested,
    ThirdAnswered,
    Ticked,
    TransferRequested,
    WrapUpExtended,
)
from dialer.core.model import Mode
from tests.core.floor import floor, hangup, only, those

ONE = AgentId(1)
ATTENDED = (ConsultRequested(ONE, "+56981110000"), ConsultCompleted(ONE))


def test_a_phone_that_comes_back_in_mid_talk_is_called_at_once_and_joined_again() -> None:
    made = floor(agents=1)
    call = made.talk()
    said = made.tell(PhoneBack(ONE))
    only(said, DropLeg)
    leg = only(said, CallAgent).leg
    assert made.agent(1).state == AgentState.LEG_LOST
    assert made.agent(1).call == call
    made.tell(CallLeftAlone(call))
    back = only(made.tell(LegUp(leg)), Connect)
    assert back.call == call
    made.tell(CallJoined(call, leg))
    assert made.agent(1).state == AgentState.TALKING


@pytest.mark.parametrize("lost_first", [True, False])
def test_a_phone_that_comes_back_while_free_leads_to_work_again(lost_first: bool) -> None:
    made = floor(agents=1)
    before = only(made.tell(PhoneBack(ONE)), CallAgent).leg
    if lost_first:
        before = only(made.tell(PhoneBack(ONE), after_s=1.0), CallAgent).leg  # and once more before it was up
    made.tell(LegUp(before))
    assert made.agent(1).state == AgentState.READY


def test_another_phone_may_be_named() -> None:
    made = floor(agents=1)
    assert only(made.tell(PhoneBack(ONE, "PJSIP/elsewhere")), CallAgent).endpoint == "PJSIP/elsewhere"


def test_a_paused_recording_hears_nothing_until_it_goes_on() -> None:
    made = floor(agents=1)
    call = made.talk()
    assert only(made.tell(RecordingPaused(ONE, paused=True)), MuteRecording) == MuteRecording(call, muted=True)
    assert made.agent(1).recording_paused
    assert only(made.tell(RecordingPaused(ONE, paused=False)), MuteRecording) == MuteRecording(call, muted=False)
    assert not made.agent(1).recording_paused


def test_a_pause_that_the_switch_refused_is_not_shown_as_one() -> None:
    made = floor(agents=1)
    made.talk()
    wish = only(made.tell(RecordingPaused(ONE, paused=True)), MuteRecording)
    made.tell(CommandFailed(wish, "Cannot set mute flag", lost=False))
    assert not made.agent(1).recording_paused
    made.tell(RecordingPaused(ONE, paused=True))
    wish = only(made.tell(RecordingPaused(ONE, paused=False)), MuteRecording)
    made.tell(CommandFailed(wish, "Cannot set mute flag", lost=False))
    assert made.agent(1).recording_paused


def test_a_forgotten_pause_ends_by_itself() -> None:
    made = floor(agents=1)
    made.talk()
    made.tell(RecordingPaused(ONE, paused=True))
    assert not those(made.tick(RECORDING_PAUSE_MAX_S - 1), MuteRecording)
    assert only(made.tick(3), MuteRecording).muted is False
    assert not made.agent(1).recording_paused


def test_a_pause_ends_when_the_person_leaves_the_agent() -> None:
    for leave in (
        (TransferRequested(ONE, "+56981110000"),),
        ATTENDED,
        (MonitorRequested("u1", ONE, MonitorMode.LISTEN, "PJSIP/9", "Ana"),),
    ):
        made = floor(agents=1)
        call = made.talk()
        made.tell(RecordingPaused(ONE, paused=True))
        for event in leave:
            said = made.tell(event)
            if isinstance(event, ConsultRequested):
                made.tell(CallHeld(call), ThirdAnswered(only(said, CallThird).leg))
            if isinstance(event, MonitorRequested):
                made.tell(MonitorUp(only(said, Monitor).leg))
                said = made.tell(CallTakenOver("u1"))
        assert only(said, MuteRecording) == MuteRecording(call, muted=False)
        assert not made.agent(1).recording_paused


def test_the_desk_knows_when_a_forgotten_pause_ends() -> None:
    made = floor(agents=1)
    made.talk()
    assert made.agent(1).recording_back_at is None
    made.tell(RecordingPaused(ONE, paused=True))
    assert made.agent(1).recording_back_at == made.now + RECORDING_PAUSE_MAX_S


def test_what_is_not_recorded_cannot_be_paused() -> None:
    made = floor(agents=1, record=False)
    made.talk()
    assert only(made.tell(RecordingPaused(ONE, paused=True)), Refused).code == "not_recorded"


def test_wrap_up_is_longer_by_each_extension_and_not_for_ever() -> None:
    made = floor(agents=1, wrap_up_max_s=10.0)
    call = made.talk()
    made.tell(HangupRequested(ONE), hangup(call))
    began = made.now
    for _ in range(WRAP_UP_MORE_MAX):
        made.tell(WrapUpExtended(ONE))
    assert only(made.tell(WrapUpExtended(ONE)), Refused).code == "extended_enough"
    limit = 10.0 + WRAP_UP_MORE_MAX * WRAP_UP_MORE_S
    assert made.agent(1).deadline == began + limit
    made.tick(limit - 1)
    assert made.agent(1).state == AgentState.WRAPPING
    made.tick(2)
    assert made.agent(1).state == AgentState.READY


def test_the_next_wrap_up_begins_without_extensions() -> None:
    made = floor(agents=1, wrap_up_max_s=10.0)
    call = made.talk()
    made.tell(hangup(call))
    made.tell(WrapUpExtended(ONE), CallDispositioned(ONE, call, "RPC"))
    made.tell(LegUp(only(made.said, CallAgent).leg))
    made.tell(hangup(made.talk()))
    assert made.agent(1).extensions_left == WRAP_UP_MORE_MAX


def test_a_person_who_is_put_on_hold_out_of_a_talk_of_three_can_be_joined_again() -> None:
    made = floor(agents=1)
    call = made.talk()
    third = only(made.tell(ConsultRequested(ONE, "+56981110000")), CallThird).leg
    made.tell(CallHeld(call), ThirdAnswered(third))
    for _ in range(2):
        joined = only(made.tell(ConferenceRequested(ONE)), JoinThree)
        made.tell(CallJoined(joined.call, joined.leg))
        assert (made.agent(1).state, made.agent(1).third) == ("talking", "joined")
        assert only(made.tell(HoldRequested(ONE)), Hold).call == call
        made.tell(CallHeld(call))
        assert (made.agent(1).state, made.agent(1).third) == ("holding", "answered")
    assert only(made.tell(ConsultCancelled(ONE)), DropLeg).leg == third


ABOUT: dict[str, Callable[[CallId], Event]] = {
    "hang up": lambda call: HangupRequested(ONE, call),
    "hold": lambda call: HoldRequested(ONE, call),
    "transfer": lambda call: TransferRequested(ONE, "+56981110000", call=call),
    "consult": lambda call: ConsultRequested(ONE, "+56981110000", call=call),
    "complete": lambda call: ConsultCompleted(ONE, call),
    "pause the recording": lambda call: RecordingPaused(ONE, True, call),
}


@pytest.mark.parametrize("asked", ABOUT)
def test_what_was_asked_of_a_call_that_is_over_is_done_to_nobody_else(asked: str) -> None:
    made = floor(agents=1)
    first = made.talk()
    made.tell(hangup(first), LegUp(made.leg(ONE)), CallDispositioned(ONE, first, "RPC"))
    second = made.talk()
    [refused] = made.tell(ABOUT[asked](first))
    assert isinstance(refused, Refused)
    assert refused.code == "another_call"
    assert (made.agent(1).state, made.agent(1).call, made.agent(1).recording_paused) == ("talking", second, False)
    said = made.tell(ABOUT[asked](second))
    assert [one.code for one in those(said, Refused)] in ([], ["no_third"])


def test_a_preview_that_ran_out_is_not_taken_for_the_next_one() -> None:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(2)
    shown = made.agent(1).lead
    assert shown is not None
    made.tell(PreviewSkipped(ONE, shown))
    following = made.agent(1).lead
    assert following not in (None, shown)
    assert only(made.tell(PreviewAccepted(ONE, shown)), Refused).code == "another_lead"
    assert made.agent(1).lead == following
    assert only(made.tell(PreviewAccepted(ONE, following)), ReserveCall).lead is not None


DEEDS: dict[str, Callable[[CallId, LegId], tuple[Event, ...]]] = {
    "the phone comes back": lambda _, __: (PhoneBack(ONE),),
    "the leg waits": lambda _, leg: (LegUp(leg),),
    "the leg ends": lambda _, leg: (LegEnded(leg, 16),),
    "the person is alone": lambda call, _: (CallLeftAlone(call),),
    "hold": lambda _, __: (HoldRequested(ONE),),
    "held": lambda call, leg: (CallHeld(call), LegUp(leg)),
    "resume": lambda _, __: (ResumeRequested(ONE),),
    "hang up": lambda _, __: (HangupRequested(ONE),),
    "the call ends": lambda call, _: (hangup(call),),
    "the recording pauses": lambda _, __: (RecordingPaused(ONE, paused=True),),
    "more time": lambda _, __: (WrapUpExtended(ONE),),
    "joined": lambda call, leg: (CallJoined(call, leg),),
    "time passes": lambda _, __: (Ticked(), Ticked()),
}


@settings(max_examples=40)
@given(st.lists(st.sampled_from(sorted(DEEDS)), max_size=15))
def test_whatever_happens_to_phone_and_call_the_agent_comes_back_to_work(deeds: list[str]) -> None:
    made = floor(agents=1, wrap_up_max_s=10.0)
    call = made.talk()
    for deed in deeds:
        made.tell(*DEEDS[deed](call, made.leg(ONE)), after_s=0.5)
    made.tell(hangup(call), PhoneBack(ONE))
    made.tell(LegUp(made.leg(ONE)))
    made.tell(Ticked(), after_s=120.0)
    made.tell(Ticked(), after_s=1.0)
    assert made.agent(1).state == AgentState.READY
    assert not made.agent(1).recording_paused
