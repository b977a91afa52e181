"""The engine's picture against what the switch says exists: after a lost link, a restart, and every some seconds.

Nothing is hung up that is not understood, and nothing is placed again.
"""

from dialer.core import monitoring
from dialer.core.agents import AgentState, Seat
from dialer.core.callers import arrived as caller_arrived
from dialer.core.callers import seen as caller_seen
from dialer.core.calls import UNANSWERED, Call, CallerGuided, CallState, TransferSent
from dialer.core.connecting import (
    UNTOLD_S,
    abandonment_played,
    hang_up,
    heard,
    held,
    joined,
    left_alone,
    rejoin,
)
from dialer.core.ending import finish
from dialer.core.ids import CELL_SHIFT, CallId, LegId
from dialer.core.legs import go_on, leg_ended, leg_up
from dialer.core.messages import (
    AbandonmentPlayed,
    Alarm,
    CallAnswered,
    CallHeld,
    CallJoined,
    CallLeftAlone,
    CallQueued,
    CallRang,
    DropLeg,
    LegEnded,
    LegUp,
    MuteRecording,
    SwitchLost,
    SwitchSeen,
)
from dialer.core.model import ChannelRow
from dialer.core.screening import agree as agree_on_screening
from dialer.core.screening import call_answered
from dialer.core.seats import begin_wrap_up, call_leg
from dialer.core.state import State

SETTLED_S = 1.0  # what changed this short a time before the switch was asked is not held against its answer
MISSES = 2  # lists in a row that must lack a call or leg before it counts as gone


def lost(state: State, _: SwitchLost) -> None:
    state.switch_up = False


def seen(state: State, event: SwitchSeen) -> None:
    rows = {row.call: row for row in event.rows if row.call is not None}
    _numbers_taken(state, rows)
    state.switch_up = True
    state.wake_all()
    settled = event.asked_at - SETTLED_S
    # Before legs are looked at: one that waits makes the engine try its talk again, and the call would look new.
    missing = [call for call in state.calls.values() if call.id not in rows and _must_exist(call, settled)]
    _legs_seen(state, event, settled)
    monitoring.seen(state, frozenset(row.leg for row in event.rows if row.leg is not None), settled)
    for call in missing:
        call.missed += 1
        if (event.reconnected or call.missed >= MISSES) and call.id in state.calls:
            finish(state, call, None)
    for call in list(state.calls.values()):
        row = rows.get(call.id)
        if row is not None and _is_settled(call, settled):
            call.missed = 0
            _agree(state, call, row, settled)
            _agree_on_recording(state, call, row, reconnected=event.reconnected)
    for seat in state.seats.values():
        go_on(state, seat)
    _report_strangers(state, rows)
    while state.early:
        caller_arrived(state, state.early.popleft())


def _numbers_taken(state: State, rows: dict[CallId, ChannelRow]) -> None:
    """A call that a killed process took up and never told the store of keeps its number to itself."""
    cell = state.next_call >> CELL_SHIFT
    state.next_call = max([state.next_call, *(call + 1 for call in rows if call >> CELL_SHIFT == cell)])


# ---------------------------------------------------------------- calls


def _is_settled(call: Call, settled: float) -> bool:
    """Whether the list can be held against the call: it was asked for after the call came to where it is."""
    if call.state is CallState.RESERVING:
        return False
    return call.since <= settled or call.state is CallState.UNKNOWN


def _must_exist(call: Call, settled: float) -> bool:
    """Whether it speaks against the call that the list lacks it. What was sent by a link that broke may still come."""
    if call.state is CallState.PLACING:
        settled += SETTLED_S - UNTOLD_S
    return _is_settled(call, settled)


def _agree(state: State, call: Call, row: ChannelRow, settled: float) -> None:
    """Bring the call to where the switch says it is."""
    if call.hung_up is not None and not (call.paced and call.state is CallState.WAITING):
        hang_up(state, call, call.hung_up)  # said before, and perhaps lost
    if call.state is CallState.UNKNOWN and not row.up:
        state.advance(call, CallerGuided(call.id) if call.inbound else CallQueued(call.id))
    if row.rings and call.ringing_at is None and not call.inbound:
        heard(state, CallRang(call.id))  # said while nobody listened; without it the time-out would look like a failure
    if not row.up:
        return
    if row.place == "out" or (row.talking_with is not None and row.talking_with not in state.legs):
        _handed_on(state, call)
    elif row.talking_with is not None:
        _agree_on_talk(state, call, row.talking_with, settled)
    else:
        _agree_on_place(state, call, row)


def _agree_on_place(state: State, call: Call, row: ChannelRow) -> None:
    """Nobody hears the person: what counts is where he or she stands."""
    if call.inbound and _agree_on_caller(state, call, row):
        return
    if agree_on_screening(state, call, row):
        return
    if row.place == "abandon":
        if call.state is not CallState.ABANDONING:
            abandonment_played(state, AbandonmentPlayed(call.id))
    elif row.place == "hold" and call.state in {CallState.UNKNOWN, CallState.TALKING}:
        held(state, CallHeld(call.id))
        if (seat := state.seat_of(call)) is not None and seat.state is AgentState.TALKING and seat.third is None:
            state.put(seat, AgentState.HOLDING)
    elif call.state in UNANSWERED or (call.state is CallState.UNKNOWN and row.talks == 0):
        call_answered(state, CallAnswered(call.id))
    elif call.state in {CallState.TALKING, CallState.UNKNOWN} and row.place in {"park", "lost"}:
        left_alone(state, CallLeftAlone(call.id))
    elif row.place == "lost":
        rejoin(state, call)


def _agree_on_caller(state: State, call: Call, row: ChannelRow) -> bool:
    """Somebody who called us: they wait or are guided; True where that says all there is to say."""
    if row.place in {"hold", "lost", "out"}:
        return False
    caller_seen(state, call, row.place)
    return True


def _handed_on(state: State, call: Call) -> None:
    """The person is with somebody outside: after a restart the agent who did that has still to write up."""
    if call.state is CallState.UNKNOWN and state.advance(call, TransferSent(call.id)) and call.wrapped_at is None:
        begin_wrap_up(state, call)


def _agree_on_talk(state: State, call: Call, leg: LegId, settled: float) -> None:
    if leg in state.thirds:
        return
    if call.state is not CallState.TALKING:
        joined(state, CallJoined(call.id, leg))
    seat = state.seat_of(call)
    if seat is not None and seat.state is AgentState.HOLDING and seat.third is None and seat.since < settled:
        state.put(seat, AgentState.TALKING)  # the holding never came about


def _agree_on_recording(state: State, call: Call, row: ChannelRow, *, reconnected: bool) -> None:
    """Whether a recording is paused is the switch's to say where we were away: the agent must see what is so.

    Of a person who is with no agent of ours any more nobody could end the pause: it is over.
    """
    if call.state is CallState.TRANSFERRED:
        if row.muted and row.place != "out":  # there it ended
            state.say(MuteRecording(call.id, muted=False))
        return
    seat = state.seat_of(call)
    if reconnected and seat is not None and row.muted != (seat.muted_at is not None):
        seat.muted_at = state.now if row.muted else None
        state.changed[seat.id] = None


def _report_strangers(state: State, rows: dict[CallId, ChannelRow]) -> None:
    known = state.calls.keys() | state.wrapping.keys() | state.trunk_tests.keys() | state.arrivals.keys()
    known.update(call.id for call in state.last_calls)
    strange = [call for call in rows if call not in known and call not in state.turned_away]
    former, state.strangers = state.strangers, frozenset(strange)
    for call in strange:
        if call not in former:
            state.say(Alarm("unknown_call", f"the switch holds call {call}, of which nothing is known; left alone"))


# ---------------------------------------------------------------- legs


def _legs_seen(state: State, event: SwitchSeen, settled: float) -> None:
    rows = {row.leg: row for row in event.rows if row.leg is not None}
    in_talks = {row.talking_with for row in event.rows}  # a talk is told beside the call, not beside the leg
    waiting = {leg for leg, row in rows.items() if row.up and row.place == "idle" and leg not in in_talks}
    for row in rows.values():
        _adopt(state, row, waits=row.leg in waiting)
    for seat in state.seats.values():
        if seat.leg is None:
            if event.reconnected and seat.state is AgentState.CONNECTING and seat.endpoint:
                call_leg(state, seat)
            continue
        if seat.leg_called_at is not None and seat.leg_called_at > settled:
            continue
        row_of = rows.get(seat.leg)
        if row_of is None:
            _missed(state, seat, at_once=event.reconnected)
        elif seat.leg in waiting and not seat.leg_idle:
            leg_up(state, LegUp(seat.leg))
        else:
            seat.missed = 0


def _missed(state: State, seat: Seat, *, at_once: bool) -> None:
    seat.missed += 1
    if seat.leg is not None and (at_once or seat.missed >= MISSES):
        leg_ended(state, LegEnded(seat.leg, 0))


def _adopt(state: State, row: ChannelRow, *, waits: bool) -> None:
    """Take over an agent's leg that stands on the switch; one that nobody is signed in for is dropped."""
    assert row.leg is not None
    if row.leg in state.legs or row.leg in state.thirds or row.agent is None:
        return
    seat = state.seats.get(row.agent)
    wanting = {AgentState.CONNECTING, AgentState.LEG_LOST}
    if seat is not None and seat.leg is None and seat.state in wanting:
        seat.leg, seat.leg_called_at = row.leg, None
        state.legs[row.leg] = seat.id
        if waits:
            leg_up(state, LegUp(row.leg))
        else:
            seat.leg_up = row.up
    else:
        state.say(DropLeg(row.leg))
