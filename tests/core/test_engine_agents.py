"""What the engine does with agents: sign-in, breaks, preview, manual dialling, hold, transfers, a lost leg."""

from itertools import pairwise
from typing import Any

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId, LegId
from dialer.core.messages import (
    AgentDialledIn,
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallAgent,
    CallAnswered,
    CallDispositioned,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallThird,
    CallTransferred,
    CommandFailed,
    ConferenceRequested,
    Connect,
    ConnectLegs,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    DeferLead,
    DropLeg,
    HangUp,
    HangupRequested,
    Hold,
    HoldRequested,
    JoinThree,
    LegEnded,
    LegUp,
    NumberDialled,
    PlaceCall,
    PreviewAccepted,
    PreviewSkipped,
    Refused,
    ReserveCall,
    ResumeRequested,
    ReturnLeads,
    SaveCall,
    SaveSpell,
    ThirdAnswered,
    Transfer,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import Mode, Trunk
from dialer.core.outcomes import EndedBy
from tests.core.floor import CAMPAIGN, Floor, floor, hangup, only, those

ONE = AgentId(1)


def test_an_agent_signs_in_on_a_break_and_is_ready_when_he_says_so() -> None:
    made = floor(agents=1)
    made.tell(AgentSignedOut(ONE))
    wish = only(made.tell(AgentSignedIn(ONE)), CallAgent)
    assert wish.endpoint == "PJSIP/1"
    assert made.agent(1).state == "connecting"
    made.tell(LegUp(wish.leg))
    assert (made.agent(1).state, made.agent(1).reason) == ("break", "signed_in")
    made.tell(AgentReady(ONE))
    assert made.agent(1).state == "ready"


def test_ready_said_before_the_phone_answers_is_kept() -> None:
    made = floor()
    made.tell(AgentSignedOut(ONE))
    wish = only(made.tell(AgentSignedIn(ONE)), CallAgent)
    made.tell(AgentReady(ONE), LegUp(wish.leg))
    assert made.agent(1).state == "ready"


def test_an_agent_who_dials_in_is_ready_once_the_leg_waits() -> None:
    made = floor()
    made.tell(AgentSignedOut(ONE))
    made.tell(AgentDialledIn(ONE, LegId("1795.7")), LegUp(LegId("1795.7")))
    assert made.agent(1).state == "ready"
    assert made.talk()
    assert only(made.said, Connect).leg == "1795.7"


def test_a_break_asked_for_in_a_call_begins_when_it_is_over() -> None:
    made = floor()
    call = made.talk()
    made.tell(AgentPaused(ONE, "lunch"))
    assert (made.agent(1).state, made.agent(1).pause_wanted) == ("talking", "lunch")
    made.tell(hangup(call), CallDispositioned(ONE, call, "RPC"))
    assert (made.agent(1).state, made.agent(1).reason) == ("break", "lunch")


def test_signing_out_in_a_call_waits_for_its_end() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(AgentSignedOut(ONE))
    assert made.agent(1).state == "talking"
    said = made.tell(hangup(call), CallDispositioned(ONE, call, "RPC"))
    assert only(said, DropLeg).leg == leg
    assert made.agent(1).state == "signed_out"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (HangupRequested(ONE), "not_in_state"),
        (HoldRequested(ONE), "not_in_state"),
        (PreviewAccepted(ONE), "not_in_state"),
        (AgentSignedIn(ONE), "not_in_state"),
        (AgentReady(AgentId(99)), "unknown_agent"),
        (NumberDialled(ONE, CAMPAIGN), "number_or_lead"),
        (NumberDialled(ONE, CampaignId(7), number="+56911111111"), "not_your_campaign"),
    ],
)
def test_a_request_that_means_nothing_now_is_refused_with_its_reason(request_: Any, code: str) -> None:
    made = floor()
    before = made.agent(1)
    assert only(made.tell(request_), Refused).code == code
    assert made.agent(1) == before


def test_a_disposition_must_be_one_of_the_campaigns() -> None:
    made = floor()
    call = made.talk()
    assert only(made.tell(CallDispositioned(ONE, call, "NONSENSE")), Refused).code == "unknown_disposition"
    late = CallDispositioned(ONE, call, "CALLBACK", callback_at=made.now - 1)
    assert only(made.tell(late), Refused).code == "callback_in_the_past"


def test_a_disposition_given_in_the_talk_spares_the_wrap_up() -> None:
    made = floor()
    call = made.talk()
    made.tell(CallDispositioned(ONE, call, "RPC"), hangup(call))
    assert made.agent(1).state == "ready"
    assert those(made.said, SaveCall)[-1].record.disposition == "RPC"


# ---------------------------------------------------------------- preview and manual


def preview() -> Floor:
    made = floor(mode=Mode.PREVIEW)
    made.give_leads(3)
    return made


def test_a_preview_is_shown_then_dialled_on_accept_for_that_agent_alone() -> None:
    made = preview()
    shown = made.agent(1).preview
    assert shown is not None
    assert those(made.said, ReserveCall) == []
    wish = only(made.tell(PreviewAccepted(ONE)), ReserveCall)
    assert (wish.lead, wish.agent) == (shown, ONE)
    made.reserve(wish)
    only(made.tell(CallAnswered(wish.call)), Connect)
    assert made.agent(1).state == "talking"


def test_a_preview_unanswered_by_anybody_frees_the_agent_who_sees_why() -> None:
    made = preview()
    wish = only(made.tell(PreviewAccepted(ONE)), ReserveCall)
    made.reserve(wish)
    made.tell(hangup(wish.call, cause=17, tech_cause=486))
    assert made.agent(1).state == "previewing"  # the next one is shown at once
    assert made.agent(1).call is None


def test_previews_skipped_too_often_are_a_break() -> None:
    made = floor(mode=Mode.PREVIEW, preview_skips_max=2)
    made.give_leads(5)
    for _ in range(3):
        made.tell(PreviewSkipped(ONE))
    assert (made.agent(1).state, made.agent(1).reason) == ("break", "previews_skipped")
    assert [defer.reason for defer in those(made.said, DeferLead)] == ["skipped"] * 3


def test_a_preview_not_answered_in_time_is_skipped() -> None:
    made = floor(mode=Mode.PREVIEW, preview_max_s=10.0)
    made.give_leads(1)
    made.tick(11.0)
    assert only(made.said, DeferLead).reason == "preview_timeout"
    assert made.agent(1).state == "ready"


def test_a_break_gives_the_shown_lead_back() -> None:
    made = preview()
    shown = made.agent(1).preview
    assert shown is not None
    made.tell(AgentPaused(ONE, "lunch"))
    assert only(made.said, ReturnLeads).leads == (shown.id,)


def test_a_typed_number_is_checked_placed_and_connected_to_its_agent() -> None:
    made = floor(mode=Mode.MANUAL)
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number="+56911111111")), ReserveCall)
    assert (wish.number, wish.lead) == ("+56911111111", None)
    assert made.agent(1).state == "dialling"
    placed = only(made.reserve(wish), PlaceCall)
    made.tell(CallAnswered(placed.call))
    assert made.agent(1).state == "talking"


def test_a_typed_number_that_a_rule_forbids_is_not_dialled_and_the_agent_sees_why() -> None:
    made = floor(mode=Mode.MANUAL)
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number="+56911111111")), ReserveCall)
    assert those(made.reserve(wish, do_not_call=("global",)), PlaceCall) == []
    assert (made.agent(1).state, made.agent(1).reason) == ("ready", "do_not_call")


def test_a_number_that_no_trunk_carries_tells_the_agent_so_by_a_code_that_consoles_know() -> None:
    made = floor(mode=Mode.MANUAL)
    made.tell(TrunkSet(Trunk(name="carrier", dial="PJSIP/{number}@carrier", countries=("PE",))))
    made.reserve(only(made.tell(NumberDialled(ONE, CAMPAIGN, number="+56911111111")), ReserveCall))
    assert (made.agent(1).state, made.agent(1).reason) == ("ready", "no_way")


def test_an_agent_hangs_up_a_call_on_its_way() -> None:
    made = floor(mode=Mode.MANUAL)
    wish = only(made.tell(NumberDialled(ONE, CAMPAIGN, number="+56911111111")), ReserveCall)
    made.reserve(wish)
    assert only(made.tell(HangupRequested(ONE)), HangUp).call == wish.call
    made.tell(hangup(wish.call, by=EndedBy.DIALER))
    record = those(made.said, SaveCall)[-1].record
    assert (record.outcome, record.ended_by) == ("cancelled", "agent")


# ---------------------------------------------------------------- hold, transfers, a third party


def test_hold_and_back() -> None:
    made = floor()
    call = made.talk()
    assert only(made.tell(HoldRequested(ONE)), Hold).call == call
    made.tell(CallHeld(call))
    assert made.agent(1).state == "holding"
    again = only(made.tell(ResumeRequested(ONE)), Connect)
    assert (again.talk, again.recording) == (2, "")  # one recording goes on through all
    made.tell(CallJoined(call, again.leg))
    assert made.agent(1).state == "talking"


def test_a_refused_hold_leaves_the_talk_as_it_is() -> None:
    made = floor()
    call = made.talk()
    made.tell(HoldRequested(ONE), CommandFailed(Hold(call), "no such channel", lost=False))
    assert made.agent(1).state == "talking"


def test_a_blind_transfer_frees_the_agent_at_once_and_the_call_ends_later() -> None:
    made = floor()
    call = made.talk()
    assert only(made.tell(TransferRequested(ONE, "+56922222222")), Transfer).dial == "PJSIP/56922222222@carrier"
    assert made.agent(1).state == "wrapping"
    made.tell(CallDispositioned(ONE, call, "RPC"))
    assert made.agent(1).state == "ready"
    made.tell(CallTransferred(call, answered=True), hangup(call), after_s=90.0)
    record = those(made.said, SaveCall)[-1].record
    assert (record.outcome, record.disposition) == ("connected", "RPC")
    assert made.agent(1).state == "ready"


def test_a_transfer_that_nobody_takes_comes_back_to_the_agent() -> None:
    made = floor()
    call = made.talk()
    first = only(made.said, Connect)
    made.tell(TransferRequested(ONE, "+56922222222"))
    back = only(made.tell(CallTransferred(call, answered=False), after_s=20.0), Connect)
    assert (back.call, back.recording) == (call, first.recording)  # which ended on the way out, and goes on
    assert made.agent(1).state == "talking"


def consulting() -> tuple[Floor, CallId, LegId]:
    made = floor()
    call = made.talk()
    said = made.tell(ConsultRequested(ONE, "+56922222222"))
    assert only(said, Hold).call == call
    third = only(said, CallThird).leg
    made.tell(CallHeld(call))
    assert only(made.tell(ThirdAnswered(third)), ConnectLegs).third == third
    return made, call, third


def test_an_attended_transfer_joins_person_and_third_and_frees_the_agent() -> None:
    made, _, third = consulting()
    said = made.tell(ConsultCompleted(ONE))
    assert only(said, Connect).leg == third
    assert those(said, DropLeg) == []
    assert made.agent(1).state == "wrapping"


def test_a_consultation_called_off_brings_the_person_back() -> None:
    made, call, third = consulting()
    said = made.tell(ConsultCancelled(ONE))
    assert only(said, DropLeg).leg == third
    assert only(said, Connect).call == call


def test_a_third_party_who_leaves_leaves_the_person_on_hold() -> None:
    made, _, third = consulting()
    made.tell(LegEnded(third, 16))
    assert made.agent(1).state == "holding"
    assert only(made.tell(ConsultCompleted(ONE)), Refused).code == "no_third"
    only(made.tell(ResumeRequested(ONE)), Connect)


def test_three_in_one_talk() -> None:
    made, call, third = consulting()
    assert only(made.tell(ConferenceRequested(ONE)), JoinThree).call == call
    assert made.agent(1).state == "talking"
    said = made.tell(hangup(call))
    assert only(said, DropLeg).leg == third
    assert made.agent(1).state == "wrapping"


# ---------------------------------------------------------------- a lost leg


def test_a_leg_lost_in_a_talk_is_made_again_and_the_person_gets_the_agent_back() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(LegEnded(leg, 44), CallLeftAlone(call))
    assert made.agent(1).state == "leg_lost"
    again = only(made.tick(2.5), CallAgent)
    assert again.leg != leg
    said = made.tell(LegUp(again.leg), after_s=1.0)
    assert only(said, Connect).call == call
    assert made.agent(1).state == "talking"


def test_the_order_of_the_two_words_of_a_lost_leg_does_not_matter() -> None:
    made = floor()
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(CallLeftAlone(call), LegEnded(leg, 44))
    assert made.agent(1).state == "leg_lost"
    again = only(made.tick(2.5), CallAgent)
    assert only(made.tell(LegUp(again.leg)), Connect).call == call


def test_a_person_who_does_not_wait_for_the_lost_leg_ends_in_wrap_up() -> None:
    made = floor(wrap_up_max_s=5.0)
    call = made.talk()
    leg = only(made.said, Connect).leg
    made.tell(LegEnded(leg, 44), CallLeftAlone(call))
    made.tell(hangup(call), after_s=1.0)
    assert made.agent(1).state == "wrapping"
    made.tick(6.0)
    assert made.agent(1).state == "leg_lost"


def test_nobody_is_given_to_an_agent_without_a_leg() -> None:
    made = floor()
    leg = next(wish.leg for wish in those(made.said, CallAgent))
    made.tell(LegEnded(leg, 16))
    assert those(made.give_leads(3), ReserveCall) == []
    assert those(made.tick(1.0), ReserveCall) == []


def test_a_person_left_alone_with_no_agent_to_come_back_is_let_go() -> None:
    made, call, _ = consulting()
    made.tell(ConsultCompleted(ONE))
    assert only(made.tell(CallLeftAlone(call)), HangUp).call == call


def test_time_sheets_have_no_gap() -> None:
    made = floor()
    call = made.talk()
    made.tell(hangup(call), after_s=33.0)
    made.tell(CallDispositioned(ONE, call, "RPC"), after_s=4.0)
    made.tell(AgentSignedOut(ONE), after_s=2.0)
    spells = {spell.since: spell for spell in (save.spell for save in those(made.said, SaveSpell))}
    ordered = [spells[since] for since in sorted(spells)]
    assert all(one.until == following.since for one, following in pairwise(ordered))
    assert ordered[-1].until == made.now


def test_who_signs_out_at_the_very_instant_of_being_ready_leaves_no_open_spell() -> None:
    """As begun, a spell would last until it is told otherwise, and a restart would take the agent for ready."""
    made = floor()
    said = made.tell(AgentPaused(ONE, "lunch"), AgentReady(ONE), AgentSignedOut(ONE))
    spells = {(kept.spell.agent, kept.spell.since): kept.spell for kept in those(said, SaveSpell)}
    assert spells
    assert all(spell.ended for spell in spells.values())
