"""Callbacks that an agent promised: that agent's when their time comes, anybody's once the agent has not come."""

from dialer.core.agents import AT_WORK, AgentState
from dialer.core.campaigns import Work
from dialer.core.ids import LeadId
from dialer.core.messages import Alarm, CallbacksClaimed, ClaimCallbacks, ReturnLeads
from dialer.core.state import State

LOOK_EVERY_S = 15.0
CALLBACK = "callback"  # why a lead is shown


def ask(state: State, work: Work) -> None:
    """Ask, now and then, for the callbacks of the agents at work."""
    if state.now - work.callbacks_asked_at < LOOK_EVERY_S or not work.running:
        return
    agents = tuple(
        seat.id
        for seat in state.seats.values()
        if seat.state in AT_WORK and work.campaign.id in seat.agent.campaigns and seat.id not in work.promised
    )
    if agents:
        work.callbacks_asked_at = state.now
        state.say(ClaimCallbacks(work.campaign.id, agents))


def claimed(state: State, event: CallbacksClaimed) -> None:
    work = state.campaigns.get(event.campaign)
    for lead in event.leads:
        seat = state.seats.get(lead.agent) if lead.agent is not None else None
        if work is None or seat is None or seat.id in work.promised or not work.running or state.draining:
            state.say(ReturnLeads((lead.id,)))
            continue
        work.promised[seat.id] = (lead, state.now)
        state.changed[seat.id] = None
        if seat.state is not AgentState.READY:
            text = f"agent {seat.agent.name} promised to call lead {lead.id} back at this time and is not ready"
            state.say(Alarm("callback_due", text, work.campaign.id))
    if work is not None:
        state.awake[work.campaign.id] = None


def show(state: State, work: Work) -> None:
    """Show each due callback to its agent who is ready; give back those whose agent did not come in time."""
    if not work.promised:
        return
    for agent, (lead, since) in list(work.promised.items()):
        seat = state.seats.get(agent)
        if seat is not None and seat.state is AgentState.READY and seat.leg_up:
            del work.promised[agent]
            seat.preview, seat.campaign = lead, work.campaign.id
            state.put(seat, AgentState.PREVIEWING, CALLBACK)
        elif state.now - since > work.campaign.selection.callback_grace_s:
            del work.promised[agent]
            state.changed[agent] = None
            state.say(ReturnLeads((lead.id,)))  # by now the store gives it to anybody


def give_back(state: State, work: Work, leads: frozenset[LeadId] | None = None) -> None:
    """Give back those of the leads that wait for their agents; all that wait, where none are named."""
    gone = {agent: lead.id for agent, (lead, _) in work.promised.items() if leads is None or lead.id in leads}
    if gone:
        state.say(ReturnLeads(tuple(gone.values())))
        state.changed.update(dict.fromkeys(gone))
        for agent in gone:
            del work.promised[agent]
