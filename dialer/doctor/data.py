"""What the database holds, and whether campaigns could dial with it. Nothing is changed."""

import time
from collections.abc import AsyncIterator, Sequence

from dialer.config import Config
from dialer.core.caller_ids import Pool
from dialer.core.model import Campaign, CampaignStatus, Mode
from dialer.doctor.findings import Area, Code, Finding, found
from dialer.doctor.lines import line_findings, pool_findings
from dialer.errors import ConfigError, StoreError
from dialer.rereading import known_pools
from dialer.store import Role, Store

_SLOW_S = 0.5


async def data_findings(config: Config, store: Store | None = None) -> AsyncIterator[Finding]:
    """Of the configured database; of an open store where one is given."""
    if store is not None:
        async for finding in _looked_at(config, store):
            yield finding
        return
    try:
        opened = await Store.open(config.database_url)
    except StoreError as error:
        yield found(Area.DATABASE, Code.DATABASE_AWAY, error=str(error))
        return
    async with opened:
        async for finding in _looked_at(config, opened):
            yield finding


async def campaigns_in_use(config: Config, store: Store | None = None) -> tuple[Campaign, ...]:
    """Those that are not put away; none where the database cannot be asked."""
    try:
        if store is None:
            async with await Store.open(config.database_url) as opened:
                return await campaigns_in_use(config, opened)
        away = await store.schedules.archived()
        return tuple(one for one in await store.campaigns.list() if one.id not in away)
    except StoreError:
        return ()


async def _looked_at(config: Config, store: Store) -> AsyncIterator[Finding]:
    began = time.monotonic()
    try:
        await store.ping()
    except StoreError as error:
        yield found(Area.DATABASE, Code.DATABASE_FAILS, error=str(error))
        return
    took = time.monotonic() - began
    code = Code.DATABASE if took < _SLOW_S else Code.DATABASE_SLOW
    yield found(Area.DATABASE, code, url=store.url, ms=round(1000 * took))
    async for finding in _people(store):
        yield finding
    campaigns = await store.campaigns.list()
    if not campaigns:
        yield found(Area.CAMPAIGNS, Code.CAMPAIGNS_NONE)
    away = await store.schedules.archived()
    try:
        pools = await known_pools(config, store)
    except ConfigError as error:
        pools = ()
        yield found(Area.CALLER_IDS, Code.POOLS_WRONG, error=str(error))
    for finding in pool_findings(campaigns, pools):
        yield finding
    for campaign in campaigns:
        if campaign.id not in away:
            async for finding in _campaign(config, store, campaign, pools):
                yield finding
    dead = sum(one.get("dead", 0) for one in (await store.webhooks.counts()).values())
    if dead:
        yield found(Area.WEBHOOKS, Code.WEBHOOKS_DEAD, count=dead)


async def _people(store: Store) -> AsyncIterator[Finding]:
    admins = [one for one in await store.users.list() if one.role is Role.ADMINISTRATOR and one.active]
    bare = [one.login for one in admins if not one.totp_secret]
    if not admins:
        yield found(Area.USERS, Code.ADMINISTRATORS_NONE)
    elif bare:
        yield found(Area.USERS, Code.ADMINISTRATORS_BARE, names=", ".join(bare), first=bare[0])
    else:
        yield found(Area.USERS, Code.ADMINISTRATORS, count=len(admins))


async def _campaign(config: Config, store: Store, campaign: Campaign, pools: Sequence[Pool]) -> AsyncIterator[Finding]:
    area, known = Area.CAMPAIGN, {trunk.name for trunk in config.trunks}
    unknown = [name for name in campaign.trunks if name not in known]
    if unknown:
        yield found(
            area, Code.CAMPAIGN_TRUNK_UNKNOWN, campaign.name,
            names=", ".join(unknown), first=repr(unknown[0]), known=", ".join(sorted(known)),
        )  # fmt: skip
    if campaign.status is not CampaignStatus.RUNNING:
        return
    for finding in line_findings(config, campaign, pools):
        yield finding
    agents = [one for one in await store.agents.list() if one.active and campaign.id in one.agent.campaigns]
    if not agents:
        yield found(area, Code.CAMPAIGN_AGENTS_NONE, campaign.name)
    counts = await store.leads.counts(campaign.id, time.time())
    if campaign.mode is not Mode.MANUAL and not counts.open + counts.claimed:
        yield found(area, Code.CAMPAIGN_LEADS_NONE, campaign.name, count=counts.total)
    else:
        yield found(
            area, Code.CAMPAIGN, campaign.name, agents=len(agents), open=counts.open, due=counts.due
        )  # fmt: skip
