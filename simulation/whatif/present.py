"""The present floor of one campaign as the dialer's database tells it: what a forecast starts from.

Everything here can be sent to another process.
"""

from dataclasses import dataclass

from dialer.core.messages import TrunkSet
from dialer.core.model import CallRecord, Campaign, LedgerStep, Spell, Trunk
from dialer.store import CallFilter, LeadCounts, Store
from dialer.store.codec import decode
from simulation.past import PastError

LEDGER_S = 32 * 86_400.0
FINISHED_MAX = 2000
WARM_S = 30 * 86_400.0
OPEN_S = 3600.0  # no call is in progress longer than this
AT_WORK_S = 4 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The floor at `at`. `spells` are those that agents are in now; calls are the campaign's own."""

    at: float
    campaign: Campaign
    trunks: tuple[Trunk, ...]
    spells: tuple[Spell, ...]
    in_progress: tuple[CallRecord, ...]
    unwrapped: tuple[CallRecord, ...]  # over, and an agent still writes them up
    finished: tuple[CallRecord, ...]  # the newest, oldest first
    ledger: tuple[LedgerStep, ...]
    list_: LeadCounts


async def present(store: Store, campaign: Campaign, at: float) -> Present:
    """Read it. Raises PastError where nobody is at work for the campaign, StoreError."""
    serving = {login.agent.id for login in await store.agents.list() if campaign.id in login.agent.campaigns}
    newest: dict[int, Spell] = {}
    for spell in await store.spells.list(at - AT_WORK_S, at):
        if spell.agent in serving:
            newest[spell.agent] = spell
    spells = tuple(one for one in newest.values() if not one.ended and one.state != "signed_out")
    if not spells:
        raise PastError(f"nobody is at work for campaign {campaign.name!r}: a forecast needs a floor to start from")
    recent = [row.record async for row in store.calls.stream(CallFilter(campaign=campaign.id, since=at - OPEN_S))]
    writing = {one.call for one in spells if one.state == "wrapping"}
    finished = (await store.calls.page(
        CallFilter(campaign=campaign.id, since=at - WARM_S, placed=True, ended=True), limit=FINISHED_MAX
    )).items  # fmt: skip
    return Present(
        at=at,
        campaign=campaign,
        trunks=await _trunks(store, campaign),
        spells=spells,
        in_progress=tuple(one for one in recent if one.ended_at is None and one.placed_at is not None),
        unwrapped=tuple(one for one in recent if one.ended_at is not None and one.id in writing),
        finished=tuple(row.record for row in reversed(finished)),
        ledger=tuple(one for one in await store.ledger(at - LEDGER_S, at) if one.campaign == campaign.id),
        list_=await store.leads.counts(campaign.id, at),
    )


async def _trunks(store: Store, campaign: Campaign) -> tuple[Trunk, ...]:
    """As the last run was configured: its first events say so."""
    runs = await store.journal.runs()
    rows = await store.journal.events(runs[-1].id, limit=200) if runs else ()
    events = [decode(row.body) for row in rows if row.kind == "event" and '"TrunkSet"' in row.body[:24]]
    known = {event.trunk.name: event.trunk for event in events if isinstance(event, TrunkSet)}
    wanted = [known[name] for name in campaign.trunks if name in known]
    spare = Trunk(name="trunk", dial="PJSIP/{number}@trunk", lines_max=max(1, campaign.lines_max))
    return tuple(wanted) or (spare,)


