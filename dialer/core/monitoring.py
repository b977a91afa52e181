"""Supervisors' hands: hear an agent, whisper, barge in, take a call over.

One leg for each supervisor, whose mode and agent are changed while it stays up.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from dialer.core.agents import AgentState, Seat
from dialer.core.calls import CallState, TransferSent
from dialer.core.ids import CampaignId, LegId, monitor_id
from dialer.core.messages import (
    CallTakenOver,
    Connect,
    DropLeg,
    Monitor,
    MonitorEnded,
    MonitorMode,
    MonitorOther,
    MonitorRequested,
    MonitorUp,
    Refused,
    SetMonitorMode,
)
from dialer.core.seats import begin_wrap_up
from dialer.core.state import State, Watch

ANSWER_S = 45.0  # a supervisor's phone that was not answered by then is called no longer
NOT_HEARD = Refused("not_monitoring", "listen to the agent first")
NO_TALK = Refused("no_talk", "the agent talks with nobody")


def _monitor(state: State, event: MonitorRequested) -> None:
    """Hear an agent; where the supervisor hears one already, only what differs is changed."""
    seat = state.seats.get(event.agent)
    if seat is None:
        state.say(Refused("unknown_agent", f"there is no agent {event.agent}"))
    elif seat.leg is None or not seat.leg_up:
        state.say(Refused("no_phone", "the agent's phone is not connected"))
    elif not state.switch_up:
        state.say(Refused("not_now", "there is no link to the switch"))
    else:
        _hear(state, event, seat, seat.leg)


def _hear(state: State, event: MonitorRequested, seat: Seat, agent_leg: LegId) -> None:
    watch = _of(state, event.by)
    if watch is not None and not watch.up and watch.agent != event.agent:  # it rings for another agent
        _drop(state, watch)
        watch = None
    if watch is None:
        if not event.endpoint:
            state.say(Refused("no_endpoint", "say which phone shall ring"))
            return
        watch = Watch(event.by, event.name, _fresh(state, seat), seat.id, event.mode, state.now)
        watch.campaigns = _heard_of(event)
        state.watches[watch.leg] = watch
        state.say(Monitor(watch.leg, agent_leg, event.endpoint))
        return
    former, watch.mode, watch.campaigns = watch.mode, event.mode, _heard_of(event)
    if watch.agent != event.agent:
        watch.agent, watch.up, watch.called_at = event.agent, False, state.now
        state.say(MonitorOther(watch.leg, agent_leg))
    elif watch.up and former is not event.mode:
        state.say(SetMonitorMode(watch.leg, event.mode))


def _ended(state: State, event: MonitorEnded) -> None:
    watch = _of(state, event.by, taken=True)
    if watch is None:
        state.say(NOT_HEARD)
    else:
        _drop(state, watch)


def _taken_over(state: State, event: CallTakenOver) -> None:
    """The person goes on with the supervisor, the agent writes up."""
    watch = _of(state, event.by)
    seat = state.seats.get(watch.agent) if watch is not None and watch.up else None
    call = state.call_on(seat) if seat is not None else None
    if watch is None or seat is None:
        state.say(NOT_HEARD)
    elif call is None or call.state is not CallState.TALKING or seat.state is not AgentState.TALKING or seat.third:
        state.say(NO_TALK)
    else:
        watch.taken = call.id
        call.talks += 1
        state.say(Connect(call.id, watch.leg, call.talks))
        state.advance(call, TransferSent(call.id))
        begin_wrap_up(state, call)


def _fresh(state: State, seat: Seat) -> LegId:
    """A leg that no other supervisor has, who asked at the same instant."""
    names = (monitor_id(seat.id, state.now + n / 1000) for n in count())
    return next(one for one in names if one not in state.watches)


def _heard_of(event: MonitorRequested) -> frozenset[CampaignId] | None:
    return frozenset(event.campaigns) if event.campaigns is not None else None


def moved(state: State, seat: Seat) -> None:
    """The agent works for other campaigns from now on: who may not hear of them hears the agent no longer.

    A call that was taken over goes on: it was its supervisor's to take.
    """
    for watch in list(state.watches.values()):
        foreign = watch.campaigns is not None and not watch.campaigns.issuperset(seat.agent.campaigns)
        if watch.agent == seat.id and watch.taken is None and foreign:
            _drop(state, watch)


def _of(state: State, by: str, *, taken: bool = False) -> Watch | None:
    return next((one for one in state.watches.values() if one.by == by and (taken or one.taken is None)), None)


def _drop(state: State, watch: Watch) -> None:
    del state.watches[watch.leg]
    state.say(DropLeg(watch.leg))


# ---------------------------------------------------------------- as the switch tells, and time


def up(state: State, event: MonitorUp) -> None:
    """The supervisor hears the agent, listening; another mode is asked for now."""
    watch = state.watches.get(event.leg)
    if watch is None:
        state.ignore(event)
        return
    watch.up = True
    if watch.mode is not MonitorMode.LISTEN:
        state.say(SetMonitorMode(watch.leg, watch.mode))


def look(state: State) -> None:
    """Give up a phone that nobody answers."""
    for watch in list(state.watches.values()):
        if not watch.up and state.now - watch.called_at > ANSWER_S:
            _drop(state, watch)


def seen(state: State, legs: frozenset[LegId], settled: float) -> None:
    """Forget the legs that the switch does not hold."""
    for watch in list(state.watches.values()):
        if watch.leg not in legs and watch.called_at < settled:
            del state.watches[watch.leg]


HANDLERS: dict[type, Callable[[State, Any], None]] = {
    MonitorRequested: _monitor,
    MonitorEnded: _ended,
    CallTakenOver: _taken_over,
    MonitorUp: up,
}
