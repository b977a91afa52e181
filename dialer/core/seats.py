"""What becomes of an agent: the leg, the talk, the end of a call, the way back to rest.

One place, `rest`, decides where a free agent goes.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from dialer.core.agents import AgentState, Seat
from dialer.core.calls import Call, ConnectSent
from dialer.core.ids import AgentId, leg_id
from dialer.core.leads import next_attempt
from dialer.core.likelihood import best_time
from dialer.core.messages import CallAgent, Connect, DropLeg, MuteRecording, Restrict, ReturnLeads, SaveDisposition
from dialer.core.model import Category
from dialer.core.opting_out import forbidding
from dialer.core.outcomes import Outcome
from dialer.core.packs.schema import Kept
from dialer.core.quality import number_after
from dialer.core.rules import DAY_S
from dialer.core.state import State

# What an agent's word of a call makes of the person, the account or the number from then on.
KEPT_OF: dict[Category | None, Kept] = {
    Category.DECEASED: Kept.DECEASED,
    Category.DISPUTE: Kept.DISPUTE,
    Category.CEASE: Kept.CEASE_REQUEST,
    Category.WRONG_PERSON: Kept.WRONG_PERSON,
}

REDIAL_S = 2.0  # a lost leg is called again after this, doubling
REDIAL_MAX_S = 30.0


# ---------------------------------------------------------------- legs


def call_leg(state: State, seat: Seat) -> None:
    """Make the agent's leg."""
    leg = leg_id(seat.id, state.now)
    forget_leg(state, seat)
    seat.leg, seat.leg_called_at = leg, state.now
    state.legs[leg] = seat.id
    state.say(CallAgent(seat.id, leg, seat.endpoint))


def forget_leg(state: State, seat: Seat) -> None:
    if seat.leg is not None:
        state.legs.pop(seat.leg, None)
    seat.leg, seat.leg_up, seat.leg_idle, seat.missed = None, False, False, 0
    state.changed[seat.id] = None
    if seat.id in state.passing:
        state.passing[seat.id] = 0.0  # a lost leg is called again


def drop_leg(state: State, seat: Seat) -> None:
    if seat.leg is not None:
        state.say(DropLeg(seat.leg))
    forget_leg(state, seat)


def redial_at(seat: Seat) -> float:
    """When a lost leg is to be called again; it never is where the agent dials in."""
    if not seat.endpoint:
        return float("inf")
    if seat.leg_called_at is None:
        return 0.0
    doublings = min(10, seat.leg_failures)
    return seat.leg_called_at + min(REDIAL_MAX_S, REDIAL_S * float(1 << doublings))


def leg_gone(state: State, seat: Seat) -> None:
    """The leg ended, was never answered, or is not on the switch."""
    forget_leg(state, seat)
    seat.leg_failures += 1
    match seat.state:
        case AgentState.SIGNED_OUT | AgentState.WRAPPING | AgentState.LEG_LOST:
            pass
        case AgentState.BREAK:
            seat.pause_wanted = seat.reason
            state.put(seat, AgentState.LEG_LOST)
        case _:
            return_preview(state, seat)
            state.put(seat, AgentState.LEG_LOST)
            if seat.out_wanted and seat.call is None:
                rest(state, seat)


# ---------------------------------------------------------------- the way back to rest


def rest(state: State, seat: Seat, news: str = "") -> None:
    """Send an agent without a call where the agent wants to be. `news` is why the agent's own call came to nothing."""
    seat.call, seat.campaign, seat.muted_at = None, None, None
    seat.code, seat.notes, seat.callback_at, seat.callback_mine = "", "", None, False
    if seat.out_wanted:
        sign_out(state, seat)
    elif not seat.leg_up:
        state.put(seat, AgentState.LEG_LOST if seat.state is not AgentState.CONNECTING else AgentState.CONNECTING)
    elif seat.pause_wanted is not None:
        reason, seat.pause_wanted = seat.pause_wanted, None
        state.put(seat, AgentState.BREAK, reason)
    else:
        state.put(seat, AgentState.READY, news)


def sign_out(state: State, seat: Seat) -> None:
    return_preview(state, seat)
    drop_leg(state, seat)
    state.put(seat, AgentState.SIGNED_OUT)
    seat.out_wanted, seat.pause_wanted, seat.skips, seat.leg_failures = False, None, 0, 0


def return_preview(state: State, seat: Seat) -> None:
    if seat.preview is not None:
        state.say(ReturnLeads((seat.preview.id,)))
        seat.preview = None


def drop_third(state: State, seat: Seat) -> None:
    if seat.third is not None:
        state.thirds.pop(seat.third.leg, None)
        state.say(DropLeg(seat.third.leg))
        state.free_line(seat.third.line)
        seat.third = None


# ---------------------------------------------------------------- connect


def connect(state: State, seat: Seat, call: Call, *, record_again: bool = False) -> None:
    """Let the agent and the person hear each other, for the first time or again.

    `record_again`: the recording ended when the person was handed on, and goes on now in the same files.
    """
    assert seat.leg is not None
    work = state.campaigns[call.campaign.id]
    work.waiting.pop(call.id, None)
    if call.talks == 0:
        call.agent_ready_at = seat.since if seat.state is AgentState.READY else call.answered_at
    call.talks += 1
    recording = ""
    if call.campaign.record and not call.recording:
        recording = call.recording = recording_name(call, state.now)
    elif record_again:
        recording = call.recording
    call.agent, call.leg, call.wrapped_at = seat.id, seat.leg, None  # whoever talks now writes it up
    seat.call, seat.campaign, seat.skips, seat.leg_idle = call.id, call.campaign.id, 0, False
    call.connected_from = call.state
    state.advance(call, ConnectSent(call.id))
    state.say(Connect(call.id, seat.leg, call.talks, recording))
    if seat.state is not AgentState.TALKING:
        state.put(seat, AgentState.TALKING)


def recording_name(call: Call, now: float) -> str:
    """The base name of a call's recording: by the day (UTC), then the call, then the try after a failed bridging."""
    again = f"-{call.talks}" if call.talks > 1 else ""
    return f"{_folder(int(now // DAY_S))}/{call.id}{again}"


@lru_cache(maxsize=4)
def _folder(day: int) -> str:
    """Of the recordings of a day (UTC), as days since 1970."""
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y/%m/%d}"


# ---------------------------------------------------------------- after a call


def free_agent(state: State, call: Call, reason: str) -> None:
    """Free the agent of a call that never became a talk."""
    seat = state.seat_of(call)
    if seat is not None and seat.state in {
        AgentState.DIALLING,
        AgentState.TALKING,
        AgentState.HOLDING,
        AgentState.LEG_LOST,
        AgentState.CONNECTING,  # after a restart: back at work, and the call is over before the leg is there
    }:
        rest(state, seat, reason if call.agent is not None and not call.paced else "")


def hear_again(state: State, seat: Seat, call: Call) -> None:
    """End a pause of the recording: it was this agent's, and nobody else could."""
    if seat.muted_at is not None:
        seat.muted_at = None
        state.say(MuteRecording(call.id, muted=False))


def begin_wrap_up(state: State, call: Call) -> None:
    """The talk is over: the agent writes up, unless that is done already. Without the agent, the wrap-up is over."""
    seat = state.seat_of(call)
    state.wrapping[call.id] = call
    if seat is None:
        end_wrap_up(state, call, None)
        return
    drop_third(state, seat)
    if call.id in state.calls:  # the person goes on with somebody else
        hear_again(state, seat, call)
    seat.muted_at, seat.extensions = None, 0
    if seat.code:
        end_wrap_up(state, call, seat)
    else:
        state.put(seat, AgentState.WRAPPING)


def end_wrap_up(state: State, call: Call, seat: Seat | None) -> None:
    """Keep what the agent said, decide what becomes of the lead, and free the agent."""
    assert call.lead is not None
    state.wrapping.pop(call.id, None)
    call.wrapped_at = state.now
    code, callback_at, mine = "", None, None
    if seat is not None and seat.code:
        code, callback_at, mine = seat.code, seat.callback_at, seat.id if seat.callback_mine else None
        keep_saying(state, call, seat.id, code, seat.notes)
    else:
        state.save(call)
    save_lead(state, call, code or Outcome.CONNECTED, callback_at, mine)
    if call.paced:
        found = "machine" if category(call, code) is Category.MACHINE else "completed"
        state.campaigns[call.campaign.id].pacer.call_ended(state.now, call.id, found)
    if seat is not None:
        rest(state, seat)


def keep_saying(state: State, call: Call, agent: AgentId, code: str, notes: str, *, unconfirmed: bool = False) -> None:
    """Keep what the agent said of a call, and what follows from it for the person, the account or the number."""
    call.disposition = code
    state.say(SaveDisposition(call.id, agent, code, notes, unconfirmed))
    state.save(call)
    said = category(call, code)
    if said is Category.DO_NOT_CALL:
        state.say(forbidding(call, "agent"))
    if (kind := KEPT_OF.get(said)) is not None:
        state.say(_restriction(call, kind))


def _restriction(call: Call, kind: Kept) -> Restrict:
    """What the agent was told, kept of the person; of the account alone where the debt is disputed."""
    assert call.lead is not None
    return Restrict(
        lead=call.lead.id,
        kind=kind,
        number=call.lead.number if kind is Kept.WRONG_PERSON else None,
        account=kind is Kept.DISPUTE,
        source="agent",
        call=call.id,
    )


def category(call: Call, code: str) -> Category | None:
    return next((one.category for one in call.campaign.dispositions if one.code == code), None)


def save_lead(
    state: State, call: Call, code: str, callback_at: float | None = None, callback_by: AgentId | None = None
) -> None:
    """Decide what becomes of the lead and its number after `code`, an outcome or a disposition."""
    assert call.lead is not None
    following = next_attempt(
        call.campaign, call.lead, code, state.now, callback_at=callback_at, callback_by=callback_by
    )
    learned = number_after(call.campaign, call.lead, code, state.now)
    if learned is not None:
        state.say(learned)
    model = state.models.get(call.campaign.id)
    if model is not None and call.campaign.selection.best_hour and following.due_at is not None and callback_at is None:
        following = replace(following, due_at=best_time(model, call.lead, call.campaign, following.due_at))
    if not call.lead.listed and callback_at is None:
        following = replace(following, due_at=None, campaign=None)  # an agent's own wish puts nobody on the list
    state.say(following)
