"""The floor as somebody sees it who may see some campaigns alone. Values only."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace

from dialer.core.ids import CampaignId
from dialer.core.model import Campaign
from dialer.core.view import AgentView, FloorView
from dialer.web.sessions import Session


def narrowed(view: FloorView, campaigns: Collection[CampaignId]) -> FloorView:
    """The campaigns of a floor that are meant, the agents who work on them, and their calls; no trunks."""
    own = {one.id for one in view.agents if set(one.campaigns) & set(campaigns)}
    return replace(
        view,
        campaigns=tuple(one for one in view.campaigns if one.id in campaigns),
        agents=tuple(narrowed_agent(one, campaigns) for one in view.agents if one.id in own),
        trunks=(),
        caller_ids=(),
        pools=(),
        trunk_tests=(),
        monitors=tuple(one for one in view.monitors if one.agent in own),
        last_calls=tuple(one for one in view.last_calls if one.campaign in campaigns),
        ignored=(),
    )


def narrowed_agent(agent: AgentView, campaigns: Collection[CampaignId]) -> AgentView:
    """An agent at work for somebody else just now is busy, and nothing more; for whom else, nobody is told."""
    own = tuple(one for one in agent.campaigns if one in campaigns)
    if own != agent.campaigns:
        agent = replace(agent, campaigns=own)
    if agent.campaign is None or agent.campaign in campaigns:
        return agent
    return replace(agent, campaign=None, call=None, call_state=None, lead=None, number=None, preview=None)


async def seen_by(
    session: Session | None, view: FloorView, campaigns: Callable[[Session], Awaitable[Iterable[Campaign]]]
) -> FloorView:
    """The floor as that person sees it."""
    if session is None or not session.limited:
        return view
    return narrowed(view, {one.id for one in await campaigns(session)})
