"""Onward lines, by which people are handed on and third parties called: what they cost, from when, and until when."""

from dataclasses import replace

import pytest

from dialer.core.ids import AgentId, CallId
from dialer.core.inbound import Inbound
from dialer.core.lines_out import LineOut
from dialer.core.messages import (
    AdoptCaller,
    CallerArrived,
    CallerFound,
    CallerQueued,
    CallHeld,
    CallJoined,
    CallThird,
    CallTransferred,
    Command,
    Connect,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    LegEnded,
    OnwardAnswered,
    Restored,
    SaveCall,
    SaveLineOut,
    SwitchSeen,
    ThirdAnswered,
    TransferRequested,
    TrunkSet,
)
from dialer.core.model import ChannelRow
from dialer.core.routing import Tariff
from tests.core.floor import CAMPAIGN, NOON, Floor, floor, hangup, lead, only, those

ONE = AgentId(1)
OUTSIDE = "+56222222222"
TARIFFS = (
    Tariff(prefix="+562", per_minute=0.06, per_call=0.01, first_s=30, step_s=6),
    Tariff(prefix="+569", per_minute=0.6),
)


def priced(made: Floor) -> Floor:
    carrier = made.engine._state.trunks["carrier"].config
    made.tell(TrunkSet(replace(carrier, currency="USD", tariffs=TARIFFS)))
    return made


def over(said: list[Command]) -> LineOut:
    """The line that is over with this, said once."""
    return only(
        [one for one in said if isinstance(one, SaveLineOut) and one.line.ended_at is not None], SaveLineOut
    ).line


def test_a_person_handed_on_costs_from_the_answer_there_by_that_numbers_tariff() -> None:
    made = priced(floor())
    call = made.talk()
    begun = only(made.tell(TransferRequested(ONE, OUTSIDE, "CL"), after_s=10.0), SaveLineOut).line
    assert (begun.call, begun.trunk, begun.number, begun.answered_at) == (call, "carrier", OUTSIDE, None)
    made.tell(OnwardAnswered(call), after_s=8.0)
    made.tell(CallTransferred(call, answered=True), after_s=40.0)
    said = made.tell(hangup(call))
    line = over(said)
    assert (line.id, line.answered_at, line.ended_at) == (begun.id, made.now - 40.0, made.now)
    assert line.cost == pytest.approx(0.01 + 0.06 * 42 / 60)  # in steps of 6 s
    assert line.currency == "USD"
    own = those(said, SaveCall)[-1].record
    assert own.cost == pytest.approx(0.6 * 58 / 60)  # the person's own line goes on meanwhile


def test_one_that_nobody_took_costs_nothing_and_one_whose_answer_nobody_heard_costs_from_its_placing() -> None:
    made = priced(floor())
    call = made.talk()
    made.tell(TransferRequested(ONE, OUTSIDE, "CL"))
    line = over(made.tell(CallTransferred(call, answered=False), after_s=25.0))
    assert (line.answered_at, line.cost, line.currency) == (None, 0.0, "USD")
    made.tell(TransferRequested(ONE, OUTSIDE, "CL"))
    placed = made.now
    made.tell(CallTransferred(call, answered=True), after_s=60.0)
    assert over(made.tell(hangup(call))).answered_at == placed


@pytest.mark.parametrize("ends", ["cancelled", "third leaves", "completed"])
def test_a_third_party_costs_from_its_answer_until_it_is_gone(ends: str) -> None:
    made = priced(floor())
    call = made.talk()
    third = only(made.tell(ConsultRequested(ONE, OUTSIDE, "CL")), CallThird).leg
    made.tell(CallHeld(call), ThirdAnswered(third), after_s=6.0)
    if ends == "completed":
        made.tell(ConsultCompleted(ONE), after_s=30.0)
        said = made.tell(hangup(call), after_s=60.0)
    else:
        said = made.tell(LegEnded(third, 16) if ends == "third leaves" else ConsultCancelled(ONE), after_s=30.0)
    line = over(said)
    seconds = 90 if ends == "completed" else 30
    assert line.ended_at is not None
    assert line.answered_at == line.ended_at - seconds
    assert line.cost == pytest.approx(0.01 + 0.06 * seconds / 60)


def test_what_a_caller_is_handed_on_by_costs_though_the_callers_own_call_does_not() -> None:
    made = priced(floor(inbound=Inbound(on=True)))
    call = only(made.tell(CallerArrived("host-1.7", "+56900000700", "+5622000000")), AdoptCaller).call
    made.tell(CallerFound(call, CAMPAIGN, lead(700, number="+56900000700")))
    made.tell(CallJoined(call, only(made.tell(CallerQueued(call)), Connect).leg))
    made.tell(TransferRequested(ONE, OUTSIDE, "CL"), OnwardAnswered(call))
    said = made.tell(hangup(call), after_s=60.0)
    assert over(said).cost == pytest.approx(0.07)
    assert those(said, SaveCall)[-1].record.cost is None


def test_without_a_tariff_for_the_number_the_line_is_kept_without_a_cost() -> None:
    made = priced(floor())
    call = made.talk()
    made.tell(TransferRequested(ONE, "+525512345678", "MX"), OnwardAnswered(call))
    assert (over(made.tell(hangup(call), after_s=60.0)).cost, made.work().lines) == (None, 0)


def test_a_line_goes_on_over_a_restart_with_its_call_and_ends_where_that_is_gone() -> None:
    made = priced(floor())
    call = made.talk()
    made.tell(TransferRequested(ONE, OUTSIDE, "CL"), OnwardAnswered(call))
    record = those(made.said, SaveCall)[-1].record
    line = those(made.said, SaveLineOut)[-1].line
    gone = replace(line, id=CallId(901), call=CallId(900))
    again = priced(floor(agents=0))
    said = again.tell(Restored((record,), (), CallId(902), 1, lines_out=(line, gone)), after_s=30.0)
    assert (over(said).id, over(said).ended_at) == (CallId(901), again.now)
    again.tell(SwitchSeen((ChannelRow(call=call, place="out", up=True, talks=1),), again.now, reconnected=True))
    assert again.work().lines == 2
    ended = over(again.tell(hangup(call), after_s=30.0))
    assert (ended.id, ended.answered_at) == (line.id, line.answered_at)
    assert ended.ended_at is not None
    assert ended.ended_at >= NOON + 60.0
    assert again.work().lines == 0
    assert again.engine._state.trunks["carrier"].lines == 0
