"""Events: configuration, control, and what the store answers."""

from dialer.core.ids import AgentId, CallId, CampaignId, LeadId
from dialer.core.lines_out import LineOut
from dialer.core.model import Agent, CallRecord, Campaign, CampaignStatus, DialFacts, Lead, LedgerStep, Trunk
from dialer.core.packs.schema import Rulebook
from dialer.core.score import Model
from pacing import Settings
from pacing.fixed import fixed


@fixed
class CampaignSet:
    """A campaign was created or changed."""

    campaign: Campaign


@fixed
class CampaignStatusSet:
    campaign: CampaignId
    status: CampaignStatus


@fixed
class PaceSet:
    """Pacing was changed in mid-campaign."""

    campaign: CampaignId
    settings: Settings
    by: str


@fixed
class AgentSet:
    agent: Agent


@fixed
class LeavesPlanned:
    """When agents leave their places by plan, for a break or for good, where that is soon; those not named stay."""

    at: tuple[tuple[AgentId, float], ...]


@fixed
class TrunkSet:
    trunk: Trunk


@fixed
class RulesSet:
    """The calling rules that hold from now on, in place of those before."""

    book: Rulebook


@fixed
class LeadsChanged:
    """What is kept of these leads, their accounts or people changed beside the engine: whoever sees one sees it anew.

    `stopped`: they may not be called any more; those at hand go back.
    """

    leads: tuple[LeadId, ...]
    stopped: bool = False


@fixed
class ScoreSet:
    """What this centre's calls taught of who answers when, for a campaign. Numbers alone, no person."""

    campaign: CampaignId
    model: Model


@fixed
class ListChanged:
    """The campaign's leads or their order changed: those at hand go back, and the next ones are claimed at once."""

    campaign: CampaignId


@fixed
class DiallingStopped:
    """Emergency stop: nothing more is placed, ringing calls are hung up, talks go on."""

    by: str


@fixed
class DiallingResumed:
    by: str


@fixed
class ShutdownBegun:
    """The shell is about to end: place nothing more, let talks end."""


@fixed
class ClockDoubted:
    """The wall clock stands `behind_s` behind ours: it was ahead for a while. 0 = they agree again."""

    behind_s: float


@fixed
class Ticked:
    """Time passed. Comes twice a second."""


@fixed
class Restored:
    """What a former run left: its open calls, and enough finished ones to warm the estimators and the ledger."""

    open_calls: tuple[CallRecord, ...]
    finished: tuple[CallRecord, ...]  # the newest, oldest first: they warm the estimators
    next_call: CallId
    next_decision: int
    leads: tuple[Lead, ...] = ()  # of the open calls and of those not written up
    signed_in: tuple[tuple[AgentId, str, str], ...] = ()  # agent, state, reason; as last seen
    ledger: tuple[LedgerStep, ...] = ()  # of the longest window, by hour, oldest first; `finished` counts in it too
    unwrapped: tuple[CallRecord, ...] = ()  # over, but the agent was still writing them up
    lines_out: tuple[LineOut, ...] = ()  # beside calls, and not known to be over


@fixed
class LeadsClaimed:
    """The answer to ClaimLeads. Fewer than asked for: no more are due before `due_at` (None = none at all)."""

    campaign: CampaignId
    leads: tuple[Lead, ...]
    due_at: float | None = None


@fixed
class CallbacksClaimed:
    """The answer to ClaimCallbacks: at most one for each agent, the longest due."""

    campaign: CampaignId
    leads: tuple[Lead, ...]


@fixed
class CallReserved:
    """The reservation is durable; nothing has left the machine yet."""

    call: CallId
    facts: DialFacts


@fixed
class ReservationRefused:
    """Nothing was reserved: the person or the number is on a live call, or the store failed."""

    call: CallId
    reason: str
