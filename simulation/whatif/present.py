"""The present floor of one campaign as the dialer's database tells it: what a forecast starts from.

Everything here can be sent to another process.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dialer.core.campaigns import AUTOMATIC
from dialer.core.ids import AgentId
from dialer.core.messages import TrunkSet
from dialer.core.model import CallRecord, Campaign, CampaignStatus, LedgerStep, Spell, Trunk
from dialer.store import CallFilter, Store
from dialer.store.codec import decode
from dialer.store.standing import CALL_MAX_S
from simulation.calibrate.standing import ListThen, list_then
from simulation.past import PastError, own_agents
from simulation.whatif.shared import shares_of

LEDGER_S = 32 * 86_400.0
FINISHED_MAX = 2000
WARM_S = 30 * 86_400.0
AT_WORK_S = 4 * 3600.0
LATELY_S, BEFORE_S = 3600.0, 3 * 86_400.0
WROTE_S = 900.0  # no wrap-up lasts longer
INSTANTS = ("progress_at", "ringing_at", "answered_at", "agent_ready_at", "bridged_at", "ended_at", "wrapped_at")


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
    list_: ListThen | None  # None: of no lead is anything known
    shares: Mapping[AgentId, float] = field(default_factory=dict)  # of agents' conversations, the campaign's own


async def present(
    store: Store, campaign: Campaign, at: float, *, empty: bool = False, until: float | None = None
) -> Present:
    """Read it, now or as it was at an instant that is past. Lists that come by `until` are known of.

    Raises PastError where nobody is at work for the campaign (unless it may be `empty`), StoreError.
    """
    lately, before = await store.spells.talks(at - LATELY_S, at), await store.spells.talks(at - BEFORE_S, at)
    running = {one.id for one in await store.campaigns.list() if one.status is CampaignStatus.RUNNING}
    serving = {
        agent: served & running | {campaign.id}
        for agent, served in (await own_agents(store, campaign.id, lately)).items()
    }
    newest: dict[int, Spell] = {}
    for spell in await store.spells.list(at - AT_WORK_S, at):
        if spell.agent in serving and spell.since <= at:
            newest[spell.agent] = spell
    spells = tuple(one for one in newest.values() if _goes_on(one, at))
    if not spells and not empty:
        raise PastError(f"nobody is at work for campaign {campaign.name!r}: a forecast needs a floor to start from")
    placed = CallFilter(campaign=campaign.id, since=at - CALL_MAX_S, until=at, placed=True, not_over_by=at - WROTE_S)
    recent = [_as_of(row.record, at) async for row in store.calls.stream(placed)]
    writing = {one.agent for one in spells if one.state == "wrapping"}
    past = CallFilter(campaign=campaign.id, since=at - WARM_S, until=at, placed=True, ended=True)
    finished = (await store.calls.page(past, limit=FINISHED_MAX)).items
    return Present(
        at=at,
        campaign=campaign,
        trunks=await _trunks(store, campaign),
        spells=spells,
        in_progress=tuple(one for one in recent if one.ended_at is None),
        unwrapped=_unwrapped(recent, writing),
        finished=tuple(one for row in reversed(finished) if (one := _as_of(row.record, at)).ended_at is not None),
        ledger=tuple(one for one in await store.ledger(at - LEDGER_S, at) if one.campaign == campaign.id),
        shares=shares_of(campaign.id, serving, lately, before),
        list_=await _list(store, campaign, at, until),
    )


async def _list(store: Store, campaign: Campaign, at: float, until: float | None) -> ListThen | None:
    stood = await store.standing.at(campaign.id, at, until=until)
    return None if stood is None else list_then(campaign, *stood, at)


def _unwrapped(recent: list[CallRecord], writing: set[AgentId]) -> tuple[CallRecord, ...]:
    """The last call of each agent who is writing one up."""
    last = {one.agent: one for one in recent if one.ended_at is not None and one.agent in writing}
    return tuple(one for one in last.values() if one.wrapped_at is None)


def _goes_on(spell: Spell, at: float) -> bool:
    return spell.state != "signed_out" and (spell.until > at or not spell.ended)


def _as_of(record: CallRecord, at: float) -> CallRecord:
    """The record as it stood at the instant: what came later is not known yet."""
    told = {name: None for name in INSTANTS if (when := getattr(record, name)) is not None and when > at}
    if "ended_at" in told:
        told |= dict.fromkeys(("outcome", "cause", "tech_cause", "ended_by"))
    agent = record.agent if record.mode not in AUTOMATIC or (record.bridged_at or at + 1) <= at else None
    return replace(record, agent=agent, **told)  # type: ignore[arg-type]  # the names are those of instants


async def _trunks(store: Store, campaign: Campaign) -> tuple[Trunk, ...]:
    """As the last run was configured: its first events say so."""
    runs = await store.journal.runs()
    rows = await store.journal.events(runs[-1].id, limit=200) if runs else ()
    events = [decode(row.body) for row in rows if row.kind == "event" and '"TrunkSet"' in row.body[:24]]
    known = {event.trunk.name: event.trunk for event in events if isinstance(event, TrunkSet)}
    wanted = [known[name] for name in campaign.trunks if name in known]
    spare = Trunk(name="trunk", dial="PJSIP/{number}@trunk", lines_max=max(1, campaign.lines_max))
    return tuple(wanted) or (spare,)
