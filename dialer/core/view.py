"""What may be seen of the engine: plain values for consoles and reports. Nothing here is decided with."""

from dataclasses import dataclass

from dialer.core.caller_ids import Against, Complaint, Pool
from dialer.core.ids import AgentId, CallId, CampaignId, ClientId, LeadId
from dialer.core.model import CampaignStatus, Lead, Mode, Trunk
from dialer.core.standstill import Standstill
from dialer.core.trunks import Failing, Watched
from pacing.decision import Decision
from pacing.fixed import fixed
from pacing.ledger import Standing


@fixed(kw_only=True)
class AgentView:
    """One agent now. Times are seconds since 1970."""

    id: AgentId
    name: str
    state: str  # of dialer.core.agents.AgentState
    since: float
    reason: str  # of a break, or why the leg is lost
    pause_wanted: str | None  # the break that begins when the call is over
    leg_up: bool
    campaigns: tuple[CampaignId, ...]
    campaign: CampaignId | None  # of the present call or preview
    call: CallId | None
    call_state: str | None  # of dialer.core.calls.CallState
    lead: LeadId | None
    number: str | None
    preview: Lead | None  # the lead shown, not yet accepted
    lead_news: int  # grows when what is kept of the lead changed: read it anew
    deadline: float | None  # when wrap-up or preview ends by itself
    callbacks_due: int = 0  # promised by this agent, waiting until the agent is ready
    third: str = ""  # whom the agent consults: called, answered, joined; empty = nobody
    recording_paused: bool = False
    recording_back_at: float | None = None  # when a pause that is forgotten ends
    extensions_left: int = 0  # of the present wrap-up


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """One campaign now, and its day since the engine began it."""

    id: CampaignId
    client: ClientId
    name: str
    mode: Mode
    status: CampaignStatus
    calls_by_state: tuple[tuple[str, int], ...]
    agents_by_state: tuple[tuple[str, int], ...]
    lines: int
    lines_max: int
    leads_at_hand: int  # claimed, not yet dialled
    placed: int
    answered: int  # by a person
    connected: int
    abandoned: int
    outcomes: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]  # dials that a rule forbade, by rule
    abandon_cap: float
    occupancy: float | None  # dialer.core.agents.BUSY over AT_WORK
    pace_calls: int  # the last decision
    pace_reason: str
    pace: Decision | None  # the last decision itself, to be said in any language
    not_dialling: str  # one sentence with the numbers behind it, empty while it dials
    standstill: Standstill  # the same for consoles that say it in their own words
    standings: tuple[Standing, ...]  # against every rule on abandoned calls
    detection_off: str  # why answering machine detection switched itself off; empty while it did not
    idle_s: float  # of its agents since the engine began: ready
    busy_s: float  # on calls and writing up


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One of the latest calls. The number is left out on purpose: it is looked up by whoever may see it."""

    id: CallId
    campaign: CampaignId
    lead: LeadId
    agent: AgentId | None
    state: str
    placed_at: float | None
    answered_at: float | None
    bridged_at: float | None
    ended_at: float | None
    outcome: str | None
    recording: str


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """One share of a number's calls: `hits` of `calls`, the pool's other numbers', and the evidence, 0 to 1."""

    complaint: Complaint
    calls: int
    hits: int
    usual: float
    evidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdView:
    """One number of ours that people are shown."""

    number: str
    pool: str
    state: str  # free, full (for today), resting
    today: int  # calls
    cap: int  # of today, while it is warmed less than its pool's
    calls: int  # that its answer rate is known from, the newest counting most
    answer_rate: float | None
    pool_rate: float  # of the pool's other numbers
    evidence: float  # against it, from 0 to the alarm's 1
    rests_until: float | None
    reason: str
    against: Against | None  # why its calls sent it to rest
    by: str  # who sent it to rest
    watched: tuple[ComplaintView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkTestView:
    """One trial call of a trunk."""

    key: str
    trunk: str
    dial: str  # as the switch was told
    placed_at: float
    progress_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None  # None: under way
    outcome: str = ""  # answered, or as calls are named
    cause: int | None = None
    tech_cause: int | None = None
    reason: str = ""

    @property
    def delay_s(self) -> float | None:
        """Post-dial delay: until the first sign."""
        signs = (self.progress_at, self.ringing_at, self.answered_at)
        first = min((at for at in signs if at is not None), default=None)
        return None if first is None else first - self.placed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkView:
    name: str
    lines: int
    lines_max: int
    state: str  # healthy, resting, probing
    reason: str
    failing: Failing | None  # the same in figures
    opens_at: float | None  # when it is tried again, while it rests
    watched: tuple[Watched, ...]  # what speaks against it
    config: Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """A supervisor who hears an agent: `by` tells one from all others, `name` is shown."""

    by: str
    name: str
    agent: AgentId
    mode: str  # of dialer.core.messages.MonitorMode
    up: bool  # the phone was answered
    taken: CallId | None  # the call that was taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorView:
    """Everything at once, at `at`."""

    at: float
    switch_up: bool
    stopped_by: str  # who stopped all dialling, empty while none did
    campaigns: tuple[CampaignView, ...]
    agents: tuple[AgentView, ...]
    trunks: tuple[TrunkView, ...]
    last_calls: tuple[CallView, ...]  # newest first, at most 20 in all
    monitors: tuple[MonitorView, ...]
    ignored: tuple[tuple[str, int], ...]  # late, repeated and unknown events, by name
    caller_ids: tuple[CallerIdView, ...] = ()
    pools: tuple[Pool, ...] = ()  # of the numbers shown
    trunk_tests: tuple[TrunkTestView, ...] = ()  # of trunks, oldest first
