"""What of the floor a person may see: all of it, or one client's campaigns with their agents and calls. Pure."""

from dataclasses import replace

from dialer.core.view import FloorView
from dialer.web.sessions import Session


def client_of(session: Session | None) -> int | None:
    """Whose floor it is; None = the whole one."""
    return session.client if session is not None else None


def of_client(view: FloorView, client: int | None) -> FloorView:
    """The floor as this client's people see it."""
    if client is None:
        return view
    campaigns = tuple(one for one in view.campaigns if one.client == client)
    own = {one.id for one in campaigns}
    agents = tuple(one for one in view.agents if own & set(one.campaigns))
    known = {one.id for one in agents}
    return replace(
        view,
        campaigns=campaigns,
        agents=agents,
        trunks=(),  # lines are the house's own
        last_calls=tuple(one for one in view.last_calls if one.campaign in own),
        monitors=tuple(one for one in view.monitors if one.agent in known),
        ignored=(),
    )
