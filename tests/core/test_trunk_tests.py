"""Trial calls of a trunk: what is seen of them, and what they must not touch."""

from dialer.core.messages import (
    CallAnswered,
    CallQueued,
    CallRang,
    CommandFailed,
    DiallingResumed,
    DiallingStopped,
    HangUp,
    PlaceCall,
    Refused,
    SaveCall,
    SwitchSeen,
    TrunkTestAsked,
)
from dialer.core.model import ChannelRow
from dialer.core.outcomes import EndedBy
from dialer.core.view import TrunkTestView
from tests.core.floor import Floor, floor, hangup, only, those

ASKED = TrunkTestAsked("k", "carrier", "+56912345678", "+5622000000")


def trial(made: Floor) -> TrunkTestView:
    return made.engine.view(made.now).trunk_tests[-1]


def test_a_trial_call_is_hung_up_on_when_answered_and_told_with_its_delay() -> None:
    made = floor()
    call = only(made.tell(ASKED), PlaceCall).call
    made.tell(CallQueued(call))
    made.tell(CallRang(call), after_s=2.5)
    assert only(made.tell(CallAnswered(call), after_s=4.0), HangUp).call == call
    made.tell(hangup(call, by=EndedBy.DIALER))
    seen = trial(made)
    assert (seen.outcome, seen.delay_s, seen.cause) == ("answered", 2.5, 16)
    assert those(made.said, SaveCall) == []
    assert made.work().answered == 0


def test_what_the_carrier_says_is_told_by_name_and_code() -> None:
    made = floor()
    call = only(made.tell(ASKED), PlaceCall).call
    made.tell(hangup(call, cause=1, tech_cause=404))
    assert (trial(made).outcome, trial(made).tech_cause) == ("invalid", 404)


def test_a_call_that_never_left_and_one_of_which_nothing_is_heard_end() -> None:
    made = floor()
    placed = only(made.tell(ASKED), PlaceCall)
    made.tell(CommandFailed(placed, "no such endpoint", lost=False))
    assert (trial(made).outcome, trial(made).reason) == ("failed", "no such endpoint")
    silent = only(made.tell(ASKED), PlaceCall)
    assert only(made.tick(60.0), HangUp).call == silent.call
    assert trial(made).outcome == "unknown"


def test_an_unknown_trunk_is_refused_with_the_names_there_are() -> None:
    said = floor().tell(TrunkTestAsked("k", "other", "+56912345678", ""))
    assert only(said, Refused).reason == "there is no trunk 'other'; there are carrier"


def test_a_listed_trial_call_is_no_stranger() -> None:
    made = floor()
    call = only(made.tell(ASKED), PlaceCall).call
    made.tell(SwitchSeen((ChannelRow(call=call),), made.now + 2, reconnected=False), after_s=3.0)
    assert made.engine._state.strangers == frozenset()


def test_the_emergency_stop_holds_trial_calls_too() -> None:
    made = floor()
    ringing = only(made.tell(ASKED), PlaceCall).call
    made.tell(CallQueued(ringing), CallRang(ringing))
    assert only(made.tell(DiallingStopped("sofia")), HangUp).call == ringing
    made.tell(hangup(ringing, by=EndedBy.DIALER))
    said = made.tell(ASKED)
    assert those(said, PlaceCall) == []
    assert only(said, Refused).code == "stopped"
    made.tell(DiallingResumed("sofia"))
    assert only(made.tell(ASKED), PlaceCall).trunk == "carrier"
