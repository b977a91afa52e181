"""The engine: one event in, the commands it calls for out. All that is decided is decided under `handle`."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from dialer.core import (
    agents,
    at_hand,
    callbacks,
    callers,
    connecting,
    desk,
    ending,
    failing,
    leaving,
    legs,
    looking,
    messages,
    monitoring,
    patience,
    placing,
    reconcile,
    restore,
    screening,
    trunk_tests,
    ways_out,
    written_up,
)
from dialer.core.agents import Seat
from dialer.core.campaigns import keep_caps, new_work, put_in_force
from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages import (
    AgentSet,
    Alarm,
    CampaignSet,
    CampaignStatusSet,
    ClockDoubted,
    Command,
    DiallingResumed,
    DiallingStopped,
    Event,
    PaceSet,
    RulesSet,
    ShutdownBegun,
    Ticked,
    TrunkSet,
)
from dialer.core.model import Agent, Campaign, CampaignStatus, Mode
from dialer.core.packs.lawbook import Lawbook
from dialer.core.rules import DAY_S
from dialer.core.state import State
from dialer.core.trunks import Trunk
from dialer.core.view import AgentView, FloorView
from pacing import Pacer, Settings


class Engine:
    """One cell's engine. Deterministic: the same events at the same times give the same commands."""

    def __init__(self, make_pacer: Callable[[Settings], Pacer] = Pacer) -> None:
        """`make_pacer` makes the pacing of each campaign: another one only for those who look on, as a replay does."""
        self._state = State(make_pacer=make_pacer)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take in one event and answer with what must now be done, in order.

        `now` is in seconds since 1970 and never goes back. No event is refused: one that means nothing is counted.
        """
        state = self._state
        state.now = max(state.now, now)
        if not (state.trunk_tests and trunk_tests.heard(state, event)):
            HANDLERS[type(event)](state, event)
        if state.ready and _somebody_waits(state):
            connecting.serve(state)
            callers.serve(state)
        if state.awake:
            placing.pace(state)
        out, state.out = state.out, []
        return out

    def view(self, now: float) -> FloorView:
        """The floor as it is at `now`, for those who look."""
        return looking.floor(self._state, max(self._state.now, now))

    def agent_views(self, agents: Iterable[AgentId] | None = None) -> list[AgentView]:
        """These agents as they are, or all of them; those that nobody configured are left out."""
        seats = self._state.seats
        wanted = seats if agents is None else agents
        return [looking.agent_view(self._state, seats[agent]) for agent in wanted if agent in seats]

    def take_changed(self) -> frozenset[AgentId]:
        """The agents whose view changed since this was last asked."""
        changed = frozenset(self._state.changed)
        self._state.changed.clear()
        return changed

    @property
    def calls_in_progress(self) -> int:
        return len(self._state.calls)

    @property
    def stopped_by(self) -> str:
        """Who stopped all dialling; empty while nobody did."""
        return self._state.stopped_by

    @property
    def at_rest(self) -> bool:
        """No call is in progress and no agent is still writing one up."""
        return not self._state.calls and not self._state.wrapping


def _somebody_waits(state: State) -> bool:
    """Whether anybody may need an agent: asked after every event, and seldom so."""
    for work in state.campaigns.values():  # noqa: SIM110 - a generator costs more than the question
        if work.waiting or work.inbound:
            return True
    return False


def _ticked(state: State, _: Ticked) -> None:
    for work in state.campaigns.values():
        if state.now >= work.turns_at:  # a change is over
            put_in_force(work, work.configured, state.law, state.now)
            _status_changed(state, work.campaign)
    if (day := int(state.now // DAY_S)) != state.caps_day:  # rules begin and end with days
        state.caps_day = day
        for work in state.campaigns.values():
            keep_caps(work, state.law, state.now)
    patience.look(state)
    callers.look(state)
    trunk_tests.look(state)
    monitoring.look(state)
    state.wake_all()


def _campaign_set(state: State, event: CampaignSet) -> None:
    work = state.campaigns.get(event.campaign.id)
    if work is None:
        state.campaigns[event.campaign.id] = work = new_work(event.campaign, state.make_pacer, state.law, state.now)
    else:
        screening.configured_anew(state, work.configured, event.campaign)
        put_in_force(work, event.campaign, state.law, state.now)
    for seat in state.seats.values():
        if event.campaign.id in seat.assigned:  # its skills may be others now
            agent = replace(seat.agent, campaigns=seat.assigned)
            if agent.able(_demands(state)) != seat.agent:
                _configure(state, seat, agent)
        if event.campaign.id in seat.agent.campaigns:
            state.tell_pacers(seat)
    _status_changed(state, work.campaign)


def _campaign_status_set(state: State, event: CampaignStatusSet) -> None:
    work = state.campaigns.get(event.campaign)
    if work is None:
        state.ignore(event)
        return
    put_in_force(work, replace(work.configured, status=event.status), state.law, state.now)
    _status_changed(state, work.campaign)


def _campaign_stopped(state: State, event: messages.CampaignStopped) -> None:
    """An emergency: paused, and what rings for it is hung up."""
    _campaign_status_set(state, CampaignStatusSet(event.campaign, CampaignStatus.PAUSED))
    if (work := state.campaigns.get(event.campaign)) is not None:
        ending.stop(state, work.calls)


def _status_changed(state: State, campaign: Campaign) -> None:
    state.wake_all()
    if campaign.status is CampaignStatus.RUNNING and campaign.mode is not Mode.MANUAL:
        return
    at_hand.return_leads(state, state.campaigns[campaign.id])
    for seat in state.seats.values():
        if seat.preview is not None and seat.preview.campaign == campaign.id:
            desk.withdraw_preview(state, seat)


def _pace_set(state: State, event: PaceSet) -> None:
    work = state.campaigns.get(event.campaign)
    if work is None:
        state.ignore(event)
        return
    put_in_force(work, replace(work.configured, pacing=event.settings), state.law, state.now)
    state.wake_all()


def _agent_set(state: State, event: AgentSet) -> None:
    seat = state.seats.get(event.agent.id)
    if seat is None:
        agent = event.agent.able(_demands(state))
        state.seats[event.agent.id] = Seat(agent, since=state.now, assigned=event.agent.campaigns)
        state.share()
        return
    seat.assigned = event.agent.campaigns
    _configure(state, seat, event.agent)


def _demands(state: State) -> dict[CampaignId, tuple[str, ...]]:
    """The skills that each campaign asks for."""
    return {one: work.campaign.skills for one, work in state.campaigns.items()}


def _configure(state: State, seat: Seat, agent: Agent) -> None:
    """Let the agent be as given, with those of the campaigns for which the skills suffice."""
    agent = agent.able(_demands(state))
    for work in state.works_of(seat):
        if work.campaign.id not in agent.campaigns:
            work.pacer.agent_left(state.now, seat.id)
    seat.agent = agent
    monitoring.moved(state, seat)
    state.share()
    state.changed[seat.id] = None
    if seat.state is not agents.AgentState.SIGNED_OUT:
        state.tell_pacers(seat)
        state.awake.update(dict.fromkeys(agent.campaigns))


def _trunk_set(state: State, event: TrunkSet) -> None:
    trunk = state.trunks.get(event.trunk.name)
    if trunk is None:
        state.trunks[event.trunk.name] = Trunk(event.trunk)
    else:
        trunk.configure(event.trunk)
    state.outwards.clear()


def _rules_set(state: State, event: RulesSet) -> None:
    state.law = Lawbook(event.book)
    for work in state.campaigns.values():
        keep_caps(work, state.law, state.now)


def _leads_changed(state: State, event: messages.LeadsChanged) -> None:
    leads = frozenset(event.leads)
    if event.stopped:
        for work in state.campaigns.values():
            at_hand.leads_stopped(state, work, leads)
    for seat in state.seats.values():
        if seat.preview is not None and seat.preview.id in leads and event.stopped:
            desk.withdraw_preview(state, seat)
        elif (lead := looking.lead_before(state, seat)) is not None and lead.id in leads:
            seat.news += 1
            state.changed[seat.id] = None


def _score_set(state: State, event: messages.ScoreSet) -> None:
    state.models[event.campaign] = event.model


def _stopped(state: State, event: DiallingStopped) -> None:
    state.stopped_by = event.by or "somebody"
    trunk_tests.stop(state)
    _return_all(state)
    ending.stop_all(state)


def _resumed(state: State, _: DiallingResumed) -> None:
    state.stopped_by = ""
    state.wake_all()


def _clock_doubted(state: State, event: ClockDoubted) -> None:
    if event.behind_s and not state.clock_behind_s:
        what = f"the clock was set back by {event.behind_s:.0f} s; nothing is dialled until it has caught up"
        state.say(Alarm("clock_set_back", f"{what} or `dialer serve` begins anew"))
    state.clock_behind_s = event.behind_s
    state.wake_all()


def _shutdown(state: State, _: ShutdownBegun) -> None:
    state.draining = True
    _return_all(state)


def _return_all(state: State) -> None:
    for work in state.campaigns.values():
        at_hand.return_leads(state, work)
    for seat in state.seats.values():
        desk.withdraw_preview(state, seat)


HANDLERS: dict[type, Callable[[State, Any], None]] = {
    Ticked: _ticked,
    CampaignSet: _campaign_set,
    CampaignStatusSet: _campaign_status_set,
    PaceSet: _pace_set,
    AgentSet: _agent_set,
    messages.LeavesPlanned: leaving.planned,
    TrunkSet: _trunk_set,
    RulesSet: _rules_set,
    messages.LeadsChanged: _leads_changed,
    messages.ScoreSet: _score_set,
    messages.ListChanged: at_hand.list_changed,
    DiallingStopped: _stopped,
    messages.CampaignStopped: _campaign_stopped,
    DiallingResumed: _resumed,
    ShutdownBegun: _shutdown,
    ClockDoubted: _clock_doubted,
    messages.Restored: restore.restored,
    messages.LeadsClaimed: at_hand.leads_claimed,
    messages.CallbacksClaimed: callbacks.claimed,
    messages.CallReserved: placing.reserved,
    messages.ReservationRefused: placing.refused,
    messages.CallQueued: connecting.heard,
    messages.CallProgressed: connecting.heard,
    messages.CallRang: connecting.heard,
    messages.CallAnswered: screening.call_answered,
    messages.CallScreened: screening.told,
    messages.MessageBegun: screening.message_begun,
    messages.AuditTold: screening.audit_told,
    messages.CallerIdsSet: ways_out.numbers_set,
    messages.CallerIdsTold: ways_out.numbers_told,
    messages.CallerIdRested: ways_out.number_rested,
    messages.TrunkTestAsked: trunk_tests.asked,
    messages.CallerArrived: callers.arrived,
    messages.CallerFound: callers.found,
    messages.CallerQueued: callers.queued,
    messages.CallbackAsked: callers.callback_asked,
    messages.CallJoined: connecting.joined,
    messages.CallHeld: connecting.held,
    messages.CallLeftAlone: connecting.left_alone,
    messages.AbandonmentPlayed: connecting.abandonment_told,
    messages.CallTransferred: connecting.transferred,
    messages.OnwardAnswered: connecting.onward_answered,
    messages.CallEnded: ending.ended,
    messages.OptedOut: connecting.opted_out,
    messages.CallWrittenUp: written_up.written_up,
    messages.AgentDialledIn: legs.dialled_in,
    messages.LegUp: legs.leg_up,
    messages.LegEnded: legs.leg_ended,
    messages.ThirdAnswered: legs.third_answered,
    messages.SwitchLost: reconcile.lost,
    messages.SwitchSeen: reconcile.seen,
    messages.CommandFailed: failing.command_failed,
    **monitoring.HANDLERS,
    **dict.fromkeys(agents.REQUESTS, desk.request),
}
