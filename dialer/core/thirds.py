"""Transfers, consultations and three in one talk: what an agent asks for beyond the one person.

Every line that leads outwards for it counts on its trunk and for its campaign, until it is over; and for the caps of
whoever is called, as any call does.
"""

from dataclasses import dataclass, replace

from dialer.core.agents import AgentState, Seat, Third
from dialer.core.calls import Call, CallState, TransferSent
from dialer.core.campaigns import Work
from dialer.core.ids import CallId, PersonId, third_id
from dialer.core.lines_out import LineOut
from dialer.core.messages import (
    CallThird,
    ConferenceRequested,
    Connect,
    ConsultCancelled,
    ConsultCompleted,
    ConsultRequested,
    Hold,
    JoinThree,
    Refused,
    SaveLineOut,
    Transfer,
    TransferRequested,
)
from dialer.core.model import Campaign, DialFacts
from dialer.core.receipts import save_receipt
from dialer.core.rules import Forbidden, Verdict
from dialer.core.seats import begin_wrap_up, connect, drop_third, hear_again
from dialer.core.showing import verdict_on
from dialer.core.state import State
from dialer.core.ways_out import is_the_houses, no_trunk, shown_beside, trunk_for

NOT_NOW = Refused("not_now", "no call can be placed at the moment")
NO_TALK = Refused("no_talk", "there is nobody to hand on")
FORBIDDEN = "number_forbidden"  # the reason begins with the rule
NO_THIRD = Refused("no_third", "nobody has answered the consultation")


# ---------------------------------------------------------------- lines


def has_line(state: State, work: Work) -> bool:
    """Whether an agent's own wish to dial can be granted."""
    return state.may_place and work.lines_free > 0


@dataclass(frozen=True, slots=True)
class _Line:
    """A line outwards that was taken: how the switch is to dial, and what is shown."""

    id: CallId
    dial: str
    caller_id: str


def _take_line(state: State, call: Call, event: TransferRequested | ConsultRequested) -> _Line | Refused:
    """A line towards the number, on a trunk of the campaign that carries it; the reason where there is none."""
    work, number, country = state.campaigns[call.campaign.id], event.number, event.country
    if not has_line(state, work):
        return NOT_NOW
    shown = shown_beside(state, call, number, country)
    verdict = _verdict(state, work.campaign, event, shown)
    if isinstance(verdict, Refused):
        return verdict
    if isinstance(verdict, Forbidden):
        _keep(state, work.campaign, event, verdict)
        return Refused(FORBIDDEN, f"{verdict.rule}: {verdict.reason}")
    trunk = trunk_for(state, work, number, country)
    if trunk is None:
        _, why, _ = no_trunk(state, work, number, country)
        return Refused("no_trunk", why)
    line = CallId(state.next_call)
    state.next_call += 1
    _keep(state, work.campaign, event, verdict, line)
    out = LineOut(
        id=line, call=call.id, campaign=call.campaign.id, client=call.campaign.client, trunk=trunk.config.name,
        number=number, placed_at=state.now, person=_person(event.facts),
    )  # fmt: skip
    state.take_line(work, out)
    state.say(SaveLineOut(out))
    return _Line(line, trunk.dial_string(number), shown)


def _verdict(
    state: State, campaign: Campaign, event: TransferRequested | ConsultRequested, shown: str
) -> Verdict | Refused | None:
    """What the rules say of the number; None of those that none is held against: the house's own, and the directory."""
    if is_the_houses(campaign, event.number):
        return None
    if event.facts is None:
        return Refused("not_checked", "the number was not held against the calling rules")
    if any(one.lead is not None and one.lead.number == event.number for one in state.calls.values()):
        return Refused("number_on_call", "the number is on a call of ours already")
    showing = replace(campaign, caller_id=shown) if shown else campaign
    return verdict_on(event.facts, campaign, showing, state.law, state.now)


def _keep(
    state: State,
    campaign: Campaign,
    event: TransferRequested | ConsultRequested,
    verdict: Verdict | None,
    line: CallId | None = None,
) -> None:
    """Keep the verdict in the compliance log, as that on any other call."""
    if verdict is not None and event.facts is not None:
        save_receipt(state, campaign, event.facts, verdict, line)


def _person(facts: DialFacts | None) -> PersonId | None:
    """Whose number it is; None of somebody of whom it is all that is known."""
    return (facts.lead.person or None) if facts is not None else None


# ---------------------------------------------------------------- what agents ask for


def transfer(state: State, seat: Seat, event: TransferRequested) -> None:
    """Blind: the person goes to the number, the agent writes up."""
    call = _talk(state, seat)
    if call is None:
        state.say(NO_TALK)
        return
    line = _take_line(state, call, event)
    if isinstance(line, Refused):
        state.say(line)
        return
    drop_third(state, seat)
    state.free_line(call.line_out)  # of before a restart
    call.line_out = line.id
    hear_again(state, seat, call)  # before: the recording ends on the way out
    state.say(Transfer(call.id, line.dial, line.caller_id))
    _let_go(state, call)


def consult(state: State, seat: Seat, event: ConsultRequested) -> None:
    """The person holds; a third party is called for the agent."""
    call = _talk(state, seat)
    if call is None:
        state.say(NO_TALK)
        return
    if seat.third is not None:
        state.say(Refused("consulting", "a consultation is going on already"))
        return
    line = _take_line(state, call, event)
    if isinstance(line, Refused):
        state.say(line)
        return
    if seat.state is AgentState.TALKING:
        state.say(Hold(call.id))
        state.put(seat, AgentState.HOLDING)
    seat.third = Third(third_id(seat.id, state.now), line.id, state.now)
    state.thirds[seat.third.leg] = seat.id
    state.say(CallThird(seat.third.leg, line.dial, line.caller_id))


def complete(state: State, seat: Seat, _: ConsultCompleted) -> None:
    """Attended: person and third party go on without the agent."""
    call, third = _talk(state, seat), seat.third
    if call is None or third is None or not third.answered:
        state.say(NO_THIRD)
        return
    state.thirds.pop(third.leg, None)
    state.free_line(call.line_out)
    seat.third, call.line_out = None, third.line
    call.talks += 1
    state.say(Connect(call.id, third.leg, call.talks))
    _let_go(state, call)


def cancel(state: State, seat: Seat, _: ConsultCancelled) -> None:
    """Back to the person alone."""
    call = _talk(state, seat)
    drop_third(state, seat)
    if call is None or call.state is not CallState.HOLDING or not seat.leg_up:
        state.say(Refused("no_call", "nobody is on hold"))
    else:
        connect(state, seat, call)


def conference(state: State, seat: Seat, _: ConferenceRequested) -> None:
    """All three hear each other."""
    call = _talk(state, seat)
    if call is None or seat.third is None or not seat.third.answered or seat.leg is None:
        state.say(NO_THIRD)
        return
    seat.third.joined = True
    state.say(JoinThree(call.id, seat.leg))
    state.put(seat, AgentState.TALKING)


def _talk(state: State, seat: Seat) -> Call | None:
    call = state.call_on(seat)
    return call if call is not None and call.bridged_at is not None else None


def _let_go(state: State, call: Call) -> None:
    """The person goes on without the agent, who writes up."""
    state.advance(call, TransferSent(call.id))
    begin_wrap_up(state, call)
