"""Messages to events: what the traces do not show, and that nothing said on the wire does harm."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.asterisk.names import call_channel
from dialer.asterisk.protocol import Message
from dialer.asterisk.translate import Translator
from dialer.core.ids import CELL_SHIFT, CallId
from dialer.core.messages import (
    CallAnswered,
    CallEnded,
    CallProgressed,
    CallQueued,
    CallRang,
    Event,
    LegUp,
    OnwardAnswered,
    OptedOut,
)
from dialer.core.outcomes import EndedBy, Ending
from tests.asterisk.tracing import SETTINGS

CALL = CallId(7)
ID = call_channel(CALL)
LEG = "cadencia-a3-1"


def message(event: str, uniqueid: str = ID, **more: str) -> Message:
    return {"Event": event, "Channel": f"PJSIP/{uniqueid[-3:]}", "Uniqueid": uniqueid, **more}


def take(translator: Translator, *messages: Message) -> list[Event]:
    return [event for one in messages for event in translator.take(one)]


@pytest.fixture
def translator() -> Translator:
    return Translator(SETTINGS, cell=0)


BORN = message("Newchannel", ChannelState="0")
UP = message("Newstate", ChannelState="6")
GONE = message("Hangup", Cause="16")
FAILED = message("OriginateResponse", Response="Failure", Reason="0")
TIMED_OUT = message("OriginateResponse", Response="Failure", Reason="3")


def test_a_failed_originate_without_a_channel_ends_the_call_after_a_moment(translator: Translator) -> None:
    translator.placed(ID)
    assert take(translator, FAILED) == []
    assert translator.bury(ID) == [CallEnded(CALL, Ending(cause=0))]
    assert translator.bury(ID) == []


def test_a_channel_that_the_failure_overtook_ends_with_its_hangup(translator: Translator) -> None:
    translator.placed(ID)
    told = take(translator, FAILED, BORN, message("Hangup", Cause="17", TechCause="486"))
    assert [*told, *translator.bury(ID)] == [
        CallQueued(CALL),
        CallEnded(CALL, Ending(cause=17, tech_cause=486)),
    ]


def test_the_failure_of_an_id_in_use_leaves_the_live_call_alone(translator: Translator) -> None:
    translator.placed(ID)
    take(translator, BORN, UP)
    translator.placed(ID)
    assert take(translator, FAILED) == []
    assert translator.bury(ID) == []
    assert take(translator, GONE) == [CallEnded(CALL, Ending(cause=16))]


def test_an_attempt_is_told_queued_once_whichever_comes_first(translator: Translator) -> None:
    translator.placed(ID)
    assert [*translator.queued(ID), *take(translator, BORN)] == [CallQueued(CALL)]
    other = Translator(SETTINGS, cell=0)
    other.placed(ID)
    assert [*take(other, BORN), *other.queued(ID)] == [CallQueued(CALL)]
    third = Translator(SETTINGS, cell=0)
    third.placed(ID)
    assert [*take(third, FAILED), *third.queued(ID), *take(third, BORN)] == [CallQueued(CALL)]
    fourth = Translator(SETTINGS, cell=0)
    fourth.placed(ID)
    assert [*fourth.queued(ID), *take(fourth, FAILED, BORN)] == [CallQueued(CALL)]


@pytest.mark.parametrize(
    ("seen", "cause", "by"),
    [
        ([], "19", EndedBy.TIMEOUT),  # Asterisk 22
        ([], "0", EndedBy.TIMEOUT),  # Asterisk 16
        ([TIMED_OUT], "19", EndedBy.TIMEOUT),
        ([FAILED], "0", EndedBy.SWITCH),  # somebody at Asterisk's console
        ([], "16", EndedBy.SWITCH),
        ([message("HangupRequest")], "19", EndedBy.PERSON),
        ([message("HangupRequest"), FAILED], "17", EndedBy.PERSON),
        ([UP], "0", EndedBy.SWITCH),
        ([UP], "44", EndedBy.SWITCH),  # no sound for too long
        ([UP, message("UserEvent", UserEvent="DialerAbandon")], "16", EndedBy.DIALPLAN),
        ([UP, message("UserEvent", UserEvent="DialerSorry")], "16", EndedBy.DIALPLAN),
        ([UP, message("UserEvent", UserEvent="DialerOut", DialStatus="ANSWER")], "16", EndedBy.DIALPLAN),
        ([UP, message("UserEvent", UserEvent="DialerOut", DialStatus="BUSY")], "16", EndedBy.SWITCH),
        ([UP, message("UserEvent", UserEvent="DialerAbandon"), message("HangupRequest")], "16", EndedBy.PERSON),
    ],
)
def test_who_ended_a_call(translator: Translator, seen: list[Message], cause: str, by: EndedBy) -> None:
    told = take(translator, BORN, *seen, message("Hangup", Cause=cause))
    assert told[-1] == CallEnded(CALL, Ending(cause=int(cause), by=by))


@pytest.mark.parametrize(
    ("before", "cause", "ending"),
    [
        ([], "20", Ending(cause=20, by=EndedBy.SWITCH)),
        ([], "0", Ending(cause=16, tech_cause=487)),
        ([], "128", Ending(cause=16, tech_cause=487)),
        ([], "many", Ending(cause=16, tech_cause=487)),
        ([UP], "20", Ending(cause=16, tech_cause=487)),  # somebody answered meanwhile
    ],
)
def test_what_the_network_sounds_before_an_answer_says_how_the_call_ended(
    translator: Translator, before: list[Message], cause: str, ending: Ending
) -> None:
    heard = message("UserEvent", Uniqueid="cadencia-e1", UserEvent="DialerEarly", Call=ID, Cause=cause)
    take(translator, BORN, *before, heard)
    asked = translator.hang_up_early(heard)
    assert asked == ({"Action": "Hangup", "Channel": ID, "Cause": "20"} if ending.cause == 20 else None)
    told = take(translator, message("Hangup", Cause="16", TechCause="487"))
    assert told == [CallEnded(CALL, ending)]


def test_whoever_asks_first_ended_it(translator: Translator) -> None:
    take(translator, BORN)
    translator.dropped(ID)
    assert take(translator, message("HangupRequest"), GONE)[-1] == CallEnded(CALL, Ending(cause=16, by=EndedBy.DIALER))


def test_an_answer_is_told_once_whatever_says_it_first() -> None:
    success = message("OriginateResponse", Response="Success", Reason="4")
    for order in permutations([UP, success, UP, success]):
        told = take(Translator(SETTINGS, cell=0), BORN, *order)
        assert told == [CallQueued(CALL), CallAnswered(CALL)]


def test_ringing_and_progress_are_told_once_each_however_often_they_come(translator: Translator) -> None:
    progress, ringing = (
        {"Event": "DialState", "DestUniqueid": ID, "DialStatus": word} for word in ("PROGRESS", "RINGING")
    )
    told = take(translator, BORN, progress, ringing, progress, message("Newstate", ChannelState="5"), ringing)
    assert told == [CallQueued(CALL), CallProgressed(CALL), CallRang(CALL)]


def test_a_listing_that_is_ahead_of_the_events_does_not_swallow_the_answer(translator: Translator) -> None:
    take(translator, BORN)
    translator.refresh([message("CoreShowChannel", ChannelState="6", Context="dialer-customer", BridgeId="")])
    assert take(translator, UP) == [CallAnswered(CALL)]


@pytest.mark.parametrize(
    "uniqueid", ["lab-1.2", "cadencia-7", "cadencia-00000000000000007", "", "cadencia-ax-1", f"{LEG};2"]
)
def test_channels_of_others_are_none_of_our_business(translator: Translator, uniqueid: str) -> None:
    assert take(translator, *(dict(one, Uniqueid=uniqueid) for one in (BORN, UP, FAILED, GONE))) == []
    assert len(translator.channels) == 0


def test_calls_of_another_cell_are_none_of_our_business() -> None:
    theirs = call_channel(CallId((1 << CELL_SHIFT) + 1))
    assert take(Translator(SETTINGS, cell=0), dict(BORN, Uniqueid=theirs)) == []
    assert take(Translator(SETTINGS, cell=1), dict(BORN, Uniqueid=theirs)) != []


def test_an_agent_who_dialled_in_is_a_leg_under_asterisks_own_id(translator: Translator) -> None:
    enter = message(
        "BridgeEnter", "asterisk-9.9", Context="dialer-agent", Exten="idle", BridgeTechnology="holding_bridge"
    )
    assert take(translator, enter) == [LegUp("asterisk-9.9")]  # type: ignore[arg-type]


def test_an_opt_out_is_told(translator: Translator) -> None:
    assert take(translator, BORN, message("UserEvent", UserEvent="DialerOptOut"))[-1] == OptedOut(CALL)


def test_a_channel_keeps_its_identity_under_a_new_name(translator: Translator) -> None:
    take(translator, BORN, message("Rename", Newname="PJSIP/other"))
    channel = translator.channels.get(ID)
    assert channel is not None
    assert channel.name == "PJSIP/other"


def test_nothing_is_remembered_of_what_is_over(translator: Translator) -> None:
    for n in range(1, 200):
        uniqueid = call_channel(CallId(n))
        bridge = {"BridgeUniqueid": str(n % 3), "BridgeTechnology": "simple_bridge"}
        translator.placed(uniqueid)
        take(translator, message("Newchannel", uniqueid), message("BridgeEnter", uniqueid, **bridge))
        take(translator, message("Hangup", uniqueid, Cause="16"), message("BridgeLeave", uniqueid, **bridge))
    assert len(translator.channels) == 0
    assert not translator.channels._in_bridge
    assert not translator._placed


def test_a_channel_whose_hangup_never_came_is_forgotten_after_two_listings(translator: Translator) -> None:
    take(translator, BORN)
    translator.refresh([])
    assert len(translator.channels) == 1
    translator.refresh([])
    assert len(translator.channels) == 0


WORDS = st.sampled_from(
    [ID, LEG, "cadencia-t1", "x", "", "0", "5", "6", "b1", "b2", "holding_bridge", "idle", "hold", "wait", "3",
     "Failure", "Success", "dialer-agent", "dialer-third", "dialer-customer", "DialerLost", "DialerAbandon", "ANSWER",
     "-1", "\N{ARABIC-INDIC DIGIT ONE}"]
)  # fmt: skip
HEADERS = st.sampled_from(
    ["Uniqueid", "DestUniqueid", "Channel", "ChannelState", "BridgeUniqueid", "BridgeTechnology", "Context", "Exten",
     "Response", "Reason", "Cause", "TechCause", "UserEvent", "DialStatus", "Newname", "BridgeId", "ChanVariable"]
)  # fmt: skip
EVENTS = st.sampled_from(sorted(Translator(SETTINGS, cell=0).wanted))
MESSAGES = st.builds(lambda event, rest: {"Event": event, **rest}, EVENTS, st.dictionaries(HEADERS, WORDS, max_size=9))


@settings(max_examples=300)
@given(st.lists(MESSAGES, max_size=30))
def test_no_order_of_messages_does_harm(messages: list[Message]) -> None:
    translator = Translator(SETTINGS, cell=0)
    translator.placed(ID)
    ended = 0
    for one in messages:
        told = translator.take(one)
        ended += sum(isinstance(event, CallEnded) for event in told)
        translator.refresh([one])
    known = {uniqueid for members in translator.channels._in_bridge.values() for uniqueid in members}
    assert all(translator.channels.get(uniqueid) is not None for uniqueid in known)


def test_a_line_that_a_person_is_handed_on_by_is_told_when_it_is_answered(translator: Translator) -> None:
    take(translator, BORN, UP)
    own = {"Event": "DialEnd", "DestUniqueid": ID, "DialStatus": "ANSWER"}
    onward = {"Event": "DialEnd", "Uniqueid": ID, "DestUniqueid": "host-1.9", "DialStatus": "ANSWER"}
    assert take(translator, own, {**onward, "DialStatus": "BUSY"}) == []
    assert take(translator, onward) == [OnwardAnswered(CALL)]
