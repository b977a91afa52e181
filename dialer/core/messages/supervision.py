"""Events: what supervisors ask for by hand. Each is answered with Refused where it means nothing."""

from dialer.core.ids import AgentId, CampaignId
from dialer.core.messages.switch_commands import MonitorMode
from pacing.fixed import fixed


@fixed
class MonitorRequested:
    """`by` wants to hear this agent, in this mode; asked again, it changes mode or agent without a new call.

    `by` tells one supervisor from all others, `name` is what he or she is called. `campaigns` are all that the
    supervisor may hear of, None where there is no limit: an agent who comes to work for others is heard no longer.
    """

    by: str
    agent: AgentId
    mode: MonitorMode
    endpoint: str  # dial string of the phone that hears
    name: str
    campaigns: tuple[CampaignId, ...] | None = None


@fixed
class MonitorEnded:
    by: str


@fixed
class CallTakenOver:
    """`by` goes on with the person whom the agent that is heard talks with; the agent writes up."""

    by: str


@fixed
class CampaignStopped:
    """Emergency stop of one campaign: nothing more is placed, its ringing calls are hung up, talks go on."""

    campaign: CampaignId
    by: str
