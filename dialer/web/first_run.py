"""How far the first run has come. Each step is told by what is there now: left anywhere, it is taken up there again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dialer.store import CallFilter, LeadCounts, RecordingState
from dialer.web.agent_routes import AgentShown
from dialer.web.campaigns import CampaignShown
from dialer.web.console import Console
from dialer.web.sessions import Session

_LOOKED_AT = 50  # of the newest recordings: the last calls may not be indexed yet
_HEARD = frozenset({RecordingState.INDEXED, RecordingState.STORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """Which steps are done; `leads`: how many there are to be called, or were."""

    asterisk: bool
    client: bool
    campaign: bool
    agents: bool
    list: bool
    start: bool
    recorded: bool
    called: bool
    leads: int


async def first_run(
    console: Console,
    session: Session,
    clients: Collection[object],
    campaigns: Sequence[CampaignShown],
    agents: Sequence[AgentShown],
) -> FirstRun:
    """Of what this person may see. An agent who may not work, or on nothing that is there, is none yet; a list that was
    taken back is none any more; a campaign that has called was started, whether it runs now or not."""
    there = {one.id for one in campaigns}
    counts = [await console.store.leads.counts(one.id, console.now()) for one in campaigns]
    leads = sum(map(_kept, counts))
    mine = frozenset(there) if session.limited else None
    called = (await console.store.calls.page(CallFilter(placed=True, campaigns=mine), limit=1)).items
    newest = (
        await console.store.recordings.newest(limit=_LOOKED_AT, campaigns=None if mine is None else [*mine])
    ).items
    return FirstRun(
        asterisk=console.floor.view().switch_up,
        client=bool(clients),
        campaign=bool(campaigns),
        agents=any(one.active and there & {*one.campaigns} for one in agents),
        list=leads > 0,
        start=bool(called) or any(one.status == "running" for one in campaigns),
        recorded=any(one.state in _HEARD for one in newest),
        called=bool(called),
        leads=leads,
    )


def _kept(counts: LeadCounts) -> int:
    return counts.total - counts.withdrawn
