"""A call that is written up after its time: what is said then does what it would have done in time, and no more."""

from dataclasses import replace
from typing import Any

import pytest

from dialer.core.ids import AgentId, CallId, CampaignId
from dialer.core.messages import (
    AddDoNotCall,
    CallDispositioned,
    CallWrittenUp,
    CampaignSet,
    LeadsClaimed,
    LegUp,
    PlaceCall,
    Refused,
    ReleaseCall,
    ReserveCall,
    Restrict,
    ReturnLeads,
    SaveCall,
    SaveDisposition,
    SaveLead,
    SavePhone,
)
from dialer.core.model import DISPOSITIONS, Lead, Mode
from tests.core.floor import CAMPAIGN, Floor, campaign, floor, hangup, lead, only, those

ONE = AgentId(1)
KEPT = (SaveDisposition, SaveLead, SavePhone, AddDoNotCall, Restrict)


def ran_out(**changes: Any) -> tuple[Floor, CallId, Lead]:
    """A floor on which a wrap-up ran out with nothing said; the lead is as the store has it since."""
    made = floor(wrap_up_max_s=10.0, **changes)
    call = made.talk()
    made.tell(hangup(call), LegUp(made.leg(1)))
    said = made.tick(11.0)
    assert made.agent(1).state == "ready"
    after, number = only(said, SaveLead), only(said, SavePhone)
    known = replace(
        lead(1), attempts=after.attempts, result=after.result, streak=after.streak, called_before=number.calls,
        answered_before=number.answers,
    )  # fmt: skip
    return made, call, known


def late(made: Floor, call: CallId, known: Lead, code: str, **changes: Any) -> CallWrittenUp:
    record = next(one.record for one in reversed(those(made.said, SaveCall)) if one.record.id == call)
    return CallWrittenUp(agent=ONE, record=record, lead=known, last=True, code=code, **changes)


def kept(said: list[Any], began: float) -> list[Any]:
    """What is kept, with times counted from there."""
    found: list[Any] = []
    for one in said:
        match one:
            case SaveLead(due_at=at):
                found.append(replace(one, due_at=at and at - began))
            case SavePhone(due_at=at):
                found.append(replace(one, due_at=at and at - began, tried_at=0.0))
            case _ if isinstance(one, KEPT):
                found.append(one)
    return found


@pytest.mark.parametrize("code", [one.code for one in DISPOSITIONS])
def test_what_is_said_late_is_kept_as_if_it_had_been_said_in_time(code: str) -> None:
    early = floor(wrap_up_max_s=10.0)
    call = early.talk()
    early.tell(hangup(call))
    in_time = kept(early.tell(CallDispositioned(ONE, call, code, notes="as said")), early.now)
    made, call, known = ran_out()
    said = made.tell(late(made, call, known, code, notes="as said"), after_s=3600.0)
    assert kept(said, made.now) == in_time
    assert only(said, SaveCall).record.disposition == code
    assert made.agent(1).state == "ready"


def test_what_was_taken_when_the_time_ran_out_is_marked() -> None:
    made, call, known = ran_out()
    said = made.tell(late(made, call, known, "PTP", unconfirmed=True))
    assert only(said, SaveDisposition).unconfirmed
    assert not only(made.tell(late(made, call, known, "PTP")), SaveDisposition).unconfirmed


def test_a_lead_at_hand_or_shown_is_taken_back_before_it_is_decided_anew() -> None:
    made, call, known = ran_out()
    made.tell(CampaignSet(campaign(mode=Mode.PREVIEW, wrap_up_max_s=10.0)))
    made.tell(LeadsClaimed(CAMPAIGN, (replace(known, number="+56900000001"),)))
    assert made.agent(1).state == "previewing"
    said = made.tell(late(made, call, known, "DNC"))
    assert only(said, ReturnLeads).leads == (known.id,)
    assert said.index(only(said, ReturnLeads)) < said.index(only(said, SaveLead))
    assert made.agent(1).state == "ready"


def test_a_call_that_is_being_reserved_is_not_made_once_its_lead_was_said_to_be_done() -> None:
    made, call, known = ran_out()
    wish = only(made.tell(LeadsClaimed(CAMPAIGN, (known,))), ReserveCall)
    only(made.tell(late(made, call, known, "REFUSED")), SaveLead)
    said = made.reserve(wish)
    assert not those(said, PlaceCall)
    only(said, ReleaseCall)


def test_what_became_of_a_lead_that_was_called_since_stands() -> None:
    made, call, known = ran_out()
    wish = only(made.tell(LeadsClaimed(CAMPAIGN, (known,))), ReserveCall)
    only(made.reserve(wish), PlaceCall)
    said = made.tell(late(made, call, known, "DNC"))
    assert not those(said, SaveLead)  # the call under way decides
    only(said, AddDoNotCall)  # what the person asked for holds all the same
    refused = made.tell(late(made, call, known, "CALLBACK", callback_at=made.now + 60))
    assert only(refused, Refused).code == "called_since"
    made, call, known = ran_out()
    event = replace(late(made, call, known, "PTP"), last=False)
    assert not those(made.tell(event), SaveLead)


def test_what_cannot_be_said_is_refused_and_changes_nothing() -> None:
    made, call, known = ran_out()
    good = late(made, call, known, "CALLBACK", callback_at=made.now + 60)
    wrong = {
        "unknown_disposition": replace(good, code="NONSENSE"),
        "callback_in_the_past": replace(good, callback_at=made.now - 1),
        "not_your_call": replace(good, agent=AgentId(2)),
        "unknown_campaign": replace(good, record=replace(good.record, campaign=CampaignId(7))),
    }
    for code, event in wrong.items():
        [answer] = made.tell(event)
        assert isinstance(answer, Refused)
        assert answer.code == code


def test_a_call_that_is_still_written_up_or_talked_is_not_over() -> None:
    made = floor()
    call = made.talk()
    event = late(made, call, lead(1), "RPC")
    assert only(made.tell(event), Refused).code == "not_in_state"
    made.tell(hangup(call))
    assert only(made.tell(event), Refused).code == "not_in_state"
