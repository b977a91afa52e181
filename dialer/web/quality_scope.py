"""What the routes of quality assurance share: who may see what, and how it is told. Forms are all's to read."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dialer.core.ids import CampaignId
from dialer.store import NotFoundError
from dialer.store.codec import from_json
from dialer.web.console import Console
from dialer.web.problems import ProblemError
from dialer.web.sessions import Session
from recordings.errors import FormError
from recordings.report import as_json
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


@contextmanager
def in_our_words() -> Iterator[None]:
    """Tell what does not fit as a problem: ProblemError(invalid)."""
    try:
        yield
    except FormError as error:
        raise ProblemError("invalid", str(error)) from error


def plain(value: object) -> dict[str, Any]:
    """A value of ours as JSON has it."""
    shown = as_json(value)
    assert isinstance(shown, dict)
    return shown


async def agent_names(console: Console) -> Mapping[int | None, str]:
    """What each agent is called, by id."""
    return {login.agent.id: login.agent.name for login in await console.store.agents.list()}
