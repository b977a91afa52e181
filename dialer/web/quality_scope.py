"""What of quality assurance somebody may see who sees some campaigns alone. Forms are the whole house's to read."""

from collections.abc import Collection

from dialer.core.ids import CampaignId
from dialer.store import NotFoundError
from dialer.store.codec import from_json
from dialer.web.console import Console
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session
from recordings.sampling import Plan


async def mine(console: Console, session: Session) -> Collection[CampaignId] | None:
    """The campaigns whose calls this person may see; None = all."""
    return [one.id for one in await console.campaigns(session)] if session.limited else None


def check_house(session: Session) -> None:
    """Raises ProblemError(forbidden) for who sees some campaigns alone: this holds for all, or tells of all."""
    if session.limited:
        raise ProblemError("forbidden", "this is the whole house's")


async def check_plan(console: Console, session: Session, plan: Plan) -> None:
    """Raises ProblemError(not_found) for a plan that is not of a campaign of this person's."""
    if not session.limited:
        return
    if plan.campaign is None:
        raise ProblemError("not_found", "there is no such plan: name a campaign of yours")
    await console.campaign(plan.campaign, session)


async def check_named_plan(console: Console, session: Session, name: str) -> None:
    """The same of the plan of that name, where there is one."""
    if session.limited:
        try:
            row = await console.store.quality.plan(name)
        except NotFoundError:
            return
        await check_plan(console, session, from_json(Plan, row.body))
