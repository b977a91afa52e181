"""The engine's state as plain values for those who look at it. Reads only."""

from collections import Counter
from math import fsum

from dialer.core.agents import BUSY, IDLE, RECORDING_PAUSE_MAX_S, WRAP_UP_MORE_MAX, AgentState, Seat, occupancy
from dialer.core.caller_ids import ALARM, Number
from dialer.core.calls import Call, CallState
from dialer.core.campaigns import Work
from dialer.core.model import Lead
from dialer.core.standstill import sentence, standstill
from dialer.core.state import State
from dialer.core.view import (
    AgentView,
    CallerIdView,
    CallView,
    CampaignView,
    ComplaintView,
    FloorView,
    MonitorView,
    TrunkView,
)


def floor(state: State, now: float) -> FloorView:
    """Everything at once."""
    calls = [*reversed(state.calls.values()), *state.last_calls]
    return FloorView(
        at=now,
        switch_up=state.switch_up,
        stopped_by=state.stopped_by,
        campaigns=tuple(_campaign(state, work, now) for work in state.campaigns.values()),
        agents=tuple(agent_view(state, seat) for seat in state.seats.values()),
        trunks=tuple(
            TrunkView(
                name=trunk.config.name,
                lines=trunk.lines,
                lines_max=trunk.config.lines_max,
                state=str(trunk.state),
                reason=trunk.reason,
                failing=trunk.failing,
                opens_at=trunk.opens_at,
                watched=trunk.watched,
                config=trunk.config,
            )
            for trunk in state.trunks.values()
        ),
        last_calls=tuple(_call(call) for call in sorted(calls, key=lambda call: -call.id)[:20] if call.lead),
        monitors=tuple(
            MonitorView(by=one.by, name=one.name, agent=one.agent, mode=one.mode, up=one.up, taken=one.taken)
            for one in state.watches.values()
        ),
        ignored=tuple(sorted(state.ignored.items())),
        caller_ids=tuple(_caller_id(state, one, now) for one in state.shown.numbers.values()),
        pools=state.shown.pools,
        trunk_tests=tuple(test.view for test in state.trunk_tests.values()),
    )


def _caller_id(state: State, one: Number, now: float) -> CallerIdView:
    shares = state.shown.shares[one.pool.name]
    answers, share = one.watched[0], shares[0]
    resting = now < one.rests_until
    return CallerIdView(
        number=one.number,
        pool=one.pool.name,
        state="resting" if resting else "free" if one.free(now) else "full",
        today=one.today,
        cap=one.cap(),
        calls=round(answers.own.calls),
        answer_rate=answers.own.hits / answers.own.calls if answers.own.calls else None,
        pool_rate=answers.usual(share),
        evidence=max(watch.evidence for watch in one.watched) / ALARM,
        rests_until=one.rests_until if resting else None,
        reason=one.reason if resting else "",
        against=one.against if resting else None,
        by=one.by if resting else "",
        watched=tuple(
            ComplaintView(
                complaint=watch.complaint,
                calls=round(watch.own.calls),
                hits=round(watch.own.hits),
                usual=watch.usual(pool),
                evidence=watch.evidence / ALARM,
            )
            for watch, pool in zip(one.watched, shares, strict=True)
        ),
    )


def lead_before(state: State, seat: Seat) -> Lead | None:
    """The lead that the agent talks with, writes up or is shown."""
    known = state.call_on(seat) or (state.wrapping.get(seat.call) if seat.call is not None else None)
    return known.lead if known is not None else seat.preview


def agent_view(state: State, seat: Seat) -> AgentView:
    """One agent now."""
    call = state.call_on(seat)
    lead = lead_before(state, seat)
    return AgentView(
        id=seat.id,
        name=seat.agent.name,
        state=str(seat.state),
        since=seat.since,
        reason=seat.reason,
        pause_wanted=seat.pause_wanted,
        leg_up=seat.leg_up,
        campaigns=seat.agent.campaigns,
        campaign=seat.campaign,
        call=seat.call,
        call_state=str(call.state) if call is not None else None,
        lead=lead.id if lead is not None else None,
        number=lead.number if lead is not None else None,
        preview=seat.preview,
        lead_news=seat.news,
        deadline=_deadline(state, seat),
        third=_third(seat),
        recording_paused=seat.muted_at is not None,
        recording_back_at=None if seat.muted_at is None else seat.muted_at + RECORDING_PAUSE_MAX_S,
        extensions_left=WRAP_UP_MORE_MAX - seat.extensions if seat.state is AgentState.WRAPPING else 0,
        callbacks_due=sum(seat.id in work.promised for work in state.campaigns.values()),
    )


def _third(seat: Seat) -> str:
    if seat.third is None:
        return ""
    return "joined" if seat.third.joined else "answered" if seat.third.answered else "called"


def _deadline(state: State, seat: Seat) -> float | None:
    work = state.campaigns.get(seat.campaign) if seat.campaign is not None else None
    if work is None:
        return None
    if seat.state is AgentState.WRAPPING:
        return state.wrap_up_ends_at(seat)
    if seat.state is AgentState.PREVIEWING:
        return seat.since + work.campaign.preview_max_s
    return None


def _campaign(state: State, work: Work, now: float) -> CampaignView:
    campaign = work.campaign
    calls = Counter(str(state.calls[call].state) for call in work.calls)
    seats = [seat for seat in state.seats.values() if campaign.id in seat.agent.campaigns]
    spent = dict(work.spent_s)
    for seat in seats:
        spent[seat.state] = spent.get(seat.state, 0.0) + max(0.0, now - seat.since)
    stands = standstill(state, work)
    return CampaignView(
        id=campaign.id,
        client=campaign.client,
        name=campaign.name,
        mode=campaign.mode,
        status=campaign.status,
        calls_by_state=_in_order(calls, CallState),
        agents_by_state=_in_order(Counter(str(seat.state) for seat in seats), AgentState),
        lines=len(work.calls) + len(work.lines_out),
        lines_max=campaign.lines_max,
        leads_at_hand=len(work.leads),
        placed=work.placed,
        answered=work.answered,
        connected=work.connected,
        abandoned=work.abandoned,
        outcomes=tuple(sorted(work.outcomes.items())),
        refused=tuple(sorted(work.refused.items())),
        abandon_cap=work.abandon_cap,
        occupancy=occupancy(spent),
        pace_calls=work.decision.calls if work.decision else 0,
        pace_reason=work.decision.reason if work.decision else "",
        pace=work.decision,
        not_dialling=sentence(work, stands),
        standstill=stands,
        standings=work.pacer.ledger.standings,
        detection_off=state.screens[campaign.id].off if campaign.id in state.screens else "",
        idle_s=fsum(spent.get(one, 0.0) for one in AgentState if one in IDLE),
        busy_s=fsum(spent.get(one, 0.0) for one in AgentState if one in BUSY),
    )


def _in_order(counts: Counter[str], states: type[CallState] | type[AgentState]) -> tuple[tuple[str, int], ...]:
    return tuple((str(state), counts[state]) for state in states if counts[state])


def _call(call: Call) -> CallView:
    assert call.lead is not None
    return CallView(
        id=call.id,
        campaign=call.campaign.id,
        lead=call.lead.id,
        agent=call.agent,
        state=str(call.state),
        placed_at=call.placed_at,
        answered_at=call.answered_at,
        bridged_at=call.bridged_at,
        ended_at=call.ended_at,
        outcome=str(call.outcome) if call.outcome else None,
        recording=call.recording,
    )
