"""Whom agents bring into a talk: the line goes by the number dialled, and shows a number of ours."""

from dataclasses import replace
from typing import Any

import pytest

from dialer.core.caller_ids import Pool
from dialer.core.ids import AgentId
from dialer.core.inbound import Inbound
from dialer.core.messages import (
    AdoptCaller,
    CallAnswered,
    CallerArrived,
    CallerFound,
    CallerIdsSet,
    CallerQueued,
    CallJoined,
    CallThird,
    Connect,
    ConsultRequested,
    PlaceCall,
    Refused,
    ReserveCall,
    RulesSet,
    SaveLineOut,
    SaveReceipt,
    Transfer,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import DialFacts, Trunk
from dialer.core.packs.schema import Confidence, Hours, Kept, Purpose, Rule, Rulebook, Status, Stop
from dialer.core.rules import EVERY_DAY
from dialer.core.trunks import Health
from tests.core.floor import CAMPAIGN, Floor, floor, lead, only, those

ONE = AgentId(1)
OUTSIDE, OURS, CALLER = "+56222222222", "+5622000000", "+56900000700"


def with_a_caller(*, shows: str = OURS) -> Floor:
    """An agent in a talk with somebody who called us."""
    made = floor(inbound=Inbound(on=True), caller_id=shows)
    call = only(made.tell(CallerArrived("host-1.7", CALLER, OURS)), AdoptCaller).call
    made.tell(CallerFound(call, CAMPAIGN, lead(700, number=CALLER)))
    wish = only(made.tell(CallerQueued(call)), Connect)
    made.tell(CallJoined(call, wish.leg))
    return made


def test_a_caller_is_handed_on_and_whoever_takes_it_sees_a_number_of_ours() -> None:
    asked = with_a_caller().tell(TransferRequested(ONE, OUTSIDE, "CL"))
    wish = only(asked, Transfer)
    assert (wish.dial, wish.caller_id) == ("PJSIP/56222222222@carrier", OURS)
    third = only(with_a_caller().tell(ConsultRequested(ONE, OUTSIDE, "CL")), CallThird)
    assert (third.dial, third.caller_id) == ("PJSIP/56222222222@carrier", OURS)


def test_where_the_campaign_shows_numbers_of_a_pool_a_callers_third_sees_one_of_them() -> None:
    made = with_a_caller(shows="")
    made.tell(CallerIdsSet((Pool(name="chile", numbers=("+56912000001", "+56222000001")),)))
    assert only(made.tell(TransferRequested(ONE, OUTSIDE, "CL")), Transfer).caller_id == "+56222000001"  # the nearest


def test_a_third_sees_what_the_person_was_shown() -> None:
    made = floor(caller_id="")
    made.tell(CallerIdsSet((Pool(name="chile", numbers=("+56912000001", "+56222000001")),)))
    placed = only(made.reserve(only(made.give_leads(1), ReserveCall)), PlaceCall)
    made.tell(CallJoined(placed.call, only(made.tell(CallAnswered(placed.call)), Connect).leg))
    assert only(made.tell(TransferRequested(ONE, OUTSIDE, "CL")), Transfer).caller_id == placed.caller_id


@pytest.mark.parametrize("kind", [TransferRequested, ConsultRequested])
def test_the_line_goes_by_a_trunk_that_carries_the_number(kind: type[TransferRequested | ConsultRequested]) -> None:
    made = floor(trunks=("carrier", "fixed"))
    carrier = made.engine._state.trunks["carrier"].config
    made.tell(TrunkSet(replace(carrier, prefixes=("+569",))))
    made.talk()
    refused = only(made.tell(kind(ONE, OUTSIDE, "CL")), Refused)
    assert (refused.code, refused.reason) == ("no_trunk", "no trunk carries the number")
    made.tell(TrunkSet(replace(carrier, name="fixed", dial="PJSIP/{number}@fixed", countries=("CL",))))
    said = made.tell(kind(ONE, OUTSIDE, "CL"))
    assert [one.dial for one in said if isinstance(one, Transfer | CallThird)] == ["PJSIP/56222222222@fixed"]
    assert made.engine._state.trunks["fixed"].lines == 1


def test_people_handed_on_for_long_never_rest_the_trunk() -> None:
    made = floor(agents=15)
    for agent in range(1, 16):
        made.talk(agent)
    for agent in range(1, 16):
        only(made.tell(TransferRequested(AgentId(agent), OUTSIDE, "CL")), Transfer)
    made.tick(60.0)
    trunk = made.engine._state.trunks["carrier"]
    trunk.room(made.now)
    assert trunk.state is Health.HEALTHY


def fresh(**facts: Any) -> DialFacts:
    return DialFacts(lead=lead(77, number="+56987654321"), **facts)


NIGHT_S = 12 * 3600.0  # the floor's day begins at one in the afternoon of Santiago


@pytest.mark.parametrize("kind", [TransferRequested, ConsultRequested])
def test_a_number_outside_is_held_to_the_rules_as_one_that_is_dialled_is(
    kind: type[TransferRequested | ConsultRequested],
) -> None:
    made = floor()
    made.talk()
    listed = fresh(do_not_call=("register",))
    died = fresh(stops=(Stop(Kept.DECEASED, None),))
    often = fresh(dials_of_number_24h=3)
    for facts, rule in ((listed, "do_not_call"), (died, "stop.deceased"), (often, "default.number_24h"), (None, "")):
        refused = only(made.tell(kind(ONE, "+56987654321", "CL", facts)), Refused)
        assert refused.code == ("number_forbidden" if rule else "not_checked")
        assert refused.reason.startswith(rule)
        assert (made.agent(1).state, made.agent(1).third) == ("talking", "")
    said = made.tell(kind(ONE, "+56987654321", "CL", fresh()))
    assert [one.dial for one in said if isinstance(one, Transfer | CallThird)] == ["PJSIP/56987654321@carrier"]


@pytest.mark.parametrize("kind", [TransferRequested, ConsultRequested])
def test_a_leads_number_is_left_alone_out_of_hours_and_the_directory_never_sleeps(
    kind: type[TransferRequested | ConsultRequested],
) -> None:
    made = floor()
    made.talk()
    made.now += NIGHT_S
    refused = only(made.tell(kind(ONE, "+56987654321", "CL", fresh())), Refused)
    assert (refused.code, refused.reason.partition(":")[0]) == ("number_forbidden", "default.hours")
    said = made.tell(kind(ONE, OUTSIDE, "CL"))
    assert [one.dial for one in said if isinstance(one, Transfer | CallThird)] == ["PJSIP/56222222222@carrier"]


def test_a_rule_of_the_law_holds_for_whom_agents_bring_in_too() -> None:
    made = floor()
    made.talk()
    shut = Rule(id="hours", version="1", country="CL", purposes=(Purpose.COLLECTIONS,), status=Status.HOUSE,
                hours=(Hours(EVERY_DAY, 0, 1),), source="", confidence=Confidence.A)  # fmt: skip
    made.tell(RulesSet(Rulebook((shut,))))
    refused = only(made.tell(TransferRequested(ONE, "+56987654321", "CL", fresh())), Refused)
    assert (refused.code, refused.reason.partition(".")[2].startswith("hours")) == ("number_forbidden", True)


@pytest.mark.parametrize("kind", [TransferRequested, ConsultRequested])
def test_a_number_inside_the_house_goes_where_a_trunk_leads_inside_and_no_rule_is_held_against_it(
    kind: type[TransferRequested | ConsultRequested],
) -> None:
    made = floor()
    made.talk()
    made.now += NIGHT_S
    refused = only(made.tell(kind(ONE, "2001")), Refused)
    assert (refused.code, refused.reason) == ("no_trunk", "no trunk carries the number")
    pbx = Trunk(name="pbx", dial="PJSIP/{number}@pbx", lines_max=5, inside=True)
    made.tell(TrunkSet(pbx))
    said = made.tell(kind(ONE, "2001"))
    assert [one.dial for one in said if isinstance(one, Transfer | CallThird)] == ["PJSIP/2001@pbx"]
    assert those(said, SaveReceipt) == []
    assert made.engine._state.trunks["pbx"].lines == 1


@pytest.mark.parametrize("kind", [TransferRequested, ConsultRequested])
def test_whom_agents_bring_in_was_called_their_verdict_is_kept_and_a_line_that_talks_is_left_alone(
    kind: type[TransferRequested | ConsultRequested],
) -> None:
    made = floor()
    call = made.talk()
    only(made.tell(kind(ONE, "+56987654321", "CL", fresh(do_not_call=("register",)))), Refused)
    said = made.tell(kind(ONE, "+56987654321", "CL", fresh()))
    line = only(said, SaveLineOut).line
    assert (line.call, line.person, line.number) == (call, fresh().lead.person, "+56987654321")
    receipts = [one.receipt for one in those(made.said, SaveReceipt) if one.receipt.number == "+56987654321"]
    assert [(one.allowed, one.rule, one.call) for one in receipts] == [
        (False, "do_not_call", None),
        (True, receipts[1].rule, line.id),
    ]
    other = floor()
    person = other.engine._state.calls[other.talk()].lead
    assert person is not None
    refused = only(other.tell(kind(ONE, person.number, "CL", DialFacts(lead=person))), Refused)
    assert refused.code == "number_on_call"
