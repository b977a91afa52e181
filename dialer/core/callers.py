"""People who call back: who they are, where they wait, who takes them, and what they may ask for by key.

Those whom we called have a limit of seconds and go first; a caller waits with music, and pacing makes room for them.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from dialer.core.agents import PRESENT, AgentState, Seat
from dialer.core.calls import UNANSWERED, Call, CallerGuided, CallState
from dialer.core.campaigns import Work
from dialer.core.connecting import ready_agent
from dialer.core.ids import ANYBODY, CallId, CampaignId
from dialer.core.inbound import Place, Wish, is_same_number, is_withheld
from dialer.core.messages import (
    AdoptCaller,
    Alarm,
    CallbackAsked,
    CallerArrived,
    CallerFound,
    CallerQueued,
    FindCaller,
    Guide,
    ReleaseCall,
    SaveLead,
)
from dialer.core.model import Lead, Mode
from dialer.core.seats import connect, rest
from dialer.core.state import State

OUTBOUND_FIRST_S = 10.0  # for so long a ready agent is kept for those whom calls in flight may bring
ARRIVALS_S = 300.0  # what the near future brings is judged by so much of the past
SOON_S = 12.0  # as far ahead as pacing looks
ASKED = "callback_asked"


# ---------------------------------------------------------------- who calls


def arrived(state: State, event: CallerArrived) -> None:
    """A call comes in: it gets an id of ours, and the store is asked who that is.

    Until the switch has told which ids its calls bear, the call waits.
    """
    if not state.switch_up:
        state.early.append(event)
        return
    if event.channel in state.arrivals.values():
        state.ignore(event)
        return
    call = CallId(state.next_call)
    state.next_call += 1
    state.arrivals[call] = event.channel
    state.say(AdoptCaller(call, event.channel))
    campaign, number = _campaign_of(state, event.number)
    taking = tuple(work.campaign.id for work in state.campaigns.values() if work.campaign.inbound.on)
    caller = "" if _is_ours(state, event.caller) else event.caller
    state.say(FindCaller(call=call, caller=caller, number=number, campaign=campaign, taking=taking))


def _is_ours(state: State, caller: str) -> bool:
    """Whether a caller shows a number of our own: handed on to us, or forged. That is nobody, and never dialled."""
    shown = (number for pool in state.shown.pools for number in pool.numbers)
    named = (
        number
        for work in state.campaigns.values()
        for number in (work.campaign.caller_id, *work.campaign.inbound.numbers)
    )
    return any(is_same_number(caller, number) for number in (*shown, *named))


def _campaign_of(state: State, called: str) -> tuple[CampaignId | None, str]:
    """The campaign whose number that is, where one says so, and the number as we write it.

    Those that take such calls go first, and of them those that dial; then by how the number is theirs: as one of their
    own, as the one they show, as one of a pool that serves them.
    """
    owners: list[tuple[bool, bool, int, CampaignId, str]] = []
    for work in state.campaigns.values():
        campaign = work.campaign
        pooled = [number for pool in state.shown.pools if pool.is_for(campaign) for number in pool.numbers]
        for nearness, numbers in enumerate((campaign.inbound.numbers, (campaign.caller_id,), pooled)):
            same = next((one for one in numbers if is_same_number(called, one)), None)
            if same is not None and (campaign.inbound.on or nearness == 0):
                owners.append((not campaign.inbound.on, not work.running, nearness, campaign.id, same))
    if not owners:
        return None, called
    *_, owner, number = min(owners)
    return owner, number


def found(state: State, event: CallerFound) -> None:
    """The store knows who calls, or that nobody does."""
    if state.arrivals.pop(event.call, None) is None:  # gone meanwhile
        state.say(ReleaseCall(event.call, "caller", None))
        return
    work = state.campaigns.get(event.campaign) if event.campaign is not None else None
    if work is None or event.lead is None:
        state.turned_away.append(event.call)
        state.say(Guide(call=event.call, place=Place.CLOSED))
        return
    call = Call(
        id=event.call,
        campaign=work.campaign,
        reserved_at=state.now,
        mode=Mode.MANUAL,
        lead=event.lead,
        state=CallState.GUIDED,
        since=state.now,
        answered_at=state.now,
        inbound=True,
        wanted=event.agent,
        lists=event.lists,
        strange=event.strange,
    )
    state.calls[call.id] = call
    work.calls[call.id] = work.inbound[call.id] = None
    work.callers += 1
    state.save(call)
    inbound = work.campaign.inbound
    if not inbound.on or state.draining or not inbound.is_open(work.campaign.rules, event.lead.zones, state.now):
        _guide(state, call, Place.CLOSED, sound=inbound.closed)
        return
    work.arrivals.append(state.now)
    if inbound.menu_first or not state.present(work):
        _guide(state, call, Place.MENU, sound=inbound.greeting)
    else:
        _guide(state, call, Place.QUEUE)


def _guide(state: State, call: Call, place: Place, *, sound: str = "", position: int = 0) -> None:
    assert call.lead is not None
    assert call.answered_at is not None
    inbound = call.campaign.inbound
    left = max(5, int(inbound.queue_max_s - (state.now - call.answered_at)))
    state.say(
        Guide(
            call=call.id,
            place=place,
            lead=call.lead.id,
            queue_s=left,
            position=position,
            offer=inbound.offer_callback and _wish(call) is Wish.NOTED,
            wish=_wish(call),
            sound=sound,
            language=inbound.language,
        )
    )
    state.advance(call, CallerGuided(call.id))
    call.guided_at, call.served_last = state.now, place in {Place.CLOSED, Place.OFFER}


def _wish(call: Call) -> Wish:
    """What becomes of a wish to be called at a time; `callback_asked` does so."""
    if call.lead is None or is_withheld(call.lead.number) or call.strange:
        return Wish.NONE
    return Wish.PASSED_ON if call.lists else Wish.NOTED


def queued(state: State, event: CallerQueued) -> None:
    """The caller stands in the queue and may be connected."""
    call = state.call_of(event)
    if call is None or not call.inbound or call.state is CallState.TALKING:  # late: only a list can deny a talk
        return
    if state.advance(call, event):
        _unbridged(state, call)
        serve(state)


def seen(state: State, call: Call, place: str) -> None:
    """Where the switch shows a caller whom nobody hears."""
    if place != Place.QUEUE:
        if call.state is CallState.UNKNOWN:
            state.advance(call, CallerGuided(call.id))
    elif call.state in {CallState.UNKNOWN, CallState.GUIDED}:
        queued(state, CallerQueued(call.id))
    elif call.state is CallState.TALKING and not call.joined:
        state.advance(call, CallerQueued(call.id))
        _unbridged(state, call)
        serve(state)


def _unbridged(state: State, call: Call) -> None:
    """Whoever stands in the queue is with nobody: an agent who was thought to be there is free."""
    if call.bridged_at is not None and not call.joined:
        call.bridged_at = None
        state.campaigns[call.campaign.id].callers_taken -= 1
    seat, call.agent = state.seat_of(call), None
    if seat is not None:
        rest(state, seat)


# ---------------------------------------------------------------- who takes them


def waiting(state: State) -> list[Call]:
    """The callers in the queue, those who came first in front."""
    every = [state.calls[one] for work in state.campaigns.values() if work.inbound for one in work.inbound]
    if not every:
        return every
    return sorted((one for one in every if one.state is CallState.QUEUED), key=lambda one: one.id)


def serve(state: State) -> None:
    """Connect callers with agents who are not needed more urgently."""
    if not state.ready or not state.switch_up:
        return
    for call in waiting(state):
        seat = _seat_for(state, call)
        if seat is not None:
            connect(state, seat, call)


def _seat_for(state: State, call: Call) -> Seat | None:
    assert call.answered_at is not None
    waited_s = state.now - call.answered_at
    wanted = state.seats.get(call.wanted) if call.wanted is not None else None
    if wanted is not None and call.campaign.id in wanted.agent.campaigns:
        if wanted.state is AgentState.READY and wanted.leg_idle and wanted.not_before <= state.now:
            return wanted
        if wanted.state in PRESENT and waited_s < call.campaign.inbound.last_agent_wait_s:
            return None
    if waited_s < OUTBOUND_FIRST_S and _ready_for(state, call) <= _promised(state, call):
        return None
    return ready_agent(state, call)


def _ready_for(state: State, call: Call) -> int:
    return sum(call.campaign.id in state.seats[agent].agent.campaigns for agent in state.ready)


def _promised(state: State, call: Call) -> int:
    """Agents whom the calls in flight of the campaign, and of those that share its agents, may need."""
    expected = 0.0
    for one in (call.campaign.id, *state.sharing.get(call.campaign.id, ())):
        work = state.campaigns.get(one)
        if work is not None:
            in_flight = sum(state.calls[each].paced and state.calls[each].state in UNANSWERED for each in work.calls)
            share = 1.0 if work.campaign.mode is Mode.PROGRESSIVE else work.pacer.answer_share
            screened = sum(state.calls[each].state is CallState.SCREENING for each in work.calls)  # perhaps a person
            expected += share * in_flight + screened + len(work.waiting)
    return ceil(expected)


def _needs_agent(call: Call) -> bool:
    return call.state is CallState.QUEUED or (call.state is CallState.GUIDED and not call.served_last)


def expected(state: State, work: Work) -> tuple[float, int]:
    """For pacing: callers likely to come within SOON_S, and those who wait, towards the campaign's agents."""
    coming, here = 0.0, 0
    sharing = state.sharing.get(work.campaign.id)
    if not (sharing or work.callers or work.arrivals):
        return coming, here
    for one in (work.campaign.id, *(sharing or ())):
        other = state.campaigns.get(one)
        if other is not None and (other.arrivals or other.callers):
            while other.arrivals and other.arrivals[0] < state.now - ARRIVALS_S:
                other.arrivals.popleft()
            coming += len(other.arrivals) / ARRIVALS_S * SOON_S
            here += sum(_needs_agent(state.calls[each]) for each in other.inbound)
    return coming, here


# ---------------------------------------------------------------- while they wait


def look(state: State) -> None:
    """On each tick: say places in the queue, and let go of those who waited for too long."""
    line = waiting(state)
    if not line:
        return
    for position, call in enumerate(line, start=1):
        inbound = call.campaign.inbound
        assert call.answered_at is not None
        if state.now - call.answered_at >= inbound.queue_max_s:
            _guide(state, call, Place.OFFER)
        elif inbound.position_every_s and state.now - call.guided_at >= inbound.position_every_s:
            _guide(state, call, Place.POSITION, position=position)
    serve(state)


def callback_asked(state: State, event: CallbackAsked) -> None:
    """A call at a time, by the clock where the person is; the lead is due then."""
    call = state.call_of(event)
    if call is None or call.lead is None:
        return
    wish = _wish(call)
    if wish is Wish.NONE:
        why = f"{call.lead.number} was never called and may be dear" if call.strange else "the number was withheld"
        state.say(Alarm("callback_unclear", f"call {call.id}: {why}", call.campaign.id))
        return
    if wish is Wish.PASSED_ON:  # somebody must ask them whether they take it back
        lists = ", ".join(call.lists)
        state.say(Alarm("callback_forbidden", f"call {call.id}: the number stands on {lists}", call.campaign.id))
        return
    call.callback_at = _meant(call.lead, event.clock, state.now)
    if call.callback_at is None:
        state.say(Alarm("callback_unclear", f"call {call.id}: {event.clock!r} is no time of day", call.campaign.id))
        call.callback_at = state.now


def _meant(lead: Lead, clock: str, now: float) -> float | None:
    if not clock:
        return now
    if len(clock) != 4 or not clock.isdecimal() or int(clock[:2]) > 23 or int(clock[2:]) > 59:
        return None
    zone = ZoneInfo(lead.zones[0]) if lead.zones else UTC
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    at = local.replace(hour=int(clock[:2]), minute=int(clock[2:]), second=0, microsecond=0)
    return (at if at > local else at + timedelta(days=1)).timestamp()


def left(state: State, call: Call) -> None:
    """The caller is gone without a talk: the lead stays as it was, or is due when they asked for."""
    assert call.lead is not None
    lead = call.lead
    if call.callback_at is not None:
        state.say(SaveLead(lead.id, lead.attempts, call.callback_at, ASKED, phone=lead.phone, agent=ANYBODY))
    else:
        state.say(ReleaseCall(call.id, "caller", None))
